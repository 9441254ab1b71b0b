//! The counters of a cluster.

use serde_json::{Value, json};

use super::{
    Ecs,
    model::{ServiceStatus, Task, TaskStatus},
};

/// What `DescribeClusters` counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) running: i64,
    pub(super) pending: i64,
    pub(super) services: i64,
}

impl Ecs {
    /// The tasks of a cluster, those of its services and others.
    pub(super) fn cluster_tasks<'a>(
        &'a self,
        cluster: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Task)> {
        let of_services = self
            .services
            .values()
            .filter(move |service| service.cluster == cluster)
            .flat_map(|service| service.tasks.iter().map(|(id, task)| (id.as_str(), task)));
        let others = self
            .tasks
            .iter()
            .filter(move |((of, _), _)| of == cluster)
            .map(|((_, id), task)| (id.as_str(), task));
        of_services.chain(others)
    }

    pub(super) fn cluster_counts(&self, cluster: &str) -> Counts {
        let mut counts = Counts::default();
        for (_, task) in self.cluster_tasks(cluster) {
            match task.last {
                TaskStatus::Running => counts.running += 1,
                TaskStatus::Provisioning | TaskStatus::Pending => counts.pending += 1,
                TaskStatus::Stopping | TaskStatus::Stopped => {}
            }
        }
        let active = self
            .services
            .values()
            .filter(|s| s.cluster == cluster && s.status == ServiceStatus::Active)
            .count();
        counts.services = i64::try_from(active).unwrap_or(i64::MAX);
        counts
    }
}

/// The counters by launch type that `include: [STATISTICS]` asks for.
pub(super) fn statistics(ecs: &Ecs, cluster: &str) -> Value {
    let mut statistics = Vec::new();
    let mut add = |name: String, count: usize| {
        statistics.push(json!({ "name": name, "value": count.to_string() }));
    };
    for (launch, label) in [("EC2", "EC2"), ("FARGATE", "Fargate"), ("EXTERNAL", "External")] {
        let of_launch = |launch_type: Option<&Value>| {
            launch_type.and_then(Value::as_str).unwrap_or("FARGATE") == launch
        };
        for (state, running) in [("running", true), ("pending", false)] {
            let count = ecs.cluster_tasks(cluster).filter(|(_, task)| {
                of_launch(task.spec.get("launchType"))
                    && match task.last {
                        TaskStatus::Running => running,
                        TaskStatus::Provisioning | TaskStatus::Pending => !running,
                        TaskStatus::Stopping | TaskStatus::Stopped => false,
                    }
            });
            add(format!("{state}{label}TasksCount"), count.count());
        }
        for (state, status) in
            [("active", ServiceStatus::Active), ("draining", ServiceStatus::Draining)]
        {
            let services = ecs.services.values().filter(|service| {
                service.cluster == cluster
                    && service.status == status
                    && of_launch(service.spec.get("launchType"))
            });
            add(format!("{state}{label}ServiceCount"), services.count());
        }
    }
    statistics.into()
}

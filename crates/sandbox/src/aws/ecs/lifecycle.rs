//! The life of tasks: provisioning, pending, running, stopping, stopped.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::context::Context,
    Ecs,
    deployments::add_event,
    model::{Service, Task, TaskStatus},
    tasks::of_service,
};

/// For how long stopped tasks can be described.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// How many stopped tasks a service remembers.
const MOST_STOPPED: usize = 50;

/// What one step did to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Rests,
    Moved,
    Started,
    Failed,
}

impl Task {
    /// Whether the next step does something to it.
    pub(super) fn is_moving(&self) -> bool {
        match self.last {
            TaskStatus::Provisioning | TaskStatus::Pending | TaskStatus::Stopping => true,
            TaskStatus::Running => !self.wanted || self.ends,
            TaskStatus::Stopped => false,
        }
    }

    fn turn(&mut self, now: Timestamp) -> Turn {
        self.last = match self.last {
            TaskStatus::Provisioning | TaskStatus::Pending if !self.wanted => {
                self.stopped = Some(now);
                TaskStatus::Stopped
            }
            TaskStatus::Provisioning => TaskStatus::Pending,
            TaskStatus::Pending => match self.failure.clone() {
                Some(failure) => {
                    self.stop(failure.code, &failure.reason);
                    self.exit = failure.exit;
                    self.stopped = Some(now);
                    self.last = TaskStatus::Stopped;
                    return Turn::Failed;
                }
                None => {
                    self.started = Some(now);
                    self.last = TaskStatus::Running;
                    return Turn::Started;
                }
            },
            TaskStatus::Running if !self.wanted => TaskStatus::Stopping,
            TaskStatus::Running if self.ends => {
                self.stop("EssentialContainerExited", "Essential container in task exited");
                self.exit = Some(0);
                TaskStatus::Stopping
            }
            TaskStatus::Stopping => {
                self.stopped = Some(now);
                TaskStatus::Stopped
            }
            TaskStatus::Running | TaskStatus::Stopped => return Turn::Rests,
        };
        Turn::Moved
    }
}

impl Ecs {
    /// One step of the tasks of no service; whether anything happened.
    pub(super) fn step_jobs(&mut self, context: &Context<'_>) -> bool {
        let now = context.now;
        let mut changed = false;
        for task in self.tasks.values_mut() {
            changed |= task.turn(now) != Turn::Rests;
        }
        self.tasks.retain(|_, task| is_remembered(task, now));
        changed
    }
}

/// One step of the tasks of a service; whether anything happened.
pub(super) fn step_tasks(service: &mut Service, now: Timestamp) -> bool {
    let mut changed = false;
    let resets = service
        .deployment_configuration("/deploymentCircuitBreaker/resetOnHealthyTask")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or(true);
    for task in service.tasks.values_mut() {
        let turn = task.turn(now);
        changed |= turn != Turn::Rests;
        let deployment = service.deployments.iter_mut().find(|d| d.id == task.started_by);
        match (turn, deployment) {
            (Turn::Failed, Some(deployment)) => {
                deployment.failed += 1;
                deployment.failed_in_a_row += 1;
                deployment.updated = now;
            }
            (Turn::Started, Some(deployment)) if resets => deployment.failed_in_a_row = 0,
            _ => {}
        }
    }
    if changed {
        forget(service, now);
    }
    changed
}

fn is_remembered(task: &Task, now: Timestamp) -> bool {
    task.stopped.is_none_or(|stopped| now.duration_since(stopped) < REMEMBERED)
}

fn forget(service: &mut Service, now: Timestamp) {
    service.tasks.retain(|_, task| is_remembered(task, now));
    let mut stopped: Vec<(Timestamp, String)> =
        service.tasks.iter().filter_map(|(id, task)| Some((task.stopped?, id.clone()))).collect();
    if stopped.len() > MOST_STOPPED {
        stopped.sort();
        for (_, id) in &stopped[..stopped.len() - MOST_STOPPED] {
            service.tasks.remove(id);
        }
    }
}

impl Ecs {
    /// Starts `count` tasks of the primary deployment, with the event that says so.
    pub(super) fn start_tasks(&self, context: &mut Context<'_>, service: &mut Service, count: i64) {
        let mut started = Vec::new();
        for _ in 0..count {
            let Some((id, task)) = of_service(self, context, service) else { break };
            started.push(id.clone());
            service.tasks.insert(id, task);
        }
        announce(context, service, "started", "tasks", &started);
    }
}

/// Stops `count` tasks of these deployments: those that do not run first, then the newest.
pub(super) fn stop_tasks(
    context: &mut Context<'_>,
    service: &mut Service,
    deployments: &[String],
    count: i64,
) {
    let mut candidates: Vec<(bool, std::cmp::Reverse<Timestamp>, String)> = service
        .tasks
        .iter()
        .filter(|(_, task)| task.counts() && deployments.contains(&task.started_by))
        .map(|(id, task)| {
            let runs = task.last == TaskStatus::Running;
            (runs, std::cmp::Reverse(task.created), id.clone())
        })
        .collect();
    candidates.sort();
    let mut stopped = Vec::new();
    for (_, _, id) in candidates.into_iter().take(usize::try_from(count).unwrap_or(0)) {
        if let Some(task) = service.tasks.get_mut(&id)
            && task.stop("ServiceSchedulerInitiated", "Scaling activity initiated by deployment")
        {
            stopped.push(id);
        }
    }
    announce(context, service, "stopped", "running tasks", &stopped);
}

fn announce(
    context: &mut Context<'_>,
    service: &mut Service,
    what: &str,
    tasks: &str,
    ids: &[String],
) {
    if ids.is_empty() {
        return;
    }
    service.steady = false;
    let names: Vec<String> = ids.iter().map(|id| format!("(task {id})")).collect();
    let message = format!(
        "(service {}) has {what} {} {tasks}: {}.",
        service.name,
        ids.len(),
        names.join(" ")
    );
    add_event(context, service, &message);
}

//! What ECS keeps.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Members of a JSON object.
pub(super) type Members = Map<String, Value>;

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) arn: String,
    pub(super) active: bool,
    /// `settings`, `configuration`, `capacityProviders` and the other members that are echoed.
    pub(super) spec: Members,
    pub(super) tags: Vec<Value>,
}

#[derive(Debug)]
pub(super) struct TaskDefinition {
    pub(super) arn: String,
    /// As it is described; its `status` tells whether it is active.
    pub(super) value: Value,
    pub(super) tags: Vec<Value>,
    /// Why its tasks stop, when it is marked as failing.
    pub(super) failure: Option<TaskFailure>,
}

impl TaskDefinition {
    pub(super) fn status(&self) -> &str {
        self.value.get("status").and_then(Value::as_str).unwrap_or_default()
    }
}

/// How the tasks of a failing task definition end.
#[derive(Clone, Debug)]
pub(super) struct TaskFailure {
    pub(super) code: &'static str,
    pub(super) reason: String,
    /// The exit code of the container; `None` when it never started.
    pub(super) exit: Option<i64>,
}

/// Whether a service takes changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceStatus {
    Active,
    Draining,
    Inactive,
}

impl ServiceStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) arn: String,
    pub(super) name: String,
    /// The name of its cluster.
    pub(super) cluster: String,
    pub(super) status: ServiceStatus,
    pub(super) desired: i64,
    /// The members that are echoed, defaults included.
    pub(super) spec: Members,
    /// The primary one first.
    pub(super) deployments: Vec<Deployment>,
    /// What a roll-back returns to.
    pub(super) completed: Option<Completed>,
    /// The newest first.
    pub(super) events: Vec<Value>,
    pub(super) tags: Vec<Value>,
    pub(super) created: Timestamp,
    pub(super) created_by: String,
    pub(super) token: Option<String>,
    /// By id.
    pub(super) tasks: BTreeMap<String, Task>,
    /// Whether the steady state was announced since the last task started or stopped.
    pub(super) steady: bool,
}

impl Service {
    pub(super) fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.primary)
    }

    pub(super) fn text(&self, member: &str) -> &str {
        self.spec.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// The ARN of the cluster.
    pub(super) fn cluster_arn(&self) -> String {
        let head = self.arn.split(":service/").next().unwrap_or_default();
        format!("{head}:cluster/{}", self.cluster)
    }

    pub(super) fn deployment_configuration(&self, pointer: &str) -> Option<&Value> {
        self.spec.get("deploymentConfiguration").and_then(|c| c.pointer(pointer))
    }

    /// How many of a deployment's tasks run and how many are on their way.
    pub(super) fn counts(&self, deployment: Option<&str>) -> (i64, i64) {
        let mut counts = (0, 0);
        for task in self.tasks.values() {
            if deployment.is_some_and(|id| task.started_by != id) {
                continue;
            }
            match task.last {
                TaskStatus::Running => counts.0 += 1,
                TaskStatus::Provisioning | TaskStatus::Pending => counts.1 += 1,
                TaskStatus::Stopping | TaskStatus::Stopped => {}
            }
        }
        counts
    }
}

/// The last deployment of a service that completed.
#[derive(Clone, Debug)]
pub(super) struct Completed {
    pub(super) id: String,
    pub(super) revision: String,
    pub(super) spec: Members,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RolloutState {
    InProgress,
    Completed,
    Failed,
}

impl RolloutState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Debug)]
pub(super) struct Deployment {
    /// `ecs-svc/` and a number.
    pub(super) id: String,
    pub(super) primary: bool,
    /// What it deploys: the members of the service that a deployment fixes.
    pub(super) spec: Members,
    /// The ARN of the service revision.
    pub(super) revision: String,
    /// The ARN of the service deployment.
    pub(super) rollout: String,
    pub(super) state: RolloutState,
    pub(super) reason: String,
    /// How many of its tasks failed.
    pub(super) failed: i64,
    /// How many failed in a row; a task that runs resets it.
    pub(super) failed_in_a_row: i64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// No task starts before; set after repeated failures.
    pub(super) retry: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskStatus {
    Provisioning,
    Pending,
    Running,
    Stopping,
    Stopped,
}

impl TaskStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) arn: String,
    pub(super) definition: String,
    /// The id of a deployment, or what the caller of `RunTask` said.
    pub(super) started_by: String,
    pub(super) group: String,
    pub(super) last: TaskStatus,
    /// Whether it is wanted to run.
    pub(super) wanted: bool,
    pub(super) failure: Option<TaskFailure>,
    /// Whether it ends by itself once it ran, as a job does.
    pub(super) ends: bool,
    pub(super) created: Timestamp,
    pub(super) started: Option<Timestamp>,
    pub(super) stopped: Option<Timestamp>,
    pub(super) stop_code: Option<&'static str>,
    pub(super) stop_reason: Option<String>,
    pub(super) exit: Option<i64>,
    /// Further members that are echoed: launch type, sizes, overrides, containers, tags.
    pub(super) spec: Members,
}

impl Task {
    /// Asks it to stop; false when it was asked before.
    pub(super) fn stop(&mut self, code: &'static str, reason: &str) -> bool {
        if !self.wanted {
            return false;
        }
        self.wanted = false;
        self.stop_code = Some(code);
        self.stop_reason = Some(reason.to_owned());
        true
    }

    /// Whether it counts for its deployment.
    pub(super) fn counts(&self) -> bool {
        self.wanted && self.last != TaskStatus::Stopped
    }
}

/// A service deployment, as the deployments of a service are told since.
#[derive(Debug)]
pub(super) struct Rollout {
    /// How many there were before it.
    pub(super) number: usize,
    pub(super) arn: String,
    pub(super) service: String,
    pub(super) cluster: String,
    pub(super) created: Timestamp,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Option<Timestamp>,
    pub(super) stopped: Option<Timestamp>,
    pub(super) updated: Timestamp,
    /// The ARNs of the revisions it replaces.
    pub(super) sources: Vec<String>,
    /// The ARN of the revision it deploys.
    pub(super) target: String,
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    /// The index in the stages of its strategy; `None` for rolling updates.
    pub(super) stage: Option<&'static str>,
    /// The hooks of the stage.
    pub(super) hooks: Vec<Value>,
    pub(super) configuration: Value,
    pub(super) rollback: Option<Value>,
    pub(super) breaker: &'static str,
    pub(super) failures: i64,
    pub(super) threshold: i64,
    /// How much of the production traffic the target has, in percent.
    pub(super) weight: f64,
}

impl Rollout {
    /// Whether it is still under way.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.status,
            "PENDING"
                | "IN_PROGRESS"
                | "STOP_REQUESTED"
                | "ROLLBACK_REQUESTED"
                | "ROLLBACK_IN_PROGRESS"
        )
    }
}

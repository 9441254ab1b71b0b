//! [`Limits`]: how fast each API may be called.

use crate::bucket::Bucket;

/// One bucket for each group of operations that a service limits together.
#[derive(Debug)]
pub(crate) struct Limits {
    ecs_reads: Bucket,
    ecs_writes: Bucket,
    eks_reads: Bucket,
    eks_writes: Bucket,
    secrets_lists: Bucket,
    secrets_reads: Bucket,
    secrets_writes: Bucket,
    autoscaling: Bucket,
    sts: Bucket,
}

impl Limits {
    /// What the services publish, or the lowest that they publish where it differs by operation:
    /// ECS <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>,
    /// Secrets Manager <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>.
    ///
    /// A little below them, because the service counts calls as they arrive and we as they leave.
    pub(crate) fn published() -> Self {
        Self {
            ecs_reads: Bucket::new(48, 19.8),
            ecs_writes: Bucket::new(20, 5.0),
            eks_reads: Bucket::new(48, 19.8),
            eks_writes: Bucket::new(10, 2.0),
            secrets_lists: Bucket::new(100, 50.0),
            // Ten thousand a second are published for these two together; other callers share them.
            secrets_reads: Bucket::new(500, 500.0),
            secrets_writes: Bucket::new(50, 50.0),
            autoscaling: Bucket::new(20, 10.0),
            sts: Bucket::new(50, 50.0),
        }
    }

    /// The bucket of an operation.
    pub(crate) fn bucket(&self, service: &str, operation: &str) -> &Bucket {
        let read =
            ["Describe", "List", "Get", "BatchGet"].iter().any(|verb| operation.starts_with(verb));
        match (service, read) {
            ("ecs", true) => &self.ecs_reads,
            ("ecs", false) => &self.ecs_writes,
            ("eks", true) => &self.eks_reads,
            ("eks", false) => &self.eks_writes,
            ("secretsmanager", true) => match operation {
                "DescribeSecret" | "GetSecretValue" => &self.secrets_reads,
                _ => &self.secrets_lists,
            },
            ("secretsmanager", false) => &self.secrets_writes,
            ("autoscaling", _) => &self.autoscaling,
            _ => &self.sts,
        }
    }
}

//! [`Workload`]: what runs, reduced to what does not depend on the platform.
//!
//! An ECS service with its task definition and a Kubernetes workload with its service account and config maps become the
//! same kind of value, so that two environments on two platforms can be compared.

mod compare;
mod ecs;
mod kubernetes;
mod size;

use std::collections::{BTreeMap, BTreeSet};

use suimon_model::{Manifest, ResourceId};

pub use compare::{Field, WorkloadDifference, compare_workloads};

/// What one container runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// Image without a digest or a tag.
    pub image: String,
    /// `sha256:…`, or the tag where there is no digest.
    pub version: String,
    /// Entry point and arguments, as far as they are declared.
    pub command: Vec<String>,
    /// Names of environment variables with a plain value.
    pub environment: BTreeSet<String>,
    /// Names of environment variables whose value is a secret; `* of NAME` for all keys of a secret.
    pub secrets: BTreeSet<String>,
    /// `8080/tcp`.
    pub ports: BTreeSet<String>,
    /// What is asked for: thousandths of a CPU.
    pub cpu: Option<u64>,
    /// What is asked for: mebibytes.
    pub memory: Option<u64>,
    /// `http :8080/healthz`, `exec …`.
    pub health_check: Option<String>,
}

/// What runs under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The declared object.
    pub id: ResourceId,
    /// The IAM role that it acts as.
    pub role: Option<String>,
    /// The containers that run for as long as it does, by name.
    pub containers: BTreeMap<String, Container>,
    /// Sizes are Fargate's: the smallest that holds what is asked for counts as what is asked for.
    pub fargate: bool,
}

/// The workloads among some declarations, by name; by `[namespace/]name (Kind)` where several have one name.
pub fn workloads(manifests: &[Manifest]) -> BTreeMap<String, Workload> {
    let all: Vec<Workload> =
        ecs::workloads(manifests).into_iter().chain(kubernetes::workloads(manifests)).collect();
    let shared = |name: &str| all.iter().filter(|one| one.id.name == name).count() > 1;
    let name = |id: &ResourceId| match (&id.namespace, shared(&id.name)) {
        (_, false) => id.name.clone(),
        (None, true) => format!("{} ({})", id.name, id.kind),
        (Some(namespace), true) => format!("{namespace}/{} ({})", id.name, id.kind),
    };
    all.iter().map(|workload| (name(&workload.id), workload.clone())).collect()
}

/// Splits `registry/name:tag@sha256:…` into the name and what says which build.
fn image(text: &str) -> (String, String) {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[slash..].rfind(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    };
    (name.to_owned(), digest.or(tag).unwrap_or("latest").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_split_into_name_and_version() {
        for (text, name, version) in [
            ("api", "api", "latest"),
            ("r.example:5000/a/api:1.2", "r.example:5000/a/api", "1.2"),
            ("r.example:5000/api", "r.example:5000/api", "latest"),
            ("r/api:1.2@sha256:ab", "r/api", "sha256:ab"),
        ] {
            assert_eq!(image(text), (name.to_owned(), version.to_owned()), "{text}");
        }
    }
}

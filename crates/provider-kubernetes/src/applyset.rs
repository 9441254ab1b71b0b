//! [`ApplySet`]: which objects are ours, in the words of KEP-3659.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use suimon_model::ResourceId;
use suimon_provider::Error;

use crate::object::{annotation, label};

/// Label on members: the id of their set.
pub(crate) use suimon_plan::PART_OF_LABEL as PART_OF;
/// Label on the parent: the id.
pub(crate) const ID: &str = "applyset.kubernetes.io/id";
/// Annotation on the parent: `tool/version`.
pub(crate) const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// Annotation on the parent: the kinds that members are of.
pub(crate) const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// Annotation on the parent: the namespaces that members are in, without the parent's own.
pub(crate) const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// Annotation on the parent: all namespaces that members are in. The standard one cannot say that
/// no member is in the parent's own namespace.
const ALL_NAMESPACES: &str = "suimon.dev/namespaces";
pub(crate) const PROJECT: &str = "suimon.dev/project";
pub(crate) const ENVIRONMENT: &str = "suimon.dev/environment";

/// Where parents live.
pub(crate) const PARENT_NAMESPACE: &str = "default";
/// Field manager of the parent; not the one of the members.
pub(crate) const PARENT_MANAGER: &str = "suimon-applyset";
const TOOL: &str = "suimon";

/// The set of one environment's objects.
#[derive(Debug, Clone)]
pub(crate) struct ApplySet {
    /// Value of [`PART_OF`].
    pub(crate) id: String,
    /// Name of the parent `ConfigMap`.
    pub(crate) parent: String,
    project: String,
    environment: String,
    version: String,
}

/// What a parent says that its set contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// `Kind[.group]`.
    pub(crate) kinds: BTreeSet<String>,
    /// Namespaces.
    pub(crate) namespaces: BTreeSet<String>,
}

impl Contents {
    /// What these objects need.
    pub(crate) fn of<'a>(ids: impl Iterator<Item = &'a ResourceId>) -> Self {
        let mut contents = Self::default();
        for id in ids {
            contents.kinds.insert(id.group_kind());
            contents.namespaces.extend(id.namespace.clone());
        }
        contents
    }

    /// Both together.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            kinds: self.kinds.union(&other.kinds).cloned().collect(),
            namespaces: self.namespaces.union(&other.namespaces).cloned().collect(),
        }
    }
}

impl ApplySet {
    pub(crate) fn new(project: &str, environment: &str, version: &str) -> Self {
        let parent = format!("suimon.{project}.{environment}");
        Self {
            id: id_of(&parent, PARENT_NAMESPACE, "ConfigMap", ""),
            parent,
            project: project.to_owned(),
            environment: environment.to_owned(),
            version: version.to_owned(),
        }
    }

    /// The parent's address.
    pub(crate) fn parent_id(&self) -> ResourceId {
        ResourceId::new("", "ConfigMap", Some(PARENT_NAMESPACE), self.parent.as_str())
    }

    /// Reads the parent, and proves that it is ours.
    ///
    /// # Errors
    /// It belongs to another tool, project or environment, or its id is not the one of its name.
    pub(crate) fn read(&self, parent: &Value) -> Result<Contents, Error> {
        let refuse = |why: String| {
            Error::Rejected(format!(
                "ConfigMap/{PARENT_NAMESPACE}/{} is not this environment's ApplySet parent: {why}",
                self.parent
            ))
        };
        let tooling = annotation(parent, TOOLING).unwrap_or_default();
        if tooling.split('/').next() != Some(TOOL) {
            return Err(refuse(match tooling {
                "" => "it has no ApplySet tooling annotation".to_owned(),
                other => format!("it is managed by `{other}`"),
            }));
        }
        for (key, ours) in [(PROJECT, &self.project), (ENVIRONMENT, &self.environment)] {
            let theirs = annotation(parent, key).unwrap_or_default();
            if theirs != ours {
                return Err(refuse(format!("its annotation {key} is `{theirs}`, not `{ours}`")));
            }
        }
        let id = label(parent, ID).unwrap_or_default();
        if id != self.id {
            return Err(refuse(format!("its label {ID} is `{id}`, not `{}`", self.id)));
        }
        Ok(contents(parent))
    }

    /// The parent as it is applied.
    pub(crate) fn parent(&self, contents: &Contents, resource_version: Option<&str>) -> Value {
        let additional = contents.namespaces.iter().filter(|name| *name != PARENT_NAMESPACE);
        let mut metadata = json!({
            "name": self.parent,
            "namespace": PARENT_NAMESPACE,
            "labels": {ID: self.id},
            "annotations": {
                TOOLING: format!("{TOOL}/v{}", self.version.trim_start_matches('v')),
                KINDS: join(contents.kinds.iter()),
                NAMESPACES: join(additional),
                ALL_NAMESPACES: join(contents.namespaces.iter()),
                PROJECT: self.project,
                ENVIRONMENT: self.environment,
            },
        });
        if let Some(version) = resource_version {
            metadata["resourceVersion"] = version.into();
        }
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    }
}

/// The id of the set with this parent, as kubectl computes it.
pub(crate) fn id_of(name: &str, namespace: &str, kind: &str, group: &str) -> String {
    let hash = Sha256::digest(format!("{name}.{namespace}.{kind}.{group}").as_bytes());
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(hash))
}

fn contents(parent: &Value) -> Contents {
    let set = |key: &str| -> BTreeSet<String> {
        let list = annotation(parent, key).unwrap_or_default();
        list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let namespaces = match annotation(parent, ALL_NAMESPACES) {
        Some(_) => set(ALL_NAMESPACES),
        None => {
            let mut namespaces = set(NAMESPACES);
            namespaces.insert(PARENT_NAMESPACE.to_owned());
            namespaces
        }
    };
    Contents { kinds: set(KINDS), namespaces }
}

fn join<'a>(parts: impl Iterator<Item = &'a String>) -> String {
    parts.map(String::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ApplySet {
        ApplySet::new("shop", "dev", "0.1.0")
    }

    /// Made by kubectl 1.32: `kubectl apply --prune --applyset=my-set -n default`.
    #[test]
    fn the_id_is_the_one_that_kubectl_computes() {
        assert_eq!(
            id_of("my-set", "default", "Secret", ""),
            "applyset-kdySOVBWs584aaOTmku9Ul1xDuN7LXBjs-R96jQcisk-v1"
        );
    }

    #[test]
    fn a_parent_is_read_back_as_it_was_written() {
        let contents = Contents {
            kinds: ["ConfigMap", "Deployment.apps"].map(str::to_owned).into(),
            namespaces: ["default", "web"].map(str::to_owned).into(),
        };
        let parent = set().parent(&contents, Some("7"));
        assert_eq!(set().read(&parent).unwrap(), contents);
        insta::assert_snapshot!(serde_json::to_string_pretty(&parent).unwrap(), @r#"
        {
          "apiVersion": "v1",
          "kind": "ConfigMap",
          "metadata": {
            "annotations": {
              "applyset.kubernetes.io/additional-namespaces": "web",
              "applyset.kubernetes.io/contains-group-kinds": "ConfigMap,Deployment.apps",
              "applyset.kubernetes.io/tooling": "suimon/v0.1.0",
              "suimon.dev/environment": "dev",
              "suimon.dev/namespaces": "default,web",
              "suimon.dev/project": "shop"
            },
            "labels": {
              "applyset.kubernetes.io/id": "applyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1"
            },
            "name": "suimon.shop.dev",
            "namespace": "default",
            "resourceVersion": "7"
          }
        }
        "#);
        let nothing = Contents::default();
        assert_eq!(set().read(&set().parent(&nothing, None)).unwrap(), nothing);
    }

    #[test]
    fn a_parent_without_our_own_list_has_members_in_its_namespace_too() {
        let mut parent = set().parent(&Contents::default(), None);
        let annotations = parent["metadata"]["annotations"].as_object_mut().unwrap();
        annotations.remove(ALL_NAMESPACES);
        annotations.insert(NAMESPACES.to_owned(), "b, a".into());
        let namespaces = set().read(&parent).unwrap().namespaces;
        assert_eq!(namespaces.into_iter().collect::<Vec<_>>(), ["a", "b", "default"]);
    }

    #[test]
    fn a_parent_that_is_not_ours_is_refused_with_the_reason() {
        let refused = |section: &str, key: &str, value: Option<&str>| {
            let mut parent = set().parent(&Contents::default(), None);
            let map = parent["metadata"][section].as_object_mut().unwrap();
            match value {
                Some(value) => map.insert(key.to_owned(), value.into()),
                None => map.remove(key),
            };
            set().read(&parent).unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused("annotations", TOOLING, Some("kubectl/v1.32.4")), @"ConfigMap/default/suimon.shop.dev is not this environment's ApplySet parent: it is managed by `kubectl/v1.32.4`");
        insta::assert_snapshot!(refused("annotations", TOOLING, None), @"ConfigMap/default/suimon.shop.dev is not this environment's ApplySet parent: it has no ApplySet tooling annotation");
        insta::assert_snapshot!(refused("annotations", ENVIRONMENT, Some("stg")), @"ConfigMap/default/suimon.shop.dev is not this environment's ApplySet parent: its annotation suimon.dev/environment is `stg`, not `dev`");
        insta::assert_snapshot!(refused("annotations", PROJECT, None), @"ConfigMap/default/suimon.shop.dev is not this environment's ApplySet parent: its annotation suimon.dev/project is ``, not `shop`");
        insta::assert_snapshot!(refused("labels", ID, Some("applyset-other-v1")), @"ConfigMap/default/suimon.shop.dev is not this environment's ApplySet parent: its label applyset.kubernetes.io/id is `applyset-other-v1`, not `applyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1`");
    }
}

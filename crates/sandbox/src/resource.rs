//! The resources that are served: the built-in ones and those of custom resource definitions.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use crate::{
    schema::{BUILTIN_RESOURCES, StructuralSchema, TypeRef, builtin, custom_schema, structural},
    store::Table,
    value::{items, text},
};

/// One resource in one version.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) singular: String,
    pub(crate) namespaced: bool,
    pub(crate) short: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) subresources: Vec<String>,
    pub(crate) schema: TypeRef,
    pub(crate) table: Table,
    pub(crate) custom: Option<Custom>,
}

/// What only custom resources have.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) structural: StructuralSchema,
    pub(crate) columns: Vec<Value>,
    /// JSON pointers of spec and status replicas, and of the label selector.
    pub(crate) scale: Option<(String, String, Option<String>)>,
}

impl Resource {
    /// `apps/v1`, or `v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    pub(crate) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|s| s == subresource)
    }

    /// The key of an object in the store.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced { format!("{namespace}/{name}") } else { name.to_owned() }
    }

    pub(crate) fn verbs(&self) -> Vec<&'static str> {
        let mut verbs = if self.custom.is_some() {
            vec!["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
        } else {
            vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        };
        if self.plural == "namespaces" && self.group.is_empty() {
            verbs.retain(|verb| *verb != "deletecollection");
        }
        verbs
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(',').filter(|word| *word != "-").map(str::to_owned).collect()
}

fn from_line(line: &str) -> Option<Resource> {
    let mut columns = line.split(' ');
    let mut next = || columns.next();
    let group = next()?.trim_start_matches('-').to_owned();
    let version = next()?.to_owned();
    let plural = next()?.to_owned();
    let kind = next()?.to_owned();
    let singular = next()?.to_owned();
    let namespaced = next()? == "ns";
    let (short, categories, subresources) = (words(next()?), words(next()?), words(next()?));
    let name = next()?;
    let schema = builtin(name)?.clone();
    let table = format!("{group}/{plural}").into();
    let list_kind = format!("{kind}List");
    Some(Resource {
        group,
        version,
        plural,
        kind,
        list_kind,
        singular,
        namespaced,
        short,
        categories,
        subresources,
        schema,
        table,
        custom: None,
    })
}

/// All resources, by group, version and plural.
#[derive(Debug)]
pub(crate) struct Registry {
    resources: Vec<Arc<Resource>>,
}

impl Registry {
    pub(crate) fn builtin() -> Self {
        Self { resources: BUILTIN_RESOURCES.lines().filter_map(from_line).map(Arc::new).collect() }
    }

    pub(crate) fn all(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.resources
            .iter()
            .find(|r| r.plural == plural && r.group == group && r.version == version)
    }

    pub(crate) fn by_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|r| r.kind == kind && r.api_version() == api_version)
    }

    /// A resource in any version.
    pub(crate) fn by_table(&self, table: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().rev().find(|r| *r.table == *table)
    }

    /// Groups in the order of discovery, each with its versions, the preferred one first.
    pub(crate) fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut order: Vec<String> = Vec::new();
        let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for resource in &self.resources {
            if !order.contains(&resource.group) {
                order.push(resource.group.clone());
            }
            let list = versions.entry(resource.group.clone()).or_default();
            if !list.contains(&resource.version) {
                list.push(resource.version.clone());
            }
        }
        order
            .into_iter()
            .map(|group| {
                let mut list = versions.remove(&group).unwrap_or_default();
                list.sort_by_key(|version| std::cmp::Reverse(version_rank(version)));
                (group, list)
            })
            .collect()
    }

    pub(crate) fn of<'a>(
        &'a self,
        group: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.resources.iter().filter(move |r| r.group == group && r.version == version)
    }

    /// Serves what a definition declares, in place of what it declared before.
    pub(crate) fn define(&mut self, definition: &Value) {
        let table = definition_table(definition);
        self.resources.retain(|r| *r.table != *table);
        let mut served: Vec<Resource> = items(definition, "/spec/versions")
            .iter()
            .filter(|version| version.get("served").and_then(Value::as_bool).unwrap_or(false))
            .map(|version| from_definition(definition, version))
            .collect();
        served.sort_by_key(|r| version_rank(&r.version));
        self.resources.extend(served.into_iter().map(Arc::new));
    }

    /// Stops serving what a definition declares.
    pub(crate) fn undefine(&mut self, definition: &Value) {
        let table = definition_table(definition);
        self.resources.retain(|r| *r.table != *table);
    }
}

/// The table of a definition's objects.
pub(crate) fn definition_table(definition: &Value) -> String {
    format!("{}/{}", text(definition, "/spec/group"), text(definition, "/spec/names/plural"))
}

fn from_definition(definition: &Value, version: &Value) -> Resource {
    let names = |key: &str| text(definition, &format!("/spec/names/{key}")).to_owned();
    let list = |key: &str| -> Vec<String> {
        items(definition, &format!("/spec/names/{key}"))
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let pointer = |path: &str| path.replace('.', "/");
    let scale = version.pointer("/subresources/scale").map(|scale| {
        let selector = text(scale, "/labelSelectorPath");
        (
            pointer(text(scale, "/specReplicasPath")),
            pointer(text(scale, "/statusReplicasPath")),
            (!selector.is_empty()).then(|| pointer(selector)),
        )
    });
    let mut subresources = Vec::new();
    if version.pointer("/subresources/status").is_some() {
        subresources.push("status".to_owned());
    }
    if scale.is_some() {
        subresources.push("scale".to_owned());
    }
    let structural = structural(version);
    let schema = custom_schema(&structural);
    let columns = match items(version, "/additionalPrinterColumns") {
        [] => {
            vec![json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})]
        }
        columns => columns.to_vec(),
    };
    Resource {
        group: text(definition, "/spec/group").to_owned(),
        version: text(version, "/name").to_owned(),
        plural: names("plural"),
        kind: names("kind"),
        list_kind: names("listKind"),
        singular: names("singular"),
        namespaced: text(definition, "/spec/scope") == "Namespaced",
        short: list("shortNames"),
        categories: list("categories"),
        subresources,
        schema,
        table: definition_table(definition).into(),
        custom: Some(Custom { structural, columns, scale }),
    }
}

/// Kubernetes' order of versions: `v2` over `v1` over `v2beta1` over `v1alpha1` over anything else.
fn version_rank(version: &str) -> (u8, u64, u64) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let major: u64 = rest.get(..end).and_then(|n| n.parse().ok()).unwrap_or(0);
    let minor = |suffix: &str| suffix.parse().unwrap_or(0);
    match rest.get(end..).unwrap_or_default() {
        "" => (3, major, 0),
        other => match (other.strip_prefix("beta"), other.strip_prefix("alpha")) {
            (Some(n), _) => (2, major, minor(n)),
            (_, Some(n)) => (1, major, minor(n)),
            _ => (0, 0, 0),
        },
    }
}

//! Clusters.

use serde_json::{Map, Value, json};

use super::{
    super::{
        context::Context,
        error::{AwsError, AwsResult},
        page::page,
    },
    Ecs,
    counts::statistics,
    given, includes, invalid, is_name, list,
    model::{Cluster, ServiceStatus, TaskStatus},
    name_of, paging, tags, text, texts,
};

/// How many clusters one `DescribeClusters` takes.
const DESCRIBE_AT_ONCE: usize = 100;

impl Ecs {
    /// An active cluster of the same name is answered as it is, unchanged.
    pub(super) fn create_cluster(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let name = match text(body, "clusterName") {
            "" => "default",
            name => name,
        };
        if !is_name(name) {
            return Err(invalid("Invalid identifier: Unexpected characters in the cluster name."));
        }
        let new_tags = tags::read(body)?;
        let settings = settings(list(body, "settings"))?;
        let providers = texts(body, "capacityProviders");
        let strategy = list(body, "defaultCapacityProviderStrategy");
        check_strategy(strategy, &providers)?;
        if self.clusters.get(name).is_none_or(|cluster| !cluster.active) {
            let mut spec = Map::new();
            spec.insert("settings".into(), settings);
            spec.insert("capacityProviders".into(), json!(providers));
            spec.insert("defaultCapacityProviderStrategy".into(), complete(strategy));
            for member in ["configuration", "serviceConnectDefaults"] {
                if let Some(value) = given(body, member) {
                    spec.insert(member.to_owned(), value.clone());
                }
            }
            self.services.retain(|(cluster, _), _| cluster != name);
            let arn = context.arn("ecs", &format!("cluster/{name}"));
            let cluster = Cluster { arn, active: true, spec, tags: new_tags };
            self.clusters.insert(name.to_owned(), cluster);
        }
        Ok(json!({ "cluster": self.cluster_view(name, &["TAGS", "SETTINGS", "CONFIGURATIONS"]) }))
    }

    pub(super) fn describe_clusters(&self, context: &Context<'_>, body: &Value) -> AwsResult {
        let mut wanted = texts(body, "clusters");
        if wanted.len() > DESCRIBE_AT_ONCE {
            return Err(invalid(format!("clusters can have at most {DESCRIBE_AT_ONCE} items")));
        }
        if wanted.is_empty() {
            wanted.push("default");
        }
        let include = texts(body, "include");
        let (mut clusters, mut failures) = (Vec::new(), Vec::new());
        for reference in wanted {
            let name = name_of(reference, "cluster");
            match self.clusters.get(name) {
                Some(_) => clusters.push(self.cluster_view(name, &include)),
                None => {
                    let arn = match reference.starts_with("arn:") {
                        true => reference.to_owned(),
                        false => context.arn("ecs", &format!("cluster/{reference}")),
                    };
                    failures.push(json!({ "arn": arn, "reason": "MISSING" }));
                }
            }
        }
        Ok(json!({ "clusters": clusters, "failures": failures }))
    }

    pub(super) fn list_clusters(&self, body: &Value) -> AwsResult {
        let arns = self.clusters.values().filter(|cluster| cluster.active);
        let arns = arns.map(|cluster| (cluster.arn.clone(), cluster.arn.clone())).collect();
        let (arns, next) = page(arns, body, paging(100)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "clusterArns": arns }), next))
    }

    /// `UpdateCluster`, or `UpdateClusterSettings` with settings only.
    pub(super) fn update_cluster(&mut self, body: &Value, settings_only: bool) -> AwsResult {
        let name = self.cluster_of(body)?;
        if let Some(cluster) = self.clusters.get_mut(&name) {
            if given(body, "settings").is_some() {
                cluster.spec.insert("settings".into(), settings(list(body, "settings"))?);
            }
            for member in ["configuration", "serviceConnectDefaults"] {
                if let Some(value) = given(body, member).filter(|_| !settings_only) {
                    cluster.spec.insert(member.to_owned(), value.clone());
                }
            }
        }
        Ok(json!({ "cluster": self.cluster_view(&name, &["TAGS", "SETTINGS", "CONFIGURATIONS"]) }))
    }

    pub(super) fn put_capacity_providers(&mut self, body: &Value) -> AwsResult {
        let name = self.cluster_of(body)?;
        let providers = texts(body, "capacityProviders");
        let strategy = list(body, "defaultCapacityProviderStrategy");
        check_strategy(strategy, &providers)?;
        let used = self.services.values().any(|service| {
            service.cluster == name
                && service.status != ServiceStatus::Inactive
                && service
                    .spec
                    .get("capacityProviderStrategy")
                    .and_then(Value::as_array)
                    .is_some_and(|items| {
                        items
                            .iter()
                            .any(|item| !providers.contains(&text(item, "capacityProvider")))
                    })
        });
        if used {
            return Err(AwsError::client(
                "ResourceInUseException",
                "The specified capacity provider is in use and cannot be removed.",
            ));
        }
        if let Some(cluster) = self.clusters.get_mut(&name) {
            cluster.spec.insert("capacityProviders".into(), json!(providers));
            cluster.spec.insert("defaultCapacityProviderStrategy".into(), complete(strategy));
        }
        Ok(json!({ "cluster": self.cluster_view(&name, &["TAGS", "SETTINGS", "CONFIGURATIONS"]) }))
    }

    pub(super) fn delete_cluster(&mut self, body: &Value) -> AwsResult {
        let name = self.cluster_of(body)?;
        let busy = |service: &&super::Service| {
            service.cluster == name && service.status != ServiceStatus::Inactive
        };
        if self.services.values().any(|service| busy(&service)) {
            return Err(AwsError::client(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            ));
        }
        let mut tasks = self.tasks.iter().filter(|((cluster, _), _)| *cluster == name);
        if tasks.any(|(_, task)| task.last != TaskStatus::Stopped) {
            return Err(AwsError::client(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            ));
        }
        if let Some(cluster) = self.clusters.get_mut(&name) {
            cluster.active = false;
        }
        Ok(json!({ "cluster": self.cluster_view(&name, &["TAGS", "SETTINGS", "CONFIGURATIONS"]) }))
    }

    /// As it is described; what is not included is an empty list or not there.
    fn cluster_view(&self, name: &str, include: &[&str]) -> Value {
        let Some(cluster) = self.clusters.get(name) else { return Value::Null };
        let counts = self.cluster_counts(name);
        let settings = cluster.spec.get("settings").filter(|_| include.contains(&"SETTINGS"));
        let mut view = json!({
            "clusterArn": cluster.arn,
            "clusterName": name,
            "status": if cluster.active { "ACTIVE" } else { "INACTIVE" },
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": counts.running,
            "pendingTasksCount": counts.pending,
            "activeServicesCount": counts.services,
            "statistics": if include.contains(&"STATISTICS") { statistics(self, name) } else { json!([]) },
            "tags": if include.contains(&"TAGS") { json!(cluster.tags) } else { json!([]) },
            "settings": settings.cloned().unwrap_or_else(|| json!([])),
        });
        for member in
            ["capacityProviders", "defaultCapacityProviderStrategy", "serviceConnectDefaults"]
        {
            if let Some(value) = cluster.spec.get(member) {
                view[member] = value.clone();
            }
        }
        if let Some(value) = cluster.spec.get("configuration")
            && include.contains(&"CONFIGURATIONS")
        {
            view["configuration"] = value.clone();
        }
        if include.contains(&"ATTACHMENTS") {
            view["attachments"] = json!([]);
        }
        view
    }

    /// Whether the cluster has these capacity providers.
    pub(super) fn check_providers(
        &self,
        cluster: &str,
        strategy: &[Value],
    ) -> Result<(), AwsError> {
        let providers = self.clusters.get(cluster).and_then(|c| c.spec.get("capacityProviders"));
        let providers: Vec<&str> = providers
            .and_then(Value::as_array)
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        check_strategy(strategy, &providers)
    }

    /// The strategy of services and tasks that ask for none.
    pub(super) fn default_strategy(&self, cluster: &str) -> Option<Value> {
        let strategy = self.clusters.get(cluster)?.spec.get("defaultCapacityProviderStrategy")?;
        strategy.as_array().filter(|items| !items.is_empty()).map(|_| strategy.clone())
    }
}

/// With the token of the next page, when there is one.
pub(super) fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = next.into();
    }
    answer
}

/// `containerInsights` is disabled unless it is set.
fn settings(given: &[Value]) -> Result<Value, AwsError> {
    let mut value = "disabled";
    for setting in given {
        if text(setting, "name") != "containerInsights" {
            return Err(invalid(format!(
                "Invalid cluster setting name: {}",
                text(setting, "name")
            )));
        }
        value = text(setting, "value");
        if !matches!(value, "enabled" | "disabled" | "enhanced") {
            return Err(invalid(format!("Invalid cluster setting value: {value}")));
        }
    }
    Ok(json!([{ "name": "containerInsights", "value": value }]))
}

/// With weight and base, as they are answered.
pub(super) fn complete(strategy: &[Value]) -> Value {
    let complete = |item: &Value| {
        json!({
            "capacityProvider": text(item, "capacityProvider"),
            "weight": item.get("weight").and_then(Value::as_i64).unwrap_or_default(),
            "base": item.get("base").and_then(Value::as_i64).unwrap_or_default(),
        })
    };
    strategy.iter().map(complete).collect()
}

fn check_strategy(strategy: &[Value], providers: &[&str]) -> Result<(), AwsError> {
    if strategy.iter().any(|item| !providers.contains(&text(item, "capacityProvider"))) {
        return Err(invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
        ));
    }
    let base = |item: &&Value| item.get("base").and_then(Value::as_i64).unwrap_or_default() > 0;
    if strategy.iter().filter(base).count() > 1 {
        return Err(invalid(
            "The specified capacity provider strategy cannot contain more than one capacity provider with a base value other than 0.",
        ));
    }
    let idle = |item: &Value| item.get("weight").and_then(Value::as_i64).unwrap_or_default() == 0;
    if !strategy.is_empty() && strategy.iter().all(idle) {
        return Err(invalid(
            "The specified capacity provider strategy must contain at least one capacity provider with a weight value of 1 or greater.",
        ));
    }
    Ok(())
}

/// Whether a described resource comes with its tags.
pub(super) fn tags_of(body: &Value, tags: &[Value]) -> Option<Value> {
    includes(body, "TAGS").then(|| json!(tags))
}

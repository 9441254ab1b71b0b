//! EKS `Addon`.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::api::{one, pages, texts};
use super::check;
use super::part::{Part, Step, split};
use super::pod_identity;
use super::rules::{Rules, each, get, missing, text};
use super::updates::Target;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape, is_deferred};

static SHAPE: Shape = Shape::text(
    "name addonName clusterName addonVersion configurationValues:json resolveConflicts \
     serviceAccountRoleArn podIdentityAssociations[{serviceAccount roleArn}] \
     namespaceConfig{namespace} tags:tags",
);

static RULES: Rules = Rules {
    unordered: &["podIdentityAssociations"],
    computed: &["addonVersion", "namespaceConfig"],
    untold: &["resolveConflicts"],
    fixed: &["name", "clusterName", "namespaceConfig.namespace"],
    ..Rules::PLAIN
};

/// EKS `Addon`.
pub(super) struct Addon;

/// Configuration is compared as a value. YAML that is not JSON stays the text that it is.
fn configuration(spec: &mut Value) {
    let Some(Value::String(given)) = spec.get("configurationValues") else { return };
    if is_deferred(&json!(given)) {
        return;
    }
    let given = given.trim();
    spec["configurationValues"] = match serde_json::from_str(given) {
        Ok(value) => value,
        Err(_) => json!(given),
    };
    if spec["configurationValues"] == json!("") {
        spec["configurationValues"] = Value::Null;
    }
}

/// The same as the API takes it.
fn configuration_text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}

#[async_trait]
impl Part for Addon {
    fn kind(&self) -> &'static str {
        "Addon"
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn minutes(&self) -> u64 {
        30
    }

    fn api_name(&self) -> Option<&'static str> {
        Some("addonName")
    }

    fn key(&self, spec: &Value) -> String {
        format!("{}/{}", text(spec, "clusterName"), text(spec, "name"))
    }

    fn arn(&self) -> &'static str {
        "addonArn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::name(spec, "name", 100, problems);
        let conflicts = &["NONE", "OVERWRITE", "PRESERVE"];
        check::one_of(spec, "resolveConflicts", conflicts, problems);
        let example = "arn:aws:iam::111122223333:role/addon";
        check::arn(spec, "serviceAccountRoleArn", example, problems);
        check::arn(spec, "podIdentityAssociations[].roleArn", example, problems);
        for (at, association) in each(spec, "podIdentityAssociations[]") {
            for field in ["serviceAccount", "roleArn"] {
                if missing(association, field) {
                    problems.push(Problem::new(format!("{at}.{field}"), "it is missing"));
                }
            }
        }
        configured(spec, problems);
    }

    fn settle(&self, spec: &mut Value) {
        configuration(spec);
    }

    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
        let names = pages!(context, ListAddons, list_addons().cluster_name(cluster), "addons")?;
        Ok(texts(names).into_iter().map(|name| format!("{cluster}/{name}")).collect())
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        let (cluster, name) = split(key);
        let answer = call!(
            context.session,
            eks,
            DescribeAddon,
            Read,
            describe_addon().cluster_name(cluster).addon_name(name),
            Value::Null
        );
        let Some(mut addon) = one(answer, "addon")? else { return Ok(None) };
        addon["podIdentityAssociations"] = associations(context, cluster, &addon).await?;
        Ok(Some(addon))
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let mut sent = body.clone();
        if let Some(values) = body.get("configurationValues") {
            sent["configurationValues"] = configuration_text(values);
        }
        let cluster = text(body, "clusterName");
        let mut answer = call!(
            context.session,
            eks,
            CreateAddon,
            Repeatable,
            create_addon().cluster_name(cluster),
            sent
        )?;
        let mut addon = answer.get_mut("addon").map(Value::take).unwrap_or_default();
        addon["podIdentityAssociations"] = associations(context, cluster, &addon).await?;
        Ok(addon)
    }

    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step> {
        let differs = |field: &&&str| get(live, field) != get(wanted, field);
        let fields = [
            "addonVersion",
            "configurationValues",
            "serviceAccountRoleArn",
            "podIdentityAssociations",
        ];
        let changed: Vec<&str> = fields.iter().filter(differs).copied().collect();
        if changed.is_empty() {
            return Vec::new();
        }
        let mut body = Map::new();
        // Role and configuration are said each time: an update that leaves them out takes them away.
        for field in ["addonVersion", "serviceAccountRoleArn"] {
            if let Some(value) = get(wanted, field) {
                body.insert(field.to_owned(), value.clone());
            } else if changed.contains(&field) {
                body.insert(field.to_owned(), json!(""));
            }
        }
        if let Some(values) = get(wanted, "configurationValues") {
            body.insert("configurationValues".to_owned(), configuration_text(values));
        } else if changed.contains(&"configurationValues") {
            body.insert("configurationValues".to_owned(), json!("{}"));
        }
        if changed.contains(&"podIdentityAssociations") {
            let wanted = get(wanted, "podIdentityAssociations").cloned();
            body.insert("podIdentityAssociations".to_owned(), wanted.unwrap_or_else(|| json!([])));
        }
        vec![Step { operation: "UpdateAddon", body: Value::Object(body) }]
    }

    fn sent_with(&self) -> &'static [&'static str] {
        &["resolveConflicts"]
    }

    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError> {
        let (cluster, name) = split(&live.key);
        call!(
            context.session,
            eks,
            UpdateAddon,
            Repeatable,
            update_addon().cluster_name(cluster).addon_name(name),
            step.body
        )
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        let (cluster, name) = split(&live.key);
        call!(
            context.session,
            eks,
            DeleteAddon,
            Repeatable,
            delete_addon().cluster_name(cluster).addon_name(name),
            Value::Null
        )?;
        Ok(())
    }

    fn target(&self, key: &str) -> Option<Target> {
        let (cluster, name) = split(key);
        Some(Target { cluster: cluster.to_owned(), nodegroup: None, addon: Some(name.to_owned()) })
    }

    async fn busy(&self, context: &Context, key: &str) -> Result<Option<String>, ApiError> {
        let (cluster, _) = split(key);
        for other in self.list(context, cluster).await? {
            let Some(raw) = self.describe(context, &other).await? else { continue };
            if other != key && matches!(text(&raw, "status"), "CREATING" | "DELETING") {
                let name = text(&raw, "addonName");
                return Ok(Some(format!("add-on `{name}` is being created or deleted")));
            }
        }
        Ok(None)
    }

    fn attributes(&self) -> &'static [(&'static str, &'static str)] {
        &[("version", "/status/addonVersion")]
    }

    fn moving(&self) -> &'static [&'static str] {
        &["version", "addonVersion"]
    }
}

/// What service accounts its own associations give which role.
async fn associations(context: &Context, cluster: &str, addon: &Value) -> Result<Value, ApiError> {
    let arns = addon.get("podIdentityAssociations").and_then(Value::as_array);
    let ids = arns.into_iter().flatten().filter_map(Value::as_str);
    let ids = ids.filter_map(|arn| arn.rsplit('/').next());
    let reads = ids.map(|id| pod_identity::by_id(context, cluster, id));
    let found = try_join_all(reads).await?.into_iter().flatten().map(|association| {
        json!({"serviceAccount": association["serviceAccount"], "roleArn": association["roleArn"]})
    });
    Ok(Value::Array(found.collect()))
}

/// A text that begins like JSON is JSON.
fn configured(spec: &Value, problems: &mut Vec<Problem>) {
    let Some(values) = spec.get("configurationValues").filter(|values| !is_deferred(values)) else {
        return;
    };
    let at = "spec.configurationValues";
    match values {
        Value::Object(_) | Value::Null => {}
        Value::String(given) => {
            if given.trim_start().starts_with(['{', '['])
                && let Err(error) = serde_json::from_str::<Map<String, Value>>(given)
            {
                problems.push(Problem::new(at, format!("it is not a map in JSON: {error}")));
            }
        }
        _ => problems.push(Problem::new(at, "it must be a map, or a text of JSON or YAML")),
    }
}

//! EKS `PodIdentityAssociation`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::api::{one, pages};
use super::check;
use super::part::{Part, Step, split};
use super::rules::{Plain, Rules, get, text};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape, is_deferred};

static SHAPE: Shape = Shape::text(
    "clusterName namespace serviceAccount roleArn targetRoleArn disableSessionTags:bool \
     policy:json tags:tags",
);

static RULES: Rules = Rules {
    defaults: &[("disableSessionTags", Plain::Bool(false))],
    fixed: &["clusterName", "namespace", "serviceAccount"],
    ..Rules::PLAIN
};

/// EKS `PodIdentityAssociation`.
pub(super) struct PodIdentityAssociation;

/// Reads one by the id that the service gave it.
pub(super) async fn by_id(
    context: &Context,
    cluster: &str,
    id: &str,
) -> Result<Option<Value>, ApiError> {
    let answer = call!(
        context.session,
        eks,
        DescribePodIdentityAssociation,
        Read,
        describe_pod_identity_association().cluster_name(cluster).association_id(id),
        Value::Null
    );
    one(answer, "association")
}

/// The id of the association of a service account.
fn note(key: &str) -> String {
    format!("eks-association:{key}")
}

fn key_of(cluster: &str, summary: &Value) -> String {
    format!("{cluster}/{}/{}", text(summary, "namespace"), text(summary, "serviceAccount"))
}

/// A policy is compared as a value.
fn policy(spec: &mut Value) {
    let Some(Value::String(given)) = spec.get("policy") else { return };
    if given.trim().is_empty() {
        spec["policy"] = Value::Null;
    } else if let Ok(value) = serde_json::from_str(given) {
        spec["policy"] = value;
    }
}

fn policy_text(body: &mut Value) {
    if let Some(value) = body.get("policy").filter(|value| !value.is_string()) {
        body["policy"] = Value::String(value.to_string());
    }
}

#[async_trait]
impl Part for PodIdentityAssociation {
    fn kind(&self) -> &'static str {
        "PodIdentityAssociation"
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn api_name(&self) -> Option<&'static str> {
        None
    }

    fn key(&self, spec: &Value) -> String {
        key_of(text(spec, "clusterName"), spec)
    }

    fn arn(&self) -> &'static str {
        "associationArn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::required(spec, &["namespace", "serviceAccount", "roleArn"], problems);
        let example = "arn:aws:iam::111122223333:role/app";
        check::arn(spec, "roleArn", example, problems);
        check::arn(spec, "targetRoleArn", example, problems);
        for field in ["namespace", "serviceAccount"] {
            let value = get(spec, field).filter(|value| !is_deferred(value));
            let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else {
                continue;
            };
            let allowed =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            if !text.chars().all(allowed) || text.starts_with(['-', '.']) {
                let what = format!("`{text}` is not a name of Kubernetes");
                problems.push(Problem::new(format!("spec.{field}"), what));
            }
        }
        if let Some(Value::String(given)) = spec.get("policy")
            && !is_deferred(&json!(given))
            && let Err(error) = serde_json::from_str::<Map<String, Value>>(given)
        {
            let what = format!("it is not a policy in JSON: {error}");
            problems.push(Problem::new("spec.policy", what));
        }
    }

    fn settle(&self, spec: &mut Value) {
        policy(spec);
    }

    /// Those of add-ons are left to the add-ons.
    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
        let found = pages!(
            context,
            ListPodIdentityAssociations,
            list_pod_identity_associations().cluster_name(cluster),
            "associations"
        )?;
        let own = found.iter().filter(|summary| text(summary, "ownerArn").is_empty());
        let keys = own.map(|summary| {
            let key = key_of(cluster, summary);
            context.note(note(&key), summary["associationId"].clone());
            key
        });
        Ok(keys.collect())
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        let (cluster, rest) = split(key);
        if let Some(Value::String(id)) = context.noted(&note(key))
            && let Some(found) = by_id(context, cluster, &id).await?
        {
            return Ok(Some(found));
        }
        let (namespace, account) = split(rest);
        let found = pages!(
            context,
            ListPodIdentityAssociations,
            list_pod_identity_associations()
                .cluster_name(cluster)
                .namespace(namespace)
                .service_account(account),
            "associations"
        );
        let found = match found {
            Ok(found) => found,
            Err(error) if error.code() == "ResourceNotFoundException" => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(summary) = found.iter().find(|summary| key_of(cluster, summary) == key) else {
            return Ok(None);
        };
        context.note(note(key), summary["associationId"].clone());
        by_id(context, cluster, text(summary, "associationId")).await
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let mut sent = body.clone();
        policy_text(&mut sent);
        let answer = call!(
            context.session,
            eks,
            CreatePodIdentityAssociation,
            Repeatable,
            create_pod_identity_association().cluster_name(text(body, "clusterName")),
            sent
        )?;
        let made = answer.get("association").cloned().unwrap_or_default();
        context.note(note(&self.key(&made)), made["associationId"].clone());
        Ok(made)
    }

    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step> {
        let mut body = Map::new();
        for (field, otherwise) in [
            ("roleArn", json!("")),
            ("targetRoleArn", json!("")),
            ("disableSessionTags", json!(false)),
            ("policy", json!("")),
        ] {
            if get(live, field) != get(wanted, field) {
                let value = get(wanted, field).cloned().unwrap_or(otherwise);
                body.insert(field.to_owned(), value);
            }
        }
        if body.is_empty() {
            return Vec::new();
        }
        let mut body = Value::Object(body);
        policy_text(&mut body);
        vec![Step { operation: "UpdatePodIdentityAssociation", body }]
    }

    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError> {
        let (cluster, _) = split(&live.key);
        call!(
            context.session,
            eks,
            UpdatePodIdentityAssociation,
            Repeatable,
            update_pod_identity_association()
                .cluster_name(cluster)
                .association_id(text(&live.status, "associationId")),
            step.body
        )
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        let (cluster, _) = split(&live.key);
        call!(
            context.session,
            eks,
            DeletePodIdentityAssociation,
            Repeatable,
            delete_pod_identity_association()
                .cluster_name(cluster)
                .association_id(text(&live.status, "associationId")),
            Value::Null
        )?;
        Ok(())
    }
}

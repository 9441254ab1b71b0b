//! EKS `AccessEntry`, with the access policies that are associated with it.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::api::{one, pages, texts};
use super::check;
use super::cluster;
use super::part::{Part, Step, split};
use super::rules::{Plain, Rules, each, get, missing, text};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape, is_deferred};

static SHAPE: Shape = Shape::text(
    "clusterName principalArn kubernetesGroups[] type username \
     accessPolicies[{policyArn accessScope{type namespaces[]}}] tags:tags",
);

static RULES: Rules = Rules {
    unordered: &["kubernetesGroups", "accessPolicies[].accessScope.namespaces", "accessPolicies"],
    defaults: &[("type", Plain::Text("STANDARD"))],
    computed: &["username"],
    fixed: &["clusterName", "principalArn", "type"],
    ..Rules::PLAIN
};

const TYPES: &[&str] = &[
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "EC2",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
];

/// EKS `AccessEntry`.
pub(super) struct AccessEntry;

/// The policies of a principal, in the shape of a declaration.
async fn policies(context: &Context, cluster: &str, arn: &str) -> Result<Value, ApiError> {
    let listed = pages!(
        context,
        ListAssociatedAccessPolicies,
        list_associated_access_policies().cluster_name(cluster).principal_arn(arn),
        "associatedAccessPolicies"
    );
    match listed {
        Ok(policies) => Ok(Value::Array(policies)),
        Err(error) if error.code() == "ResourceNotFoundException" => Ok(json!([])),
        Err(error) => Err(error),
    }
}

/// Whether a cluster knows no access entries, by its own configuration.
pub(super) fn has_none(error: &ApiError) -> bool {
    error.code() == "InvalidRequestException" && error.message.contains("authentication mode")
}

#[async_trait]
impl Part for AccessEntry {
    fn kind(&self) -> &'static str {
        "AccessEntry"
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
        format!("{}/{}", text(spec, "clusterName"), text(spec, "principalArn"))
    }

    fn arn(&self) -> &'static str {
        "accessEntryArn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::required(spec, &["principalArn"], problems);
        check::arn(spec, "principalArn", "arn:aws:iam::111122223333:role/developers", problems);
        check::one_of(spec, "type", TYPES, problems);
        check::one_of(
            spec,
            "accessPolicies[].accessScope.type",
            &["cluster", "namespace"],
            problems,
        );
        let example = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
        check::arn(spec, "accessPolicies[].policyArn", example, problems);
        for (at, group) in each(spec, "kubernetesGroups[]") {
            let group = group.as_str().unwrap_or_default();
            let reserved = ["system:", "eks:", "aws:", "amazon:", "iam:"];
            if reserved.iter().any(|prefix| group.starts_with(prefix)) {
                let what = format!("`{group}` begins like the groups of EKS itself");
                problems.push(Problem::new(at, what).help("bind another group to the same role"));
            }
        }
        for (at, policy) in each(spec, "accessPolicies[]") {
            policy_fields(&at, policy, problems);
        }
        if !matches!(text(spec, "type"), "" | "STANDARD")
            && !is_deferred(&spec["type"])
            && !missing(spec, "kubernetesGroups")
        {
            let what =
                format!("entries of type {} have no groups of their own", text(spec, "type"));
            problems.push(Problem::new("spec.kubernetesGroups", what));
        }
    }

    fn settle(&self, spec: &mut Value) {
        // The groups of nodes are those that EKS gives them.
        if !matches!(text(spec, "type"), "" | "STANDARD") {
            spec["kubernetesGroups"] = Value::Null;
        }
    }

    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
        let arns = pages!(
            context,
            ListAccessEntries,
            list_access_entries().cluster_name(cluster),
            "accessEntries"
        )?;
        Ok(texts(arns).into_iter().map(|arn| format!("{cluster}/{arn}")).collect())
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        let (cluster, arn) = split(key);
        let answer = call!(
            context.session,
            eks,
            DescribeAccessEntry,
            Read,
            describe_access_entry().cluster_name(cluster).principal_arn(arn),
            Value::Null
        );
        let Some(mut entry) = one(answer, "accessEntry")? else { return Ok(None) };
        entry["accessPolicies"] = policies(context, cluster, arn).await?;
        Ok(Some(entry))
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let mut sent = body.clone();
        if let Value::Object(sent) = &mut sent {
            sent.remove("accessPolicies");
        }
        let answer = call!(
            context.session,
            eks,
            CreateAccessEntry,
            Repeatable,
            create_access_entry().cluster_name(text(body, "clusterName")),
            sent
        )?;
        Ok(answer.get("accessEntry").cloned().unwrap_or_default())
    }

    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step> {
        let mut steps = Vec::new();
        let differs = |field: &str| get(live, field) != get(wanted, field);
        if differs("kubernetesGroups") || differs("username") {
            let groups = get(wanted, "kubernetesGroups").cloned().unwrap_or_else(|| json!([]));
            let mut body = Map::from_iter([("kubernetesGroups".to_owned(), groups)]);
            if let Some(username) = get(wanted, "username") {
                body.insert("username".to_owned(), username.clone());
            }
            steps.push(Step { operation: "UpdateAccessEntry", body: Value::Object(body) });
        }
        let of = |spec: &Value| {
            get(spec, "accessPolicies").and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let (live, wanted) = (of(live), of(wanted));
        for policy in wanted.iter().filter(|policy| !live.contains(policy)) {
            steps.push(Step { operation: "AssociateAccessPolicy", body: policy.clone() });
        }
        let has = |list: &[Value], arn: &str| list.iter().any(|p| text(p, "policyArn") == arn);
        for policy in live.iter().filter(|policy| !has(&wanted, text(policy, "policyArn"))) {
            steps.push(Step { operation: "DisassociateAccessPolicy", body: policy.clone() });
        }
        steps
    }

    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError> {
        let ((cluster, principal), session) = (split(&live.key), &context.session);
        match step.operation {
            "AssociateAccessPolicy" => call!(
                session,
                eks,
                AssociateAccessPolicy,
                Repeatable,
                associate_access_policy().cluster_name(cluster).principal_arn(principal),
                step.body
            ),
            "DisassociateAccessPolicy" => call!(
                session,
                eks,
                DisassociateAccessPolicy,
                Repeatable,
                disassociate_access_policy()
                    .cluster_name(cluster)
                    .principal_arn(principal)
                    .policy_arn(text(&step.body, "policyArn")),
                Value::Null
            ),
            _ => call!(
                session,
                eks,
                UpdateAccessEntry,
                Repeatable,
                update_access_entry().cluster_name(cluster).principal_arn(principal),
                step.body
            ),
        }
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        let (cluster, principal) = split(&live.key);
        call!(
            context.session,
            eks,
            DeleteAccessEntry,
            Repeatable,
            delete_access_entry().cluster_name(cluster).principal_arn(principal),
            Value::Null
        )?;
        Ok(())
    }

    async fn refusal(
        &self,
        context: &Context,
        spec: &Value,
        live: Option<&Live>,
    ) -> Result<Option<String>, ApiError> {
        let name = text(spec, "clusterName");
        if live.is_some() || is_deferred(&json!(name)) {
            return Ok(None);
        }
        let declared = context.declared_of(super::part::GROUP, "Cluster");
        let declared = declared.iter().find(|d| cluster::Cluster.key(&d.spec) == name);
        let path = "accessConfig.authenticationMode";
        if declared.is_some_and(|declared| !missing(&declared.spec, path)) {
            let only_map = declared.is_some_and(|d| text(&d.spec, path) == "CONFIG_MAP");
            return Ok(only_map.then(|| no_entries(name)));
        }
        let live = cluster::known(context, name).await?;
        let only_map = live.is_some_and(|live| text(&live, path) == "CONFIG_MAP");
        Ok(only_map.then(|| no_entries(name)))
    }
}

fn no_entries(cluster: &str) -> String {
    format!(
        "cluster `{cluster}` has the authentication mode CONFIG_MAP, which knows no access entries: \
         declare `accessConfig: {{authenticationMode: API_AND_CONFIG_MAP}}` for it first"
    )
}

fn policy_fields(at: &str, policy: &Value, problems: &mut Vec<Problem>) {
    for path in ["policyArn", "accessScope.type"] {
        if missing(policy, path) {
            problems.push(Problem::new(format!("{at}.{path}"), "it is missing"));
        }
    }
    let namespaces = !missing(policy, "accessScope.namespaces");
    let at = format!("{at}.accessScope.namespaces");
    match text(policy, "accessScope.type") {
        "cluster" if namespaces => {
            problems.push(Problem::new(at, "a scope of type `cluster` has no namespaces"));
        }
        "namespace" if !namespaces => {
            problems.push(Problem::new(at, "a scope of type `namespace` names some"));
        }
        _ => {}
    }
}

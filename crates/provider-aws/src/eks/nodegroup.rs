//! EKS `Nodegroup`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::api::{one, pages, texts};
use super::check;
use super::part::{Part, Step, split};
use super::rules::{Plain, Rules, get, missing, place, text};
use super::updates::Target;
use super::{skew, version};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape};

static SHAPE: Shape = Shape::text(
    "name nodegroupName clusterName \
     scalingConfig{minSize:int maxSize:int desiredSize:int} diskSize:int subnets[] \
     instanceTypes[] amiType remoteAccess{ec2SshKey sourceSecurityGroups[]} nodeRole labels<> \
     taints[{key value effect}] launchTemplate{name version id} \
     updateConfig{maxUnavailable:int maxUnavailablePercentage:int updateStrategy} \
     nodeRepairConfig{enabled:bool maxUnhealthyNodeThresholdCount:int \
       maxUnhealthyNodeThresholdPercentage:int maxParallelNodesRepairedCount:int \
       maxParallelNodesRepairedPercentage:int nodeRepairConfigOverrides[{ \
       nodeMonitoringCondition nodeUnhealthyReason minRepairWaitTimeMins:int repairAction}]} \
     capacityType version releaseVersion \
     warmPoolConfig{enabled:bool minSize:int maxGroupPreparedCapacity:int poolState \
       reuseOnScaleIn:bool} \
     tags:tags",
);

static RULES: Rules = Rules {
    unordered: &[
        "subnets",
        "remoteAccess.sourceSecurityGroups",
        "taints",
        "nodeRepairConfig.nodeRepairConfigOverrides",
    ],
    defaults: &[
        ("capacityType", Plain::Text("ON_DEMAND")),
        ("updateConfig.maxUnavailable", Plain::Number(1)),
        ("updateConfig.updateStrategy", Plain::Text("DEFAULT")),
        ("nodeRepairConfig.enabled", Plain::Bool(false)),
        ("warmPoolConfig.enabled", Plain::Bool(false)),
        ("warmPoolConfig.reuseOnScaleIn", Plain::Bool(false)),
    ],
    computed: &[
        "scalingConfig",
        "diskSize",
        "instanceTypes",
        "amiType",
        "version",
        "releaseVersion",
    ],
    completed: &["launchTemplate.name", "launchTemplate.id", "launchTemplate.version"],
    fixed: &[
        "name",
        "clusterName",
        "nodeRole",
        "subnets",
        "diskSize",
        "instanceTypes",
        "amiType",
        "capacityType",
        "remoteAccess",
        "launchTemplate.name",
        "launchTemplate.id",
    ],
    ..Rules::PLAIN
};

const AMI_TYPES: &[&str] = &[
    "AL2_x86_64",
    "AL2_x86_64_GPU",
    "AL2_ARM_64",
    "CUSTOM",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
    "WINDOWS_CORE_2019_x86_64",
    "WINDOWS_FULL_2019_x86_64",
    "WINDOWS_CORE_2022_x86_64",
    "WINDOWS_FULL_2022_x86_64",
    "WINDOWS_CORE_2025_x86_64",
    "WINDOWS_FULL_2025_x86_64",
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NEURON",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
];

/// EKS `Nodegroup`.
pub(super) struct Nodegroup;

/// The keys of all node groups of a cluster, without asking again for those that were listed in this run.
pub(super) async fn keys(context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
    match context.noted(&format!("eks-nodegroups:{cluster}")) {
        Some(Value::Array(keys)) => Ok(texts(keys)),
        _ => list(context, cluster).await,
    }
}

async fn list(context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
    let note = format!("eks-nodegroups:{cluster}");
    let names =
        pages!(context, ListNodegroups, list_nodegroups().cluster_name(cluster), "nodegroups")?;
    let keys: Vec<String> =
        texts(names).into_iter().map(|name| format!("{cluster}/{name}")).collect();
    context.note(note, json!(keys));
    Ok(keys)
}

/// Reads one, without asking again for one that was read in this run.
pub(super) async fn known(context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
    match context.noted(&format!("eks-nodegroup:{key}")) {
        Some(Value::Null) => Ok(None),
        Some(found) => Ok(Some(found)),
        None => Nodegroup.describe(context, key).await,
    }
}

#[async_trait]
impl Part for Nodegroup {
    fn kind(&self) -> &'static str {
        "Nodegroup"
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn minutes(&self) -> u64 {
        60
    }

    fn api_name(&self) -> Option<&'static str> {
        Some("nodegroupName")
    }

    fn key(&self, spec: &Value) -> String {
        format!("{}/{}", text(spec, "clusterName"), text(spec, "name"))
    }

    fn arn(&self) -> &'static str {
        "nodegroupArn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::required(spec, &["nodeRole", "subnets"], problems);
        check::name(spec, "name", 63, problems);
        check::arn(spec, "nodeRole", "arn:aws:iam::111122223333:role/node", problems);
        version::check(spec, problems);
        check::one_of(spec, "amiType", AMI_TYPES, problems);
        check::one_of(spec, "capacityType", &["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"], problems);
        let effects = &["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"];
        check::one_of(spec, "taints[].effect", effects, problems);
        check::one_of(spec, "updateConfig.updateStrategy", &["DEFAULT", "MINIMAL"], problems);
        let states = &["STOPPED", "RUNNING", "HIBERNATED"];
        check::one_of(spec, "warmPoolConfig.poolState", states, problems);
        check::one_of(
            spec,
            "nodeRepairConfig.nodeRepairConfigOverrides[].repairAction",
            &["Replace", "Reboot", "NoAction"],
            problems,
        );
        check::count(spec, "taints", (0, 50), problems);
        check::range(spec, "updateConfig.maxUnavailable", (1, 100), problems);
        check::range(spec, "updateConfig.maxUnavailablePercentage", (1, 100), problems);
        for paths in [
            ["updateConfig.maxUnavailable", "updateConfig.maxUnavailablePercentage"],
            ["launchTemplate.name", "launchTemplate.id"],
            [
                "nodeRepairConfig.maxUnhealthyNodeThresholdCount",
                "nodeRepairConfig.maxUnhealthyNodeThresholdPercentage",
            ],
            [
                "nodeRepairConfig.maxParallelNodesRepairedCount",
                "nodeRepairConfig.maxParallelNodesRepairedPercentage",
            ],
            ["launchTemplate", "diskSize"],
            ["launchTemplate", "remoteAccess"],
        ] {
            check::at_most_one(spec, &paths, problems);
        }
        scaling(spec, problems);
    }

    fn adjust(&self, wanted: &mut Value, live: &Value) {
        // What EC2 makes of these words is a number that only it knows.
        if matches!(text(wanted, "launchTemplate.version"), "$Latest" | "$Default")
            && let Some(version) = get(live, "launchTemplate.version")
        {
            *place(wanted, "launchTemplate.version") = version.clone();
        }
        // The number of nodes is the autoscaler's, within the bounds.
        let size = |name: &str| get(wanted, &format!("scalingConfig.{name}"))?.as_i64();
        if let (Some(least), Some(most), Some(desired)) =
            (size("minSize"), size("maxSize"), size("desiredSize"))
            && least <= most
        {
            *place(wanted, "scalingConfig.desiredSize") = json!(desired.clamp(least, most));
        }
    }

    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
        list(context, cluster).await
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        let (cluster, name) = split(key);
        let answer = call!(
            context.session,
            eks,
            DescribeNodegroup,
            Read,
            describe_nodegroup().cluster_name(cluster).nodegroup_name(name),
            Value::Null
        );
        let found = one(answer, "nodegroup")?;
        context.note(format!("eks-nodegroup:{key}"), json!(found));
        Ok(found)
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let answer = call!(
            context.session,
            eks,
            CreateNodegroup,
            Repeatable,
            create_nodegroup().cluster_name(text(body, "clusterName")),
            *body
        )?;
        Ok(answer.get("nodegroup").cloned().unwrap_or_default())
    }

    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step> {
        let config =
            config(live, wanted).map(|body| Step { operation: "UpdateNodegroupConfig", body });
        let version =
            nodes(live, wanted).map(|body| Step { operation: "UpdateNodegroupVersion", body });
        config.into_iter().chain(version).collect()
    }

    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError> {
        let (cluster, name) = split(&live.key);
        if step.operation == "UpdateNodegroupVersion" {
            return call!(
                context.session,
                eks,
                UpdateNodegroupVersion,
                Repeatable,
                update_nodegroup_version().cluster_name(cluster).nodegroup_name(name),
                step.body
            );
        }
        call!(
            context.session,
            eks,
            UpdateNodegroupConfig,
            Repeatable,
            update_nodegroup_config().cluster_name(cluster).nodegroup_name(name),
            step.body
        )
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        let (cluster, name) = split(&live.key);
        call!(
            context.session,
            eks,
            DeleteNodegroup,
            Repeatable,
            delete_nodegroup().cluster_name(cluster).nodegroup_name(name),
            Value::Null
        )?;
        Ok(())
    }

    fn target(&self, key: &str) -> Option<Target> {
        let (cluster, name) = split(key);
        Some(Target { cluster: cluster.to_owned(), nodegroup: Some(name.to_owned()), addon: None })
    }

    async fn refusal(
        &self,
        context: &Context,
        spec: &Value,
        live: Option<&Live>,
    ) -> Result<Option<String>, ApiError> {
        skew::of_nodegroup(context, spec, live).await
    }

    fn attributes(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("autoScalingGroup", "/status/resources/autoScalingGroups/0/name"),
            ("autoScalingGroupName", "/status/resources/autoScalingGroups/0/name"),
        ]
    }

    fn moving(&self) -> &'static [&'static str] {
        &["version", "releaseVersion"]
    }

    fn unexported(&self) -> &'static [&'static str] {
        // A release belongs to a version: written down, it would hold every later upgrade back.
        &["scalingConfig.desiredSize", "releaseVersion"]
    }
}

fn scaling(spec: &Value, problems: &mut Vec<Problem>) {
    let size = |name: &str| get(spec, &format!("scalingConfig.{name}")).and_then(Value::as_i64);
    let (least, most, desired) = (size("minSize"), size("maxSize"), size("desiredSize"));
    let mut wrong = |name: &str, what: String| {
        problems.push(Problem::new(format!("spec.scalingConfig.{name}"), what));
    };
    if let Some(least) = least.filter(|least| *least < 0) {
        wrong("minSize", format!("{least} is less than 0"));
    }
    if let Some(most) = most.filter(|most| *most < 1) {
        wrong("maxSize", format!("{most} is less than 1"));
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        wrong("minSize", format!("minSize {least} is more than maxSize {most}"));
    }
    if let (Some(least), Some(desired)) = (least, desired)
        && desired < least
    {
        wrong("desiredSize", format!("desiredSize {desired} is less than minSize {least}"));
    }
    if let (Some(most), Some(desired)) = (most, desired)
        && desired > most
    {
        wrong("desiredSize", format!("desiredSize {desired} is more than maxSize {most}"));
    }
    if missing(spec, "scalingConfig") {
        return;
    }
    for name in ["minSize", "maxSize"] {
        if missing(spec, &format!("scalingConfig.{name}")) {
            wrong(name, "it is missing beside the other sizes".to_owned());
        }
    }
}

/// Body of `UpdateNodegroupConfig`.
fn config(live: &Value, wanted: &Value) -> Option<Value> {
    let mut body = Map::new();
    let differs = |field: &str| get(live, field) != get(wanted, field);
    if differs("labels") {
        body.insert("labels".to_owned(), labels(live, wanted));
    }
    if differs("taints") {
        body.insert("taints".to_owned(), taints(live, wanted));
    }
    for (field, otherwise) in [
        ("scalingConfig", json!({})),
        ("updateConfig", json!({"maxUnavailable": 1})),
        ("nodeRepairConfig", json!({"enabled": false})),
        ("warmPoolConfig", json!({"enabled": false})),
    ] {
        if differs(field) {
            body.insert(field.to_owned(), get(wanted, field).cloned().unwrap_or(otherwise));
        }
    }
    // What is the default is left out of what is compared, and has to be said to come back.
    for field in ["nodeRepairConfig", "warmPoolConfig"] {
        if let Some(Value::Object(config)) = body.get_mut(field) {
            config.entry("enabled").or_insert(json!(false));
        }
    }
    if let Some(Value::Object(update)) = body.get_mut("updateConfig") {
        if get(live, "updateConfig.updateStrategy").is_some() {
            update.entry("updateStrategy").or_insert(json!("DEFAULT"));
        }
        if !update.contains_key("maxUnavailable")
            && !update.contains_key("maxUnavailablePercentage")
        {
            update.insert("maxUnavailable".to_owned(), json!(1));
        }
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

fn labels(live: &Value, wanted: &Value) -> Value {
    let of =
        |spec: &Value| get(spec, "labels").and_then(Value::as_object).cloned().unwrap_or_default();
    let (live, wanted) = (of(live), of(wanted));
    let gone: Vec<&String> = live.keys().filter(|key| !wanted.contains_key(*key)).collect();
    let set = wanted.iter().filter(|(key, value)| live.get(*key) != Some(*value));
    let set: Map<String, Value> = set.map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut payload = Map::new();
    if !set.is_empty() {
        payload.insert("addOrUpdateLabels".to_owned(), Value::Object(set));
    }
    if !gone.is_empty() {
        payload.insert("removeLabels".to_owned(), json!(gone));
    }
    Value::Object(payload)
}

/// A taint is told from others by its key and effect.
fn taints(live: &Value, wanted: &Value) -> Value {
    let of =
        |spec: &Value| get(spec, "taints").and_then(Value::as_array).cloned().unwrap_or_default();
    let same = |a: &Value, b: &Value| {
        (text(a, "key"), text(a, "effect")) == (text(b, "key"), text(b, "effect"))
    };
    let (live, wanted) = (of(live), of(wanted));
    let gone: Vec<&Value> =
        live.iter().filter(|taint| !wanted.iter().any(|other| same(taint, other))).collect();
    let set: Vec<&Value> = wanted.iter().filter(|taint| !live.contains(taint)).collect();
    let mut payload = Map::new();
    if !set.is_empty() {
        payload.insert("addOrUpdateTaints".to_owned(), json!(set));
    }
    if !gone.is_empty() {
        payload.insert("removeTaints".to_owned(), json!(gone));
    }
    Value::Object(payload)
}

/// Body of `UpdateNodegroupVersion`.
fn nodes(live: &Value, wanted: &Value) -> Option<Value> {
    let mut body = Map::new();
    for field in ["version", "releaseVersion"] {
        if let Some(value) = get(wanted, field).filter(|_| get(live, field) != get(wanted, field)) {
            body.insert(field.to_owned(), value.clone());
        }
    }
    let path = "launchTemplate.version";
    if let Some(version) = get(wanted, path).filter(|_| get(live, path) != get(wanted, path)) {
        // The API takes the id or the name, and the id says it all.
        let which = if missing(wanted, "launchTemplate.id") { "name" } else { "id" };
        let is = text(wanted, &format!("launchTemplate.{which}"));
        body.insert("launchTemplate".to_owned(), json!({which: is, "version": version}));
    }
    if body.is_empty() {
        return None;
    }
    // Without a version the nodes would be brought to the cluster's; an image of one's own has none.
    if let Some(version) = get(wanted, "version").filter(|_| text(wanted, "amiType") != "CUSTOM") {
        body.insert("version".to_owned(), version.clone());
    }
    Some(Value::Object(body))
}

//! EKS `Cluster`.

use async_trait::async_trait;
use serde_json::{Value, json};
use suimon_provider::Error;

use super::api::{one, pages, texts};
use super::check;
use super::part::{Part, Step};
use super::rules::{Plain, Rules, get, missing, text};
use super::skew;
use super::updates::Target;
use super::version;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape};

mod steps;

static SHAPE: Shape = Shape::text(
    "name version roleArn \
     resourcesVpcConfig{subnetIds[] securityGroupIds[] endpointPublicAccess:bool \
       endpointPrivateAccess:bool publicAccessCidrs[] controlPlaneEgressMode} \
     kubernetesNetworkConfig{serviceIpv4Cidr ipFamily \
       elasticLoadBalancing{enabled:bool gatewayApi{crds}}} \
     logging{clusterLogging[{types[] enabled:bool}]} \
     encryptionConfig[{resources[] provider{keyArn}}] \
     outpostConfig{outpostArns[] controlPlaneInstanceType \
       controlPlanePlacement{groupName spreadLevel} etcdInstanceType \
       etcdPlacement{spreadLevel}} \
     accessConfig{bootstrapClusterCreatorAdminPermissions:bool authenticationMode} \
     bootstrapSelfManagedAddons:bool \
     upgradePolicy{supportType} \
     zonalShiftConfig{enabled:bool} \
     remoteNetworkConfig{remoteNodeNetworks[{cidrs[]}] remotePodNetworks[{cidrs[]}]} \
     computeConfig{enabled:bool nodePools[] nodeRoleArn} \
     storageConfig{blockStorage{enabled:bool}} \
     deletionProtection:bool \
     controlPlaneScalingConfig{tier} \
     kubeApiServerConfig{eventTtl serviceNodePortRange{minPort:int maxPort:int}} \
     kubeSchedulerConfig{nodeResourcesFit{scoringStrategy{type \
       resources[{name weight:int}]}}} \
     kubeControllerManagerConfig{podGcControllerConfig{terminatedPodGcThreshold:int} \
       horizontalPodAutoscalerControllerConfig{horizontalPodAutoscalerSyncPeriod}} \
     tags:tags",
);

static RULES: Rules = Rules {
    unordered: &[
        "resourcesVpcConfig.subnetIds",
        "resourcesVpcConfig.securityGroupIds",
        "resourcesVpcConfig.publicAccessCidrs",
        "encryptionConfig[].resources",
        "outpostConfig.outpostArns",
        "remoteNetworkConfig.remoteNodeNetworks[].cidrs",
        "remoteNetworkConfig.remotePodNetworks[].cidrs",
        "remoteNetworkConfig.remoteNodeNetworks",
        "remoteNetworkConfig.remotePodNetworks",
        "computeConfig.nodePools",
    ],
    defaults: &[
        ("upgradePolicy.supportType", Plain::Text("EXTENDED")),
        ("zonalShiftConfig.enabled", Plain::Bool(false)),
        ("deletionProtection", Plain::Bool(false)),
        ("controlPlaneScalingConfig.tier", Plain::Text("standard")),
        ("computeConfig.enabled", Plain::Bool(false)),
        ("storageConfig.blockStorage.enabled", Plain::Bool(false)),
        ("kubernetesNetworkConfig.elasticLoadBalancing.enabled", Plain::Bool(false)),
    ],
    computed: &[
        "version",
        "resourcesVpcConfig",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "kubernetesNetworkConfig.ipFamily",
        "encryptionConfig",
        "outpostConfig",
        "accessConfig",
        "kubeApiServerConfig",
        "kubeSchedulerConfig",
        "kubeControllerManagerConfig",
    ],
    completed: &["kubernetesNetworkConfig.elasticLoadBalancing.gatewayApi"],
    untold: &["accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons"],
    fixed: &[
        "name",
        "roleArn",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "kubernetesNetworkConfig.ipFamily",
        "outpostConfig",
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
    ],
    once: &["encryptionConfig", "computeConfig.nodeRoleArn"],
};

/// EKS `Cluster`.
pub(super) struct Cluster;

/// Reads one, and keeps it for what its children have to know of it.
pub(super) async fn read(context: &Context, name: &str) -> Result<Option<Value>, ApiError> {
    let answer = call!(
        context.session,
        eks,
        DescribeCluster,
        Read,
        describe_cluster().name(name),
        Value::Null
    );
    let found = one(answer, "cluster")?;
    context.note(format!("eks-cluster:{name}"), json!(found));
    Ok(found)
}

/// The same, without asking again for one that was read in this run.
pub(super) async fn known(context: &Context, name: &str) -> Result<Option<Value>, ApiError> {
    match context.noted(&format!("eks-cluster:{name}")) {
        Some(Value::Null) => Ok(None),
        Some(found) => Ok(Some(found)),
        None => read(context, name).await,
    }
}

/// Which logs are on; the API tells of those that are off too.
fn logging(spec: &mut Value) {
    let Some(setups) = get(spec, "logging.clusterLogging").and_then(Value::as_array) else {
        return;
    };
    let mut on: Vec<String> = setups
        .iter()
        .filter(|setup| setup.get("enabled").and_then(Value::as_bool).unwrap_or(false))
        .filter_map(|setup| setup.get("types")?.as_array())
        .flatten()
        .filter_map(|kind| kind.as_str().map(str::to_owned))
        .collect();
    on.sort();
    on.dedup();
    spec["logging"] = if on.is_empty() {
        Value::Null
    } else {
        json!({"clusterLogging": [{"types": on, "enabled": true}]})
    };
}

#[async_trait]
impl Part for Cluster {
    fn kind(&self) -> &'static str {
        "Cluster"
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
        Some("name")
    }

    fn key(&self, spec: &Value) -> String {
        text(spec, "name").to_owned()
    }

    fn arn(&self) -> &'static str {
        "arn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::required(spec, &["roleArn", "resourcesVpcConfig.subnetIds"], problems);
        check::name(spec, "name", 100, problems);
        check::arn(spec, "roleArn", "arn:aws:iam::111122223333:role/eks", problems);
        check::arn(
            spec,
            "computeConfig.nodeRoleArn",
            "arn:aws:iam::111122223333:role/node",
            problems,
        );
        check::arn(
            spec,
            "encryptionConfig[].provider.keyArn",
            "arn:aws:kms:eu-west-1:111122223333:key/…",
            problems,
        );
        version::check(spec, problems);
        if missing(spec, "outpostConfig") && !missing(spec, "resourcesVpcConfig.subnetIds") {
            check::count(spec, "resourcesVpcConfig.subnetIds", (2, 16), problems);
        }
        check::count(spec, "resourcesVpcConfig.securityGroupIds", (0, 5), problems);
        for (path, known) in ENUMS {
            check::one_of(spec, path, known, problems);
        }
        auto_mode(spec, problems);
        if ["endpointPublicAccess", "endpointPrivateAccess"]
            .iter()
            .all(|end| spec["resourcesVpcConfig"][end] == json!(false))
        {
            let what = "the API server would have neither a public nor a private endpoint";
            problems.push(Problem::new("spec.resourcesVpcConfig", what));
        }
    }

    fn settle(&self, spec: &mut Value) {
        logging(spec);
        // Auto mode that is off says nothing else.
        if get(spec, "computeConfig.enabled") == Some(&json!(false)) {
            spec["computeConfig"] = Value::Null;
        }
    }

    async fn list(&self, context: &Context, _cluster: &str) -> Result<Vec<String>, ApiError> {
        Ok(texts(pages!(context, ListClusters, list_clusters(), "clusters")?))
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        read(context, key).await
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let answer =
            call!(context.session, eks, CreateCluster, Repeatable, create_cluster(), *body)?;
        let made = answer.get("cluster").cloned().unwrap_or_default();
        context.note(format!("eks-cluster:{}", text(body, "name")), made.clone());
        Ok(made)
    }

    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step> {
        steps::steps(live, wanted)
    }

    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError> {
        let (name, session) = (live.key.as_str(), &context.session);
        match step.operation {
            "UpdateClusterVersion" => call!(
                session,
                eks,
                UpdateClusterVersion,
                Repeatable,
                update_cluster_version().name(name),
                step.body
            ),
            "AssociateEncryptionConfig" => call!(
                session,
                eks,
                AssociateEncryptionConfig,
                Repeatable,
                associate_encryption_config().cluster_name(name),
                step.body
            ),
            _ => call!(
                session,
                eks,
                UpdateClusterConfig,
                Repeatable,
                update_cluster_config().name(name),
                step.body
            ),
        }
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        call!(
            context.session,
            eks,
            DeleteCluster,
            Repeatable,
            delete_cluster().name(&live.key),
            Value::Null
        )?;
        Ok(())
    }

    fn refuses_delete(&self, live: &Live) -> Option<Error> {
        let protected = live.status.get("deletionProtection") == Some(&json!(true));
        protected.then(|| {
            Error::Rejected(format!(
                "cluster `{}` is protected against deletion: apply it with \
                 `deletionProtection: false` first",
                live.key
            ))
        })
    }

    fn target(&self, key: &str) -> Option<Target> {
        Some(Target { cluster: key.to_owned(), nodegroup: None, addon: None })
    }

    async fn refusal(
        &self,
        context: &Context,
        spec: &Value,
        live: Option<&Live>,
    ) -> Result<Option<String>, ApiError> {
        let Some(live) = live else { return Ok(None) };
        if let Some(why) = skew::of_cluster(context, spec, live).await? {
            return Ok(Some(why));
        }
        Ok(access_mode(spec, live))
    }

    async fn in_the_way(&self, context: &Context, key: &str) -> Option<String> {
        let groups =
            pages!(context, ListNodegroups, list_nodegroups().cluster_name(key), "nodegroups");
        let profiles = pages!(
            context,
            ListFargateProfiles,
            list_fargate_profiles().cluster_name(key),
            "fargateProfileNames"
        );
        let found = |what: &str, names: Result<Vec<Value>, ApiError>| {
            let names = texts(names.unwrap_or_default());
            (!names.is_empty()).then(|| format!("the {what} {}", names.join(", ")))
        };
        let found: Vec<String> =
            [found("node groups", groups), found("Fargate profiles", profiles)]
                .into_iter()
                .flatten()
                .collect();
        (!found.is_empty()).then(|| {
            format!("cluster `{key}` still has {}: delete them first", found.join(" and "))
        })
    }

    fn attributes(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("certificateAuthority", "/status/certificateAuthority/data"),
            ("oidcIssuer", "/status/identity/oidc/issuer"),
            ("securityGroupID", "/status/resourcesVpcConfig/clusterSecurityGroupId"),
            ("securityGroupId", "/status/resourcesVpcConfig/clusterSecurityGroupId"),
            ("clusterSecurityGroupId", "/status/resourcesVpcConfig/clusterSecurityGroupId"),
            ("vpcId", "/status/resourcesVpcConfig/vpcId"),
        ]
    }

    fn moving(&self) -> &'static [&'static str] {
        &["version", "platformVersion"]
    }

    fn unexported(&self) -> &'static [&'static str] {
        &["accessConfig.bootstrapClusterCreatorAdminPermissions"]
    }
}

const MODES: &[&str] = &["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];

const ENUMS: &[(&str, &[&str])] = &[
    (
        "logging.clusterLogging[].types[]",
        &["api", "audit", "authenticator", "controllerManager", "scheduler"],
    ),
    ("accessConfig.authenticationMode", MODES),
    ("upgradePolicy.supportType", &["STANDARD", "EXTENDED"]),
    ("kubernetesNetworkConfig.ipFamily", &["ipv4", "ipv6"]),
    ("encryptionConfig[].resources[]", &["secrets"]),
    (
        "resourcesVpcConfig.controlPlaneEgressMode",
        &["AWS_MANAGED", "CUSTOMER_ISOLATED", "CUSTOMER_ROUTED"],
    ),
    (
        "controlPlaneScalingConfig.tier",
        &["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"],
    ),
    ("computeConfig.nodePools[]", &["general-purpose", "system"]),
];

/// The three switches of auto mode are turned together.
fn auto_mode(spec: &Value, problems: &mut Vec<Problem>) {
    const SWITCHES: [&str; 3] = [
        "computeConfig.enabled",
        "storageConfig.blockStorage.enabled",
        "kubernetesNetworkConfig.elasticLoadBalancing.enabled",
    ];
    let on = |path: &&&str| get(spec, path) == Some(&json!(true));
    let lit = SWITCHES.iter().filter(on).count();
    if lit > 0 && lit < SWITCHES.len() {
        for path in SWITCHES.iter().filter(|path| !on(path)) {
            let what = "auto mode is switched on in three places at once, and here it is not";
            problems.push(Problem::new(format!("spec.{path}"), what));
        }
    }
}

/// EKS goes from `CONFIG_MAP` to `API` and not back.
fn access_mode(spec: &Value, live: &Live) -> Option<String> {
    let at = |spec: &Value| {
        let mode = text(spec, "accessConfig.authenticationMode");
        MODES.iter().position(|known| *known == mode)
    };
    let (from, to) = (at(&live.spec)?, at(spec)?);
    (to < from).then(|| {
        format!(
            "cluster `{}` has the authentication mode {}, and {} is declared: EKS does not go back",
            live.key, MODES[from], MODES[to]
        )
    })
}

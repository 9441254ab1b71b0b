//! Specs and what is compared, without a server.

use serde_json::{Value, json};
use suimon_model::{Body, Manifest, Origin, ResourceId};

use super::part::{GROUP, Part, live, wanted};
use super::version::{Minor, cluster_move, nodes_move};
use super::{access_entry, addon, cluster, fargate, nodegroup, pod_identity};
use crate::resource::{Kind, Live};

/// What `check` says about a manifest, one problem a line.
fn problems(kind: &str, spec: &Value) -> String {
    let body = json!({
        "apiVersion": "eks.services.k8s.aws/v1alpha1", "kind": kind,
        "metadata": {"name": "main"}, "spec": spec,
    });
    let manifest = Manifest {
        id: ResourceId::new(GROUP, kind, None, "main"),
        api_version: "eks.services.k8s.aws/v1alpha1".into(),
        body: Body::new(&body),
        origin: Origin { file: "a.yaml".into(), line: 1, instance: None },
        refs: Vec::new(),
    };
    let told = crate::check(&manifest).into_iter().map(|problem| {
        let help = problem.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}{help}", problem.summary.trim_start_matches(&format!("{}: ", manifest.id)))
    });
    told.collect::<Vec<_>>().join("\n")
}

fn canonical(part: &dyn Part, spec: &Value) -> Value {
    let (spec, problems) = part.shape().canonical(spec);
    assert_eq!(problems, []);
    spec
}

fn difference(part: &dyn Part, spec: &Value, raw: &Value) -> Vec<(Value, Value)> {
    let live = live(part, raw);
    let wanted = wanted(part, &canonical(part, spec), Some(&live));
    if wanted == live.spec { Vec::new() } else { vec![(live.spec, wanted)] }
}

fn cluster_raw() -> Value {
    json!({
        "name": "main", "arn": "arn:aws:eks:us-east-1:1:cluster/main", "createdAt": 1.5,
        "version": "1.31", "roleArn": "arn:aws:iam::1:role/eks", "status": "ACTIVE",
        "endpoint": "https://x", "platformVersion": "eks.4",
        "certificateAuthority": {"data": "Q0E="},
        "identity": {"oidc": {"issuer": "https://oidc/1"}},
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-b", "subnet-a"], "securityGroupIds": [],
            "clusterSecurityGroupId": "sg-1", "vpcId": "vpc-1", "endpointPublicAccess": true,
            "endpointPrivateAccess": false, "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {
            "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4",
            "elasticLoadBalancing": {"enabled": false},
        },
        "logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": false}]},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
        "upgradePolicy": {"supportType": "EXTENDED"}, "deletionProtection": false,
        "zonalShiftConfig": {"enabled": false}, "computeConfig": {"enabled": false, "nodePools": []},
        "storageConfig": {"blockStorage": {"enabled": false}}, "encryptionConfig": [],
        "controlPlaneScalingConfig": {"tier": "standard"}, "health": {"issues": []},
        "tags": {"team": "a", "suimon.dev/project": "p"},
    })
}

fn cluster_spec() -> Value {
    json!({
        "name": "main", "roleARN": "arn:aws:iam::1:role/eks",
        "resourcesVPCConfig": {"subnetIDs": ["subnet-a", "subnet-b"]},
    })
}

#[test]
fn what_the_service_fills_in_is_no_difference() {
    assert_eq!(difference(&cluster::Cluster, &cluster_spec(), &cluster_raw()), []);
    let mut spelled = cluster_spec();
    for (field, value) in [
        ("version", json!("1.31")),
        ("logging", json!({"clusterLogging": [{"types": ["audit"], "enabled": false}]})),
        ("upgradePolicy", json!({"supportType": "EXTENDED"})),
        ("zonalShiftConfig", json!({"enabled": "false"})),
        ("computeConfig", json!({"enabled": false})),
        ("deletionProtection", json!(false)),
        ("bootstrapSelfManagedAddons", json!(false)),
        ("accessConfig", json!({"bootstrapClusterCreatorAdminPermissions": true})),
        ("tags", json!([{"key": "team", "value": "a"}])),
    ] {
        spelled[field] = value;
        assert_eq!(difference(&cluster::Cluster, &spelled, &cluster_raw()), [], "{field}");
    }
}

#[test]
fn what_somebody_changed_by_hand_is_a_difference() {
    for (field, value) in [
        ("logging", json!({"clusterLogging": [{"types": ["api"], "enabled": true}]})),
        ("upgradePolicy", json!({"supportType": "STANDARD"})),
        ("deletionProtection", json!(true)),
        ("zonalShiftConfig", json!({"enabled": true})),
    ] {
        let mut raw = cluster_raw();
        raw[field] = value;
        assert_eq!(difference(&cluster::Cluster, &cluster_spec(), &raw).len(), 1, "{field}");
    }
}

/// The operation and body of each step from what is live to a spec.
fn steps(part: &dyn Part, spec: &Value, raw: &Value) -> String {
    let live = live(part, raw);
    let wanted = wanted(part, &canonical(part, spec), Some(&live));
    let steps = part.steps(&live.spec, &wanted);
    steps
        .iter()
        .map(|step| format!("{} {}", step.operation, step.body))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_cluster_is_brought_along_one_kind_of_change_at_a_time() {
    let mut spec = cluster_spec();
    spec["version"] = json!("1.32");
    spec["logging"] = json!({"clusterLogging": [{"types": ["audit", "api"], "enabled": true}]});
    spec["accessConfig"] = json!({"authenticationMode": "API"});
    spec["resourcesVPCConfig"] = json!({
        "subnetIds": ["subnet-a", "subnet-c"], "endpointPrivateAccess": true,
    });
    spec["deletionProtection"] = json!(true);
    spec["computeConfig"] = json!({"enabled": true, "nodePools": ["system"]});
    spec["storageConfig"] = json!({"blockStorage": {"enabled": true}});
    spec["kubernetesNetworkConfig"] = json!({"elasticLoadBalancing": {"enabled": true}});
    spec["encryptionConfig"] =
        json!([{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:a:1:key/k"}}]);
    insta::assert_snapshot!(steps(&cluster::Cluster, &spec, &cluster_raw()), @r#"
        UpdateClusterConfig {"accessConfig":{"authenticationMode":"API"}}
        UpdateClusterConfig {"resourcesVpcConfig":{"endpointPrivateAccess":true,"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}
        UpdateClusterConfig {"resourcesVpcConfig":{"subnetIds":["subnet-a","subnet-c"]}}
        UpdateClusterConfig {"logging":{"clusterLogging":[{"enabled":true,"types":["api","audit"]},{"enabled":false,"types":["authenticator","controllerManager","scheduler"]}]}}
        UpdateClusterConfig {"deletionProtection":true}
        UpdateClusterConfig {"computeConfig":{"enabled":true,"nodePools":["system"]},"kubernetesNetworkConfig":{"elasticLoadBalancing":{"enabled":true}},"storageConfig":{"blockStorage":{"enabled":true}}}
        AssociateEncryptionConfig {"encryptionConfig":[{"provider":{"keyArn":"arn:aws:kms:a:1:key/k"},"resources":["secrets"]}]}
        UpdateClusterVersion {"version":"1.32"}
        "#);
    let mut raw = cluster_raw();
    raw["accessConfig"] = json!({"authenticationMode": "CONFIG_MAP"});
    raw["upgradePolicy"] = json!({"supportType": "STANDARD"});
    raw["remoteNetworkConfig"] = json!({"remoteNodeNetworks": [{"cidrs": ["10.0.0.0/8"]}]});
    let mut spec = cluster_spec();
    spec["accessConfig"] = json!({"authenticationMode": "API"});
    insta::assert_snapshot!(steps(&cluster::Cluster, &spec, &raw), @r#"
        UpdateClusterConfig {"accessConfig":{"authenticationMode":"API_AND_CONFIG_MAP"}}
        UpdateClusterConfig {"accessConfig":{"authenticationMode":"API"}}
        UpdateClusterConfig {"upgradePolicy":{"supportType":"EXTENDED"}}
        UpdateClusterConfig {"remoteNetworkConfig":{"remoteNodeNetworks":[],"remotePodNetworks":[]}}
        "#);
}

fn immutable(part: &dyn Part, spec: &Value, raw: &Value) -> Vec<String> {
    let live: Live = live(part, raw);
    let wanted = wanted(part, &canonical(part, spec), Some(&live));
    part.rules().immutable(&live.spec, &wanted)
}

#[test]
fn what_forces_a_replacement_is_named() {
    let mut spec = cluster_spec();
    spec["roleARN"] = json!("arn:aws:iam::1:role/other");
    spec["kubernetesNetworkConfig"] = json!({"serviceIpv4Cidr": "10.100.0.0/16"});
    assert_eq!(
        immutable(&cluster::Cluster, &spec, &cluster_raw()),
        ["spec.roleArn", "spec.kubernetesNetworkConfig.serviceIpv4Cidr"]
    );
    let mut raw = cluster_raw();
    raw["encryptionConfig"] =
        json!([{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:a:1:key/k"}}]);
    assert_eq!(immutable(&cluster::Cluster, &cluster_spec(), &raw), [""; 0]);
    let mut spec = cluster_spec();
    spec["encryptionConfig"] =
        json!([{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:a:1:key/l"}}]);
    assert_eq!(immutable(&cluster::Cluster, &spec, &raw), ["spec.encryptionConfig"]);
    let mut spec = nodes_spec();
    spec["capacityType"] = json!("SPOT");
    spec["subnets"] = json!(["subnet-c"]);
    assert_eq!(
        immutable(&nodegroup::Nodegroup, &spec, &nodes_raw()),
        ["spec.subnets", "spec.capacityType"]
    );
}

fn nodes_raw() -> Value {
    json!({
        "nodegroupName": "n", "nodegroupArn": "arn:aws:eks:us-east-1:1:nodegroup/main/n/1",
        "clusterName": "main", "version": "1.31", "releaseVersion": "1.31.4-1", "status": "ACTIVE",
        "capacityType": "ON_DEMAND", "instanceTypes": ["t3.medium"], "subnets": ["subnet-a"],
        "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 3},
        "amiType": "AL2023_x86_64_STANDARD", "nodeRole": "arn:aws:iam::1:role/n", "diskSize": 20,
        "labels": {"a": "1", "b": "2"}, "updateConfig": {"maxUnavailable": 1},
        "taints": [{"key": "x", "value": "1", "effect": "NO_SCHEDULE"},
            {"key": "y", "effect": "NO_EXECUTE"}],
        "resources": {"autoScalingGroups": [{"name": "eks-n-1"}]}, "health": {"issues": []},
    })
}

fn nodes_spec() -> Value {
    json!({
        "name": "n", "clusterName": "main", "nodeRole": "arn:aws:iam::1:role/n",
        "subnets": ["subnet-a"], "scalingConfig": {"minSize": 1, "maxSize": 4},
        "labels": {"a": "1", "b": "2"},
        "taints": [{"key": "y", "effect": "NO_EXECUTE"},
            {"key": "x", "value": "1", "effect": "NO_SCHEDULE"}],
    })
}

#[test]
fn the_number_of_nodes_is_the_autoscalers() {
    assert_eq!(difference(&nodegroup::Nodegroup, &nodes_spec(), &nodes_raw()), []);
    let mut spec = nodes_spec();
    spec["scalingConfig"] = json!({"minSize": 1, "maxSize": 2});
    spec["labels"] = json!({"a": "3", "c": "4"});
    spec["taints"] = json!([{"key": "x", "value": "2", "effect": "NO_SCHEDULE"}]);
    spec["updateConfig"] = json!({"maxUnavailablePercentage": 33});
    spec["version"] = json!("1.32");
    insta::assert_snapshot!(steps(&nodegroup::Nodegroup, &spec, &nodes_raw()), @r#"
        UpdateNodegroupConfig {"labels":{"addOrUpdateLabels":{"a":"3","c":"4"},"removeLabels":["b"]},"scalingConfig":{"desiredSize":2,"maxSize":2,"minSize":1},"taints":{"addOrUpdateTaints":[{"effect":"NO_SCHEDULE","key":"x","value":"2"}],"removeTaints":[{"effect":"NO_EXECUTE","key":"y"}]},"updateConfig":{"maxUnavailablePercentage":33}}
        UpdateNodegroupVersion {"version":"1.32"}
        "#);
}

#[test]
fn a_launch_template_may_be_named_or_numbered() {
    let mut raw = nodes_raw();
    raw["launchTemplate"] = json!({"name": "web", "id": "lt-1", "version": "4"});
    let mut spec = nodes_spec();
    for template in [json!({"name": "web"}), json!({"id": "lt-1", "version": "$Latest"})] {
        spec["launchTemplate"] = template;
        assert_eq!(difference(&nodegroup::Nodegroup, &spec, &raw), []);
    }
    spec["launchTemplate"] = json!({"name": "web", "version": 5});
    insta::assert_snapshot!(steps(&nodegroup::Nodegroup, &spec, &raw), @r#"UpdateNodegroupVersion {"launchTemplate":{"id":"lt-1","version":"5"},"version":"1.31"}"#);
    assert_eq!(immutable(&nodegroup::Nodegroup, &spec, &raw), [""; 0]);
    spec["launchTemplate"] = json!({"name": "api"});
    assert_eq!(immutable(&nodegroup::Nodegroup, &spec, &raw), ["spec.launchTemplate.name"]);
}

#[test]
fn configuration_is_compared_as_a_value() {
    let raw = json!({
        "addonName": "coredns", "clusterName": "main", "addonArn": "arn:aws:eks:a:1:addon/main/c/1",
        "addonVersion": "v1.11.1-eksbuild.4", "status": "ACTIVE", "serviceAccountRoleArn": "",
        "configurationValues": "{\"replicaCount\": 2, \"a\": {\"b\": [1]}}",
        "namespaceConfig": {"namespace": "kube-system"}, "podIdentityAssociations": [],
    });
    for values in [
        json!("{\"a\":{\"b\":[1]},\n\"replicaCount\":2}"),
        json!({"replicaCount": 2, "a": {"b": [1]}}),
    ] {
        let spec = json!({"name": "coredns", "clusterName": "main", "configurationValues": values,
            "resolveConflicts": "OVERWRITE"});
        assert_eq!(difference(&addon::Addon, &spec, &raw), []);
    }
    let spec = json!({"name": "coredns", "clusterName": "main",
        "serviceAccountRoleARN": "arn:aws:iam::1:role/r"});
    insta::assert_snapshot!(steps(&addon::Addon, &spec, &raw), @r#"UpdateAddon {"addonVersion":"v1.11.1-eksbuild.4","configurationValues":"{}","serviceAccountRoleArn":"arn:aws:iam::1:role/r"}"#);
}

#[test]
fn access_is_granted_before_it_is_taken() {
    let raw = json!({
        "clusterName": "main", "principalArn": "arn:aws:iam::1:role/dev",
        "accessEntryArn": "arn:aws:eks:a:1:access-entry/main/role/1/dev/1", "type": "STANDARD",
        "username": "arn:aws:sts::1:assumed-role/dev/{{SessionName}}", "kubernetesGroups": ["b", "a"],
        "accessPolicies": [
            {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                "accessScope": {"type": "namespace", "namespaces": ["y", "x"]}, "associatedAt": 1},
            {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
                "accessScope": {"type": "cluster", "namespaces": []}},
        ],
    });
    let view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let edit = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy";
    let mut spec = json!({
        "clusterName": "main", "principalARN": "arn:aws:iam::1:role/dev",
        "kubernetesGroups": ["a", "b"],
        "accessPolicies": [
            {"policyARN": edit, "accessScope": {"type": "cluster"}},
            {"policyARN": view, "accessScope": {"type": "namespace", "namespaces": ["x", "y"]}},
        ],
    });
    assert_eq!(difference(&access_entry::AccessEntry, &spec, &raw), []);
    spec["kubernetesGroups"] = json!([]);
    spec["accessPolicies"] = json!([
        {"policyARN": view, "accessScope": {"type": "namespace", "namespaces": ["x"]}},
    ]);
    insta::assert_snapshot!(steps(&access_entry::AccessEntry, &spec, &raw), @r#"
        UpdateAccessEntry {"kubernetesGroups":[],"username":"arn:aws:sts::1:assumed-role/dev/{{SessionName}}"}
        AssociateAccessPolicy {"accessScope":{"namespaces":["x"],"type":"namespace"},"policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"}
        DisassociateAccessPolicy {"accessScope":{"type":"cluster"},"policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"}
        "#);
}

#[test]
fn a_pod_identity_changes_its_roles_in_place() {
    let raw = json!({
        "clusterName": "main", "namespace": "shop", "serviceAccount": "web",
        "roleArn": "arn:aws:iam::1:role/a", "associationArn": "arn:aws:eks:a:1:p/main/a-1",
        "associationId": "a-1", "disableSessionTags": false,
        "targetRoleArn": "arn:aws:iam::2:role/t", "policy": "{\"Version\": \"2012-10-17\"}",
    });
    let mut spec = json!({
        "clusterName": "main", "namespace": "shop", "serviceAccount": "web",
        "roleARN": "arn:aws:iam::1:role/a", "targetRoleARN": "arn:aws:iam::2:role/t",
        "policy": {"Version": "2012-10-17"},
    });
    let part = &pod_identity::PodIdentityAssociation;
    assert_eq!(difference(part, &spec, &raw), []);
    spec["roleARN"] = json!("arn:aws:iam::1:role/b");
    spec["targetRoleARN"] = Value::Null;
    insta::assert_snapshot!(steps(part, &spec, &raw), @r#"UpdatePodIdentityAssociation {"roleArn":"arn:aws:iam::1:role/b","targetRoleArn":""}"#);
    spec["serviceAccount"] = json!("api");
    assert_eq!(immutable(part, &spec, &raw), ["spec.serviceAccount"]);
}

#[test]
fn a_fargate_profile_is_replaced() {
    let raw = json!({
        "fargateProfileName": "f", "clusterName": "main", "podExecutionRoleArn": "arn:aws:iam::1:role/p",
        "fargateProfileArn": "arn:aws:eks:a:1:fargateprofile/main/f/1", "status": "ACTIVE",
        "subnets": ["subnet-b", "subnet-a"],
        "selectors": [{"namespace": "b", "labels": {}}, {"namespace": "a"}],
    });
    let mut spec = json!({
        "fargateProfileName": "f", "clusterName": "main",
        "podExecutionRoleARN": "arn:aws:iam::1:role/p",
        "selectors": [{"namespace": "a"}, {"namespace": "b"}],
    });
    let part = &super::Managed(fargate::FargateProfile);
    if let Some(map) = spec.as_object_mut() {
        part.complete(&ResourceId::new(GROUP, "FargateProfile", None, "other"), map);
    }
    assert_eq!(difference(&part.0, &spec, &raw), []);
    spec["selectors"] = json!([{"namespace": "a"}]);
    assert_eq!(immutable(&part.0, &spec, &raw), ["spec.selectors"]);
}

#[test]
fn versions_go_up_one_at_a_time() {
    let nodes = |at: u32| vec![("web".to_owned(), Minor(at)), ("db".to_owned(), Minor(30))];
    let told = |live, wanted, nodes: &[_]| {
        cluster_move("prod", Minor(live), Minor(wanted), nodes).unwrap_or_default()
    };
    assert_eq!(told(30, 31, &nodes(30)), "");
    assert_eq!(told(30, 30, &nodes(29)), "");
    insta::assert_snapshot!(told(29, 31, &[]), @r#"EKS goes up one minor version at a time: cluster `prod` is at 1.29, and 1.31 is declared; the next allowed version is 1.30: declare `version: "1.30"`, apply, bring its node groups along, and so on up to 1.31"#);
    insta::assert_snapshot!(told(31, 30, &[]), @r#"EKS does not go back: cluster `prod` is at 1.31, and 1.30 is declared; declare `version: "1.31"`. (EKS rolls an upgrade back to the previous minor version within 7 days of it, as an explicit act with the AWS CLI or console; a declaration does not do that)"#);
    insta::assert_snapshot!(told(30, 31, &nodes(28)), @"cluster `prod` cannot go from 1.30 to 1.31 yet: EKS upgrades a cluster only when its managed node groups have the cluster's version; bring node group `web` (1.28) to 1.30 first, and then declare 1.31");
    let told = |live: Option<u32>, wanted, cluster| {
        nodes_move("web", live.map(Minor), Minor(wanted), ("prod", Minor(cluster)))
            .unwrap_or_default()
    };
    assert_eq!(told(Some(29), 31, 31), "");
    assert_eq!(told(None, 28, 31), "");
    assert_eq!(told(Some(27), 27, 31), "");
    insta::assert_snapshot!(told(None, 32, 31), @"node group `web` cannot be newer than its cluster: 1.32 is declared, and cluster `prod` is at 1.31; the highest allowed version is 1.31: bring the cluster to 1.32 first");
    insta::assert_snapshot!(told(Some(31), 30, 31), @r#"node group `web` is at 1.31, and 1.30 is declared: EKS does not move node groups back; declare `version: "1.31"`, or a node group of another name"#);
    insta::assert_snapshot!(told(None, 27, 31), @"node group `web` would be too far behind its cluster: 1.27 is declared, cluster `prod` is at 1.31, and nodes may be at most 3 minor versions behind; the lowest allowed version is 1.28");
}

#[test]
fn everything_that_is_wrong_with_a_spec_is_told() {
    insta::assert_snapshot!(problems("Cluster", &json!({
        "name": "-x", "version": 1.3, "roleArn": "eks",
        "resourcesVpcConfig": {"subnetIds": ["subnet-a"], "endpointPublicAccess": false,
            "endpointPrivateAccess": false},
        "logging": {"clusterLogging": [{"types": ["Audit", "kubelet"], "enabled": true}]},
        "upgradePolicy": {"supportType": "LONG"}, "computeConfig": {"enabled": true},
    })), @r#"
        spec.name: `-x` is no name here: letters, digits, `-` and `_`, a letter or a digit first, at most 100 characters
        spec.roleArn: `eks` is not an ARN (an ARN looks like `arn:aws:iam::111122223333:role/eks`)
        spec.version: `1.3` is no Kubernetes version that EKS has (without quotes YAML reads 1.30 as a number: write "1.30")
        spec.resourcesVpcConfig.subnetIds: 1 of at least 2 are there
        spec.logging.clusterLogging[0].types[0]: there is no `Audit` here (did you mean `audit`?)
        spec.logging.clusterLogging[0].types[1]: there is no `kubelet` here (it is one of api, audit, authenticator, controllerManager, scheduler)
        spec.upgradePolicy.supportType: there is no `LONG` here (it is one of STANDARD, EXTENDED)
        spec.storageConfig.blockStorage.enabled: auto mode is switched on in three places at once, and here it is not
        spec.kubernetesNetworkConfig.elasticLoadBalancing.enabled: auto mode is switched on in three places at once, and here it is not
        spec.resourcesVpcConfig: the API server would have neither a public nor a private endpoint
        "#);
    insta::assert_snapshot!(problems("Cluster", &json!({"version": "1.31.4"})), @r#"
        spec.roleArn: it is missing
        spec.resourcesVpcConfig.subnetIds: it is missing
        spec.version: `1.31.4` is not a Kubernetes version (a version is a minor version such as "1.31"; EKS patches by itself)
        "#);
    insta::assert_snapshot!(problems("Nodegroup", &json!({
        "nodeRole": "arn:aws:iam::1:role/n", "subnets": [],
        "scalingConfig": {"minSize": 3, "maxSize": 2, "desiredSize": 5},
        "amiType": "AL2023_x86_64", "capacityType": "spot",
        "taints": [{"key": "a", "effect": "NoSchedule"}],
        "updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 200},
        "launchTemplate": {"name": "a", "id": "b"}, "diskSize": 20,
    })), @r"
        spec.clusterName: it is missing (name the cluster, or refer to it: `clusterRef: {from: {name: …}}`)
        spec.subnets: it is missing
        spec.amiType: there is no `AL2023_x86_64` here (did you mean `AL2_x86_64`?)
        spec.capacityType: there is no `spot` here (did you mean `SPOT`?)
        spec.taints[0].effect: there is no `NoSchedule` here (did you mean `NO_SCHEDULE`?)
        spec.updateConfig.maxUnavailablePercentage: 200 is not within 1 and 100
        spec.updateConfig.maxUnavailablePercentage: `updateConfig.maxUnavailable` and `updateConfig.maxUnavailablePercentage` are both there, and only one may be
        spec.launchTemplate.id: `launchTemplate.name` and `launchTemplate.id` are both there, and only one may be
        spec.diskSize: `launchTemplate` and `diskSize` are both there, and only one may be
        spec.scalingConfig.minSize: minSize 3 is more than maxSize 2
        spec.scalingConfig.desiredSize: desiredSize 5 is more than maxSize 2
        ");
}

#[test]
fn everything_that_is_wrong_with_a_child_is_told() {
    insta::assert_snapshot!(problems("FargateProfile", &json!({
        "clusterName": "main", "podExecutionRoleArn": "arn:aws:iam::1:role/p",
        "selectors": [{"namespace": "a"}, {"namespace": "b"}, {"namespace": "c"},
            {"namespace": "d"}, {"namespace": "e"}, {"labels": {"a": "b"}}],
    })), @r"
        spec.selectors: 6 are there, and 5 is the most
        spec.selectors[5].namespace: it is missing
        ");
    insta::assert_snapshot!(problems("Addon", &json!({
        "clusterRef": {"from": {"name": "main"}}, "name": "coredns", "addonName": "kube-proxy",
        "configurationValues": "{\"replicaCount\": }", "resolveConflicts": "FORCE",
        "podIdentityAssociations": [{"serviceAccount": "x"}],
    })), @r"
        spec.addonName: `name` and `addonName` are both there, and mean the same
        spec.resolveConflicts: there is no `FORCE` here (it is one of NONE, OVERWRITE, PRESERVE)
        spec.podIdentityAssociations[0].roleArn: it is missing
        spec.configurationValues: it is not a map in JSON: expected value at line 1 column 18
        ");
    insta::assert_snapshot!(problems("AccessEntry", &json!({
        "clusterName": "main", "principalArn": "dev", "kubernetesGroups": ["system:masters"],
        "accessPolicies": [{"accessScope": {"type": "namespace"}},
            {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                "accessScope": {"type": "cluster", "namespaces": ["a"]}}],
    })), @r"
        spec.principalArn: `dev` is not an ARN (an ARN looks like `arn:aws:iam::111122223333:role/developers`)
        spec.kubernetesGroups[0]: `system:masters` begins like the groups of EKS itself (bind another group to the same role)
        spec.accessPolicies[0].policyArn: it is missing
        spec.accessPolicies[0].accessScope.namespaces: a scope of type `namespace` names some
        spec.accessPolicies[1].accessScope.namespaces: a scope of type `cluster` has no namespaces
        ");
    insta::assert_snapshot!(problems("PodIdentityAssociation", &json!({
        "clusterName": "main", "serviceAccount": "Web_App", "roleArn": "arn:aws:iam::1:role/r",
        "policy": "no",
    })), @r"
        spec.namespace: it is missing
        spec.serviceAccount: `Web_App` is not a name of Kubernetes
        spec.policy: it is not a policy in JSON: expected ident at line 1 column 2
        ");
}

#[test]
fn what_is_exported_is_what_is_live() {
    let exported = |kind: &dyn Kind, part: &dyn Part, raw: &Value| {
        let live = live(part, raw);
        let spec = kind.export(&live);
        assert_eq!(wanted(part, &canonical(part, &spec), Some(&live)), live.spec);
        spec
    };
    let mut raw = cluster_raw();
    raw["logging"] = json!({"clusterLogging": [{"types": ["api"], "enabled": true}]});
    let kind = super::Managed(cluster::Cluster);
    exported(&kind, &kind.0, &raw);
    let kind = super::Managed(nodegroup::Nodegroup);
    let spec = exported(&kind, &kind.0, &nodes_raw());
    assert_eq!(spec["scalingConfig"], json!({"minSize": 1, "maxSize": 4}));
}

use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_graph::order_existing;

use crate::support::{edges, ids, manifests, object, ordered, with};

/// An AWS resource: `resource("ecs", "Service", "api", …)`.
fn resource(service: &str, kind: &str, name: &str, spec: &Value) -> Value {
    let api_version = format!("{service}.services.k8s.aws/v1alpha1");
    with(object(&api_version, kind, name), &json!({"spec": spec}))
}

#[test]
fn a_service_waits_for_what_it_names() {
    let arn = "arn:aws:ecs:ap-northeast-1:111111111111";
    assert_snapshot!(edges(&ordered(&[
        resource("ecs", "Service", "by-name", &json!({"cluster": "shop-dev", "taskDefinition": "api:7"})),
        resource("ecs", "Service", "by-arn", &json!({
            "cluster": format!("{arn}:cluster/shop-dev"),
            "taskDefinition": format!("{arn}:task-definition/api:7"),
        })),
        resource("ecs", "Service", "elsewhere", &json!({"cluster": "other", "taskDefinition": "other"})),
        resource("ecs", "Service", "silent", &json!({})),
        resource("ecs", "Cluster", "dev", &json!({"name": "shop-dev"})),
        resource("ecs", "Cluster", "default", &json!({})),
        resource("eks", "Cluster", "eks", &json!({"name": "shop-dev"})),
        resource("ecs", "TaskDefinition", "task", &json!({"family": "api"})),
    ])), @"
    Service.ecs.services.k8s.aws/by-arn -> Cluster.ecs.services.k8s.aws/dev (cluster)
    Service.ecs.services.k8s.aws/by-arn -> TaskDefinition.ecs.services.k8s.aws/task (task definition)
    Service.ecs.services.k8s.aws/by-name -> Cluster.ecs.services.k8s.aws/dev (cluster)
    Service.ecs.services.k8s.aws/by-name -> TaskDefinition.ecs.services.k8s.aws/task (task definition)
    Service.ecs.services.k8s.aws/silent -> Cluster.ecs.services.k8s.aws/default (cluster)
    ");
}

#[test]
fn scaling_waits_for_what_it_scales() {
    let scaled = |kind: &str, name: &str, fields: &Value| {
        resource("applicationautoscaling", kind, name, fields)
    };
    let count = "ecs:service:DesiredCount";
    assert_snapshot!(edges(&ordered(&[
        scaled("ScalableTarget", "t", &json!({"resourceID": "service/shop-dev/api", "scalableDimension": count})),
        scaled("ScalableTarget", "wrong-cluster", &json!({"resourceId": "service/stg/api"})),
        scaled("ScalableTarget", "worker", &json!({"resourceId": "service/shop-dev/worker"})),
        scaled("ScalableTarget", "table", &json!({"resourceID": "table/api"})),
        scaled("ScalingPolicy", "p", &json!({"resourceId": "service/shop-dev/api", "scalableDimension": count})),
        scaled("ScalingPolicy", "other-dimension", &json!({"resourceID": "service/shop-dev/api", "scalableDimension": "x"})),
        resource("ecs", "Service", "svc", &json!({"name": "api", "cluster": "shop-dev"})),
        resource("ecs", "Service", "worker", &json!({"clusterRef": {"from": {"name": "dev"}}})),
        resource("ecs", "Cluster", "dev", &json!({"name": "shop-dev"})),
    ])), @"
    ScalableTarget.applicationautoscaling.services.k8s.aws/t -> Service.ecs.services.k8s.aws/svc (scaled service)
    ScalableTarget.applicationautoscaling.services.k8s.aws/worker -> Service.ecs.services.k8s.aws/worker (scaled service)
    ScalingPolicy.applicationautoscaling.services.k8s.aws/other-dimension -> Service.ecs.services.k8s.aws/svc (scaled service)
    ScalingPolicy.applicationautoscaling.services.k8s.aws/p -> ScalableTarget.applicationautoscaling.services.k8s.aws/t (scalable target)
    ScalingPolicy.applicationautoscaling.services.k8s.aws/p -> Service.ecs.services.k8s.aws/svc (scaled service)
    Service.ecs.services.k8s.aws/svc -> Cluster.ecs.services.k8s.aws/dev (cluster)
    Service.ecs.services.k8s.aws/worker -> Cluster.ecs.services.k8s.aws/dev (clusterRef)
    ");
}

#[test]
fn a_task_definition_waits_for_the_secrets_that_it_names() {
    let arn =
        |name: &str| format!("arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:{name}");
    let parameter = "arn:aws:ssm:ap-northeast-1:111111111111:parameter/plain";
    let from = |value: &str| json!({"name": "X", "valueFrom": value});
    let task = |name: &str, container: Value| {
        resource("ecs", "TaskDefinition", name, &json!({"containerDefinitions": [container]}))
    };
    assert_snapshot!(edges(&ordered(&[
        task("name", json!({"secrets": [from("shop/db")]})),
        task("arn", json!({"secrets": [from(&arn("shop/db-AbC123:password::")), from(&arn("gone-abcdef"))]})),
        task("short-arn", json!({"secrets": [from(&arn("dashed-abcdef"))]})),
        task("logs", json!({"logConfiguration": {"secretOptions": [from(&arn("plain-AbC123"))]}})),
        task("registry", json!({"repositoryCredentials": {"credentialsParameter": arn("plain")}})),
        task("parameter", json!({"secrets": [from(parameter)]})),
        resource("secretsmanager", "Secret", "db", &json!({"name": "shop/db"})),
        resource("secretsmanager", "Secret", "dashed-abcdef", &json!({})),
        resource("secretsmanager", "Secret", "plain", &json!({})),
    ])), @"
    TaskDefinition.ecs.services.k8s.aws/arn -> Secret.secretsmanager.services.k8s.aws/db (secret)
    TaskDefinition.ecs.services.k8s.aws/logs -> Secret.secretsmanager.services.k8s.aws/plain (secret)
    TaskDefinition.ecs.services.k8s.aws/name -> Secret.secretsmanager.services.k8s.aws/db (secret)
    TaskDefinition.ecs.services.k8s.aws/registry -> Secret.secretsmanager.services.k8s.aws/plain (secret)
    TaskDefinition.ecs.services.k8s.aws/short-arn -> Secret.secretsmanager.services.k8s.aws/dashed-abcdef (secret)
    ");
}

#[test]
fn all_goes_in_the_reverse_order() {
    let live = [
        object("v1", "Namespace", "web"),
        resource("eks", "Cluster", "c", &json!({"name": "prod"})),
        resource("eks", "Addon", "a", &json!({"clusterName": "prod"})),
        resource("eks", "Nodegroup", "n", &json!({"clusterName": "prod"})),
        resource("eks", "FargateProfile", "f", &json!({"clusterName": "prod"})),
        resource("eks", "AccessEntry", "e", &json!({"clusterName": "prod"})),
        resource("eks", "PodIdentityAssociation", "p", &json!({"clusterName": "prod"})),
        resource("applicationautoscaling", "ScalingPolicy", "sp", &json!({})),
        resource("applicationautoscaling", "ScalableTarget", "st", &json!({})),
        resource("ecs", "Service", "s", &json!({"cluster": "z", "taskDefinition": "t"})),
        resource("ecs", "TaskDefinition", "t", &json!({})),
        resource("ecs", "Cluster", "z", &json!({})),
        resource("secretsmanager", "Secret", "db", &json!({})),
    ];
    let order = order_existing(&manifests(&live));
    assert_snapshot!(ids(&order), @"
    Secret.secretsmanager.services.k8s.aws/db
    Cluster.ecs.services.k8s.aws/z
    TaskDefinition.ecs.services.k8s.aws/t
    Service.ecs.services.k8s.aws/s
    ScalableTarget.applicationautoscaling.services.k8s.aws/st
    ScalingPolicy.applicationautoscaling.services.k8s.aws/sp
    Cluster.eks.services.k8s.aws/c
    AccessEntry.eks.services.k8s.aws/e
    PodIdentityAssociation.eks.services.k8s.aws/p
    FargateProfile.eks.services.k8s.aws/f
    Nodegroup.eks.services.k8s.aws/n
    Addon.eks.services.k8s.aws/a
    Namespace/web
    ");
    assert_snapshot!(edges(&order), @"
    AccessEntry.eks.services.k8s.aws/e -> Cluster.eks.services.k8s.aws/c (cluster)
    Addon.eks.services.k8s.aws/a -> Cluster.eks.services.k8s.aws/c (cluster)
    FargateProfile.eks.services.k8s.aws/f -> Cluster.eks.services.k8s.aws/c (cluster)
    Nodegroup.eks.services.k8s.aws/n -> Cluster.eks.services.k8s.aws/c (cluster)
    PodIdentityAssociation.eks.services.k8s.aws/p -> Cluster.eks.services.k8s.aws/c (cluster)
    Service.ecs.services.k8s.aws/s -> Cluster.ecs.services.k8s.aws/z (cluster)
    Service.ecs.services.k8s.aws/s -> TaskDefinition.ecs.services.k8s.aws/t (task definition)
    ");
}

#[test]
fn an_aws_resource_is_in_no_namespace_of_the_cluster() {
    let crd = json!({"spec": {"group": "ecs.services.k8s.aws", "names": {"kind": "Cluster"}}});
    let in_namespace = object("ecs.services.k8s.aws/v1alpha1", "Cluster", "web/dev");
    assert_snapshot!(edges(&ordered(&[
        in_namespace,
        object("v1", "Namespace", "web"),
        with(object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "clusters"), &crd),
    ])), @"");
}

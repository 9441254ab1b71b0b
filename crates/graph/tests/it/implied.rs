use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{annotated, edges, object, ordered, with};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn spec(object: Value, spec: &Value) -> Value {
    with(object, &json!({"spec": spec}))
}

fn deployment(name: &str, labels: &Value) -> Value {
    spec(
        object("apps/v1", "Deployment", name),
        &json!({"template": {"metadata": {"labels": labels}}}),
    )
}

fn crd(group: &str, kind: &str) -> Value {
    let name = format!("{}s.{group}", kind.to_lowercase());
    spec(
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", &name),
        &json!({"group": group, "names": {"kind": kind}}),
    )
}

#[test]
fn namespace_before_what_is_in_it() {
    assert_snapshot!(edges(&ordered(&[
        object("v1", "ConfigMap", "web/a"),
        object("v1", "Namespace", "web"),
        object("v1", "ConfigMap", "other/b"),
        object("v1", "ConfigMap", "c"),
    ])), @"ConfigMap/web/a -> Namespace/web (namespace)");
}

#[test]
fn definition_before_its_objects() {
    assert_snapshot!(edges(&ordered(&[
        object("monitoring.coreos.com/v1", "ServiceMonitor", "web/api"),
        object("example.com/v1", "ServiceMonitor", "web/other-group"),
        object("monitoring.coreos.com/v1", "PrometheusRule", "web/other-kind"),
        crd("monitoring.coreos.com", "ServiceMonitor"),
    ])), @"ServiceMonitor.monitoring.coreos.com/web/api -> CustomResourceDefinition.apiextensions.k8s.io/servicemonitors.monitoring.coreos.com (custom resource definition)");
}

#[test]
fn roles_and_accounts_before_their_bindings() {
    let subjects = json!([
        {"kind": "ServiceAccount", "name": "api"},
        {"kind": "ServiceAccount", "name": "far", "namespace": "ops"},
        {"kind": "User", "name": "api"},
    ]);
    let role = |kind: &str| json!({"kind": kind, "name": "reader", "apiGroup": "rbac.authorization.k8s.io"});
    assert_snapshot!(edges(&ordered(&[
        with(object(RBAC, "RoleBinding", "web/r"), &json!({"roleRef": role("Role"), "subjects": subjects})),
        with(object(RBAC, "RoleBinding", "web/c"), &json!({"roleRef": role("ClusterRole")})),
        with(object(RBAC, "ClusterRoleBinding", "all"), &json!({"roleRef": role("ClusterRole"), "subjects": subjects})),
        object(RBAC, "Role", "web/reader"),
        object(RBAC, "Role", "ops/reader"),
        object(RBAC, "ClusterRole", "reader"),
        object("v1", "ServiceAccount", "web/api"),
        object("v1", "ServiceAccount", "ops/far"),
    ])), @"
    ClusterRoleBinding.rbac.authorization.k8s.io/all -> ClusterRole.rbac.authorization.k8s.io/reader (cluster role)
    ClusterRoleBinding.rbac.authorization.k8s.io/all -> ServiceAccount/ops/far (service account)
    RoleBinding.rbac.authorization.k8s.io/web/c -> ClusterRole.rbac.authorization.k8s.io/reader (cluster role)
    RoleBinding.rbac.authorization.k8s.io/web/r -> Role.rbac.authorization.k8s.io/web/reader (role)
    RoleBinding.rbac.authorization.k8s.io/web/r -> ServiceAccount/ops/far (service account)
    RoleBinding.rbac.authorization.k8s.io/web/r -> ServiceAccount/web/api (service account)
    ");
}

#[test]
fn token_after_its_account_which_does_not_wait_for_it() {
    let token = with(
        object("v1", "Secret", "web/token"),
        &json!({"type": "kubernetes.io/service-account-token"}),
    );
    assert_snapshot!(edges(&ordered(&[
        annotated(token, "kubernetes.io/service-account.name", "api"),
        annotated(object("v1", "Secret", "web/opaque"), "kubernetes.io/service-account.name", "api"),
        with(object("v1", "ServiceAccount", "web/api"), &json!({
            "secrets": [{"name": "token"}],
            "imagePullSecrets": [{"name": "registry"}],
        })),
        object("v1", "Secret", "web/registry"),
    ])), @"
    Secret/web/token -> ServiceAccount/web/api (service account)
    ServiceAccount/web/api -> Secret/web/registry (image pull secret)
    ");
}

#[test]
fn scaled_and_guarded_workloads_first() {
    let scaler = |name: &str, kind: &str, target: &str| {
        let target = json!({"apiVersion": "apps/v1", "kind": kind, "name": target});
        let scaler = object("autoscaling/v2", "HorizontalPodAutoscaler", name);
        spec(scaler, &json!({"scaleTargetRef": target}))
    };
    let budget = |name: &str, selector: &Value| {
        spec(object("policy/v1", "PodDisruptionBudget", name), &json!({"selector": selector}))
    };
    assert_snapshot!(edges(&ordered(&[
        scaler("web/api", "Deployment", "api"),
        scaler("web/other", "StatefulSet", "api"),
        budget("web/labels", &json!({"matchLabels": {"app": "api"}})),
        budget("web/two", &json!({"matchLabels": {"app": "api", "tier": "x"}})),
        budget("web/in", &json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "x"]}]})),
        budget("web/not-in", &json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]})),
        budget("web/exists", &json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]})),
        budget("web/absent", &json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]})),
        budget("web/unknown", &json!({"matchExpressions": [{"key": "tier", "operator": "Near"}]})),
        budget("web/none", &Value::Null),
        budget("ops/all", &json!({})),
        deployment("web/api", &json!({"app": "api"})),
        deployment("web/db", &json!({"app": "db", "tier": "x"})),
        deployment("ops/job", &json!({})),
        deployment("ops/far", &json!({"app": "api"})),
    ])), @"
    HorizontalPodAutoscaler.autoscaling/web/api -> Deployment.apps/web/api (scale target)
    PodDisruptionBudget.policy/ops/all -> Deployment.apps/ops/far (pod selector)
    PodDisruptionBudget.policy/ops/all -> Deployment.apps/ops/job (pod selector)
    PodDisruptionBudget.policy/web/absent -> Deployment.apps/web/api (pod selector)
    PodDisruptionBudget.policy/web/exists -> Deployment.apps/web/db (pod selector)
    PodDisruptionBudget.policy/web/in -> Deployment.apps/web/db (pod selector)
    PodDisruptionBudget.policy/web/labels -> Deployment.apps/web/api (pod selector)
    PodDisruptionBudget.policy/web/not-in -> Deployment.apps/web/api (pod selector)
    ");
}

#[test]
fn ingress_after_class_backends_and_certificates() {
    let backend = |name: &str| json!({"service": {"name": name, "port": {"number": 80}}});
    assert_snapshot!(edges(&ordered(&[
        spec(object("networking.k8s.io/v1", "Ingress", "web/site"), &json!({
            "ingressClassName": "nginx",
            "defaultBackend": backend("fallback"),
            "rules": [
                {"http": {"paths": [{"backend": backend("api")}, {"backend": backend("web")}]}},
                {"host": "no-http"},
            ],
            "tls": [{"secretName": "cert"}],
        })),
        annotated(object("networking.k8s.io/v1", "Ingress", "web/old"), "kubernetes.io/ingress.class", "nginx"),
        object("networking.k8s.io/v1", "IngressClass", "nginx"),
        object("v1", "Service", "web/fallback"),
        object("v1", "Service", "web/api"),
        object("v1", "Service", "web/web"),
        object("v1", "Service", "ops/api"),
        object("v1", "Secret", "web/cert"),
    ])), @"
    Ingress.networking.k8s.io/web/old -> IngressClass.networking.k8s.io/nginx (ingress class)
    Ingress.networking.k8s.io/web/site -> IngressClass.networking.k8s.io/nginx (ingress class)
    Ingress.networking.k8s.io/web/site -> Secret/web/cert (TLS secret)
    Ingress.networking.k8s.io/web/site -> Service/web/api (backend service)
    Ingress.networking.k8s.io/web/site -> Service/web/fallback (backend service)
    Ingress.networking.k8s.io/web/site -> Service/web/web (backend service)
    ");
}

#[test]
fn storage_before_claims_and_claims_with_templates() {
    assert_snapshot!(edges(&ordered(&[
        spec(object("v1", "PersistentVolumeClaim", "web/data"), &json!({"storageClassName": "fast", "volumeName": "disk"})),
        spec(object("apps/v1", "StatefulSet", "web/db"), &json!({
            "serviceName": "db",
            "volumeClaimTemplates": [{"spec": {"storageClassName": "fast"}}],
        })),
        object("v1", "Service", "web/db"),
        object("storage.k8s.io/v1", "StorageClass", "fast"),
        object("v1", "PersistentVolume", "disk"),
    ])), @"
    PersistentVolumeClaim/web/data -> PersistentVolume/disk (persistent volume)
    PersistentVolumeClaim/web/data -> StorageClass.storage.k8s.io/fast (storage class)
    StatefulSet.apps/web/db -> Service/web/db (governing service)
    StatefulSet.apps/web/db -> StorageClass.storage.k8s.io/fast (storage class)
    ");
}

#[test]
fn webhooks_after_what_serves_them() {
    let service = |name: &str, selector: &Value| {
        spec(object("v1", "Service", name), &json!({"selector": selector}))
    };
    let admission = |kind: &str, services: &[&str]| {
        let webhooks: Vec<Value> = services
            .iter()
            .map(|name| json!({"clientConfig": {"service": {"name": name, "namespace": "ops"}}}))
            .collect();
        with(
            object("admissionregistration.k8s.io/v1", kind, "guard"),
            &json!({"webhooks": webhooks}),
        )
    };
    assert_snapshot!(edges(&ordered(&[
        admission("ValidatingWebhookConfiguration", &["guard", "undeclared"]),
        admission("MutatingWebhookConfiguration", &["bare"]),
        spec(
            object("apiregistration.k8s.io/v1", "APIService", "v1.metrics"),
            &json!({"service": {"name": "guard", "namespace": "ops"}}),
        ),
        service("ops/guard", &json!({"app": "guard"})),
        service("ops/bare", &json!({})),
        service("web/guard", &json!({"app": "guard"})),
        deployment("ops/guard", &json!({"app": "guard", "version": "1"})),
        deployment("web/guard", &json!({"app": "guard"})),
    ])), @"
    APIService.apiregistration.k8s.io/v1.metrics -> Deployment.apps/ops/guard (pods behind its service)
    APIService.apiregistration.k8s.io/v1.metrics -> Service/ops/guard (API service)
    MutatingWebhookConfiguration.admissionregistration.k8s.io/guard -> Service/ops/bare (webhook service)
    ValidatingWebhookConfiguration.admissionregistration.k8s.io/guard -> Deployment.apps/ops/guard (pods behind its service)
    ValidatingWebhookConfiguration.admissionregistration.k8s.io/guard -> Service/ops/guard (webhook service)
    ");
}

#[test]
fn admission_policy_before_its_binding() {
    let api = "admissionregistration.k8s.io/v1";
    assert_snapshot!(edges(&ordered(&[
        spec(object(api, "ValidatingAdmissionPolicyBinding", "b"), &json!({"policyName": "p"})),
        object(api, "ValidatingAdmissionPolicy", "p"),
    ])), @"ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io/b -> ValidatingAdmissionPolicy.admissionregistration.k8s.io/p (admission policy)");
}

#[test]
fn aws_references_by_kind_and_name() {
    let to = |name: &str| json!({"from": {"name": name}});
    let ecs = "ecs.services.k8s.aws/v1alpha1";
    assert_snapshot!(edges(&ordered(&[
        spec(object(ecs, "Service", "api"), &json!({
            "clusterRef": to("main"),
            "taskDefinitionRef": to("api"),
            "networkConfiguration": {"awsVPCConfiguration": {"subnetRefs": [to("a"), to("b")]}},
            "missingRef": to("elsewhere"),
        })),
        spec(object(ecs, "TaskDefinition", "api"), &json!({"executionRoleRef": to("runner")})),
        object(ecs, "Cluster", "main"),
        object("eks.services.k8s.aws/v1alpha1", "Cluster", "main"),
        object("ec2.services.k8s.aws/v1alpha1", "Subnet", "a"),
        object("ec2.services.k8s.aws/v1alpha1", "Subnet", "b"),
        object("iam.services.k8s.aws/v1alpha1", "Role", "runner"),
        object(RBAC, "Role", "runner"),
        spec(object("eks.services.k8s.aws/v1alpha1", "Addon", "web/far"), &json!({"clusterRef": to("main")})),
    ])), @"
    Addon.eks.services.k8s.aws/web/far -> Cluster.eks.services.k8s.aws/main (clusterRef)
    Service.ecs.services.k8s.aws/api -> Cluster.ecs.services.k8s.aws/main (clusterRef)
    Service.ecs.services.k8s.aws/api -> Subnet.ec2.services.k8s.aws/a (subnetRefs)
    Service.ecs.services.k8s.aws/api -> Subnet.ec2.services.k8s.aws/b (subnetRefs)
    Service.ecs.services.k8s.aws/api -> TaskDefinition.ecs.services.k8s.aws/api (taskDefinitionRef)
    TaskDefinition.ecs.services.k8s.aws/api -> Role.iam.services.k8s.aws/runner (executionRoleRef)
    ");
}

#[test]
fn no_namespace_and_default_are_the_same_for_namespaced_kinds() {
    let pod = |name: &str, map: &str| {
        spec(
            object("v1", "Pod", name),
            &json!({
                "containers": [{"envFrom": [{"configMapRef": {"name": map}}]}],
            }),
        )
    };
    assert_snapshot!(edges(&ordered(&[
        pod("default/a", "without"),
        pod("b", "with"),
        pod("web/c", "with"),
        object("v1", "ConfigMap", "without"),
        object("v1", "ConfigMap", "default/with"),
    ])), @"
    Pod/b -> ConfigMap/default/with (config map)
    Pod/default/a -> ConfigMap/without (config map)
    ");
}

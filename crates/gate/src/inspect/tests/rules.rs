use serde_json::{Value, json};

use super::*;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A Deployment `web/api` whose pods are these.
fn deployment(pods: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "web"},
        "spec": {"template": {"metadata": {"labels": {"app": "api"}}, "spec": pods}},
    })
}

fn of_image(image: &str) -> Value {
    deployment(&json!({"containers": [{"name": "api", "image": image}]}))
}

fn task(spec: &Value) -> Value {
    json!({
        "apiVersion": "ecs.services.k8s.aws/v1alpha1", "kind": "TaskDefinition",
        "metadata": {"name": "api"}, "spec": spec,
    })
}

/// Every kind that holds pods, with one container of this image.
fn every_kind(image: &str) -> Vec<(Value, &'static str)> {
    let pods = json!({"containers": [{"name": "c", "image": image}]});
    let of = |version: &str, kind: &str, body: Value| {
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "web"}});
        for (key, value) in body.as_object().unwrap() {
            object[key] = value.clone();
        }
        object
    };
    let template = json!({"spec": {"template": {"spec": pods}}});
    let job = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": pods}}}}});
    vec![
        (of("v1", "Pod", json!({"spec": pods})), "spec.containers[c]"),
        (of("apps/v1", "Deployment", template.clone()), "spec.template.spec.containers[c]"),
        (of("apps/v1", "StatefulSet", template.clone()), "spec.template.spec.containers[c]"),
        (of("apps/v1", "DaemonSet", template.clone()), "spec.template.spec.containers[c]"),
        (of("apps/v1", "ReplicaSet", template.clone()), "spec.template.spec.containers[c]"),
        (of("v1", "ReplicationController", template.clone()), "spec.template.spec.containers[c]"),
        (of("batch/v1", "Job", template.clone()), "spec.template.spec.containers[c]"),
        (of("batch/v1", "CronJob", job), "spec.jobTemplate.spec.template.spec.containers[c]"),
        (
            of("v1", "PodTemplate", json!({"template": {"spec": pods}})),
            "template.spec.containers[c]",
        ),
        (of("argoproj.io/v1alpha1", "Rollout", template), "spec.template.spec.containers[c]"),
        (
            task(&json!({"containerDefinitions": [{"name": "c", "image": image}]})),
            "spec.containerDefinitions[c]",
        ),
    ]
}

#[test]
fn images_are_found_in_every_kind() {
    for (object, path) in every_kind("r/api:1") {
        let said = judged("images-pinned", json!(null), std::slice::from_ref(&object));
        let expected = format!("{path}.image is not pinned by a digest: r/api:1");
        assert!(said.starts_with("denied images-pinned: ") && said.ends_with(&expected), "{said}");
        let said = judged("no-latest-tag", json!(null), &[object]);
        assert_eq!(said, "passed no-latest-tag: holds for 1 object");
    }
    for (object, _) in every_kind(&format!("r/api@{DIGEST}")) {
        let said = judged("images-pinned", json!(null), &[object]);
        assert_eq!(said, "passed images-pinned: holds for 1 object");
    }
}

#[test]
fn every_list_of_containers_counts() {
    let pods = json!({
        "containers": [{"name": "a", "image": format!("r/a@{DIGEST}")}, {"name": "b", "image": "b"}],
        "initContainers": [{"name": "i", "image": "i:latest"}],
        "ephemeralContainers": [{"image": "e:1"}],
    });
    insta::assert_snapshot!(judged("images-pinned", json!(null), &[deployment(&pods)]), @r"
    denied images-pinned: Deployment.apps/web/api spec.template.spec.containers[b].image is not pinned by a digest: b
    denied images-pinned: Deployment.apps/web/api spec.template.spec.initContainers[i].image is not pinned by a digest: i:latest
    denied images-pinned: Deployment.apps/web/api spec.template.spec.ephemeralContainers[0].image is not pinned by a digest: e:1
    ");
    insta::assert_snapshot!(judged("no-latest-tag", json!(null), &[deployment(&pods)]), @r"
    denied no-latest-tag: Deployment.apps/web/api spec.template.spec.containers[b].image has neither a tag nor a digest, which means `latest`: b
    denied no-latest-tag: Deployment.apps/web/api spec.template.spec.initContainers[i].image has the tag `latest`: i:latest
    ");
}

#[test]
fn images_are_pinned_or_not() {
    let short = "sha256:0123";
    for (image, pinned, latest) in [
        (format!("r/api@{DIGEST}"), true, false),
        (format!("r:5000/api:1.2@{DIGEST}"), true, false),
        (format!("r/api:latest@{DIGEST}"), true, true),
        (format!("r/api@sha512:{}", "a".repeat(128)), true, false),
        (format!("r/api@{short}"), false, false),
        (format!("r/api@{}", DIGEST.to_uppercase()), false, false),
        ("r/api:1.2".to_owned(), false, false),
        ("r/api:latest".to_owned(), false, true),
        ("r:5000/api".to_owned(), false, true),
        ("api".to_owned(), false, true),
        ("r/api:Latest".to_owned(), false, false),
        (String::new(), false, true),
    ] {
        let passed =
            |rule: &str| judged(rule, json!(null), &[of_image(&image)]).starts_with("passed");
        assert_eq!(passed("images-pinned"), pinned, "{image}");
        assert_eq!(passed("no-latest-tag"), !latest, "{image}");
    }
    let none = deployment(&json!({"containers": [{"name": "api"}]}));
    assert!(
        judged("images-pinned", json!(null), &[none]).ends_with("containers[api] has no image")
    );
    let later = of_image(&format!("{}abc_", suimon_model::REF_MARKER_PREFIX));
    assert!(
        judged("images-pinned", json!(null), &[later]).ends_with("known only after it is applied")
    );
}

#[test]
fn namespaces_are_given_and_not_default() {
    let of = |version: &str, kind: &str, namespace: Option<&str>| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": namespace}});
    for (object, expected) in [
        (of("apps/v1", "Deployment", Some("web")), "holds for 1 object"),
        (
            of("apps/v1", "Deployment", Some("default")),
            "Deployment.apps/default/x is in the namespace `default`",
        ),
        (of("v1", "ConfigMap", None), "ConfigMap/x has no namespace"),
        (of("example.com/v1", "Widget", None), "Widget.example.com/x has no namespace"),
        (of("v1", "Namespace", None), "nothing here that it is about"),
        (
            of("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", None),
            "nothing here that it is about",
        ),
        (
            of("rbac.authorization.k8s.io/v1", "RoleBinding", None),
            "RoleBinding.rbac.authorization.k8s.io/x has no namespace",
        ),
        (
            of("apiextensions.k8s.io/v1", "CustomResourceDefinition", None),
            "nothing here that it is about",
        ),
        (of("storage.k8s.io/v1", "StorageClass", None), "nothing here that it is about"),
        (of("cert-manager.io/v1", "ClusterIssuer", None), "nothing here that it is about"),
        (of("cert-manager.io/v1", "Issuer", None), "Issuer.cert-manager.io/x has no namespace"),
        (of("karpenter.sh/v1", "NodePool", None), "nothing here that it is about"),
        (of("ecs.services.k8s.aws/v1alpha1", "Service", None), "nothing here that it is about"),
    ] {
        let said = judged("no-default-namespace", json!(null), &[object]);
        assert!(said.ends_with(expected), "{said}");
    }
    let definition = |scope: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "w"},
            "spec": {"group": "example.com", "scope": scope, "names": {"kind": "Widget"}},
        })
    };
    let widget = of("example.com/v1", "Widget", None);
    for (scope, holds) in [("Cluster", true), ("Namespaced", false)] {
        let said =
            judged("no-default-namespace", json!(null), &[definition(scope), widget.clone()]);
        assert_eq!(said.starts_with("passed"), holds, "{said}");
    }
    let except = json!({"except": ["Widget.example.com/x"]});
    insta::assert_snapshot!(judged("no-default-namespace", except, &[widget]), @"passed no-default-namespace: nothing here that it is about; 1 excepted");
}

#[test]
fn privileges_are_found_where_they_are() {
    let container = |more: Value| {
        let mut container = json!({"name": "c", "image": "i"});
        for (key, value) in more.as_object().unwrap() {
            container[key] = value.clone();
        }
        container
    };
    let pods = |more: Value, container: Value| {
        let mut pods = json!({"containers": [{"name": "ok"}], "initContainers": [container]});
        for (key, value) in more.as_object().unwrap() {
            pods[key] = value.clone();
        }
        deployment(&pods)
    };
    let security = |context: Value| pods(json!({}), container(json!({"securityContext": context})));
    let plain = container(json!({}));
    for (object, expected) in [
        (
            security(json!({"privileged": true})),
            "is privileged: spec.template.spec.initContainers[c].securityContext.privileged",
        ),
        (security(json!({"privileged": false})), "holds for 1 object"),
        (
            security(json!({"windowsOptions": {"hostProcess": true}})),
            "is privileged: spec.template.spec.initContainers[c].securityContext.windowsOptions.hostProcess",
        ),
        (
            security(json!({"capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}})),
            "adds the capability SYS_ADMIN: spec.template.spec.initContainers[c].securityContext.capabilities.add",
        ),
        (
            security(json!({"capabilities": {"add": ["cap_all"]}})),
            "adds the capability cap_all: spec.template.spec.initContainers[c].securityContext.capabilities.add",
        ),
        (
            security(json!({"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}})),
            "holds for 1 object",
        ),
        (security(json!({"allowPrivilegeEscalation": true, "runAsUser": 0})), "holds for 1 object"),
        (
            pods(json!({"hostNetwork": true}), plain.clone()),
            "shares a namespace of the host: spec.template.spec.hostNetwork",
        ),
        (
            pods(json!({"hostPID": true}), plain.clone()),
            "shares a namespace of the host: spec.template.spec.hostPID",
        ),
        (
            pods(json!({"hostIPC": true}), plain.clone()),
            "shares a namespace of the host: spec.template.spec.hostIPC",
        ),
        (
            pods(
                json!({"hostIPC": false, "securityContext": {"windowsOptions": {"hostProcess": true}}}),
                plain.clone(),
            ),
            "is privileged: spec.template.spec.securityContext.windowsOptions.hostProcess",
        ),
        (
            pods(json!({"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}), plain),
            "holds for 1 object",
        ),
    ] {
        let said = judged("no-privileged", json!(null), std::slice::from_ref(&object));
        assert!(said.ends_with(expected) && said.lines().count() == 1, "{object}\n{said}");
    }
}

#[test]
fn privileges_of_tasks_are_found() {
    for (object, expected) in [
        (
            task(&json!({"containerDefinitions": [{"name": "c", "privileged": true}]})),
            "is privileged: spec.containerDefinitions[c].privileged",
        ),
        (
            task(
                &json!({"containerDefinitions": [{"name": "c", "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}),
            ),
            "adds the capability SYS_ADMIN: spec.containerDefinitions[c].linuxParameters.capabilities.add",
        ),
        (
            task(&json!({"pidMode": "host", "containerDefinitions": [{"name": "c"}]})),
            "shares a namespace of the host: spec.pidMode",
        ),
        (
            task(&json!({"networkMode": "host", "containerDefinitions": [{"name": "c"}]})),
            "shares a namespace of the host: spec.networkMode",
        ),
        (
            task(
                &json!({"networkMode": "awsvpc", "pidMode": "task", "containerDefinitions": [{"name": "c"}]}),
            ),
            "holds for 1 object",
        ),
    ] {
        let said = judged("no-privileged", json!(null), std::slice::from_ref(&object));
        assert!(said.ends_with(expected) && said.lines().count() == 1, "{object}\n{said}");
    }
}

#[test]
fn limits_are_set_for_every_container() {
    let pods = |own: Value, pod: Value| {
        let resources = json!({"limits": own});
        deployment(&json!({
            "resources": {"limits": pod},
            "containers": [{"name": "c", "resources": resources}],
            "ephemeralContainers": [{"name": "e"}],
        }))
    };
    for (object, settings, missing) in [
        (pods(json!({"cpu": "1", "memory": "64Mi"}), json!({})), json!(null), vec![]),
        (pods(json!({"cpu": 0.5, "memory": 1}), json!({})), json!(null), vec![]),
        (pods(json!({"cpu": "1"}), json!({})), json!(null), vec!["memory"]),
        (pods(json!({"cpu": "0", "memory": ""}), json!({})), json!(null), vec!["cpu", "memory"]),
        (pods(json!({}), json!({"cpu": "1", "memory": "1Gi"})), json!(null), vec![]),
        (pods(json!(null), json!(null)), json!({"resources": ["memory"]}), vec!["memory"]),
        (pods(json!({"memory": "1Gi"}), json!({})), json!({"resources": ["memory"]}), vec![]),
        (
            pods(json!({"memory": "1Gi", "cpu": "1"}), json!({})),
            json!({"resources": ["ephemeral-storage"]}),
            vec!["ephemeral-storage"],
        ),
    ] {
        let said = judged("limits-set", settings, &[object]);
        let expected: Vec<String> = missing
            .iter()
            .map(|resource| format!("denied limits-set: Deployment.apps/web/api has no limit: spec.template.spec.containers[c].resources.limits.{resource}"))
            .collect();
        match expected.is_empty() {
            true => assert_eq!(said, "passed limits-set: holds for 1 object"),
            false => assert_eq!(said, expected.join("\n")),
        }
    }
    for (spec, missing) in [
        (json!({"cpu": "256", "memory": "512", "containerDefinitions": [{"name": "c"}]}), vec![]),
        (json!({"containerDefinitions": [{"name": "c", "cpu": 256, "memory": 512}]}), vec![]),
        (
            json!({"containerDefinitions": [{"name": "c", "cpu": 0, "memoryReservation": 512}]}),
            vec!["cpu", "memory"],
        ),
        (json!({"memory": "512", "containerDefinitions": [{"name": "c"}]}), vec!["cpu"]),
    ] {
        let said = judged("limits-set", json!(null), &[task(&spec)]);
        let count = said.lines().filter(|line| line.starts_with("denied")).count();
        assert_eq!(count, missing.len(), "{spec}\n{said}");
        for resource in missing {
            assert!(said.contains(&format!("containerDefinitions[c].{resource}")), "{said}");
        }
    }
}

#[test]
fn load_balancers_are_internal_or_allowed() {
    let service = |annotations: Value| {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "lb", "namespace": "web", "annotations": annotations},
            "spec": {"type": "LoadBalancer"},
        })
    };
    let ingress = |scheme: &str| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "in", "namespace": "web", "annotations": {"alb.ingress.kubernetes.io/scheme": scheme}},
        })
    };
    let of = |version: &str, kind: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec});
    const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer-";
    for (object, public) in [
        (service(json!(null)), true),
        (service(json!({format!("{AWS}scheme"): "internal"})), false),
        (service(json!({format!("{AWS}scheme"): "internet-facing"})), true),
        (service(json!({format!("{AWS}internal"): "true"})), false),
        (service(json!({format!("{AWS}internal"): "false"})), true),
        (
            service(
                json!({format!("{AWS}scheme"): "internet-facing", format!("{AWS}internal"): "true"}),
            ),
            true,
        ),
        (service(json!({"networking.gke.io/load-balancer-type": "Internal"})), false),
        (
            service(json!({"service.beta.kubernetes.io/azure-load-balancer-internal": "true"})),
            false,
        ),
        (ingress("internet-facing"), true),
        (ingress("internal"), false),
        (
            of("elbv2.k8s.aws/v1beta1", "IngressClassParams", json!({"scheme": "internet-facing"})),
            true,
        ),
        (
            of(
                "gateway.k8s.aws/v1beta1",
                "LoadBalancerConfiguration",
                json!({"scheme": "internal"}),
            ),
            false,
        ),
        (of("elbv2.services.k8s.aws/v1alpha1", "LoadBalancer", json!({})), true),
        (of("v1", "Service", json!({"type": "NodePort"})), false),
        (
            of(
                "ecs.services.k8s.aws/v1alpha1",
                "Service",
                json!({"loadBalancers": [{"targetGroupARN": "arn:x"}], "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIP": "ENABLED"}}}),
            ),
            false,
        ),
    ] {
        let said = judged("no-public-load-balancer", json!(null), std::slice::from_ref(&object));
        assert_eq!(said.starts_with("denied"), public, "{object}\n{said}");
    }
    for allow in ["web/lb", "Service/web/lb"] {
        let said =
            judged("no-public-load-balancer", json!({"allow": [allow]}), &[service(json!({}))]);
        assert!(said.starts_with("passed") && said.ends_with("; 1 excepted"), "{said}");
    }
    let other =
        judged("no-public-load-balancer", json!({"allow": ["web/other"]}), &[service(json!({}))]);
    assert_eq!(
        other,
        "denied no-public-load-balancer: Service/web/lb is open to the internet: spec.type LoadBalancer"
    );
}

#[test]
fn replicas_are_enough() {
    let of = |kind: &str, spec: Value| json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "api", "namespace": "web"}, "spec": spec});
    let ecs = |spec: Value| json!({"apiVersion": "ecs.services.k8s.aws/v1alpha1", "kind": "Service", "metadata": {"name": "api"}, "spec": spec});
    for (object, settings, expected) in [
        (of("Deployment", json!({"replicas": 2})), json!(null), "holds for 1 object"),
        (
            of("Deployment", json!({"replicas": 1})),
            json!(null),
            "has 1 of at least 2 replicas: spec.replicas",
        ),
        (of("StatefulSet", json!({})), json!(null), "has 1 of at least 2 replicas: spec.replicas"),
        (
            of("StatefulSet", json!({"replicas": 3})),
            json!({"min": 4}),
            "has 3 of at least 4 replicas: spec.replicas",
        ),
        (
            of("Deployment", json!({"replicas": "x"})),
            json!(null),
            "has no number of replicas: spec.replicas",
        ),
        (of("DaemonSet", json!({})), json!(null), "nothing here that it is about"),
        (
            ecs(json!({"desiredCount": 1})),
            json!(null),
            "has 1 of at least 2 replicas: spec.desiredCount",
        ),
        (ecs(json!({"desiredCount": 2})), json!(null), "holds for 1 object"),
        (
            ecs(json!({"schedulingStrategy": "DAEMON"})),
            json!(null),
            "nothing here that it is about",
        ),
    ] {
        let said = judged("replicas", settings, std::slice::from_ref(&object));
        assert!(said.ends_with(expected), "{object}\n{said}");
    }
    let scaler = |name: &str, namespace: &str, min: Value| {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": namespace},
            "spec": {"minReplicas": min, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}},
        })
    };
    let one = of("Deployment", json!({"replicas": 1}));
    for (scaler, expected) in [
        (scaler("api", "web", json!(3)), "holds for 1 object"),
        (
            scaler("api", "web", json!(null)),
            "has 1 of at least 2 replicas: spec.minReplicas of HorizontalPodAutoscaler.autoscaling/web/h",
        ),
        (scaler("other", "web", json!(3)), "replicas: spec.replicas"),
        (scaler("api", "else", json!(3)), "replicas: spec.replicas"),
    ] {
        let said = judged("replicas", json!(null), &[one.clone(), scaler]);
        assert!(said.ends_with(expected), "{said}");
    }
    let target = |spec: Value| json!({"apiVersion": "applicationautoscaling.services.k8s.aws/v1alpha1", "kind": "ScalableTarget", "metadata": {"name": "t"}, "spec": spec});
    for (spec, holds) in [
        (json!({"resourceRef": {"from": {"name": "api"}}, "minCapacity": 2}), true),
        (json!({"resourceID": "service/c/api", "minCapacity": 2}), true),
        (json!({"resourceID": "service/c/other", "minCapacity": 2}), false),
        (json!({"resourceRef": {"from": {"name": "api"}}, "minCapacity": 1}), false),
    ] {
        let said =
            judged("replicas", json!(null), &[ecs(json!({"desiredCount": 1})), target(spec)]);
        assert_eq!(said.starts_with("passed"), holds, "{said}");
    }
    let keda = json!({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "k", "namespace": "web"}, "spec": {"scaleTargetRef": {"name": "api"}}});
    let said = judged("replicas", json!(null), &[of("Deployment", json!({"replicas": 5})), keda]);
    assert!(
        said.ends_with(
            "has 0 of at least 2 replicas: spec.minReplicaCount of ScaledObject.keda.sh/web/k"
        ),
        "{said}"
    );
}

#[test]
fn a_disruption_budget_selects_the_pods() {
    let budget = |namespace: &str, selector: Value| {
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "b", "namespace": namespace}, "spec": {"minAvailable": 1, "selector": selector},
        })
    };
    let api = deployment(&json!({"containers": []}));
    for (budget, covered) in [
        (budget("web", json!({"matchLabels": {"app": "api"}})), true),
        (budget("web", json!({})), true),
        (budget("web", json!({"matchLabels": {"app": "other"}})), false),
        (budget("else", json!({"matchLabels": {"app": "api"}})), false),
        (budget("web", json!(null)), false),
    ] {
        let said = judged("disruption-budget", json!(null), &[api.clone(), budget.clone()]);
        assert_eq!(said.starts_with("passed"), covered, "{budget}\n{said}");
    }
    let mut none = api.clone();
    none["spec"]["replicas"] = json!(0);
    assert!(judged("disruption-budget", json!(null), &[none]).starts_with("passed"));
    assert_eq!(
        judged("disruption-budget", json!(null), &[api]),
        "denied disruption-budget: Deployment.apps/web/api has no disruption budget"
    );
}

#[test]
fn a_rule_that_cannot_be_read_denies_and_is_a_problem() {
    let rules = vec![
        rule("images-pined", json!(null)),
        rule("images-pinned", json!({"resources": ["cpu"], "except": ["x"]})),
        rule("limits-set", json!([])),
        rule("limits-set", json!({"resources": []})),
        rule("limits-set", json!({"resources": ["c p u"]})),
        rule("replicas", json!({"min": 0})),
        rule("replicas", json!({"min": "2"})),
        rule("no-public-load-balancer", json!({"allow": "web/lb"})),
    ];
    let gate = Gate { rules, ..Gate::default() };
    let found = problems(&gate, &GateFiles::default());
    let text: Vec<String> = found
        .iter()
        .map(|one| {
            format!("{} {} ({})", one.pointer, one.message, one.help.as_deref().unwrap_or(""))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    /rules/0/name there is no rule `images-pined` (the rules are images-pinned, no-latest-tag, no-default-namespace, no-privileged, limits-set, no-public-load-balancer, replicas, disruption-budget)
    /rules/1/settings/except `x` does not name an object (write ids such as `Deployment.apps/web/api`, or `web/api`)
    /rules/1/settings/resources `images-pinned` has no setting `resources` (it takes `except`)
    /rules/2/settings the settings of `limits-set` must be a mapping (it takes `except`, `resources`)
    /rules/3/settings/resources `resources` must be a list of resources (write `resources: [cpu, memory]` or one of them)
    /rules/4/settings/resources `c p u` is not a resource (write `resources: [cpu, memory]` or one of them)
    /rules/5/settings/min `min` must be a whole number from 1 (write `min: 2`)
    /rules/6/settings/min `min` must be a whole number from 1 (write `min: 2`)
    /rules/7/settings/allow `allow` must be a list of objects (write ids such as `Deployment.apps/web/api`, or `web/api`)
    ");
    let conditions = inspect(&gate, &GateFiles::default(), &[]);
    assert_eq!(conditions.len(), found.len());
    assert!(conditions.iter().all(|condition| condition.state == State::Denied));
}

#[test]
fn what_breaks_a_rule_says_what_to_do_and_where() {
    let gate = Gate { rules: vec![rule("images-pinned", json!(null))], ..Gate::default() };
    let conditions = inspect(&gate, &GateFiles::default(), &[object(of_image("r/api:1"))]);
    assert_eq!(
        conditions[0].help.as_deref(),
        Some("write the image as `name@sha256:…` (a.yaml:1)")
    );
}

#[test]
fn odd_objects_do_not_stop_a_rule() {
    let odd = [
        json!(null),
        json!([]),
        json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": "x"}),
        json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"spec": {"containers": "x"}}}}),
        json!({"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"spec": {"containers": [5, null]}}}}),
        json!({"kind": "TaskDefinition", "apiVersion": "ecs.services.k8s.aws/v1alpha1", "spec": []}),
        json!({"kind": "Service", "apiVersion": "v1", "metadata": [], "spec": {"type": "LoadBalancer"}}),
    ];
    for name in [
        "images-pinned",
        "no-latest-tag",
        "no-default-namespace",
        "no-privileged",
        "limits-set",
        "no-public-load-balancer",
        "replicas",
        "disruption-budget",
    ] {
        assert!(!judged(name, json!(null), &odd).is_empty());
    }
}

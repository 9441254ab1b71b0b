//! What holds on every server; run on the sandbox here and on a real server in `real`.

use serde_json::json;
use suimon_provider::conformance::{Subjects, check};
use suimon_provider::{Error, Membership, Observation, Provider};

use crate::cluster::{Cluster, observe, observed, prepare, write};
use crate::manifests::{config_map, deployment, manifest, namespace, object};

macro_rules! on_the_sandbox {
    ($($name:ident),* $(,)?) => {
        /// Every scenario, for the real server.
        pub(crate) async fn all(cluster: &Cluster) {
            $($name(cluster).await;)*
        }

        mod sandbox {
            use crate::cluster::Cluster;

            $(#[tokio::test]
            async fn $name() {
                super::$name(&Cluster::sandbox().await).await;
            })*
        }
    };
}

on_the_sandbox!(
    conforms,
    conflicts_name_manager_and_both_values,
    immutable_fields_are_told,
    refused_objects_say_why_and_no_secret,
    a_missing_namespace_is_not_an_unknown_kind,
    kinds_come_with_their_definition,
    a_definition_that_changed_is_waited_for,
    owners_are_recognised,
    what_is_no_longer_declared_is_found_by_the_parent,
    a_foreign_parent_stops_everything,
    forgetting_leaves_the_object_as_it_is,
    scope_decides_the_namespace,
    a_namespace_that_is_being_deleted_may_be_deleted_again,
    a_version_that_is_gone_names_the_one_to_use,
    one_object_under_two_groups_is_one_object,
    each_object_is_read_in_the_version_it_is_declared_in,
    a_claim_that_waits_for_its_first_consumer_holds_nothing_up,
);

async fn conforms(cluster: &Cluster) {
    cluster.namespace("conforms").await;
    let mut secret = object("v1", "Secret", "conforms", "secret");
    secret["stringData"] = json!({"password": "correct horse battery"});
    let subjects = Subjects {
        object: config_map("conforms", "object", "one"),
        changed: config_map("conforms", "object", "two"),
        secret: manifest(&secret),
        secret_text: vec!["correct horse".into(), "Y29ycmVjdCBob3JzZ".into()],
    };
    check(&cluster.provider("conforms").await, &subjects).await.unwrap();
}

async fn conflicts_name_manager_and_both_values(cluster: &Cluster) {
    cluster.namespace("conflicts").await;
    let mut theirs = object("v1", "ConfigMap", "conflicts", "c");
    theirs["data"] = json!({"key": "theirs"});
    cluster.apply_as("somebody", &theirs).await;
    let provider = cluster.provider("conflicts").await;
    let ours = prepare(&provider, &[config_map("conflicts", "c", "ours")]).remove(0);

    let dry = provider.dry_run(&write(&ours)).await.unwrap();
    let told: Vec<_> =
        dry.conflicts.iter().map(|c| (c.field.as_str(), c.manager.as_str())).collect();
    assert_eq!(told, [(".data.key", "somebody")]);
    assert_eq!(dry.conflicts[0].ours, Some(json!("ours")));
    assert_eq!(dry.conflicts[0].theirs, Some(json!("theirs")));
    assert_eq!(dry.object.body.value()["data"]["key"], "ours");

    let Err(Error::Conflict(found)) = provider.write(&write(&ours)).await else { panic!() };
    assert_eq!(found, dry.conflicts);
    let forced = suimon_provider::Write { force: true, ..write(&ours) };
    let written = provider.write(&forced).await.unwrap().object;
    assert_eq!(written.body.value()["data"]["key"], "ours");
}

async fn immutable_fields_are_told(cluster: &Cluster) {
    cluster.namespace("immutable").await;
    let provider = cluster.provider("immutable").await;
    let both = [deployment("immutable", "d", "one"), deployment("immutable", "d", "two")];
    let [before, after] = prepare(&provider, &both).try_into().unwrap();
    provider.write(&write(&before)).await.unwrap();
    let Err(Error::Immutable { fields, message }) = provider.dry_run(&write(&after)).await else {
        panic!()
    };
    assert_eq!(fields, ["spec.selector"]);
    assert!(message.ends_with("field is immutable"), "{message}");
}

async fn refused_objects_say_why_and_no_secret(cluster: &Cluster) {
    cluster.namespace("refused").await;
    let provider = cluster.provider("refused").await;
    let mut misspelt = deployment("refused", "d", "a").body.value();
    misspelt["spec"]["replicass"] = json!(2);
    let mut secret = object("v1", "Secret", "refused", "s");
    secret["stringData"] = json!({"pin": 4_711_471});
    for (body, says) in [
        (misspelt, ".spec.replicass: field not declared in schema"),
        (secret, ".stringData.pin: expected string, got "),
    ] {
        let prepared = prepare(&provider, &[manifest(&body)]).remove(0);
        let Err(Error::Rejected(text)) = provider.dry_run(&write(&prepared)).await else {
            panic!()
        };
        assert!(text.contains(says) && !text.contains("4711471"), "{text}");
    }
}

async fn a_missing_namespace_is_not_an_unknown_kind(cluster: &Cluster) {
    let provider = cluster.provider("missing").await;
    let prepared = prepare(&provider, &[config_map("nowhere", "c", "v")]);
    assert_eq!(observed(&provider, &prepared).await, "ConfigMap/nowhere/c is absent");
    let error = provider.dry_run(&write(&prepared[0])).await.unwrap_err();
    assert_eq!(error, Error::NotFound("namespace `nowhere`".into()));
}

fn definition(group: &str) -> serde_json::Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("things.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ManyThings"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}],
        },
    })
}

async fn kinds_come_with_their_definition(cluster: &Cluster) {
    let provider = cluster.provider("kinds").await;
    let mut thing = json!({"apiVersion": "kinds.example.com/v1", "kind": "Thing",
        "metadata": {"name": "t"}, "spec": {"size": 1}});
    let [definition, declared] =
        prepare(&provider, &[manifest(&definition("kinds.example.com")), manifest(&thing)])
            .try_into()
            .unwrap();
    assert_eq!(
        observed(&provider, std::slice::from_ref(&declared)).await,
        "Thing.kinds.example.com/t is not served"
    );
    let error = provider.dry_run(&write(&declared)).await.unwrap_err();
    assert_eq!(error, Error::KindNotServed("kinds.example.com/v1 Thing".into()));

    provider.write(&write(&definition)).await.unwrap();
    let written = provider.write(&write(&declared)).await.unwrap().object;
    assert_eq!(written.id.to_string(), "Thing.kinds.example.com/default/t");
    // Now that the scope is known, the declaration has its namespace.
    let declared = prepare(&provider, &[manifest(&thing)]);
    assert_eq!(
        observed(&provider, &declared).await,
        "Thing.kinds.example.com/default/t is live, ours"
    );
    thing["spec"]["sise"] = json!(2);
    let misspelt = prepare(&provider, &[manifest(&thing)]).remove(0);
    let error = provider.dry_run(&write(&misspelt)).await.unwrap_err();
    assert!(matches!(error, Error::Rejected(_)), "{error:?}");
}

/// A server answers for a definition before it judges objects by it.
pub(crate) async fn a_definition_that_changed_is_waited_for(cluster: &Cluster) {
    let provider = cluster.provider("grown").await;
    let mut definition = definition("grown.example.com");
    let mut thing = json!({"apiVersion": "grown.example.com/v1", "kind": "Thing",
        "metadata": {"name": "t", "namespace": "default"}, "spec": {"size": 1}});
    for number in 1..4 {
        let field = format!("field{number}");
        let schema = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
        definition.pointer_mut(schema).unwrap()[&field] = json!({"type": "integer"});
        thing["spec"][&field] = json!(number);
        for object in prepare(&provider, &[manifest(&definition), manifest(&thing)]) {
            provider.write(&write(&object)).await.unwrap();
        }
    }
    thing["spec"]["size"] = json!("none");
    let wrong = prepare(&provider, &[manifest(&thing)]).remove(0);
    let error = provider.write(&write(&wrong)).await.unwrap_err();
    assert!(matches!(error, Error::Rejected(_)), "{error:?}");
}

async fn owners_are_recognised(cluster: &Cluster) {
    cluster.namespace("owners").await;
    let mut helm = object("v1", "ConfigMap", "owners", "helm");
    helm["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
    helm["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": "api",
        "meta.helm.sh/release-namespace": "owners"});
    cluster.apply_as("helm", &helm).await;
    cluster.apply_as("somebody", &object("v1", "ConfigMap", "owners", "nobody")).await;
    let other = cluster.provider("owners-b").await;
    let theirs = prepare(&other, &[config_map("owners", "theirs", "v")]).remove(0);
    let membership = Membership { objects: vec![(theirs.id.clone(), "v1".into())] };
    other.open(&membership).await.unwrap();
    other.write(&write(&theirs)).await.unwrap();

    let provider = cluster.provider("owners-a").await;
    let names = ["helm", "nobody", "theirs", "absent"];
    let declared: Vec<_> = names.iter().map(|name| config_map("owners", name, "v")).collect();
    let told = observed(&provider, &prepare(&provider, &declared)).await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "ConfigMap/owners/absent is absent");
    assert_eq!(lines[1], "ConfigMap/owners/helm is live, of Helm release owners/api");
    assert_eq!(lines[2], "ConfigMap/owners/nobody is live");
    let prefix =
        "ConfigMap/owners/theirs is live, of suimon environment owners-b of project shop (";
    assert!(lines[3].starts_with(prefix), "{}", lines[3]);
}

async fn what_is_no_longer_declared_is_found_by_the_parent(cluster: &Cluster) {
    let provider = cluster.provider("prune").await;
    let declared = prepare(
        &provider,
        &[
            namespace("prune-a"),
            namespace("prune-b"),
            config_map("prune-a", "a", "v"),
            config_map("prune-b", "b", "v"),
            deployment("prune-b", "d", "x"),
        ],
    );
    let members = |manifests: &[suimon_model::Manifest]| Membership {
        objects: manifests.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect(),
    };
    provider.open(&members(&declared)).await.unwrap();
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    let all = "ConfigMap/prune-a/a is live, ours\n\
        ConfigMap/prune-b/b is live, ours\n\
        Deployment.apps/prune-b/d is live, ours\n\
        Namespace/prune-a is live, ours\n\
        Namespace/prune-b is live, ours";
    // Another process, which declares everything, one object, or nothing.
    for declared in [&declared[..], &declared[2..3], &[]] {
        let provider = cluster.provider("prune").await;
        assert_eq!(observed(&provider, declared).await, all);
    }
    // A targeted look tells of what is declared and of nothing else.
    let mut found = Vec::new();
    let scope = suimon_provider::Scope { manifests: &declared[2..3], targeted: true };
    provider.observe(scope, &mut |observation| found.push(observation)).await.unwrap();
    assert!(matches!(&found[..], [Observation::Live(object)] if object.id == declared[2].id));
    // Another environment sees none of it.
    assert_eq!(observed(&cluster.provider("prune-other").await, &[]).await, "");

    // After a targeted look the parent goes on naming what was not looked at.
    provider.close(&members(&declared[2..3])).await.unwrap();
    assert_eq!(parent(cluster).await, ["ConfigMap,Deployment.apps,Namespace", "prune-a,prune-b"]);
    observe(&provider, &declared).await;
    provider.close(&members(&declared[..1])).await.unwrap();
    assert_eq!(parent(cluster).await, ["Namespace", ""]);
}

/// Kinds and namespaces that the parent of `prune` names.
async fn parent(cluster: &Cluster) -> [String; 2] {
    let parent = cluster.get("/api/v1/namespaces/default/configmaps/suimon.shop.prune").await;
    let annotations = &parent["metadata"]["annotations"];
    ["contains-group-kinds", "additional-namespaces"].map(|key| {
        annotations[format!("applyset.kubernetes.io/{key}")].as_str().unwrap().to_owned()
    })
}

async fn a_foreign_parent_stops_everything(cluster: &Cluster) {
    let mut parent = object("v1", "ConfigMap", "default", "suimon.shop.foreign");
    parent["metadata"]["annotations"] =
        json!({"applyset.kubernetes.io/tooling": "kubectl/v1.32.4"});
    cluster.apply_as("kubectl", &parent).await;
    let provider = cluster.provider("foreign").await;
    let scope = suimon_provider::Scope { manifests: &[], targeted: false };
    let says = "ConfigMap/default/suimon.shop.foreign is not this environment's ApplySet parent: it is managed by `kubectl/v1.32.4`";
    let error = provider.observe(scope, &mut |_| {}).await.unwrap_err();
    assert_eq!(error, Error::Rejected(says.into()));
    let error = provider.open(&Membership::default()).await.unwrap_err();
    assert_eq!(error, Error::Rejected(says.into()));
}

async fn forgetting_leaves_the_object_as_it_is(cluster: &Cluster) {
    cluster.namespace("forget").await;
    let provider = cluster.provider("forget").await;
    let declared = prepare(&provider, &[config_map("forget", "c", "v")]);
    provider.write(&write(&declared[0])).await.unwrap();
    let mut theirs = object("v1", "ConfigMap", "forget", "c");
    theirs["data"] = json!({"other": "x"});
    cluster.apply_as("somebody", &theirs).await;

    let Observation::Live(live) = observe(&provider, &declared).await.remove(0) else { panic!() };
    let change = suimon_plan::Change {
        id: live.id.clone(),
        api_version: "v1".into(),
        action: suimon_plan::Action::Forget,
        reason: suimon_plan::Reason::KeptOnRemoval,
        location: None,
        before: None,
        after: None,
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: Some(live.uid.clone()),
        resource_version: None,
    };
    provider.forget(&change).await.unwrap();
    let left = cluster.get("/api/v1/namespaces/forget/configmaps/c").await;
    assert_eq!(left["data"], json!({"key": "v", "other": "x"}));
    assert_eq!(left["metadata"]["labels"], json!(null));
    assert_eq!(left["metadata"]["annotations"], json!(null));
    let managers = left["metadata"]["managedFields"].as_array().unwrap();
    let names: Vec<_> = managers.iter().map(|entry| entry["manager"].as_str().unwrap()).collect();
    assert_eq!(names, ["somebody"]);
    let another = suimon_plan::Change { uid: Some("another".into()), ..change };
    assert_eq!(provider.forget(&another).await, Err(Error::Stale));
}

async fn scope_decides_the_namespace(cluster: &Cluster) {
    let provider = cluster.provider("scope").await;
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c",
        "uid": "x", "resourceVersion": "1", "managedFields": []}});
    let prepared = provider.prepare(&manifest(&config)).unwrap();
    assert_eq!(prepared.id.to_string(), "ConfigMap/default/c");
    let metadata = &prepared.body.value()["metadata"];
    let keys: Vec<_> = metadata.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["annotations", "labels", "name", "namespace"]);

    let refused =
        |body: serde_json::Value| provider.prepare(&manifest(&body)).unwrap_err().to_string();
    assert_eq!(
        refused(object("rbac.authorization.k8s.io/v1", "ClusterRole", "web", "r")),
        "ClusterRole.rbac.authorization.k8s.io is cluster-scoped and cannot be in the namespace `web`: remove metadata.namespace"
    );
    assert_eq!(
        refused(object("v1", "ConfigMap", "web", "../secrets")),
        "metadata.name `../secrets` is not allowed"
    );
    assert_eq!(
        refused(object("v1", "ConfigMap", "default", "suimon.shop.scope")),
        "ConfigMap/default/suimon.shop.scope is where suimon keeps what this environment owns: declare another name"
    );
    let mut labelled = object("v1", "ConfigMap", "web", "c");
    labelled["metadata"]["labels"] = json!(["a"]);
    assert_eq!(refused(labelled), "metadata.labels is not a map");
}

async fn a_namespace_that_is_being_deleted_may_be_deleted_again(cluster: &Cluster) {
    cluster.namespace("going").await;
    let provider = cluster.provider("going").await;
    let declared = prepare(&provider, &[config_map("going", "c", "v")]);
    provider.write(&write(&declared[0])).await.unwrap();
    let live = cluster.get("/api/v1/namespaces/going").await;
    let delete = suimon_provider::Delete {
        id: namespace("going").id,
        api_version: "v1".into(),
        uid: live["metadata"]["uid"].as_str().unwrap().to_owned(),
    };
    provider.delete(&delete).await.unwrap();
    provider.delete(&delete).await.unwrap();
}

async fn a_version_that_is_gone_names_the_one_to_use(cluster: &Cluster) {
    let provider = cluster.provider("gone").await;
    let old = object("policy/v1beta1", "PodDisruptionBudget", "default", "p");
    let old = prepare(&provider, &[manifest(&old)]).remove(0);
    assert_eq!(provider.served_versions(&old.id), ["policy/v1"]);
    assert_eq!(
        provider.dry_run(&write(&old)).await.unwrap_err().to_string(),
        "the API server does not serve policy/v1beta1 PodDisruptionBudget (it serves policy/v1)"
    );
}

async fn one_object_under_two_groups_is_one_object(cluster: &Cluster) {
    cluster.namespace("groups").await;
    let provider = cluster.provider("groups").await;
    let mut event = object("v1", "Event", "groups", "e");
    event["involvedObject"] = json!({"kind": "Pod", "name": "p", "namespace": "groups"});
    event["reason"] = json!("Tested");
    let declared = prepare(&provider, &[manifest(&event)]);
    let other =
        suimon_model::ResourceId { group: "events.k8s.io".into(), ..declared[0].id.clone() };
    let objects = vec![(declared[0].id.clone(), "v1".into()), (other, "events.k8s.io/v1".into())];
    provider.open(&Membership { objects }).await.unwrap();
    provider.write(&write(&declared[0])).await.unwrap();
    assert_eq!(observed(&provider, &declared).await, "Event/groups/e is live, ours");
}

async fn each_object_is_read_in_the_version_it_is_declared_in(cluster: &Cluster) {
    cluster.namespace("versions").await;
    let provider = cluster.provider("versions").await;
    let declared = ["autoscaling/v1", "autoscaling/v2"].map(|version| {
        let name = version.replace('/', "-");
        let mut scaler = object(version, "HorizontalPodAutoscaler", "versions", &name);
        scaler["spec"] = json!({"maxReplicas": 3, "scaleTargetRef":
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}});
        manifest(&scaler)
    });
    let declared = prepare(&provider, &declared);
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    let versions: Vec<_> = observe(&provider, &declared)
        .await
        .into_iter()
        .map(|observation| match observation {
            Observation::Live(object) => (object.id.name, object.api_version),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [("autoscaling-v1", "autoscaling/v1"), ("autoscaling-v2", "autoscaling/v2")];
    assert_eq!(versions, expected.map(|(name, version)| (name.to_owned(), version.to_owned())));
}

async fn a_claim_that_waits_for_its_first_consumer_holds_nothing_up(cluster: &Cluster) {
    cluster.namespace("claims").await;
    let provider = cluster.provider("claims").await;
    let mut declared = Vec::new();
    for (name, mode) in [("late", "WaitForFirstConsumer"), ("now", "Immediate")] {
        declared.push(manifest(&json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": format!("claims-{name}")},
            "provisioner": "example.com/none", "volumeBindingMode": mode,
        })));
        let mut claim = object("v1", "PersistentVolumeClaim", "claims", name);
        claim["spec"] = json!({"storageClassName": format!("claims-{name}"),
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        declared.push(manifest(&claim));
    }
    let declared = prepare(&provider, &declared);
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    let ids: Vec<_> = declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
    let health = provider.health(&ids).await.unwrap();
    let told: Vec<_> = health.iter().map(|health| health.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "current",
            "pending until its first consumer (volumeBindingMode WaitForFirstConsumer)",
            "current",
            "not bound, phase Pending",
        ]
    );
}

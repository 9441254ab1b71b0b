//! What the server itself sets when an object is stored: addresses, ports, finalizers, generated labels.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    state::State,
    value::{default, default_nonzero, items, list, meta_text, object, put, put_meta, text},
};

impl State {
    pub(crate) fn allocate(&mut self, resource: &Resource, value: &mut Value) {
        match (resource.group.as_str(), resource.kind.as_str()) {
            ("", "Service") => self.allocate_service(value),
            ("", "Namespace") => {
                if let Some(spec) = object(value, "spec") {
                    put(spec, "finalizers", Some(json!(["kubernetes"])));
                }
            }
            ("", "PersistentVolumeClaim") => {
                add_finalizer(value, "kubernetes.io/pvc-protection");
                self.default_storage_class(value);
            }
            ("", "PersistentVolume") => add_finalizer(value, "kubernetes.io/pv-protection"),
            ("", "Pod") => allocate_pod(value),
            ("batch", "Job") => allocate_job(value),
            ("apps", "DaemonSet") => count_template(value, 1),
            ("apiextensions.k8s.io", _) => {
                let stored: Vec<&str> = items(value, "/spec/versions")
                    .iter()
                    .filter(|v| v.get("storage") == Some(&Value::Bool(true)))
                    .map(|v| text(v, "/name"))
                    .collect();
                let status = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": stored});
                put(value, "status", Some(status));
            }
            _ => {}
        }
    }

    /// What a change of an object allocates or releases.
    pub(crate) fn reallocate(&mut self, resource: &Resource, live: &Value, value: &mut Value) {
        if resource.group.is_empty() && resource.kind == "Service" {
            keep_allocations(live, value);
            self.allocate_service(value);
        }
        if resource.group == "apps" && resource.kind == "DaemonSet" {
            let before =
                text(live, "/metadata/annotations/deprecated.daemonset.template.generation")
                    .parse()
                    .unwrap_or(1);
            let changed = live.pointer("/spec/template") != value.pointer("/spec/template");
            count_template(value, before + i64::from(changed));
        }
        if resource.group == "batch" && resource.kind == "Job" {
            // A client that declares a job knows nothing of the selector that was generated for it.
            let Some(spec) = object(value, "spec") else { return };
            if spec.get("selector").is_none() {
                put(spec, "selector", live.pointer("/spec/selector").cloned());
            }
        }
    }

    fn allocate_service(&mut self, value: &mut Value) {
        let Some(spec) = object(value, "spec") else { return };
        let kind = text(spec, "/type").to_owned();
        if kind == "ExternalName" {
            for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                put(spec, key, None);
            }
            return;
        }
        let wanted = text(spec, "/clusterIP").to_owned();
        let address = if wanted.is_empty() { self.address() } else { wanted };
        put(spec, "clusterIP", Some(address.clone().into()));
        put(spec, "clusterIPs", Some(json!([address])));
        // A headless service that selects nothing may have endpoints of both families.
        let both = text(spec, "/clusterIP") == "None" && spec.get("selector").is_none();
        let (families, policy) = if both {
            (json!(["IPv4", "IPv6"]), "RequireDualStack")
        } else {
            (json!(["IPv4"]), "SingleStack")
        };
        default(spec, "ipFamilies", families);
        default(spec, "ipFamilyPolicy", policy);
        let ports_wanted = kind == "NodePort"
            || (kind == "LoadBalancer"
                && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false)));
        for port in list(spec, "ports") {
            if ports_wanted {
                let next = self.next_node_port;
                if port.get("nodePort").and_then(Value::as_i64).unwrap_or(0) == 0 {
                    self.next_node_port = if next >= 32_767 { 30_000 } else { next + 1 };
                    put(port, "nodePort", Some(next.into()));
                }
            }
        }
    }

    fn address(&mut self) -> String {
        let n = self.next_address;
        self.next_address = n.wrapping_add(1) & 0x00ff_ffff;
        format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255)
    }

    fn default_storage_class(&self, value: &mut Value) {
        let class = self
            .store
            .range("storage.k8s.io/storageclasses", "", None)
            .map(|(_, entry)| entry.value())
            .find(|class| {
                let key = "storageclass.kubernetes.io/is-default-class";
                crate::value::meta(class, "annotations")
                    .and_then(|a| a.get(key))
                    .and_then(Value::as_str)
                    == Some("true")
            });
        if let (Some(class), Some(spec)) = (class, object(value, "spec")) {
            default(spec, "storageClassName", meta_text(&class, "name"));
        }
    }
}

/// Addresses and node ports stay with a service whose new form leaves them out.
fn keep_allocations(live: &Value, value: &mut Value) {
    let Some(spec) = object(value, "spec") else { return };
    let external =
        text(spec, "/type") == "ExternalName" || text(live, "/spec/type") == "ExternalName";
    if external {
        return;
    }
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
        if let Some(kept) = live.pointer(&format!("/spec/{key}")) {
            default_nonzero(spec, key, kept.clone());
        }
    }
    if !matches!(text(spec, "/type"), "NodePort" | "LoadBalancer") {
        let had = matches!(text(live, "/spec/type"), "NodePort" | "LoadBalancer");
        for port in list(spec, "ports") {
            if had {
                put(port, "nodePort", None);
            }
        }
        for key in ["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"]
        {
            if had {
                put(spec, key, None);
            }
        }
        return;
    }
    let before = items(live, "/spec/ports").to_vec();
    for port in list(spec, "ports") {
        let same = |old: &&Value| {
            old.get("port") == port.get("port") && old.get("protocol") == port.get("protocol")
        };
        if let Some(kept) = before.iter().find(same).and_then(|old| old.get("nodePort")) {
            default_nonzero(port, "nodePort", kept.clone());
        }
    }
}

fn count_template(value: &mut Value, count: i64) {
    if let Some(annotations) = object(value, "metadata").and_then(|m| object(m, "annotations")) {
        put(
            annotations,
            "deprecated.daemonset.template.generation",
            Some(count.to_string().into()),
        );
    }
}

fn add_finalizer(value: &mut Value, name: &str) {
    let mut finalizers = items(value, "/metadata/finalizers").to_vec();
    if !finalizers.iter().any(|f| f.as_str() == Some(name)) {
        finalizers.push(name.into());
    }
    put_meta(value, "finalizers", Some(finalizers.into()));
}

fn allocate_pod(value: &mut Value) {
    let limited = |container: &Value| {
        container.pointer("/resources/limits").is_some()
            || container.pointer("/resources/requests").is_some()
    };
    let class = if items(value, "/spec/containers").iter().any(limited) {
        "Burstable"
    } else {
        "BestEffort"
    };
    if let Some(status) = object(value, "status") {
        default_nonzero(status, "phase", "Pending");
        default(status, "qosClass", class);
    }
    let Some(spec) = object(value, "spec") else { return };
    default(spec, "priority", 0);
    default(spec, "preemptionPolicy", "PreemptLowerPriority");
    let mut tolerations = items(spec, "/tolerations").to_vec();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        if !tolerations.iter().any(|t| text(t, "/key") == key) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
    put(spec, "tolerations", Some(tolerations.into()));
}

fn allocate_job(value: &mut Value) {
    if value.pointer("/spec/manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let uid = meta_text(value, "uid").to_owned();
    let name = meta_text(value, "name").to_owned();
    let Some(spec) = object(value, "spec") else { return };
    if let Some(labels) = object(spec, "template")
        .and_then(|t| object(t, "metadata"))
        .and_then(|m| object(m, "labels"))
    {
        for (key, text) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            put(labels, key, Some(text.as_str().into()));
        }
    }
    let selector = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    put(spec, "selector", Some(selector));
    let labels = value.pointer("/spec/template/metadata/labels").cloned();
    if crate::value::meta(value, "labels").is_none() {
        put_meta(value, "labels", labels);
    }
}

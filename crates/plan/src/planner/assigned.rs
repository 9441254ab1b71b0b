//! Values that the API server picks when an object is stored: a dry run shows some, the write picks
//! others, so they are not known before it.

use serde_json::Value;
use suimon_model::{DeferredRef, ResourceId};

/// Marks what the server picks in the answer to a dry run as deferred: addresses and ports of a
/// Service, the volume of a claim, names that end in random letters, and the object's own UID
/// wherever it is repeated (the selector of a Job). What is declared, or live already, stays.
pub(crate) fn defer(id: &ResourceId, stored: &mut Value, declared: &Value, live: Option<&Value>) {
    let marker = Value::String(DeferredRef::marker_for(id, "assigned"));
    if let Some(uid) = stored.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned)
        && live.is_none()
    {
        replace(stored, &marker, &|text| text == uid || text.starts_with("kube-api-access-"));
    }
    let known = |pointer: &str| {
        declared.pointer(pointer).is_some() || live.is_some_and(|l| l.pointer(pointer).is_some())
    };
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Service") => {
            for pointer in ["/spec/clusterIP", "/spec/healthCheckNodePort"] {
                pick(stored, pointer, &marker, known(pointer));
            }
            let addressed = known("/spec/clusterIPs") || known("/spec/clusterIP");
            pick(stored, "/spec/clusterIPs", &marker, addressed);
            node_ports(stored, declared, live, &marker);
        }
        ("", "PersistentVolumeClaim") => {
            pick(stored, "/spec/volumeName", &marker, known("/spec/volumeName"));
        }
        ("", "Pod") => pick(stored, "/spec/nodeName", &marker, known("/spec/nodeName")),
        _ => {}
    }
}

fn pick(stored: &mut Value, pointer: &str, marker: &Value, known: bool) {
    if !known && let Some(value) = stored.pointer_mut(pointer) {
        *value = marker.clone();
    }
}

fn node_ports(stored: &mut Value, declared: &Value, live: Option<&Value>, marker: &Value) {
    let ports = |object: &Value| -> Vec<Value> {
        let ports = object.pointer("/spec/ports").and_then(Value::as_array);
        let ports = ports.into_iter().flatten().filter_map(|port| port.get("nodePort"));
        ports.cloned().collect()
    };
    let mut known = ports(declared);
    known.extend(live.map(ports).unwrap_or_default());
    let stored = stored.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for port in stored.into_iter().flatten() {
        if let Some(value) = port.get_mut("nodePort")
            && !known.contains(value)
        {
            *value = marker.clone();
        }
    }
}

fn replace(value: &mut Value, marker: &Value, such: &impl Fn(&str) -> bool) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, marker, such)),
        Value::Array(items) => items.iter_mut().for_each(|value| replace(value, marker, such)),
        Value::String(text) if such(text) => *value = marker.clone(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn picked(id: &str, stored: &Value, declared: &Value, live: Option<&Value>) -> Vec<String> {
        let mut deferred = stored.clone();
        defer(&id.parse().unwrap(), &mut deferred, declared, live);
        let changes = crate::diff(Some(stored), Some(&deferred));
        changes.into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn a_service_gets_its_addresses_when_it_is_stored() {
        let stored = json!({"spec": {"clusterIP": "10.0.0.0", "clusterIPs": ["10.0.0.0"],
            "ports": [{"port": 80, "nodePort": 31000}, {"port": 81, "nodePort": 30001}]}});
        let declared = json!({"spec": {"ports": [{"port": 80}, {"port": 81, "nodePort": 30001}]}});
        assert_eq!(
            picked("Service/web/a", &stored, &declared, None),
            ["/spec/clusterIP", "/spec/clusterIPs", "/spec/ports/[port=80,protocol=TCP]/nodePort"]
        );
        assert!(picked("Service/web/a", &stored, &declared, Some(&stored)).is_empty());
        let headless = json!({"spec": {"clusterIP": "None", "clusterIPs": ["None"]}});
        let declared = json!({"spec": {"clusterIP": "None"}});
        assert!(picked("Service/web/a", &headless, &declared, None).is_empty());
    }

    #[test]
    fn a_job_repeats_a_uid_that_it_does_not_have_yet() {
        let stored = json!({"metadata": {"name": "j", "uid": "u-1"},
            "spec": {"selector": {"matchLabels": {"controller-uid": "u-1"}}}});
        assert_eq!(
            picked("Job.batch/web/j", &stored, &json!({}), None),
            ["/metadata/uid", "/spec/selector/matchLabels/controller-uid"]
        );
        assert!(picked("Job.batch/web/j", &stored, &json!({}), Some(&stored)).is_empty());
    }
}

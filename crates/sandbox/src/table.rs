//! Tables: what `kubectl get` prints.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    value::{int, items, map, meta_text, text},
};

type Cells = fn(&Value, jiff::Timestamp) -> Vec<Value>;
type Columns = (&'static [&'static str], Cells);

/// The columns of a kind, and how an object fills them between name and age.
fn columns(resource: &Resource) -> Columns {
    core_columns(resource)
        .or_else(|| workload_columns(resource))
        .or_else(|| policy_columns(resource))
        .unwrap_or((&[], |_, _| Vec::new()))
}

fn workload_columns(resource: &Resource) -> Option<Columns> {
    let columns: Columns = match (resource.group.as_str(), resource.kind.as_str()) {
        ("apps", "Deployment") => (&["Ready", "Up-to-date", "Available"], |o, _| {
            let n = |pointer: &str| int(o, pointer).unwrap_or(0);
            vec![
                format!("{}/{}", n("/status/readyReplicas"), n("/spec/replicas")).into(),
                n("/status/updatedReplicas").into(),
                n("/status/availableReplicas").into(),
            ]
        }),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            (&["Desired", "Current", "Ready"], |o, _| {
                ["/spec/replicas", "/status/replicas", "/status/readyReplicas"]
                    .map(|p| int(o, p).unwrap_or(0).into())
                    .to_vec()
            })
        }
        ("apps", "StatefulSet") => (&["Ready"], |o, _| {
            let n = |pointer: &str| int(o, pointer).unwrap_or(0);
            vec![format!("{}/{}", n("/status/readyReplicas"), n("/spec/replicas")).into()]
        }),
        ("apps", "DaemonSet") => (
            &["Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector"],
            |o, _| {
                let mut cells: Vec<Value> = [
                    "desiredNumberScheduled",
                    "currentNumberScheduled",
                    "numberReady",
                    "updatedNumberScheduled",
                    "numberAvailable",
                ]
                .map(|p| int(o, &format!("/status/{p}")).unwrap_or(0).into())
                .to_vec();
                cells.push(pairs(map(o, "/spec/template/spec/nodeSelector")).into());
                cells
            },
        ),
        ("batch", "Job") => (&["Status", "Completions", "Duration"], job),
        ("batch", "CronJob") => {
            (&["Schedule", "Timezone", "Suspend", "Active", "Last Schedule"], |o, now| {
                let suspend = o.pointer("/spec/suspend") == Some(&Value::Bool(true));
                vec![
                    text(o, "/spec/schedule").into(),
                    or(text(o, "/spec/timeZone"), "<none>").into(),
                    if suspend { "True" } else { "False" }.into(),
                    items(o, "/status/active").len().into(),
                    since(text(o, "/status/lastScheduleTime"), now, "<none>").into(),
                ]
            })
        }
        ("autoscaling", _) => {
            (&["Reference", "Targets", "MinPods", "MaxPods", "Replicas"], autoscaler)
        }
        ("policy", "PodDisruptionBudget") => {
            (&["Min Available", "Max Unavailable", "Allowed Disruptions"], |o, _| {
                let shown =
                    |pointer: &str| o.pointer(pointer).map_or_else(|| "N/A".to_owned(), plain);
                vec![
                    shown("/spec/minAvailable").into(),
                    shown("/spec/maxUnavailable").into(),
                    int(o, "/status/disruptionsAllowed").unwrap_or(0).into(),
                ]
            })
        }
        _ => return None,
    };
    Some(columns)
}

fn policy_columns(resource: &Resource) -> Option<Columns> {
    let columns: Columns = match (resource.group.as_str(), resource.kind.as_str()) {
        ("networking.k8s.io", "Ingress") => (&["Class", "Hosts", "Address", "Ports"], ingress),
        ("networking.k8s.io", "IngressClass") => (&["Controller", "Parameters"], |o, _| {
            vec![text(o, "/spec/controller").into(), "<none>".into()]
        }),
        ("networking.k8s.io", "NetworkPolicy") => {
            (&["Pod-Selector"], |o, _| vec![pairs(map(o, "/spec/podSelector/matchLabels")).into()])
        }
        ("rbac.authorization.k8s.io", kind) if kind.ends_with("Binding") => (&["Role"], |o, _| {
            vec![format!("{}/{}", text(o, "/roleRef/kind"), text(o, "/roleRef/name")).into()]
        }),
        ("rbac.authorization.k8s.io", _) | ("apiextensions.k8s.io", _) => {
            (&["Created At"], |o, _| vec![meta_text(o, "creationTimestamp").into()])
        }
        ("storage.k8s.io", "StorageClass") => (
            &["Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion"],
            |o, _| {
                vec![
                    text(o, "/provisioner").into(),
                    text(o, "/reclaimPolicy").into(),
                    text(o, "/volumeBindingMode").into(),
                    (o.get("allowVolumeExpansion") == Some(&Value::Bool(true))).into(),
                ]
            },
        ),
        ("coordination.k8s.io", _) => {
            (&["Holder"], |o, _| vec![text(o, "/spec/holderIdentity").into()])
        }
        ("scheduling.k8s.io", _) => (&["Value", "Global-Default", "PreemptionPolicy"], |o, _| {
            vec![
                int(o, "/value").unwrap_or(0).into(),
                (o.get("globalDefault") == Some(&Value::Bool(true))).into(),
                text(o, "/preemptionPolicy").into(),
            ]
        }),
        _ => return None,
    };
    Some(columns)
}

fn core_columns(resource: &Resource) -> Option<Columns> {
    let columns: Columns = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => (&["Ready", "Status", "Restarts"], pod),
        ("", "Service") => (&["Type", "Cluster-IP", "External-IP", "Port(s)"], |o, _| {
            vec![
                text(o, "/spec/type").into(),
                or(text(o, "/spec/clusterIP"), "<none>").into(),
                external(o).into(),
                ports(o).into(),
            ]
        }),
        ("", "Namespace") => (&["Status"], |o, _| vec![text(o, "/status/phase").into()]),
        ("", "ConfigMap") => (&["Data"], |o, _| vec![count(o, &["data", "binaryData"]).into()]),
        ("", "Secret") => {
            (&["Type", "Data"], |o, _| vec![text(o, "/type").into(), count(o, &["data"]).into()])
        }
        ("", "ServiceAccount") => (&["Secrets"], |o, _| vec![items(o, "/secrets").len().into()]),
        ("", "PersistentVolumeClaim") => (
            &[
                "Status",
                "Volume",
                "Capacity",
                "Access Modes",
                "StorageClass",
                "VolumeAttributesClass",
            ],
            claim,
        ),
        ("", "Endpoints") => (&["Endpoints"], |_, _| vec!["<none>".into()]),
        ("", "Event") => (&["Type", "Reason", "Object", "Message"], |o, _| {
            let about = format!(
                "{}/{}",
                text(o, "/involvedObject/kind").to_lowercase(),
                text(o, "/involvedObject/name")
            );
            vec![
                text(o, "/type").into(),
                text(o, "/reason").into(),
                about.into(),
                text(o, "/message").into(),
            ]
        }),
        _ => return None,
    };
    Some(columns)
}

/// A `meta.k8s.io/v1` Table of the objects.
pub(crate) fn table(resource: &Resource, objects: &[Value], now: jiff::Timestamp) -> Value {
    if let Some(custom) = &resource.custom {
        return custom_table(&custom.columns, objects, now);
    }
    let (names, cells) = columns(resource);
    let created = matches!(names, ["Created At"]);
    let mut definitions = vec![definition("Name", "string", "name")];
    definitions.extend(names.iter().map(|name| definition(name, "string", "")));
    if !created {
        definitions.push(definition("Age", "string", ""));
    }
    let rows = objects
        .iter()
        .map(|object| {
            let mut row = vec![meta_text(object, "name").into()];
            row.extend(cells(object, now));
            if !created {
                row.push(age(object, now).into());
            }
            row_of(object, &row)
        })
        .collect::<Vec<_>>();
    finish(&definitions, &rows)
}

fn custom_table(columns: &[Value], objects: &[Value], now: jiff::Timestamp) -> Value {
    let mut definitions = vec![definition("Name", "string", "name")];
    for column in columns {
        let mut one =
            definition(text(column, "/name"), text(column, "/type"), text(column, "/format"));
        crate::value::put(&mut one, "priority", Some(int(column, "/priority").unwrap_or(0).into()));
        definitions.push(one);
    }
    let rows = objects
        .iter()
        .map(|object| {
            let mut row = vec![meta_text(object, "name").into()];
            for column in columns {
                let found = json_path(object, text(column, "/jsonPath"));
                row.push(match (text(column, "/type"), found) {
                    ("date", found) => {
                        since(found.and_then(Value::as_str).unwrap_or_default(), now, "<unknown>")
                            .into()
                    }
                    (_, Some(found)) => found.clone(),
                    (_, None) => Value::Null,
                });
            }
            row_of(object, &row)
        })
        .collect::<Vec<_>>();
    finish(&definitions, &rows)
}

/// The simple paths that printer columns use: `.spec.a[0].b` and `.status.conditions[?(@.type=="Ready")].status`.
fn json_path<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(filter) = rest.strip_prefix("[?(@.") {
            let (condition, after) = filter.split_once(")]")?;
            let (key, wanted) = condition.split_once("==")?;
            let wanted = wanted.trim().trim_matches(['"', '\'']);
            at = at
                .as_array()?
                .iter()
                .find(|item| item.get(key.trim()).and_then(Value::as_str) == Some(wanted))?;
            rest = after;
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            at = match index.trim_matches(['"', '\'']).parse::<usize>() {
                Ok(index) => at.get(index)?,
                Err(_) => at.get(index.trim_matches(['"', '\'']))?,
            };
            rest = after;
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            at = at.get(name)?;
            rest = after;
        }
    }
    Some(at)
}

fn finish(definitions: &[Value], rows: &[Value]) -> Value {
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": definitions, "rows": rows})
}

fn definition(name: &str, kind: &str, format: &str) -> Value {
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": 0})
}

fn row_of(object: &Value, cells: &[Value]) -> Value {
    json!({"cells": cells, "object": crate::api::read::metadata_only(object)})
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn pairs(labels: Option<&serde_json::Map<String, Value>>) -> String {
    let pairs: Vec<String> =
        labels.into_iter().flatten().map(|(k, v)| format!("{k}={}", plain(v))).collect();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

fn count(object: &Value, fields: &[&str]) -> usize {
    fields
        .iter()
        .filter_map(|field| object.get(*field).and_then(Value::as_object))
        .map(serde_json::Map::len)
        .sum()
}

fn age(object: &Value, now: jiff::Timestamp) -> String {
    since(meta_text(object, "creationTimestamp"), now, "<unknown>")
}

/// A duration as kubectl writes it.
fn since(time: &str, now: jiff::Timestamp, unknown: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => duration(now.as_second() - time.as_second()),
        Err(_) => unknown.to_owned(),
    }
}

fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |big: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match seconds {
        ..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        _ => two(days / 365, "y", days % 365, "d"),
    }
}

fn job(object: &Value, now: jiff::Timestamp) -> Vec<Value> {
    let condition = |kind: &str| {
        items(object, "/status/conditions")
            .iter()
            .any(|c| text(c, "/type") == kind && text(c, "/status") == "True")
    };
    let status = if condition("Complete") {
        "Complete"
    } else if condition("Failed") {
        "Failed"
    } else if condition("Suspended") {
        "Suspended"
    } else {
        "Running"
    };
    let done = int(object, "/status/succeeded").unwrap_or(0);
    let wanted = int(object, "/spec/completions").unwrap_or(1);
    let end = text(object, "/status/completionTime").parse().unwrap_or(now);
    let took = since(text(object, "/status/startTime"), end, "");
    vec![status.into(), format!("{done}/{wanted}").into(), took.into()]
}

fn pod(object: &Value, _: jiff::Timestamp) -> Vec<Value> {
    let statuses = items(object, "/status/containerStatuses");
    let ready = statuses.iter().filter(|s| s.get("ready") == Some(&Value::Bool(true))).count();
    let total = items(object, "/spec/containers").len();
    let restarts: i64 = statuses.iter().filter_map(|s| int(s, "/restartCount")).sum();
    let waiting =
        statuses.iter().map(|s| text(s, "/state/waiting/reason")).find(|reason| !reason.is_empty());
    let status = waiting.unwrap_or_else(|| text(object, "/status/phase"));
    vec![format!("{ready}/{total}").into(), status.into(), restarts.to_string().into()]
}

fn external(object: &Value) -> String {
    let ingress: Vec<String> = items(object, "/status/loadBalancer/ingress")
        .iter()
        .map(|i| or(text(i, "/ip"), text(i, "/hostname")).to_owned())
        .collect();
    match text(object, "/spec/type") {
        "ExternalName" => text(object, "/spec/externalName").to_owned(),
        "LoadBalancer" if ingress.is_empty() => "<pending>".to_owned(),
        _ if ingress.is_empty() => "<none>".to_owned(),
        _ => ingress.join(","),
    }
}

fn ports(object: &Value) -> String {
    let ports: Vec<String> = items(object, "/spec/ports")
        .iter()
        .map(|port| {
            let number = int(port, "/port").unwrap_or(0);
            let node = int(port, "/nodePort").map(|n| format!(":{n}")).unwrap_or_default();
            format!("{number}{node}/{}", text(port, "/protocol"))
        })
        .collect();
    if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") }
}

fn claim(object: &Value, _: jiff::Timestamp) -> Vec<Value> {
    let modes: Vec<&str> = items(object, "/status/accessModes")
        .iter()
        .filter_map(Value::as_str)
        .map(|mode| match mode {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        })
        .collect();
    vec![
        text(object, "/status/phase").into(),
        text(object, "/spec/volumeName").into(),
        text(object, "/status/capacity/storage").into(),
        modes.join(",").into(),
        text(object, "/spec/storageClassName").into(),
        or(text(object, "/spec/volumeAttributesClassName"), "<unset>").into(),
    ]
}

fn autoscaler(object: &Value, _: jiff::Timestamp) -> Vec<Value> {
    let targets: Vec<String> = items(object, "/spec/metrics")
        .iter()
        .map(|metric| {
            let wanted = int(metric, "/resource/target/averageUtilization");
            let name = text(metric, "/resource/name");
            wanted.map_or_else(
                || "<unknown>".to_owned(),
                |wanted| format!("{name}: <unknown>/{wanted}%"),
            )
        })
        .collect();
    let reference = format!(
        "{}/{}",
        text(object, "/spec/scaleTargetRef/kind"),
        text(object, "/spec/scaleTargetRef/name")
    );
    vec![
        reference.into(),
        targets.join(", ").into(),
        int(object, "/spec/minReplicas").map_or_else(|| "<unset>".into(), |n| n.to_string().into()),
        int(object, "/spec/maxReplicas").unwrap_or(0).into(),
        int(object, "/status/currentReplicas").unwrap_or(0).into(),
    ]
}

fn ingress(object: &Value, _: jiff::Timestamp) -> Vec<Value> {
    let hosts: Vec<&str> = items(object, "/spec/rules")
        .iter()
        .map(|rule| text(rule, "/host"))
        .filter(|h| !h.is_empty())
        .collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") };
    let ports = if items(object, "/spec/tls").is_empty() { "80" } else { "80, 443" };
    let address = match external(object) {
        none if none == "<none>" => String::new(),
        address => address,
    };
    vec![
        or(text(object, "/spec/ingressClassName"), "<none>").into(),
        hosts.into(),
        address.into(),
        ports.into(),
    ]
}

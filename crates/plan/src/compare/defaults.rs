//! What the API server of Kubernetes does to values of its own kinds.

use serde_json::Value;

use crate::path::Path;

/// Groups that are compiled into the API server: their values have a canonical form. The schemas
/// inside CRDs are stored as they are written, so that group is not among them.
const BUILT_IN: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Maps whose values are quantities: the key that holds the map's holder, the map's key.
const QUANTITY_MAPS: &[(&str, &str)] = &[
    ("limits", "default"),
    ("limits", "defaultRequest"),
    ("limits", "max"),
    ("limits", "maxLimitRequestRatio"),
    ("limits", "min"),
    ("overhead", "podFixed"),
    ("resources", "limits"),
    ("resources", "requests"),
    ("spec", "capacity"),
    ("spec", "hard"),
    ("spec", "overhead"),
];

/// Fields that are quantities: the key that holds the field's holder, the field's key.
const QUANTITIES: &[(&str, &str)] = &[
    ("emptyDir", "sizeLimit"),
    ("resourceFieldRef", "divisor"),
    ("target", "averageValue"),
    ("target", "value"),
];

/// Maps that the API server drops when they are empty.
const DROPPED_WHEN_EMPTY: &[&str] = &[
    "annotations",
    "binaryData",
    "data",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "parameters",
    "requests",
];

/// Fields that the API server fills in inside values that are replaced as a whole: the key that
/// holds the value, the field, its default as JSON.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("fieldRef", "apiVersion", r#""v1""#),
    ("ports", "protocol", r#""TCP""#),
    ("resourceFieldRef", "divisor", r#""0""#),
    ("roleRef", "apiGroup", r#""rbac.authorization.k8s.io""#),
    ("rules", "scope", r#""*""#),
    ("serviceAccountToken", "expirationSeconds", "3600"),
    ("spec", "volumeMode", r#""Filesystem""#),
    ("subjects", "apiGroup", r#""rbac.authorization.k8s.io""#),
    ("volumeClaimTemplates", "apiVersion", r#""v1""#),
    ("volumeClaimTemplates", "kind", r#""PersistentVolumeClaim""#),
    ("volumeClaimTemplates", "status", r#"{"phase":"Pending"}"#),
];

/// Whether a group is compiled into the API server.
pub(crate) fn is_built_in(group: &str) -> bool {
    BUILT_IN.contains(&group)
}

/// Whether the value of a built-in kind at this place is a quantity.
pub(crate) fn is_quantity(path: &Path<'_>) -> bool {
    let mut keys = path.keys_upwards();
    let Some((field, holder)) = keys.next().zip(keys.next()) else { return false };
    let in_map = keys.next().is_some_and(|above| QUANTITY_MAPS.contains(&(above, holder)));
    in_map || QUANTITIES.contains(&(holder, field))
}

/// Whether an empty value at this place of a built-in kind is stored as nothing.
pub(crate) fn is_dropped_when_empty(path: &Path<'_>, value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        _ => path.last_key().is_some_and(|key| DROPPED_WHEN_EMPTY.contains(&key)),
    }
}

/// Whether the API server fills this field in where it is not declared, at this place.
pub(crate) fn is_default(path: &Path<'_>, field: &str, value: &Value) -> bool {
    let Some(holder) = path.last_key() else { return false };
    let fits = |(at, key, _): &&(&str, &str, &str)| *at == holder && *key == field;
    let text = value.to_string();
    DEFAULTS.iter().find(fits).is_some_and(|(_, _, default)| text == *default)
}

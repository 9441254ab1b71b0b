//! Label selectors of Kubernetes.

use serde_json::Value;

/// Whether a selector (`matchLabels`, `matchExpressions`) selects these labels.
///
/// An empty selector selects everything; one that cannot be understood selects nothing.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object() else { return false };
    let label = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = match selector.get("matchLabels") {
        None | Some(Value::Null) => true,
        Some(Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, value)| value.as_str().is_some() && label(key) == value.as_str()),
        Some(_) => false,
    };
    let expressions = match selector.get("matchExpressions") {
        None | Some(Value::Null) => true,
        Some(Value::Array(all)) => all.iter().all(|one| expression(one, &label) == Some(true)),
        Some(_) => false,
    };
    equal && expressions
}

fn expression<'a>(one: &Value, label: &impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    let found = label(one.get("key")?.as_str()?);
    let values = one.get("values").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let listed = || found.is_some_and(|found| values.iter().any(|v| v.as_str() == Some(found)));
    match one.get("operator")?.as_str()? {
        "In" => Some(listed()),
        "NotIn" => Some(!listed()),
        "Exists" => Some(found.is_some()),
        "DoesNotExist" => Some(found.is_none()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_selects_as_kubernetes_does() {
        let labels = json!({"app": "api", "tier": "web"});
        for (selector, expected) in [
            (json!({}), true),
            (json!(null), false),
            (json!({"matchLabels": {"app": "api"}}), true),
            (json!({"matchLabels": {"app": "api", "tier": "db"}}), false),
            (json!({"matchLabels": {"other": "api"}}), false),
            (json!({"matchLabels": "app"}), false),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "api"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "gone", "operator": "NotIn", "values": ["api"]}]}),
                true,
            ),
            (json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}), false),
            (json!({"matchExpressions": [{"key": "app", "operator": "Like"}]}), false),
            (json!({"matchExpressions": [{"operator": "Exists"}]}), false),
            (
                json!({"matchLabels": {"app": "api"}, "matchExpressions": [{"key": "gone", "operator": "Exists"}]}),
                false,
            ),
        ] {
            assert_eq!(selects(&selector, &labels), expected, "{selector}");
        }
    }
}

//! The normal forms: without what the service fills in, and sorted where order says nothing.

use serde_json::{Map, Value, json};

use super::schedule::moment;

/// A target, declared or described.
pub(super) fn target(spec: &Value) -> Map<String, Value> {
    let members = [
        "serviceNamespace",
        "resourceId",
        "scalableDimension",
        "minCapacity",
        "maxCapacity",
        "roleARN",
        "suspendedState",
    ];
    let mut out = pick(spec, &members);
    // Everything but EMR and custom resources has a role of the service, whatever is asked for.
    if !["elasticmapreduce", "custom-resource"]
        .contains(&super::api::text(spec, "serviceNamespace"))
    {
        out.remove("roleARN");
    }
    if let Some(state) = below(&mut out, "suspendedState") {
        state.retain(|_, suspended| suspended != false);
    }
    prune(&mut out);
    out
}

/// A policy or scheduled action, declared or described.
pub(super) fn policy(spec: &Value) -> Map<String, Value> {
    let mut out = pick(
        spec,
        &[
            "serviceNamespace",
            "resourceId",
            "scalableDimension",
            "policyType",
            "stepScalingPolicyConfiguration",
            "targetTrackingScalingPolicyConfiguration",
            "predictiveScalingPolicyConfiguration",
            "schedule",
            "timezone",
            "startTime",
            "endTime",
            "scalableTargetAction",
        ],
    );
    if let Some(steps) = below(&mut out, "stepScalingPolicyConfiguration") {
        drop_defaults(
            steps,
            &[
                ("metricAggregationType", json!("Average")),
                ("cooldown", json!(300)),
                ("minAdjustmentMagnitude", json!(0)),
            ],
        );
        sort(steps, "stepAdjustments");
    }
    if let Some(track) = below(&mut out, "targetTrackingScalingPolicyConfiguration") {
        drop_defaults(
            track,
            &[
                ("disableScaleIn", json!(false)),
                ("scaleOutCooldown", json!(300)),
                ("scaleInCooldown", json!(300)),
            ],
        );
        if let Some(metric) = below(track, "customizedMetricSpecification") {
            sort(metric, "dimensions");
            let queries = metric.get_mut("metrics").and_then(Value::as_array_mut);
            for query in queries.into_iter().flatten().filter_map(Value::as_object_mut) {
                drop_defaults(query, &[("returnData", json!(true))]);
                let metric = below(query, "metricStat").and_then(|stat| below(stat, "metric"));
                metric.into_iter().for_each(|metric| sort(metric, "dimensions"));
            }
        }
    }
    drop_defaults(&mut out, &[("timezone", json!("UTC"))]);
    for member in ["startTime", "endTime"] {
        if let Some(time) = out.get(member).and_then(moment) {
            out.insert(member.to_owned(), time.to_string().into());
        }
    }
    out.values_mut().for_each(whole);
    prune(&mut out);
    out
}

fn pick(spec: &Value, members: &[&str]) -> Map<String, Value> {
    let value = |member: &&str| Some(((*member).to_owned(), spec.get(*member)?.clone()));
    members.iter().filter_map(value).collect()
}

fn below<'a>(map: &'a mut Map<String, Value>, member: &str) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(member)?.as_object_mut()
}

fn drop_defaults(map: &mut Map<String, Value>, defaults: &[(&str, Value)]) {
    for (member, default) in defaults {
        if map.get(*member) == Some(default) {
            map.remove(*member);
        }
    }
}

fn sort(map: &mut Map<String, Value>, member: &str) {
    if let Some(Value::Array(items)) = map.get_mut(member) {
        items.iter_mut().for_each(whole);
        items.sort_by_cached_key(ToString::to_string);
    }
}

/// `75.0` is `75`.
fn whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15) {
                #[allow(clippy::cast_possible_truncation)] // checked just above
                let whole = float as i64;
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Object(map) => map.values_mut().for_each(whole),
        _ => {}
    }
}

/// Drops nulls and empty lists and maps, at any depth of maps.
fn prune(map: &mut Map<String, Value>) {
    map.values_mut().filter_map(Value::as_object_mut).for_each(prune);
    map.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_says_in_other_words_is_the_same() {
        let declared = json!({
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 75, "scaleInCooldown": 300,
                "customizedMetricSpecification": {"metricName": "m", "namespace": "n",
                    "dimensions": [{"name": "b", "value": "1"}, {"name": "a", "value": "2"}]}
            },
            "startTime": "2030-01-01T09:00:00+09:00", "timezone": "UTC",
        });
        let described = json!({
            "policyARN": "arn", "creationTime": 1.5, "alarms": [{"alarmName": "x"}],
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 75.0, "disableScaleIn": false,
                "customizedMetricSpecification": {"metricName": "m", "namespace": "n",
                    "dimensions": [{"value": "2", "name": "a"}, {"value": "1", "name": "b"}]}
            },
            "startTime": 1_893_456_000.0,
        });
        assert_eq!(policy(&declared), policy(&described));
        assert_eq!(policy(&declared)["startTime"], "2030-01-01T00:00:00Z");
    }

    #[test]
    fn a_target_keeps_what_was_said() {
        let spec = json!({"serviceNamespace": "ecs", "resourceId": "service/c/s", "minCapacity": 0,
            "roleARN": "arn", "scalableTargetARN": "arn", "creationTime": 1,
            "suspendedState": {"dynamicScalingInSuspended": false, "scheduledScalingSuspended": true}});
        insta::assert_snapshot!(Value::Object(target(&spec)), @r#"{"minCapacity":0,"resourceId":"service/c/s","serviceNamespace":"ecs","suspendedState":{"scheduledScalingSuspended":true}}"#);
    }
}

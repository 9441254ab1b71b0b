//! Masking.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value)]

use proptest::prelude::*;
use serde_json::{Value, json};
use suimon_plan::{MASK_PREFIX, Mask, is_masked};

fn masked(mut object: Value) -> Value {
    Mask::new("key").object(&mut object);
    object
}

fn secret(body: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    for (key, value) in body.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

#[test]
fn data_and_string_data_of_equal_content_are_equal() {
    let plain = masked(secret(json!({"stringData": {"k": "hunter2", "e": ""}})));
    for data in [
        json!({"data": {"k": "aHVudGVyMg==", "e": ""}}),
        json!({"data": {"k": "aHVu\ndGVyMg==\n", "e": ""}}),
        json!({"data": {"k": "aHVudGVyMg==", "e": null}}),
        json!({"data": {"k": "b3RoZXI="}, "stringData": {"k": "hunter2", "e": null}}),
        json!({"data": {"k": "aHVudGVyMg=="}, "stringData": {"e": ""}}),
    ] {
        assert_eq!(masked(secret(data.clone())), plain, "{data}");
    }
    assert!(plain.get("stringData").is_none() && is_masked(&plain["data"]["k"]));
}

#[test]
fn other_content_place_name_or_key_gives_another_digest() {
    let one = |data: Value| masked(secret(data))["data"].clone();
    let first = one(json!({"stringData": {"k": "hunter2"}}))["k"].clone();
    for other in [
        one(json!({"stringData": {"k": "hunter3"}}))["k"].clone(),
        one(json!({"stringData": {"l": "hunter2"}}))["l"].clone(),
        one(json!({"data": {"k": "hunter2"}}))["k"].clone(),
        one(json!({"data": {"k": 1}}))["k"].clone(),
        one(json!({"data": {"k": "not base64!"}}))["k"].clone(),
        one(json!({"data": "hunter2"})),
    ] {
        assert!(is_masked(&other), "{other}");
        assert_ne!(other, first);
    }
    let mut same = secret(json!({"stringData": {"k": "hunter2"}}));
    Mask::new("another key").object(&mut same);
    assert_ne!(same["data"]["k"], first);
    let mut renamed = secret(json!({"stringData": {"k": "hunter2"}}));
    renamed["metadata"]["name"] = json!("t");
    assert_ne!(masked(renamed)["data"]["k"], first);
}

#[test]
fn only_core_secrets_and_copies_of_objects_are_masked() {
    let copy = "kubectl.kubernetes.io/last-applied-configuration";
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"},
        "metadata": {"name": "c", "annotations": {"a": "b", copy: "{\"data\":{\"k\":\"v\"}}"}},
    });
    let after = masked(config.clone());
    assert!(is_masked(&after["metadata"]["annotations"][copy]));
    assert_eq!(after["metadata"]["annotations"]["a"], "b");
    assert_eq!(after["data"], config["data"]);
    let aws = json!({
        "apiVersion": "secretsmanager.services.k8s.aws/v1alpha1", "kind": "Secret",
        "metadata": {"name": "s"}, "data": {"k": "v"}, "spec": {"name": "x"},
    });
    assert_eq!(masked(aws.clone()), aws);
    for odd in [json!(null), json!("text"), json!([1]), json!({"kind": "Secret", "metadata": 3})] {
        assert_eq!(masked(odd.clone()), odd);
    }
}

#[test]
fn lists_are_looked_into_also_where_items_do_not_say_their_kind() {
    let item = |kind: Option<&str>| {
        let mut item = json!({"metadata": {"name": "s"}, "stringData": {"k": "hunter2"}});
        if let Some(kind) = kind {
            item["kind"] = json!(kind);
            item["apiVersion"] = json!("v1");
        }
        item
    };
    for list in [
        json!({"kind": "List", "apiVersion": "v1", "items": [item(Some("Secret"))]}),
        json!({"kind": "SecretList", "apiVersion": "v1", "items": [item(None)]}),
        json!({"kind": "SecretList", "apiVersion": "v1", "items": [item(Some("Secret"))]}),
        json!({"kind": "List", "items": [{"kind": "SecretList", "items": [item(None)]}]}),
    ] {
        let text = masked(list).to_string();
        assert!(!text.contains("hunter2") && text.contains(MASK_PREFIX), "{text}");
    }
}

#[test]
fn the_key_is_not_printed_and_the_digest_is_hmac_sha256() {
    let mask = Mask::new("key");
    assert_eq!(format!("{mask:?}"), "Mask(..)");
    let quick = mask.digest("The quick brown fox jumps over the lazy dog");
    assert_eq!(quick, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    // RFC 4231, test case 6: a key longer than a block.
    let long = Mask::new([0xaa; 131]);
    assert_eq!(
        long.digest("Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
    for not in [json!("x"), json!(MASK_PREFIX), json!(format!("{MASK_PREFIX}00")), json!(1)] {
        assert!(!is_masked(&not), "{not}");
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "CANARY[a-zA-Z0-9+/= !]{0,12}".prop_map(Value::from),
        "Q0FOQVJZ([A-Za-z0-9]{4}){0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z.]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever `data` and `stringData` are, no value of theirs is left.
    #[test]
    fn no_secret_value_is_left(data in json_value(), strings in json_value()) {
        let object = masked(secret(json!({"data": data, "stringData": strings})));
        let text = object.to_string();
        prop_assert!(!text.contains("CANARY") && !text.contains("Q0FOQVJZ"), "{}", text);
    }
}

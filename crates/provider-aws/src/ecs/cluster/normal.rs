//! The normal form of clusters.

use serde_json::{Map, Value, json};

use super::super::json::{below, drop_defaults, is_open, items, list, prune, sort, tag_map, text};
use super::NAMESPACE;
use crate::marks;
use crate::resource::{Declared, Live};

/// What is declared of a cluster, or described: without what the service fills in, and sorted.
pub(super) fn normal(cluster: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    for member in [
        "settings",
        "configuration",
        "capacityProviders",
        "defaultCapacityProviderStrategy",
        "serviceConnectDefaults",
    ] {
        if let Some(value) = cluster.get(member) {
            out.insert(member.to_owned(), value.clone());
        }
    }
    sort(&mut out, "settings", &["name"]);
    sort(&mut out, "capacityProviders", &[]);
    let zero = [("weight", json!(0)), ("base", json!(0))];
    items(&mut out, "defaultCapacityProviderStrategy").for_each(|item| drop_defaults(item, &zero));
    sort(&mut out, "defaultCapacityProviderStrategy", &["capacityProvider"]);
    if let Some(configuration) = below(&mut out, "configuration") {
        if let Some(command) = below(configuration, "executeCommandConfiguration") {
            drop_defaults(command, &[("logging", json!("DEFAULT")), ("kmsKeyId", json!(""))]);
            let off = [
                ("cloudWatchEncryptionEnabled", json!(false)),
                ("s3EncryptionEnabled", json!(false)),
                ("cloudWatchLogGroupName", json!("")),
                ("s3BucketName", json!("")),
                ("s3KeyPrefix", json!("")),
            ];
            if let Some(log) = below(command, "logConfiguration") {
                drop_defaults(log, &off);
            }
        }
        if let Some(storage) = below(configuration, "managedStorageConfiguration") {
            storage.retain(|_, value| value != "");
        }
    }
    if let Some(defaults) = below(&mut out, "serviceConnectDefaults") {
        drop_defaults(defaults, &[("namespace", json!(""))]);
    }
    prune(&mut out);
    out
}

/// What will be live once the declaration is applied.
pub(super) fn wanted(declared: &Declared, live: Option<&Live>) -> Value {
    let mut out = normal(&declared.spec);
    out.insert("name".to_owned(), declared.text("name").into());
    let none = Value::Null;
    let is = live.map_or(&none, |live| &live.spec);
    // Settings have defaults of the account: what is not declared is the account's to say.
    let mut settings: Vec<Value> = list(&Value::Object(out.clone()), "settings").to_vec();
    for setting in list(is, "settings") {
        if settings.iter().all(|other| text(other, "name") != text(setting, "name")) {
            settings.push(setting.clone());
        }
    }
    out.insert("settings".to_owned(), Value::Array(settings));
    sort(&mut out, "settings", &["name"]);
    if let (Some(live), Some(defaults)) = (live, below(&mut out, "serviceConnectDefaults")) {
        let name = defaults.get("namespace").and_then(Value::as_str).unwrap_or_default();
        let made = is.pointer("/serviceConnectDefaults/namespace").and_then(Value::as_str);
        if let Some(made) = made
            && live.tags.get(NAMESPACE) == Some(&namespace_mark(name, made))
        {
            defaults.insert("namespace".to_owned(), made.into());
        }
    }
    let tags = match declared.tags() {
        Some(tags) => tags,
        None => live.map(|live| marks::visible(&live.tags)).unwrap_or_default(),
    };
    if let Some(tags) = tag_map(&tags) {
        out.insert("tags".to_owned(), tags);
    }
    prune(&mut out);
    Value::Object(out)
}

/// The mark that says which name an ARN was made of.
pub(super) fn namespace_mark(name: &str, arn: &str) -> String {
    format!("{name}@{arn}")
}

/// The name of a namespace that the service makes an ARN of.
pub(super) fn namespace_name(declared: &Declared) -> Option<&str> {
    let name = declared.spec.pointer("/serviceConnectDefaults/namespace")?.as_str()?;
    (!name.is_empty() && !name.starts_with("arn:") && !is_open(name)).then_some(name)
}

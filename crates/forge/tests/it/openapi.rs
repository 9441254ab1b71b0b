//! GitHub's own description of its API: what is asked, and what the fake answers, must fit it.
//!
//! `tests/fixtures/github-openapi.json` has the part that is used, reduced to what a validator reads, of the
//! npm package `@octokit/openapi`. Where the whole description is present (`SUIMON_GITHUB_OPENAPI`, or
//! `target/github-openapi/api.github.com.json`) the fixture is compared with it; with
//! `SUIMON_UPDATE_FIXTURES=1` it is written anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::server::{Call, Reply};

/// Version of the package that the fixture was made of.
const VERSION: &str = "23.0.2";

const OPERATIONS: &[(&str, &str)] = &[
    ("get", "/user"),
    ("get", "/repos/{owner}/{repo}"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("post", "/repos/{owner}/{repo}/pulls"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("patch", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"),
    ("get", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("delete", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("get", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
    ("get", "/repos/{owner}/{repo}/activity"),
];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github-openapi.json")
}

fn description() -> &'static Value {
    static READ: OnceLock<Value> = OnceLock::new();
    READ.get_or_init(|| {
        let text = std::fs::read_to_string(fixture()).expect("the fixture is readable");
        serde_json::from_str(&text).expect("the fixture is JSON")
    })
}

/// What the description has as an example of an answer.
pub(crate) fn example(method: &str, path: &str, status: u16) -> Value {
    let answer = &description()["paths"][path][method]["responses"][status.to_string()];
    answer.get("example").unwrap_or_else(|| panic!("{method} {path} {status}")).clone()
}

/// Every call fits: path, parameters, headers, body, and the fake's answer.
pub(crate) fn check(calls: &[Call]) {
    let mut wrong = Vec::new();
    for call in calls {
        if call.path() == "/graphql" {
            continue;
        }
        for why in violations(call) {
            wrong.push(format!("{}: {why}", call.line()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn violations(call: &Call) -> Vec<String> {
    let method = call.method.to_ascii_lowercase();
    let paths = description()["paths"].as_object().unwrap();
    let fitting = paths.iter().find(|(path, operations)| {
        operations.get(&method).is_some() && template(path, call.path()).is_some()
    });
    let Some((path, operations)) = fitting else { return vec!["no such operation".to_owned()] };
    let operation = &operations[&method];
    let mut wrong = Vec::new();
    let values = template(path, call.path()).unwrap();
    let query = call.query();
    let mut known = BTreeSet::new();
    for parameter in operation["parameters"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let value = match parameter["in"].as_str().unwrap() {
            "path" => values.get(name).map(|value| crate::server::decode(value)),
            _ => query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
        };
        known.insert(name);
        match value {
            Some(value) => {
                let value = typed(&parameter["schema"], &value);
                wrong.extend(against(&parameter["schema"], &value, name));
            }
            None if parameter["required"] == true => wrong.push(format!("{name} is missing")),
            None => {}
        }
    }
    let unknown = query.iter().filter(|(key, _)| !known.contains(key.as_str()));
    // Cursors and page numbers of a `Link` header are GitHub's own.
    let unknown = unknown.filter(|(key, _)| key != "page");
    wrong.extend(unknown.map(|(key, _)| format!("there is no parameter {key}")));
    match operation.get("requestBody") {
        Some(schema) => wrong.extend(against(schema, &call.json(), "body")),
        None if !call.body.is_empty() => wrong.push("it has no body".to_owned()),
        None => {}
    }
    if call.header("accept") != Some("application/vnd.github+json")
        || call.header("x-github-api-version") != Some("2022-11-28")
        || !call.header("user-agent").is_some_and(|agent| agent.starts_with("suimon/"))
    {
        wrong.push("the headers that GitHub recommends are missing".to_owned());
    }
    let answer = &operation["responses"][call.answer.status.to_string()];
    if let Some(schema) = answer.get("schema") {
        let body: Value = serde_json::from_slice(&call.answer.body).unwrap_or(Value::Null);
        wrong.extend(against(schema, &body, "answer"));
    }
    wrong
}

/// The values in a path that fits a template.
fn template<'a>(template: &'a str, path: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut values = BTreeMap::new();
    for (expected, found) in template.into_iter().zip(path) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                values.insert(name, found);
            }
            None if expected == found => {}
            None => return None,
        }
    }
    Some(values)
}

fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map_or(json!(text), |number| json!(number)),
        Some("boolean") => text.parse::<bool>().map_or(json!(text), |truth| json!(truth)),
        _ => json!(text),
    }
}

fn against(schema: &Value, value: &Value, what: &str) -> Vec<String> {
    static BUILT: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let key = schema.to_string();
    let known = BUILT.lock().unwrap().get(&key).cloned();
    let validator = known.unwrap_or_else(|| {
        let mut whole = schema.clone();
        whole["components"] = description()["components"].clone();
        let built = Arc::new(validator(&whole));
        BUILT.lock().unwrap().insert(key, built.clone());
        built
    });
    let errors = validator.iter_errors(value);
    errors.map(|error| format!("{what}{}: {error}", error.instance_path())).collect()
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
    options.should_validate_formats(true).build(schema).expect("the description has valid schemas")
}

/// The part of the whole description that is used.
fn extract(whole: &Value) -> Value {
    let mut wanted = BTreeSet::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (method, path) in OPERATIONS {
        let operation = &whole["paths"][path][method];
        assert!(operation.is_object(), "{method} {path}");
        paths
            .entry(path)
            .or_default()
            .insert((*method).to_owned(), reduce(whole, operation, &mut wanted));
    }
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    while let Some(name) = wanted.pop_first() {
        let all = &whole["components"]["schemas"];
        let reduced = schema(&all[&name], &mut wanted);
        schemas.insert(name, reduced);
        wanted.retain(|name| !schemas.contains_key(name));
    }
    json!({
        "package": "@octokit/openapi",
        "version": VERSION,
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn resolve<'a>(whole: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => whole.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn reduce(whole: &Value, operation: &Value, wanted: &mut BTreeSet<String>) -> Value {
    let mut reduced = Map::new();
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| {
        let parameter = resolve(whole, parameter);
        json!({
            "name": parameter["name"],
            "in": parameter["in"],
            "required": parameter["required"] == true,
            "schema": schema(&parameter["schema"], wanted),
        })
    });
    reduced.insert("parameters".to_owned(), parameters.collect());
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        reduced.insert("requestBody".to_owned(), schema(body, wanted));
    }
    let mut responses = Map::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let content = &resolve(whole, response)["content"]["application/json"];
        let mut kept = Map::new();
        if content["schema"].is_object() && status.starts_with(['2', '4']) {
            kept.insert("schema".to_owned(), schema(&content["schema"], wanted));
        }
        let examples = content["examples"].as_object().filter(|_| status.starts_with('2'));
        if let Some(example) = examples.and_then(|examples| examples.values().next()) {
            kept.insert("example".to_owned(), resolve(whole, example)["value"].clone());
        }
        responses.insert(status.clone(), Value::Object(kept));
    }
    reduced.insert("responses".to_owned(), Value::Object(responses));
    Value::Object(reduced)
}

/// A schema as a validator of JSON Schema reads it: no prose, and `nullable` (OpenAPI 3.0) as a type.
fn schema(value: &Value, wanted: &mut BTreeSet<String>) -> Value {
    let Some(fields) = value.as_object() else { return value.clone() };
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
        wanted.insert(reference.trim_start_matches("#/components/schemas/").to_owned());
        return json!({"$ref": reference});
    }
    let mut kept = Map::new();
    for (key, inner) in fields {
        let reduced = match key.as_str() {
            "properties" => {
                let each = inner.as_object().unwrap().iter();
                each.map(|(name, inner)| (name.clone(), schema(inner, wanted))).collect()
            }
            "items" | "additionalProperties" | "not" => schema(inner, wanted),
            "allOf" | "anyOf" | "oneOf" => {
                inner.as_array().unwrap().iter().map(|inner| schema(inner, wanted)).collect()
            }
            "type" | "format" | "enum" | "required" | "minLength" | "maxLength" | "minimum"
            | "maximum" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
            | "pattern" | "uniqueItems" => inner.clone(),
            _ => continue,
        };
        kept.insert(key.clone(), reduced);
    }
    match fields.get("nullable") {
        Some(Value::Bool(true)) => json!({"anyOf": [kept, {"type": "null"}]}),
        _ => Value::Object(kept),
    }
}

/// One line for each operation and schema, so that a difference can be read.
fn print(extract: &Value) -> String {
    let lines = |value: &Value| -> String {
        let each = value.as_object().unwrap().iter();
        let each: Vec<String> =
            each.map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        each.join(",\n")
    };
    format!(
        "{{\"package\":{},\"version\":{},\n\"paths\":{{\n{}}},\n\"components\":{{\"schemas\":{{\n{}}}}}}}\n",
        extract["package"],
        extract["version"],
        lines(&extract["paths"]),
        lines(&extract["components"]["schemas"])
    )
}

#[test]
fn the_fixture_is_what_github_publishes() {
    let named = std::env::var_os("SUIMON_GITHUB_OPENAPI").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let whole = named.unwrap_or_else(|| root.join("target/github-openapi/api.github.com.json"));
    let Ok(text) = std::fs::read_to_string(&whole) else {
        // Without the whole description the fixture is only checked for being whole itself.
        assert_eq!(description()["version"], VERSION);
        return;
    };
    let expected = print(&extract(&serde_json::from_str(&text).unwrap()));
    if std::env::var_os("SUIMON_UPDATE_FIXTURES").is_some() {
        std::fs::write(fixture(), &expected).unwrap();
    }
    let found = std::fs::read_to_string(fixture()).unwrap();
    assert!(
        found == expected,
        "run again with SUIMON_UPDATE_FIXTURES=1 and look at the difference"
    );
}

#[test]
fn the_fixture_has_every_operation() {
    assert_eq!(description()["version"], VERSION);
    for (method, path) in OPERATIONS {
        assert!(description()["paths"][path][method].is_object(), "{method} {path}");
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let call = |line: &str, body: Value, answer: Value| {
        let (method, target) = line.split_once(' ').unwrap();
        let headers = [
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            ("user-agent", "suimon/0.1.0"),
        ];
        Call {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            answer: Reply::json(201, &answer),
        }
    };
    let comment = example("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments", 201);
    let none = Value::Null;
    let post = "POST /repos/o/r/issues/1/comments";
    assert_eq!(violations(&call(post, json!({"body": "x"}), comment.clone())), [""; 0]);
    let cases = [
        ("GET /repos/o/r/pulls/1/branches", none.clone(), none.clone(), "no such operation"),
        (
            "GET /repos/o/r/pulls/one",
            none.clone(),
            none.clone(),
            "pull_number: \"one\" is not of type",
        ),
        (
            "GET /repos/o/r/pulls?stat=open",
            none.clone(),
            none.clone(),
            "there is no parameter stat",
        ),
        (
            "GET /repos/o/r/pulls?state=opened",
            none.clone(),
            none.clone(),
            "state: \"opened\" is not one of",
        ),
        (post, json!({"text": "x"}), comment.clone(), "body: \"body\" is a required property"),
        (post, json!({"body": 1}), comment.clone(), "body/body: 1 is not of type"),
        (
            post,
            json!({"body": "x"}),
            json!({"id": 1}),
            "answer: \"node_id\" is a required property",
        ),
        ("DELETE /repos/o/r/issues/comments/1", json!({}), none.clone(), "it has no body"),
    ];
    for (line, body, answer, expected) in cases {
        let found = violations(&call(line, body, answer));
        assert!(found.iter().any(|why| why.starts_with(expected)), "{line}: {found:#?}");
    }
    let mut bare = call("GET /user", none.clone(), none);
    bare.headers.clear();
    assert_eq!(violations(&bare), ["the headers that GitHub recommends are missing"]);
}

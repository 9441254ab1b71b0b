//! Shapes written as text.
//!
//! `name version roleArn subnets[] labels<> scaling{minSize:int maxSize:int} rules[{port:int}] any:json`: fields
//! by name; a text by default, `:int`, `:bool`, `:number`, `:json` (anything), `:tags`; `[]` after a name is a list
//! of texts, `[{…}]` of maps, `<>` a map of texts, `{…}` a map.

use serde_json::{Map, Value};

use super::{Problem, is_deferred, known_key, tags, unknown_key};

/// A parsed shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Text,
    Integer,
    Number,
    Boolean,
    Json,
    Tags,
    List(Box<Node>),
    Texts,
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Whether a map has a field, but for capitals.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(self, Self::Map(fields) if known_key(key, names(fields)).is_some())
    }

    /// The names of a map's fields.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Map(fields) => names(fields).collect(),
            _ => Vec::new(),
        }
    }
}

fn names(fields: &[(String, Node)]) -> impl Iterator<Item = &str> + Clone {
    fields.iter().map(|(name, _)| name.as_str())
}

/// Reads a shape. The texts are ours: what is not understood is a text field.
pub(crate) fn parse(text: &str) -> Node {
    let mut rest = text;
    Node::Map(fields(&mut rest))
}

fn fields(rest: &mut &str) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            *rest = after;
            return found;
        }
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if length == 0 {
            return found;
        }
        let (name, after) = rest.split_at(length);
        *rest = after;
        found.push((name.to_owned(), node(rest)));
    }
}

fn node(rest: &mut &str) -> Node {
    let mut eat = |prefix: &str| match rest.strip_prefix(prefix) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    };
    for (text, node) in [
        (":int", Node::Integer),
        (":bool", Node::Boolean),
        (":number", Node::Number),
        (":json", Node::Json),
        (":tags", Node::Tags),
        ("[]", Node::List(Box::new(Node::Text))),
        ("[int]", Node::List(Box::new(Node::Integer))),
        ("<>", Node::Texts),
    ] {
        if eat(text) {
            return node;
        }
    }
    if eat("[{") {
        let item = Node::Map(fields(rest));
        *rest = rest.strip_prefix(']').unwrap_or(rest);
        return Node::List(Box::new(item));
    }
    if eat("{") {
        return Node::Map(fields(rest));
    }
    Node::Text
}

/// The canonical form of a value, and what is wrong with it.
pub(super) fn canonical(
    node: &Node,
    value: &Value,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Value {
    let wrong = |what: &str, problems: &mut Vec<Problem>| {
        problems.push(Problem::new(path, format!("it must be {what}")));
        Value::Null
    };
    if is_deferred(value) && !matches!(node, Node::Map(_) | Node::List(_)) {
        return value.clone();
    }
    match (node, value) {
        (Node::Json, any) => any.clone(),
        (Node::Tags, any) => tags(any, path, problems),
        (Node::Text, Value::String(_)) | (Node::Boolean, Value::Bool(_)) => value.clone(),
        (Node::Text, Value::Number(_) | Value::Bool(_)) => Value::String(value.to_string()),
        (Node::Text, _) => wrong("a text", problems),
        (Node::Boolean, Value::String(text)) if text == "true" || text == "false" => {
            Value::Bool(text == "true")
        }
        (Node::Boolean, _) => wrong("true or false", problems),
        (Node::Integer | Node::Number, _) => number(node, value).unwrap_or_else(|| {
            wrong(if *node == Node::Integer { "a whole number" } else { "a number" }, problems)
        }),
        (Node::List(item), Value::Array(items)) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(at, one)| canonical(item, one, &format!("{path}[{at}]"), problems))
                .collect(),
        ),
        (Node::List(_), _) => wrong("a list", problems),
        (Node::Texts, Value::Object(map)) => Value::Object(
            map.iter()
                .map(|(key, one)| {
                    let path = format!("{path}.{key}");
                    if !one.is_string() {
                        let what = "it must be a text: write it in quotes";
                        problems.push(Problem::new(path, what));
                        return (key.clone(), Value::Null);
                    }
                    (key.clone(), one.clone())
                })
                .collect(),
        ),
        (Node::Map(fields), Value::Object(map)) => object(fields, map, path, problems),
        (Node::Texts | Node::Map(_), _) => wrong("a map", problems),
    }
}

fn number(node: &Node, value: &Value) -> Option<Value> {
    let parsed: Value = match value {
        Value::Number(_) => value.clone(),
        Value::String(text) => serde_json::from_str(text.trim()).ok().filter(Value::is_number)?,
        _ => return None,
    };
    match node {
        Node::Integer => match parsed.as_i64() {
            Some(whole) => Some(Value::from(whole)),
            None => {
                let float = parsed.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15)?;
                #[allow(clippy::cast_possible_truncation)] // checked just above
                Some(Value::from(float as i64))
            }
        },
        _ => Some(parsed),
    }
}

fn object(
    fields: &[(String, Node)],
    map: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut out = Map::new();
    for (key, value) in map {
        let path_of = format!("{path}.{key}");
        let Some(known) = known_key(key, names(fields)) else {
            problems.push(unknown_key(key, &path_of, names(fields)));
            continue;
        };
        if value.is_null() {
            continue;
        }
        let Some((_, node)) = fields.iter().find(|(name, _)| name == known) else { continue };
        let value = canonical(node, value, &path_of, problems);
        if out.insert(known.to_owned(), value).is_some() {
            problems.push(Problem::new(path_of, format!("`{known}` is there twice")));
        }
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, value: &Value) -> (Value, Vec<String>) {
        let mut problems = Vec::new();
        let out = canonical(&parse(text), value, "spec", &mut problems);
        let told = problems.into_iter().map(|p| {
            format!(
                "{}: {}{}",
                p.path,
                p.message,
                p.help.map_or(String::new(), |h| format!("; {h}"))
            )
        });
        (out, told.collect())
    }

    const SHAPE: &str = "name roleArn vpc{subnetIds[] public:bool} sizes{min:int} \
                         rules[{port:int labels<>}] any:json tags:tags";

    #[test]
    fn spellings_and_types_become_the_apis_own() {
        let (out, problems) = check(
            SHAPE,
            &json!({"Name": "x", "roleARN": "arn", "vpc": {"subnetIDs": ["a"], "public": "true"},
                "sizes": {"min": "3"}, "rules": [{"port": 80.0, "labels": {"a": "1"}}],
                "any": {"Deep": [null]}, "tags": [{"key": "a", "Value": "b"}]}),
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            out,
            json!({"name": "x", "roleArn": "arn", "vpc": {"subnetIds": ["a"], "public": true},
                "sizes": {"min": 3}, "rules": [{"port": 80, "labels": {"a": "1"}}],
                "any": {"Deep": [null]}, "tags": {"a": "b"}})
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_its_place() {
        let (_, problems) = check(
            SHAPE,
            &json!({"nam": "x", "vpc": [], "sizes": {"min": 1.5}, "rules": {"port": 1},
                "tags": {"aws:x": "1"}, "nothing": 1}),
        );
        insta::assert_snapshot!(problems.join("\n"), @r"
        spec.nam: there is no field `nam` here; did you mean `name`?
        spec.nothing: there is no field `nothing` here
        spec.rules: it must be a list
        spec.sizes.min: it must be a whole number
        spec.tags: the tag `aws:x` is not for declarations: suimon or AWS sets it
        spec.vpc: it must be a map
        ");
    }
}

//! The parts of a policy's syntax tree that matter before it is evaluated.

use serde_json::Value;

/// One file.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its path.
    pub(super) file: String,
    /// The package, without `data`.
    pub(super) package: Vec<String>,
    /// What a name stands for that is imported: `lib` for `data.common.lib`.
    pub(super) imports: Vec<(String, Vec<String>)>,
    /// Its rules and functions, one for each definition.
    pub(super) rules: Vec<Definition>,
}

/// One definition of a rule or of a function.
#[derive(Debug)]
pub(super) struct Definition {
    /// Its name; several parts for `a.b`.
    pub(super) name: Vec<String>,
    /// Whether it takes arguments.
    pub(super) is_function: bool,
    /// The names that it calls, and that stand for functions in `with`.
    pub(super) calls: Vec<Call>,
}

/// A name and its place.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: Vec<String>,
    pub(super) line: u32,
    pub(super) column: u32,
    /// Whether it is called here; else it is only named.
    pub(super) is_called: bool,
}

/// Reads the engine's syntax trees.
///
/// # Errors
/// When they cannot be read; an expression that is nested very deep.
pub(super) fn modules(json: &str) -> Result<Vec<Module>, String> {
    let trees: Vec<Value> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    trees
        .iter()
        .map(|tree| module(tree).ok_or_else(|| "an unknown syntax tree".to_owned()))
        .collect()
}

fn module(tree: &Value) -> Option<Module> {
    let file = tree.pointer("/source/file")?.as_str()?.to_owned();
    let contents = tree.pointer("/source/contents")?.as_str()?;
    let ast = tree.get("ast")?;
    let imports = ast.get("imports")?.as_array()?.iter().filter_map(|one| import(one, contents));
    let rules = ast.get("rules")?.as_array()?.iter().map(definition);
    Some(Module {
        file,
        package: path(ast.pointer("/package/refr")?)?,
        imports: imports.collect(),
        rules: rules.collect::<Option<_>>()?,
    })
}

fn import(one: &Value, contents: &str) -> Option<(String, Vec<String>)> {
    let target = path(one.get("refr")?)?;
    let alias = one.get("as").and_then(|span| text(span, contents));
    Some((alias.or_else(|| target.last().cloned())?, target))
}

fn text(span: &Value, contents: &str) -> Option<String> {
    let at = |key: &str| span.get(key)?.as_u64().and_then(|at| usize::try_from(at).ok());
    contents.get(at("start")?..at("end")?).map(str::to_owned)
}

fn definition(rule: &Value) -> Option<Definition> {
    let (_, body) = rule.as_object()?.iter().next()?;
    let (refr, is_function) = match body.get("head") {
        Some(head) => {
            let (shape, head) = head.as_object()?.iter().next()?;
            (head.get("refr")?, shape == "Func")
        }
        None => {
            let args = body.get("args").and_then(Value::as_array);
            (body.get("refr")?, args.is_some_and(|args| !args.is_empty()))
        }
    };
    let mut calls = Vec::new();
    collect(body, &mut calls);
    Some(Definition { name: head_path(refr)?, is_function, calls })
}

/// The parts of a rule's name: those of `a.b["c"][x]` are `a`, `b`, `c`.
fn head_path(refr: &Value) -> Option<Vec<String>> {
    let mut node = refr;
    loop {
        if let Some(found) = path(node) {
            return Some(found);
        }
        node = node.as_object()?.values().next()?.get("refr")?;
    }
}

/// `a.b["c"]` as its parts; `None` for what is no such name.
fn path(expression: &Value) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut node = expression;
    loop {
        let (kind, body) = node.as_object()?.iter().next()?;
        match kind.as_str() {
            "Var" => {
                parts.push(body.get("value")?.as_str()?.to_owned());
                parts.reverse();
                return Some(parts);
            }
            "RefDot" => parts.push(body.pointer("/field/1")?.as_str()?.to_owned()),
            "RefBrack" => {
                let index = body.get("index")?.get("String")?;
                parts.push(index.get("value")?.as_str()?.to_owned());
            }
            _ => return None,
        }
        node = body.get("refr")?;
    }
}

/// Every call, and every dotted name, below a node.
fn collect(node: &Value, calls: &mut Vec<Call>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| collect(item, calls)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let called = (key == "Call").then(|| value.get("fcn")).flatten();
                let named = matches!(key.as_str(), "RefDot" | "RefBrack");
                if let Some(name) = called.and_then(path) {
                    calls.extend(call(name, value, true));
                } else if named && let Some(name) = path(node) {
                    calls.extend(call(name, value, false));
                }
                collect(value, calls);
            }
        }
        _ => {}
    }
}

fn call(name: Vec<String>, body: &Value, is_called: bool) -> Option<Call> {
    let span = |body: &Value, key: &str| u32::try_from(body.get("span")?.get(key)?.as_u64()?).ok();
    let callee = body.get("fcn").and_then(Value::as_object).and_then(|fcn| fcn.values().next());
    let (line, column) = match callee {
        Some(callee) => (span(first(callee), "line")?, span(first(callee), "col")?),
        None => (span(first(body), "line")?, span(first(body), "col")?),
    };
    Some(Call { name, line, column, is_called })
}

/// The innermost part of a name: where it begins.
fn first(body: &Value) -> &Value {
    let mut node = body;
    while let Some(inner) =
        node.get("refr").and_then(Value::as_object).and_then(|refr| refr.values().next())
    {
        node = inner;
    }
    node
}

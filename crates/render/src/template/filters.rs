//! The filters and functions that templates have besides Tera's own. All of them are pure.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use suimon_model::{DeferredRef, REF_MARKER_PREFIX, ResourceId};
use tera::value::ValueKind;
use tera::{Error, ErrorKind, Kwargs, State, Tera, TeraResult, Value};

/// Starts the texts of our own errors, so that the engine knows their code.
pub(super) const TAG: &str = "suimon:";

/// Registers everything.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("yaml", yaml);
    tera.register_filter("json", json);
    tera.register_filter("quote", quote);
    tera.register_filter("b64", b64);
    tera.register_filter("__must", must);
    tera.register_filter("__text", text);
    tera.register_filter("__out", out);
    tera.register_function("ref", reference);
}

fn tagged(code: &str, message: &str) -> Error {
    Error::message(format!("{TAG}{code}:{message}"))
}

/// Tera points an argument error at the value, not at the filter.
fn at_value(code: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument {
        expected_type: format!("{TAG}{code}:"),
        actual_type: String::new(),
    })
}

thread_local! {
    /// How many absent values the running template may still read as empty text.
    static TOLERATED: Cell<usize> = const { Cell::new(0) };
}

/// Runs with the first absent values tolerated, so that what a template lacks behind them is found.
pub(super) fn tolerating<T>(absent: usize, run: impl FnOnce() -> T) -> T {
    TOLERATED.set(absent);
    let result = run();
    TOLERATED.set(0);
    result
}

fn absent(code: &str) -> TeraResult<Value> {
    let left = TOLERATED.get().checked_sub(1).ok_or_else(|| at_value(code))?;
    TOLERATED.set(left);
    Ok(Value::from(""))
}

fn must(value: &Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    if value.is_undefined() { absent("undefined-variable") } else { Ok(value.clone()) }
}

fn text(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<Value> {
    if value.is_none() { absent("null-in-output") } else { must(value, kwargs, state) }
}

/// What `{{ … }}` prints: lists and mappings as JSON, which is YAML.
fn out(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<Value> {
    match value.kind() {
        ValueKind::Array | ValueKind::Map => plain(value).map(|v| Value::from(v.to_string())),
        _ => text(value, kwargs, state),
    }
}

fn plain(value: &Value) -> TeraResult<serde_json::Value> {
    serde_json::to_value(value).map_err(|_| tagged("template-error", "this value is not JSON"))
}

fn yaml(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let value = must(value, kwargs, state)?;
    Ok(crate::yaml::to_yaml(&plain(&value)?).trim_end_matches('\n').to_owned())
}

fn json(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let value = must(value, kwargs, state)?;
    Ok(plain(&value)?.to_string())
}

/// A double-quoted string, whatever the value's type.
fn quote(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let printed = out(value, kwargs, state)?;
    let printed = printed.as_str().map_or_else(|| printed.to_string(), str::to_owned);
    Ok(serde_json::Value::String(printed).to_string())
}

fn b64(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let value = must(value, kwargs, state)?;
    let Some(text) = value.as_str() else {
        return Err(tagged("template-error", "`b64` takes a string"));
    };
    if text.contains(REF_MARKER_PREFIX) {
        return Err(tagged("bad-ref", "a deferred value cannot be encoded: it is not known yet"));
    }
    Ok(STANDARD.encode(text))
}

/// `ref("Kind.group/name", "attribute")`.
// Tera hands the arguments over by value.
#[allow(clippy::needless_pass_by_value)]
fn reference(kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let argument = |name: &str| -> TeraResult<String> {
        let value = kwargs.get::<Value>(name)?;
        value
            .as_ref()
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| tagged("bad-ref", "`ref` takes two strings: an id and an attribute"))
    };
    let (id, attribute) = (argument("id")?, argument("attribute")?);
    if kwargs.iter().count() > 2 {
        return Err(tagged("bad-ref", "`ref` takes two strings: an id and an attribute"));
    }
    let target: ResourceId = id.parse().map_err(|_| {
        tagged("bad-ref", "the id is not of the form Kind[.group]/[namespace/]name")
    })?;
    if !is_attribute(&attribute) {
        return Err(tagged("bad-ref", "the attribute is not a name or a dotted path"));
    }
    if target.group.is_empty() && target.kind == "Secret" && attribute.starts_with("data") {
        return Err(tagged("secret-ref", "the data of a Secret cannot be copied into a manifest"));
    }
    Ok(DeferredRef::marker_for(&target, &attribute))
}

/// `arn`, `status.loadBalancer.ingress.0.hostname`, `spec.ports.[name=web].nodePort`.
fn is_attribute(attribute: &str) -> bool {
    let (mut plain, mut rest) = (String::new(), attribute);
    while let Some((before, behind)) = rest.split_once('[') {
        let Some((selector, after)) = behind.split_once(']') else { return false };
        let ended = after.is_empty() || after.starts_with(['.', '[']);
        let word = |c: char| c.is_ascii_alphanumeric() || "-_/.=\"".contains(c);
        if selector.is_empty() || !selector.chars().all(word) || !ended {
            return false;
        }
        // A selector counts as one part, also right behind a name: `ports[0]`.
        let dot = if before.is_empty() || before.ends_with('.') { "" } else { "." };
        plain.push_str(&format!("{before}{dot}0"));
        rest = after;
    }
    plain.push_str(rest);
    plain.split('.').all(|part| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::is_attribute;

    #[test]
    fn attributes_are_dotted_paths_with_selectors() {
        for good in [
            "arn",
            "status.loadBalancer.ingress.0.hostname",
            "spec.ports.[name=web].nodePort",
            "spec.ports[name=web].nodePort",
            "spec.ports[0]",
            "a[0][1].b",
            "metadata.labels.app.kubernetes.io/name",
        ] {
            assert!(is_attribute(good), "{good}");
        }
        for bad in
            ["", ".", "a.", ".a", "a b", "a[", "a]", "a[]", "a[0]b", "a..b", "a[x y]", "[0].."]
        {
            assert!(!is_attribute(bad), "{bad}");
        }
    }
}

//! Reads the tables of built-in types and resources.
//!
//! `types.txt` has one type a line: its name (`!` = atomic), then `field=type`. A field name may end in `*` (required).
//! A type is `s` string, `i` int32, `l` int64, `n` number, `b` boolean, `q` quantity, `x` int or string, `t` time,
//! `m` time with microseconds, `y` bytes, `*` anything, a type's name, `[keys]item`, `[=]item` (set), `[!]item`
//! (atomic), `{}item` or `{!}item` (atomic). After it: `+` written even when empty, `?` an explicit zero is kept,
//! `:value` default, `~key,retainKeys` strategic merge, `|a|b` the values allowed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{Field, ListKind, Object, PatchStrategy, Scalar, Schema, TypeRef};

/// One resource a line: group, version, plural, kind, singular, scope, short names, categories, subresources, type.
pub(crate) const BUILTIN_RESOURCES: &str = include_str!("resources.txt");

static TYPES: OnceLock<HashMap<&'static str, TypeRef>> = OnceLock::new();

/// The built-in type called `name`.
pub(crate) fn builtin(name: &str) -> Option<&'static TypeRef> {
    TYPES
        .get_or_init(|| include_str!("types.txt").lines().filter_map(parse_line).collect())
        .get(name)
}

fn parse_line(line: &'static str) -> Option<(&'static str, TypeRef)> {
    let mut words = line.split(' ');
    let head = words.next().filter(|head| !head.is_empty())?;
    let name = head.trim_end_matches('!');
    let fields: BTreeMap<String, Field> = words.filter_map(parse_field).collect();
    Some((
        name,
        Arc::new(Schema::Object(Object { fields, rest: None, atomic: head.ends_with('!') })),
    ))
}

fn parse_field(word: &'static str) -> Option<(String, Field)> {
    let (name, rest) = word.split_once('=')?;
    let (rest, allowed) = match rest.split_once('|') {
        Some((rest, values)) => {
            (rest, values.split('|').map(|v| if v == "\"\"" { "" } else { v }).collect())
        }
        None => (rest, Vec::new()),
    };
    let (rest, keeps_zero) = strip(rest, '?');
    let (rest, patch) = match rest.split_once('~') {
        Some((rest, patch)) => (rest, parse_patch(patch)),
        None => (rest, PatchStrategy::default()),
    };
    let (rest, default) = match rest.split_once(':') {
        Some((rest, default)) => (rest, Some(Value::from(default))),
        None => (rest, None),
    };
    let (rest, always) = strip(rest, '+');
    Some((
        name.trim_end_matches('*').to_owned(),
        Field {
            ty: parse_type(rest),
            always,
            keeps_zero,
            required: name.ends_with('*'),
            default,
            allowed,
            patch,
        },
    ))
}

fn strip(text: &'static str, mark: char) -> (&'static str, bool) {
    match text.strip_suffix(mark) {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

fn parse_patch(text: &'static str) -> PatchStrategy {
    let mut strategy = PatchStrategy::default();
    for part in text.split(',') {
        match part {
            "retainKeys" => strategy.retain_keys = true,
            "-" => strategy.merge = true,
            key => {
                strategy.merge = true;
                strategy.key = Some(key);
            }
        }
    }
    strategy
}

fn parse_type(text: &'static str) -> TypeRef {
    if let Some((keys, item)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let kind = match keys {
            "!" => ListKind::Atomic,
            "=" => ListKind::Set,
            keys => ListKind::Map(keys.split(',').map(str::to_owned).collect()),
        };
        return Arc::new(Schema::List { item: parse_type(item), kind });
    }
    if let Some((mark, item)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return Arc::new(Schema::Object(Object {
            fields: BTreeMap::new(),
            rest: Some(parse_type(item)),
            atomic: mark == "!",
        }));
    }
    Arc::new(match text.trim_end_matches('!') {
        "s" => Schema::Scalar(Scalar::String),
        "i" => Schema::Scalar(Scalar::Int32),
        "l" => Schema::Scalar(Scalar::Int64),
        "n" => Schema::Scalar(Scalar::Number),
        "b" => Schema::Scalar(Scalar::Bool),
        "q" => Schema::Scalar(Scalar::Quantity),
        "x" => Schema::Scalar(Scalar::IntOrString),
        "t" => Schema::Scalar(Scalar::Time),
        "m" => Schema::Scalar(Scalar::MicroTime),
        "y" => Schema::Scalar(Scalar::Bytes),
        "*" => Schema::Any,
        name => Schema::Named(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_tables_resolves() {
        fn check(schema: &Schema, at: &str) {
            match schema {
                Schema::Named(name) => {
                    assert!(builtin(name).is_some(), "{at}: {name} is not in types.txt");
                }
                Schema::List { item, .. } => check(item, at),
                Schema::Object(object) => object.rest.iter().for_each(|item| check(item, at)),
                _ => {}
            }
        }
        for line in include_str!("types.txt").lines() {
            let (name, schema) = parse_line(line).unwrap();
            let object = schema.object().unwrap();
            for (field, value) in &object.fields {
                check(&value.ty, &format!("{name}.{field}"));
            }
        }
        for line in BUILTIN_RESOURCES.lines() {
            assert!(builtin(line.split(' ').nth(9).unwrap()).is_some(), "{line}");
        }
    }
}

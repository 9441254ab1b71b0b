//! From the JSON that a client sends to the JSON that the API server would write for it.
//!
//! Built-in objects pass through Go structs there: unknown fields go, empty values that are not pointers go, nested
//! structs that are values appear, quantities and times are written canonically.

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::{
    quantity,
    schema::{Field, Scalar, Schema},
};

/// What decoding found that is no error unless the client asked for strictness.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    /// Paths of fields that the type does not have.
    pub(crate) unknown: Vec<String>,
}

/// Decodes `value` as the type; messages call it `kind`.
pub(crate) fn decode(
    schema: &Schema,
    kind: &str,
    value: &Value,
    leftovers: &mut Leftovers,
) -> Result<Value, String> {
    let mut decoder = Decoder { leftovers, path: Vec::new(), owner: kind.to_owned() };
    let decoded = decoder.value(schema, value)?;
    Ok(decoded.unwrap_or_else(|| Value::Object(Map::new())))
}

struct Decoder<'a> {
    leftovers: &'a mut Leftovers,
    path: Vec<String>,
    /// The struct that holds the field being read, for messages.
    owner: String,
}

impl Decoder<'_> {
    fn value(&mut self, schema: &Schema, value: &Value) -> Result<Option<Value>, String> {
        if value.is_null() {
            return Ok(None);
        }
        if let Schema::Named(name) = schema {
            (*name).clone_into(&mut self.owner);
        }
        match (schema.resolve(), value) {
            (Schema::Any, value) => Ok(Some(value.clone())),
            (Schema::Scalar(scalar), value) => self.scalar(*scalar, value).map(Some),
            (Schema::List { item, .. }, Value::Array(items)) => {
                let mut out = Vec::with_capacity(items.len());
                for (index, child) in items.iter().enumerate() {
                    self.path.push(format!("[{index}]"));
                    let child = self.value(item, child)?.unwrap_or_else(|| empty_of(item));
                    out.push(child);
                    self.path.pop();
                }
                Ok(Some(Value::Array(out)))
            }
            (Schema::Object(object), Value::Object(map)) => {
                let owner = self.owner.clone();
                let mut out = Map::new();
                for (name, child) in map {
                    self.path.push(if self.path.is_empty() {
                        name.clone()
                    } else {
                        format!(".{name}")
                    });
                    owner.clone_into(&mut self.owner);
                    if let Some(field) = object.fields.get(name) {
                        if let Some(child) = self.value(&field.ty, child)?
                            && keep(field, &child)
                        {
                            out.insert(name.clone(), child);
                        }
                    } else if let Some(rest) = &object.rest {
                        let child = self.entry(rest, name, child)?;
                        out.insert(name.clone(), child);
                    } else {
                        self.leftovers.unknown.push(self.path.concat());
                    }
                    self.path.pop();
                }
                for (name, field) in &object.fields {
                    if field.always && !out.contains_key(name) {
                        out.insert(name.clone(), empty_of(&field.ty));
                    }
                }
                Ok(Some(Value::Object(out)))
            }
            (schema, value) => Err(self.mismatch(go_kind(value), &go_type(schema, &self.owner))),
        }
    }

    /// An entry of a map; messages do not name its key.
    fn entry(&mut self, schema: &Schema, name: &str, value: &Value) -> Result<Value, String> {
        self.path.pop();
        self.path.push(format!("[{name}]"));
        Ok(self.value(schema, value)?.unwrap_or_else(|| empty_of(schema)))
    }

    fn scalar(&self, scalar: Scalar, value: &Value) -> Result<Value, String> {
        let wrong = |to: &str| Err(self.mismatch(go_kind(value), to));
        match scalar {
            Scalar::String => {
                if value.is_string() {
                    Ok(value.clone())
                } else {
                    wrong("string")
                }
            }
            Scalar::Bool => {
                if value.is_boolean() {
                    Ok(value.clone())
                } else {
                    wrong("bool")
                }
            }
            Scalar::Int32 => integer(value)
                .filter(|n| i32::try_from(*n).is_ok())
                .map_or_else(|| self.bad_number(value, "int32"), |n| Ok(n.into())),
            Scalar::Int64 => {
                integer(value).map_or_else(|| self.bad_number(value, "int64"), |n| Ok(n.into()))
            }
            Scalar::Number => {
                if value.is_number() {
                    Ok(value.clone())
                } else {
                    wrong("float64")
                }
            }
            Scalar::Quantity => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    _ => return Err(quantity::INVALID.to_owned()),
                };
                quantity::canonical(&text)
                    .map(Value::from)
                    .ok_or_else(|| quantity::INVALID.to_owned())
            }
            Scalar::IntOrString => match value {
                Value::String(_) => Ok(value.clone()),
                Value::Number(_) => {
                    integer(value).map_or_else(|| self.bad_number(value, "int32"), |n| Ok(n.into()))
                }
                _ => wrong("intstr.IntOrString"),
            },
            Scalar::Time | Scalar::MicroTime => self.time(scalar, value),
            Scalar::Bytes => {
                let Some(text) = value.as_str() else { return wrong("[]uint8") };
                let engine = base64::engine::general_purpose::STANDARD;
                let clean: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
                match engine.decode(&clean) {
                    Ok(_) => Ok(clean.into()),
                    Err(error) => Err(format!(
                        "illegal base64 data at input byte {}",
                        base64_offset(&error, clean.len())
                    )),
                }
            }
        }
    }

    fn bad_number(&self, value: &Value, to: &str) -> Result<Value, String> {
        let from =
            if value.is_number() { format!("number {value}") } else { go_kind(value).to_owned() };
        Err(self.mismatch(&from, to))
    }

    fn time(&self, scalar: Scalar, value: &Value) -> Result<Value, String> {
        let Some(text) = value.as_str() else {
            return Err(self.mismatch(go_kind(value), "string"));
        };
        let time: jiff::Timestamp = text.parse().map_err(|_| {
            format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\"")
        })?;
        let format =
            if scalar == Scalar::Time { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%6fZ" };
        Ok(time.strftime(format).to_string().into())
    }

    fn mismatch(&self, from: &str, to: &str) -> String {
        let path: String =
            self.path.iter().filter(|part| !part.starts_with('[')).cloned().collect();
        format!(
            "json: cannot unmarshal {from} into Go struct field {}.{path} of type {to}",
            self.owner
        )
    }
}

fn base64_offset(error: &base64::DecodeError, length: usize) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _)
        | base64::DecodeError::InvalidLastSymbol { offset: at, .. } => *at,
        _ => length / 4 * 4,
    }
}

/// A whole number, also when it is written as `1.0`.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within the exact range of a float"
        )]
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

/// Whether an explicitly set value is written back.
fn keep(field: &Field, value: &Value) -> bool {
    field.always
        || field.keeps_zero
        || matches!(*field.ty, Schema::Any)
        || !is_zero(value)
        || matches!((field.ty.resolve(), value), (Schema::Object(object), Value::Object(_)) if object.rest.is_none())
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// The empty value of a type, with the nested values that are always written.
pub(crate) fn empty_of(schema: &Schema) -> Value {
    match schema.resolve() {
        Schema::Object(object) => Value::Object(
            object
                .fields
                .iter()
                .filter(|(_, field)| field.always)
                .map(|(name, field)| (name.clone(), empty_of(&field.ty)))
                .collect(),
        ),
        Schema::Scalar(Scalar::Int32 | Scalar::Int64 | Scalar::Number | Scalar::IntOrString) => {
            0.into()
        }
        Schema::Scalar(Scalar::Bool) => false.into(),
        Schema::Scalar(Scalar::Quantity) => "0".into(),
        Schema::Scalar(Scalar::Time | Scalar::MicroTime) | Schema::List { .. } => Value::Null,
        Schema::Scalar(_) => "".into(),
        Schema::Any | Schema::Named(_) => Value::Null,
    }
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_type(schema: &Schema, owner: &str) -> String {
    match schema {
        Schema::List { .. } => "[]interface {}".to_owned(),
        Schema::Object(object) if object.rest.is_some() => "map[string]string".to_owned(),
        _ => owner.to_owned(),
    }
}

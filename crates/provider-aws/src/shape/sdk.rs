//! Shapes of SDK types that read themselves: a reader over JSON that keeps what it was asked for.

use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{BigDecimal, BigInteger, Blob, DateTime, Document};
use serde_json::{Map, Value};

use super::{Node, Problem, is_deferred, known_key, unknown_key};

/// Reads a value as one SDK type.
pub(crate) type Read = fn(&mut dyn ShapeDeserializer) -> Result<(), SerdeError>;

/// The [`Read`] of an SDK type.
macro_rules! reads {
    ($type:ty) => {
        |reader| <$type>::deserialize(reader).map(drop)
    };
}
pub(crate) use reads;

/// The canonical form of a spec, and what is wrong with it. `ours` are the fields that are read elsewhere.
pub(super) fn canonical(
    read: Read,
    spec: &Map<String, Value>,
    ours: &Node,
    problems: &mut Vec<Problem>,
) -> Value {
    let value = Value::Object(spec.clone());
    let mut reader = Reader {
        texts: false,
        value: &value,
        path: "spec".to_owned(),
        out: Value::Null,
        problems,
        ours: Some(ours),
    };
    // What cannot be read is noted where it is; the type itself is not needed.
    let _ = read(&mut reader);
    reader.out
}

/// Reads one JSON value as the SDK asks for it, and writes down what it read.
struct Reader<'a> {
    /// A value of a map of texts: a number there was meant to be a text, and may not read as it was written.
    texts: bool,
    value: &'a Value,
    path: String,
    out: Value,
    problems: &'a mut Vec<Problem>,
    ours: Option<&'a Node>,
}

impl Reader<'_> {
    fn wrong(&mut self, what: &str) {
        let problem = Problem::new(self.path.clone(), format!("it must be {what}"));
        self.problems.push(problem);
    }

    /// Keeps the value as it is where it will be known later only.
    fn deferred(&mut self) -> bool {
        let deferred = is_deferred(self.value);
        if deferred {
            self.out = self.value.clone();
        }
        deferred
    }

    fn integer(&mut self) -> i64 {
        if self.deferred() {
            return 0;
        }
        let whole = match self.value {
            Value::Number(number) => number.as_i64().or_else(|| {
                number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(truncated)
            }),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match whole {
            Some(whole) => self.out = Value::from(whole),
            None => self.wrong("a whole number"),
        }
        whole.unwrap_or_default()
    }

    fn number(&mut self) -> f64 {
        if self.deferred() {
            return 0.0;
        }
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => self.out = Value::from(number),
            None => self.wrong("a number"),
        }
        number.unwrap_or_default()
    }
}

#[allow(clippy::cast_possible_truncation)] // the caller has checked the range
fn truncated(number: f64) -> i64 {
    number as i64
}

fn small<T: TryFrom<i64> + Default>(reader: &mut Reader<'_>) -> Result<T, SerdeError> {
    let whole = reader.integer();
    Ok(T::try_from(whole).unwrap_or_else(|_| {
        reader.wrong("a smaller number");
        T::default()
    }))
}

impl ShapeDeserializer for Reader<'_> {
    fn read_struct(
        &mut self,
        schema: &Schema<'_>,
        state: &mut dyn FnMut(&Schema<'_>, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        let Value::Object(map) = self.value else {
            self.wrong("a map");
            return Ok(());
        };
        let ours: Vec<&str> = self.ours.map(Node::names).unwrap_or_default();
        let members = || schema.members().iter().filter_map(|member| member.member_name());
        let mut out = Map::new();
        for (key, value) in map {
            let path = format!("{}.{key}", self.path);
            let member = known_key(key, members()).and_then(|name| schema.member_schema(name));
            let Some((member, name)) = member.and_then(|m| Some((m, m.member_name()?))) else {
                let known: Vec<&str> = members().chain(ours.iter().copied()).collect();
                self.problems.push(unknown_key(key, &path, known.into_iter()));
                continue;
            };
            if value.is_null() {
                continue;
            }
            let mut below = Reader {
                texts: false,
                value,
                path,
                out: Value::Null,
                problems: self.problems,
                ours: None,
            };
            // A part that cannot be read has said so; the rest is read all the same.
            let _ = state(member, &mut below);
            let (read, path) = (below.out, below.path);
            if out.insert(name.to_owned(), read).is_some() {
                self.problems.push(Problem::new(path, format!("`{name}` is there twice")));
            }
        }
        self.out = Value::Object(out);
        Ok(())
    }

    fn read_list(
        &mut self,
        _schema: &Schema<'_>,
        state: &mut dyn FnMut(&mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        let Value::Array(items) = self.value else {
            self.wrong("a list");
            return Ok(());
        };
        let mut out = Vec::with_capacity(items.len());
        for (at, value) in items.iter().enumerate() {
            let path = format!("{}[{at}]", self.path);
            let mut below = Reader {
                texts: false,
                value,
                path,
                out: Value::Null,
                problems: self.problems,
                ours: None,
            };
            let _ = state(&mut below);
            out.push(below.out);
        }
        self.out = Value::Array(out);
        Ok(())
    }

    fn read_map(
        &mut self,
        _schema: &Schema<'_>,
        state: &mut dyn FnMut(String, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        let Value::Object(map) = self.value else {
            self.wrong("a map");
            return Ok(());
        };
        let mut out = Map::new();
        for (key, value) in map {
            let path = format!("{}.{key}", self.path);
            let mut below = Reader {
                texts: true,
                value,
                path,
                out: Value::Null,
                problems: self.problems,
                ours: None,
            };
            let _ = state(key.clone(), &mut below);
            out.insert(key.clone(), below.out);
        }
        self.out = Value::Object(out);
        Ok(())
    }

    fn read_boolean(&mut self, _schema: &Schema<'_>) -> Result<bool, SerdeError> {
        if self.deferred() {
            return Ok(false);
        }
        let read = match self.value {
            Value::Bool(read) => Some(*read),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match read {
            Some(read) => self.out = Value::Bool(read),
            None => self.wrong("true or false"),
        }
        Ok(read.unwrap_or_default())
    }

    fn read_byte(&mut self, _schema: &Schema<'_>) -> Result<i8, SerdeError> {
        small(self)
    }

    fn read_short(&mut self, _schema: &Schema<'_>) -> Result<i16, SerdeError> {
        small(self)
    }

    fn read_integer(&mut self, _schema: &Schema<'_>) -> Result<i32, SerdeError> {
        small(self)
    }

    fn read_long(&mut self, _schema: &Schema<'_>) -> Result<i64, SerdeError> {
        Ok(self.integer())
    }

    fn read_float(&mut self, _schema: &Schema<'_>) -> Result<f32, SerdeError> {
        #[allow(clippy::cast_possible_truncation)] // only whether it is a number counts here
        Ok(self.number() as f32)
    }

    fn read_double(&mut self, _schema: &Schema<'_>) -> Result<f64, SerdeError> {
        Ok(self.number())
    }

    fn read_big_integer(&mut self, _schema: &Schema<'_>) -> Result<BigInteger, SerdeError> {
        Err(SerdeError::unsupported("big integers"))
    }

    fn read_big_decimal(&mut self, _schema: &Schema<'_>) -> Result<BigDecimal, SerdeError> {
        Err(SerdeError::unsupported("big decimals"))
    }

    fn read_string(&mut self, _schema: &Schema<'_>) -> Result<String, SerdeError> {
        let text = match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) if !self.texts => Some(self.value.to_string()),
            Value::Number(_) | Value::Bool(_) => {
                self.wrong("a text: write it in quotes");
                return Ok(String::new());
            }
            _ => None,
        };
        match &text {
            Some(text) => self.out = Value::String(text.clone()),
            None => self.wrong("a text"),
        }
        Ok(text.unwrap_or_default())
    }

    fn read_blob(&mut self, schema: &Schema<'_>) -> Result<Blob, SerdeError> {
        self.read_string(schema).map(Blob::new)
    }

    fn read_timestamp(&mut self, _schema: &Schema<'_>) -> Result<DateTime, SerdeError> {
        self.out = self.value.clone();
        Ok(DateTime::from_secs(0))
    }

    fn read_document(&mut self, _schema: &Schema<'_>) -> Result<Document, SerdeError> {
        self.out = self.value.clone();
        Ok(Document::Null)
    }

    fn is_null(&self) -> bool {
        self.value.is_null()
    }

    fn container_size(&self) -> Option<usize> {
        None
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionInput;
    use serde_json::json;

    use super::super::Shape;

    static SHAPE: Shape = Shape::sdk(reads!(RegisterTaskDefinitionInput), "keep:int");

    #[test]
    fn every_field_of_the_api_is_known_in_any_capitals() {
        let (out, problems) = SHAPE.canonical(&json!({
            "family": "api", "executionRoleARN": "arn:aws:iam::1:role/x", "cpu": 256, "keep": "3",
            "containerDefinitions": [{
                "name": "api", "image": "i", "cpu": "128", "essential": "true",
                "portMappings": [{"containerPort": 80}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
                "healthCheck": {"command": ["CMD", "true"], "startPeriod": 5},
                "linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1}]}
            }],
            "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemID": "fs",
                "authorizationConfig": {"iam": "ENABLED"}}}]
        }));
        assert_eq!(problems, Vec::new());
        assert_eq!(out["executionRoleArn"], "arn:aws:iam::1:role/x");
        assert_eq!(out["cpu"], "256");
        assert_eq!(out["keep"], 3);
        assert_eq!(out["containerDefinitions"][0]["cpu"], 128);
        assert_eq!(out["containerDefinitions"][0]["essential"], true);
        assert_eq!(out["volumes"][0]["efsVolumeConfiguration"]["fileSystemId"], "fs");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place_all_at_once() {
        let (_, problems) = SHAPE.canonical(&json!({
            "famly": "api",
            "containerDefinitions": [{"name": "api", "imag": "i", "memory": "lots", "portMappings": {}}],
            "volumes": "none"
        }));
        let told: Vec<String> = problems
            .into_iter()
            .map(|p| format!("{}: {} {}", p.path, p.message, p.help.unwrap_or_default()))
            .map(|line| line.trim_end().to_owned())
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        spec.containerDefinitions[0].imag: there is no field `imag` here did you mean `image`?
        spec.containerDefinitions[0].memory: it must be a whole number
        spec.containerDefinitions[0].portMappings: it must be a list
        spec.famly: there is no field `famly` here did you mean `family`?
        spec.volumes: it must be a list
        ");
    }
}

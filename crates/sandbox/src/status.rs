//! Errors in the form in which the Kubernetes API answers them: `metav1.Status`.

use serde_json::{Map, Value, json};

/// What a resource is called in an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) group: &'a str,
    /// The plural (most errors) or the kind (validation errors).
    pub(crate) resource: &'a str,
    pub(crate) name: &'a str,
}

impl Named<'_> {
    fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        for (key, value) in [("name", self.name), ("group", self.group), ("kind", self.resource)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        }
        details
    }
}

/// A refused request.
#[derive(Clone, Debug)]
pub(crate) struct ApiError(Box<Body>);

#[derive(Clone, Debug)]
struct Body {
    code: u16,
    reason: &'static str,
    message: String,
    details: Map<String, Value>,
    token: Option<String>,
}

const NO_PATH: &str = "404 page not found\n";

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Body {
            code,
            reason,
            message: message.into(),
            details: Map::new(),
            token: None,
        }))
    }

    fn with(mut self, details: Map<String, Value>) -> Self {
        self.0.details = details;
        self
    }

    pub(crate) fn not_found(named: Named<'_>) -> Self {
        let message = format!("{} {:?} not found", named.qualified(), named.name);
        Self::new(404, "NotFound", message).with(named.details())
    }

    /// No such resource in a group that is there.
    pub(crate) fn no_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    /// No such path: no handler has it, and the answer is plain text.
    pub(crate) fn no_path() -> Self {
        Self::new(404, "NotFound", NO_PATH)
    }

    pub(crate) fn already_exists(named: Named<'_>) -> Self {
        let message = format!("{} {:?} already exists", named.qualified(), named.name);
        Self::new(409, "AlreadyExists", message).with(named.details())
    }

    pub(crate) fn conflict(named: Named<'_>, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {:?}: {why}",
            named.qualified(),
            named.name
        );
        Self::new(409, "Conflict", message).with(named.details())
    }

    /// The object was written since it was read.
    pub(crate) fn modified(named: Named<'_>) -> Self {
        Self::conflict(
            named,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn forbidden(named: Named<'_>, why: &str) -> Self {
        let message = if named.name.is_empty() {
            format!("{} is forbidden: {why}", named.qualified())
        } else {
            format!("{} {:?} is forbidden: {why}", named.qualified(), named.name)
        };
        Self::new(403, "Forbidden", message).with(named.details())
    }

    /// Adds one cause to the details.
    pub(crate) fn with_cause(mut self, reason: &str, message: &str, field: &str) -> Self {
        let cause = json!({"reason": reason, "message": message, "field": field});
        self.0.details.insert("causes".to_owned(), Value::Array(vec![cause]));
        self
    }

    /// Adds the token with which an expired list can go on.
    pub(crate) fn with_continue(mut self, token: String) -> Self {
        self.0.token = Some(token);
        self
    }

    pub(crate) fn invalid_version(version: &str) -> Self {
        Self::bad_request(format!(
            "Invalid value: {version:?}: strconv.ParseUint: parsing {version:?}: invalid syntax"
        ))
    }

    /// No token, or none that is good.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// A server error without a reason, as typed parsing of an applied object gives.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    pub(crate) fn too_large() -> Self {
        Self::new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
    }

    pub(crate) fn invalid(named: Named<'_>, errors: &[FieldError]) -> Self {
        let texts: Vec<String> =
            errors.iter().map(|e| format!("{}: {}", e.field, e.message())).collect();
        let why = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} {:?} is invalid: {why}", named.qualified(), named.name);
        let causes: Vec<Value> = errors
            .iter()
            .map(|e| json!({"reason": e.reason(), "message": e.message(), "field": e.field}))
            .collect();
        let mut details = named.details();
        details.insert("causes".to_owned(), causes.into());
        Self::new(422, "Invalid", message).with(details)
    }

    /// A server-side-apply conflict; each cause is a field path and what it conflicts with.
    pub(crate) fn apply_conflict(message: String, causes: &[(String, String)]) -> Self {
        let causes: Vec<Value> = causes
            .iter()
            .map(|(field, message)| json!({"reason": "FieldManagerConflict", "message": message, "field": field}))
            .collect();
        let mut details = Map::new();
        details.insert("causes".to_owned(), causes.into());
        Self::new(409, "Conflict", message).with(details)
    }

    /// Paths that no handler has are answered in plain text.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.code == 404 && self.0.message == NO_PATH
    }

    pub(crate) fn code(&self) -> u16 {
        self.0.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// The answer's body.
    pub(crate) fn body(&self) -> Value {
        let body = &self.0;
        let mut out = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": body.message, "code": body.code,
        });
        if let (Some(token), Some(metadata)) = (&body.token, out.get_mut("metadata")) {
            crate::value::put(metadata, "continue", Some(token.as_str().into()));
        }
        if let Value::Object(map) = &mut out {
            if !body.reason.is_empty() {
                map.insert("reason".to_owned(), body.reason.into());
            }
            if !body.details.is_empty() {
                map.insert("details".to_owned(), Value::Object(body.details.clone()));
            } else if matches!(body.reason, "NotFound" | "MethodNotAllowed" | "NotAcceptable") {
                map.insert("details".to_owned(), json!({}));
            }
        }
        out
    }
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    problem: Problem,
}

#[derive(Clone, Debug)]
enum Problem {
    Required(String),
    Invalid { value: Value, why: String },
    NotSupported { value: Value, allowed: Vec<String> },
    Forbidden(String),
    Duplicate(Value),
    TypeInvalid { value: String, why: String },
    NotFound(String),
    TooLong(usize),
}

impl FieldError {
    fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self { field: field.into(), problem }
    }

    pub(crate) fn required(field: impl Into<String>, why: &str) -> Self {
        Self::new(field, Problem::Required(why.to_owned()))
    }

    pub(crate) fn invalid(field: impl Into<String>, value: Value, why: impl Into<String>) -> Self {
        Self::new(field, Problem::Invalid { value, why: why.into() })
    }

    pub(crate) fn not_supported(field: impl Into<String>, value: Value, allowed: &[&str]) -> Self {
        let allowed = allowed.iter().map(|v| (*v).to_owned()).collect();
        Self::new(field, Problem::NotSupported { value, allowed })
    }

    pub(crate) fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self::new(field, Problem::Forbidden(why.to_owned()))
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: Value) -> Self {
        Self::new(field, Problem::Duplicate(value))
    }

    pub(crate) fn type_invalid(field: impl Into<String>, value: String, why: String) -> Self {
        Self::new(field, Problem::TypeInvalid { value, why })
    }

    pub(crate) fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self::new(field, Problem::TooLong(bytes))
    }

    pub(crate) fn new_not_found(field: impl Into<String>, value: &str) -> Self {
        Self::new(field, Problem::NotFound(value.to_owned()))
    }

    fn reason(&self) -> &'static str {
        match self.problem {
            Problem::Required(_) => "FieldValueRequired",
            Problem::Invalid { .. } => "FieldValueInvalid",
            Problem::NotSupported { .. } => "FieldValueNotSupported",
            Problem::Forbidden(_) => "FieldValueForbidden",
            Problem::Duplicate(_) => "FieldValueDuplicate",
            Problem::TypeInvalid { .. } => "FieldValueTypeInvalid",
            Problem::NotFound(_) => "FieldValueNotFound",
            Problem::TooLong(_) => "FieldValueTooLong",
        }
    }

    fn message(&self) -> String {
        match &self.problem {
            Problem::Required(why) if why.is_empty() => "Required value".to_owned(),
            Problem::Required(why) => format!("Required value: {why}"),
            Problem::Invalid { value, why } => format!("Invalid value: {value}: {why}"),
            Problem::NotSupported { value, allowed } => {
                let allowed: Vec<String> = allowed.iter().map(|v| format!("{v:?}")).collect();
                format!("Unsupported value: {value}: supported values: {}", allowed.join(", "))
            }
            Problem::Forbidden(why) => format!("Forbidden: {why}"),
            Problem::NotFound(value) => format!("Not found: {value:?}"),
            Problem::TooLong(bytes) => format!("Too long: may not be more than {bytes} bytes"),
            Problem::Duplicate(value) => format!("Duplicate value: {value}"),
            Problem::TypeInvalid { value, why } => format!("Invalid value: {value}: {why}"),
        }
    }
}

//! Requests for resources: which verb, with which options.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    api::{
        delete::{self, Deleted},
        list::{ListOptions, list_meta},
        read::{Form, show, typed, with_type},
        scale::scale_of,
        watch::{self, WatchOptions},
        write::{self, Strictness, WriteOptions, Written, named},
    },
    convert, patch,
    resource::Resource,
    selector::{FieldSelector, LabelSelector},
    state::Shared,
    status::{ApiError, ApiResult, FieldError, Named},
    value::{meta_text, put, put_meta, text},
};

use super::{accept::Accepted, answer::Answer, protobuf, route::Target};

/// A request for a resource.
pub(crate) struct Call<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) method: &'a Method,
    pub(crate) target: &'a Target,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) accepted: Accepted,
}

impl Call<'_> {
    fn param(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> bool {
        // As Go reads a query: anything that does not say no is yes.
        self.query.iter().any(|(key, value)| {
            key == name && !matches!(value.to_lowercase().as_str(), "false" | "0")
        })
    }

    /// Groups of custom resources have no handler for what is not defined.
    fn missing(&self) -> ApiError {
        let group = &self.target.group;
        let state = self.shared.lock();
        let builtin = state.registry.all().iter().any(|r| r.group == *group && r.custom.is_none());
        if builtin { ApiError::no_resource() } else { ApiError::no_path() }
    }

    pub(crate) fn answer(&self) -> ApiResult<Answer> {
        let target = self.target;
        let found = self
            .shared
            .lock()
            .registry
            .find(&target.group, &target.version, &target.plural)
            .cloned();
        let resource = found.ok_or_else(|| self.missing())?;
        if resource.namespaced
            && target.namespace.is_empty()
            && (!target.name.is_empty() || *self.method == Method::POST)
        {
            return Err(self.missing());
        }
        if !resource.namespaced && !target.namespace.is_empty() {
            return Err(self.missing());
        }
        match target.subresource.as_str() {
            "" => self.main(&resource),
            sub if !resource.has(sub) => Err(self.missing()),
            "scale" => self.scale(&resource),
            "finalize" => self.finalize(&resource),
            _ => self.status(&resource),
        }
    }

    fn main(&self, resource: &Arc<Resource>) -> ApiResult<Answer> {
        let one = !self.target.name.is_empty();
        match (self.method.as_str(), one) {
            ("GET", _) if self.flag("watch") || self.target.watch => self.watch(resource),
            ("GET", false) => self.list(resource),
            ("GET", true) => self.get(resource),
            ("POST", false) => self.create(resource),
            ("PUT", true) => self.replace(resource, ""),
            ("PATCH", true) => self.patch(resource, ""),
            ("DELETE", true) => self.delete(resource),
            ("DELETE", false) => self.delete_all(resource),
            _ => Err(ApiError::method_not_allowed()),
        }
    }

    fn status(&self, resource: &Arc<Resource>) -> ApiResult<Answer> {
        match self.method.as_str() {
            "GET" => self.get(resource),
            "PUT" => self.replace(resource, &self.target.subresource),
            "PATCH" => self.patch(resource, &self.target.subresource),
            _ => Err(ApiError::method_not_allowed()),
        }
    }

    fn get(&self, resource: &Resource) -> ApiResult<Answer> {
        let state = self.shared.lock();
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        if self.accepted.form == Form::Object {
            let entry = state.store.get(&resource.table, &resource.key(namespace, name));
            let entry = entry.ok_or_else(|| ApiError::not_found(named(resource, name)))?;
            return Ok(Answer::Raw(with_type(resource, &entry.json)));
        }
        let object = state.object(resource, namespace, name)?;
        Ok(Answer::ok(show(resource, &object, self.accepted.form, state.clock.now())))
    }

    fn selectors(&self, resource: &Resource) -> ApiResult<(LabelSelector, FieldSelector)> {
        Ok((
            LabelSelector::parse(self.param("labelSelector"))?,
            FieldSelector::parse(self.param("fieldSelector"), &resource.plural)?,
        ))
    }

    fn list_options(&self, resource: &Resource) -> ApiResult<ListOptions> {
        let (labels, fields) = self.selectors(resource)?;
        let limit = match self.param("limit") {
            "" => 0,
            text => text.parse().map_err(|_| {
                ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
            })?,
        };
        let options = ListOptions {
            labels,
            fields,
            limit,
            token: self.param("continue").to_owned(),
            resource_version: self.param("resourceVersion").to_owned(),
            version_match: self.param("resourceVersionMatch").to_owned(),
        };
        if !options.token.is_empty() && !matches!(options.resource_version.as_str(), "" | "0") {
            return Err(ApiError::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        Ok(options)
    }

    fn list(&self, resource: &Resource) -> ApiResult<Answer> {
        let options = self.list_options(resource)?;
        let (page, now) = {
            let state = self.shared.lock();
            (state.list(resource, &self.target.namespace, &options)?, state.clock.now())
        };
        let mut metadata = list_meta(&page);
        if resource.custom.is_some() {
            crate::value::default(&mut metadata, "continue", "");
        }
        let value = |json: &str| -> Value { serde_json::from_str(json).unwrap_or_default() };
        match self.accepted.form {
            Form::Table => {
                let objects: Vec<Value> = page.items.iter().map(|json| value(json)).collect();
                let mut table = crate::table::table(resource, &objects, now);
                put(&mut table, "metadata", Some(metadata));
                Ok(Answer::ok(table))
            }
            Form::Metadata => {
                let items: Vec<Value> = page
                    .items
                    .iter()
                    .map(|json| crate::api::read::metadata_only(&value(json)))
                    .collect();
                Ok(Answer::ok(json!({
                    "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items,
                })))
            }
            Form::Object => {
                let version = resource.api_version();
                let head = format!(
                    "{{\"kind\":{:?},\"apiVersion\":{version:?},\"metadata\":{metadata},\"items\":[",
                    resource.list_kind
                );
                // Built-in objects in a list do not repeat their type.
                let prefix = match &resource.custom {
                    Some(_) => {
                        format!("{{\"kind\":{:?},\"apiVersion\":{version:?},", resource.kind)
                    }
                    None => String::new(),
                };
                let items = page
                    .items
                    .into_iter()
                    .map(|json| {
                        convert::stored_to(resource, &json)
                            .map_or(json, |value| value.to_string().into())
                    })
                    .collect();
                Ok(Answer::List { head, prefix, items })
            }
        }
    }

    fn watch(&self, resource: &Arc<Resource>) -> ApiResult<Answer> {
        let (labels, fields) = self.selectors(resource)?;
        let from = match self.param("resourceVersion") {
            "" | "0" => None,
            text => Some(text.parse().map_err(|_| ApiError::invalid_version(text))?),
        };
        let name = Some(self.target.name.clone()).filter(|name| !name.is_empty());
        let options = WatchOptions {
            namespace: self.target.namespace.clone(),
            name,
            labels,
            fields,
            from,
            initial: self.flag("sendInitialEvents"),
            bookmarks: self.flag("allowWatchBookmarks"),
            timeout: self
                .param("timeoutSeconds")
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .map(Duration::from_secs),
            form: self.accepted.form,
        };
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(watch::run(self.shared.clone(), resource.clone(), options, sender));
        Ok(Answer::Stream(receiver))
    }

    /// The body as JSON; YAML is read too.
    fn value(&self) -> ApiResult<Value> {
        read_body(self.headers, self.body)
    }

    fn options(&self, subresource: &str) -> ApiResult<WriteOptions> {
        let manager = match self.param("fieldManager") {
            "" => user_agent_manager(self.headers),
            manager => manager.to_owned(),
        };
        let refuse = |error| Err(self.bad_options(error));
        if manager.len() > 128 {
            return refuse(FieldError::too_long("fieldManager", 128));
        }
        let strictness = match self.param("fieldValidation") {
            "Strict" => Strictness::Strict,
            "Ignore" => Strictness::Ignore,
            "" | "Warn" => Strictness::Warn,
            other => {
                let allowed = ["", "Ignore", "Strict", "Warn"];
                return refuse(FieldError::not_supported(
                    "fieldValidation",
                    other.into(),
                    &allowed,
                ));
            }
        };
        let dry_run = match self.param("dryRun") {
            "" => false,
            "All" => true,
            other => return refuse(FieldError::not_supported("dryRun", json!([other]), &["All"])),
        };
        Ok(WriteOptions {
            manager,
            force: self.flag("force"),
            dry_run,
            strictness,
            subresource: subresource.to_owned(),
        })
    }

    /// A refusal of the query's options.
    fn bad_options(&self, error: FieldError) -> ApiError {
        let resource = match self.method.as_str() {
            "PATCH" => "PatchOptions",
            "PUT" => "UpdateOptions",
            _ => "CreateOptions",
        };
        ApiError::invalid(Named { group: "meta.k8s.io", resource, name: "" }, &[error])
    }

    /// Checks kind, version and namespace of what the client sent, and brings it into the stored version.
    fn checked(&self, resource: &Resource, value: Value) -> ApiResult<Value> {
        let (version, kind) = (text(&value, "/apiVersion"), text(&value, "/kind"));
        let expected = resource.api_version();
        if !version.is_empty() && version != expected {
            return Err(ApiError::bad_request(format!(
                "the API version in the data ({version}) does not match the expected API version ({expected})"
            )));
        }
        if !kind.is_empty() && kind != resource.kind {
            let group = resource
                .group
                .split('.')
                .next()
                .filter(|group| !group.is_empty())
                .unwrap_or("core");
            return Err(ApiError::bad_request(format!(
                "{kind} in version {:?} cannot be handled as a {}: converting ({}.{kind}) to ({group}.{}): unknown conversion",
                resource.version, resource.kind, resource.version, resource.kind
            )));
        }
        let namespace = meta_text(&value, "namespace");
        if resource.namespaced && !namespace.is_empty() && namespace != self.target.namespace {
            return Err(ApiError::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok(convert::to_stored(resource, &value).unwrap_or(value))
    }

    /// Autoscalers are stored in one version, whichever a client writes.
    fn stored(&self, resource: &Arc<Resource>) -> Arc<Resource> {
        if resource.group == "autoscaling" {
            return self
                .shared
                .lock()
                .registry
                .by_table(&resource.table)
                .cloned()
                .unwrap_or_else(|| resource.clone());
        }
        resource.clone()
    }

    fn written(&self, resource: &Resource, written: Written) -> Answer {
        let now = self.shared.lock().clock.now();
        let value = match self.accepted.form {
            Form::Object => typed(resource, &written.object),
            form => show(resource, &written.object, form, now),
        };
        Answer::Json {
            code: if written.created { 201 } else { 200 },
            value,
            warnings: written.warnings,
        }
    }

    fn create(&self, resource: &Arc<Resource>) -> ApiResult<Answer> {
        let value = self.checked(resource, self.value()?)?;
        let options = self.options("")?;
        let stored = self.stored(resource);
        let namespace = &self.target.namespace;
        let written =
            self.shared.with(|state| state.create(&stored, namespace, &value, &options))?;
        Ok(self.written(resource, written))
    }

    fn replace(&self, resource: &Arc<Resource>, sub: &str) -> ApiResult<Answer> {
        let value = self.checked(resource, self.value()?)?;
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        check_name(&value, name)?;
        let options = self.options(sub)?;
        let stored = self.stored(resource);
        let written =
            self.shared.with(|state| state.replace(&stored, namespace, name, &value, &options))?;
        Ok(self.written(resource, written))
    }

    fn patch(&self, resource: &Arc<Resource>, sub: &str) -> ApiResult<Answer> {
        let media = media_type(self.headers);
        let options = self.options(sub)?;
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        let stored = self.stored(resource);
        if media == "application/apply-patch+yaml" {
            if self.param("fieldManager").is_empty() {
                return Err(self.bad_options(FieldError::required(
                    "fieldManager",
                    "is required for apply patch",
                )));
            }
            check_applied(&self.value()?, resource, name)?;
            let config = self.checked(resource, self.value()?)?;
            let written = self
                .shared
                .with(|state| state.apply(&stored, namespace, name, &config, &options))?;
            return Ok(self.written(resource, written));
        }
        if options.force {
            return Err(self.bad_options(FieldError::forbidden(
                "force",
                "may not be specified for non-apply patch",
            )));
        }
        let document: Value = serde_json::from_slice(self.body)
            .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
        let written = self.shared.with(|state| {
            let live = state.object(&stored, namespace, name)?;
            let mut new = typed(&stored, &live);
            match media.as_str() {
                "application/json-patch+json" => patch::json(&mut new, &document)?,
                "application/merge-patch+json" => patch::merge(&mut new, &document),
                "application/strategic-merge-patch+json" if resource.custom.is_none() => {
                    patch::strategic(&stored.schema, &mut new, &document)?;
                }
                _ => return Err(unsupported(&media)),
            }
            check_name(&new, name)?;
            let mut warnings = Vec::new();
            let new = write::read(&stored, &new, options.strictness, &mut warnings)?;
            let object = state.change(&stored, &live, new, &options)?;
            Ok(Written { object, created: false, warnings })
        })?;
        Ok(self.written(resource, written))
    }

    fn delete(&self, resource: &Resource) -> ApiResult<Answer> {
        let body = if self.body.is_empty() { Value::Null } else { self.value()? };
        let options = delete::options(&body, self.query)?;
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        Ok(match self.shared.with(|state| state.delete(resource, namespace, name, &options))? {
            Deleted::Gone(object) if delete::answers_object(resource) => {
                Answer::ok(typed(resource, &object))
            }
            Deleted::Gone(object) => Answer::ok(delete::success(resource, &object)),
            Deleted::Terminating(object) => Answer::ok(typed(resource, &object)),
        })
    }

    fn delete_all(&self, resource: &Resource) -> ApiResult<Answer> {
        let body = if self.body.is_empty() { Value::Null } else { self.value()? };
        let options = delete::options(&body, self.query)?;
        let list = self.list_options(resource)?;
        let (page, items) = self.shared.with(|state| -> ApiResult<_> {
            let page = state.list(resource, &self.target.namespace, &list)?;
            let mut items = Vec::new();
            for json in &page.items {
                let object: Value = serde_json::from_str(json).unwrap_or_default();
                let (namespace, name) =
                    (meta_text(&object, "namespace"), meta_text(&object, "name"));
                state.delete(resource, namespace, name, &options)?;
                items.push(object);
            }
            Ok((page, items))
        })?;
        let (kind, version) = (&resource.list_kind, resource.api_version());
        Ok(Answer::ok(
            json!({"kind": kind, "apiVersion": version, "metadata": list_meta(&page), "items": items}),
        ))
    }

    fn scale(&self, resource: &Arc<Resource>) -> ApiResult<Answer> {
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        if *self.method == Method::GET {
            let object = self.shared.lock().object(resource, namespace, name)?;
            return Ok(Answer::ok(scale_of(resource, &object)));
        }
        let options = self.options("")?;
        let media = media_type(self.headers);
        let body = self.value()?;
        let change = |mut scale: Value| {
            match (self.method.as_str(), media.as_str()) {
                ("PUT", _) => return Ok(body),
                ("PATCH", "application/json-patch+json") => patch::json(&mut scale, &body)?,
                ("PATCH", _) => patch::merge(&mut scale, &body),
                _ => return Err(ApiError::method_not_allowed()),
            }
            Ok(scale)
        };
        let scale = self
            .shared
            .with(|state| state.change_scale(resource, namespace, name, &options, change))?;
        Ok(Answer::ok(scale))
    }

    /// `PUT namespaces/NAME/finalize`.
    fn finalize(&self, resource: &Resource) -> ApiResult<Answer> {
        if *self.method != Method::PUT {
            return Err(ApiError::method_not_allowed());
        }
        let value = self.value()?;
        let name = &self.target.name;
        let object = self.shared.with(|state| -> ApiResult<Value> {
            let live = state.object(resource, "", name)?;
            let mut new = live.clone();
            put_meta(&mut new, "managedFields", None);
            put(&mut new, "spec", value.get("spec").cloned());
            state.change(resource, &live, new, &self.options("finalize")?)
        })?;
        Ok(Answer::ok(typed(resource, &object)))
    }
}

fn check_name(value: &Value, name: &str) -> ApiResult<()> {
    let given = meta_text(value, "name");
    if given != name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    Ok(())
}

fn check_applied(config: &Value, resource: &Resource, name: &str) -> ApiResult<()> {
    let (version, kind) = (text(config, "/apiVersion"), text(config, "/kind"));
    if kind != resource.kind || version != resource.api_version() {
        let version = if version.is_empty() { "/" } else { version };
        return Err(ApiError::bad_request(format!("invalid object type: {version}, Kind={kind}")));
    }
    check_name(config, name)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_owned()
}

fn unsupported(media: &str) -> ApiError {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor (got {media:?})"
    );
    ApiError::new(415, "UnsupportedMediaType", message)
}

fn read_body(headers: &HeaderMap, body: &Bytes) -> ApiResult<Value> {
    let media = media_type(headers);
    if let Some(value) = protobuf::decode(body) {
        return Ok(value);
    }
    if media.contains("protobuf") || media.contains("cbor") {
        return Err(ApiError::new(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(value) => Ok(value),
        Err(error) if media.contains("yaml") => {
            let text = std::str::from_utf8(body)
                .map_err(|_| ApiError::bad_request("the body is not UTF-8"))?;
            serde_saphyr::from_str(text)
                .map_err(|_| ApiError::bad_request(format!("error decoding YAML: {error}")))
        }
        Err(error) => Err(ApiError::bad_request(format!(
            "couldn't get version/kind; json parse error: {error}"
        ))),
    }
}

/// The manager of a client that names none: its program.
fn user_agent_manager(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let program = agent.split('/').next().unwrap_or_default();
    program.chars().filter(|c| !c.is_control()).take(128).collect()
}

//! Creating and changing objects.

use serde_json::Value;

use crate::{
    codec::{self, Leftovers},
    defaults,
    managed::{self, Context, Manager, Managers, Operation},
    resource::Resource,
    state::State,
    status::{ApiError, ApiResult, Named},
    validate,
    value::{meta, meta_text, put, put_meta, text},
};

/// How unknown fields are treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strictness {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// What a write request asks for besides its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) manager: String,
    pub(crate) force: bool,
    pub(crate) dry_run: bool,
    pub(crate) strictness: Strictness,
    pub(crate) subresource: String,
}

impl WriteOptions {
    pub(crate) fn by(manager: &str) -> Self {
        Self { manager: manager.to_owned(), strictness: Strictness::Ignore, ..Self::default() }
    }

    pub(crate) fn on(mut self, subresource: &str) -> Self {
        subresource.clone_into(&mut self.subresource);
        self
    }
}

/// An object that was written, and what the client should be warned of.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) object: Value,
    pub(crate) created: bool,
    pub(crate) warnings: Vec<String>,
}

const STATUS: &[&[&str]] = &[&["f:status"]];
const NOT_STATUS: &[&[&str]] = &[&["f:spec"]];

/// The trees that a write to this endpoint never changes.
pub(crate) fn reset(resource: &Resource, subresource: &str) -> &'static [&'static [&'static str]] {
    match subresource {
        "status" => NOT_STATUS,
        _ if resource.has("status") => STATUS,
        _ => &[],
    }
}

pub(crate) fn named<'a>(resource: &'a Resource, name: &'a str) -> Named<'a> {
    Named { group: &resource.group, resource: &resource.plural, name }
}

/// Reads an object as the API server does: unknown fields, types, defaults.
pub(crate) fn read(
    resource: &Resource,
    value: &Value,
    strictness: Strictness,
    warnings: &mut Vec<String>,
) -> ApiResult<Value> {
    let (kind, version) = (&resource.kind, &resource.version);
    let unreadable = |why: String| {
        ApiError::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        ))
    };
    let mut leftovers = Leftovers::default();
    let mut object = match &resource.custom {
        None => codec::decode(&resource.schema, kind, value, &mut leftovers).map_err(unreadable)?,
        Some(custom) => {
            let mut object = value.clone();
            if let (Some(field), Some(metadata)) =
                (resource.schema.field("metadata"), value.get("metadata"))
            {
                let metadata = codec::decode(&field.ty, "ObjectMeta", metadata, &mut leftovers)
                    .map_err(unreadable)?;
                leftovers.unknown.iter_mut().for_each(|path| *path = format!("metadata.{path}"));
                put(&mut object, "metadata", Some(metadata));
            }
            leftovers.unknown.extend(defaults::prune(&custom.structural.0, &mut object));
            defaults::default_custom(&custom.structural.0, &mut object);
            object
        }
    };
    let mut unknown: Vec<String> =
        leftovers.unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
    unknown.sort();
    match strictness {
        Strictness::Strict if !unknown.is_empty() => {
            return Err(unreadable(format!("strict decoding error: {}", unknown.join(", "))));
        }
        Strictness::Warn => warnings.extend(unknown),
        _ => {}
    }
    put(&mut object, "apiVersion", None);
    put(&mut object, "kind", None);
    if resource.custom.is_none() {
        defaults::builtin(resource, &mut object);
    }
    Ok(object)
}

impl State {
    /// Whether the namespace takes new objects.
    fn check_namespace(&self, resource: &Resource, namespace: &str, name: &str) -> ApiResult<()> {
        if !resource.namespaced {
            return Ok(());
        }
        let Some(entry) = self.store.get("/namespaces", namespace) else {
            return Err(ApiError::not_found(Named {
                group: "",
                resource: "namespaces",
                name: namespace,
            }));
        };
        if meta(&entry.value(), "deletionTimestamp").is_some() {
            let why = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            return Err(ApiError::forbidden(named(resource, name), &why).with_cause(
                "NamespaceTerminating",
                &format!("namespace {namespace} is being terminated"),
                "metadata.namespace",
            ));
        }
        Ok(())
    }

    /// Creates an object.
    pub(crate) fn create(
        &mut self,
        resource: &Resource,
        namespace: &str,
        value: &Value,
        options: &WriteOptions,
    ) -> ApiResult<Written> {
        let mut warnings = Vec::new();
        let mut object = read(resource, value, options.strictness, &mut warnings)?;
        let managers = Managers::decode(&object).unwrap_or_default();
        put_meta(&mut object, "managedFields", None);
        let schema = &*resource.schema;
        let version = resource.api_version();
        let now = self.clock.stamp();
        let context = Context { schema, version: &version, reset: reset(resource, ""), now: &now };
        let manager = Manager::new(&options.manager, Operation::Update, &version, "");
        let managers = managed::update(context, &empty(resource), &object, managers, &manager);
        self.finish_create(resource, namespace, object, &managers, options).map(|object| Written {
            object,
            created: true,
            warnings,
        })
    }

    /// Stamps, checks and stores a new object.
    fn finish_create(
        &mut self,
        resource: &Resource,
        namespace: &str,
        mut object: Value,
        managers: &Managers,
        options: &WriteOptions,
    ) -> ApiResult<Value> {
        if !meta_text(&object, "resourceVersion").is_empty() {
            return Err(ApiError::internal(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let prefix = meta_text(&object, "generateName").to_owned();
        if meta_text(&object, "name").is_empty() && !prefix.is_empty() {
            let name = format!("{prefix}{}", self.suffix());
            put_meta(&mut object, "name", Some(name.into()));
        }
        self.check_namespace(resource, namespace, meta_text(&object, "name"))?;
        let stamp = self.clock.stamp();
        let uid = self.uid();
        put_meta(&mut object, "namespace", resource.namespaced.then(|| namespace.into()));
        put_meta(&mut object, "uid", Some(uid.into()));
        put_meta(&mut object, "creationTimestamp", Some(stamp.into()));
        for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            put_meta(&mut object, key, None);
        }
        put_meta(&mut object, "generation", has_generation(resource).then(|| 1.into()));
        if resource.has("status") {
            reset_status(resource, &mut object);
        }
        self.allocate(resource, &mut object);
        put_meta(&mut object, "managedFields", managers.encode());
        validate::create(resource, &object)?;
        let name = meta_text(&object, "name").to_owned();
        let key = resource.key(namespace, &name);
        if self.store.get(&resource.table, &key).is_some() {
            return Err(ApiError::already_exists(named(resource, &name)));
        }
        if !options.dry_run {
            self.store.put(&resource.table, &key, &mut object);
            self.after_write(resource, None, &object);
        }
        Ok(object)
    }

    /// The stored object.
    pub(crate) fn object(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> ApiResult<Value> {
        self.store
            .get(&resource.table, &resource.key(namespace, name))
            .map(crate::store::Entry::value)
            .ok_or_else(|| ApiError::not_found(named(resource, name)))
    }

    /// Replaces an object by `value`.
    pub(crate) fn replace(
        &mut self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        value: &Value,
        options: &WriteOptions,
    ) -> ApiResult<Written> {
        let live = self.object(resource, namespace, name)?;
        let mut warnings = Vec::new();
        let object = read(resource, value, options.strictness, &mut warnings)?;
        let object = self.change(resource, &live, object, options)?;
        Ok(Written { object, created: false, warnings })
    }

    /// Stores `new`, which was read from a client or a patch, over `live`.
    pub(crate) fn change(
        &mut self,
        resource: &Resource,
        live: &Value,
        mut new: Value,
        options: &WriteOptions,
    ) -> ApiResult<Value> {
        let managers = given_managers(live, &new, &options.subresource);
        put_meta(&mut new, "managedFields", None);
        let new = prepare(resource, live, new, &options.subresource)?;
        let version = resource.api_version();
        let now = self.clock.stamp();
        let context = Context {
            schema: &resource.schema,
            version: &version,
            reset: reset(resource, &options.subresource),
            now: &now,
        };
        let manager =
            Manager::new(&options.manager, Operation::Update, &version, &options.subresource);
        let mut before = live.clone();
        put_meta(&mut before, "managedFields", None);
        let managers = match managers {
            // Nothing is tracked once a client has cleared the managers, until someone applies.
            managers if managers.is_empty() => managers,
            // The scale of a custom resource is not tracked either.
            managers if resource.custom.is_some() && options.subresource == "scale" => managers,
            managers => managed::update(context, &before, &new, managers, &manager),
        };
        self.finish_change(resource, live, new, &managers, options)
    }

    /// Applies `config`.
    pub(crate) fn apply(
        &mut self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        config: &Value,
        options: &WriteOptions,
    ) -> ApiResult<Written> {
        let version = resource.api_version();
        check_config(resource, &version, name, config)?;
        let existing = self
            .store
            .get(&resource.table, &resource.key(namespace, name))
            .map(crate::store::Entry::value);
        if existing.is_none() && !meta_text(config, "uid").is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {}, and no existing object was found",
                meta_text(config, "uid")
            );
            return Err(ApiError::conflict(named(resource, name), &why));
        }
        let now = self.clock.stamp();
        let context = Context {
            schema: &resource.schema,
            version: &version,
            reset: reset(resource, &options.subresource),
            now: &now,
        };
        let manager =
            Manager::new(&options.manager, Operation::Apply, &version, &options.subresource);
        let mut before = existing.clone().unwrap_or_else(|| empty(resource));
        let managers = Managers::decode(&before).unwrap_or_default();
        put_meta(&mut before, "managedFields", None);
        let request = managed::Request { config, manager: &manager, force: options.force };
        let mut applied = managed::apply(context, &before, managers, request)?;
        refresh_last_applied(&mut applied.object, &before, config, &options.manager);
        let mut warnings = Vec::new();
        let object = read(resource, &applied.object, Strictness::Ignore, &mut warnings)
            .map_err(|error| unconvertible(&error, resource, config, name))?;
        match existing {
            None if !options.subresource.is_empty() => {
                Err(ApiError::not_found(named(resource, name)))
            }
            None => {
                let object =
                    self.finish_create(resource, namespace, object, &applied.managers, options)?;
                Ok(Written { object, created: true, warnings })
            }
            Some(live) => {
                let object = prepare(resource, &live, object, &options.subresource)?;
                let object =
                    self.finish_change(resource, &live, object, &applied.managers, options)?;
                Ok(Written { object, created: false, warnings })
            }
        }
    }

    /// Generation, checks, and the write itself unless nothing changes.
    fn finish_change(
        &mut self,
        resource: &Resource,
        live: &Value,
        mut new: Value,
        managers: &Managers,
        options: &WriteOptions,
    ) -> ApiResult<Value> {
        let mut before = live.clone();
        put_meta(&mut before, "managedFields", None);
        self.reallocate(resource, live, &mut new);
        if spec_changed(resource, &before, &new) && has_generation(resource) {
            let generation = crate::value::int(live, "/metadata/generation").unwrap_or(0) + 1;
            put_meta(&mut new, "generation", Some(generation.into()));
        }
        validate::update(resource, live, &new)?;
        let encoded = managers.encode();
        let kept = same_but_times(encoded.as_ref(), meta(live, "managedFields")) && new == before;
        if kept {
            return Ok(live.clone());
        }
        put_meta(&mut new, "managedFields", encoded);
        let (namespace, name) =
            (meta_text(live, "namespace").to_owned(), meta_text(live, "name").to_owned());
        let key = resource.key(&namespace, &name);
        if options.dry_run {
            return Ok(new);
        }
        if finished(&new) {
            self.store.remove(&resource.table, &key);
            self.after_delete(resource, &new);
            return Ok(new);
        }
        self.store.put(&resource.table, &key, &mut new);
        self.after_write(resource, Some(live), &new);
        Ok(new)
    }
}

/// The empty object that new ones are compared with.
fn empty(resource: &Resource) -> Value {
    let mut object = codec::empty_of(&resource.schema);
    put(&mut object, "apiVersion", None);
    put(&mut object, "kind", None);
    object
}

/// Whether a deleted object has lost its last finalizer.
fn finished(object: &Value) -> bool {
    let spec_finalizers = object.pointer("/spec/finalizers").and_then(Value::as_array);
    meta(object, "deletionTimestamp").is_some()
        && meta(object, "finalizers").is_none_or(|f| f.as_array().is_none_or(Vec::is_empty))
        && spec_finalizers.is_none_or(Vec::is_empty)
}

fn same_but_times(new: Option<&Value>, old: Option<&Value>) -> bool {
    let strip = |value: Option<&Value>| {
        let mut list = value.cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        for entry in list.as_array_mut().into_iter().flatten() {
            put(entry, "time", None);
        }
        let mut list = list.as_array().cloned().unwrap_or_default();
        list.sort_by_key(ToString::to_string);
        list
    };
    strip(new) == strip(old)
}

/// The managers that a write starts from: those it brings along, else those of the live object.
fn given_managers(live: &Value, new: &Value, subresource: &str) -> Managers {
    let own = || Managers::decode(live).unwrap_or_default();
    if !subresource.is_empty() {
        return own();
    }
    let given = crate::value::items(new, "/metadata/managedFields");
    if let [one] = given
        && one.as_object().is_some_and(serde_json::Map::is_empty)
    {
        return Managers::default();
    }
    match Managers::decode(new) {
        Some(managers) if !managers.is_empty() => managers,
        _ => own(),
    }
}

/// What a client cannot change stays as it is.
fn prepare(
    resource: &Resource,
    live: &Value,
    mut new: Value,
    subresource: &str,
) -> ApiResult<Value> {
    let name = meta_text(live, "name");
    let version = meta_text(&new, "resourceVersion");
    if !version.is_empty() && version != meta_text(live, "resourceVersion") {
        return Err(ApiError::modified(named(resource, name)));
    }
    let uid = meta_text(&new, "uid");
    if !uid.is_empty() && uid != meta_text(live, "uid") {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            resource.plural,
            resource.key(meta_text(live, "namespace"), name),
            meta_text(live, "uid")
        );
        return Err(ApiError::conflict(named(resource, name), &why));
    }
    if subresource == "status" {
        let mut object = live.clone();
        put_meta(&mut object, "managedFields", None);
        put(&mut object, "status", new.get("status").cloned());
        if resource.custom.is_none() {
            put_meta(&mut object, "annotations", meta(&new, "annotations").cloned());
        }
        return Ok(object);
    }
    for key in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
    ] {
        put_meta(&mut new, key, meta(live, key).cloned());
    }
    if resource.has("status") {
        put(&mut new, "status", live.get("status").cloned());
    }
    Ok(new)
}

fn reset_status(resource: &Resource, object: &mut Value) {
    let status = resource
        .schema
        .field("status")
        .filter(|field| field.always)
        .map(|field| codec::empty_of(&field.ty));
    put(object, "status", status);
    if matches!(
        resource.kind.as_str(),
        "Namespace" | "Pod" | "PersistentVolume" | "PersistentVolumeClaim"
    ) {
        defaults::builtin(resource, object);
    }
}

/// Kinds whose generation counts changes of the specification.
fn has_generation(resource: &Resource) -> bool {
    const KINDS: [&str; 19] = [
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "Ingress",
        "NetworkPolicy",
        "IngressClass",
        "PodDisruptionBudget",
        "CustomResourceDefinition",
        "ReplicationController",
        "Pod",
        "EndpointSlice",
        "PriorityClass",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ];
    resource.custom.is_some() || KINDS.contains(&resource.kind.as_str())
}

fn spec_changed(resource: &Resource, old: &Value, new: &Value) -> bool {
    if resource.custom.is_some() || old.get("spec").is_none() {
        let rest = |value: &Value| {
            let mut rest = value.clone();
            put(&mut rest, "metadata", None);
            if resource.has("status") || resource.custom.is_none() {
                put(&mut rest, "status", None);
            }
            rest
        };
        return rest(old) != rest(new);
    }
    old.get("spec") != new.get("spec")
}

fn check_config(resource: &Resource, version: &str, name: &str, config: &Value) -> ApiResult<()> {
    if meta(config, "managedFields").is_some_and(|m| m.as_array().is_none_or(|m| !m.is_empty())) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    crate::typed::validate(&resource.schema, config).map_err(|why| {
        let namespace = meta_text(config, "namespace");
        let path = format!("{namespace}/{name}");
        let version =
            if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        ApiError::internal(format!(
            "failed to create typed patch object ({path}; {version}, Kind={}): {why}",
            text(config, "/kind")
        ))
    })
}

/// Keeps kubectl's annotation of a client-side apply current when kubectl applies on the server.
fn refresh_last_applied(object: &mut Value, live: &Value, config: &Value, manager: &str) {
    const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let present = meta(live, "annotations").is_some_and(|a| a.get(ANNOTATION).is_some());
    if manager != "kubectl" || !present {
        return;
    }
    if let Some(annotations) = object.pointer_mut("/metadata/annotations") {
        put(annotations, ANNOTATION, Some(format!("{config}\n").into()));
    }
}

/// An applied object that merges but cannot be read.
fn unconvertible(error: &ApiError, resource: &Resource, config: &Value, name: &str) -> ApiError {
    let prefix = format!(
        "{0} in version {1:?} cannot be handled as a {0}: ",
        resource.kind, resource.version
    );
    let kind = format!("{}, Kind={}", resource.api_version(), resource.kind);
    let why = error.message().strip_prefix(&prefix).unwrap_or(error.message()).to_owned();
    let namespace = meta_text(config, "namespace");
    ApiError::internal(format!(
        "failed to convert new object ({namespace}/{name}; {kind}) to proper version: unable to convert unstructured object to {kind}: {why}"
    ))
}

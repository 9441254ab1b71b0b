//! A run: what is declared, what is live, what dry runs said.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use suimon_graph::Order;
use suimon_model::{Body, Manifest, ResourceId, TargetIdentity, UnknownRead};
use suimon_plan::{
    Comparison, Conflict, Declared, Inputs, LiveObject, Observed, Plan, Presence, Preview,
};

use super::{applied, id_of, live, manifest, marked, mask};

/// A run that is being set up.
pub struct World {
    pub manifests: Vec<Manifest>,
    pub observed: Observed,
    pub previews: BTreeMap<ResourceId, Preview>,
    pub targets: Vec<ResourceId>,
    pub adopt: bool,
    pub drift_only: bool,
}

impl World {
    pub fn new() -> Self {
        let target = TargetIdentity {
            provider: "kubernetes".into(),
            identity: "sha256:cluster".into(),
            endpoint: "https://127.0.0.1:6443".into(),
        };
        Self {
            manifests: Vec::new(),
            observed: Observed { targets: vec![target], ..Observed::default() },
            previews: BTreeMap::new(),
            targets: Vec::new(),
            adopt: false,
            drift_only: false,
        }
    }

    /// Declares an object that is not live.
    pub fn absent(mut self, object: &Value) -> Self {
        self.declare(object, Presence::Absent);
        self
    }

    /// Declares an object that could not be read.
    pub fn unknown(mut self, object: &Value) -> Self {
        self.declare(object, Presence::Unknown);
        self
    }

    /// Declares an object whose kind is not served.
    pub fn not_served(mut self, object: &Value) -> Self {
        self.declare(object, Presence::KindNotServed);
        self
    }

    /// Declares an object of which this is live.
    pub fn live(mut self, object: &Value, stored: LiveObject) -> Self {
        self.declare(object, Presence::Live(Box::new(stored)));
        self
    }

    /// Declares an object that is live as declared.
    pub fn same(mut self, object: &Value) -> Self {
        let stored = live(applied(object));
        let masked = self.declare(object, Presence::Unchanged { uid: stored.uid.clone() });
        assert_eq!(suimon_plan::compare(&masked, &stored), Comparison::Equal);
        self
    }

    /// An owned object that is not declared.
    pub fn extra(mut self, object: Value) -> Self {
        let stored = live(applied(&marked(object, "digest")));
        self.observed.extra.insert(stored.id.clone(), stored);
        self
    }

    /// The dry run of an object that would store this.
    pub fn stores(mut self, stored: Value, conflicts: Vec<Conflict>) -> Self {
        let object = live(stored);
        self.previews.insert(object.id.clone(), Preview::Stored { object, conflicts });
        self
    }

    /// What a dry run said.
    pub fn says(mut self, id: &str, preview: Preview) -> Self {
        self.previews.insert(id.parse().unwrap(), preview);
        self
    }

    /// A kind that could not be listed.
    pub fn unread(mut self, group_kind: &str) -> Self {
        let reason = "forbidden: list".to_owned();
        let unknown = UnknownRead { id: None, group_kind: group_kind.to_owned(), reason };
        self.observed.unknown.push(unknown);
        self
    }

    pub fn target(mut self, id: &str) -> Self {
        self.targets.push(id.parse().unwrap());
        self
    }

    pub fn adopting(mut self) -> Self {
        self.adopt = true;
        self
    }

    pub fn drift_only(mut self) -> Self {
        self.drift_only = true;
        self
    }

    pub fn plan(&self) -> Plan {
        self.with_inputs(|inputs| suimon_plan::plan(&inputs))
    }

    pub fn candidates(&self) -> Vec<String> {
        let ids = self.with_inputs(|inputs| suimon_plan::candidates(&inputs));
        ids.iter().map(ToString::to_string).collect()
    }

    pub fn order(&self) -> Order {
        suimon_graph::order(&self.manifests).unwrap()
    }

    fn with_inputs<T>(&self, work: impl FnOnce(Inputs<'_>) -> T) -> T {
        let declared = |id: &ResourceId| {
            let manifest = self.manifests.iter().find(|manifest| manifest.id == *id)?;
            Some(Declared { manifest, masked: masked(manifest) })
        };
        work(Inputs {
            project: "medical-ai",
            environment: "dev",
            revision: Some("4f0c"),
            release: None,
            release_id: "sha256:release",
            order: &self.order(),
            declared: &declared,
            observed: &self.observed,
            previews: &self.previews,
            policy: &json!({"protect": {"maxDeletes": 3}}),
            adopt: self.adopt,
            targets: &self.targets,
            drift_only: self.drift_only,
        })
    }

    fn declare(&mut self, object: &Value, presence: Presence) -> Value {
        let manifest = manifest(object);
        let masked = masked(&manifest).value();
        self.observed.declared.insert(manifest.id.clone(), presence);
        self.manifests.push(manifest);
        masked
    }
}

fn masked(manifest: &Manifest) -> Body {
    let mut value = manifest.body.value();
    mask().object(&mut value);
    Body::new(&value)
}

pub fn namespace(name: &str) -> Value {
    marked(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}), "digest")
}

pub fn config(name: &str, data: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "web"});
    marked(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}),
        "digest",
    )
}

pub fn crd(group: &str, kind: &str, plural: &str) -> Value {
    let object = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural}},
    });
    marked(object, "digest")
}

pub fn thing(name: &str) -> Value {
    let metadata = json!({"name": name, "namespace": "web"});
    let object = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": metadata});
    marked(object, "digest")
}

/// A live object after another manager wrote a field of it.
pub fn written_by(mut stored: Value, manager: &str, operation: &str, fields: Value) -> Value {
    let entry = json!({
        "apiVersion": stored["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields,
        "manager": manager, "operation": operation, "time": "2026-02-02T00:00:00Z",
    });
    take_away(&mut stored["metadata"]["managedFields"][0]["fieldsV1"], &fields);
    stored["metadata"]["managedFields"].as_array_mut().unwrap().push(entry);
    stored
}

fn take_away(from: &mut Value, fields: &Value) {
    let (Value::Object(from), Value::Object(fields)) = (from, fields) else { return };
    for (key, below) in fields {
        if below.as_object().unwrap().is_empty() {
            from.remove(key);
        } else if let Some(from) = from.get_mut(key) {
            take_away(from, below);
        }
    }
}

/// A plan, one line for each thing in it.
pub fn lines(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.push(format!("{} {} {:?}", change.action.symbol(), change.id, change.reason));
        for field in &change.fields {
            let show = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
            let after = if field.unknown_after { "(unknown)".into() } else { show(&field.after) };
            let mut notes = String::new();
            notes.push_str(if field.sensitive { " sensitive" } else { "" });
            notes.push_str(if field.forces_replacement { " forces" } else { "" });
            lines.push(format!("    {}: {} -> {after}{notes}", field.path, show(&field.before)));
        }
        for c in &change.conflicts {
            let repairs = if c.repairs_drift { ", repairs drift" } else { "" };
            lines.push(format!(
                "    conflict {} with {}: {:?} / {:?}{repairs}",
                c.field, c.manager, c.ours, c.theirs
            ));
        }
    }
    for drift in &plan.drift {
        for field in &drift.fields {
            let who = field.manager.as_deref().unwrap_or("?");
            let when = field.time.as_deref().unwrap_or("?");
            lines.push(format!("drift {} {} by {who} at {when}", drift.id, field.path));
        }
    }
    for unknown in &plan.unknown {
        let id = unknown.id.as_ref().map_or(unknown.group_kind.clone(), ToString::to_string);
        lines.push(format!("unknown {id}: {}", unknown.reason));
    }
    for refusal in &plan.refused {
        lines.push(format!("refused {} [{}] {}", refusal.id, refusal.code, refusal.message));
    }
    lines.push(format!("{} unchanged of {}", plan.summary().unchanged, plan.declared));
    lines.join("\n")
}

pub fn id(object: &Value) -> String {
    id_of(object).to_string()
}

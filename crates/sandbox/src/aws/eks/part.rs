//! Something that is described as JSON and changes in steps.

use serde_json::{Map, Value, json};

use crate::{
    aws::context::Context,
    value::{self, text},
};

/// How many steps a change takes.
const STEPS: u8 = 2;

/// What the text in a request and the start of a tag's key are that make something fail.
const FAIL: &str = "sandbox-fail";

/// What happened in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Still,
    Moved,
    Gone,
}

/// A change that is under way or done.
#[derive(Debug)]
pub(super) struct Update {
    /// As `DescribeUpdate` gives it.
    pub(super) doc: Value,
    /// The request, for a second one with the same token.
    asked: Value,
    /// What the description's members become when it succeeds.
    change: Map<String, Value>,
    /// The error that it ends with.
    failure: Option<(String, String)>,
}

impl Update {
    pub(super) fn id(&self) -> &str {
        text(&self.doc, "/id")
    }

    pub(super) fn kind(&self) -> &str {
        text(&self.doc, "/type")
    }

    pub(super) fn is_running(&self) -> bool {
        text(&self.doc, "/status") == "InProgress"
    }

    pub(super) fn succeeded(&self) -> bool {
        text(&self.doc, "/status") == "Successful"
    }
}

/// A cluster, node group, profile, add-on or association.
#[derive(Debug)]
pub(super) struct Part {
    /// As it is described.
    pub(super) doc: Value,
    /// The request that made it.
    asked: Value,
    /// What it gets when it has become active.
    ready: Map<String, Value>,
    /// How many steps what it is doing still takes.
    left: u8,
    /// Oldest first.
    pub(super) updates: Vec<Update>,
}

/// An update before it starts.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) kind: &'static str,
    /// Type and value of each parameter.
    pub(super) params: Vec<(&'static str, String)>,
    /// What the description's members become; null removes one.
    pub(super) members: Map<String, Value>,
}

impl Part {
    /// Something that is `CREATING`, if it has a status; `ready` is added when it is active.
    pub(super) fn new(doc: Value, asked: &Value, ready: Map<String, Value>) -> Self {
        Self { doc, asked: asked.clone(), ready, left: STEPS, updates: Vec::new() }
    }

    pub(super) fn status(&self) -> &str {
        text(&self.doc, "/status")
    }

    /// Whether `body` is the request that made it, by its token.
    pub(super) fn is_asked_again(&self, body: &Value) -> bool {
        has_token(body) && self.asked == *body
    }

    pub(super) fn running(&self) -> Option<&Update> {
        self.updates.iter().find(|update| update.is_running())
    }

    /// The update that the same request with the same token has started.
    pub(super) fn started_by(&self, body: &Value) -> Option<&Update> {
        self.updates.iter().find(|update| has_token(body) && update.asked == *body)
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.doc.get("tags")?.get(key)?.as_str()
    }

    /// Whether the tag is set that asks for failure at `what`.
    pub(super) fn fails_at(&self, what: &str) -> bool {
        self.tag(&format!("{FAIL}-{what}")).is_some()
    }

    /// Starts an update; its answer.
    pub(super) fn begin(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
        change: Change,
    ) -> Value {
        let params: Vec<Value> = change
            .params
            .into_iter()
            .map(|(kind, value)| json!({ "type": kind, "value": value }))
            .collect();
        let doc = json!({
            "id": context.ids.uuid(), "status": "InProgress", "type": change.kind,
            "params": params, "createdAt": context.stamp(), "errors": [],
        });
        let asks = body.to_string().contains(FAIL);
        let failure = match self.tag(&format!("{FAIL}-update")) {
            Some(code) => Some(code.to_owned()),
            None => asks.then(String::new),
        };
        let failure = failure.map(|code| {
            let code = if code.is_empty() { "Unknown".to_owned() } else { code };
            (code, "The sandbox was asked to let this update fail.".to_owned())
        });
        self.updates.push(Update {
            doc: doc.clone(),
            asked: body.clone(),
            change: change.members,
            failure,
        });
        self.left = STEPS;
        self.set("status", "UPDATING");
        json!({ "update": doc })
    }

    /// Starts the end of it.
    pub(super) fn begin_delete(&mut self) {
        if self.status() != "DELETING" {
            self.left = STEPS;
            self.set("status", "DELETING");
        }
    }

    pub(super) fn set(&mut self, key: &str, what: impl Into<Value>) {
        value::put(&mut self.doc, key, Some(what.into()));
    }

    /// One step of what it is doing.
    pub(super) fn step(&mut self, context: &Context<'_>) -> Step {
        if !matches!(self.status(), "CREATING" | "UPDATING" | "DELETING") {
            return Step::Still;
        }
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return Step::Moved;
        }
        match self.status() {
            "DELETING" => return Step::Gone,
            "CREATING" => self.finish_create(),
            _ => self.finish_update(),
        }
        if self.doc.get("modifiedAt").is_some() {
            self.set("modifiedAt", context.stamp());
        }
        Step::Moved
    }

    fn is_cluster(&self) -> bool {
        self.doc.get("resourcesVpcConfig").is_some()
    }

    fn is_addon(&self) -> bool {
        self.doc.get("addonName").is_some()
    }

    fn finish_create(&mut self) {
        let asks = text(&self.doc, "/configurationValues").contains(FAIL);
        if self.fails_at("create") || asks {
            let code = match self.is_addon() {
                true => "ConfigurationConflict",
                false => "InternalFailure",
            };
            self.set("status", if self.is_cluster() { "FAILED" } else { "CREATE_FAILED" });
            self.set_issue(code, "The sandbox was asked to let this creation fail.");
            return;
        }
        self.apply(self.ready.clone());
        self.set("status", "ACTIVE");
    }

    fn finish_update(&mut self) {
        let Some(update) = self.updates.iter_mut().find(|update| update.is_running()) else {
            self.set("status", "ACTIVE");
            return;
        };
        let Some((code, message)) = update.failure.clone() else {
            value::put(&mut update.doc, "status", Some("Successful".into()));
            let change = update.change.clone();
            self.apply(change);
            self.set("status", "ACTIVE");
            if self.doc.get("health").is_some() {
                self.set("health", json!({ "issues": [] }));
            }
            return;
        };
        value::put(&mut update.doc, "status", Some("Failed".into()));
        let error = json!({ "errorCode": code, "errorMessage": message, "resourceIds": [] });
        value::put(&mut update.doc, "errors", Some(json!([error])));
        if self.is_addon() {
            self.set("status", "UPDATE_FAILED");
            self.set_issue(&code, &message);
        } else {
            self.set("status", "ACTIVE");
        }
    }

    fn set_issue(&mut self, code: &str, message: &str) {
        let issue = json!({ "code": code, "message": message, "resourceIds": [] });
        self.set("health", json!({ "issues": [issue] }));
    }

    /// Sets members of the description; null removes one.
    pub(super) fn apply(&mut self, members: Map<String, Value>) {
        for (key, what) in members {
            value::put(&mut self.doc, &key, Some(what).filter(|what| !what.is_null()));
        }
    }
}

fn has_token(body: &Value) -> bool {
    body.get("clientRequestToken").is_some_and(Value::is_string)
}

//! Faults that a test asks for.

/// One fault: which requests it hits, how often, and what happens to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP method; `None` hits every method.
    pub method: Option<String>,
    /// How the path begins, such as `/api/v1/namespaces/default/secrets`.
    pub path_prefix: String,
    /// How many requests it hits before it is spent; `None`: it stays.
    pub times: Option<usize>,
    /// What happens.
    pub effect: Effect,
}

/// What happens to a request that a [`Fault`] hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This answer, instead of the API's.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, such as the JSON of a `Status`.
        body: String,
        /// Seconds for a `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// The connection breaks before an answer; the request has no effect.
    Reset,
    /// The request takes effect and the connection breaks instead of the answer.
    LoseReply,
    /// The answer announces its whole length and stops in the middle.
    Truncate,
}

impl Fault {
    /// A `Status` answer with `status`, `reason` and `message`, `times` times.
    #[must_use]
    pub fn status(
        path_prefix: &str,
        status: u16,
        reason: &str,
        message: &str,
        times: usize,
    ) -> Self {
        let body = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": status,
        });
        Self {
            method: None,
            path_prefix: path_prefix.to_owned(),
            times: Some(times),
            effect: Effect::Answer { status, body: body.to_string(), retry_after: None },
        }
    }

    /// Every request to these paths is forbidden, as for a user without the role.
    #[must_use]
    pub fn forbid(path_prefix: &str) -> Self {
        let message = format!("{path_prefix} is forbidden: User \"sandbox\" has no access to it");
        Self { times: None, ..Self::status(path_prefix, 403, "Forbidden", &message, 0) }
    }

    /// The same fault for one HTTP method only.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    fn hits(&self, method: &str, path: &str) -> bool {
        self.times != Some(0)
            && path.starts_with(&self.path_prefix)
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}

/// The faults that are armed, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this request; a spent fault goes.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Effect> {
        let fault = self.0.iter_mut().find(|fault| fault.hits(method, path))?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        let effect = fault.effect.clone();
        self.0.retain(|fault| fault.times != Some(0));
        Some(effect)
    }
}

//! Faults that a test asks for.

use std::time::Duration;

/// One fault: which calls it hits, how often, and what happens to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsFault {
    /// The service as requests are signed for it, such as `ecs`, `application-autoscaling` or `secretsmanager`;
    /// `None` hits every service.
    pub service: Option<String>,
    /// The operation, such as `DescribeServices`; `None` hits every one.
    pub operation: Option<String>,
    /// What happens.
    pub effect: AwsEffect,
    /// How many calls it hits before it is spent; `None`: it stays.
    pub times: Option<u32>,
}

/// What happens to a call that an [`AwsFault`] hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsEffect {
    /// This error, instead of the service's answer; the call has no effect.
    Error {
        /// The HTTP status.
        status: u16,
        /// The code, such as `ThrottlingException`.
        code: String,
        /// The message.
        message: String,
    },
    /// The connection breaks before an answer; the call has no effect.
    Reset,
    /// The call takes effect and the connection breaks instead of the answer.
    LoseReply,
    /// The answer comes this much later.
    Delay(Duration),
}

impl AwsFault {
    /// An error answer to the next `times` calls of one operation.
    #[must_use]
    pub fn error(operation: &str, status: u16, code: &str, message: &str, times: u32) -> Self {
        let (code, message) = (code.to_owned(), message.to_owned());
        Self {
            service: None,
            operation: Some(operation.to_owned()),
            effect: AwsEffect::Error { status, code, message },
            times: Some(times),
        }
    }

    fn hits(&self, service: &str, operation: &str) -> bool {
        self.times != Some(0)
            && self.service.as_deref().is_none_or(|wanted| wanted == service)
            && self.operation.as_deref().is_none_or(|wanted| wanted == operation)
    }
}

/// The faults that are armed, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<AwsFault>);

impl Faults {
    pub(crate) fn arm(&mut self, fault: AwsFault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this call; a spent fault goes.
    pub(crate) fn take(&mut self, service: &str, operation: &str) -> Option<AwsEffect> {
        let fault = self.0.iter_mut().find(|fault| fault.hits(service, operation))?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        let effect = fault.effect.clone();
        self.0.retain(|fault| fault.times != Some(0));
        Some(effect)
    }
}

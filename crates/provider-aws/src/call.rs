//! Calls through the SDK's clients, with the JSON of the API's own shape in and out.
//!
//! The SDK gives endpoint, credentials, signature and error types. Bodies pass through it as JSON, so that every
//! field that the API has is written and read, also one that is newer than our code.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failure::{ApiError, Cause};

/// What may be done about a call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Reads: again, within the budget.
    Read,
    /// Writes that do no more when they are made twice: again, within the budget.
    Repeatable,
    /// Writes that make another thing when they are made twice: never again without looking first.
    Once,
}

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) body: Option<Zeroizing<Vec<u8>>>,
    pub(crate) skew: Option<i64>,
    pub(crate) retry_after: Option<Duration>,
}

/// Puts a JSON body into a request, and keeps the JSON of the answer.
#[derive(Clone)]
pub(crate) struct Json {
    request: Option<Bytes>,
    answer: Arc<Mutex<Answer>>,
}

/// What can be sent as the body of a request.
pub(crate) trait Payload {
    /// Its JSON, in memory that is wiped when the last one who holds it is done; `None` leaves the SDK's own body.
    fn bytes(&self) -> Option<Bytes>;
}

impl Payload for Value {
    fn bytes(&self) -> Option<Bytes> {
        (!self.is_null()).then(|| wiped(Zeroizing::new(self.to_string().into_bytes())))
    }
}

impl<T: Payload> Payload for &T {
    fn bytes(&self) -> Option<Bytes> {
        (**self).bytes()
    }
}

impl Payload for Bytes {
    fn bytes(&self) -> Option<Bytes> {
        Some(self.clone())
    }
}

/// Bytes that are shared without a copy and wiped after the last use.
pub(crate) fn wiped(bytes: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(bytes)
}

impl Json {
    /// With this body.
    pub(crate) fn new(body: &impl Payload) -> Self {
        Self { request: body.bytes(), answer: Arc::default() }
    }

    /// What was answered.
    pub(crate) fn take(&self) -> Answer {
        std::mem::take(&mut self.answer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

impl Intercept for Json {
    fn name(&self) -> &'static str {
        "Json"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = &self.request {
            let request = context.request_mut();
            request.headers_mut().try_insert("content-length", body.len().to_string())?;
            *request.body_mut() = SdkBody::from(body.clone());
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        *answer = Answer {
            body: response.body().bytes().map(|bytes| Zeroizing::new(bytes.to_vec())),
            skew: skew(response),
            retry_after: response
                .headers()
                .get("retry-after")
                .and_then(|text| text.trim().parse().ok())
                .map(|seconds: u64| Duration::from_secs(seconds.min(60))),
        };
        Ok(())
    }
}

/// How far the server's clock is ahead of ours, in seconds.
fn skew(response: &HttpResponse) -> Option<i64> {
    let date = response.headers().get("date")?;
    let date = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(date - i64::try_from(now).ok()?)
}

/// What the SDK says went wrong.
pub(crate) fn failure<E>(
    service: &'static str,
    operation: &'static str,
    error: &SdkError<E, HttpResponse>,
    answer: &Answer,
) -> ApiError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let (cause, message) = match (crate::credentials::problem(error), error) {
        (Some(told), _) => (Cause::NoCredentials, told),
        (None, SdkError::ServiceError(context)) => {
            let code = context.err().code().unwrap_or("UnknownError").to_owned();
            let told = context.err().message().map(str::to_owned);
            let status = context.raw().status().as_u16();
            let message = told.unwrap_or_else(|| format!("HTTP status {status}"));
            (Cause::Answered { status, code }, message)
        }
        (None, SdkError::ResponseError(context)) if context.raw().status().as_u16() >= 400 => {
            let status = context.raw().status().as_u16();
            let code = "UnknownError".to_owned();
            (Cause::Answered { status, code }, format!("HTTP status {status}"))
        }
        (None, SdkError::ResponseError(_)) => {
            (Cause::Malformed, "an answer that is cut short".to_owned())
        }
        (None, SdkError::TimeoutError(_)) => (Cause::NoAnswer, "no answer in time".to_owned()),
        (None, SdkError::DispatchFailure(failure)) => {
            let told = deepest(failure.as_connector_error().map(|e| e as &dyn std::error::Error));
            let unsent = failure.as_connector_error().is_some_and(ConnectorError::is_user);
            (if unsent { Cause::NotSent } else { Cause::NoAnswer }, told)
        }
        (None, other) => (Cause::NotSent, chain(other)),
    };
    ApiError {
        service,
        operation,
        cause,
        message: one_line(&message),
        skew: answer.skew,
        retry_after: answer.retry_after,
    }
}

fn deepest(error: Option<&dyn std::error::Error>) -> String {
    error.map_or_else(|| "the connection failed".to_owned(), chain)
}

/// What the deepest causes say; the SDK's own words around them say nothing more.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut told: Vec<String> = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if told.last() != Some(&text) {
            told.push(text);
        }
        next = error.source();
    }
    let from = told.len().saturating_sub(2);
    told[from..].join(": ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes one call of an SDK client with a JSON body: `call!(session, ecs, DescribeServices, Read, describe_services(), body)`.
///
/// Setters after the operation are for what is in the path of the request: `delete_cluster().name("x")`.
macro_rules! call {
    ($session:expr, $client:ident, $name:ident, $class:ident, $operation:ident() $(. $setter:ident($value:expr))*, $body:expr) => {
        $session
            .send(stringify!($client), stringify!($name), $crate::call::Class::$class, || {
                let pass = $crate::call::Json::new(&$body);
                let sent = $session.clients.$client.$operation() $(.$setter($value))*
                    .customize()
                    .interceptor(pass.clone())
                    .send();
                async move {
                    let result = sent.await;
                    let answer = pass.take();
                    match result {
                        Ok(_) => Ok(answer),
                        Err(error) => Err($crate::call::failure(
                            stringify!($client), stringify!($name), &error, &answer,
                        )),
                    }
                }
            })
            .await
    };
}
pub(crate) use call;

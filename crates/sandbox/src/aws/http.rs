//! The wire: AWS JSON 1.1, REST-JSON and the query protocol.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::{Map, Value};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    AwsRequest, Shared,
    auth::Signature,
    eks,
    error::{AwsError, AwsResult},
    fault::AwsEffect,
    state::Service,
    uri, xml,
};

/// The largest request body.
const MAX_BODY: usize = 3 * 1024 * 1024;

/// Serves connections until `stop` closes; then every connection ends.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let shared = shared.clone();
                    connections.spawn(async move {
                        let _ = stream.set_nodelay(true);
                        let service = service_fn(move |request| respond(shared.clone(), request));
                        let builder = auto::Builder::new(TokioExecutor::new());
                        // A connection that breaks is the client's affair.
                        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                    });
                }
            }
            Some(_) = connections.join_next() => {}
            _ = stop.changed() => return,
        }
    }
}

/// A connection that is broken off on purpose.
#[derive(Debug, thiserror::Error)]
#[error("connection reset on request")]
struct Broken;

async fn respond(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, incoming) = request.into_parts();
    let query = uri::pairs(parts.uri.query().unwrap_or_default());
    let body = match Limited::new(incoming, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(too_large(&shared)),
    };
    let call = Call::of(&parts.method, parts.uri.path(), &query, &parts.headers, &body);
    let effect = match &call {
        Ok(call) => shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(call.service.name(), &call.operation),
        Err(_) => None,
    };
    if let (Some(AwsEffect::Reset), Ok(call)) = (&effect, &call) {
        shared.record(call, 0);
        return Err(Broken);
    }
    if let Some(AwsEffect::Delay(time)) = effect {
        tokio::time::sleep(time).await;
    }
    let answer = match (&call, &effect) {
        (Err((_, error)), _) => Err(error.clone()),
        (_, Some(AwsEffect::Error { status, code, message })) => {
            Err(AwsError::new(*status, code, message.as_str()))
        }
        (Ok(call), _) => perform(&shared, call, &parts.headers, &query),
    };
    let service = match &call {
        Ok(call) => call.service,
        Err((service, _)) => *service,
    };
    let operation = call.as_ref().map(|call| call.operation.as_str()).unwrap_or_default();
    let id = shared.lock().ids.uuid();
    let mut response = match &answer {
        Ok(value) => success(service, operation, value, &id),
        Err(error) => failure(service, error, &id),
    };
    // Clients correct their clock by it.
    let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    if let Ok(call) = &call {
        shared.record(call, response.status().as_u16());
    }
    if effect == Some(AwsEffect::LoseReply) { Err(Broken) } else { Ok(response) }
}

/// Authenticates, takes from the bucket, and lets the service answer.
fn perform(
    shared: &Shared,
    call: &Call,
    headers: &HeaderMap,
    query: &[(String, String)],
) -> AwsResult {
    let now = shared.clock.now();
    let signature = Signature::read(headers, &[query, &call.form].concat())?;
    let mut world = shared.lock();
    let caller = world.sts.caller(&signature, now)?;
    signature.check(call.service, now)?;
    if let Some(rate) = shared.rate
        && !shared.buckets.lock().unwrap_or_else(PoisonError::into_inner).take(
            rate,
            &caller.account,
            call.service,
            now,
        )
    {
        return Err(AwsError::throttled());
    }
    let answer =
        world.call((&caller, &signature.region), (call.service, &call.operation), &call.body, now);
    drop(world);
    shared.called.send_modify(|calls| *calls += 1);
    answer
}

impl Shared {
    fn record(&self, call: &Call, status: u16) {
        if self.record_requests {
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(AwsRequest {
                service: call.service.name().to_owned(),
                operation: call.operation.clone(),
                status,
            });
        }
    }
}

/// What a request asks for.
#[derive(Debug)]
struct Call {
    service: Service,
    operation: String,
    body: Value,
    /// The parameters of a form, as they were sent.
    form: Vec<(String, String)>,
}

impl Call {
    /// An error comes with the service in whose form it is answered.
    fn of(
        method: &Method,
        path: &str,
        query: &[(String, String)],
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, (Service, AwsError)> {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let json = || match body.is_empty() {
            true => Some(Value::Object(Map::new())),
            false => serde_json::from_slice::<Value>(body).ok().filter(Value::is_object),
        };
        if let Some(target) = header("x-amz-target") {
            let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
            let service = Service::of_target(prefix)
                .ok_or_else(|| (Service::Ecs, AwsError::unknown_operation()))?;
            let body = json().ok_or_else(|| (service, AwsError::serialization()))?;
            return Ok(Self { service, operation: operation.to_owned(), body, form: Vec::new() });
        }
        let is_form = header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if path == "/" && (is_form || query.iter().any(|(name, _)| name == "Action")) {
            let text = String::from_utf8_lossy(body);
            let form = if is_form { uri::pairs(&text) } else { query.to_vec() };
            let members: Map<String, Value> =
                form.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            let operation = members.get("Action").and_then(Value::as_str).unwrap_or_default();
            return Ok(Self {
                service: Service::Sts,
                operation: operation.to_owned(),
                body: Value::Object(members),
                form,
            });
        }
        let body = json().ok_or_else(|| (Service::Eks, AwsError::serialization()))?;
        let (operation, body) =
            eks::route(method.as_str(), path, query, &body).ok_or_else(|| {
                (Service::Eks, AwsError { status: 404, ..AwsError::unknown_operation() })
            })?;
        Ok(Self { service: Service::Eks, operation, body, form: Vec::new() })
    }
}

fn success(service: Service, operation: &str, value: &Value, id: &str) -> Response<Full<Bytes>> {
    match service {
        Service::Sts => respond_with(200, "text/xml", xml::answer(operation, value, id), id),
        Service::Eks => respond_with(200, "application/json", value.to_string(), id),
        _ => respond_with(200, "application/x-amz-json-1.1", value.to_string(), id),
    }
}

fn failure(service: Service, error: &AwsError, id: &str) -> Response<Full<Bytes>> {
    let json = "application/x-amz-json-1.1";
    // Errors of the front door have another status and, in the query protocol, another name.
    let at_door = matches!(
        error.code.as_str(),
        "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "UnrecognizedClientException"
            | "ExpiredTokenException"
    );
    let status = if at_door && service == Service::Ecs { 400 } else { error.status };
    let mut response = match service {
        Service::Sts => respond_with(status, "text/xml", xml::error(error, id), id),
        Service::Eks => {
            respond_with(status, "application/json", error.body("message").to_string(), id)
        }
        Service::Secrets | Service::Autoscaling if !at_door => {
            respond_with(status, json, error.body("Message").to_string(), id)
        }
        _ => respond_with(status, json, error.body("message").to_string(), id),
    };
    if service != Service::Sts
        && let Ok(code) = HeaderValue::from_str(&error.code)
    {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

fn too_large(shared: &Shared) -> Response<Full<Bytes>> {
    let id = shared.lock().ids.uuid();
    let error = AwsError::new(413, "RequestEntityTooLargeException", "Request size exceeded.");
    failure(Service::Ecs, &error, &id)
}

fn respond_with(status: u16, media: &'static str, body: String, id: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

//! The server: connections in, answers out.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    aws::eks_token_caller,
    discovery,
    fault::Effect,
    openapi,
    resource::Registry,
    sandbox::Request as Record,
    state::Shared,
    status::{ApiError, ApiResult},
};

use super::{
    accept::{Accepted, accepted},
    answer::{self, Answer},
    body::{self, Body},
    resources::Call,
    route::{self, Route},
};

/// The largest request body, as at the real server.
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
) -> Result<Response<Body>, Broken> {
    let (parts, incoming) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let effect = shared
        .faults
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take(parts.method.as_str(), &path);
    let record = |status: u16| {
        if shared.record {
            let mut requests =
                shared.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            requests.push(Record {
                method: parts.method.to_string(),
                path: path.clone(),
                query: query.clone(),
                status,
            });
        }
    };
    match effect {
        Some(Effect::Reset) => {
            record(0);
            return Err(Broken);
        }
        Some(Effect::Answer { status, body, retry_after }) => {
            record(status);
            let mut response = answer::make(status, "application/json", body::full(body), &[]);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(response);
        }
        _ => {}
    }
    let response = match read(incoming).await {
        Ok(bytes) => {
            let request = Received {
                method: &parts.method,
                path: &path,
                query: &query,
                headers: &parts.headers,
                body: &bytes,
            };
            request.answer(&shared).map_or_else(|error| answer::error(&error), Answer::response)
        }
        Err(error) => answer::error(&error),
    };
    record(response.status().as_u16());
    match effect {
        Some(Effect::LoseReply) => Err(Broken),
        Some(Effect::Truncate) => Ok(truncate(response).await),
        _ => Ok(response),
    }
}

async fn read(incoming: Incoming) -> ApiResult<Bytes> {
    match Limited::new(incoming, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::too_large()),
        Err(error) => {
            Err(ApiError::bad_request(format!("unable to read the request body: {error}")))
        }
    }
}

async fn truncate(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, body::truncated(&whole))
}

/// One request, read completely.
struct Received<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

impl Received<'_> {
    fn answer(&self, shared: &Arc<Shared>) -> ApiResult<Answer> {
        let route = route::route(self.path);
        if shared.eks_token {
            self.authenticate(shared, route.as_ref())?;
        }
        let route = route.ok_or_else(ApiError::no_path)?;
        if let Route::OpenApiV2 | Route::OpenApiV3 | Route::OpenApiV3Group(_) = route {
            return openapi::answer(&shared.lock().registry, &route, self.headers);
        }
        let accepted = accepted(self.headers)?;
        if let Route::Object(target) = &route {
            let query = route::query(self.query);
            return Call {
                shared,
                method: self.method,
                target,
                query: &query,
                headers: self.headers,
                body: self.body,
                accepted,
            }
            .answer();
        }
        if self.method != Method::GET && self.method != Method::HEAD {
            return Err(ApiError::method_not_allowed());
        }
        document(shared, &route, accepted)
    }

    /// Refuses a token that EKS would not take, and the lack of one except for what everybody may read.
    fn authenticate(&self, shared: &Shared, route: Option<&Route>) -> ApiResult<()> {
        let given = self.headers.get(header::AUTHORIZATION);
        let public = matches!(route, Some(Route::Health | Route::Version));
        if given.is_none() && public {
            return Ok(());
        }
        let token = given
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .unwrap_or_default();
        let now = shared.lock().clock.now();
        eks_token_caller(token, now).map(drop).map_err(|_| ApiError::unauthorized())
    }
}

fn document(shared: &Shared, route: &Route, accepted: Accepted) -> ApiResult<Answer> {
    const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let state = shared.lock();
    let registry = &state.registry;
    Ok(match route {
        Route::Health => Answer::Text("ok"),
        Route::Version => Answer::ok(discovery::version()),
        Route::Core | Route::Groups if accepted.aggregated => Answer::Typed {
            media: AGGREGATED,
            value: discovery::aggregated(registry, *route == Route::Core),
        },
        Route::Core => Answer::ok(discovery::api_versions()),
        Route::Groups => Answer::ok(discovery::group_list(registry)),
        Route::Group(group) => {
            Answer::ok(discovery::group(registry, group).ok_or_else(ApiError::no_path)?)
        }
        Route::Resources(group, version) => Answer::ok(
            discovery::resource_list(registry, group, version)
                .ok_or_else(|| missing(registry, group))?,
        ),
        _ => return Err(ApiError::no_path()),
    })
}

fn missing(registry: &Registry, group: &str) -> ApiError {
    let builtin = registry.all().iter().any(|r| r.group == group && r.custom.is_none());
    if builtin { ApiError::no_resource() } else { ApiError::no_path() }
}

//! [`Client`]: makes requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::connect::Connector;
use super::retry::Patience;
use super::{Method, Request, Response, Settings};
use crate::{Error, Result};

/// How many redirects are followed for one request.
const REDIRECTS: usize = 5;

/// Makes requests; clones share their connections.
///
/// # Guarantees
/// Certificates and host names are always verified. No header, body, query or password is in an error.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<HttpsConnector<Connector>, Full<Bytes>>,
    connector: Connector,
    settings: Settings,
    /// Why no certificate is trusted, when none is.
    distrust: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`Error::Settings`] for a proxy that cannot be used or a file of certificates that cannot be read.
    pub fn new(settings: Settings) -> Result<Self> {
        let connector = Connector::new(&settings)?;
        let (tls, distrust) = tls(&settings)?;
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector.clone());
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(https);
        Ok(Self { inner: Arc::new(Inner { pool, connector, settings, distrust }) })
    }

    /// Asks once for a page, as a check of a gate does: no redirect is followed, nothing is tried again, and
    /// of a long body the first `max_body` bytes are kept.
    ///
    /// # Errors
    /// [`Error::Settings`] for an address that is none, [`Error::Unreachable`] without an answer in time.
    pub async fn probe(&self, url: &str, timeout: Duration) -> Result<Response> {
        self.once(&Request::new(Method::Get, url).timeout(timeout)).await
    }

    /// Makes a request, again where that is safe and promises anything.
    ///
    /// # Errors
    /// [`Error::Settings`] for an address that is none, [`Error::Unreachable`] without an answer in time,
    /// [`Error::Malformed`] for a body that is too long, [`Error::Refused`] for a redirect to another host.
    /// An answer of any status is an answer.
    pub async fn send(&self, request: &Request) -> Result<Response> {
        let mut patience = Patience::new(&self.inner.settings.retry);
        loop {
            match self.followed(request).await {
                Ok(answer) => {
                    if !patience.after_answer(request, &answer).await {
                        return whole(request, answer);
                    }
                    tracing::debug!(status = answer.status, what = shown(request), "asking again");
                }
                Err(Error::Unreachable { what, why }) => {
                    if !patience.after_failure(request).await {
                        return Err(Error::Unreachable { what, why });
                    }
                    tracing::debug!(what, why, "asking again");
                }
                Err(other) => return Err(other),
            }
        }
    }

    async fn followed(&self, request: &Request) -> Result<Response> {
        let mut current = request.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.once(&current).await?;
            let redirects = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            if !redirects || !request.follow || request.method != Method::Get {
                return Ok(answer);
            }
            current.url = next(request, &current.url, &answer)?;
        }
        Err(refused(request, format!("more than {REDIRECTS} redirects")))
    }

    async fn once(&self, request: &Request) -> Result<Response> {
        let settings = &self.inner.settings;
        let timeout = request.timeout.unwrap_or(settings.timeout);
        match tokio::time::timeout(timeout, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable(request, format!("nothing whole within {timeout:?}"))),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Response> {
        let wire = self.wire(request)?;
        let answer = self.inner.pool.request(wire).await;
        let answer = answer.map_err(|error| unreachable(request, self.reason(request, &error)))?;
        let (head, mut body) = answer.into_parts();
        let (mut bytes, mut cut) = (Vec::new(), false);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| unreachable(request, chain(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            let room = self.inner.settings.max_body.saturating_sub(bytes.len());
            bytes.extend(data.iter().take(room));
            if data.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body: bytes, cut })
    }

    fn wire(&self, request: &Request) -> Result<http::Request<Full<Bytes>>> {
        let target = address(&request.url)?;
        let agent = concat!("suimon/", env!("CARGO_PKG_VERSION"));
        let mut builder =
            http::Request::builder().method(request.method.name()).uri(target.clone());
        if let Some(headers) = builder.headers_mut() {
            headers.extend(request.headers.clone());
            headers.insert(USER_AGENT, HeaderValue::from_static(agent));
            let proxy = self.inner.connector.forwarder(&target);
            if let Some(password) = proxy.as_ref().and_then(|proxy| proxy.basic_auth()) {
                headers.insert(PROXY_AUTHORIZATION, password.clone());
            }
        }
        let body = Full::new(Bytes::from(request.body.clone()));
        builder
            .body(body)
            .map_err(|error| Error::Settings { what: shown(request), why: error.to_string() })
    }

    fn reason(&self, request: &Request, error: &dyn std::error::Error) -> String {
        let secure = request.url.starts_with("https:");
        match self.inner.distrust.as_ref().filter(|_| secure) {
            Some(why) => format!("{}; {why}", chain(error)),
            None => chain(error),
        }
    }
}

/// What is trusted, and why nothing is when nothing is: plain addresses can be asked all the same.
fn tls(settings: &Settings) -> Result<(ClientConfig, Option<String>)> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        let builder = ClientConfig::builder_with_provider(provider.clone());
        builder
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Settings { what: "TLS".to_owned(), why: error.to_string() })
    };
    if let Some(file) = &settings.ca_file {
        let wrong = |why: String| Error::Settings {
            what: format!("certificates in {}", file.display()),
            why,
        };
        let mut roots = RootCertStore::empty();
        let found =
            CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
        for certificate in found {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("there is none in it".to_owned()));
        }
        return Ok((builder()?.with_root_certificates(roots).with_no_client_auth(), None));
    }
    match builder()?.with_native_roots() {
        Ok(config) => Ok((config.with_no_client_auth(), None)),
        Err(error) => {
            let nothing = builder()?.with_root_certificates(RootCertStore::empty());
            let why = format!("this machine trusts no certificate authority ({error})");
            Ok((nothing.with_no_client_auth(), Some(why)))
        }
    }
}

/// The address that a redirect leads to: only one of the same scheme, host and port.
fn next(request: &Request, from: &str, answer: &Response) -> Result<String> {
    let from = address(from)?;
    let location = answer.header(LOCATION.as_str()).unwrap_or_default();
    let base = format!(
        "{}://{}",
        from.scheme_str().unwrap_or_default(),
        from.authority().map_or("", |authority| authority.as_str())
    );
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(format!("{base}{location}"));
    }
    match location.parse::<Uri>() {
        Ok(to) if same_origin(&from, &to) => Ok(location.to_owned()),
        Ok(to) => {
            let host = to.host().map_or("somewhere else", |host| host);
            Err(refused(request, format!("it redirects to {host}, which is not followed")))
        }
        Err(_) => Err(refused(request, "it redirects to what is no address".to_owned())),
    }
}

/// Whether two addresses have the same scheme, host and port.
pub(crate) fn same_origin(one: &Uri, other: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    one.scheme() == other.scheme()
        && one.scheme().is_some()
        && host(one) == host(other)
        && port(one) == port(other)
}

/// Whether an address is one of this machine.
pub(crate) fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || number.is_ok_and(|number| number.is_loopback())
}

/// An address that can be asked.
pub(crate) fn address(url: &str) -> Result<Uri> {
    let wrong = |why: &str| Error::Settings { what: bare(url), why: why.to_owned() };
    let uri: Uri = url.parse().map_err(|_| wrong("this is no address"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            Err(wrong("a name or password has no place in an address"))
        }
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err(wrong("an address starts with http:// or https:// and a host")),
    }
}

/// An address without what may be secret: no user, password, query.
fn bare(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "://" };
    crate::text::line(&format!("{scheme}{separator}{host}{path}"), 200)
}

pub(crate) fn shown(request: &Request) -> String {
    format!("{} {}", request.method.name(), bare(&request.url))
}

fn whole(request: &Request, answer: Response) -> Result<Response> {
    if answer.cut {
        let why = format!("it is longer than {} bytes", answer.body.len());
        return Err(Error::Malformed { what: shown(request), why });
    }
    Ok(answer)
}

fn unreachable(request: &Request, why: String) -> Error {
    Error::Unreachable { what: shown(request), why }
}

fn refused(request: &Request, why: String) -> Error {
    Error::Refused { what: shown(request), why }
}

/// The innermost reasons of an error, which say most.
fn chain(error: &dyn std::error::Error) -> String {
    let mut reasons = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        reasons.push(error.to_string());
        next = error.source();
    }
    reasons.dedup();
    let from = reasons.len().saturating_sub(2);
    crate::text::line(&reasons.get(from..).unwrap_or_default().join(": "), 300)
}

//! [`Connector`]: TCP, straight or through a proxy.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Service;

use super::Settings;
use crate::{Error, Result};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection, and whether its other end is a proxy that reads whole addresses.
pub(super) struct Link {
    tcp: TcpStream,
    forwarded: bool,
}

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Connector {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(settings.connect_timeout));
        let named = [
            ("http_proxy", &settings.http_proxy),
            ("https_proxy", &settings.https_proxy),
            ("all_proxy", &settings.all_proxy),
        ];
        for (name, address) in named {
            if let Some(address) = address {
                check(name, address)?;
            }
        }
        // The matcher reads `*` as all names, but not as all addresses.
        let no_proxy = settings.no_proxy.as_deref().unwrap_or_default();
        let none = no_proxy.split(',').any(|entry| entry.trim() == "*");
        let text = |value: &Option<String>| value.clone().filter(|_| !none).unwrap_or_default();
        let proxies = Matcher::builder()
            .http(text(&settings.http_proxy))
            .https(text(&settings.https_proxy))
            .all(text(&settings.all_proxy))
            .no(no_proxy.to_owned())
            .build();
        Ok(Self { tcp, proxies: Arc::new(proxies) })
    }

    /// The proxy for an address that is asked without encryption: it may want a password with each request.
    pub(super) fn forwarder(&self, target: &Uri) -> Option<Intercept> {
        self.proxies.intercept(target).filter(|proxy| {
            target.scheme_str() == Some("http") && proxy.uri().scheme_str() == Some("http")
        })
    }
}

/// A proxy that cannot be used must not become a direct connection. The address is not shown: it may hold
/// a password.
fn check(name: &str, address: &str) -> Result<()> {
    let probe = Uri::from_static("https://example.com/");
    let proxy = Matcher::builder().all(address.to_owned()).build().intercept(&probe);
    let scheme = proxy.as_ref().and_then(|proxy| proxy.uri().scheme_str());
    match scheme {
        Some("http" | "socks5" | "socks5h") => Ok(()),
        _ => Err(Error::Settings {
            what: name.to_owned(),
            why: "a proxy's address is http://host:port or socks5://host:port".to_owned(),
        }),
    }
}

async fn connect(mut connector: Connector, target: Uri) -> Result<TokioIo<Link>, BoxError> {
    let Some(proxy) = connector.proxies.intercept(&target) else {
        let tcp = connector.tcp.call(target).await?.into_inner();
        return Ok(TokioIo::new(Link { tcp, forwarded: false }));
    };
    let address = proxy.uri().clone();
    let tcp = match address.scheme_str() {
        Some("socks5" | "socks5h") => {
            let local = address.scheme_str() == Some("socks5");
            let mut socks = SocksV5::new(address, connector.tcp).local_dns(local);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks.call(target).await?
        }
        _ if target.scheme_str() == Some("http") => {
            let tcp = connector.tcp.call(address).await?.into_inner();
            return Ok(TokioIo::new(Link { tcp, forwarded: true }));
        }
        _ => {
            let mut tunnel = Tunnel::new(address, connector.tcp);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            tunnel.call(target).await?
        }
    };
    Ok(TokioIo::new(Link { tcp: tcp.into_inner(), forwarded: false }))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Link>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Link>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        Box::pin(connect(self.clone(), target))
    }
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.forwarded)
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

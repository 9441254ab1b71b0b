//! [`Rest`]: what the adapters of REST APIs have in common.

use serde::de::DeserializeOwned;
use serde_json::Value;
use suimon_model::Sensitive;

use crate::http::{Client, Method, Request, Response};
use crate::{Error, Result, http, text};

/// How many pages of one list are read before it is given up as endless.
const PAGES: usize = 100;

/// An API behind one base address.
pub(crate) struct Rest {
    pub(crate) name: &'static str,
    client: Client,
    base: String,
    headers: Vec<(&'static str, &'static str)>,
    authorization: Sensitive<String>,
}

/// A call that failed, and the status when there was an answer.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) status: Option<u16>,
    pub(crate) error: Error,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { status: None, error }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// How far a list is read.
struct Place<'a> {
    path: &'a str,
    number: usize,
    seen: usize,
}

impl Rest {
    /// An API at this base address, whose every request has these headers, and the token after a scheme
    /// (`Bearer`).
    ///
    /// # Errors
    /// [`Error::Settings`] for an address that cannot be used, or one that would send the token in the clear
    /// to another machine; [`Error::Unauthenticated`] for a token that cannot be one.
    pub(crate) fn new(
        name: &'static str,
        client: Client,
        base: String,
        headers: &[(&'static str, &'static str)],
        authorization: (&str, &Sensitive<String>),
    ) -> Result<Self> {
        let uri = http::address(&base)?;
        if uri.scheme_str() == Some("http") && !http::is_here(&uri) {
            return Err(Error::Settings {
                what: base,
                why: "the token would be sent without encryption: use https://".to_owned(),
            });
        }
        if uri.query().is_some() {
            let why = "the base address of an API has no query".to_owned();
            return Err(Error::Settings { what: base, why });
        }
        let (scheme, token) = (authorization.0, authorization.1.expose());
        if token.is_empty() || token.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(Error::Unauthenticated {
                what: name.to_owned(),
                why: "the token is empty or has characters that no token has".to_owned(),
            });
        }
        let authorization = Sensitive::new(format!("{scheme} {token}"));
        Ok(Self { name, client, base, headers: headers.to_vec(), authorization })
    }

    /// A request to a path under the base address; the path is encoded already.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        self.authorized(Request::new(method, format!("{}{path}", self.base)))
    }

    /// A request with what this API wants to know about who asks.
    pub(crate) fn authorized(&self, mut request: Request) -> Request {
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.secret("authorization", self.authorization.expose())
    }

    /// Makes a request; an answer that is no success is an error.
    pub(crate) async fn call(&self, request: &Request) -> Result<Response, Failed> {
        let answer = self.client.send(&request.clone().follow()).await?;
        match answer.status() {
            200..=299 => Ok(answer),
            status => Err(Failed { status: Some(status), error: self.refusal(request, &answer) }),
        }
    }

    /// Makes a request whose answer is JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failed> {
        let answer = self.call(request).await?;
        Ok(self.parse(request, &answer)?)
    }

    /// Like [`Rest::json`]; `None` for 404.
    pub(crate) async fn find<T: DeserializeOwned>(&self, request: &Request) -> Result<Option<T>> {
        match self.json(request).await {
            Ok(found) => Ok(Some(found)),
            Err(Failed { status: Some(404), .. }) => Ok(None),
            Err(failed) => Err(failed.error),
        }
    }

    /// All of a list, page after page.
    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failed> {
        let mut all = Vec::new();
        self.each_page(path, |page: Vec<T>| {
            all.extend(page);
            true
        })
        .await?;
        Ok(all)
    }

    /// Pages of a list, until one is enough. The next page is where the `Link` header says (GitHub, GitLab's
    /// keyset paging, Gitea), or the number in GitLab's `X-Next-Page`, or the next number while there is less
    /// than Gitea's `X-Total-Count`.
    pub(crate) async fn each_page<T, F>(&self, path: &str, mut more: F) -> Result<(), Failed>
    where
        T: DeserializeOwned,
        F: FnMut(Vec<T>) -> bool,
    {
        let mut request = self.request(Method::Get, path);
        let mut seen = 0;
        for number in 1..=PAGES {
            let answer = self.call(&request).await?;
            let page: Vec<T> = self.parse(&request, &answer)?;
            let empty = page.is_empty();
            seen += page.len();
            if !more(page) || empty {
                return Ok(());
            }
            let place = Place { path, number, seen };
            let Some(next) = self.next_page(&place, &request, &answer)? else { return Ok(()) };
            request = self.authorized(Request::new(Method::Get, next));
        }
        let why = format!("the list has more than {PAGES} pages");
        Err(Error::Refused { what: http::shown(&request), why }.into())
    }

    fn next_page(
        &self,
        place: &Place<'_>,
        request: &Request,
        answer: &Response,
    ) -> Result<Option<String>> {
        if let Some(links) = answer.header("link") {
            let Some(next) = next_link(links) else { return Ok(None) };
            // The token goes along: only to where it was meant for.
            let (here, there) = (http::address(&self.base)?, http::address(&next)?);
            if !http::same_origin(&here, &there) {
                return Err(Error::Malformed {
                    what: http::shown(request),
                    why: "its next page is on another host".to_owned(),
                });
            }
            return Ok(Some(next));
        }
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse().ok());
        let next: Option<usize> = number("x-next-page").or_else(|| {
            let total: usize = number("x-total-count")?;
            let pages = place.path.contains("limit=") && place.seen < total;
            pages.then_some(place.number + 1)
        });
        let join = if place.path.contains('?') { '&' } else { '?' };
        Ok(next.map(|number| format!("{}{}{join}page={number}", self.base, place.path)))
    }

    fn parse<T: DeserializeOwned>(&self, request: &Request, answer: &Response) -> Result<T> {
        serde_json::from_slice(answer.body()).map_err(|error| Error::Malformed {
            what: http::shown(request),
            why: error.to_string(),
        })
    }

    fn refusal(&self, request: &Request, answer: &Response) -> Error {
        let what = http::shown(request);
        let said = said(answer);
        let status = answer.status();
        let why = match said {
            Some(said) => format!("{said} ({status})"),
            None => format!("status {status}"),
        };
        if http::is_limited(answer) {
            return Error::RateLimited { what, why };
        }
        match status {
            401 => Error::Unauthenticated { what, why },
            403 => Error::Forbidden { what, why },
            500 | 502 | 503 | 504 => Error::Unreachable { what, why },
            301 | 302 | 303 | 307 | 308 => {
                let why = format!("it has moved ({status}): name its new address in spec.forge");
                Error::Refused { what, why }
            }
            _ => Error::Refused { what, why },
        }
    }

    /// A 404 for something in the repository means that it does not exist only when the repository can be
    /// seen: forges hide what a token may not read.
    pub(crate) async fn absent<T>(&self, repository: &str) -> Result<Option<T>> {
        let request = self.request(Method::Get, repository);
        match self.call(&request).await {
            Ok(_) => Ok(None),
            Err(Failed { status: Some(404), .. }) => Err(Error::Refused {
                what: http::shown(&request),
                why: "there is no such repository, or the token may not see it (404)".to_owned(),
            }),
            Err(failed) => Err(failed.error),
        }
    }

    /// An answer that makes no sense.
    pub(crate) fn malformed(&self, what: &str, why: impl Into<String>) -> Error {
        Error::Malformed { what: format!("{}: {what}", self.name), why: why.into() }
    }
}

/// The parts of `owner/name`.
///
/// # Errors
/// [`Error::Settings`] for anything else.
pub(crate) fn owner_and_name(what: &str, repository: &str) -> Result<(String, String)> {
    let part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && part.chars().all(allowed) && !matches!(part, "." | "..")
    };
    match repository.split_once('/') {
        Some((owner, name)) if part(owner) && part(name) => Ok((owner.to_owned(), name.to_owned())),
        _ => Err(Error::Settings {
            what: format!("{what} repository {:?}", text::line(repository, 100)),
            why: "it is written as owner/name".to_owned(),
        }),
    }
}

/// The address of the next page in a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = |parameter: &str| {
            let relation = parameter.trim().strip_prefix("rel=").unwrap_or_default();
            relation.trim_matches('"').split(' ').any(|one| one.eq_ignore_ascii_case("next"))
        };
        parameters.split(';').any(next).then(|| target.to_owned())
    })
}

/// What a forge says about a refusal: `message` (GitHub with `errors`, GitLab also as an object), `error`.
fn said(answer: &Response) -> Option<String> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let mut parts: Vec<String> = ["message", "error", "error_description"]
        .iter()
        .filter_map(|key| plain(body.get(key)?))
        .collect();
    for error in body.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let message = error.get("message").or_else(|| error.get("code")).unwrap_or(error);
        parts.extend(plain(message));
    }
    let said = text::line(parts.join(": ").trim(), 300);
    (!said.is_empty()).then_some(said)
}

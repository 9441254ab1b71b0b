//! Paths.

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    Version,
    Core,
    Groups,
    Group(String),
    Resources(String, String),
    OpenApiV2,
    OpenApiV3,
    OpenApiV3Group(String),
    Object(Target),
}

/// A resource, an object or a subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) namespace: String,
    pub(crate) plural: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
    /// The old `/watch/` prefix.
    pub(crate) watch: bool,
}

/// Reads a path; `None` when there is no such thing.
pub(crate) fn route(path: &str) -> Option<Route> {
    let parts: Vec<String> =
        path.split('/').filter(|part| !part.is_empty()).map(decode).collect::<Option<_>>()?;
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["healthz" | "readyz" | "livez", ..] => Some(Route::Health),
        ["version"] => Some(Route::Version),
        ["api"] => Some(Route::Core),
        ["apis"] => Some(Route::Groups),
        ["apis", group] => Some(Route::Group((*group).to_owned())),
        ["api", version] => Some(Route::Resources(String::new(), (*version).to_owned())),
        ["apis", group, version] => {
            Some(Route::Resources((*group).to_owned(), (*version).to_owned()))
        }
        ["openapi", "v2"] => Some(Route::OpenApiV2),
        ["openapi", "v3"] => Some(Route::OpenApiV3),
        ["openapi", "v3", rest @ ..] => Some(Route::OpenApiV3Group(rest.join("/"))),
        ["api", version, rest @ ..] => target("", version, rest).map(Route::Object),
        ["apis", group, version, rest @ ..] => target(group, version, rest).map(Route::Object),
        _ => None,
    }
}

fn target(group: &str, version: &str, rest: &[&str]) -> Option<Target> {
    let mut out =
        Target { group: group.to_owned(), version: version.to_owned(), ..Target::default() };
    let rest = match rest {
        ["watch", rest @ ..] => {
            out.watch = true;
            rest
        }
        rest => rest,
    };
    let rest = match rest {
        // `namespaces/x` alone, and its subresources, are the namespace itself.
        ["namespaces", name, sub @ ("status" | "finalize")] if group.is_empty() => {
            return Some(Target {
                plural: "namespaces".to_owned(),
                name: (*name).to_owned(),
                subresource: (*sub).to_owned(),
                ..out
            });
        }
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => {
            (*namespace).clone_into(&mut out.namespace);
            rest
        }
        rest => rest,
    };
    match rest {
        [plural] => (*plural).clone_into(&mut out.plural),
        [plural, name] => {
            (*plural).clone_into(&mut out.plural);
            (*name).clone_into(&mut out.name);
        }
        [plural, name, sub] => {
            (*plural).clone_into(&mut out.plural);
            (*name).clone_into(&mut out.name);
            (*sub).clone_into(&mut out.subresource);
        }
        _ => return None,
    }
    Some(out)
}

/// Reads `%20` and, in queries, `+`.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (rest.next()?, rest.next()?);
            let digit = |b: u8| char::from(b).to_digit(16);
            bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The parameters of a query.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter_map(|(key, value)| {
            Some((decode(&key.replace('+', " "))?, decode(&value.replace('+', " "))?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let object = |path: &str| match route(path) {
            Some(Route::Object(t)) => format!(
                "{}|{}|{}|{}|{}|{}",
                t.group, t.version, t.namespace, t.plural, t.name, t.subresource
            ),
            other => format!("{other:?}"),
        };
        for (path, expected) in [
            ("/api/v1/namespaces", "|v1||namespaces||"),
            ("/api/v1/namespaces/x", "|v1||namespaces|x|"),
            ("/api/v1/namespaces/x/finalize", "|v1||namespaces|x|finalize"),
            ("/api/v1/namespaces/x/pods", "|v1|x|pods||"),
            ("/apis/apps/v1/namespaces/x/deployments/d/scale", "apps|v1|x|deployments|d|scale"),
            ("/apis/apps/v1/deployments", "apps|v1||deployments||"),
            ("/apis/a/v1/namespaces/n/b/c%2Fd", "a|v1|n|b|c/d|"),
            ("/api/v1/a/b/c/d", "None"),
            ("/nope", "None"),
            ("/api/v1/%zz/x", "None"),
        ] {
            assert_eq!(object(path), expected, "{path}");
        }
    }
}

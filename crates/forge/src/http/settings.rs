//! [`Settings`]: how a [`crate::http::Client`] reaches others.

use std::path::PathBuf;
use std::time::Duration;

use super::Retry;

/// How requests are made.
///
/// # Caveats
/// A proxy's address may hold a password, so this type cannot be printed.
#[derive(Clone)]
pub struct Settings {
    /// Proxy for `http://`, such as `http://proxy.example.com:3128`; `socks5://` and `socks5h://` too.
    pub http_proxy: Option<String>,
    /// Proxy for `https://`.
    pub https_proxy: Option<String>,
    /// Proxy for whatever has none of its own.
    pub all_proxy: Option<String>,
    /// Hosts that are reached without a proxy: names (with their subdomains), addresses, networks
    /// (`10.0.0.0/8`), or `*`, separated by commas.
    pub no_proxy: Option<String>,
    /// Certificates (PEM) that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How long connecting may take: name, TCP, proxy, TLS.
    pub connect_timeout: Duration,
    /// How long one request may take as a whole, with its answer's body.
    pub timeout: Duration,
    /// Longest body of an answer, in bytes.
    pub max_body: usize,
    /// When a request is made again.
    pub retry: Retry,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http_proxy: None,
            https_proxy: None,
            all_proxy: None,
            no_proxy: None,
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_body: 16 * 1024 * 1024,
            retry: Retry::default(),
        }
    }
}

impl Settings {
    /// Reads what users of curl set: `http_proxy` (only in lower case: a web server's caller can set
    /// `HTTP_PROXY`), and `https_proxy`, `all_proxy` and `no_proxy` in lower or else upper case; and
    /// OpenSSL's `SSL_CERT_FILE`. Empty is not set.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let either = |name: &str| get(name).or_else(|| get(&name.to_ascii_uppercase()));
        Self {
            http_proxy: get("http_proxy"),
            https_proxy: either("https_proxy"),
            all_proxy: either("all_proxy"),
            no_proxy: either("no_proxy"),
            ca_file: get("SSL_CERT_FILE").map(PathBuf::from),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::from_variables(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_are_read_as_curl_reads_them() {
        type Case = (&'static [(&'static str, &'static str)], [Option<&'static str>; 4]);
        let cases: &[Case] = &[
            (&[], [None; 4]),
            (&[("HTTP_PROXY", "http://a")], [None; 4]),
            (&[("http_proxy", "http://a")], [Some("http://a"), None, None, None]),
            (&[("HTTPS_PROXY", "http://a")], [None, Some("http://a"), None, None]),
            (
                &[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")],
                [None, Some("http://b"), None, None],
            ),
            (&[("https_proxy", " ")], [None; 4]),
            (&[("ALL_PROXY", "socks5://a:1")], [None, None, Some("socks5://a:1"), None]),
            (&[("no_proxy", "a, b"), ("NO_PROXY", "*")], [None, None, None, Some("a, b")]),
        ];
        for (variables, expected) in cases {
            let read = read(variables);
            let found = [&read.http_proxy, &read.https_proxy, &read.all_proxy, &read.no_proxy];
            assert_eq!(found.map(Option::as_deref), *expected, "{variables:?}");
        }
    }

    #[test]
    fn the_file_of_certificates_is_read() {
        let read = read(&[("SSL_CERT_FILE", "/etc/ours.pem")]);
        assert_eq!(read.ca_file, Some(PathBuf::from("/etc/ours.pem")));
    }
}

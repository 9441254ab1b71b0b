//! The bearer tokens with which clients of EKS authenticate: a presigned `GetCallerIdentity`.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::aws::uri;

const PREFIX: &str = "k8s-aws-v1.";

/// The longest token, in bytes.
const MAX_TOKEN: usize = 4 * 1024;

/// For how long a token is good after it was signed, in minutes, whatever its URL says.
const MINUTES: i64 = 15;

/// The parameters that a URL may have.
const PARAMETERS: [&str; 10] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
    "x-amz-user-agent",
];

/// What an EKS bearer token says about who signed it.
///
/// Caveats: the cluster's name is not in it. It is the value of the header `x-k8s-aws-id`, which goes into the
/// signature and is sent by the cluster when it asks STS; without the secret key nobody can tell it from the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EksCaller {
    /// The access key id that signed.
    pub access_key_id: String,
    /// The sandbox's account of the key, when the access key id is one, twelve digits.
    pub account: Option<String>,
    /// The region that the signature is for.
    pub region: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Whether the credentials are temporary.
    pub temporary: bool,
}

/// Reads a bearer token `k8s-aws-v1.…` as the authenticator of an EKS cluster would before it asks STS.
///
/// Guarantees: the URL goes to STS (or to loopback), asks for the caller's identity and for nothing else, is signed
/// with the header `x-k8s-aws-id`, and is of the last 15 minutes. Caveats: the signature itself is not checked.
///
/// # Errors
///
/// What is wrong with the token, without its content.
pub fn eks_token_caller(token: &str, now: Timestamp) -> Result<EksCaller, String> {
    if token.len() > MAX_TOKEN {
        return Err("the token is too large".to_owned());
    }
    let encoded = token
        .strip_prefix(PREFIX)
        .ok_or_else(|| format!("the token does not start with {PREFIX}"))?;
    let url = BASE64_URL_SAFE_NO_PAD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or("the token is no base64url without padding")?;
    let query = query_of(&url)?;
    let parameters = uri::pairs(query);
    check_names(&parameters)?;
    let value = |name: &str| {
        parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    };
    if value("Action") != Some("GetCallerIdentity") {
        return Err("the URL's Action is not GetCallerIdentity".to_owned());
    }
    if value("X-Amz-Algorithm") != Some("AWS4-HMAC-SHA256")
        || value("X-Amz-Signature").is_none_or(str::is_empty)
    {
        return Err("the URL has no Signature Version 4".to_owned());
    }
    let signed = value("X-Amz-SignedHeaders").unwrap_or_default();
    if !signed.split(';').any(|header| header.eq_ignore_ascii_case("x-k8s-aws-id")) {
        return Err("the header x-k8s-aws-id is not signed".to_owned());
    }
    let signed_at = signed_at(value("X-Amz-Date"), value("X-Amz-Expires"), now)?;
    let (key, region) = credential(value("X-Amz-Credential").unwrap_or_default())?;
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    Ok(EksCaller {
        account: is_account.then(|| key.clone()),
        access_key_id: key,
        region,
        signed_at,
        temporary: value("X-Amz-Security-Token").is_some(),
    })
}

/// The query of a URL that goes to STS.
fn query_of(url: &str) -> Result<&str, String> {
    let (scheme, rest) = url.split_once("://").ok_or("the token holds no URL")?;
    let (place, query) = rest.split_once('?').ok_or("the URL has no query")?;
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let loopback = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    let trusted = match scheme {
        "https" => loopback || is_sts(host),
        "http" => loopback,
        _ => false,
    };
    if !trusted {
        return Err("the URL's host is not STS".to_owned());
    }
    if !path.is_empty() {
        return Err("the URL's path is not /".to_owned());
    }
    Ok(query)
}

/// `sts.amazonaws.com`, or that of a region.
fn is_sts(host: &str) -> bool {
    let is_region = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let region =
        host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com").and_then(|start| {
            start.strip_prefix("sts.").or_else(|| start.strip_prefix("sts-fips."))
        });
    host == "sts.amazonaws.com" || region.is_some_and(is_region)
}

fn check_names(parameters: &[(String, String)]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (name, _) in parameters {
        let name = name.to_ascii_lowercase();
        if !PARAMETERS.contains(&name.as_str()) {
            return Err("the URL has a parameter that GetCallerIdentity does not have".to_owned());
        }
        if !seen.insert(name) {
            return Err("the URL has a parameter twice".to_owned());
        }
    }
    Ok(())
}

fn signed_at(
    date: Option<&str>,
    expires: Option<&str>,
    now: Timestamp,
) -> Result<Timestamp, String> {
    let whole = |seconds: &str| seconds.parse::<i64>().ok();
    if expires.and_then(whole).is_none_or(|seconds| !(0..=MINUTES * 60).contains(&seconds)) {
        return Err("the URL's X-Amz-Expires is not between 0 and 900".to_owned());
    }
    let date = date.ok_or("the URL has no X-Amz-Date")?;
    let signed_at = DateTime::strptime("%Y%m%dT%H%M%SZ", date)
        .and_then(|time| time.to_zoned(TimeZone::UTC))
        .map_err(|_| "the URL's X-Amz-Date is no time")?
        .timestamp();
    let age = now.duration_since(signed_at);
    if age > SignedDuration::from_mins(MINUTES) {
        return Err(format!("the token is {} minutes old", age.as_mins()));
    }
    if age < -SignedDuration::from_mins(MINUTES) {
        return Err(format!("the token is from {} minutes in the future", -age.as_mins()));
    }
    Ok(signed_at)
}

/// The access key id and the region of `KEY/DAY/REGION/sts/aws4_request`.
fn credential(text: &str) -> Result<(String, String), String> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [key, day, region, "sts", "aws4_request"]
            if !key.is_empty() && day.len() == 8 && !region.is_empty() =>
        {
            Ok(((*key).to_owned(), (*region).to_owned()))
        }
        _ => Err("the URL's X-Amz-Credential is not for STS".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use jiff::Timestamp;

    use super::{EksCaller, eks_token_caller};

    const URL: &str = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00";

    fn read(url: &str) -> Result<EksCaller, String> {
        let now: Timestamp = "2026-01-02T03:19:05Z".parse().unwrap();
        eks_token_caller(&format!("k8s-aws-v1.{}", BASE64_URL_SAFE_NO_PAD.encode(url)), now)
    }

    #[test]
    fn a_token_says_who_signed_it() {
        let caller = read(URL).unwrap();
        assert_eq!(caller.access_key_id, "AKIDEXAMPLE");
        assert_eq!((caller.account, caller.temporary), (None, false));
        assert_eq!(caller.region, "us-east-1");
        assert_eq!(caller.signed_at.to_string(), "2026-01-02T03:04:05Z");
        let other = URL.replace("AKIDEXAMPLE", "123456789012") + "&X-Amz-Security-Token=t";
        let caller = read(&other).unwrap();
        assert_eq!(caller.account.as_deref(), Some("123456789012"));
        assert!(caller.temporary);
        for host in ["sts.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn", "127.0.0.1:80"] {
            assert!(read(&URL.replace("sts.us-east-1.amazonaws.com", host)).is_ok(), "{host}");
        }
        let local = URL.replace("https://sts.us-east-1.amazonaws.com", "http://127.0.0.1:4566");
        assert!(read(&local).is_ok());
    }

    #[test]
    fn a_wrong_token_says_what_is_wrong() {
        for (from, to, wanted) in [
            ("https://sts", "http://sts", "the URL's host is not STS"),
            ("sts.us-east-1.amazonaws.com", "sts.example.com", "the URL's host is not STS"),
            ("us-east-1.amazonaws.com", "a/amazonaws.com", "the URL's host is not STS"),
            (
                "sts.us-east-1.amazonaws.com",
                "sts.us-east-1.amazonaws.com@evil",
                "the URL's host is not STS",
            ),
            (".com/?", ".com/x?", "the URL's path is not /"),
            ("/?", "/", "the URL has no query"),
            ("https://", "", "the token holds no URL"),
            ("=GetCallerIdentity", "=AssumeRole", "the URL's Action is not GetCallerIdentity"),
            (
                "&Version",
                "&RoleArn=x&Version",
                "the URL has a parameter that GetCallerIdentity does not have",
            ),
            ("&Version", "&Action=x&Version", "the URL has a parameter twice"),
            ("X-Amz-Signature=00", "X-Amz-Signature=", "the URL has no Signature Version 4"),
            ("host%3Bx-k8s-aws-id", "host", "the header x-k8s-aws-id is not signed"),
            ("Expires=60", "Expires=901", "the URL's X-Amz-Expires is not between 0 and 900"),
            ("&X-Amz-Expires=60", "", "the URL's X-Amz-Expires is not between 0 and 900"),
            ("&X-Amz-Date=20260102T030405Z", "", "the URL has no X-Amz-Date"),
            ("Date=20260102T030405Z", "Date=today", "the URL's X-Amz-Date is no time"),
            ("T030405Z", "T030404Z", "the token is 15 minutes old"),
            ("T030405Z", "T040405Z", "the token is from 45 minutes in the future"),
            ("%2Fsts%2F", "%2Fs3%2F", "the URL's X-Amz-Credential is not for STS"),
        ] {
            assert_eq!(read(&URL.replace(from, to)), Err(wanted.to_owned()), "{from} -> {to}");
        }
        for (token, wanted) in [
            ("", "the token does not start with k8s-aws-v1."),
            ("secret", "the token does not start with k8s-aws-v1."),
            ("k8s-aws-v1.***", "the token is no base64url without padding"),
            ("k8s-aws-v1.", "the token holds no URL"),
            (&"x".repeat(5000), "the token is too large"),
        ] {
            let read = eks_token_caller(token, Timestamp::UNIX_EPOCH);
            assert_eq!(read, Err(wanted.to_owned()));
        }
    }
}

//! Who signed a request, for what, and when.
//!
//! The form of a Signature Version 4 is checked, not the signature itself: any secret key will do.

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{error::AwsError, state::Service};

/// How far a signature's time may be from the clock.
const SKEW_MINUTES: i64 = 5;

/// What a signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) key: String,
    /// The session token of temporary credentials.
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    service: String,
    /// The day in the credential scope.
    day: String,
    /// `X-Amz-Date`.
    date: String,
    /// For how long a presigned URL is good, in seconds.
    expires: Option<i64>,
}

impl Signature {
    /// Reads the `Authorization` header or the query of a presigned URL.
    ///
    /// # Errors
    ///
    /// `MissingAuthenticationToken` without a signature, `IncompleteSignature` when parts are missing.
    pub(crate) fn read(headers: &HeaderMap, query: &[(String, String)]) -> Result<Self, AwsError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(line) = header("authorization") {
            return Self::of_header(line, header);
        }
        let parameter = |name: &str| {
            query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
        };
        let Some(credential) = parameter("X-Amz-Credential") else {
            return Err(AwsError::new(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        };
        let expires = parameter("X-Amz-Expires").and_then(|seconds| seconds.parse().ok());
        let date = parameter("X-Amz-Date");
        if expires.is_none() || date.is_none() || parameter("X-Amz-Signature").is_none() {
            return Err(incomplete(
                "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'.",
            ));
        }
        let token = parameter("X-Amz-Security-Token");
        Ok(Self { expires, ..Self::of_credential(credential, date, token)? })
    }

    fn of_header<'a>(
        line: &str,
        header: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, AwsError> {
        let parts = line.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(|| {
            incomplete("Authorization header requires 'AWS4-HMAC-SHA256' as its algorithm.")
        })?;
        let part = |name: &str| {
            parts
                .split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let missing: Vec<String> = ["Credential", "Signature", "SignedHeaders"]
            .into_iter()
            .filter(|name| part(name).is_none_or(str::is_empty))
            .map(|name| format!("Authorization header requires '{name}' parameter."))
            .collect();
        let date = header("x-amz-date");
        match (part("Credential"), missing.is_empty(), date) {
            (Some(credential), true, Some(_)) => {
                Self::of_credential(credential, date, header("x-amz-security-token"))
            }
            (_, true, None) => Err(incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            )),
            _ => Err(incomplete(missing.join(" "))),
        }
    }

    fn of_credential(
        credential: &str,
        date: Option<&str>,
        token: Option<&str>,
    ) -> Result<Self, AwsError> {
        let parts: Vec<&str> = credential.rsplitn(5, '/').collect();
        let [terminator, service, region, day, key] = parts[..] else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        if terminator != "aws4_request" {
            return Err(invalid(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
            )));
        }
        Ok(Self {
            key: key.to_owned(),
            token: token.map(str::to_owned),
            region: region.to_owned(),
            service: service.to_owned(),
            day: day.to_owned(),
            date: date.unwrap_or_default().to_owned(),
            expires: None,
        })
    }

    /// Whether the signature is for `service`, for a region, and for about now.
    ///
    /// # Errors
    ///
    /// `InvalidSignatureException`, in the words of the services.
    pub(crate) fn check(&self, service: Service, now: Timestamp) -> Result<(), AwsError> {
        if self.service != service.name() {
            return Err(invalid(format!(
                "Credential should be scoped to correct service: '{}'.",
                service.name()
            )));
        }
        if !is_region(&self.region) {
            return Err(invalid("Credential should be scoped to a valid region.".to_owned()));
        }
        let Some(date) = time(&self.date) else {
            return Err(incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                self.date
            )));
        };
        if !self.date.starts_with(&self.day) || self.day.len() != 8 {
            return Err(invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{}'.",
                self.day,
                &self.date.get(..8).unwrap_or(&self.date),
                self.date
            )));
        }
        let skew = SignedDuration::from_mins(SKEW_MINUTES);
        let good_for = self.expires.map_or(skew, SignedDuration::from_secs);
        let shown = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        if now.duration_since(date) > good_for {
            let oldest = now - good_for;
            let span = self.expires.map_or_else(
                || format!("{SKEW_MINUTES} min."),
                |seconds| format!("{seconds} sec."),
            );
            return Err(invalid(format!(
                "Signature expired: {} is now earlier than {} ({} - {span})",
                self.date,
                shown(oldest),
                shown(now)
            )));
        }
        if date.duration_since(now) > skew {
            return Err(invalid(format!(
                "Signature not yet current: {} is still later than {} ({} + {SKEW_MINUTES} min.)",
                self.date,
                shown(now + skew),
                shown(now)
            )));
        }
        Ok(())
    }
}

fn incomplete(message: impl Into<String>) -> AwsError {
    AwsError::new(403, "IncompleteSignatureException", message)
}

fn invalid(message: String) -> AwsError {
    AwsError::new(403, "InvalidSignatureException", message)
}

/// `eu-west-1`, `us-gov-east-1`: words and a number.
fn is_region(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    parts.len() >= 2
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

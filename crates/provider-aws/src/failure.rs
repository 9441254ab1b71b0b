//! [`ApiError`]: what a call to an AWS API came back with instead of an answer.

use std::time::Duration;

use suimon_provider::Error;

/// Codes that mean "slower".
const THROTTLES: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ProvisionedThroughputExceededException",
    "SlowDown",
];

/// Codes that mean "not with these credentials".
const UNAUTHENTICATED: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSignatureException",
    "AuthFailure",
];

const FORBIDDEN: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "OptInRequired",
];

/// What happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The API answered with an error.
    Answered {
        /// HTTP status.
        status: u16,
        /// The error's code, such as `ClusterNotFoundException`.
        code: String,
    },
    /// Nothing was sent.
    NotSent,
    /// It was sent, and no answer came.
    NoAnswer,
    /// There are no credentials to sign with.
    NoCredentials,
    /// The answer is not what the API answers.
    Malformed,
}

/// What a call to an AWS API came back with instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service} {operation}: {message}")]
pub(crate) struct ApiError {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) cause: Cause,
    pub(crate) message: String,
    /// How far the API's clock is ahead of ours, in seconds, where the answer told.
    pub(crate) skew: Option<i64>,
    /// How long the API asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl ApiError {
    /// The code that the API answered with; empty without an answer.
    pub(crate) fn code(&self) -> &str {
        match &self.cause {
            Cause::Answered { code, .. } => code,
            _ => "",
        }
    }

    /// Whether the code is one of these.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code())
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.is(THROTTLES)
            || matches!(self.cause, Cause::Answered { status: 429, .. })
            || (self.code() == "ClientException" && self.message.contains("Rate exceeded"))
    }

    /// Whether the API is in trouble for now.
    pub(crate) fn is_server_fault(&self) -> bool {
        matches!(self.cause, Cause::Answered { status: 500.., .. })
    }

    /// Whether the call may have been carried out all the same.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.cause, Cause::NoAnswer | Cause::Malformed) || self.is_server_fault()
    }

    fn told(&self) -> String {
        match self.code() {
            "" => format!("{} {}: {}", self.service, self.operation, self.message),
            code => format!("{} {}: {code}: {}", self.service, self.operation, self.message),
        }
    }

    fn unauthenticated(&self) -> String {
        let told = self.told();
        match self.skew {
            Some(skew) if skew.abs() >= 60 => format!(
                "{told}; the clock of this machine is {} s {} that of AWS: set it right",
                skew.abs(),
                if skew > 0 { "behind" } else { "ahead of" }
            ),
            _ => told,
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let endpoint = format!("AWS {}", error.service);
        match &error.cause {
            Cause::NoCredentials => {
                Self::Unauthenticated { endpoint, reason: error.message.clone() }
            }
            Cause::NotSent | Cause::NoAnswer => {
                Self::Unreachable { endpoint, reason: error.message.clone() }
            }
            Cause::Malformed => Self::Malformed(error.told()),
            Cause::Answered { .. } if error.is_throttled() || error.is_server_fault() => {
                Self::Transient(error.told())
            }
            Cause::Answered { .. } if error.is(UNAUTHENTICATED) => {
                Self::Unauthenticated { endpoint, reason: error.unauthenticated() }
            }
            Cause::Answered { .. } if error.is(FORBIDDEN) => Self::Forbidden(error.told()),
            Cause::Answered { .. } => Self::Rejected(error.told()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str, skew: Option<i64>) -> Error {
        ApiError {
            service: "ecs",
            operation: "DescribeServices",
            cause: Cause::Answered { status, code: code.into() },
            message: "because".into(),
            skew,
            retry_after: None,
        }
        .into()
    }

    #[test]
    fn codes_become_what_to_do() {
        for (status, code, expected) in [
            (400, "ThrottlingException", "ecs DescribeServices: ThrottlingException: because"),
            (503, "ServiceUnavailable", "ecs DescribeServices: ServiceUnavailable: because"),
            (
                400,
                "AccessDeniedException",
                "forbidden: ecs DescribeServices: AccessDeniedException: because",
            ),
            (
                403,
                "ExpiredTokenException",
                "not authenticated at AWS ecs: ecs DescribeServices: ExpiredTokenException: because",
            ),
            (400, "ClientException", "ecs DescribeServices: ClientException: because"),
        ] {
            assert_eq!(error(status, code, None).to_string(), expected);
        }
        assert!(error(400, "ThrottlingException", None).is_retryable());
        assert!(error(500, "InternalFailure", None).is_retryable());
        assert!(!error(400, "ClientException", None).is_retryable());
    }

    #[test]
    fn a_wrong_clock_is_named_in_seconds() {
        let told = error(403, "InvalidSignatureException", Some(-421)).to_string();
        assert!(
            told.ends_with("the clock of this machine is 421 s ahead of that of AWS: set it right"),
            "{told}"
        );
    }
}

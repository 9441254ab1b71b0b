//! Who calls: access keys, assumed roles, accounts.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    auth::Signature,
    context::Ids,
    error::{AwsError, AwsResult},
};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
    user_id: String,
    /// Whether the credentials come from a role.
    assumed: bool,
}

/// Temporary credentials.
#[derive(Clone, Debug)]
struct Session {
    caller: Caller,
    token: String,
    expires: Timestamp,
}

/// The sessions of all accounts.
#[derive(Debug)]
pub(crate) struct Sts {
    account: String,
    sessions: BTreeMap<String, Session>,
}

impl Sts {
    /// `account` is whose plain credentials are.
    pub(crate) fn new(account: &str) -> Self {
        Self { account: account.to_owned(), sessions: BTreeMap::new() }
    }

    /// Whose signature it is.
    ///
    /// # Errors
    ///
    /// `UnrecognizedClientException` for unknown temporary credentials and for the access key id `INVALID`;
    /// `ExpiredTokenException` for a session that is over and for the access key id `EXPIRED`.
    pub(crate) fn caller(&self, signature: &Signature, now: Timestamp) -> Result<Caller, AwsError> {
        let unknown = || {
            AwsError::new(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        };
        let expired = || {
            AwsError::new(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            )
        };
        if let Some(session) = self.sessions.get(&signature.key) {
            if signature.token.as_deref() != Some(session.token.as_str()) {
                return Err(unknown());
            }
            return if now < session.expires { Ok(session.caller.clone()) } else { Err(expired()) };
        }
        match signature.key.as_str() {
            "INVALID" | "" => return Err(unknown()),
            "EXPIRED" => return Err(expired()),
            key if key.starts_with("ASIA") => return Err(unknown()),
            _ => {}
        }
        let account = if is_account(&signature.key) { &signature.key } else { &self.account };
        Ok(Caller {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:user/sandbox"),
            user_id: format!("AIDA{}", stable(&format!("{account}/user/sandbox"))),
            assumed: false,
        })
    }

    pub(crate) fn call(
        &mut self,
        ids: &mut Ids,
        caller: &Caller,
        operation: &str,
        body: &Value,
        now: Timestamp,
    ) -> AwsResult {
        match operation {
            "GetCallerIdentity" => Ok(json!({
                "Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account,
            })),
            "AssumeRole" => self.assume(ids, caller, body, now),
            _ => Err(AwsError::new(
                400,
                "InvalidAction",
                format!("Could not find operation {operation} for version 2011-06-15"),
            )),
        }
    }

    fn assume(
        &mut self,
        ids: &mut Ids,
        caller: &Caller,
        body: &Value,
        now: Timestamp,
    ) -> AwsResult {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (role, name) = (text("RoleArn"), text("RoleSessionName"));
        let (account, path) = role_of(role)
            .ok_or_else(|| AwsError::client("ValidationError", format!("{role} is invalid")))?;
        check_pattern("roleSessionName", name, 2, 64, "[\\w+=,.@-]*", "+=,.@-_")?;
        if let Some(external) = body.get("ExternalId").and_then(Value::as_str) {
            check_pattern("externalId", external, 2, 1224, "[\\w+=,.@:\\/-]*", "+=,.@:/-_")?;
        }
        let seconds = match text("DurationSeconds") {
            "" => 3600,
            given => given.parse::<i64>().map_err(|_| AwsError::serialization())?,
        };
        check_duration(seconds, caller.assumed)?;
        let short = path.rsplit('/').next().unwrap_or(path);
        let id = format!("AROA{}", stable(role));
        let session = Session {
            caller: Caller {
                account: account.to_owned(),
                arn: format!("arn:aws:sts::{account}:assumed-role/{short}/{name}"),
                user_id: format!("{id}:{name}"),
                assumed: true,
            },
            token: ids.letters(120),
            expires: now + SignedDuration::from_secs(seconds),
        };
        let key = format!("ASIA{}", ids.capitals(16));
        let answer = json!({
            "Credentials": {
                "AccessKeyId": key, "SecretAccessKey": ids.letters(40), "SessionToken": session.token,
                "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
            "AssumedRoleUser": { "AssumedRoleId": session.caller.user_id, "Arn": session.caller.arn },
        });
        self.sessions.insert(key, session);
        Ok(answer)
    }
}

fn check_duration(seconds: i64, chained: bool) -> Result<(), AwsError> {
    let error = |message: String| Err(AwsError::client("ValidationError", message));
    match seconds {
        ..900 => error(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
        )),
        43_201.. => error(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"
        )),
        3601.. if chained => error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining".to_owned(),
        ),
        _ => Ok(()),
    }
}

fn check_pattern(
    member: &str,
    value: &str,
    min: usize,
    max: usize,
    pattern: &str,
    marks: &str,
) -> Result<(), AwsError> {
    let constraint = if value.chars().any(|c| !c.is_ascii_alphanumeric() && !marks.contains(c)) {
        format!("Member must satisfy regular expression pattern: {pattern}")
    } else if value.len() < min {
        format!("Member must have length greater than or equal to {min}")
    } else if value.len() > max {
        format!("Member must have length less than or equal to {max}")
    } else {
        return Ok(());
    };
    Err(AwsError::client(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ),
    ))
}

/// The account and the path of `arn:aws:iam::ACCOUNT:role/PATH`.
fn role_of(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let whole = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    let path = resource.strip_prefix("role/")?;
    let iam = whole.0 == "arn" && whole.1.starts_with("aws") && whole.2 == "iam";
    (iam && whole.3.is_empty() && is_account(account) && !path.is_empty() && !path.ends_with('/'))
        .then_some((account, path))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Seventeen capitals that belong to a name.
fn stable(name: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    digest.iter().take(17).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

//! [`EksAccess`]: where an EKS cluster is, and the tokens that it takes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use suimon_model::Sensitive;
use suimon_provider::{BearerToken, ClusterAccess, ClusterEndpoint, Error, Result};

use crate::Aws;
use crate::call::call;
use crate::context::Context;

/// What a token begins with.
const PREFIX: &str = "k8s-aws-v1.";
/// The header that binds a token to one cluster; its value is the cluster's name.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// How long the URL in a token may be used for the first time.
const EXPIRES_IN: Duration = Duration::from_secs(60);
/// A cluster takes a token for 15 minutes.
const REFRESH_AFTER: Duration = Duration::from_secs(10 * 60);

/// Where an EKS cluster is, and the tokens that it takes: URLs of STS, signed here, by which the
/// cluster asks STS who we are. Neither the aws CLI nor a kubeconfig is needed.
///
/// # Guarantees
/// The account is compared with the one that the environment pins before the cluster is looked up.
#[derive(Debug)]
pub struct EksAccess {
    context: Arc<Context>,
    cluster: String,
    now: fn() -> SystemTime,
    /// Why there was no endpoint when it was last asked for.
    absence: Mutex<Option<String>>,
}

impl EksAccess {
    /// Access to a cluster of this name in the account and region of the adapter; sends nothing.
    pub fn new(aws: &Aws, cluster: impl Into<String>) -> Self {
        Self {
            context: Arc::clone(&aws.0),
            cluster: cluster.into(),
            now: SystemTime::now,
            absence: Mutex::new(None),
        }
    }

    /// `EKS cluster NAME in account ACCOUNT, region REGION`.
    fn place(&self, account: &str) -> String {
        let region = &self.context.session.region;
        format!("EKS cluster `{}` in account {account}, region {region}", self.cluster)
    }
}

#[async_trait]
impl ClusterAccess for EksAccess {
    fn cluster(&self) -> &str {
        &self.cluster
    }

    async fn endpoint(&self) -> Result<Option<ClusterEndpoint>> {
        let session = &self.context.session;
        let place = self.place(&session.identity().await?.account);
        let answer = call!(
            session,
            eks,
            DescribeCluster,
            Read,
            describe_cluster().name(&self.cluster),
            Value::Null
        );
        let told = match answer {
            Ok(answer) => read(&answer["cluster"], &place)?,
            Err(error) if error.is(&["ResourceNotFoundException"]) => {
                Told::Absent(format!("there is no {place}"))
            }
            Err(error) => return Err(error.into()),
        };
        let mut absence = self.absence.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Told::There(endpoint) => {
                *absence = None;
                Ok(Some(endpoint))
            }
            Told::Absent(why) => {
                *absence = Some(why);
                Ok(None)
            }
        }
    }

    fn absence(&self) -> String {
        let absence = self.absence.lock().unwrap_or_else(PoisonError::into_inner);
        absence.clone().unwrap_or_else(|| format!("there is no EKS cluster `{}`", self.cluster))
    }

    async fn token(&self) -> Result<BearerToken> {
        let session = &self.context.session;
        let credentials = session.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|error| Error::Unauthenticated {
            endpoint: "AWS".to_owned(),
            reason: causes(&error),
        })?;
        let now = (self.now)();
        let url = signed_url(&session.region, &self.cluster, &credentials, now).await?;
        Ok(BearerToken {
            token: Sensitive::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url))),
            refresh_after: refresh_after(now, credentials.expiry()),
        })
    }
}

/// When a token of now is to be replaced: with the credentials ends what they have signed.
fn refresh_after(now: SystemTime, credentials_end: Option<SystemTime>) -> SystemTime {
    let usual = now + REFRESH_AFTER;
    credentials_end.map_or(usual, |end| end.min(usual))
}

/// What EKS tells of a cluster.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    There(ClusterEndpoint),
    /// Why it cannot be reached, in words.
    Absent(String),
}

/// Reads the answer of `DescribeCluster`.
fn read(cluster: &Value, place: &str) -> Result<Told> {
    let status = cluster["status"].as_str().unwrap_or_default();
    match status {
        "CREATING" | "PENDING" => {
            return Ok(Told::Absent(format!("the {place} is still being created ({status})")));
        }
        "DELETING" => return Ok(Told::Absent(format!("the {place} is being deleted"))),
        "FAILED" => {
            return Err(Error::Rejected(format!("the {place} has failed{}", issues(cluster))));
        }
        _ => {}
    }
    let Some(server) = cluster["endpoint"].as_str().filter(|server| !server.is_empty()) else {
        return Ok(Told::Absent(format!("the {place} has no endpoint ({status})")));
    };
    let authority = cluster["certificateAuthority"]["data"].as_str().unwrap_or_default();
    let authority = STANDARD.decode(authority).map_err(|_| {
        Error::Malformed(format!("the certificate authority of the {place} is not base64"))
    })?;
    let has_tls = !server.starts_with("http://");
    let certificate_authority = Some(authority).filter(|pem| has_tls && !pem.is_empty());
    Ok(Told::There(ClusterEndpoint { server: server.to_owned(), certificate_authority }))
}

/// What EKS says is wrong with a cluster: `: CODE: message (resource, …); …`.
fn issues(cluster: &Value) -> String {
    let issues = cluster["health"]["issues"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = issues.iter().map(|issue| {
        let text = |key: &str| issue[key].as_str().unwrap_or_default();
        let ids = issue["resourceIds"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        let ids = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
        format!("{}: {}{ids}", text("code"), text("message"))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) }
}

/// The URL by which whoever has it learns from STS who we are. It is the region's own STS also where
/// requests of ours go elsewhere: the cluster asks it, and no other.
async fn signed_url(
    region: &str,
    cluster: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String> {
    let unusable = |what: String| Error::Config(format!("no token can be made: {what}"));
    let params = Params::builder().region(region).use_global_endpoint(false).build();
    let params = params.map_err(|error| unusable(error.to_string()))?;
    let resolver = DefaultResolver::new();
    let endpoint = resolver.resolve_endpoint(&params).await;
    let endpoint = endpoint.map_err(|error| unusable(error.to_string()))?;
    let base = endpoint.url().trim_end_matches('/');
    let url = format!("{base}/?Action=GetCallerIdentity&Version=2011-06-15");

    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES_IN);
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let headers = [(CLUSTER_HEADER, cluster)].into_iter();
    let request = SignableRequest::new("GET", &url, headers, SignableBody::empty());
    let request = request.map_err(|error| unusable(causes(&error)))?;
    let signed = sign(request, &params.into()).map_err(|error| unusable(causes(&error)))?;
    let (instructions, _) = signed.into_parts();
    let added: Vec<String> = instructions
        .params()
        .iter()
        .map(|(name, value)| format!("&{name}={}", percent_encoded(value)))
        .collect();
    Ok(format!("{url}{}", added.concat()))
}

/// Percent-encodes all but RFC 3986's unreserved characters, as signatures of version 4 want it.
fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// An error's message with those of its causes, each once.
fn causes(error: &dyn std::error::Error) -> String {
    let mut told = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told.push(text);
        }
        next = cause.source();
    }
    told.join(": ")
}

#[cfg(test)]
mod tests;

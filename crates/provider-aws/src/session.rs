//! [`Session`]: credentials, clients, and whose account it is.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider as Tls;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;
use suimon_provider::{Error, Result};
use tokio::sync::{OnceCell, Semaphore};

use crate::Options;
use crate::call::{Answer, Class, Json};
use crate::failure::{ApiError, Cause};
use crate::limits::Limits;

/// Longest time one attempt of a call may take, and connecting.
const ATTEMPT: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(4);
/// How often a call is tried, and the longest pause between two tries.
const ATTEMPTS: u32 = 8;
/// How often a call is tried that nobody answers.
const ATTEMPTS_UNANSWERED: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The SDK's clients.
pub(crate) struct Clients {
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) eks: aws_sdk_eks::Client,
    pub(crate) secretsmanager: aws_sdk_secretsmanager::Client,
    pub(crate) autoscaling: aws_sdk_applicationautoscaling::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Twelve digits.
    pub(crate) account: String,
    /// The caller.
    pub(crate) arn: String,
}

/// Credentials, clients, and whose account it is.
pub(crate) struct Session {
    pub(crate) clients: Clients,
    pub(crate) region: String,
    pub(crate) credentials: SharedCredentialsProvider,
    limits: Limits,
    flights: Semaphore,
    identity: OnceCell<Identity>,
    options: Options,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Session {
    /// Reads the shared configuration and the environment; sends nothing.
    ///
    /// # Errors
    /// No region is known, or the profile does not exist.
    pub(crate) async fn new(options: &Options) -> Result<Self> {
        let base = load(options).await?;
        let Some(region) = base.region().map(ToString::to_string) else {
            return Err(Error::Config(
                "no AWS region is known: set `targets.aws.region` in environment.yaml, AWS_REGION, \
                 or the region of the profile"
                    .to_owned(),
            ));
        };
        let (config, credentials) = assume(base, options).await?;
        let clients = Clients {
            ecs: aws_sdk_ecs::Client::new(&config),
            eks: aws_sdk_eks::Client::new(&config),
            secretsmanager: aws_sdk_secretsmanager::Client::new(&config),
            autoscaling: aws_sdk_applicationautoscaling::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        };
        Ok(Self {
            clients,
            region,
            credentials,
            limits: Limits::published(),
            flights: Semaphore::new(options.concurrency.max(1)),
            identity: OnceCell::new(),
            options: options.clone(),
        })
    }

    /// Whose account it is, and that it is the one that the environment pins; asked once.
    ///
    /// # Errors
    /// [`Error::WrongTarget`] names both accounts.
    pub(crate) async fn identity(&self) -> Result<&Identity> {
        self.identity.get_or_try_init(|| self.ask_identity()).await
    }

    async fn ask_identity(&self) -> Result<Identity> {
        let answer = self
            .attempts("sts", "GetCallerIdentity", Class::Read, || {
                // STS answers in XML: what it says comes through the SDK's own types.
                let pass = Json::new(&Value::Null);
                let sent = self
                    .clients
                    .sts
                    .get_caller_identity()
                    .customize()
                    .interceptor(pass.clone())
                    .send();
                async move {
                    sent.await.map_err(|error| {
                        crate::call::failure("sts", "GetCallerIdentity", &error, &pass.take())
                    })
                }
            })
            .await?;
        let identity = Identity {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        };
        match &self.options.target.account_id {
            Some(pinned) if *pinned != identity.account => Err(Error::WrongTarget(format!(
                "the credentials are of the AWS account {} ({}), and the environment `{}` is \
                 pinned to account {pinned}",
                identity.account, identity.arn, self.options.environment
            ))),
            _ => Ok(identity),
        }
    }

    /// Makes a call within the limits of its API; throttling, server faults and, where that is safe,
    /// lost answers are tried again.
    pub(crate) async fn send<F, R>(
        &self,
        service: &'static str,
        operation: &'static str,
        class: Class,
        call: F,
    ) -> Result<Value, ApiError>
    where
        F: Fn() -> R,
        R: Future<Output = Result<Answer, ApiError>>,
    {
        let answer = self.attempts(service, operation, class, call).await?;
        let body = answer.body.unwrap_or_default();
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&body).map_err(|error| ApiError {
            service,
            operation,
            cause: Cause::Malformed,
            message: format!("an answer that is not JSON: {error}"),
            skew: None,
            retry_after: None,
        })
    }

    async fn attempts<F, R, T>(
        &self,
        service: &'static str,
        operation: &'static str,
        class: Class,
        call: F,
    ) -> Result<T, ApiError>
    where
        F: Fn() -> R,
        R: Future<Output = Result<T, ApiError>>,
    {
        let bucket = self.limits.bucket(service, operation);
        let mut tried = 0;
        loop {
            bucket.take().await;
            let answer = {
                // The semaphore is never closed; without a permit the call goes out all the same.
                let _flight = self.flights.acquire().await.ok();
                call().await
            };
            tried += 1;
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.is_throttled() {
                bucket.throttled().await;
            }
            let again = error.is_throttled()
                || error.cause == Cause::NotSent
                || (error.is_unknown() && class != Class::Once);
            let most = if matches!(error.cause, Cause::NotSent | Cause::NoAnswer) {
                ATTEMPTS_UNANSWERED
            } else {
                ATTEMPTS
            };
            if !again || tried >= most {
                return Err(error);
            }
            tracing::debug!(service, operation, tried, "trying again: {error}");
            tokio::time::sleep(pause(tried, error.retry_after)).await;
        }
    }
}

/// Doubles from 100 ms; spread by the clock, so that many callers do not come back at once.
fn pause(tried: u32, asked: Option<Duration>) -> Duration {
    let spread = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos() % 1000);
    let doubled = Duration::from_millis(100) * 2u32.saturating_pow(tried - 1);
    let jittered = doubled.min(LONGEST_PAUSE) * (500 + spread) / 1000;
    jittered.max(asked.unwrap_or_default())
}

async fn load(options: &Options) -> Result<SdkConfig> {
    let http =
        aws_smithy_http_client::Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
            if let Some(settings) = settings {
                connector = connector.connector_settings(settings.clone());
            }
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.tls_provider(Tls::Rustls(CryptoMode::Ring)).build()
        });
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .timeout_config(timeouts.build())
        // Every attempt takes a token of the bucket, so trying again is done here and not there.
        .retry_config(RetryConfig::disabled());
    if let Ok(name) = AppName::new(format!("suimon-{}", options.tool_version)) {
        loader = loader.app_name(name);
    }
    if let Some(region) = &options.target.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &options.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some((id, secret)) = &options.static_credentials {
        let fixed = Credentials::new(id, secret.expose(), None, None, "static");
        loader = loader.credentials_provider(fixed);
    } else if let Some(profile) = &options.target.profile {
        // The default chain would prefer credentials in the environment to a profile that is declared.
        let config = ProviderConfig::empty().with_http_client(http.clone());
        let of_profile =
            ProfileFileRegionProvider::builder().configure(&config).profile_name(profile).build();
        let region = RegionProviderChain::first_try(options.target.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(of_profile);
        let provider = config.with_region(region.region().await);
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&provider)
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    Ok(loader.load().await)
}

/// Each role with the credentials of the one before.
async fn assume(
    base: SdkConfig,
    options: &Options,
) -> Result<(SdkConfig, SharedCredentialsProvider)> {
    let mut config = base;
    for role in &options.target.assume_role {
        let mut builder = AssumeRoleProvider::builder(&role.role_arn)
            .session_name(session_name(&options.run))
            .configure(&config.to_builder().retry_config(RetryConfig::standard()).build());
        if let Some(external) = &role.external_id {
            builder = builder.external_id(external);
        }
        let provider = builder.build().await;
        config = config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
    }
    let credentials = config.credentials_provider().ok_or_else(|| {
        Error::Config(
            "there are no AWS credentials: set a profile, or AWS_ACCESS_KEY_ID".to_owned(),
        )
    })?;
    Ok((config, credentials))
}

/// `[\w+=,.@-]{2,64}`, as STS wants it
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
fn session_name(run: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let mut name: String = run.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    name.truncate(64);
    if name.len() < 2 { "suimon".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names_are_what_sts_takes() {
        assert_eq!(session_name("plan-dev-1764000000"), "plan-dev-1764000000");
        assert_eq!(session_name("a b/ü"), "a-b--");
        assert_eq!(session_name(&"x".repeat(100)).len(), 64);
        assert_eq!(session_name(""), "suimon");
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_obey() {
        for (tried, least, most) in [(1, 50, 150), (3, 200, 600), (20, 4_000, 12_000)] {
            let pause = pause(tried, None).as_millis();
            assert!((least..=most).contains(&pause), "{tried}: {pause}");
        }
        assert!(pause(1, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
    }
}

//! From what EKS tells of a cluster to a client, without a kubeconfig.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use suimon_model::KubernetesTarget;
use suimon_provider::{ClusterAccess, ClusterEndpoint, Error, Result};

use crate::Options;
use crate::bearer::Bearer;
use crate::connect::{Connection, without_userinfo};
use crate::failure::root;

/// How the target is reached, where it is an EKS cluster that needs no kubeconfig.
pub(crate) fn access(options: &Options) -> Option<&Arc<dyn ClusterAccess>> {
    match options.target {
        Some(KubernetesTarget::EksCluster(_)) => options.access.as_ref(),
        _ => None,
    }
}

/// Makes the client of a cluster; sends nothing.
///
/// # Errors
/// The endpoint or its certificate authority is not usable.
pub(crate) async fn connect(
    access: &Arc<dyn ClusterAccess>,
    at: &ClusterEndpoint,
    options: &Options,
) -> Result<Connection> {
    let cluster = access.cluster();
    let unusable = |why: String| {
        let server = without_userinfo(&at.server);
        Error::Config(format!("the endpoint {server} of EKS cluster `{cluster}`: {why}"))
    };
    if !is_protected(&at.server) {
        let why = "it is no address with https:// (without TLS, loopback addresses only)";
        return Err(unusable(why.to_owned()));
    }
    let is_pem = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains("BEGIN CERTIFICATE");
    if !at.certificate_authority.as_ref().is_none_or(is_pem) {
        return Err(unusable("its certificate authority holds no certificate in PEM".to_owned()));
    }
    let mut config = config(cluster, at).await.map_err(&unusable)?;
    config.default_retry = false;
    config.connect_timeout = Some(options.policy.deadline);
    let endpoint = without_userinfo(config.cluster_url.to_string().trim_end_matches('/'));
    let client = Client::try_from(config).map_err(|error| unusable(root(&error)))?;
    let credentials = format!("the AWS identity that is used for EKS cluster `{cluster}`");
    let bearer = Some(Bearer::new(Arc::clone(access)));
    Ok(Connection { client, endpoint, credentials, bearer })
}

/// By way of a kubeconfig in memory, so that proxies are found like everywhere else.
async fn config(cluster: &str, at: &ClusterEndpoint) -> Result<Config, String> {
    let mut reached = json!({"server": at.server});
    if let Some(authority) = &at.certificate_authority {
        reached["certificate-authority-data"] = STANDARD.encode(authority).into();
    }
    let kubeconfig: Kubeconfig = serde_json::from_value(json!({
        "clusters": [{"name": cluster, "cluster": reached}],
        "users": [],
        "contexts": [{"name": cluster, "context": {"cluster": cluster}}],
    }))
    .map_err(|error| error.to_string())?;
    let options = KubeConfigOptions { context: Some(cluster.to_owned()), ..Default::default() };
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| error.to_string())
}

/// Whether a token may be sent there: with TLS, or to this machine.
fn is_protected(server: &str) -> bool {
    let Ok(uri) = server.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let local = || {
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => local(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_stay_on_this_machine() {
        for (server, protected) in [
            ("https://ABC.gr7.ap-northeast-1.eks.amazonaws.com", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/", true),
            ("http://localhost:8080", true),
            ("http://10.0.0.1", false),
            ("http://127.0.0.1.example.com", false),
            ("http://127.0.0.1@example.com", false),
            ("ABC.eks.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(is_protected(server), protected, "{server}");
        }
    }
}

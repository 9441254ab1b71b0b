//! From a kubeconfig to a client, the way kubectl does it.

use std::path::{Path, PathBuf};

use kube::client::AuthError;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use suimon_model::KubernetesTarget;
use suimon_provider::{Error, Result};

use crate::Options;
use crate::bearer::Bearer;
use crate::failure::{describe_auth, find, root};

/// A client, where it leads, and whose credentials it uses.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) endpoint: String,
    /// Whose credentials, in words: ``context `prod` ``.
    pub(crate) credentials: String,
    /// The token of each request, where the client does not add one by itself.
    pub(crate) bearer: Option<Bearer>,
}

/// Makes the client of a target; sends nothing but what a credential plugin sends.
///
/// # Errors
/// The kubeconfig, the context or the credentials are not usable.
pub(crate) async fn connect(options: &Options) -> Result<Connection> {
    let (mut config, credentials) = match &options.target {
        None => {
            return Err(Error::Config(
                "the environment declares no targets.kubernetes, and has Kubernetes objects"
                    .to_owned(),
            ));
        }
        Some(KubernetesTarget::InCluster) => {
            (in_cluster()?, "the pod's service account".to_owned())
        }
        Some(KubernetesTarget::Context(name)) => {
            let kubeconfig = read(options)?;
            let name = find_context(&kubeconfig, name)?;
            from_context(kubeconfig, name).await?
        }
        Some(KubernetesTarget::EksCluster(name)) => {
            let kubeconfig = read(options)?;
            let context = find_eks_context(&kubeconfig, name)?;
            from_context(kubeconfig, context).await?
        }
    };
    if config.accept_invalid_certs {
        return Err(Error::Config(format!(
            "{credentials} sets insecure-skip-tls-verify: suimon always verifies the server; set \
             certificate-authority instead"
        )));
    }
    config.default_retry = false;
    config.connect_timeout = Some(options.policy.deadline);
    let endpoint = without_userinfo(config.cluster_url.to_string().trim_end_matches('/'));
    let client = client(config, &endpoint, &credentials, options).await?;
    Ok(Connection { client, endpoint, credentials, bearer: None })
}

/// Credential plugins run while the client is made: on a thread of their own, so that one that
/// hangs ends with the deadline and holds nothing up.
async fn client(
    config: Config,
    endpoint: &str,
    credentials: &str,
    options: &Options,
) -> Result<Client> {
    let plugin = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    let runtime = tokio::runtime::Handle::current();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _entered = runtime.enter();
        let _ = sender.send(Client::try_from(config));
    });
    let unauthenticated = |reason: String| Error::Unauthenticated {
        endpoint: endpoint.to_owned(),
        reason: format!("{credentials}: {reason}"),
    };
    match tokio::time::timeout(options.policy.deadline, receiver).await {
        Ok(Ok(Ok(client))) => Ok(client),
        Ok(Ok(Err(error))) => Err(match find::<AuthError>(&error) {
            Some(AuthError::AuthExecStart(source)) => unauthenticated(format!(
                "the credential plugin `{}` cannot be started: {source}",
                plugin.unwrap_or_default()
            )),
            Some(auth) => unauthenticated(describe_auth(auth)),
            None => Error::Config(format!(
                "{credentials} is not usable: {}",
                without_userinfo(&root(&error))
            )),
        }),
        Ok(Err(_)) => Err(unauthenticated("the client could not be made".to_owned())),
        Err(_) => Err(unauthenticated(format!(
            "the credential plugin did not finish within {}",
            crate::transport::seconds(options.policy.deadline)
        ))),
    }
}

fn in_cluster() -> Result<Config> {
    Config::incluster().map_err(|error| {
        Error::Config(format!(
            "targets.kubernetes is inCluster, and this is no pod with a service account: {}",
            root(&error)
        ))
    })
}

async fn from_context(kubeconfig: Kubeconfig, name: String) -> Result<(Config, String)> {
    check_user(&kubeconfig, &name)?;
    let options = KubeConfigOptions { context: Some(name.clone()), ..Default::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| {
        Error::Config(format!("context `{name}` of the kubeconfig is not usable: {error}"))
    })?;
    Ok((config, format!("context `{name}`")))
}

/// A context whose user is missing would connect as nobody.
fn check_user(kubeconfig: &Kubeconfig, name: &str) -> Result<()> {
    let context = kubeconfig.contexts.iter().find(|context| context.name == name);
    let user = context.and_then(|context| context.context.as_ref()?.user.as_deref());
    match user.filter(|user| !user.is_empty()) {
        Some(user) if !kubeconfig.auth_infos.iter().any(|known| known.name == user) => {
            Err(Error::Config(format!(
                "context `{name}` of the kubeconfig is not usable: it names the user `{user}`, and \
                 the kubeconfig has no such user"
            )))
        }
        _ => Ok(()),
    }
}

/// Reads the kubeconfig: the given file, or the files of `$KUBECONFIG`, or `~/.kube/config`.
fn read(options: &Options) -> Result<Kubeconfig> {
    let files = match &options.kubeconfig {
        Some(file) => vec![file.clone()],
        None => default_files(),
    };
    let mut merged: Option<Kubeconfig> = None;
    // Like kubectl, files of the list that do not exist are passed over.
    for file in files.iter().filter(|file| file.exists()) {
        let next = Kubeconfig::read_from(file).map_err(|error| unusable(file, &error))?;
        merged = Some(match merged {
            Some(before) => before.merge(next).map_err(|error| unusable(file, &error))?,
            None => next,
        });
    }
    merged.ok_or_else(|| {
        let looked: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        Error::Config(format!(
            "there is no kubeconfig (looked for {}); set KUBECONFIG",
            if looked.is_empty() { "~/.kube/config".to_owned() } else { looked.join(", ") }
        ))
    })
}

fn default_files() -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = std::env::var_os("KUBECONFIG")
        .map(|list| std::env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect()
}

/// Which file, and why; parse errors without the text they quote, which may be a credential.
fn unusable(file: &Path, error: &kube::config::KubeconfigError) -> Error {
    let why = match error {
        kube::config::KubeconfigError::Parse(parse) => {
            let text = parse.to_string();
            let first = text.lines().next().unwrap_or_default();
            let first = first.strip_prefix("error: ").unwrap_or(first);
            format!("it is no kubeconfig: {}", unquoted(first))
        }
        other => other.to_string(),
    };
    Error::Config(format!("kubeconfig {}: {why}", file.display()))
}

/// The text without the `user:password@` of the addresses in it.
pub(crate) fn without_userinfo(text: &str) -> String {
    let mut parts = text.split("//");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part.find(['/', ' ']).unwrap_or(part.len());
        let host = part[..authority].rfind('@').map_or(0, |at| at + 1);
        out.push_str("//");
        out.push_str(&part[host..]);
    }
    out
}

/// The text without what it quotes.
fn unquoted(text: &str) -> String {
    let parts: Vec<&str> = text.split(['"', '`']).step_by(2).collect();
    parts.join("…")
}

fn names(kubeconfig: &Kubeconfig) -> Vec<&str> {
    kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect()
}

fn find_context(kubeconfig: &Kubeconfig, name: &str) -> Result<String> {
    let names = names(kubeconfig);
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Error::Config(format!("the kubeconfig has no context `{name}`{}", known(name, &names))))
}

/// The context that `aws eks update-kubeconfig` makes is named by the cluster's ARN.
fn find_eks_context(kubeconfig: &Kubeconfig, name: &str) -> Result<String> {
    let names = names(kubeconfig);
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    let suffix = format!("cluster/{name}");
    let arns: Vec<&&str> = names
        .iter()
        .filter(|known| known.starts_with("arn:") && known.ends_with(&suffix))
        .collect();
    match arns.as_slice() {
        [one] => Ok((**one).to_owned()),
        [] => Err(Error::Config(format!(
            "the kubeconfig has no context for the EKS cluster `{name}`: run `aws eks \
             update-kubeconfig --name {name}`, or use targets.kubernetes.context{}",
            known(name, &names)
        ))),
        several => Err(Error::Config(format!(
            "several contexts are for an EKS cluster `{name}` ({}): use targets.kubernetes.context",
            several.iter().map(|name| **name).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// The known contexts, and which is nearest.
fn known(name: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return " (it has none)".to_owned();
    }
    let nearest = names
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .min()
        .filter(|(distance, _)| *distance <= name.chars().count().max(3) / 3)
        .map(|(_, known)| format!("; did you mean `{known}`?"))
        .unwrap_or_default();
    format!(" (it has {}){nearest}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_credentials() {
        for (text, shown) in [
            ("https://k:6443", "https://k:6443"),
            ("https://a:b@k:6443/x@y", "https://k:6443/x@y"),
            ("proxy ftp://a:p@ss@h uses ftp://u@g", "proxy ftp://h uses ftp://g"),
            ("no address", "no address"),
        ] {
            assert_eq!(without_userinfo(text), shown);
        }
    }
}

//! `suimon sandbox`.

use std::path::Path;
use std::sync::Arc;

use suimon_model::KubernetesTarget;
use suimon_sandbox::{Aws, AwsOptions, EksEndpoint, Options, Sandbox};

use crate::args::{Global, SandboxArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::signals;

/// Clusters and AWS accounts on loopback.
pub(crate) struct Clusters {
    /// One Kubernetes cluster per context.
    pub(crate) clusters: Vec<(String, Sandbox)>,
    /// The AWS accounts; the credentials say which one.
    pub(crate) aws: Aws,
}

impl Clusters {
    /// Starts one cluster per name and the AWS accounts, on consecutive ports or on free ones. `eks` says which EKS
    /// clusters (by name) are which of the clusters; a cluster is also the EKS cluster of its own name.
    pub(crate) async fn start(
        names: &[String],
        eks: &[(String, String)],
        port_base: Option<u16>,
    ) -> Result<Self, Failure> {
        let mut clusters = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let options =
                Options { port: port(port_base, index)?, controllers: true, ..Options::default() };
            let sandbox = Sandbox::start(options)
                .await
                .map_err(|e| Failure::new(format!("cannot start cluster {name}: {e}")))?;
            clusters.push((name.clone(), sandbox));
        }
        let own = names.iter().map(|name| (name.clone(), name.clone()));
        let endpoints = own.chain(eks.iter().cloned()).filter_map(|(eks, context)| {
            let (_, sandbox) = clusters.iter().find(|(name, _)| *name == context)?;
            let certificate_authority = String::new();
            Some(EksEndpoint { name: eks, endpoint: sandbox.url(), certificate_authority })
        });
        let options = AwsOptions {
            port: port(port_base, names.len())?,
            account_id: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            clusters: endpoints.collect(),
            ..AwsOptions::default()
        };
        let aws = Aws::start(options)
            .await
            .map_err(|e| Failure::new(format!("cannot start the AWS accounts: {e}")))?;
        Ok(Self { clusters, aws })
    }

    /// A kubeconfig with one context per cluster, of the same name.
    pub(crate) fn kubeconfig(&self) -> String {
        let mut clusters = String::new();
        let mut contexts = String::new();
        for (name, sandbox) in &self.clusters {
            let url = sandbox.url();
            clusters.push_str(&format!("- name: \"{name}\"\n  cluster: {{server: \"{url}\"}}\n"));
            contexts.push_str(&format!(
                "- name: \"{name}\"\n  context: {{cluster: \"{name}\", user: sandbox}}\n"
            ));
        }
        let current = self.clusters.first().map_or("", |(name, _)| name);
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: \"{current}\"\nclusters:\n{clusters}\
             contexts:\n{contexts}users:\n- name: sandbox\n  user: {{}}\n"
        )
    }

    /// Writes the kubeconfig.
    pub(crate) fn write_kubeconfig(&self, path: &Path) -> Result<(), Failure> {
        std::fs::write(path, self.kubeconfig())
            .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
    }
}

/// The account of credentials that say nothing else; roles of other accounts can be assumed.
const ACCOUNT: &str = "111111111111";
const REGION: &str = "ap-northeast-1";

fn port(base: Option<u16>, offset: usize) -> Result<Option<u16>, Failure> {
    let Some(base) = base else { return Ok(None) };
    let port = u16::try_from(offset).ok().and_then(|offset| base.checked_add(offset));
    port.map(Some).ok_or_else(|| Failure::new("--port-base is too high for this many clusters"))
}

/// Which EKS clusters the environments of a project name, with the environments; none where there is no project.
pub(crate) fn eks_clusters(folder: &Path) -> Vec<(String, String)> {
    let request = suimon_source::Request {
        place: suimon_source::Place::Folder(folder.to_path_buf()),
        revision: None,
        cache_dir: None,
        limits: suimon_source::Limits::default(),
    };
    let Ok(opened) = suimon_source::open(&request) else { return Vec::new() };
    let snapshot = opened.snapshot.as_ref();
    let Ok(project) = suimon_render::load_project(snapshot) else { return Vec::new() };
    let environments = project
        .pipeline
        .iter()
        .filter_map(|name| suimon_render::load_environment(snapshot, &project, name).ok());
    environments
        .filter_map(|environment| match environment.targets.kubernetes {
            Some(KubernetesTarget::EksCluster(eks)) => Some((eks, environment.name)),
            _ => None,
        })
        .collect()
}

pub(crate) async fn run(
    args: &SandboxArgs,
    global: &Global,
    console: &Console,
) -> Result<u8, Failure> {
    let names = checked(&args.clusters)?;
    let mut stop = signals::listen(Arc::new(console.clone()))?;
    let folder = global.directory.clone().unwrap_or_else(|| ".".into());
    let clusters = Clusters::start(&names, &eks_clusters(&folder), args.port_base).await?;
    let folder = tempfile::tempdir().map_err(Failure::new)?;
    let path = match &args.kubeconfig {
        Some(path) => path.clone(),
        None => folder.path().join("kubeconfig"),
    };
    clusters.write_kubeconfig(&path)?;
    let path = std::path::absolute(&path).unwrap_or(path);
    console.data(&instructions(&clusters, &path))?;
    signals::stopped(&mut stop).await;
    Ok(0)
}

fn checked(names: &[String]) -> Result<Vec<String>, Failure> {
    for (index, name) in names.iter().enumerate() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(Failure::new(format!("`{name}` is not a name for a cluster")));
        }
        if names[..index].contains(name) {
            return Err(Failure::new(format!("cluster `{name}` is named twice")));
        }
    }
    Ok(names.to_vec())
}

fn instructions(clusters: &Clusters, kubeconfig: &Path) -> String {
    let mut text =
        String::from("Kubernetes and AWS APIs on loopback, until Ctrl-C; nothing is kept.\n\n");
    for (name, sandbox) in &clusters.clusters {
        text.push_str(&format!("  context {name:<8} {}\n", sandbox.url()));
    }
    text.push_str(&format!("  AWS {:<12} {}\n", "", clusters.aws.url()));
    let first = clusters.clusters.first().map_or("dev", |(name, _)| name);
    let variables: Vec<String> = clusters
        .aws
        .environment()
        .into_iter()
        .map(|(name, value)| format!("  export {name}={value}\n"))
        .collect();
    text.push_str(&format!(
        "\nIn another terminal:\n\n  export KUBECONFIG={}\n{}  kubectl --context {first} get namespaces\n  \
         aws ecs list-clusters\n  suimon plan {first}\n",
        kubeconfig.display(),
        variables.concat(),
    ));
    text
}

//! `suimon sandbox`.

use std::path::Path;
use std::sync::Arc;

use suimon_sandbox::{Options, Sandbox};

use crate::args::SandboxArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::signals;

/// Clusters on loopback, one per context.
pub(crate) struct Clusters {
    pub(crate) clusters: Vec<(String, Sandbox)>,
}

impl Clusters {
    /// Starts one cluster per name, on consecutive ports or on free ones.
    pub(crate) async fn start(names: &[String], port_base: Option<u16>) -> Result<Self, Failure> {
        let mut clusters = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let port = match port_base {
                None => None,
                Some(base) => Some(
                    u16::try_from(index)
                        .ok()
                        .and_then(|offset| base.checked_add(offset))
                        .ok_or_else(|| {
                            Failure::new("--port-base is too high for this many clusters")
                        })?,
                ),
            };
            let options = Options { port, controllers: true, ..Options::default() };
            let sandbox = Sandbox::start(options)
                .await
                .map_err(|e| Failure::new(format!("cannot start cluster {name}: {e}")))?;
            clusters.push((name.clone(), sandbox));
        }
        Ok(Self { clusters })
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

pub(crate) async fn run(args: &SandboxArgs, console: &Console) -> Result<u8, Failure> {
    let names = checked(&args.clusters)?;
    let mut stop = signals::listen(Arc::new(console.clone()))?;
    let clusters = Clusters::start(&names, args.port_base).await?;
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
    let mut text = String::from("Kubernetes APIs on loopback, until Ctrl-C; nothing is kept.\n\n");
    for (name, sandbox) in &clusters.clusters {
        text.push_str(&format!("  context {name:<8} {}\n", sandbox.url()));
    }
    let first = clusters.clusters.first().map_or("dev", |(name, _)| name);
    text.push_str(&format!(
        "\nIn another terminal:\n\n  export KUBECONFIG={}\n  kubectl --context {first} get namespaces\n  \
         suimon plan {first}\n",
        kubeconfig.display()
    ));
    text
}

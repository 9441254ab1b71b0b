//! Kubeconfigs, credentials and servers that are not what they should be.

use std::path::PathBuf;
use std::time::Duration;

use suimon_model::KubernetesTarget;
use suimon_provider::{Error, Provider};
use suimon_provider_kubernetes::{Kubernetes, Options, Policy};
use suimon_sandbox::Fault;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::manifests::config_map;

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:1'}}
- {name: open, cluster: {server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true}}
users:
- {name: token, user: {token: hunter2-hunter2}}
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: /bin/sh
      args: [-c, 'echo hunter2-hunter2; echo the session has expired >&2; exit 3']
      interactiveMode: Never
- name: missing
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/aws, interactiveMode: Never}
contexts:
- {name: staging, context: {cluster: c, user: token}}
- {name: production, context: {cluster: c, user: token}}
- {name: unverified, context: {cluster: open, user: token}}
- {name: expired, context: {cluster: c, user: plugin}}
- {name: no-plugin, context: {cluster: c, user: missing}}
- {name: no-cluster, context: {cluster: nope, user: token}}
- {name: no-user, context: {cluster: c, user: nobody}}
- {name: 'arn:aws:eks:ap-northeast-1:111111111111:cluster/shop', context: {cluster: c, user: token}}
";

struct Files(TempDir);

impl Files {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), text).unwrap();
        Self(folder)
    }

    fn options(&self, target: KubernetesTarget) -> Options {
        let kubeconfig: PathBuf = self.0.path().join("config");
        Options {
            kubeconfig: Some(kubeconfig),
            policy: Policy { backoff: Duration::from_millis(1), ..Policy::default() },
            ..Options::new(Some(target), "shop", "dev")
        }
    }

    /// The error of making the adapter and connecting it, without the folder's random name.
    async fn fails(&self, target: KubernetesTarget) -> String {
        let error = match Kubernetes::new(self.options(target)).await {
            Ok(provider) => provider.connect().await.unwrap_err(),
            Err(error) => error,
        };
        let text = error.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        text.replace(self.0.path().to_str().unwrap(), "DIR")
    }
}

fn context(name: &str) -> KubernetesTarget {
    KubernetesTarget::Context(name.to_owned())
}

#[tokio::test]
async fn wrong_kubeconfigs_are_told_apart() {
    let files = Files::new(KUBECONFIG);
    insta::assert_snapshot!(files.fails(context("stagin")).await, @"the kubeconfig has no context `stagin` (it has staging, production, unverified, expired, no-plugin, no-cluster, no-user, arn:aws:eks:ap-northeast-1:111111111111:cluster/shop); did you mean `staging`?");
    insta::assert_snapshot!(files.fails(context("unverified")).await, @"context `unverified` sets insecure-skip-tls-verify: suimon always verifies the server; set certificate-authority instead");
    insta::assert_snapshot!(files.fails(context("no-cluster")).await, @"context `no-cluster` of the kubeconfig is not usable: failed to load the cluster of context: nope");
    insta::assert_snapshot!(files.fails(context("no-user")).await, @"context `no-user` of the kubeconfig is not usable: it names the user `nobody`, and the kubeconfig has no such user");
    insta::assert_snapshot!(files.fails(KubernetesTarget::EksCluster("blog".into())).await, @"the kubeconfig has no context for the EKS cluster `blog`: run `aws eks update-kubeconfig --name blog`, or use targets.kubernetes.context (it has staging, production, unverified, expired, no-plugin, no-cluster, no-user, arn:aws:eks:ap-northeast-1:111111111111:cluster/shop)");
    insta::assert_snapshot!(files.fails(KubernetesTarget::InCluster).await, @"targets.kubernetes is inCluster, and this is no pod with a service account: environment variable not found");
    insta::assert_snapshot!(Files::new("contexts: {").fails(context("a")).await, @"kubeconfig DIR/config: it is no kubeconfig: line 1 column 11: expected sequence start");
    insta::assert_snapshot!(Files::new("users: hunter2-hunter2").fails(context("a")).await, @"kubeconfig DIR/config: it is no kubeconfig: line 1 column 8: expected sequence start");
    insta::assert_snapshot!(Files::new("apiVersion: v1\nkind: Config").fails(context("a")).await, @"the kubeconfig has no context `a` (it has none)");
    let none = Options { target: None, ..files.options(context("staging")) };
    insta::assert_snapshot!(Kubernetes::new(none).await.err().unwrap(), @"the environment declares no targets.kubernetes, and has Kubernetes objects");
    let missing =
        Options { kubeconfig: Some("/nowhere/config".into()), ..files.options(context("a")) };
    insta::assert_snapshot!(Kubernetes::new(missing).await.err().unwrap(), @"there is no kubeconfig (looked for /nowhere/config); set KUBECONFIG");
}

#[tokio::test]
async fn an_eks_cluster_is_found_by_its_context() {
    let files = Files::new(KUBECONFIG);
    let target = KubernetesTarget::EksCluster("shop".into());
    insta::assert_snapshot!(files.fails(target).await, @"cannot reach https://127.0.0.1:1: Connection refused (os error 111)");
}

#[tokio::test]
async fn credentials_that_do_not_work_are_named_and_not_shown() {
    let files = Files::new(KUBECONFIG);
    insta::assert_snapshot!(files.fails(context("expired")).await, @"not authenticated at https://127.0.0.1:1: context `expired`: credential plugin `/bin/sh` failed (exit status: 3): the session has expired");
    insta::assert_snapshot!(files.fails(context("no-plugin")).await, @"not authenticated at https://127.0.0.1:1: context `no-plugin`: the credential plugin `/nowhere/aws` cannot be started: No such file or directory (os error 2)");

    let cluster = Cluster::sandbox().await;
    cluster.faulty().fault(Fault::status("/", 401, "Unauthorized", "Unauthorized", 9));
    let provider = Kubernetes::new(cluster.options("dev")).await.unwrap();
    let error = provider.connect().await.unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(&cluster.faulty().url(), "URL"), @"not authenticated at URL: the API server does not accept the credentials of context `sandbox` (expired, or revoked): Unauthorized");
}

#[tokio::test]
async fn servers_that_cannot_be_reached_are_named() {
    let files = Files::new(KUBECONFIG);
    insta::assert_snapshot!(files.fails(context("staging")).await, @"cannot reach https://127.0.0.1:1: Connection refused (os error 111)");
    let unknown = KUBECONFIG.replace("127.0.0.1:1'", "no-such-host.invalid'");
    let text = Files::new(&unknown).fails(context("staging")).await;
    assert!(text.starts_with("cannot reach https://no-such-host.invalid: "), "{text}");
}

/// Needs a server with TLS.
pub(crate) async fn a_certificate_of_somebody_else_is_refused(cluster: &Cluster) {
    let text = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
    let without: Vec<&str> =
        text.lines().filter(|line| !line.contains("certificate-authority")).collect();
    let files = Files::new(&without.join("\n"));
    let said = files.fails(context(cluster.context)).await;
    assert!(said.contains(": TLS: ") && said.contains("certificate"), "{said}");
}

#[tokio::test]
async fn a_pinned_cluster_must_be_that_cluster() {
    let cluster = Cluster::sandbox().await;
    let system = cluster.get("/api/v1/namespaces/kube-system").await;
    let uid = system["metadata"]["uid"].as_str().unwrap().to_owned();
    let pinned =
        |uid: &str| Options { cluster_uid: Some(uid.to_owned()), ..cluster.options("dev") };
    let identity = Kubernetes::new(pinned(&uid)).await.unwrap().connect().await.unwrap();
    assert!(identity.identity.starts_with("sha256:") && !identity.identity.contains(&uid));

    let error = Kubernetes::new(pinned("another")).await.unwrap().connect().await.unwrap_err();
    assert!(matches!(error, Error::WrongTarget(_)));
    let text = error.to_string().replace(&uid, "UID").replace(&cluster.faulty().url(), "URL");
    insta::assert_snapshot!(text, @"wrong target: the cluster at URL (context `sandbox`) has the UID UID, and the environment `dev` is pinned to another");
}

#[tokio::test]
async fn nothing_works_before_connecting() {
    let cluster = Cluster::sandbox().await;
    let provider = Kubernetes::new(cluster.options("dev")).await.unwrap();
    let error = provider.prepare(&config_map("a", "b", "c")).unwrap_err();
    assert_eq!(error, Error::Config("not connected to the cluster yet".into()));
    assert!(cluster.faulty().requests().is_empty());
}

//! An EKS cluster that is reached without a kubeconfig.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use suimon_model::{KubernetesTarget, Sensitive};
use suimon_provider::{BearerToken, ClusterAccess, ClusterEndpoint, Error, Provider, Result};
use suimon_provider_kubernetes::{Kubernetes, Options, Policy};
use suimon_sandbox::{Clock, Fault, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::cluster::{Cluster, observed, write};
use crate::manifests::config_map;

/// What EKS and STS would tell; counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// The answer; changes when a cluster comes.
    pub(crate) told: Mutex<Option<Result<ClusterEndpoint>>>,
    pub(crate) endpoints: AtomicUsize,
    pub(crate) tokens: AtomicUsize,
    /// When tokens are signed, one after the other; those after are no tokens of EKS at all.
    pub(crate) signed: Vec<&'static str>,
}

#[async_trait]
impl ClusterAccess for Access {
    fn cluster(&self) -> &str {
        "shop"
    }

    async fn endpoint(&self) -> Result<Option<ClusterEndpoint>> {
        self.endpoints.fetch_add(1, Ordering::SeqCst);
        self.told.lock().await.clone().transpose()
    }

    fn absence(&self) -> String {
        "there is no EKS cluster `shop` in account 111111111111, region ap-northeast-1".to_owned()
    }

    async fn token(&self) -> Result<BearerToken> {
        let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        let refresh_after = SystemTime::now() + Duration::from_secs(600);
        let token = match self.signed.get(number - 1) {
            Some(date) => eks_token(date),
            None => format!("hunter2-{number}"),
        };
        Ok(BearerToken { token: Sensitive::new(token), refresh_after })
    }
}

/// A token as the authenticator of EKS takes it for a quarter of an hour.
fn eks_token(date: &str) -> String {
    let url = format!(
        "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
         &X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKID%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date={date}\
         &X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00"
    );
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}

impl Access {
    /// The cluster is there from now on.
    pub(crate) async fn tell(&self, server: &str) {
        let endpoint = ClusterEndpoint { server: server.to_owned(), certificate_authority: None };
        *self.told.lock().await = Some(Ok(endpoint));
    }
}

/// Options for the cluster `shop`; retries follow at once.
pub(crate) fn options(access: &Arc<Access>) -> Options {
    let target = Some(KubernetesTarget::EksCluster("shop".to_owned()));
    let policy = Policy {
        backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(1),
        ..Policy::default()
    };
    let access: Arc<dyn ClusterAccess> = Arc::clone(access) as _;
    Options { access: Some(access), policy, ..Options::new(target, "shop", "dev") }
}

/// What connecting says, and how often a token was asked for.
async fn connects(access: Arc<Access>) -> (Result<String>, usize) {
    let provider = Kubernetes::new(options(&access)).await.unwrap();
    assert_eq!(access.endpoints.load(Ordering::SeqCst), 0, "nothing is asked before connecting");
    let identity = provider.connect().await.map(|identity| identity.endpoint);
    (identity, access.tokens.load(Ordering::SeqCst))
}

#[tokio::test]
async fn one_token_serves_all_requests() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    access.tell(&cluster.faulty().url()).await;
    let (endpoint, tokens) = connects(access).await;
    assert_eq!((endpoint.unwrap(), tokens), (cluster.faulty().url(), 1));
    assert!(cluster.faulty().requests().len() > 3);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_once() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    access.tell(&cluster.faulty().url()).await;
    let unauthorized = |times| Fault::status("/apis", 401, "Unauthorized", "Unauthorized", times);
    cluster.faulty().fault(unauthorized(1));
    let (endpoint, tokens) = connects(Arc::clone(&access)).await;
    assert_eq!((endpoint.unwrap(), tokens), (cluster.faulty().url(), 2));

    cluster.faulty().clear_requests();
    cluster.faulty().fault(unauthorized(9));
    let (refused, tokens) = connects_again(&access).await;
    insta::assert_snapshot!(refused.unwrap_err().to_string().replace(&cluster.faulty().url(), "URL"), @"not authenticated at URL: the API server does not accept the credentials of the AWS identity that is used for EKS cluster `shop` (no access entry of the cluster names that identity): Unauthorized");
    assert_eq!(tokens, 2 + 2);
    let to_apis = cluster.faulty().requests().iter().filter(|r| r.path == "/apis").count();
    assert_eq!(to_apis, 2);
}

/// The same with an access that was used before.
async fn connects_again(access: &Arc<Access>) -> (Result<String>, usize) {
    let provider = Kubernetes::new(options(access)).await.unwrap();
    let identity = provider.connect().await.map(|identity| identity.endpoint);
    (identity, access.tokens.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_token_that_has_aged_is_replaced_on_the_way() {
    let clock = Clock::manual("2026-01-02T03:00:00Z".parse().unwrap());
    let sandbox = Sandbox::start(suimon_sandbox::Options {
        clock: clock.clone(),
        require_eks_token: true,
        ..Default::default()
    });
    let sandbox = sandbox.await.unwrap();
    let signed = vec!["20260102T030000Z", "20260102T031600Z"];
    let access = Arc::new(Access { signed, ..Access::default() });
    access.tell(&sandbox.url()).await;
    let provider = Kubernetes::new(options(&access)).await.unwrap();
    provider.connect().await.unwrap();
    clock.advance(Duration::from_secs(16 * 60));
    let declared = [provider.prepare(&config_map("default", "a", "v")).unwrap()];
    provider.write(&write(&declared[0])).await.unwrap();
    assert_eq!(observed(&provider, &declared).await, "ConfigMap/default/a is live, ours");
    assert_eq!(access.tokens.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn tokens_are_sent_as_bearers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let seen = tokio::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let line = head.lines().find(|line| line.starts_with("authorization:"));
            seen.push(line.unwrap_or_default().to_owned());
            let answer =
                "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        seen
    });
    let access = Arc::new(Access::default());
    access.tell(&server).await;
    let options = Options { concurrency: 1, ..options(&access) };
    let provider = Kubernetes::new(options).await.unwrap();
    let connecting = tokio::spawn(async move { provider.connect().await });
    let seen = seen.await.unwrap();
    connecting.abort();
    assert_eq!(seen, ["authorization: Bearer hunter2-1", "authorization: Bearer hunter2-2"]);
}

#[tokio::test]
async fn endpoints_that_are_not_usable_are_refused() {
    let access = |server: &str, authority: Option<&[u8]>| {
        let certificate_authority = authority.map(<[u8]>::to_vec);
        let told = ClusterEndpoint { server: server.to_owned(), certificate_authority };
        Arc::new(Access { told: Mutex::new(Some(Ok(told))), ..Access::default() })
    };
    let fails = async |access| connects(access).await.0.unwrap_err().to_string();
    insta::assert_snapshot!(fails(access("http://10.0.0.1", None)).await, @"the endpoint http://10.0.0.1 of EKS cluster `shop`: it is no address with https:// (without TLS, loopback addresses only)");
    insta::assert_snapshot!(fails(access("https://127.0.0.1:1", Some(b"no certificate"))).await, @"the endpoint https://127.0.0.1:1 of EKS cluster `shop`: its certificate authority holds no certificate in PEM");
    insta::assert_snapshot!(fails(access("https://127.0.0.1:1", None)).await, @"cannot reach https://127.0.0.1:1: Connection refused (os error 111)");
}

#[tokio::test]
async fn a_cluster_that_nobody_has_or_declares_is_an_error() {
    let (error, tokens) = connects(Arc::new(Access::default())).await;
    insta::assert_snapshot!(error.unwrap_err(), @"there is no EKS cluster `shop` in account 111111111111, region ap-northeast-1; create it, or declare it in this environment as a Cluster.eks.services.k8s.aws, or correct targets.kubernetes.eksCluster");
    assert_eq!(tokens, 0);

    let forbidden = Err(Error::Forbidden("eks:DescribeCluster".to_owned()));
    let access = Arc::new(Access { told: Mutex::new(Some(forbidden)), ..Access::default() });
    let declared = Options { cluster_declared: true, ..options(&access) };
    let error = Kubernetes::new(declared).await.unwrap().connect().await.unwrap_err();
    assert_eq!(error, Error::Forbidden("eks:DescribeCluster".to_owned()), "unknown is not absent");
}

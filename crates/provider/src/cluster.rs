//! [`ClusterAccess`]: a cluster whose address and credentials another API gives.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;
use suimon_model::Sensitive;

use crate::Result;

/// Where a cluster's API server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEndpoint {
    /// URL of the API server.
    pub server: String,
    /// The certificate authority that its certificate is checked with, in PEM; `None` for a server
    /// without TLS (loopback only) or one with a certificate of a public authority.
    pub certificate_authority: Option<Vec<u8>>,
}

/// A bearer token for a cluster's API server.
#[derive(Debug)]
pub struct BearerToken {
    /// The token.
    pub token: Sensitive<String>,
    /// When to ask for another one; it is accepted for a while after that.
    pub refresh_after: SystemTime,
}

/// A cluster that is reached with what another API tells: EKS gives endpoint and certificate
/// authority, STS the token.
#[async_trait]
pub trait ClusterAccess: Send + Sync + fmt::Debug {
    /// The cluster's name, for messages.
    fn cluster(&self) -> &str;

    /// Where it is; `None` when there is no such cluster, or it has no endpoint yet.
    ///
    /// # Errors
    /// The API that knows could not be asked: unknown is not absent.
    async fn endpoint(&self) -> Result<Option<ClusterEndpoint>>;

    /// Why there is no endpoint, in words, after [`endpoint`](Self::endpoint) told of none.
    fn absence(&self) -> String {
        format!("there is no cluster `{}`, or it has no endpoint yet", self.cluster())
    }

    /// A token that is accepted now.
    ///
    /// # Errors
    /// Credentials are missing, expired or not accepted.
    async fn token(&self) -> Result<BearerToken>;
}

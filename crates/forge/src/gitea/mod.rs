use crate::Result;
use crate::http::Client;
use suimon_model::Sensitive;
/// x
pub struct Gitea {}
impl Gitea {
    /// x
    pub fn new(
        _client: Client,
        _url: Option<&str>,
        _repository: &str,
        _token: Sensitive<String>,
    ) -> Result<Self> {
        Ok(Self {})
    }
}

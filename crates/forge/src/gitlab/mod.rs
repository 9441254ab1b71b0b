use crate::Result;
use crate::http::Client;
use suimon_model::Sensitive;
/// x
pub struct Gitlab {}
impl Gitlab {
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

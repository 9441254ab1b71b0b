//! Every scenario on a real kube-apiserver.

use crate::cluster::Cluster;
use crate::scenarios;

#[tokio::test]
async fn every_scenario_holds_on_a_real_api_server() {
    match Cluster::real() {
        Some(cluster) => scenarios::all(&cluster).await,
        None => println!("{}", suimon_sandbox::envtest::SKIPPED),
    }
}

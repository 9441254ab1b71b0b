//! Every scenario on a real kube-apiserver.

use crate::cluster::Cluster;
use crate::{connecting, scenarios};

#[tokio::test]
async fn every_scenario_holds_on_a_real_api_server() {
    let Some(cluster) = Cluster::real() else {
        println!("{}", suimon_sandbox::envtest::SKIPPED);
        return;
    };
    scenarios::all(&cluster).await;
    connecting::a_certificate_of_somebody_else_is_refused(&cluster).await;
}

//! Serves AWS accounts until Ctrl-C: `cargo run -p suimon-sandbox --example serve_aws -- [PORT]`, for use with `aws`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use suimon_sandbox::{Aws, AwsOptions};

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).map(|port| port.parse().unwrap());
    let aws = Aws::start(AwsOptions { port, ..AwsOptions::default() }).await.unwrap();
    for (name, value) in aws.environment() {
        println!("export {name}={value}");
    }
    tokio::signal::ctrl_c().await.unwrap();
}

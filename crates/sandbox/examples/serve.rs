//! Serves a sandbox until Ctrl-C: `cargo run -p suimon-sandbox --example serve -- [PORT]`, for use with kubectl.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use suimon_sandbox::{Options, Sandbox};

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).map(|port| port.parse().unwrap());
    let sandbox = Sandbox::start(Options { port, ..Options::default() }).await.unwrap();
    println!("{}", sandbox.kubeconfig());
    tokio::signal::ctrl_c().await.unwrap();
}

//! `suimon demo`: the whole story, told with the commands a user would type.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use suimon_sandbox::Sandbox;

use super::init;
use super::sandbox::Clusters;
use crate::args::{DemoArgs, Global};
use crate::console::Console;
use crate::failure::Failure;
use crate::signals;

pub(crate) async fn run(
    args: &DemoArgs,
    global: &Global,
    console: &Console,
) -> Result<u8, Failure> {
    let mut stop = signals::listen(Arc::new(console.clone()))?;
    let folder = tempfile::tempdir().map_err(Failure::new)?;
    let project = project(global, folder.path())?;
    let pipeline = pipeline(&project)?;
    let clusters = Clusters::start(&pipeline, None).await?;
    let kubeconfig = folder.path().join("kubeconfig");
    clusters.write_kubeconfig(&kubeconfig)?;
    let story = Story { console: console.clone(), project, kubeconfig };
    let (story, told) = tokio::select! {
        told = tokio::task::spawn_blocking(move || {
            let told = tell(&story, &pipeline, &clusters);
            (story, told.map(|()| clusters))
        }) => told.map_err(Failure::new)?,
        () = signals::stopped(&mut stop) => return Err(Failure::said(crate::failure::INTERRUPTED)),
    };
    let clusters = told?;
    story.say("Where to look");
    let context = clusters.clusters.first().map_or("dev", |(name, _)| name);
    let look = format!("kubectl --context {context} get deployments,services,ingresses -A");
    if args.keep {
        console.data(&format!(
            "In another terminal:\n\n  export KUBECONFIG={}\n  {look}\n",
            story.kubeconfig.display()
        ))?;
        console.note("The clusters stay up until Ctrl-C.");
        signals::stopped(&mut stop).await;
    } else {
        console.data(&format!(
            "The clusters of this demo end with it. `cargo demo --keep` (or `suimon sandbox`) leaves \
             them up and says which KUBECONFIG to use; then:\n\n  {look}\n"
        ))?;
    }
    Ok(0)
}

/// The project at hand, or a first one made for the demo.
fn project(global: &Global, scratch: &Path) -> Result<PathBuf, Failure> {
    let here = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    if here.join("suimon.yaml").is_file() {
        return Ok(here);
    }
    let made = scratch.join("project");
    std::fs::create_dir(&made).map_err(Failure::new)?;
    init::write(&made, "demo", "dev")?;
    Ok(made)
}

fn pipeline(project: &Path) -> Result<Vec<String>, Failure> {
    let request = suimon_source::Request {
        place: suimon_source::Place::Folder(project.to_path_buf()),
        revision: None,
        cache_dir: None,
        limits: suimon_source::Limits::default(),
    };
    let opened = suimon_source::open(&request)?;
    Ok(suimon_render::load_project(opened.snapshot.as_ref())?.pipeline)
}

struct Story {
    console: Console,
    project: PathBuf,
    kubeconfig: PathBuf,
}

fn tell(story: &Story, pipeline: &[String], clusters: &Clusters) -> Result<(), Failure> {
    for environment in pipeline {
        story.say(&format!("{environment}: what would be done, and doing it"));
        if Some(environment) == pipeline.first() {
            story.suimon(&["plan", environment], 0)?;
        }
        story.summary(&["apply", environment, "--auto-approve"])?;
    }
    let Some(first) = pipeline.first() else { return Ok(()) };
    story.say("A second run finds nothing to do");
    story.suimon(&["plan", first, "--detailed-exitcode"], 0)?;

    let Some((_, cluster)) = clusters.clusters.first() else { return Ok(()) };
    let Some((namespace, name)) = a_deployment(cluster)? else { return Ok(()) };
    story.say(&format!("Drift: somebody edits deployment {namespace}/{name} by hand"));
    edit(cluster, &namespace, &name)?;
    story.suimon(&["plan", first, "--detailed-exitcode"], 2)?;
    story.say("Repair");
    story.summary(&["apply", first, "--auto-approve"])?;
    story.suimon(&["plan", first, "--detailed-exitcode"], 0)
}

impl Story {
    fn say(&self, title: &str) {
        self.console.note(&format!("\n=== {title}"));
    }

    /// Runs this binary as a user would, and insists on how it ends.
    fn suimon(&self, args: &[&str], expected: i32) -> Result<(), Failure> {
        let status = self.command(args)?.status().map_err(Failure::new)?;
        expect(args, status, expected)
    }

    /// As [`suimon`](Self::suimon), but shows the lines that sum up, and everything if it goes wrong.
    fn summary(&self, args: &[&str]) -> Result<(), Failure> {
        let output = self.command(args)?.output().map_err(Failure::new)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let sums_up = |line: &&str| {
            ["Plan: ", "Apply complete", "No changes."].iter().any(|s| line.starts_with(s))
        };
        if output.status.success() {
            let lines: Vec<&str> = text.lines().filter(sums_up).collect();
            self.console.data(&lines.join("\n"))?;
        } else {
            self.console.data(&text)?;
            self.console.note(&String::from_utf8_lossy(&output.stderr));
        }
        expect(args, output.status, 0)
    }

    fn command(&self, args: &[&str]) -> Result<Command, Failure> {
        self.console.note(&format!("\n$ suimon {}", args.join(" ")));
        let mut command = Command::new(std::env::current_exe().map_err(Failure::new)?);
        command.arg("-C").arg(&self.project).args(args);
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null());
        Ok(command)
    }
}

fn expect(args: &[&str], status: ExitStatus, expected: i32) -> Result<(), Failure> {
    if status.code() == Some(expected) {
        return Ok(());
    }
    let command = args.join(" ");
    Err(Failure::new(format!("the demo went wrong: `suimon {command}` ended with {status}")))
}

/// Some deployment of ours with a container, to have something to drift.
fn a_deployment(cluster: &Sandbox) -> Result<Option<(String, String)>, Failure> {
    let list = http(cluster, "GET", "/apis/apps/v1/deployments", None)?;
    let list: serde_json::Value = serde_json::from_str(&list).map_err(Failure::new)?;
    let first = list.pointer("/items/0/metadata");
    let text = |key: &str| first.and_then(|m| m.get(key)?.as_str().map(str::to_owned));
    Ok(text("namespace").zip(text("name")))
}

/// What `kubectl edit` would send.
fn edit(cluster: &Sandbox, namespace: &str, name: &str) -> Result<(), Failure> {
    let path = format!(
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}?fieldManager=kubectl-edit"
    );
    let body = r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.example.com/hotfix:latest"}]"#;
    http(cluster, "PATCH", &path, Some(body)).map(drop)
}

fn http(
    cluster: &Sandbox,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> Result<String, Failure> {
    let url = cluster.url();
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(address).map_err(Failure::new)?;
    let body = body.unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Type: application/json-patch+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .map_err(Failure::new)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(Failure::new)?;
    let (head, content) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
    if !head.starts_with("HTTP/1.1 2") {
        let status = head.lines().next().unwrap_or_default();
        return Err(Failure::new(format!("{method} {path}: {status}")));
    }
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return Ok(dechunk(content));
    }
    Ok(content.to_owned())
}

fn dechunk(mut rest: &str) -> String {
    let mut text = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let (Some(chunk), true) = (after.get(..size), size > 0) else { break };
        text.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    text
}

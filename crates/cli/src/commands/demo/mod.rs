//! `suimon demo`: the whole story, told with the commands a user would type.

mod gates;
mod http;
mod people;
mod project;

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use super::sandbox::{Clusters, eks_clusters};
use crate::args::{DemoArgs, Global};
use crate::console::Console;
use crate::failure::{ERROR, Failure, HELD, PARTIAL};
use crate::signals;
use people::People;
use project::Cast;

pub(crate) async fn run(
    args: &DemoArgs,
    global: &Global,
    console: &Console,
) -> Result<u8, Failure> {
    let mut stop = signals::listen(Arc::new(console.clone()))?;
    let folder = tempfile::tempdir().map_err(Failure::new)?;
    let project = project::copy(global, folder.path())?;
    let cast = project::cast(&project)?;
    let clusters = Clusters::start(&cast.pipeline, &eks_clusters(&project), None).await?;
    let kubeconfig = folder.path().join("kubeconfig");
    clusters.write_kubeconfig(&kubeconfig)?;
    let mut story = Story {
        console: console.clone(),
        project,
        kubeconfig,
        cache: folder.path().join("cache"),
        variables: variables(&cast, &clusters),
    };
    story.variables.extend(people::identity(folder.path())?);
    let people = People::meet(&story.project, folder.path(), &cast.pipeline)?;
    story.repository()?;
    let (story, told) = tokio::select! {
        told = tokio::task::spawn_blocking(move || {
            let told = tell(&story, &cast, &clusters, people.as_ref());
            (story, told.map(|()| clusters))
        }) => told.map_err(Failure::new)?,
        () = signals::stopped(&mut stop) => return Err(Failure::said(crate::failure::INTERRUPTED)),
    };
    let clusters = told?;
    story.say("Where to look");
    let exports: Vec<String> =
        clusters.aws.environment().iter().map(|(k, v)| format!("  export {k}={v}\n")).collect();
    let context = clusters.clusters.last().map_or("dev", |(name, _)| name);
    let look = format!(
        "aws ecs list-services --cluster NAME\n  kubectl --context {context} get deployments,services,ingresses -A"
    );
    if args.keep {
        console.data(&format!(
            "In another terminal:\n\n  export KUBECONFIG={}\n{}  {look}\n",
            story.kubeconfig.display(),
            exports.concat()
        ))?;
        console.note("The clusters and accounts stay up until Ctrl-C.");
        signals::stopped(&mut stop).await;
    } else {
        console.data(&format!(
            "The clusters and accounts of this demo end with it. `cargo demo --keep` (or `suimon sandbox`) leaves \
             them up and says what to export; then:\n\n  {look}\n"
        ))?;
    }
    Ok(0)
}

/// What the commands of the story find in their environment: the sandbox, and values for the secrets.
fn variables(cast: &Cast, clusters: &Clusters) -> Vec<(String, String)> {
    let secrets = cast.variables.iter().map(|name| (name.clone(), format!("demo-{name}")));
    clusters.aws.environment().into_iter().chain(secrets).collect()
}

struct Story {
    console: Console,
    project: PathBuf,
    kubeconfig: PathBuf,
    cache: PathBuf,
    variables: Vec<(String, String)>,
}

fn tell(
    story: &Story,
    cast: &Cast,
    clusters: &Clusters,
    people: Option<&People>,
) -> Result<(), Failure> {
    let Some(first) = cast.pipeline.first() else { return Ok(()) };
    story.say(&format!("{first}: what would be done, and doing it"));
    story.suimon(&["plan", first], 0)?;
    story.summary(&["apply", first, "--auto-approve"])?;
    story.say("A second run finds nothing to do");
    story.suimon(&["plan", first, "--detailed-exitcode"], 0)?;
    if let Some((cluster, service)) = &cast.service {
        story.say(&format!("Drift: somebody opens a shell into the tasks of service {service}"));
        http::open_a_shell(&clusters.aws, cluster, service)?;
        repair(story, first, people)?;
        roll_back(story, first)?;
    }
    match people {
        Some(people) => gates::tell(story, cast, people)?,
        None if cast.pipeline.len() > 1 => story.say(
            "The rest of the pipeline has gates that people open: no gate here asks for anybody, or there is no `ssh-keygen`",
        ),
        None => {}
    }
    for (environment, cluster) in &clusters.clusters {
        if let Some((namespace, name)) = http::a_deployment(cluster)? {
            story.say(&format!("Drift: somebody edits deployment {namespace}/{name} by hand"));
            http::edit_deployment(cluster, &namespace, &name)?;
            return repair(story, environment, people);
        }
    }
    Ok(())
}

/// What was drifted is a change like any other: the gate is asked.
fn repair(story: &Story, environment: &str, people: Option<&People>) -> Result<(), Failure> {
    story.suimon(&["plan", environment, "--detailed-exitcode"], 2)?;
    story.say("Repair");
    if let Some(people) = people {
        gates::approve(story, people, environment, false)?;
    }
    story.summary(&["apply", environment, "--auto-approve"])?;
    story.suimon(&["plan", environment, "--detailed-exitcode"], 0)
}

/// An image that crashes: the circuit breaker of ECS rolls it back, and the same is not applied twice.
fn roll_back(story: &Story, environment: &str) -> Result<(), Failure> {
    let Some(before) = project::break_images(&story.project, environment)? else { return Ok(()) };
    story.say("An image that crashes: ECS rolls it back, and the apply says so");
    story.suimon(&["apply", environment, "--auto-approve"], i32::from(PARTIAL))?;
    story.say("What failed once is not applied again until the files change");
    story.suimon(&["apply", environment, "--auto-approve"], i32::from(ERROR))?;
    story.say("The files as they were: nothing new is registered, and all is well");
    project::restore(&story.project, environment, &before)?;
    story.summary(&["apply", environment, "--auto-approve"])?;
    story.suimon(&["plan", environment, "--detailed-exitcode"], 0)
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

    /// As [`suimon`](Self::suimon), for an apply that a gate holds: shows the reasons, not the plan.
    fn held(&self, args: &[&str]) -> Result<(), Failure> {
        let output = self.command(args)?.output().map_err(Failure::new)?;
        self.console.note(String::from_utf8_lossy(&output.stderr).trim_end());
        expect(args, output.status, i32::from(HELD))
    }

    /// The project as a repository with one commit.
    fn repository(&self) -> Result<(), Failure> {
        for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "shop: begin"]] {
            self.git(args)?;
        }
        Ok(())
    }

    fn git(&self, args: &[&str]) -> Result<(), Failure> {
        self.console.note(&format!("\n$ git {}", args.join(" ")));
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.project).args(args).stdin(Stdio::null());
        self.surround(&mut command);
        let output = command.output().map_err(|e| Failure::new(format!("git: {e}")))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Failure::new(String::from_utf8_lossy(&output.stderr)))
    }

    fn command(&self, args: &[&str]) -> Result<Command, Failure> {
        self.console.note(&format!("\n$ suimon {}", args.join(" ")));
        let mut command = Command::new(std::env::current_exe().map_err(Failure::new)?);
        command.arg("-C").arg(&self.project).args(args);
        self.surround(&mut command);
        command.env("KUBECONFIG", &self.kubeconfig).env("SUIMON_CACHE_DIR", &self.cache);
        command.stdin(Stdio::null());
        Ok(command)
    }

    fn surround(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            // Whatever account, repository or pipeline the person is in stays out of it.
            let text = name.to_string_lossy();
            let outside = ["AWS_", "GIT_", "GITHUB_", "GITLAB_", "GITEA_", "CI", "SSH_AUTH_SOCK"];
            if outside.iter().any(|start| text.starts_with(start)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

fn expect(args: &[&str], status: ExitStatus, expected: i32) -> Result<(), Failure> {
    if status.code() == Some(expected) {
        return Ok(());
    }
    let command = args.join(" ");
    Err(Failure::new(format!("the demo went wrong: `suimon {command}` ended with {status}")))
}

//! `hundred-thousand`: 100,000 objects rendered, ordered and planned, and the memory that takes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::measure::{Job, Sample};
use super::project::{ENVIRONMENT, Project, environment, module};
use super::report::{Goal, Report};
use super::server::CONTEXT;
use super::tools::Tools;
use super::{Error, Result};

/// Instances of the module, each with a namespace of its own.
const INSTANCES: usize = 200;

/// Objects of an instance: a namespace, 250 ConfigMaps and 249 Services.
const OBJECTS: usize = 500;

/// What the processes of a run may hold in memory together, in MiB: 1 GB.
const MEMORY: f64 = 1e9 / 1024.0 / 1024.0;

/// How long the sandbox may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let project = project(tools)?;
    let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
    let kubeconfig = folder.path().join("kubeconfig");
    let _sandbox = Sandbox::start(tools, &kubeconfig)?;
    let suimon = |arguments: &[&str]| project.suimon(arguments).env("KUBECONFIG", &kubeconfig);
    let all = INSTANCES * OBJECTS;

    let mut step = |what: &str, job: &Job, expected: &str, goal: Goal| {
        let (sample, memory) = job.run_with_memory()?;
        says(&sample, expected)?;
        report.contender(what, &job.line(), &[sample])?;
        report.number(&format!("{what}, memory"), &[memory], " MiB", goal)
    };
    let created = format!("Plan: {all} to add, 0 to change, 0 to destroy.");
    let goal = Goal::AtMost(MEMORY);
    step("render", &suimon(&["render", ENVIRONMENT]), "kind: Service", goal)?;
    step("order", &suimon(&["graph", ENVIRONMENT]), "Service", goal)?;
    step("plan, all new", &suimon(&["plan", ENVIRONMENT]), &created, goal)?;
    let apply = suimon(&["apply", ENVIRONMENT, "--no-wait", "--auto-approve"]);
    let applied = format!("Resources: {all} added, 0 changed, 0 destroyed.");
    step("apply", &apply, &applied, Goal::None)?;
    let unchanged = "No changes. Live state matches the configuration.";
    step("plan, no change", &suimon(&["plan", ENVIRONMENT]), unchanged, goal)
}

fn says(sample: &Sample, expected: &str) -> Result<()> {
    if sample.stdout.contains(expected) {
        return Ok(());
    }
    let end = super::measure::end_of(&sample.stdout);
    Err(Error::Different(format!("`{expected}` is not in what suimon says: {end}")))
}

fn project(tools: &Tools) -> Result<Project> {
    let mut list = "  modules:\n".to_owned();
    for number in 0..INSTANCES {
        list.push_str(&format!("  - {{name: team-{number:03}, module: team}}\n"));
    }
    let files = [
        environment(Some(CONTEXT), &list),
        ("modules/team/module.yaml", module("team", "")),
        (
            "modules/team/kubernetes/namespace.yaml.tera",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: {{ name }}}\n".to_owned(),
        ),
        (
            "modules/team/kubernetes/objects.yaml.tera",
            looped("ConfigMap", OBJECTS / 2, "data: {LOG_LEVEL: info, SIZE: \"{{ i }}\"}\n")
                + &looped(
                    "Service",
                    OBJECTS / 2 - 1,
                    "spec:\n  selector: {app: \"{{ name }}-{{ i }}\"}\n  \
                     ports: [{name: http, port: 80, targetPort: 8080}]\n",
                ),
        ),
    ];
    Project::new(tools, "bulk", &files)
}

/// A template that makes so many objects of a kind.
fn looped(kind: &str, count: usize, body: &str) -> String {
    format!(
        "{{% for i in range(end={count}) %}}\n---\napiVersion: v1\nkind: {kind}\nmetadata:\n  \
         name: object-{{{{ i }}}}\n  namespace: {{{{ name }}}}\n  labels: {{app: \"{{{{ name }}}}-{{{{ i }}}}\"}}\n\
         {body}{{% endfor %}}\n"
    )
}

/// `suimon sandbox` in a process of its own; dropping it ends it.
struct Sandbox(Child);

impl Sandbox {
    fn start(tools: &Tools, kubeconfig: &Path) -> Result<Self> {
        let child = Command::new(&tools.suimon)
            .args(["sandbox", "--clusters", CONTEXT, "--kubeconfig"])
            .arg(kubeconfig)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("start the sandbox"))?;
        let sandbox = Self(child);
        let start = Instant::now();
        // It listens before it writes this file.
        while !kubeconfig.exists() {
            if start.elapsed() > PATIENCE {
                return Err(Error::Missing("the sandbox does not start".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(sandbox)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A process that has ended already needs no kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_in_a_loop() {
        assert_eq!(
            looped("Kind", 7, "spec: {}\n"),
            "{% for i in range(end=7) %}\n---\napiVersion: v1\nkind: Kind\nmetadata:\n  \
             name: object-{{ i }}\n  namespace: {{ name }}\n  labels: {app: \"{{ name }}-{{ i }}\"}\n\
             spec: {}\n{% endfor %}\n"
        );
    }

    #[test]
    fn another_plan_than_expected_is_an_error() {
        let sample = Sample { stdout: "Plan: 3 to add".to_owned(), ..Sample::default() };
        assert!(says(&sample, "Plan: 3 to add").is_ok());
        assert!(says(&sample, "No changes").is_err());
    }
}

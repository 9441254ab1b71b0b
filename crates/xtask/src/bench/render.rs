//! `render`: Deployments with namespace and image set, next to `kubectl kustomize`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::measure::{Job, Sample, interleave};
use super::project::{ENVIRONMENT, Project, environment, module, write};
use super::report::{Goal, Report};
use super::stats::{exponent, median};
use super::tools::Tools;
use super::{Error, Result};

/// How many Deployments are compared.
const DEPLOYMENTS: usize = 2000;

/// How many are rendered to see how the time grows.
const SIZES: [usize; 4] = [500, 1000, 2000, 5000];

const IMAGE: &str = "registry.example.com/app";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    compare(tools, report)?;
    for (what, make) in
        [("one template", written_out as fn(_, _) -> _), ("one instance each", instances)]
    {
        let mut points = Vec::new();
        let projects: Vec<Project> =
            SIZES.iter().map(|size| make(tools, *size)).collect::<Result<_>>()?;
        let jobs: Vec<Job> = projects.iter().map(suimon).collect();
        let samples = interleave(tools.rounds, &jobs.iter().collect::<Vec<_>>())?;
        for (size, samples) in SIZES.iter().zip(&samples) {
            let cpu = median(&samples.iter().map(|sample| sample.cpu).collect::<Vec<_>>());
            report.contender(&format!("{size}, {what}"), &jobs[0].line(), samples)?;
            points.push((*size as f64, cpu));
        }
        let growth = exponent(&points);
        report.number(
            &format!("growth of CPU, {what}, exponent"),
            &[growth],
            "",
            Goal::AtMost(1.1),
        )?;
    }
    Ok(())
}

fn compare(tools: &Tools, report: &mut Report) -> Result<()> {
    let project = written_out(tools, DEPLOYMENTS)?;
    let overlay = overlay(DEPLOYMENTS)?;
    let peer = Job::new(tools.kubectl()?, overlay.path()).args(["kustomize", "overlay"]);
    let ours = suimon(&project);
    same_output(tools, &ours.run()?, &peer.run()?)?;
    let samples = interleave(tools.rounds, &[&ours, &peer])?;
    report.contender("", &ours.line(), &samples[0])?;
    report.contender("", &peer.line(), &samples[1])?;
    let what = format!("kubectl kustomize / suimon render, {DEPLOYMENTS} objects, CPU");
    report.ratio(&what, &samples[1], &samples[0], |s| s.cpu, Goal::AtLeast(50.0))?;
    let what = "the same, time";
    report.ratio(what, &samples[1], &samples[0], |s| s.wall, Goal::None)?;
    let (_, memory) = ours.run_with_memory()?;
    report.number("suimon render, memory", &[memory], " MiB", Goal::None)?;
    let (_, memory) = peer.run_with_memory()?;
    report.number("kubectl kustomize, memory", &[memory], " MiB", Goal::None)
}

fn suimon(project: &Project) -> Job {
    project.suimon(&["render", ENVIRONMENT])
}

/// A Deployment as a team writes it, with the namespace's line and the image as given.
fn deployment(name: &str, namespace: &str, image: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n{namespace}  \
         labels: {{app: {name}}}\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {{app: {name}}}\n  \
         template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n      \
         - name: app\n        image: {image}\n        ports:\n        - containerPort: 8080\n        \
         env:\n        - name: LOG_LEVEL\n          value: info\n"
    )
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("app-{number:05}"))
}

/// What one module makes of templates that hold every Deployment, as the base of the peer does.
fn written_out(tools: &Tools, count: usize) -> Result<Project> {
    let namespace = "  namespace: {{ values.namespace }}\n";
    let template: String = names(count)
        .map(|name| deployment(&name, namespace, "{{ artifacts.web.image }}"))
        .collect();
    project(tools, "  - {name: web, module: web}\n", template)
}

/// What one module makes of as many instances.
fn instances(tools: &Tools, count: usize) -> Result<Project> {
    let namespace = "  namespace: {{ values.namespace }}\n";
    let mut list = String::new();
    for name in names(count) {
        let _ = writeln!(list, "  - {{name: {name}, module: web}}");
    }
    project(tools, &list, deployment("{{ name }}", namespace, "{{ artifacts.web.image }}"))
}

fn project(tools: &Tools, list: &str, template: String) -> Result<Project> {
    let release = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: one}}\n\
         spec: {{artifacts: {{web: {{image: \"{IMAGE}@{DIGEST}\"}}}}}}\n"
    );
    let files = [
        environment(None, &format!("  values: {{namespace: bench}}\n  modules:\n{list}")),
        ("envs/prod/release.yaml", release),
        ("modules/web/module.yaml", module("web", "namespace: {type: string}")),
        ("modules/web/kubernetes/deployments.yaml.tera", template),
    ];
    Project::new(tools, "bench", &files)
}

/// The same for kustomize: a base of Deployments, and an overlay that sets namespace and image.
fn overlay(count: usize) -> Result<TempDir> {
    let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
    let base: String = names(count).map(|name| deployment(&name, "", IMAGE)).collect();
    for (path, text) in [
        ("base/deployments.yaml", base.as_str()),
        ("base/kustomization.yaml", "resources: [deployments.yaml]\n"),
        (
            "overlay/kustomization.yaml",
            &format!(
                "resources: [../base]\nnamespace: bench\nimages: [{{name: {IMAGE}, digest: \"{DIGEST}\"}}]\n"
            ),
        ),
    ] {
        write(&folder.path().join(path), text)?;
    }
    Ok(folder)
}

/// Both outputs hold the same objects, in the eyes of a third reader.
fn same_output(tools: &Tools, ours: &Sample, theirs: &Sample) -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
    let read = |name: &str, text: &str| {
        write(&folder.path().join(name), text)?;
        let label = ["label", "--local", "-f", name, "-o", "json", "bench=render"];
        let read = Job::new(tools.kubectl()?, folder.path()).args(label);
        objects(&read.env("KUBECONFIG", Path::new("/dev/null")).run()?.stdout)
    };
    let (ours, theirs) = (read("ours.yaml", &ours.stdout)?, read("theirs.yaml", &theirs.stdout)?);
    if ours == theirs && ours.len() == DEPLOYMENTS {
        return Ok(());
    }
    let counts = format!("{} and {} objects", ours.len(), theirs.len());
    let first = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
    let first = first.map_or(String::new(), |(a, b)| format!(", and\n{a}\nis not\n{b}"));
    Err(Error::Different(format!("{counts}{first}")))
}

/// The objects of a stream of JSON, sorted.
fn objects(text: &str) -> Result<Vec<String>> {
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let objects: Result<Vec<Value>, _> = stream.collect();
    let objects = objects.map_err(|error| Error::Unreadable {
        what: "kubectl label --local".to_owned(),
        why: error.to_string(),
    })?;
    let mut texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    texts.sort();
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_compared_whatever_their_order() {
        let (one, other) = ("{\"b\":1,\"a\":2}\n{\"c\":3}", "{\"c\":3}{\"a\":2,\"b\":1}");
        assert_eq!(objects(one).unwrap(), objects(other).unwrap());
        assert!(objects("{").is_err());
    }

    #[test]
    fn the_peer_reads_the_same_deployments() {
        let folder = overlay(2).unwrap();
        let base = std::fs::read_to_string(folder.path().join("base/deployments.yaml")).unwrap();
        let ours =
            deployment("app-00001", "  namespace: bench\n", "registry.example.com/app:1.2.3");
        let ours = ours.replace("  namespace: bench\n", "").replace(":1.2.3", "");
        assert!(base.ends_with(&ours), "{base}");
    }
}

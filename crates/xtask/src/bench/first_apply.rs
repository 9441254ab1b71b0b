//! `first-apply`: objects that are not there yet, next to a raw loop of PATCH requests and to
//! `kubectl apply --server-side`.

use std::path::Path;

use serde_json::Value;

use super::measure::{Job, Sample};
use super::objects::{self, OBJECTS};
use super::project::{ENVIRONMENT, Project, write};
use super::report::{Goal, Report};
use super::server::Server;
use super::tools::Tools;
use super::{Error, Result};

/// Who takes part, in the order of the turns.
const CONTENDERS: [&str; 3] = ["suimon", "raw", "kubectl"];

/// What the raw loop's command line looks like.
const RAW: &str =
    "curl --http1.1 --parallel --parallel-max 32 --parallel-immediate --config PATCHES";

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let server = Server::start(tools)?;
    let mut samples = vec![Vec::new(); CONTENDERS.len()];
    let mut writes = Vec::new();
    let mut lines = CONTENDERS.map(|_| String::new());
    // Every turn has a namespace of its own; the first round warms up and does not count.
    for round in 0..=tools.rounds {
        for (index, contender) in CONTENDERS.iter().enumerate() {
            let project = objects::project(tools, &format!("{contender}-{round}"))?;
            let job = job(contender, &server, tools, &project)?;
            let mark = server.mark()?;
            let sample = job.run()?;
            if round == tools.rounds {
                same_objects(&server, &project)?;
            }
            if round == 0 {
                continue;
            }
            match *contender {
                "suimon" => {
                    let requests = server.requests(mark, "suimon/")?;
                    writes.push(requests.writes as f64 / OBJECTS as f64);
                }
                "raw" => all_created(&sample)?,
                _ => {}
            }
            samples[index].push(sample);
            lines[index] = if *contender == "raw" { RAW.to_owned() } else { job.line() };
        }
    }
    for (line, samples) in lines.iter().zip(&samples) {
        report.contender("", line, samples)?;
    }
    let wall: fn(&Sample) -> f64 = |sample| sample.wall;
    let [suimon, raw, kubectl] = [&samples[0], &samples[1], &samples[2]];
    report.number("writes an object", &writes, "", Goal::AtMost(1.05))?;
    report.ratio("suimon apply / raw loop, time", suimon, raw, wall, Goal::AtMost(1.5))?;
    report.ratio(
        "kubectl apply / suimon apply, time",
        kubectl,
        suimon,
        wall,
        Goal::AtLeast(5.0),
    )?;
    report.ratio("kubectl apply / suimon apply, CPU", kubectl, suimon, |s| s.cpu, Goal::None)
}

fn job(contender: &str, server: &Server, tools: &Tools, project: &Project) -> Result<Job> {
    match contender {
        "suimon" => Ok(project
            .suimon(&["apply", ENVIRONMENT, "--no-wait", "--auto-approve"])
            .env("KUBECONFIG", server.kubeconfig())),
        "kubectl" => {
            let rendered = project.rendered()?.display().to_string();
            Ok(server.kubectl(&["apply", "--server-side", "-f", &rendered]))
        }
        _ => raw(server, tools.curl()?, project),
    }
}

/// One PATCH for each object as it is declared, 32 in flight; the namespace first.
fn raw(server: &Server, curl: &Path, project: &Project) -> Result<Job> {
    let list = project.render("json")?.stdout;
    let list: Value =
        serde_json::from_str(&list).map_err(|error| unreadable(&error.to_string()))?;
    let objects = list["items"].as_array().ok_or_else(|| unreadable("it is no List"))?;
    let folder = project.beside().join("raw");
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (number, object) in objects.iter().enumerate() {
        let body = folder.join(format!("{number}.json"));
        write(&body, &object.to_string())?;
        let patch = format!(
            "url = \"{}{}?fieldManager=raw&force=true\"\nrequest = PATCH\n\
             header = \"Content-Type: application/apply-patch+yaml\"\n\
             header = \"Authorization: Bearer {}\"\ndata-binary = \"@{}\"\ncacert = \"{}\"\n\
             output = /dev/null\nsilent\nhttp1.1\nwrite-out = \"%{{http_code}}\\n\"\n",
            server.address(),
            path(object)?,
            server.token(),
            body.display(),
            server.certificate().display(),
        );
        if object["kind"] == "Namespace" { first.push(patch) } else { rest.push(patch) }
    }
    write(&folder.join("first"), &first.join("next\n"))?;
    write(&folder.join("rest"), &rest.join("next\n"))?;
    let script = r#""$0" --config raw/first
        "$0" --parallel --parallel-max 32 --parallel-immediate --config raw/rest"#;
    Ok(Job::new(Path::new("sh"), project.beside()).args(["-c", script]).args([curl]))
}

fn unreadable(why: &str) -> Error {
    Error::Unreadable { what: "what suimon renders".to_owned(), why: why.to_owned() }
}

/// Where an object of the kinds that are measured is served.
fn path(object: &Value) -> Result<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, namespace) =
        (text(&object["metadata"]["name"]), text(&object["metadata"]["namespace"]));
    let (prefix, plural) = match text(&object["kind"]).as_str() {
        "Namespace" => return Ok(format!("/api/v1/namespaces/{name}")),
        "ConfigMap" => ("/api/v1", "configmaps"),
        "Service" => ("/api/v1", "services"),
        "Deployment" => ("/apis/apps/v1", "deployments"),
        "HorizontalPodAutoscaler" => ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
        "PodDisruptionBudget" => ("/apis/policy/v1", "poddisruptionbudgets"),
        other => {
            return Err(unreadable(&format!("there is a {other}")));
        }
    };
    Ok(format!("{prefix}/namespaces/{namespace}/{plural}/{name}"))
}

fn all_created(sample: &Sample) -> Result<()> {
    let created = sample.stdout.lines().filter(|line| *line == "201").count();
    if created == OBJECTS && sample.stdout.lines().count() == OBJECTS {
        return Ok(());
    }
    Err(Error::Different(format!("the raw loop created {created} of {OBJECTS} objects")))
}

/// kubectl finds what the files say, whoever applied it.
fn same_objects(server: &Server, project: &Project) -> Result<()> {
    let rendered = project.rendered()?.display().to_string();
    let diff = ["diff", "--server-side", "--concurrency=8", "-f", &rendered];
    let found = server.kubectl(&diff).or_code(1).run()?;
    if found.code == 0 {
        return Ok(());
    }
    Err(Error::Different(format!("kubectl diff after an apply says: {}", found.stdout)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn where_objects_are_served() {
        let namespace = json!({"kind": "Namespace", "metadata": {"name": "a"}});
        assert_eq!(path(&namespace).unwrap(), "/api/v1/namespaces/a");
        let budget =
            json!({"kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "a"}});
        assert_eq!(path(&budget).unwrap(), "/apis/policy/v1/namespaces/a/poddisruptionbudgets/b");
        assert!(path(&json!({"kind": "Secret", "metadata": {"name": "b"}})).is_err());
    }

    #[test]
    fn a_loop_that_created_less_is_no_peer() {
        let said = |codes: &[&str]| Sample { stdout: codes.join("\n"), ..Sample::default() };
        assert!(all_created(&said(&["201"; OBJECTS])).is_ok());
        let error = all_created(&said(&["201", "500"])).unwrap_err();
        assert!(error.to_string().ends_with("the raw loop created 1 of 1001 objects"), "{error}");
    }
}

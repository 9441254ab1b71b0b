//! `no-change-plan`: a plan that finds nothing to do, next to `kubectl diff --server-side`.

use super::measure::{Job, Sample, end_of, interleave};
use super::objects::{self, KINDS, OBJECTS};
use super::project::ENVIRONMENT;
use super::report::{Goal, Report};
use super::server::Server;
use super::tools::Tools;
use super::{Error, Result};

/// Objects in a page of a list.
const PAGE: usize = 500;

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let server = Server::start(tools)?;
    let project = objects::project(tools, "bench")?;
    let rendered = project.rendered()?.display().to_string();
    let suimon =
        |arguments: &[&str]| project.suimon(arguments).env("KUBECONFIG", server.kubeconfig());
    let apply = suimon(&["apply", ENVIRONMENT, "--no-wait", "--auto-approve"]);
    apply.run()?;

    let plan = suimon(&["plan", ENVIRONMENT]);
    let diff = |more: &[&str]| {
        server.kubectl(&["diff", "--server-side", "-f", &rendered]).args(more.iter().copied())
    };
    let jobs = [plan, diff(&[]), diff(&["--concurrency=8"]), diff(&["--concurrency=32"])];
    notices_a_change(&server, &apply, &jobs)?;
    // Once each, unmeasured: the kubectl cache, the page cache, the API server's own caches.
    for job in &jobs {
        quiet(&job.run()?, job)?;
    }

    let mark = server.mark()?;
    jobs[0].run()?;
    let requests = server.requests(mark, "suimon/")?.all();
    let minimum = minimum();
    report
        .note(&format!("{OBJECTS} objects; {requests} requests, at least {minimum} are needed"))?;
    let share = requests as f64 / minimum as f64;
    report.number("requests / minimum", &[share], "x", Goal::AtMost(1.1))?;

    let contenders: Vec<&Job> = jobs.iter().collect();
    let samples = interleave(tools.rounds, &contenders)?;
    for (job, samples) in jobs.iter().zip(&samples) {
        samples.iter().try_for_each(|sample| quiet(sample, job))?;
        report.contender("", &job.line(), samples)?;
    }
    let wall: fn(&Sample) -> f64 = |sample| sample.wall;
    let best = fastest(&samples[1..]);
    report.ratio(
        "kubectl diff / suimon plan, time",
        &samples[1],
        &samples[0],
        wall,
        Goal::AtLeast(10.0),
    )?;
    report.ratio("best kubectl diff / suimon plan, time", best, &samples[0], wall, Goal::None)?;
    report.ratio(
        "kubectl diff / suimon plan, CPU",
        &samples[1],
        &samples[0],
        |s| s.cpu,
        Goal::None,
    )?;
    let (_, memory) = jobs[0].run_with_memory()?;
    report.number("suimon plan, memory", &[memory], " MiB", Goal::None)
}

/// Discovery is two requests, every kind at least one page, and the ApplySet's parent one.
fn minimum() -> usize {
    2 + KINDS.iter().map(|objects| objects.div_ceil(PAGE)).sum::<usize>() + 1
}

/// The contender with the least time in all.
fn fastest(contenders: &[Vec<Sample>]) -> &[Sample] {
    let total = |samples: &&Vec<Sample>| samples.iter().map(|sample| sample.wall).sum::<f64>();
    let best = contenders.iter().min_by(|a, b| total(a).total_cmp(&total(b)));
    best.map_or(&[], Vec::as_slice)
}

/// A contender that found a difference did other work than one that found none.
fn quiet(sample: &Sample, job: &Job) -> Result<()> {
    let said = sample.stdout.trim();
    if said.is_empty() || said.contains("No changes. Live state matches the configuration.") {
        return Ok(());
    }
    Err(Error::Different(format!("`{}` found differences: {said}", job.line())))
}

/// Every contender sees what somebody deletes, or its silence would mean nothing.
fn notices_a_change(server: &Server, apply: &Job, jobs: &[Job]) -> Result<()> {
    server.kubectl(&["--namespace=bench", "delete", "configmap", "service-123"]).run()?;
    for job in jobs {
        let sample = job.clone().or_code(1).run()?;
        if !sample.stdout.contains("service-123") || sample.stdout.contains("service-124") {
            let (line, said) = (job.line(), end_of(&sample.stdout));
            return Err(Error::Different(format!("`{line}` does not see a change, but: {said}")));
        }
    }
    apply.run().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_must_be_asked() {
        assert_eq!(minimum(), 9);
    }

    #[test]
    fn the_best_setting_of_the_peer_is_the_fastest() {
        let runs =
            |walls: [f64; 2]| walls.map(|wall| Sample { wall, ..Sample::default() }).to_vec();
        let all = [runs([3.0, 3.0]), runs([1.0, 2.0]), runs([4.0, 0.5])];
        assert_eq!(fastest(&all), all[1]);
    }

    #[test]
    fn a_difference_is_no_silence() {
        let job = Job::new("kubectl".as_ref(), "/".as_ref());
        let said = |stdout: &str| Sample { stdout: stdout.to_owned(), ..Sample::default() };
        assert!(quiet(&said(""), &job).is_ok());
        assert!(quiet(&said("No changes. Live state matches the configuration.\n"), &job).is_ok());
        assert!(quiet(&said("-  a: b\n"), &job).is_err());
    }
}

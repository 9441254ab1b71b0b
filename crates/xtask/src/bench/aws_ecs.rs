//! `aws-ecs`: a plan of 1,000 ECS services that finds nothing to do, next to a plain loop; free, and throttled.

use super::Result;
use super::account::{Account, says};
use super::measure::{Job, Sample};
use super::project::{ENVIRONMENT, Project, module};
use super::proxy::{Calls, Rate};
use super::report::{Goal, Report};
use super::tools::Tools;

const CLUSTERS: usize = 10;
const SERVICES: usize = 1000;
const TASK_DEFINITIONS: usize = 50;

/// Services that one call describes, and that a page of a list holds.
const BATCH: usize = 10;
const PAGE: usize = 100;
/// Clusters that one call describes.
const CLUSTER_BATCH: usize = 100;

/// What the account takes when it is throttled.
const RATE: Rate = Rate { burst: 50.0, per_second: 20.0 };

const NO_CHANGE: &str = "No changes. Live state matches the configuration.";

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let account = Account::start(tools)?;
    let project = project(tools)?;
    let cache = |name: &str| project.beside().join(name);
    let suimon = |arguments: &[&str], name: &str| {
        account.job(project.suimon(arguments)).env("SUIMON_CACHE_DIR", cache(name))
    };
    report.note(&format!(
        "applying {SERVICES} services in {CLUSTERS} clusters with {TASK_DEFINITIONS} task definitions: \
         minutes, under the published limits of writing"
    ))?;
    suimon(&["apply", ENVIRONMENT, "--no-wait", "--auto-approve"], "apply").run()?;

    let plan = suimon(&["plan", ENVIRONMENT], "plan");
    let (cold, calls) = account.count(&plan)?;
    says(&cold, NO_CHANGE)?;
    shown(report, "cold cache", &plan, &cold, &calls)?;
    throttled(&account, &suimon(&["plan", ENVIRONMENT], "throttled"), report)?;
    let (warm, again) = account.count(&plan)?;
    says(&warm, NO_CHANGE)?;
    shown(report, "warm cache", &plan, &warm, &again)?;
    let peer = account.plain_loop("ecs");
    let (one_by_one, theirs) = account.count(&peer)?;
    says(&one_by_one, &format!("{SERVICES} services, {SERVICES} task definitions"))?;
    shown(report, "", &peer, &one_by_one, &theirs)?;
    // A loop that gives up is no peer, but that is what there is to say about it.
    let (sample, slower) = account.throttle(&peer.clone().or_code(1), RATE)?;
    let name = if sample.code == 0 { "throttled" } else { "throttled, gave up" };
    shown(report, name, &peer, &sample, &slower)?;
    report.number(
        "rejected calls of the loop",
        &[100.0 * slower.rejected_share()],
        " %",
        Goal::None,
    )?;

    let minimum = minimum();
    let share = |calls: &Calls| calls.all() as f64 / minimum as f64;
    report.note(&format!("at least {minimum} calls are needed with a cold cache"))?;
    report.number("calls / minimum", &[share(&calls)], "x", Goal::AtMost(1.05))?;
    report.number("calls of the loop / minimum", &[share(&theirs)], "x", Goal::None)?;
    let described = again.of("DescribeTaskDefinition") as f64;
    report.number("task definitions read with a warm cache", &[described], "", Goal::AtMost(0.0))
}

/// The account of the caller, the clusters, their services, and every task definition once.
fn minimum() -> usize {
    let listed = 1 + CLUSTERS * (SERVICES / CLUSTERS).div_ceil(PAGE);
    let described = CLUSTERS.div_ceil(CLUSTER_BATCH) + SERVICES.div_ceil(BATCH);
    1 + listed + described + TASK_DEFINITIONS
}

/// The same with an account that takes 50 calls at once and 20 a second.
fn throttled(account: &Account, plan: &Job, report: &mut Report) -> Result<()> {
    let (sample, calls) = account.throttle(plan, RATE)?;
    says(&sample, NO_CHANGE)?;
    shown(report, "cold cache, throttled", plan, &sample, &calls)?;
    let floor = calls.floor(RATE);
    report.number("the least time that the bucket allows", &[floor], " s", Goal::None)?;
    report.number(
        "throttled: time / least time",
        &[sample.wall / floor],
        "x",
        Goal::AtMost(1.1),
    )?;
    let reading = calls.seconds() / floor;
    report.number("throttled: first to last call / least time", &[reading], "x", Goal::None)?;
    let rejected = 100.0 * calls.rejected_share();
    report.number("throttled: rejected calls", &[rejected], " %", Goal::AtMost(2.0))?;
    let said = [&sample.stdout, &sample.stderr].into_iter().flat_map(|text| text.lines());
    let visible = said.filter(|line| line.to_lowercase().contains("throttl")).count();
    report.number("throttled: lines about it", &[visible as f64], "", Goal::AtMost(0.0))
}

fn shown(report: &mut Report, name: &str, job: &Job, sample: &Sample, calls: &Calls) -> Result<()> {
    report.contender(name, &job.line(), std::slice::from_ref(sample))?;
    report.note(&format!("           {} calls: {}", calls.all(), calls.line()))
}

fn project(tools: &Tools) -> Result<Project> {
    let mut environment = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {ENVIRONMENT}}}\n\
         spec:\n  platform: ecs\n{}  modules:\n",
        Account::target()
    );
    for number in 0..CLUSTERS {
        environment.push_str(&format!("  - {{name: fleet-{number}, module: fleet}}\n"));
    }
    let files = [
        ("envs/prod/environment.yaml", environment),
        ("modules/fleet/module.yaml", module("fleet", "")),
        ("modules/fleet/ecs/fleet.yaml.tera", fleet()),
    ];
    Project::new(tools, "bench", &files)
}

/// A cluster with its task definitions and services.
fn fleet() -> String {
    let (services, task_definitions) = (SERVICES / CLUSTERS, TASK_DEFINITIONS / CLUSTERS);
    let header = "---\napiVersion: ecs.services.k8s.aws/v1alpha1\n";
    format!(
        "{header}kind: Cluster\nmetadata: {{name: {{{{ name }}}}}}\nspec: {{}}\n\
         {{% for i in range(end={task_definitions}) %}}\n\
         {header}kind: TaskDefinition\nmetadata: {{name: \"{{{{ name }}}}-{{{{ i }}}}\"}}\n\
         spec:\n  containerDefinitions:\n  \
         - {{name: app, image: \"registry.example.com/app:{{{{ i }}}}\", memory: 128}}\n\
         {{% endfor %}}\n\
         {{% for i in range(end={services}) %}}\n\
         {header}kind: Service\nmetadata: {{name: \"{{{{ name }}}}-{{{{ i }}}}\"}}\n\
         spec:\n  clusterRef: {{from: {{name: \"{{{{ name }}}}\"}}}}\n  \
         taskDefinitionRef: {{from: {{name: \"{{{{ name }}}}-{{{{ i % {task_definitions} }}}}\"}}}}\n  \
         launchType: EC2\n  desiredCount: 0\n\
         {{% endfor %}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_must_be_asked() {
        assert_eq!(minimum(), 1 + (1 + 10) + (1 + 100) + 50);
    }
}

//! `aws-secrets`: a plan of 1,000 secrets that finds nothing to do, next to a plain loop.

use super::Result;
use super::account::{Account, says};
use super::project::{ENVIRONMENT, Project, module};
use super::proxy::Service;
use super::report::{Goal, Report};
use super::tools::Tools;

const SECRETS: usize = 1000;

/// The names of the secrets begin with it.
const INSTANCE: &str = "safe";

/// What a page of a list holds.
const PAGE: usize = 100;

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let account = Account::start(tools)?;
    let project = project(tools)?;
    let suimon = |arguments: &[&str]| {
        let cache = project.beside().join("cache");
        account
            .job(project.suimon(arguments))
            .env("SUIMON_CACHE_DIR", cache)
            .env("BENCH_SECRET", "value")
    };
    report.note(&format!(
        "applying {SECRETS} secrets: a minute, under the published limits of writing"
    ))?;
    suimon(&["apply", ENVIRONMENT, "--no-wait", "--auto-approve"]).run()?;

    let plan = suimon(&["plan", ENVIRONMENT]);
    let (sample, calls) = account.count(&plan)?;
    says(&sample, "No changes. Live state matches the configuration.")?;
    report.contender("", &plan.line(), &[sample])?;
    report.note(&format!("           {} calls: {}", calls.all(), calls.line()))?;
    let peer = account.plain_loop("secrets");
    let (sample, theirs) = account.count(&peer)?;
    says(&sample, &format!("{SECRETS} secrets, {SECRETS} values"))?;
    report.contender("", &peer.line(), &[sample])?;
    report.note(&format!("           {} calls: {}", theirs.all(), theirs.line()))?;

    let of = |service| calls.accepted.get(&service).copied().unwrap_or_default();
    let needed = of(Service::SecretsManager) + of(Service::Sts);
    report.note(&format!("at least {} calls are needed", 1 + SECRETS.div_ceil(PAGE)))?;
    report.number("calls of Secrets Manager and STS", &[needed as f64], "", Goal::AtMost(12.0))?;
    report.number("calls, with a look at the other APIs", &[calls.all() as f64], "", Goal::None)?;
    report.number("calls of the loop", &[theirs.all() as f64], "", Goal::None)?;
    let declared = calls.values.iter().filter(|name| name.contains(INSTANCE)).count();
    report.number("reads of declared values", &[declared as f64], "", Goal::AtMost(0.0))
}

fn project(tools: &Tools) -> Result<Project> {
    let environment = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {ENVIRONMENT}}}\n\
         spec:\n  platform: ecs\n{}  modules:\n  - {{name: {INSTANCE}, module: safe}}\n",
        Account::target()
    );
    let template = format!(
        "{{% for i in range(end={SECRETS}) %}}\n---\n\
         apiVersion: secretsmanager.services.k8s.aws/v1alpha1\nkind: Secret\n\
         metadata: {{name: \"{{{{ name }}}}-{{{{ i }}}}\"}}\n\
         spec:\n  description: number {{{{ i }}}}\n  secretString: {{valueFrom: {{env: BENCH_SECRET}}}}\n\
         {{% endfor %}}\n"
    );
    let files = [
        ("envs/prod/environment.yaml", environment),
        ("modules/safe/module.yaml", module("safe", "")),
        ("modules/safe/ecs/secrets.yaml.tera", template),
    ];
    Project::new(tools, "bench", &files)
}

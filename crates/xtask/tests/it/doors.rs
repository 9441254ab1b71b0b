//! Every way to a write of live state, found in the sources: all of them go through `authorize`.
//!
//! ```text
//! apply, rollback, import ─► deliver ─► authorize ─► ApprovedPlan ─► engine::apply ─► apply::apply ─► Provider::write
//! ```

use std::collections::BTreeSet;

use crate::files::files;

/// A step of that way: what its use looks like in code, and the files that may use it.
struct Step {
    what: &'static str,
    /// Any of these, after white space is taken out.
    looks: &'static [&'static str],
    only: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step {
        what: "a write of a provider",
        looks: &[
            "provider.write(",
            "provider.delete(",
            "provider.forget(",
            "provider.open(",
            "provider.close(",
            "provider().write(",
            "as_ref().write(",
            "as_ref().delete(",
            "as_ref().forget(",
            "Provider::write(",
            "Provider::delete(",
            "Provider::forget(",
            "Provider::open(",
            "Provider::close(",
        ],
        only: &[
            "crates/apply/src/prune.rs",
            "crates/apply/src/run.rs",
            "crates/apply/src/step.rs",
            // Proves an adapter against a server of its own; only tests call it.
            "crates/provider/src/conformance.rs",
        ],
    },
    Step {
        what: "suimon_apply::apply",
        looks: &["suimon_apply::apply(", "suimon_apply::apply;", "apply::Job{", "Job{approved"],
        only: &["crates/engine/src/pipeline.rs"],
    },
    Step {
        what: "suimon_engine::apply",
        looks: &["suimon_engine::apply(", "suimon_engine::apply;", "engine::apply("],
        only: &["crates/cli/src/deliver/run.rs"],
    },
    Step {
        what: "the run behind the door",
        looks: &["run::run(delivery", "deliver::run::"],
        only: &["crates/cli/src/deliver.rs"],
    },
    Step {
        what: "an approved plan that is made",
        looks: &["ApprovedPlan{plan", "ApprovedPlan{conditions", "ApprovedPlan{break_glass"],
        only: &["crates/gate/src/authorize.rs"],
    },
    Step {
        what: "the door",
        looks: &["deliver(&delivery"],
        only: &[
            "crates/cli/src/commands/apply.rs",
            "crates/cli/src/commands/import/mod.rs",
            "crates/cli/src/commands/rollback.rs",
            "crates/cli/src/commands/rollback/run.rs",
        ],
    },
];

/// Names that come with a list of imports: `use suimon_engine::{apply, …}`.
const IMPORTS: &[(&str, &str)] = &[("suimon_apply", "apply"), ("suimon_engine", "apply")];

/// The code of a file: no comment, no white space.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}

/// Whether a name is brought in by a list.
fn imports(code: &str, module: &str, name: &str) -> bool {
    let start = format!("use{module}::{{");
    let lists = code.split(start.as_str()).skip(1);
    let mut lists = lists.map(|rest| rest.split(';').next().unwrap_or(rest));
    lists.any(|list| list.split([',', '{', '}']).any(|part| part.split("as").next() == Some(name)))
}

/// Every use of a step: file and step.
fn uses(sources: &[(String, String)]) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    for (path, text) in sources {
        let code = code(text);
        for step in STEPS.iter().filter(|step| step.looks.iter().any(|look| code.contains(look))) {
            found.insert((path.clone(), step.what));
        }
        for (module, name) in IMPORTS.iter().filter(|(module, name)| imports(&code, module, name)) {
            let what = if *module == "suimon_apply" { STEPS[1].what } else { STEPS[2].what };
            assert_eq!(*name, "apply");
            found.insert((path.clone(), what));
        }
    }
    found
}

/// Uses in files that may not.
fn wrong(sources: &[(String, String)]) -> Vec<String> {
    let allowed = |path: &str, what: &str| {
        STEPS.iter().any(|step| step.what == what && step.only.contains(&path))
    };
    let uses = uses(sources).into_iter().filter(|(path, what)| !allowed(path, what));
    uses.map(|(path, what)| format!("{path} uses {what}")).collect()
}

fn sources() -> Vec<(String, String)> {
    let of_adapters = |path: &str| {
        ["crates/provider-", "crates/sandbox/", "crates/xtask/"]
            .iter()
            .any(|folder| path.starts_with(folder))
    };
    let mut sources = files("crates", &[".rs"]);
    sources.retain(|(path, _)| path.contains("/src/") && !of_adapters(path));
    sources
}

fn source(path: &str) -> String {
    let sources = sources();
    let found = sources.into_iter().find(|(known, _)| known == path);
    found.unwrap_or_else(|| panic!("{path} is gone: this test has to know the new way")).1
}

#[test]
fn every_way_to_a_write_goes_through_the_door() {
    let wrong = wrong(&sources());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_step_of_the_way_is_seen() {
    let seen: BTreeSet<&str> = uses(&sources()).into_iter().map(|(_, what)| what).collect();
    let all: BTreeSet<&str> = STEPS.iter().map(|step| step.what).collect();
    assert_eq!(seen, all);
}

#[test]
fn the_door_authorizes_and_the_run_takes_only_what_was_authorized() {
    let door = code(&source("crates/cli/src/deliver.rs"));
    assert!(door.contains("matchauthorize(plan.clone(),&gathered.facts)"));
    assert!(door.contains("Verdict::Open(approved)=>Ok(Ok(Judged{approved:*approved,gathered}))"));
    // The type, and its one maker.
    assert_eq!(door.matches("Judged{approved").count(), 2, "another way to a judged plan");
    let run = code(&source("crates/cli/src/deliver/run.rs"));
    assert!(run.contains("suimon_engine::apply(delivery.planned,&judged.approved,"));
    assert!(!run.contains("Judged{"));
    let engine = code(&source("crates/engine/src/pipeline.rs"));
    assert!(engine.contains("approved:&ApprovedPlan"));
}

#[test]
fn only_the_gate_makes_approved_plans() {
    let verdict = code(&source("crates/gate/src/verdict.rs"));
    let (_, rest) = verdict.split_once("pubstructApprovedPlan{").expect("the type is there");
    let fields = rest.split('}').next().unwrap_or(rest);
    let public = fields
        .split(',')
        .filter(|field| field.starts_with("pub") && !field.starts_with("pub(crate)"));
    assert_eq!(public.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(!verdict.contains("Deserialize,ApprovedPlan"));
    let derives = verdict
        .split("pubstructApprovedPlan")
        .next()
        .and_then(|before| before.rsplit("#[derive(").next());
    let derives = derives.expect("it derives something");
    for made in ["Deserialize", "Default"] {
        assert!(!derives.contains(made), "{made} makes one without a judgement");
    }
}

#[test]
fn the_door_says_who_comes_through_it() {
    let text = source("crates/cli/src/deliver.rs");
    let callers = uses(&sources()).into_iter().filter(|(_, what)| *what == "the door");
    for (path, _) in callers {
        let name = path.trim_start_matches("crates/cli/src/commands/");
        let name = name.split(['/', '.']).next().unwrap_or(name);
        assert!(
            text.contains(&format!("//! * `suimon {name}")),
            "{path} is not in its documentation"
        );
    }
}

#[test]
fn the_check_sees_other_ways() {
    let cases = [
        ("crates/cli/src/commands/heal.rs", "suimon_engine::apply(&planned, &approved).await"),
        ("crates/cli/src/commands/heal.rs", "use suimon_engine::{Planned, apply};"),
        ("crates/cli/src/commands/heal.rs", "use suimon_engine::{\n    apply as write,\n};"),
        ("crates/cli/src/commands/heal.rs", "use suimon_apply::{Options, apply};"),
        ("crates/engine/src/heal.rs", "suimon_apply::apply(job, options, stop)"),
        ("crates/engine/src/heal.rs", "provider\n    .write(&write)\n    .await"),
        ("crates/promote/src/heal.rs", "suimon_provider::Provider::delete(p, &one)"),
        ("crates/cli/src/heal.rs", "deliver(&delivery, stop).await"),
        ("crates/gate/src/facts.rs", "ApprovedPlan { plan, conditions, break_glass: None }"),
    ];
    for (path, text) in cases {
        assert_eq!(wrong(&[(path.to_owned(), text.to_owned())]).len(), 1, "{path}: {text}");
    }
    for text in
        ["// suimon_engine::apply(", "use suimon_engine::{Planned, plan};", "provider.health(&ids)"]
    {
        let sources = [("crates/cli/src/heal.rs".to_owned(), text.to_owned())];
        assert!(wrong(&sources).is_empty(), "{text}");
    }
}

use std::io::Cursor;

use suimon_model::{Diagnostic, MemorySnapshot};
use suimon_render::worker::{Answers, Limit, job_file, killed_diagnostic, serve};
use suimon_render::{TemplateBatch, TemplateRunner, render};

use crate::support::Fixture;

/// Sends every batch through the worker's protocol, as a child process would.
struct ThroughProtocol;

impl TemplateRunner for ThroughProtocol {
    fn run(&self, batch: &TemplateBatch) -> Vec<Result<String, Vec<Diagnostic>>> {
        let mut output = Vec::new();
        serve(Cursor::new(serde_json::to_vec(batch).unwrap()), &mut output).unwrap();
        let answers = Answers::read(Cursor::new(output)).unwrap();
        assert!(answers.complete && answers.running.is_none());
        answers.answers
    }
}

#[test]
fn the_protocol_changes_nothing() {
    let good = Fixture::with_template(
        "{v: x}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ values.v }}}\n",
    );
    let bad = Fixture::with_template("{}", "a: {{ values.v }}\n{{ get_env(name=\"A\") }}")
        .template("u.yaml.tera", "{% if %}");
    for fixture in [good, bad] {
        let through = render(&fixture.snapshot(), "dev", &ThroughProtocol);
        match (through, fixture.render()) {
            (Ok(through), Ok(direct)) => assert_eq!(through.state, direct.state),
            (Err(through), Err(direct)) => assert_eq!(through, direct),
            (through, direct) => panic!("{through:?} {direct:?}"),
        }
    }
}

#[test]
fn a_killed_child_names_the_template_it_was_at() {
    let output = "{\"start\":0}\n{\"text\":\"a\"}\n{\"start\":1}\n{\"te";
    let answers = Answers::read(Cursor::new(output)).unwrap();
    assert_eq!((answers.answers.len(), answers.running, answers.complete), (1, Some(1), false));
    assert!(Answers::read(Cursor::new("nonsense\n")).is_err());
    insta::assert_snapshot!(killed_diagnostic("modules/web/kubernetes/t.yaml.tera", Limit::Cpu(10)), @r"
    error[template-limit]: template exceeded 10 s of CPU
      --> modules/web/kubernetes/t.yaml.tera
      help: look for a loop over a large range, or a string that grows in a loop
    ");
    assert_eq!(
        killed_diagnostic("t", Limit::Memory(256)).summary,
        "template exceeded 256 MB of memory"
    );
    assert_eq!(killed_diagnostic("t", Limit::Stack).summary, "template exceeded the stack");
    assert_eq!(killed_diagnostic("t", Limit::Time(20)).summary, "template exceeded 20 s");
    assert_eq!(job_file(&TemplateBatch::default(), 3), "modules");
}

#[test]
fn a_batch_that_is_not_one_is_an_error() {
    assert!(serve(Cursor::new("{\"jobs\":1}"), Vec::new()).is_err());
    assert!(serve(Cursor::new(""), Vec::new()).is_err());
}

/// Answers nothing.
struct Silent;

impl TemplateRunner for Silent {
    fn run(&self, _: &TemplateBatch) -> Vec<Result<String, Vec<Diagnostic>>> {
        Vec::new()
    }
}

#[test]
fn a_runner_that_answers_too_little_is_an_error() {
    let snapshot: MemorySnapshot = Fixture::with_template("{}", "").snapshot();
    insta::assert_snapshot!(render(&snapshot, "dev", &Silent).unwrap_err(), @"error[worker]: the template runner gave fewer answers than there were templates");
}

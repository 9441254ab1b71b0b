//! What is rendered: the jobs, and who runs them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use suimon_model::{Artifact, Diagnostic};

use super::engine::{Compiled, render_job};
use super::lines::holds_marks;
use super::problem::Problem;
use crate::limits;

/// Everything that one environment renders. Texts and scopes are shared between jobs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TemplateBatch {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub env: String,
    /// The release's artifacts.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Groups of templates that may include each other.
    pub sets: Vec<TemplateSet>,
    /// What differs between instances.
    pub scopes: Vec<TemplateScope>,
    /// What to render, grouped by set.
    pub jobs: Vec<TemplateJob>,
}

/// Which jobs' output carries line marks: not where the author uses their characters.
pub(crate) struct Marked {
    sets: Vec<bool>,
    scopes: Vec<bool>,
}

impl Marked {
    pub(crate) fn new(batch: &TemplateBatch) -> Self {
        let shared = holds_marks(&batch.project)
            || batch.artifacts.iter().any(|(name, artifact)| {
                holds_marks(name) || artifact.iter().any(|(k, v)| holds_marks(k) || holds_marks(v))
            });
        let set = |set: &TemplateSet| !shared && !set.sources.iter().any(|s| holds_marks(&s.text));
        let scope = |scope: &TemplateScope| !value_holds_marks(&scope.values);
        Self {
            sets: batch.sets.iter().map(set).collect(),
            scopes: batch.scopes.iter().map(scope).collect(),
        }
    }

    pub(crate) fn job(&self, job: TemplateJob) -> bool {
        let is = |list: &[bool], index: usize| list.get(index).copied().unwrap_or(false);
        is(&self.sets, job.set) && is(&self.scopes, job.scope)
    }
}

/// Recursive like the value, whose depth its parser has bounded.
fn value_holds_marks(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_marks(text),
        Value::Array(items) => items.iter().any(value_holds_marks),
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| holds_marks(key) || value_holds_marks(value))
        }
        _ => false,
    }
}

/// Templates that may include each other: one platform folder of a module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TemplateSet {
    /// The folder, for messages.
    pub folder: String,
    /// Its templates, sorted by name.
    pub sources: Vec<TemplateSource>,
}

/// One template.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TemplateSource {
    /// Path from the set's folder: what `include` and `extends` name.
    pub name: String,
    /// Path for messages.
    pub file: Arc<str>,
    /// The text as its author wrote it.
    pub text: Arc<str>,
}

/// What an instance gives to its templates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TemplateScope {
    /// `name`; `None` for `manifests/`, where there is no instance.
    pub name: Option<String>,
    /// `values`.
    pub values: Value,
    /// Whether the values are what the module asks for; otherwise its templates are only read.
    pub fits: bool,
}

/// One template to render in one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateJob {
    /// Index into [`TemplateBatch::sets`].
    pub set: usize,
    /// Index into [`TemplateSet::sources`].
    pub source: usize,
    /// Index into [`TemplateBatch::scopes`].
    pub scope: usize,
}

/// Runs templates.
///
/// # Guarantees
/// An implementation gives one answer per job, in their order. An answer's text is what the template
/// rendered, with suimon's line marks still in it; only this crate reads it.
pub trait TemplateRunner: Send + Sync {
    /// Renders every job.
    fn run(&self, batch: &TemplateBatch) -> Vec<Result<String, Vec<Diagnostic>>>;
}

/// Runs templates in this process, for trusted repositories, tests, and inside the worker.
///
/// # Caveats
/// Output is bounded, processor time and memory are not: a template that loops without printing, or
/// doubles a string, holds this process. The worker runs under the limits of its parent.
#[derive(Debug, Clone, Copy)]
pub struct InProcess {
    /// Bytes that one template may render.
    pub template_output: usize,
    /// Bytes that all of them may render.
    pub total_output: usize,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { template_output: limits::TEMPLATE_OUTPUT, total_output: limits::TOTAL_OUTPUT }
    }
}

impl TemplateRunner for InProcess {
    fn run(&self, batch: &TemplateBatch) -> Vec<Result<String, Vec<Diagnostic>>> {
        let mut answers = Vec::with_capacity(batch.jobs.len());
        self.each(batch, &mut |_| true, &mut |answer| {
            let diagnostics = |problems: Vec<Problem>| {
                problems.into_iter().map(Problem::into_diagnostic).collect()
            };
            answers.push(answer.map_err(diagnostics));
            true
        });
        answers
    }
}

impl InProcess {
    /// Renders one job after the other. `start` is called before anything of a job runs (so that a
    /// parent can name it), `take` with its answer; either stops the run by answering false.
    pub(super) fn each(
        &self,
        batch: &TemplateBatch,
        start: &mut dyn FnMut(usize) -> bool,
        take: &mut dyn FnMut(Result<String, Vec<Problem>>) -> bool,
    ) {
        let mut sets: HashMap<(usize, bool), Result<Compiled, Vec<Problem>>> = HashMap::new();
        let mut scope: Option<(usize, tera::Context)> = None;
        let marks = Marked::new(batch);
        let mut left = self.total_output;
        for (index, job) in batch.jobs.iter().enumerate() {
            if !start(index) {
                return;
            }
            let set = batch.sets.get(job.set);
            let source = set.and_then(|set| set.sources.get(job.source));
            let (Some(set), Some(source), Some(values)) =
                (set, source, batch.scopes.get(job.scope))
            else {
                if !take(Err(vec![Problem::internal("a job that names nothing")])) {
                    return;
                }
                continue;
            };
            let marked = marks.job(*job);
            let key = (job.set, marked);
            let compiled = sets.entry(key).or_insert_with(|| Compiled::new(set, marked));
            if scope.as_ref().is_none_or(|(at, _)| *at != job.scope) {
                scope = Some((job.scope, super::engine::context(batch, values)));
            }
            let Some((_, context)) = &scope else { return };
            let answer = match compiled {
                Err(problems) => Err(problems.clone()),
                Ok(compiled) => {
                    let cap = self.template_output.min(left);
                    let name = &source.name;
                    render_job(compiled, name, context, values, cap, cap < self.template_output)
                }
            };
            left -= answer.as_ref().map_or(0, String::len).min(left);
            if !take(answer) {
                return;
            }
        }
    }
}

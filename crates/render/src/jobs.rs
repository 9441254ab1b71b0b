//! From an environment's file to what has to be rendered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};
use suimon_model::{Diagnostic, Diagnostics, EntryKind, Location, Platform, Release, Snapshot};

use crate::config::{EnvironmentFile, Instance, module_file};
use crate::limits;
use crate::schema::{Layers, Schema};
use crate::template::{
    SetLines, TemplateBatch, TemplateJob, TemplateScope, TemplateSet, TemplateSource,
};
use crate::text::decode;
use crate::values::{overlay, weight};
use crate::yaml::Node;

/// One text to read objects from, in the order of reading.
pub(crate) enum Input {
    /// A file as it is.
    Plain { file: Arc<str>, text: Arc<str>, instance: Option<Arc<str>> },
    /// The answer of a job, and its set.
    Job { job: usize, set: usize, instance: Option<Arc<str>> },
}

/// Everything to render and to read.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) batch: TemplateBatch,
    pub(crate) inputs: Vec<Input>,
    /// The line numbering of each set.
    pub(crate) lines: Vec<SetLines>,
    pub(crate) problems: Diagnostics,
}

/// A module's templates for one platform.
struct Templates {
    set: usize,
    /// In the order of their paths.
    files: Vec<File>,
}

enum File {
    /// Rendered: index into the set's sources.
    Template(usize),
    /// Taken as it is: path for messages, text.
    Plain(Arc<str>, Arc<str>),
}

/// Where modules are read from.
pub(crate) struct Modules<'a> {
    pub(crate) snapshot: &'a dyn Snapshot,
    /// `@4f0c1a2` where the release pins them.
    pub(crate) suffix: String,
}

/// What one run needs to know.
pub(crate) struct Scope<'a> {
    pub(crate) snapshot: &'a dyn Snapshot,
    pub(crate) modules: Modules<'a>,
    pub(crate) project: &'a str,
    pub(crate) file: &'a EnvironmentFile,
    pub(crate) release: &'a Release,
}

/// Collects the work of an environment. Errors are in [`Work::problems`].
pub(crate) fn collect(scope: &Scope<'_>) -> Work {
    let mut work = Work::default();
    scope.project.clone_into(&mut work.batch.project);
    scope.file.environment.name.clone_into(&mut work.batch.env);
    work.batch.artifacts.clone_from(&scope.release.artifacts);
    let environment = scope.file.values.as_ref();
    let base = environment.map_or_else(|| Value::Object(Map::new()), Node::value);
    let mut modules = Loaded::default();
    for instance in &scope.file.instances {
        self::instance(scope, instance, &base, &mut modules, &mut work);
        if let Some(limit) = exceeded(&work, modules.weight) {
            let at = scope.file.places.at(instance.pos);
            work.problems.push(Diagnostic::error(limit.0, limit.1).at(at));
            return Work { problems: work.problems, ..Work::default() };
        }
    }
    manifests(scope, base, &mut work);
    work.lines = work.batch.sets.iter().map(SetLines::new).collect();
    work
}

/// The limit that the work has grown past.
fn exceeded(work: &Work, weight: usize) -> Option<(&'static str, String)> {
    if weight > limits::VALUES {
        let limit = limits::mebibytes(limits::VALUES);
        return Some((
            "limit-values",
            format!("the values of all instances take more than {limit}"),
        ));
    }
    let most = limits::OBJECTS;
    (work.inputs.len() > most)
        .then(|| ("limit-templates", format!("more than {most} templates to render")))
}

#[derive(Default)]
struct Loaded {
    /// Bytes of all values so far.
    weight: usize,
    schemas: HashMap<String, Option<Option<Schema>>>,
    templates: BTreeMap<(String, Platform), Option<Templates>>,
}

fn instance(
    scope: &Scope<'_>,
    instance: &Instance,
    base: &Value,
    loaded: &mut Loaded,
    work: &mut Work,
) {
    let used = scope.file.places.at(instance.module_pos);
    if !loaded.schemas.contains_key(&instance.module) {
        let found = schema(&scope.modules, &instance.module, &used);
        let found = found.map_err(|errors| work.problems.extend(errors)).ok();
        loaded.schemas.insert(instance.module.clone(), found);
    }
    let Some(Some(schema)) = loaded.schemas.get(&instance.module) else { return };
    let platform = instance.platform.unwrap_or(scope.file.environment.platform);
    let key = (instance.module.clone(), platform);
    if !loaded.templates.contains_key(&key) {
        let folder = format!("modules/{}/{}", instance.module, platform.folder());
        let found = templates(scope.modules.snapshot, &folder, &scope.modules.suffix, work);
        if matches!(found, Some(None)) {
            work.problems.push(
                Diagnostic::error(
                    "no-templates",
                    format!(
                        "module `{}` has no templates for the platform `{}`",
                        instance.module,
                        platform.folder()
                    ),
                )
                .at(used)
                .detail(format!("there is no folder `{folder}{}`", scope.modules.suffix)),
            );
        }
        loaded.templates.insert(key.clone(), found.flatten());
    }
    let mut values = base.clone();
    if let Some(over) = &instance.values {
        overlay(&mut values, over.value());
    }
    let layers = Layers {
        instance: instance.values.as_ref(),
        environment: scope.file.values.as_ref(),
        places: &scope.file.places,
        at: scope.file.places.at(instance.pos),
        name: &instance.name,
    };
    let errors = schema.as_ref().map_or_else(Vec::new, |s| s.apply(&mut values, &layers));
    let fits = errors.is_empty();
    work.problems.extend(errors);
    loaded.weight = loaded.weight.saturating_add(weight(&values));
    let Some(Some(templates)) = loaded.templates.get(&key) else { return };
    let name: Arc<str> = instance.name.as_str().into();
    work.batch.scopes.push(TemplateScope { name: Some(instance.name.clone()), values, fits });
    add(templates, Some(&name), work);
}

/// Adds the jobs of a folder for the scope that was pushed last.
fn add(templates: &Templates, instance: Option<&Arc<str>>, work: &mut Work) {
    let scope = work.batch.scopes.len().saturating_sub(1);
    for file in &templates.files {
        let instance = instance.cloned();
        work.inputs.push(match file {
            File::Template(source) => {
                let job = work.batch.jobs.len();
                work.batch.jobs.push(TemplateJob { set: templates.set, source: *source, scope });
                Input::Job { job, set: templates.set, instance }
            }
            File::Plain(file, text) => {
                Input::Plain { file: file.clone(), text: text.clone(), instance }
            }
        });
    }
}

/// The schema of a module; `None` where it declares none.
fn schema(
    modules: &Modules<'_>,
    name: &str,
    used: &Location,
) -> Result<Option<Schema>, Vec<Diagnostic>> {
    let file = module_file(modules.snapshot, name, &modules.suffix, used)?;
    file.inputs.map(|inputs| Schema::new(inputs, file.places)).transpose()
}

fn manifests(scope: &Scope<'_>, values: Value, work: &mut Work) {
    let folder = format!("envs/{}/manifests", scope.file.environment.name);
    if let Some(Some(templates)) = templates(scope.snapshot, &folder, "", work) {
        work.batch.scopes.push(TemplateScope { name: None, values, fits: true });
        add(&templates, None, work);
    }
}

/// Reads a folder of templates into a set. Outer `None`: an error was noted; inner: no such folder.
fn templates(
    snapshot: &dyn Snapshot,
    folder: &str,
    suffix: &str,
    work: &mut Work,
) -> Option<Option<Templates>> {
    let files = match walk(snapshot, folder) {
        Ok(Some(files)) => files,
        Ok(None) => return Some(None),
        Err(error) => {
            work.problems.push(error);
            return None;
        }
    };
    let mut set = TemplateSet { folder: format!("{folder}{suffix}"), sources: Vec::new() };
    let mut found = Templates { set: work.batch.sets.len(), files: Vec::new() };
    let mut failed = false;
    for (name, partial) in files {
        let Some(kind) = FileKind::of(&name) else { continue };
        let path = format!("{folder}/{name}");
        let file: Arc<str> = format!("{path}{suffix}").into();
        let text = snapshot.read(&path).and_then(|bytes| {
            let bytes = bytes.unwrap_or_default();
            decode(&file, &bytes).map(Arc::<str>::from)
        });
        match (text, kind) {
            (Err(error), _) => {
                failed = true;
                work.problems.push(error);
            }
            (Ok(text), FileKind::Plain) if !partial => found.files.push(File::Plain(file, text)),
            (Ok(text), kind) => {
                if kind == FileKind::Template && !partial {
                    found.files.push(File::Template(set.sources.len()));
                }
                set.sources.push(TemplateSource { name, file, text });
            }
        }
    }
    work.batch.sets.push(set);
    (!failed).then_some(Some(found))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    /// Rendered.
    Template,
    /// Taken as it is.
    Plain,
    /// Only included.
    Partial,
}

impl FileKind {
    fn of(name: &str) -> Option<Self> {
        let yaml = |name: &str| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        match name.strip_suffix(".tera") {
            Some(inner) if yaml(inner) => Some(Self::Template),
            Some(_) => Some(Self::Partial),
            None => yaml(name).then_some(Self::Plain),
        }
    }
}

/// Files below a folder, sorted, and whether each is a partial: its name, or that of a folder on the
/// way to it, starts with `_`.
fn walk(snapshot: &dyn Snapshot, folder: &str) -> Result<Option<Vec<(String, bool)>>, Diagnostic> {
    if snapshot.list(folder)?.is_none() {
        return Ok(None);
    }
    let mut files = Vec::new();
    let mut folders = vec![(String::new(), false)];
    while let Some((below, partial)) = folders.pop() {
        let path = if below.is_empty() { folder.to_owned() } else { format!("{folder}/{below}") };
        for entry in snapshot.list(&path)?.unwrap_or_default() {
            let name = if below.is_empty() {
                entry.name.clone()
            } else {
                format!("{below}/{}", entry.name)
            };
            let partial = partial || entry.name.starts_with('_');
            match entry.kind {
                EntryKind::Folder => folders.push((name, partial)),
                EntryKind::File => files.push((name, partial)),
            }
        }
    }
    files.sort();
    Ok(Some(files))
}

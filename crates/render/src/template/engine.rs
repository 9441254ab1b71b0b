//! Compiling a set of templates once, rendering its jobs, and translating Tera's errors.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;

use tera::{Context, ErrorKind, ReportError, Tera, Value};

use super::batch::{TemplateBatch, TemplateScope, TemplateSet, TemplateSource};
use super::filters;
use super::lines::SetLines;
use super::prepare::{Marks, Prepared, bad_include, place, prepare};
use super::problem::{At, Problem};
use crate::limits;
use crate::suggest::did_you_mean;

/// Functions of other engines that a render must not have.
const IMPURE: [&str; 16] = [
    "get_env",
    "now",
    "get_random",
    "random",
    "uuid",
    "uuidv4",
    "env",
    "getenv",
    "read_file",
    "load_data",
    "lookup",
    "date",
    "timestamp",
    "exec",
    "http_get",
    "fetch",
];

/// What `did you mean` knows of filters: ours, then Tera's most used.
const FILTERS: [&str; 20] = [
    "yaml", "json", "quote", "b64", "indent", "default", "upper", "lower", "trim", "replace",
    "join", "length", "split", "sort", "unique", "keys", "values", "first", "last", "int",
];

/// How often a template is rendered again for values that are absent behind the first one, and how
/// much it may print for that.
const FURTHER: usize = 20;
const FURTHER_BYTES: usize = 1 << 20;

/// How a template allows that something is not there.
const ALLOW: &str =
    "give it a value, or allow that it is absent: `is defined`, `| default(value=…)`";

/// A set of templates, ready to render.
pub(super) struct Compiled {
    tera: Tera,
    sources: Sources,
    /// Templates that cannot be rendered, and why.
    broken: BTreeMap<String, Vec<Problem>>,
}

/// The texts, for messages.
struct Sources {
    files: HashMap<String, (Arc<str>, Arc<str>, Prepared)>,
}

impl Compiled {
    /// Reads all templates of a set, with or without line marks; every broken one is reported.
    pub(super) fn new(set: &TemplateSet, marked: bool) -> Result<Self, Vec<Problem>> {
        let lines = SetLines::new(set);
        let blocks = !set.sources.iter().any(|source| source.text.contains("super"));
        let mut files = HashMap::new();
        for (index, source) in set.sources.iter().enumerate() {
            let first = marked.then(|| lines.first(index));
            let prepared = prepare(&source.text, Marks { first, blocks });
            files.insert(source.name.clone(), (source.file.clone(), source.text.clone(), prepared));
        }
        let sources = Sources { files };
        let mut broken = sources.check(set);
        // Tera reads branches and follows includes recursively: it sees no template that fails here.
        if let Some(cycle) = sources.include_chains(set) {
            return Err(broken.into_values().flatten().chain([cycle]).collect());
        }
        if broken.is_empty()
            && let Ok(tera) = sources.compile(set, &broken)
        {
            return Ok(Self { tera, sources, broken });
        }
        let unread = set.sources.iter().filter(|source| !broken.contains_key(&source.name));
        broken.extend(sources.each_syntax_error(unread));
        sources.spread(set, &mut broken);
        match sources.compile(set, &broken) {
            Ok(tera) => Ok(Self { tera, sources, broken }),
            Err(error) => {
                let mut problems = sources.problems(&error, None);
                // What a broken template defines is not there, which says nothing new.
                problems.retain(|found| broken.is_empty() || !found.summary.contains("component"));
                problems.extend(broken.into_values().flatten());
                Err(problems)
            }
        }
    }

    /// Why a template cannot be rendered. Of broken partials that nothing includes, any job tells.
    fn broken(&self, name: &str) -> Option<Vec<Problem>> {
        let partial = |name: &String| name.split('/').any(|part| part.starts_with('_'));
        let tells = self.broken.contains_key(name)
            || (!self.broken.is_empty() && self.broken.keys().all(partial));
        tells.then(|| self.broken.values().flatten().cloned().collect())
    }

    /// Looks for values that are absent behind the first one.
    fn further(
        &self,
        name: &str,
        context: &Context,
        scope: &TemplateScope,
        problems: &mut Vec<Problem>,
    ) {
        for tolerated in 1..FURTHER {
            if !problems.last().is_some_and(|last| self.goes_on_after(last)) {
                return;
            }
            let mut output = Capped { bytes: Vec::new(), cap: FURTHER_BYTES, full: false };
            let result =
                filters::tolerating(tolerated, || self.tera.render_to(name, context, &mut output));
            let Err(error) = result else { return };
            if output.full {
                return;
            }
            for found in self.sources.problems(&error, Some(scope)) {
                let around = problems.last().is_some_and(|last| stands_before(&found, last));
                if around || !found.is_absence() {
                    return;
                }
                if !problems.contains(&found) {
                    problems.push(found);
                }
            }
        }
    }

    /// Whether what comes behind an absent value does not depend on it.
    fn goes_on_after(&self, problem: &Problem) -> bool {
        let Some((file, line, _)) = problem.at.as_ref().filter(|_| problem.is_absence()) else {
            return false;
        };
        let source = self.sources.files.values().find(|(name, ..)| **name == **file);
        let index = usize::try_from(*line).unwrap_or(0).saturating_sub(1);
        let line = source.and_then(|(_, text, _)| text.split('\n').nth(index)).unwrap_or_default();
        // A tag may set a variable, or repeat or leave out what follows.
        !line.contains("{%")
    }
}

/// Whether a problem is further left on the line of another: `values.m` of `values.m[values.k]`.
fn stands_before(problem: &Problem, other: &Problem) -> bool {
    match (&problem.at, &other.at) {
        (Some((file, line, column)), Some((other_file, other_line, other_column))) => {
            (file, line) == (other_file, other_line) && column < other_column
        }
        _ => false,
    }
}

fn engine() -> Tera {
    let mut tera = Tera::default();
    tera.autoescape_on(Vec::<&'static str>::new());
    filters::register(&mut tera);
    tera
}

/// What templates of a scope see.
pub(super) fn context(batch: &TemplateBatch, scope: &TemplateScope) -> Context {
    let mut context = Context::new();
    context.insert("project", &batch.project);
    context.insert("env", &batch.env);
    context.insert("artifacts", &batch.artifacts);
    if let Some(name) = &scope.name {
        context.insert("name", name);
    }
    let values = Value::try_from_serializable(&scope.values).unwrap_or_else(|_| Value::none());
    context.insert_value("values", values);
    context
}

/// Renders one template.
pub(super) fn render_job(
    compiled: &Compiled,
    name: &str,
    context: &Context,
    scope: &TemplateScope,
    cap: usize,
    total: bool,
) -> Result<String, Vec<Problem>> {
    if let Some(problems) = compiled.broken(name) {
        return Err(problems);
    }
    if !scope.fits {
        return Ok(String::new());
    }
    let mut output = Capped { bytes: Vec::new(), cap, full: false };
    let result = compiled.tera.render_to(name, context, &mut output);
    let file = compiled.sources.files.get(name).map(|(file, ..)| file.to_string());
    let at = file.map(|file| (file, 0, 0));
    if output.full {
        let what = if total { "all templates together render" } else { "this template renders" };
        let limit = if total { limits::TOTAL_OUTPUT } else { cap };
        let summary = format!("{what} more than {}", limits::mebibytes(limit));
        return Err(vec![Problem::new("limit-output", summary, at)]);
    }
    match result {
        Ok(()) => String::from_utf8(output.bytes)
            .map_err(|_| vec![Problem::new("template-encoding", "not UTF-8", at)]),
        Err(error) => {
            let mut problems = compiled.sources.problems(&error, Some(scope));
            for problem in problems.iter_mut().filter(|problem| problem.at.is_none()) {
                problem.at.clone_from(&at);
            }
            compiled.further(name, context, scope, &mut problems);
            Err(problems)
        }
    }
}

struct Capped {
    bytes: Vec<u8>,
    cap: usize,
    full: bool,
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.cap {
            self.full = true;
            return Err(io::Error::other("output limit"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sources {
    /// Reads all templates but the broken ones.
    fn compile(
        &self,
        set: &TemplateSet,
        broken: &BTreeMap<String, Vec<Problem>>,
    ) -> Result<Tera, tera::Error> {
        let mut tera = engine();
        let whole = set.sources.iter().filter(|source| !broken.contains_key(&source.name));
        tera.add_raw_templates(whole.filter_map(|source| {
            Some((source.name.as_str(), self.files.get(&source.name)?.2.text.as_str()))
        }))?;
        Ok(tera)
    }

    /// What includes a broken template is broken too.
    fn spread(&self, set: &TemplateSet, broken: &mut BTreeMap<String, Vec<Problem>>) {
        loop {
            let includes = |source: &&TemplateSource| {
                let prepared = self.files.get(&source.name).map(|(.., prepared)| prepared);
                !broken.contains_key(&source.name)
                    && prepared.is_some_and(|prepared| {
                        prepared.includes.iter().any(|(target, _)| broken.contains_key(target))
                    })
            };
            let Some(next) = set.sources.iter().find(includes) else { return };
            broken.insert(next.name.clone(), Vec::new());
        }
    }

    /// What can be said before Tera reads anything: includes, calls, branches.
    fn check(&self, set: &TemplateSet) -> BTreeMap<String, Vec<Problem>> {
        let names: Vec<&str> = set.sources.iter().map(|source| source.name.as_str()).collect();
        let mut broken = BTreeMap::new();
        for source in &set.sources {
            let Some((file, text, prepared)) = self.files.get(&source.name) else { continue };
            let mut problems = Vec::new();
            let at = |offset: usize| place(file, text, offset);
            for (name, offset) in &prepared.includes {
                if let Some(problem) = bad_include(name, at(*offset)) {
                    problems.push(problem);
                } else if !self.files.contains_key(name) {
                    let summary = format!("there is no template `{name}` in {}", set.folder);
                    problems.push(
                        Problem::new("template-include", summary, Some(at(*offset)))
                            .help(did_you_mean(name, &names)),
                    );
                }
            }
            for (name, offset) in &prepared.calls {
                if IMPURE.contains(&name.as_str()) {
                    let summary = format!("`{name}` is not available: renders must be pure");
                    problems.push(
                        Problem::new("impure-function", summary, Some(at(*offset)))
                            .detail("the same commit must render the same bytes everywhere")
                            .help("put the value into `values`, where it is reviewed".to_owned()),
                    );
                }
            }
            if let Some(offset) = prepared.branches {
                let summary = "this `if` has more than 100 branches";
                problems.push(Problem::new("limit-branches", summary, Some(at(offset))));
            }
            if !problems.is_empty() {
                broken.insert(source.name.clone(), problems);
            }
        }
        broken
    }

    /// Cycles of includes, and chains that are too long to follow.
    fn include_chains(&self, set: &TemplateSet) -> Option<Problem> {
        let mut heights: HashMap<&str, usize> = HashMap::new();
        for source in &set.sources {
            let mut stack: Vec<(&str, usize)> = vec![(source.name.as_str(), 0)];
            while let Some((name, next)) = stack.last_mut() {
                let Some((file, text, prepared)) = self.files.get(*name) else { break };
                if let Some((target, offset)) = prepared.includes.get(*next) {
                    *next += 1;
                    if let Some(start) = stack.iter().position(|(name, _)| name == target) {
                        let chain: Vec<&str> = stack[start..]
                            .iter()
                            .map(|(name, _)| *name)
                            .chain([&**target])
                            .collect();
                        let summary = "this include leads back to where it started";
                        let at = place(file, text, *offset);
                        let problem = Problem::new("include-cycle", summary, Some(at));
                        return Some(problem.detail(chain.join(" → ")));
                    }
                    if !heights.contains_key(target.as_str()) {
                        stack.push((target, 0));
                    }
                    continue;
                }
                let below = |(target, _): &&(String, usize)| heights.get(target.as_str()).copied();
                let highest = prepared.includes.iter().max_by_key(below);
                let height = highest.as_ref().and_then(below).map_or(0, |below| below + 1);
                if let Some((_, offset)) = highest.filter(|_| height > limits::INCLUDE_DEPTH) {
                    let summary =
                        format!("includes are nested deeper than {}", limits::INCLUDE_DEPTH);
                    let at = place(file, text, *offset);
                    return Some(Problem::new("limit-includes", summary, Some(at)));
                }
                heights.insert(*name, height);
                stack.pop();
            }
        }
        None
    }

    /// Tera stops at the first broken template; asking for each alone finds them all.
    fn each_syntax_error<'s>(
        &self,
        unread: impl Iterator<Item = &'s TemplateSource>,
    ) -> Vec<(String, Vec<Problem>)> {
        let one = |source: &TemplateSource| {
            let (.., prepared) = self.files.get(&source.name)?;
            let error = engine().add_raw_template(&source.name, &prepared.text).err()?;
            matches!(error.kind(), ErrorKind::SyntaxError(_))
                .then(|| (source.name.clone(), self.problems(&error, None)))
        };
        unread.filter_map(one).collect()
    }

    fn at(&self, report: &ReportError) -> Option<At> {
        let (file, text, prepared) = self.files.get(report.filename())?;
        Some(place(file, text, prepared.original(report.span().range.start)))
    }

    /// The variable that a report is about, with its place. Tera's span is one end of it.
    fn variable(&self, report: &ReportError) -> Option<(At, &str)> {
        let (file, text, prepared) = self.files.get(report.filename())?;
        let at = prepared.original(report.span().range.start).min(text.len());
        let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let before: usize = text.get(..at)?.chars().rev().take_while(part).count();
        let behind: usize = text.get(at..)?.chars().take_while(part).count();
        Some((place(file, text, at - before), &text[at - before..at + behind]))
    }

    /// `FILE:LINE:COLUMN` of a printed report.
    fn printed(&self, printed: &str) -> Option<At> {
        let mut parts = printed.rsplitn(3, ':');
        let column = parts.next()?.trim().parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let (file, text, prepared) = self.files.get(parts.next()?)?;
        Some(place(file, text, prepared.original(prepared.offset(line, column))))
    }

    fn problems(&self, error: &tera::Error, scope: Option<&TemplateScope>) -> Vec<Problem> {
        match error.kind() {
            ErrorKind::SyntaxError(report) => {
                let at = self.at(report);
                let problem = Problem::new("template-syntax", sentence(report.message()), at);
                let named = report.message().contains("but expected identifier");
                let help = "arguments have names, for example `default(value=1)`";
                vec![problem.help(named.then(|| help.to_owned()))]
            }
            ErrorKind::RenderingError(report) => {
                let mut problem = self.rendering(report, scope);
                problem.related = self.called_from(&error.to_string());
                vec![problem]
            }
            ErrorKind::Msg(text) if text.starts_with("error: ") => {
                text.split("\n\nerror: ").map(|part| self.reference(part)).collect()
            }
            _ => vec![Problem::new("template-error", sentence(&error.to_string()), None)],
        }
    }

    /// An unknown filter, test, function or component, from Tera's printed report.
    fn reference(&self, report: &str) -> Problem {
        let mut lines = report.lines();
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let at = lines
            .next()
            .and_then(|line| line.trim_start().strip_prefix("--> "))
            .and_then(|place| self.printed(place));
        let filter = message.strip_prefix("Unknown filter `").and_then(|rest| rest.split_once('`'));
        let help = filter.and_then(|(name, _)| did_you_mean(name, &FILTERS));
        Problem::new("template-syntax", sentence(message), at).help(help)
    }

    /// The chain of includes and component calls, innermost first.
    fn called_from(&self, printed: &str) -> Vec<(At, String)> {
        printed
            .lines()
            .filter_map(|line| line.strip_prefix("note: called from "))
            .filter_map(|place| Some((self.printed(place)?, "included from here".to_owned())))
            .collect()
    }

    fn rendering(&self, report: &ReportError, scope: Option<&TemplateScope>) -> Problem {
        let at = self.at(report);
        let message = report.message();
        let tagged = message.split_once(filters::TAG).and_then(|(_, rest)| rest.split_once(':'));
        let named = |at: Option<At>| match self.variable(report) {
            Some((place, name)) if !name.is_empty() => (Some(place), format!("`{name}`"), name),
            _ => (at, "this".to_owned(), ""),
        };
        match tagged {
            Some(("undefined-variable", _)) => {
                let (at, shown, name) = named(at);
                Problem::new("undefined-variable", format!("{shown} is not defined"), at)
                    .help(scope.and_then(|scope| nearest(name, scope)).or(Some(ALLOW.to_owned())))
            }
            Some(("null-in-output", _)) => {
                let (at, shown, _) = named(at);
                Problem::new("null-in-output", format!("{shown} is null"), at)
                    .detail("null would print as nothing, and the field would be null or empty")
                    .help(
                        "test it with `{% if %}`, or print `| default(value=…, boolean=true)`"
                            .to_owned(),
                    )
            }
            Some(("bad-ref", text)) => Problem::new("bad-ref", text, at)
                .help("for example `ref(\"Service/web/api\", \"spec.clusterIP\")`".to_owned()),
            Some(("secret-ref", text)) => Problem::new("secret-ref", text, at)
                .help("name the Secret with `secretKeyRef` instead".to_owned()),
            Some((_, text)) => Problem::new("template-error", text, at),
            None => untagged(message, at),
        }
    }
}

/// Tera's own messages.
fn untagged(message: &str, at: Option<At>) -> Problem {
    let undefined = message
        .strip_prefix("Variable `")
        .or_else(|| message.strip_prefix("Field `"))
        .and_then(|rest| rest.split_once('`'));
    match undefined {
        Some((name, rest)) => {
            let known = rest.split_once(": ").map_or("", |(_, known)| known);
            let known: Vec<&str> = known.split(", ").filter(|name| !name.is_empty()).collect();
            Problem::new("undefined-variable", format!("`{name}` is not defined"), at)
                .help(did_you_mean(name, &known).or(Some(ALLOW.to_owned())))
        }
        None => Problem::new("template-error", sentence(message), at),
    }
}

/// The nearest key beside the last part of a path that is not there.
fn nearest(path: &str, scope: &TemplateScope) -> Option<String> {
    let mut parts = path.split('.').map(str::trim);
    let first = parts.next()?;
    if first != "values" {
        let mut known = vec!["project", "env", "values", "artifacts"];
        if scope.name.is_some() {
            known.insert(2, "name");
        }
        return parts.next().is_none().then(|| did_you_mean(first, &known)).flatten();
    }
    let mut value = &scope.values;
    for part in parts {
        match value.get(part) {
            Some(next) => value = next,
            None => {
                let keys: Vec<&str> = value.as_object()?.keys().map(String::as_str).collect();
                return did_you_mean(part, &keys);
            }
        }
    }
    None
}

/// One line, lower case, without a period.
fn sentence(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

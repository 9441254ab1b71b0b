//! [`Move`]: the change of one `release.yaml`, and what is said about it.

use suimon_gate::Mode;
use suimon_model::{Release, Snapshot};
use suimon_promote::{
    Notes, Page, body as page, differing_values, file_diff, promoted, promotion_branch,
    promotion_message, promotion_title,
};
use suimon_source::{NewCommit, Repository};
use suimon_view::escape;

use super::base::{Base, release_path};
use super::candidate::{Candidate, present};
use super::judged::{Judged, judged, problem};
use crate::failure::Failure;
use crate::ground::Ground;
use crate::session::Session;

/// The change of one `release.yaml`.
pub(crate) struct Move {
    /// The environment that is changed.
    pub(crate) environment: String,
    /// The environment that the release comes from.
    pub(crate) from: String,
    /// The file, from the top of the repository.
    pub(crate) path: String,
    /// The file as it is on the base.
    pub(crate) before: Option<String>,
    /// The file as it will be.
    pub(crate) text: String,
    /// Identity of the release on the base; empty where the base pins none and a promotion would.
    pub(crate) held: String,
    /// Whether the base pins the modules.
    is_pinned: bool,
    pub(crate) release: Release,
    pub(crate) id: String,
    pub(crate) notes: Notes,
    pub(crate) branch: String,
    pub(crate) message: String,
    pub(crate) title: String,
    /// The first line of what is said about it, as Markdown.
    pub(crate) lead: String,
    /// What it is to its gate.
    pub(crate) mode: Mode,
}

impl Move {
    /// The change that gives an environment what the one before it has proved.
    pub(crate) fn promotion(
        session: &Session<'_>,
        repository: &Repository,
        base: &Base,
        to: &str,
        applied: &Candidate,
    ) -> Result<Self, Failure> {
        let from = applied.environment.as_str();
        let candidate = applied.on(session, repository, base)?;
        let mut change = Self::to_release(repository, base, (from, to), &candidate)?;
        if !change.is_pinned {
            // What follows the head of the branch has this release until the next commit.
            change.held.clear();
        }
        change.notes.values = values(base.snapshot.as_ref(), from, to);
        let name = change.name().to_owned();
        change.branch = promotion_branch(to);
        change.message = promotion_message(from, to, &name, &change.id);
        change.title = promotion_title(&name, from, to);
        change.lead = promoted(from, to, &candidate.record);
        Ok(change)
    }

    /// The change of the file, without the words about it.
    pub(crate) fn to_release(
        repository: &Repository,
        base: &Base,
        (from, to): (&str, &str),
        candidate: &Candidate,
    ) -> Result<Self, Failure> {
        let snapshot = base.snapshot.as_ref();
        if snapshot.read(&format!("envs/{to}/environment.yaml"))?.is_none() {
            return Err(Failure::new(format!("{} has no environment {to} yet", base.branch))
                .hint("push or merge the commit that declares it first"));
        }
        let (old, before, held) = present(snapshot, to)?;
        let release = candidate.named(&old, &held);
        let text = suimon_render::edit_release(before.as_deref(), &release)?;
        let old_commit = old.modules.clone().unwrap_or_else(|| base.tip.clone());
        let new_commit = release.modules.clone().unwrap_or_else(|| base.tip.clone());
        let modules = repository.in_project("modules");
        let notes =
            Notes::between(repository, &modules, (&old_commit, &old), (&new_commit, &release));
        Ok(Self {
            environment: to.to_owned(),
            from: from.to_owned(),
            path: release_path(repository, to),
            before,
            text,
            held,
            is_pinned: old.modules.is_some(),
            release,
            id: candidate.id.clone(),
            notes,
            branch: String::new(),
            message: String::new(),
            title: String::new(),
            lead: String::new(),
            mode: Mode::Forward,
        })
    }

    /// Whether the base has this release already.
    pub(crate) fn is_held(&self) -> bool {
        self.held == self.id
    }

    pub(crate) fn name(&self) -> &str {
        self.release.name.as_deref().unwrap_or(&self.id)
    }

    /// The commit that makes it, on `parent`.
    pub(crate) fn commit(
        &self,
        repository: &Repository,
        ground: &Ground,
        parent: &str,
    ) -> Result<String, Failure> {
        let file = (self.path.clone(), self.text.clone());
        commit_on(repository, ground, parent, file, &self.message)
    }

    /// The same on the branch that is checked out.
    pub(crate) fn commit_here(&self, repository: &Repository) -> Result<String, Failure> {
        let files = [(self.path.clone(), Some(self.text.clone().into_bytes()))].into();
        Ok(repository.commit_here(&files, &self.message)?)
    }

    /// Prints the file's change and what it brings.
    pub(crate) fn print(&self, session: &Session<'_>) -> Result<(), Failure> {
        session.console.data(&file_diff(&self.path, self.before.as_deref(), &self.text))?;
        session.console.data(&format!("\n{}", self.notes.text()))
    }
}

/// A commit by the actor that gives one file another text; no branch has it yet.
pub(crate) fn commit_on(
    repository: &Repository,
    ground: &Ground,
    parent: &str,
    (path, text): (String, String),
    message: &str,
) -> Result<String, Failure> {
    let commit = NewCommit {
        parent: Some(parent.to_owned()),
        keep_files: true,
        files: [(path, Some(text.into_bytes()))].into(),
        message: message.to_owned(),
        name: ground.actor.name.clone(),
        email: ground.actor.email.clone(),
        time: jiff::Timestamp::now().as_second(),
    };
    Ok(repository.commit(&commit)?)
}

/// Values that two environments give differently. What cannot be read is told where it is rendered.
fn values(snapshot: &dyn Snapshot, from: &str, to: &str) -> Vec<String> {
    let read = |environment: &str| {
        let path = format!("envs/{environment}/environment.yaml");
        let content = snapshot.read(&path).ok()??;
        let text = std::str::from_utf8(&content).ok()?;
        let documents = suimon_render::parse_kubernetes_yaml(&path, text).ok()?;
        documents.into_iter().next().map(|document| document.value)
    };
    match (read(from), read(to)) {
        (Some(from), Some(to)) => differing_values(&from, &to),
        _ => Vec::new(),
    }
}

/// The text of the change on the forge: with the live plan and the gate at the proposed commit, or with why
/// there is none.
pub(crate) async fn body(
    session: &Session<'_>,
    ground: &Ground,
    change: &Move,
    commit: &str,
    parallelism: u16,
) -> String {
    let found = async {
        let proposed = session.at(commit)?;
        judged(&proposed, ground, &change.environment, change.mode, parallelism).await
    };
    match found.await {
        Ok(judged) => body_of(change, Some(&judged), None),
        Err(failure) => {
            let (environment, line) = (&change.environment, escape(&failure.line()));
            session.console.note(&format!("warning: there is no plan of {environment}: {line}"));
            body_of(change, None, Some(&problem(&failure)))
        }
    }
}

/// The text of the change on the forge, with what was found.
pub(crate) fn body_of(change: &Move, judged: Option<&Judged>, problem: Option<&str>) -> String {
    let kind = match change.mode {
        Mode::Forward => "promotion",
        Mode::Rollback => "rollback",
    };
    let plan = judged.map(Judged::plan_markdown);
    let gate = judged.map(Judged::gate_markdown);
    page(
        kind,
        &Page {
            lead: change.lead.clone(),
            from: &change.from,
            to: &change.environment,
            release: &change.release,
            id: &change.id,
            notes: &change.notes,
            plan: plan.as_deref(),
            gate: gate.as_deref(),
            problem,
        },
    )
}

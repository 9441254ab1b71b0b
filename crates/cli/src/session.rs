//! What most commands begin with: open the project, render an environment, connect.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use suimon_engine::{Options, Planned};
use suimon_model::{DesiredState, Diagnostics, Environment, ResourceId, Snapshot};
use suimon_provider::Registry;
use suimon_source::{Limits, Place, Request};

use crate::args::{Global, ScopeArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::wiring;
use crate::worker::ChildRunner;

/// An opened project.
pub(crate) struct Session<'a> {
    pub(crate) console: &'a Console,
    pub(crate) snapshot: Arc<dyn Snapshot>,
    request: Arc<Request>,
    folder: Option<PathBuf>,
}

impl<'a> Session<'a> {
    /// Opens the project and says on standard error what is read.
    pub(crate) fn open(global: &Global, console: &'a Console) -> Result<Self, Failure> {
        let place = match &global.repo {
            Some(repository) => Place::Repository(repository.clone()),
            None => Place::Folder(global.directory.clone().unwrap_or_else(|| PathBuf::from("."))),
        };
        let request = Request {
            place,
            revision: global.revision.clone(),
            cache_dir: std::env::var_os("SUIMON_CACHE_DIR").map(PathBuf::from),
            limits: Limits::default(),
        };
        let opened = suimon_source::open(&request)?;
        console.note(&opened.description);
        let (snapshot, folder) = (opened.snapshot, opened.root);
        Ok(Self { console, snapshot, request: Arc::new(request), folder })
    }

    /// What is read.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// The project's folder, where it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    fn with(&self, snapshot: Arc<dyn Snapshot>) -> Self {
        let (request, folder) = (Arc::clone(&self.request), self.folder.clone());
        Self { console: self.console, snapshot, request, folder }
    }

    /// The same project at another revision.
    pub(crate) fn at(&self, revision: &str) -> Result<Self, Failure> {
        Ok(self.with(self.snapshot.at(revision)?))
    }

    /// The same project as it is now: its files may have changed.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        Ok(self.with(suimon_source::open(&self.request)?.snapshot))
    }

    /// Renders an environment; warnings go to standard error.
    pub(crate) fn render(&self, environment: &str) -> Result<DesiredState, Failure> {
        let rendered = suimon_render::render(self.snapshot.as_ref(), environment, &ChildRunner)
            .map_err(|found| Failure::from(found).quoting(&self.snapshot))?;
        self.warn(&rendered.warnings);
        Ok(rendered.state)
    }

    fn warn(&self, warnings: &Diagnostics) {
        if !warnings.is_empty() {
            let text = self.console.diagnostics(warnings, Some(&self.snapshot));
            self.console.note(text.trim_end());
        }
    }

    /// Connects to what an environment is applied to.
    pub(crate) async fn connect(
        &self,
        state: &DesiredState,
        parallelism: u16,
    ) -> Result<(Environment, Registry), Failure> {
        let environment = state.environment.clone();
        let registry = wiring::registry(state, parallelism).await?;
        Ok((environment, registry))
    }

    /// Renders, connects and plans.
    pub(crate) async fn plan(
        &self,
        environment: &str,
        scope: &Scope,
    ) -> Result<(Planned, Registry), Failure> {
        Box::pin(self.make_plan(environment, scope)).await
    }

    async fn make_plan(
        &self,
        environment: &str,
        scope: &Scope,
    ) -> Result<(Planned, Registry), Failure> {
        let state = self.render(environment)?;
        let (_, registry) = self.connect(&state, scope.parallelism).await?;
        let options = Options {
            adopt: scope.adopt,
            drift_only: scope.drift_only,
            targets: scope.targets.clone(),
            parallelism: usize::from(scope.parallelism),
        };
        let planned = suimon_engine::plan(state, &registry, &options)
            .await
            .map_err(|error| Failure::from(error).quoting(&self.snapshot))?;
        Ok((planned, registry))
    }
}

/// What a plan looks at.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) adopt: bool,
    pub(crate) drift_only: bool,
    pub(crate) targets: Vec<ResourceId>,
    pub(crate) parallelism: u16,
}

impl Scope {
    pub(crate) fn new(args: &ScopeArgs, drift_only: bool) -> Self {
        Self {
            adopt: args.adopt,
            drift_only,
            targets: args.targets.clone(),
            parallelism: args.parallelism,
        }
    }
}

//! Snapshot and environment name → [`DesiredState`](suimon_model::DesiredState).
//!
//! Pure: no network, clock, environment variables, files or processes. The only user of Tera and of
//! the YAML crates.
//!
//! ```text
//! suimon.yaml ┐
//! environment ├─► values ─► schema ─► templates ─► YAML ─► objects ─► patches ─► DesiredState
//! release     ┘             defaults    (runner)            checks                refs, duplicates
//! ```
//!
//! # Values
//! Module defaults < environment `values` < instance `values`. Mappings merge key by key, everything
//! else is replaced, and `null` is a value like any other: it replaces what a lower layer gave, and
//! the module's schema says whether null is allowed there. An environment's values are seen by every
//! module, so keys that a module does not declare are errors only in an instance's own values.
//!
//! # Templates
//! Every `*.yaml.tera` (also `.yml`, `.json`) below `modules/<module>/<platform>/` is rendered once for
//! each instance; `*.yaml` there is taken as it is. Files, and folders, whose name starts with `_`
//! are partials for `include`, named by their path from the platform folder. Undefined variables and
//! printed nulls are errors everywhere, also in conditions; `is defined`, `| default(value=…)` and
//! `?.` are how a template says that something may be absent.

mod config;
mod finish;
mod gate;
mod image;
mod jobs;
mod limits;
mod names;
mod object;
mod patch;
mod release;
mod render;
mod schema;
mod suggest;
mod template;
mod text;
mod values;
mod yaml;

pub use gate::{load_gate, locate_gate};
pub use image::{Image, ImageError, parse_image};
pub use release::{edit_release, load_release};
pub use render::{
    Rendered, environment_folders, environment_names, load_environment, load_project, render,
    render_with_values_of,
};
pub use template::{
    InProcess, TemplateBatch, TemplateJob, TemplateRunner, TemplateScope, TemplateSet,
    TemplateSource, worker,
};
pub use yaml::{KubernetesDocument, parse_kubernetes_yaml, to_yaml};

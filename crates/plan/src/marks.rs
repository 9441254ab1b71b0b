//! Annotations that say "leave this alone" and "do not delete this": ours, and those that users of
//! Argo CD, Flux, Helm, kpt and Config Sync already have in their manifests.

use serde_json::Value;

/// How far an object is to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveAlone {
    /// Neither create nor change it.
    Always,
    /// Create it, and do not change it afterwards.
    OnceThere,
}

/// Annotation, value, what it asks for. Values are compared without regard to case.
const LEAVE_ALONE: &[(&str, &str, LeaveAlone)] = &[
    ("suimon.dev/reconcile", "disabled", LeaveAlone::Always),
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled", LeaveAlone::Always),
    ("kustomize.toolkit.fluxcd.io/ssa", "ignore", LeaveAlone::Always),
    ("kustomize.toolkit.fluxcd.io/ssa", "ifnotpresent", LeaveAlone::OnceThere),
    ("client.lifecycle.config.k8s.io/mutation", "ignore", LeaveAlone::OnceThere),
];

const KEEP: &[(&str, &str)] = &[
    ("suimon.dev/prune", "false"),
    ("suimon.dev/prune", "disabled"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("cli-utils.sigs.k8s.io/on-remove", "keep"),
    ("client.lifecycle.config.k8s.io/deletion", "detach"),
    ("helm.sh/resource-policy", "keep"),
];

/// Items of `argocd.argoproj.io/sync-options`. What Argo CD would ask a person about is kept: nobody
/// is asked here.
const KEEP_SYNC_OPTIONS: &[&str] =
    &["prune=false", "prune=confirm", "delete=false", "delete=confirm"];

/// What the annotations of an object ask for; the strongest where there are several.
pub(crate) fn leave_alone(object: &Value) -> Option<LeaveAlone> {
    let asked = LEAVE_ALONE.iter().filter(|(key, value, _)| says(object, key, value));
    let asked: Vec<LeaveAlone> = asked.map(|(_, _, how)| *how).collect();
    if asked.contains(&LeaveAlone::Always) {
        Some(LeaveAlone::Always)
    } else {
        asked.first().copied()
    }
}

/// Whether the annotations of an object ask for it to be kept when it is no longer declared.
pub(crate) fn is_kept(object: &Value) -> bool {
    let options = annotation(object, "argocd.argoproj.io/sync-options").unwrap_or("");
    KEEP.iter().any(|(key, value)| says(object, key, value))
        || options.split(',').any(|option| {
            KEEP_SYNC_OPTIONS.iter().any(|kept| option.trim().eq_ignore_ascii_case(kept))
        })
}

/// The value of an annotation.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

fn says(object: &Value, key: &str, value: &str) -> bool {
    annotation(object, key).is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
}

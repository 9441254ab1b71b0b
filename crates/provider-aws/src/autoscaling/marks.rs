//! Whose a policy is: policies have no tags, so a tag of their target says it.

use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::marks::{APPLIED, ENVIRONMENT, PROJECT, PRUNE, RESOURCE, Tags};
use crate::prepare::hex;
use crate::resource::Declared;

/// Every such tag begins so.
pub(super) const PREFIX: &str = "suimon.dev/policy/";

/// Longest key and value of a tag.
const KEY: usize = 128;
const VALUE: usize = 256;

/// The tag's key for a policy or scheduled action.
pub(super) fn key(scheduled: bool, name: &str) -> String {
    let kind = if scheduled { "action" } else { "policy" };
    let key = format!("{PREFIX}{kind}/{name}");
    let allowed = |c: char| c.is_alphanumeric() || "+-=._:/@ ".contains(c);
    if key.chars().count() <= KEY && key.chars().all(allowed) {
        key
    } else {
        format!("{PREFIX}{kind}:{}", hex(&Sha256::digest(name)))
    }
}

/// The tag's value: whose it is and the digest of what was applied; `None` when it is too long.
pub(super) fn value(context: &Context, declared: &Declared) -> Option<String> {
    let marks = declared.marks(context);
    let of = |key: &str| marks.get(key).map_or("", String::as_str);
    let keep = if marks.contains_key(PRUNE) { " keep" } else { "" };
    let value =
        format!("{} {} {} {}{keep}", of(APPLIED), of(PROJECT), of(ENVIRONMENT), declared.id.name);
    (value.len() <= VALUE).then_some(value)
}

/// The marks that a tag's value stands for.
pub(super) fn marks(value: &str) -> Tags {
    let mut parts = value.split(' ');
    let (Some(applied), Some(project), Some(environment), Some(name)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Tags::new();
    };
    let id = format!("{}.{}/{name}", super::policy::KIND, super::GROUP);
    let mut tags = Tags::from([
        (APPLIED.to_owned(), applied.to_owned()),
        (PROJECT.to_owned(), project.to_owned()),
        (ENVIRONMENT.to_owned(), environment.to_owned()),
        (RESOURCE.to_owned(), id),
    ]);
    if parts.next() == Some("keep") {
        tags.insert(PRUNE.to_owned(), "false".to_owned());
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_tags_take() {
        assert_eq!(key(false, "cpu 50"), "suimon.dev/policy/policy/cpu 50");
        assert_eq!(key(true, "night"), "suimon.dev/policy/action/night");
        for name in ["a%b".to_owned(), "x".repeat(200)] {
            let key = key(false, &name);
            assert!(key.starts_with("suimon.dev/policy/policy:") && key.len() <= KEY, "{key}");
        }
    }

    #[test]
    fn values_tell_whose_it_is() {
        let tags = marks("abc shop dev cpu keep");
        let told: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        suimon.dev/applied=abc
        suimon.dev/environment=dev
        suimon.dev/project=shop
        suimon.dev/prune=false
        suimon.dev/resource=ScalingPolicy.applicationautoscaling.services.k8s.aws/cpu
        ");
        assert_eq!(marks("abc"), Tags::new());
    }
}

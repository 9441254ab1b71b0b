//! Tags that mark what is ours, and what was applied.

use std::collections::BTreeMap;

use suimon_model::ResourceId;

use crate::Options;

pub(crate) const PROJECT: &str = "suimon.dev/project";
pub(crate) const ENVIRONMENT: &str = "suimon.dev/environment";
/// The resource's id in its environment.
pub(crate) const RESOURCE: &str = "suimon.dev/resource";
/// Digest of the declaration that was last applied: it tells drift from change.
pub(crate) const APPLIED: &str = "suimon.dev/applied";
/// `false` on what is to be kept when it is no longer declared.
pub(crate) const PRUNE: &str = "suimon.dev/prune";
/// The other engine that it was taken over from, in the letters that tags may have.
pub(crate) const ADOPTED: &str = "suimon.dev/adopted";
/// Everything that is ours begins so.
pub(crate) const PREFIX: &str = "suimon.dev/";

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// The marks of an owned resource.
pub(crate) fn of(options: &Options, id: &ResourceId, applied: &str, keep: bool) -> Tags {
    let mut marks = Tags::from([
        (PROJECT.to_owned(), options.project.clone()),
        (ENVIRONMENT.to_owned(), options.environment.clone()),
        (RESOURCE.to_owned(), id.to_string()),
        (APPLIED.to_owned(), applied.to_owned()),
    ]);
    if keep {
        marks.insert(PRUNE.to_owned(), "false".to_owned());
    }
    marks
}

/// Whether these tags are of this environment.
pub(crate) fn is_ours(options: &Options, tags: &Tags) -> bool {
    tags.get(PROJECT) == Some(&options.project)
        && tags.get(ENVIRONMENT) == Some(&options.environment)
}

/// Somebody else's mark, in words.
pub(crate) fn foreign_owner(options: &Options, tags: &Tags) -> Option<String> {
    if let (Some(project), Some(environment)) = (tags.get(PROJECT), tags.get(ENVIRONMENT))
        && !is_ours(options, tags)
    {
        return Some(format!("the environment `{environment}` of the suimon project `{project}`"));
    }
    let known = [
        ("aws:cloudformation:stack-name", "the CloudFormation stack"),
        ("services.k8s.aws/controller-version", "the ACK controller"),
        ("alpha.eksctl.io/cluster-name", "eksctl, cluster"),
        ("eksctl.cluster.k8s.io/v1alpha1/cluster-name", "eksctl, cluster"),
        ("pulumi:project", "the Pulumi project"),
        ("crossplane-name", "the Crossplane resource"),
        ("pipecd-dev-managed-by", "PipeCD"),
    ];
    known.iter().find_map(|(key, who)| tags.get(*key).map(|value| format!("{who} `{value}`")))
}

/// A text in the letters and the length that the value of a tag may have
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html>).
pub(crate) fn value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '-' }).take(256).collect()
}

/// The tags that a person or another tool gave.
pub(crate) fn visible(tags: &Tags) -> Tags {
    let ours = |key: &str| key.starts_with(PREFIX) || key.starts_with("aws:");
    tags.iter().filter(|(key, _)| !ours(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

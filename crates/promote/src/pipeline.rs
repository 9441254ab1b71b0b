//! [`Pipeline`]: what the environment of a pipeline tells about the change that it runs for.

use serde_json::Value;

/// What a pipeline runs for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name for people.
    pub host: &'static str,
    /// The commit that the change starts from.
    pub base: Option<String>,
    /// The last commit of the change.
    pub head: Option<String>,
    /// The change's number on the forge.
    pub change: Option<u64>,
}

/// Reads the variables of GitHub Actions (also Gitea's and Forgejo's, which give the same) and of GitLab
/// CI; `None` outside of both. `event` is the JSON of the file that `GITHUB_EVENT_PATH` names.
///
/// # Caveats
/// GitHub checks out the merge of a change and its base: statuses belong to the last commit of the
/// change itself, which only the event tells.
///
/// Sources: "Variables reference" and "Webhook events and payloads" of GitHub's documentation,
/// "Predefined CI/CD variables reference" of GitLab's.
pub fn pipeline(var: &dyn Fn(&str) -> Option<String>, event: Option<&Value>) -> Option<Pipeline> {
    let var = |name: &str| var(name).filter(|value| !value.is_empty());
    if var("GITHUB_ACTIONS").is_some() || var("GITEA_ACTIONS").is_some() {
        return Some(github(&var, event.unwrap_or(&Value::Null)));
    }
    var("GITLAB_CI").is_some().then(|| gitlab(&var))
}

fn github(var: &dyn Fn(&str) -> Option<String>, event: &Value) -> Pipeline {
    let text = |pointer: &str| commit(event.pointer(pointer).and_then(Value::as_str));
    let number = event.pointer("/pull_request/number").or_else(|| event.pointer("/number"));
    let from_ref = var("GITHUB_REF")
        .and_then(|name| name.strip_prefix("refs/pull/")?.split('/').next()?.parse::<u64>().ok());
    let change = number.and_then(Value::as_u64).or(from_ref);
    let base = text("/pull_request/base/sha")
        .or_else(|| text("/merge_group/base_sha"))
        .or_else(|| if change.is_none() { text("/before") } else { None });
    let head =
        text("/pull_request/head/sha").or_else(|| text("/merge_group/head_sha")).or_else(|| {
            // The merge that is checked out for a change is not a commit of it.
            if change.is_none() { commit(var("GITHUB_SHA").as_deref()) } else { None }
        });
    Pipeline { host: "GitHub Actions", base, head, change }
}

fn gitlab(var: &dyn Fn(&str) -> Option<String>) -> Pipeline {
    let text = |name: &str| commit(var(name).as_deref());
    let change = var("CI_MERGE_REQUEST_IID").and_then(|number| number.parse().ok());
    let before = || if change.is_none() { text("CI_COMMIT_BEFORE_SHA") } else { None };
    Pipeline {
        host: "GitLab CI",
        base: text("CI_MERGE_REQUEST_DIFF_BASE_SHA").or_else(before),
        // Set where the pipeline runs on the merge with the target.
        head: text("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| text("CI_COMMIT_SHA")),
        change,
    }
}

/// A full commit id; forges write zeros for "none".
fn commit(text: Option<&str>) -> Option<String> {
    let text = text?;
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_commit = hex && matches!(text.len(), 40 | 64) && text.bytes().any(|byte| byte != b'0');
    is_commit.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::needless_pass_by_value)]
    fn read(vars: &[(&str, &str)], event: Option<Value>) -> Option<Pipeline> {
        let var = |name: &str| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        pipeline(&var, event.as_ref())
    }

    #[allow(clippy::needless_pass_by_value)]
    fn told(vars: &[(&str, &str)], event: Option<Value>) -> String {
        let Some(pipeline) = read(vars, event) else { return "nothing".to_owned() };
        let first = |id: Option<String>| id.map_or("-".to_owned(), |id| id[..1].to_owned());
        let change = pipeline.change.map_or("-".to_owned(), |number| number.to_string());
        format!("{}: {} {} {change}", pipeline.host, first(pipeline.base), first(pipeline.head))
    }

    #[test]
    fn base_head_and_number_are_those_of_the_change() {
        let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let (zero, short) = ("0".repeat(40), "abc");
        let event = json!({"number": 7, "pull_request": {"number": 7, "base": {"sha": a}, "head": {"sha": b}}});
        let github =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", &*c), ("GITHUB_REF", "refs/pull/7/merge")];
        assert_eq!(told(&github, Some(event)), "GitHub Actions: a b 7");
        assert_eq!(told(&github, None), "GitHub Actions: - - 7", "the merge is not the head");
        let push =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", &*c), ("GITHUB_REF", "refs/heads/main")];
        assert_eq!(told(&push, Some(json!({"before": a}))), "GitHub Actions: a c -");
        assert_eq!(told(&push, Some(json!({"before": zero}))), "GitHub Actions: - c -");
        assert_eq!(told(&push, Some(json!({"before": short}))), "GitHub Actions: - c -");
        assert_eq!(told(&push, Some(json!([1, {"pull_request": 3}]))), "GitHub Actions: - c -");
        let queue = json!({"merge_group": {"base_sha": a, "head_sha": b}});
        assert_eq!(told(&push, Some(queue)), "GitHub Actions: a b -");
        let merge_request = [
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*a),
            ("CI_COMMIT_SHA", &*c),
            ("CI_COMMIT_BEFORE_SHA", &*b),
        ];
        assert_eq!(told(&merge_request, None), "GitLab CI: a c 12");
        let mut merged = merge_request.to_vec();
        merged.push(("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", &*b));
        assert_eq!(told(&merged, None), "GitLab CI: a b 12");
        let push = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", &*c), ("CI_COMMIT_BEFORE_SHA", &*b)];
        assert_eq!(told(&push, None), "GitLab CI: b c -");
        assert_eq!(told(&[("CI", "true")], None), "nothing");
        assert_eq!(told(&[("GITHUB_ACTIONS", "")], None), "nothing");
    }
}

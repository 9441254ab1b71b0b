//! `branch`, `forge` and `ledger` of `suimon.yaml`.

use suimon_model::{Diagnostic, ForgeKind, ForgeSettings, LedgerSettings, Snapshot};

use super::gate_checks::web_address;
use super::gate_files::named_file;
use super::reader::Reader;
use crate::suggest::did_you_mean;
use crate::yaml::Node;

/// What a project says about the repository around it.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) branch: Option<String>,
    pub(super) forge: Option<ForgeSettings>,
    pub(super) ledger: LedgerSettings,
}

/// Reads them from `spec`.
pub(super) fn settings(reader: &mut Reader, spec: &Node, snapshot: &dyn Snapshot) -> Settings {
    Settings {
        branch: branch(reader, spec),
        forge: spec.get("forge").and_then(|node| forge(reader, node)),
        ledger: spec.get("ledger").map(|node| ledger(reader, node, snapshot)).unwrap_or_default(),
    }
}

/// `spec.branch`: a name that Git takes (git-check-ref-format), without `refs/heads/`.
fn branch(reader: &mut Reader, spec: &Node) -> Option<String> {
    let name = reader.filled_text(spec, "branch")?;
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.ends_with(".lock")
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let good = name.split('/').all(part)
        && !name.contains(odd)
        && !["..", "@{"].iter().any(|never| name.contains(never))
        && !name.starts_with('-')
        && !name.starts_with("refs/")
        && name != "@";
    if good {
        return Some(name);
    }
    let at = reader.at(spec.get("branch").unwrap_or(spec));
    reader.errors.push(
        Diagnostic::error("wrong-value", "`branch` is not the name of a branch")
            .at(at)
            .help("write its short name, such as `main`"),
    );
    None
}

fn forge(reader: &mut Reader, node: &Node) -> Option<ForgeSettings> {
    if !reader.mapping(node, "`forge`", &["kind", "url", "repository"]) {
        return None;
    }
    let url = reader.filled_text(node, "url");
    if let (Some(url), Some(found)) = (&url, node.get("url"))
        && let Some(problem) = web_address(url)
    {
        reader.errors.push(problem.at(reader.at(found)));
    }
    let repository = repository(reader, node);
    let found = reader.required(node, "kind")?;
    let kind = match reader.text(found, "kind")?.as_str() {
        "local" => ForgeKind::Local,
        "github" => ForgeKind::Github,
        "gitlab" => ForgeKind::Gitlab,
        "gitea" | "forgejo" => ForgeKind::Gitea,
        other => {
            let mut error =
                Diagnostic::error("wrong-value", format!("there is no forge `{other}`"))
                    .at(reader.at(found));
            error.help = did_you_mean(other, &["local", "github", "gitlab", "gitea"]);
            reader.errors.push(error);
            return None;
        }
    };
    Some(ForgeSettings { kind, url, repository })
}

/// `owner/name`, or a longer path as GitLab has them.
fn repository(reader: &mut Reader, node: &Node) -> Option<String> {
    let path = reader.filled_text(node, "repository")?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || ":?#%\\@".contains(c);
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() >= 2
        && !path.contains(odd)
        && parts.iter().all(|part| !matches!(*part, "" | "." | ".."))
    {
        return Some(path);
    }
    let at = reader.at(node.get("repository").unwrap_or(node));
    reader.errors.push(
        Diagnostic::error("wrong-value", "`repository` is not the path of a repository")
            .at(at)
            .help("write `owner/name`"),
    );
    None
}

fn ledger(reader: &mut Reader, node: &Node, snapshot: &dyn Snapshot) -> LedgerSettings {
    if !reader.mapping(node, "`ledger`", &["remote", "allowedSigners"]) {
        return LedgerSettings::default();
    }
    let remote = reader.filled_text(node, "remote").filter(|name| {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == ':';
        let good = !name.starts_with('-') && !name.contains(odd);
        if !good {
            let at = reader.at(node.get("remote").unwrap_or(node));
            reader.errors.push(
                Diagnostic::error("wrong-value", "`remote` is not the name of a Git remote")
                    .at(at)
                    .help("write a name that `git remote` lists, or `local`"),
            );
        }
        good
    });
    let allowed_signers = reader.path(node, "allowedSigners");
    if let (Some(path), Some(found)) = (&allowed_signers, node.get("allowedSigners"))
        && let Err(error) = named_file(snapshot, path, &reader.at(found))
    {
        reader.errors.push(error);
    }
    LedgerSettings { remote, allowed_signers }
}

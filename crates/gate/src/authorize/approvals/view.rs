//! [`View`]: who may approve, as one revision says it.

use suimon_model::ApprovalRule;

use crate::authorize::policy::Source;
use crate::signers::{AllowedSigners, RevokedKeys};
use crate::ssh::Key;

/// Who may approve, as one revision says it.
pub(super) struct View<'a> {
    source: &'a Source<'a>,
    pub(super) signers: AllowedSigners,
    revoked: Result<RevokedKeys, String>,
}

impl<'a> View<'a> {
    /// The views of all sources; a file that is the same in two is read once.
    pub(super) fn of(sources: &'a [Source<'a>]) -> Vec<Self> {
        let mut views: Vec<Self> = Vec::new();
        for source in sources {
            let text = text(source);
            let signers = match (text, views.iter().find(|view| self::text(view.source) == text)) {
                (None, _) => AllowedSigners::default(),
                (Some(_), Some(same)) => same.signers.clone(),
                (Some(text), None) => AllowedSigners::parse(text),
            };
            views.push(Self { source, signers, revoked: revoked(source) });
        }
        views
    }

    /// Whether reviews of the forge count.
    pub(super) fn counts_reviews(&self) -> bool {
        self.source.approvers.forge
    }

    /// Whether a key is trusted still.
    pub(super) fn trusts(&self, key: &Key) -> Result<(), String> {
        match &self.revoked {
            Err(why) => Err(format!("{why}, so no key is trusted")),
            Ok(revoked) if revoked.has(key.fingerprint()) => Err("the key is revoked".to_owned()),
            Ok(_) => Ok(()),
        }
    }

    /// Whether somebody may approve in a role: a principal, or a login as `@login`.
    ///
    /// A group of the rule that is gone here is any group: it was renamed or split.
    pub(super) fn may(&self, who: &str, rule: &ApprovalRule) -> Result<(), String> {
        let groups = &self.source.approvers.groups;
        let member = |name: &String| groups.get(name).is_some_and(|list| has(list, who));
        let gone = || rule.from.iter().any(|name| !groups.contains_key(name));
        if rule.from.is_empty()
            || rule.from.iter().any(member)
            || gone() && groups.values().any(|list| has(list, who))
        {
            return Ok(());
        }
        Err(format!("not in {} in {}", rule.from.join(" or "), self.source.label))
    }

    /// Everybody who may approve in a role and has a way to.
    pub(super) fn candidates(&self, rule: &ApprovalRule) -> Vec<&str> {
        let signs = |name: &str| {
            self.signers.signers().iter().any(|one| one.principals.iter().any(|own| own == name))
        };
        if rule.from.is_empty() {
            let signers = self.signers.signers().iter();
            return signers.filter_map(|one| one.principals.first()).map(String::as_str).collect();
        }
        let groups = rule.from.iter().filter_map(|name| self.source.approvers.groups.get(name));
        let able = |who: &&str| signs(who) || who.starts_with('@') && self.counts_reviews();
        groups.flatten().map(String::as_str).filter(able).collect()
    }

    /// Where this is from, for people.
    pub(super) fn label(&self) -> &str {
        &self.source.label
    }

    /// Why no signature can count, where that is so.
    pub(super) fn no_signers(&self) -> Option<String> {
        let path = self.source.approvers.allowed_signers.as_ref()?;
        match &self.source.files.allowed_signers {
            None => Some(format!("{path} is missing in {}", self.source.label)),
            Some(_) if self.signers.signers().is_empty() => {
                Some(format!("{path} names nobody in {}", self.source.label))
            }
            Some(_) => None,
        }
    }
}

fn text<'a>(source: &Source<'a>) -> Option<&'a str> {
    source.approvers.allowed_signers.as_ref()?;
    source.files.allowed_signers.as_deref()
}

fn has(list: &[String], who: &str) -> bool {
    list.iter().any(|member| match (member.strip_prefix('@'), who.strip_prefix('@')) {
        (Some(member), Some(login)) => member.eq_ignore_ascii_case(login),
        _ => member == who,
    })
}

fn revoked(source: &Source<'_>) -> Result<RevokedKeys, String> {
    let Source { approvers, files, label } = source;
    let Some(path) = &approvers.revoked_keys else { return Ok(RevokedKeys::default()) };
    let Some(text) = &files.revoked_keys else {
        return Err(format!("{path} is missing in {label}"));
    };
    let revoked = RevokedKeys::parse(text);
    match revoked.problems().first() {
        Some(bad) => Err(format!("{path}:{} in {label} cannot be read", bad.line)),
        None => Ok(revoked),
    }
}

//! Approvals (<https://docs.gitlab.com/api/merge_request_approvals/>), reviewers, and who may write
//! (<https://docs.gitlab.com/api/members/>).

use jiff::Timestamp;

use super::Gitlab;
use super::wire::{Approvals, Diff, Member, Note, Reviewer, User};
use crate::http::Method;
use crate::{Result, Review, ReviewState, text};

/// The lowest role that may push: Developer (<https://docs.gitlab.com/api/members/#roles>).
const DEVELOPER: u32 = 30;

pub(super) async fn of(gitlab: &Gitlab, number: u64) -> Result<Vec<Review>> {
    let request = format!("{}/merge_requests/{number}", gitlab.project());
    let approvals = gitlab.rest.request(Method::Get, &format!("{request}/approvals"));
    let approvals: Approvals = gitlab.rest.json(&approvals).await?;
    let diffs: Vec<Diff> = gitlab.rest.list(&format!("{request}/versions?per_page=100")).await?;
    let mut notes: Option<Vec<Note>> = None;
    let mut reviews = Vec::new();
    for approval in approvals.approved_by {
        let login = approval.user.login(gitlab)?;
        let mut at = approval.approved_at;
        if at.is_none() {
            // Before GitLab told the time of an approval, only its note about it did.
            if notes.is_none() {
                let path = format!("{request}/notes?sort=asc&order_by=created_at&per_page=100");
                notes = Some(gitlab.rest.list(&path).await?);
            }
            at = approved_at(notes.as_deref().unwrap_or_default(), &login);
        }
        let commit = at.and_then(|at| head_at(&diffs, at)).unwrap_or_default();
        reviews.push(Review {
            bot: is_bot(gitlab, &approval.user).await?,
            login,
            state: ReviewState::Approved,
            commit,
            at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        });
    }
    reviews.extend(wants_changes(gitlab, &request, &diffs, &reviews).await?);
    reviews.sort_by_key(|review| review.at);
    Ok(reviews)
}

/// When somebody approved, as GitLab's own notes tell.
fn approved_at(notes: &[Note], login: &str) -> Option<Timestamp> {
    let by = |note: &&Note| {
        let author = note.author.as_ref().is_some_and(|author| author.username == login);
        note.system && author && note.body == "approved this merge request"
    };
    notes.iter().filter(by).map(|note| note.created_at).max()
}

/// The head when something was done: that of the newest version that is older.
fn head_at(diffs: &[Diff], at: Timestamp) -> Option<String> {
    let older = diffs.iter().filter(|diff| diff.created_at < at);
    let head = older.max_by_key(|diff| diff.created_at)?.head_commit_sha.clone()?;
    text::is_commit(&head).then_some(head)
}

/// Reviewers who want changes (<https://docs.gitlab.com/api/merge_requests/#get-single-merge-request-reviewers>).
/// When they said so is not told: it counts now, after whatever else they said.
async fn wants_changes(
    gitlab: &Gitlab,
    request: &str,
    diffs: &[Diff],
    reviews: &[Review],
) -> Result<Vec<Review>> {
    let path = gitlab.rest.request(Method::Get, &format!("{request}/reviewers"));
    let reviewers: Option<Vec<Reviewer>> = gitlab.rest.find(&path).await?;
    let newest = diffs.iter().max_by_key(|diff| diff.created_at);
    let times = reviews.iter().map(|review| review.at).chain(newest.map(|diff| diff.created_at));
    let at = times.max().unwrap_or(Timestamp::UNIX_EPOCH);
    let commit = newest.and_then(|diff| diff.head_commit_sha.clone()).unwrap_or_default();
    let mut found = Vec::new();
    for reviewer in reviewers.unwrap_or_default() {
        if reviewer.state == "requested_changes" {
            found.push(Review {
                bot: is_bot(gitlab, &reviewer.user).await?,
                login: reviewer.user.login(gitlab)?,
                state: ReviewState::ChangesRequested,
                commit: commit.clone(),
                at,
            });
        }
    }
    Ok(found)
}

/// Whether an account is a program's: what GitLab says, and the names that it gives to the bots of access
/// tokens and to service accounts (<https://docs.gitlab.com/user/project/settings/project_access_tokens/>).
async fn is_bot(gitlab: &Gitlab, user: &User) -> Result<bool> {
    let name = user.username.to_ascii_lowercase();
    let numbered = |prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| {
            rest.contains("_bot") && rest.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let named = numbered("project_")
        || numbered("group_")
        || name.starts_with("service_account_")
        || name == "gitlab-bot";
    if named || user.bot {
        return Ok(true);
    }
    let request = gitlab.rest.request(Method::Get, &format!("/users/{}", user.id));
    let known: User = gitlab.rest.json(&request).await?;
    Ok(known.bot)
}

pub(super) async fn may_write(gitlab: &Gitlab, account: &str) -> Result<bool> {
    if !text::is_login(account) {
        return Ok(false);
    }
    let path = format!("/users?username={}", text::encode(account));
    let users: Vec<User> = gitlab.rest.list(&path).await?;
    let Some(user) = users.iter().find(|user| user.username.eq_ignore_ascii_case(account)) else {
        return Ok(false);
    };
    let path = format!("{}/members/all/{}", gitlab.project(), user.id);
    let member: Option<Member> = gitlab.rest.find(&gitlab.rest.request(Method::Get, &path)).await?;
    Ok(member.is_some_and(|member| {
        member.access_level >= DEVELOPER
            && member.state == "active"
            && member.username.eq_ignore_ascii_case(account)
    }))
}

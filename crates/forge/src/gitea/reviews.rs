//! Reviews, and who may write.

use super::Gitea;
use super::wire::{Permission, Review as Wire, User, login};
use crate::http::Method;
use crate::{Result, Review, ReviewState, text};

pub(super) async fn of(gitea: &Gitea, number: u64) -> Result<Vec<Review>> {
    let path = format!("{}/pulls/{number}/reviews?limit=50", gitea.repository());
    let found: Vec<Wire> = gitea.rest.list(&path).await?;
    let mut reviews = Vec::new();
    for review in found {
        let state = match review.state.as_str() {
            // A draft that only its author sees, and a question that has no answer yet.
            "PENDING" | "REQUEST_REVIEW" => continue,
            _ if review.dismissed => ReviewState::Dismissed,
            // Approved before the last push, whatever commit it names.
            "APPROVED" if review.stale => ReviewState::Dismissed,
            // Of an account that could not write, or is not on the branch's list, when it was given.
            "APPROVED" if !review.official => ReviewState::Commented,
            "APPROVED" => ReviewState::Approved,
            "REQUEST_CHANGES" => ReviewState::ChangesRequested,
            "COMMENT" => ReviewState::Commented,
            other => {
                let other = text::line(other, 60);
                return Err(gitea.rest.malformed("review", format!("state {other:?}")));
            }
        };
        let Some(user) = &review.user else { continue };
        reviews.push(Review {
            login: login(gitea, Some(user))?,
            bot: is_bot(user),
            state,
            commit: review.commit_id.unwrap_or_default(),
            at: review.submitted_at,
        });
    }
    reviews.sort_by_key(|review| review.at);
    Ok(reviews)
}

/// The host's own accounts have no positive number.
fn is_bot(user: &User) -> bool {
    let name = user.login.to_ascii_lowercase();
    user.id < 0
        || matches!(name.as_str(), "gitea-actions" | "forgejo-actions")
        || name.ends_with("[bot]")
}

pub(super) async fn may_write(gitea: &Gitea, account: &str) -> Result<bool> {
    if !text::is_login(account) {
        return Ok(false);
    }
    let path = format!("{}/collaborators/{}/permission", gitea.repository(), text::encode(account));
    let found: Option<Permission> =
        gitea.rest.find(&gitea.rest.request(Method::Get, &path)).await?;
    let Some(found) = found else { return Ok(false) };
    let writes = matches!(found.permission.as_str(), "owner" | "admin" | "write");
    let same = found.user.is_some_and(|user| user.login.eq_ignore_ascii_case(account));
    Ok(writes && same)
}

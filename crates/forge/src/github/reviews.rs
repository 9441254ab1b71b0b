//! Reviews (<https://docs.github.com/rest/pulls/reviews>) and who may write
//! (<https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user>).

use super::Github;
use super::wire::{Permission, Review as Wire, login};
use crate::http::Method;
use crate::{Result, Review, ReviewState, text};

pub(super) async fn of(github: &Github, number: u64) -> Result<Vec<Review>> {
    let path = format!("{}/pulls/{number}/reviews?per_page=100", github.repository());
    let found: Vec<Wire> = github.rest.list(&path).await?;
    let mut reviews = Vec::new();
    for review in found {
        let state = match review.state.to_ascii_uppercase().as_str() {
            "APPROVED" => ReviewState::Approved,
            "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
            "COMMENTED" => ReviewState::Commented,
            "DISMISSED" => ReviewState::Dismissed,
            // A draft that only its author sees.
            "PENDING" => continue,
            other => {
                let other = text::line(other, 60);
                return Err(github.rest.malformed("review", format!("state {other:?}")));
            }
        };
        let Some(at) = review.submitted_at else {
            return Err(github.rest.malformed("review", "it has no time"));
        };
        let login = login(github, review.user.as_ref())?;
        let person = review.user.as_ref().is_some_and(|user| user.kind == "User");
        let bot = !person || login.ends_with("[bot]");
        reviews.push(Review {
            login,
            bot,
            state,
            commit: review.commit_id.unwrap_or_default(),
            at,
        });
    }
    reviews.sort_by_key(|review| review.at);
    Ok(reviews)
}

pub(super) async fn may_write(github: &Github, account: &str) -> Result<bool> {
    if !text::is_login(account) {
        return Ok(false);
    }
    let path =
        format!("{}/collaborators/{}/permission", github.repository(), text::encode(account));
    let found: Option<Permission> =
        github.rest.find(&github.rest.request(Method::Get, &path)).await?;
    let Some(found) = found else { return Ok(false) };
    // `maintain` and custom roles are mapped to what they are based on.
    let writes = matches!(found.permission.as_str(), "admin" | "maintain" | "write");
    let same = login(github, found.user.as_ref())?.eq_ignore_ascii_case(account);
    Ok(writes && same)
}

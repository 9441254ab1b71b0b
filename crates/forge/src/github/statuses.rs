//! Statuses of commits (<https://docs.github.com/rest/commits/statuses>).

use super::{DESCRIPTION, Github};
use crate::statuses::{self, Place};
use crate::{Result, Status};

pub(super) async fn put(github: &Github, commit: &str, status: &Status) -> Result<()> {
    let repository = &github.repository();
    let place = Place { repository, newest_first: "per_page=100", most: DESCRIPTION };
    statuses::put(&github.rest, &place, commit, status).await
}

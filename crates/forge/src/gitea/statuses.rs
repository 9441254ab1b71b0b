//! Statuses of commits.

use super::{DESCRIPTION, Gitea};
use crate::statuses::{self, Place};
use crate::{Result, Status};

pub(super) async fn put(gitea: &Gitea, commit: &str, status: &Status) -> Result<()> {
    let repository = &gitea.repository();
    let place = Place { repository, newest_first: "sort=recentupdate&limit=50", most: DESCRIPTION };
    statuses::put(&gitea.rest, &place, commit, status).await
}

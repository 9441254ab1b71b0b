//! Comments (<https://docs.github.com/rest/issues/comments>).

use serde::Deserialize;
use serde_json::json;

use super::wire::{Comment, User};
use super::{BODY, Github};
use crate::http::{Method, Request};
use crate::rest::Failed;
use crate::{Error, Result, marker, text};

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    viewer: User,
}

/// The token's account. The token of an app's installation, such as that of GitHub Actions, may not ask
/// `GET /user`; what it may ask is GraphQL's `viewer` (<https://docs.github.com/graphql/reference/queries#viewer>).
async fn account(github: &Github) -> Result<&str> {
    let ask = || async {
        let user: User = match github.rest.json(&github.rest.request(Method::Get, "/user")).await {
            Ok(user) => user,
            Err(Failed { status: Some(403), error: Error::Forbidden { what, why } }) => {
                let question = json!({"query": "query { viewer { login } }"});
                let request = Request::new(Method::Post, &github.graphql).json(&question);
                let request = github.rest.authorized(request.repeatable());
                let answer: Result<Answer, _> = github.rest.json(&request).await;
                match answer.ok().and_then(|answer| answer.data) {
                    Some(data) => data.viewer,
                    None => return Err(Error::Forbidden { what, why }),
                }
            }
            Err(failed) => return Err(failed.error),
        };
        super::wire::login(github, Some(&user))
    };
    github.account.get_or_try_init(ask).await.map(String::as_str)
}

/// Ids, names and bodies of the comments that suimon wrote with this account, oldest first.
async fn all(github: &Github, number: u64) -> Result<Vec<(u64, String, String)>> {
    let account = account(github).await?;
    let path = format!("{}/issues/{number}/comments?per_page=100", github.repository());
    let comments: Vec<Comment> = github.rest.list(&path).await?;
    let ours = comments.into_iter().filter_map(|comment| {
        let login = comment.user?.login;
        let (name, body) = marker::read(&comment.body?)?;
        login.eq_ignore_ascii_case(account).then_some((comment.id, name, body))
    });
    let mut ours: Vec<_> = ours.collect();
    ours.sort_by_key(|(id, ..)| *id);
    Ok(ours)
}

pub(super) async fn own(github: &Github, number: u64) -> Result<Vec<(String, String)>> {
    let mut comments: Vec<(String, String)> = Vec::new();
    for (_, name, body) in all(github, number).await? {
        if comments.iter().all(|(known, _)| *known != name) {
            comments.push((name, body));
        }
    }
    Ok(comments)
}

pub(super) async fn put(github: &Github, number: u64, name: &str, body: &str) -> Result<()> {
    let text = marker::mark(name, body, BODY)?;
    if update(github, number, name, &text).await? {
        return Ok(());
    }
    let path = format!("{}/issues/{number}/comments", github.repository());
    let request = github.rest.request(Method::Post, &path).json(&json!({"body": text}));
    match github.rest.call(&request).await {
        Ok(_) => Ok(()),
        // It may have been written all the same: look before it is written again.
        Err(Failed { error: Error::Unreachable { .. }, .. }) => {
            if !update(github, number, name, &text).await? {
                github.rest.call(&request).await?;
            }
            Ok(())
        }
        Err(failed) => Err(failed.error),
    }
}

/// Updates the comment that is there, and removes others of its name that a race left.
async fn update(github: &Github, number: u64, name: &str, text: &str) -> Result<bool> {
    let comments = all(github, number).await?;
    let mut ours = comments.iter().filter(|(_, known, _)| known == name);
    let Some((first, _, body)) = ours.next() else { return Ok(false) };
    let wanted = marker::read(text).map(|(_, body)| body).unwrap_or_default();
    let path = |id: &u64| format!("{}/issues/comments/{id}", github.repository());
    if !text::same(body, &wanted) {
        let request = github.rest.request(Method::Patch, &path(first));
        github.rest.call(&request.json(&json!({"body": text}))).await?;
    }
    for (id, ..) in ours {
        match github.rest.call(&github.rest.request(Method::Delete, &path(id))).await {
            Ok(_) | Err(Failed { status: Some(404), .. }) => {}
            Err(failed) => return Err(failed.error),
        }
    }
    Ok(true)
}

//! Comments (<https://docs.github.com/rest/issues/comments>), and whose they are.

use serde::Deserialize;
use serde_json::json;

use super::wire::User;
use super::{BODY, Github};
use crate::http::{Method, Request};
use crate::rest::Failed;
use crate::thread::Thread;
use crate::{Error, Result};

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    viewer: User,
}

/// The comments of a pull request, which are those of the issue with its number.
pub(super) async fn thread(github: &Github, number: u64) -> Result<Thread<'_>> {
    let repository = github.repository();
    Ok(Thread {
        rest: &github.rest,
        all: format!("{repository}/issues/{number}/comments"),
        query: "?per_page=100",
        one: format!("{repository}/issues/comments"),
        update: Method::Patch,
        account: account(github).await?,
        most: BODY,
    })
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

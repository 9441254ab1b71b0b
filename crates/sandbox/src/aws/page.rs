//! Pages of a list.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::error::AwsError;

/// How an operation pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// The member with the token, such as `nextToken`.
    pub(crate) token: &'static str,
    /// The member with the size, such as `maxResults`.
    pub(crate) size: &'static str,
    /// The size when none is asked for.
    pub(crate) default: usize,
    /// The largest size.
    pub(crate) max: usize,
}

/// One page of `items`, each with its name, and the token of the next one.
///
/// # Errors
///
/// The message that a service answers to a size out of range or to a token that it did not give.
pub(crate) fn page<T>(
    items: Vec<(String, T)>,
    body: &Value,
    paging: Paging,
) -> Result<(Vec<T>, Option<String>), PageError> {
    let size = match body.get(paging.size).filter(|size| !size.is_null()) {
        None => paging.default,
        Some(size) => size
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=paging.max).contains(size))
            .ok_or(PageError::Size(paging.max))?,
    };
    let start = match body.get(paging.token).and_then(Value::as_str) {
        None | Some("") => 0,
        Some(token) => start_of(token, &items).ok_or(PageError::Token)?,
    };
    let total = items.len();
    let page: Vec<(String, T)> = items.into_iter().skip(start).take(size).collect();
    let next = (start + page.len() < total)
        .then(|| page.last().map(|(name, _)| STANDARD.encode(format!("{}:{name}", start + size))))
        .flatten();
    Ok((page.into_iter().map(|(_, item)| item).collect(), next))
}

/// Behind the item that the token names; where it was, when it is gone.
fn start_of<T>(token: &str, items: &[(String, T)]) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (offset, name) = text.split_once(':')?;
    let offset: usize = offset.parse().ok()?;
    let found = items.iter().position(|(item, _)| item == name);
    Some(found.map_or(offset.saturating_sub(1), |position| position + 1))
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// The size is not within 1 and this.
    Size(usize),
    /// The token is none of ours.
    Token,
}

impl PageError {
    /// As ECS words it.
    pub(crate) fn ecs(self) -> AwsError {
        match self {
            Self::Size(max) => AwsError::client(
                "InvalidParameterException",
                format!("maxResults must be between 1 and {max}."),
            ),
            Self::Token => {
                AwsError::client("InvalidParameterException", "Invalid token in the request.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PageError, Paging, page};

    const PAGING: Paging = Paging { token: "nextToken", size: "maxResults", default: 2, max: 3 };

    fn named(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn pages_follow_each_other_also_when_items_go() {
        let (first, token) = page(named(&["a", "b", "c", "d"]), &json!({}), PAGING).unwrap();
        assert_eq!(first, ["a", "b"]);
        let body = json!({ "nextToken": token.unwrap() });
        let (second, end) = page(named(&["a", "b", "c", "d"]), &body, PAGING).unwrap();
        assert_eq!((second, end), (vec!["c".to_owned(), "d".to_owned()], None));
        let (gone, _) = page(named(&["b", "c", "d"]), &body, PAGING).unwrap();
        assert_eq!(gone, ["c", "d"], "an item of the first page is gone");
    }

    #[test]
    fn bad_pages_are_refused() {
        for size in [json!(0), json!(4), json!(-1), json!("2")] {
            let body = json!({ "maxResults": size });
            assert_eq!(page(named(&[]), &body, PAGING), Err(PageError::Size(3)), "{size}");
        }
        for token in ["x", "eA==", "eDp5"] {
            let body = json!({ "nextToken": token });
            assert_eq!(page(named(&["a"]), &body, PAGING), Err(PageError::Token), "{token}");
        }
    }
}

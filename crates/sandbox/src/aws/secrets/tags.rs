//! `TagResource` and `UntagResource`.

use serde_json::{Value, json};

use crate::aws::{
    context::Context,
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    input::{self, invalid_parameter},
};

type Tags = Vec<(String, String)>;

/// How many tags a secret can have.
const MAX_TAGS: usize = 50;

impl Secrets {
    pub(super) fn tag(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let new = read(body)?;
        let secret = self.write(body)?;
        let mut tags = secret.tags.clone();
        for (key, value) in new {
            match tags.iter_mut().find(|(there, _)| *there == key) {
                Some(tag) => tag.1 = value,
                None => tags.push((key, value)),
            }
        }
        check(&tags)?;
        secret.tags = tags;
        secret.changed = context.now;
        Ok(json!({}))
    }

    pub(super) fn untag(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let keys = input::texts(body, "TagKeys")?;
        let secret = self.write(body)?;
        secret.tags.retain(|(key, _)| !keys.contains(&key.as_str()));
        secret.changed = context.now;
        Ok(json!({}))
    }
}

/// The tags in a call.
pub(super) fn read(body: &Value) -> Result<Tags, AwsError> {
    let one = |tag: &Value| {
        let key = input::bounded(tag, "Key", 1, 128)?.ok_or_else(|| input::missing("Key"))?;
        let value = input::bounded(tag, "Value", 0, 256)?.unwrap_or_default();
        if key.starts_with("aws:") {
            return Err(invalid_parameter("Tag keys can't start with aws:."));
        }
        Ok((key.to_owned(), value.to_owned()))
    };
    input::list(body, "Tags")?.iter().map(one).collect()
}

pub(super) fn check(tags: &Tags) -> Result<(), AwsError> {
    if tags.len() > MAX_TAGS {
        return Err(invalid_parameter("You can't have more than 50 tags on a secret."));
    }
    let twice = |at: usize, key: &str| tags.iter().skip(at + 1).any(|(other, _)| other == key);
    if tags.iter().enumerate().any(|(at, (key, _))| twice(at, key)) {
        return Err(invalid_parameter("You can't have two tags with the same key on a secret."));
    }
    Ok(())
}

pub(super) fn shown(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

//! The filters of `ListSecrets` and `BatchGetSecretValue`.

use serde_json::Value;

use crate::aws::error::AwsError;

use super::{
    input::{self, invalid_parameter},
    model::Secret,
};

#[derive(Clone, Copy, Debug)]
enum Attribute {
    Description,
    Name,
    TagKey,
    TagValue,
    PrimaryRegion,
    OwningService,
    All,
}

/// All of them must match; of a filter's values, one must.
#[derive(Debug)]
pub(super) struct Filters(Vec<(Attribute, Vec<String>)>);

impl Filters {
    pub(super) fn read(body: &Value) -> Result<Self, AwsError> {
        let given = input::list(body, "Filters")?;
        if given.len() > 10 {
            let rule = "Member must have length less than or equal to 10";
            return Err(input::constraint("filters", None, rule));
        }
        let one = |(at, filter): (usize, &Value)| {
            let name = input::text(filter, "Key")?.unwrap_or_default();
            let key = key(name, at)?;
            let values: Vec<String> =
                input::texts(filter, "Values")?.into_iter().map(str::to_owned).collect();
            if values.is_empty() {
                return Err(invalid_parameter(format!("Invalid filter values for key: {name}")));
            }
            check(&values, at)?;
            Ok((key, values))
        };
        given.iter().enumerate().map(one).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn match_(&self, secret: &Secret) -> bool {
        self.0.iter().all(|(key, values)| values.iter().any(|value| matches(*key, value, secret)))
    }
}

fn key(name: &str, at: usize) -> Result<Attribute, AwsError> {
    Ok(match name {
        "description" => Attribute::Description,
        "name" => Attribute::Name,
        "tag-key" => Attribute::TagKey,
        "tag-value" => Attribute::TagValue,
        "primary-region" => Attribute::PrimaryRegion,
        "owning-service" => Attribute::OwningService,
        "all" => Attribute::All,
        other => {
            let rule = "Member must satisfy enum value set: [all, name, tag-key, description, tag-value, primary-region, owning-service]";
            let member = format!("filters.{}.member.key", at + 1);
            return Err(input::constraint(&member, Some(other), rule));
        }
    })
}

fn check(values: &[String], at: usize) -> Result<(), AwsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " :_@/+=.-!".contains(c);
    match values.iter().find(|value| value.len() > 512 || !value.chars().all(allowed)) {
        None => Ok(()),
        Some(value) => {
            let rule = r"Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$";
            let member = format!("filters.{}.member.values", at + 1);
            Err(input::constraint(&member, Some(value), rule))
        }
    }
}

/// Whether a secret has what one value says, or has it not when the value starts with an exclamation mark.
fn matches(key: Attribute, value: &str, secret: &Secret) -> bool {
    match value.strip_prefix('!') {
        Some(value) => !has(key, value, secret),
        None => has(key, value, secret),
    }
}

fn has(key: Attribute, value: &str, secret: &Secret) -> bool {
    let prefix = |text: &str| text.starts_with(value);
    match key {
        Attribute::Name => prefix(&secret.name),
        Attribute::TagKey => secret.tags.iter().any(|(key, _)| prefix(key)),
        Attribute::TagValue => secret.tags.iter().any(|(_, value)| prefix(value)),
        Attribute::PrimaryRegion => secret.primary.as_deref().is_some_and(prefix),
        Attribute::OwningService => false,
        Attribute::Description => {
            let text = secret.description.as_deref().unwrap_or_default();
            has_words(value, &[text]) && !text.is_empty()
        }
        Attribute::All => {
            let mut texts = vec![secret.name.as_str()];
            texts.extend(secret.description.as_deref());
            texts.extend(secret.tags.iter().flat_map(|(key, value)| [key.as_str(), value]));
            has_words(value, &texts)
        }
    }
}

/// Whether each word of `wanted` starts a word of one of the texts, in any case.
fn has_words(wanted: &str, texts: &[&str]) -> bool {
    let there: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
    let wanted = words(wanted);
    !wanted.is_empty() && wanted.iter().all(|word| there.iter().any(|it| it.starts_with(word)))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

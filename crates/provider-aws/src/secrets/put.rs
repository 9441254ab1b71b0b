//! Writing a value: at most one version for each.

use serde_json::{Value, json};
use suimon_provider::{Error, Result};

use super::content::{Resolved, resolve};
use super::generate::random_hex;
use super::key;
use super::normal::{GENERATED, KEYS, VALUE, is_made, made_prefix};
use super::payload::{Content, body, taken, withheld};
use super::seen::Seen;
use super::value::Declaration;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::Tags;
use crate::resource::Declared;

/// A value that is to be the current one, and the version id that it gets.
pub(super) struct Wish<'a> {
    declaration: &'a Declaration,
    resolved: Resolved<'a>,
    pub(super) token: String,
}

impl<'a> Wish<'a> {
    /// Reads the sources, and works out the version id.
    ///
    /// # Errors
    /// A source cannot be read, or holds another value than when the plan was made.
    pub(super) async fn new(
        context: &Context,
        declared: &Declared,
        declaration: &'a Declaration,
    ) -> Result<Self> {
        let refused = |reason: String| Error::Rejected(format!("{}: {reason}", declared.id));
        // Nothing is awaited between reading a source and knowing that it is the planned value.
        let key = match declaration.needs_key() {
            true => Some(key::make(context).await?),
            false => None,
        };
        let resolved = resolve(declaration, &context.options).map_err(refused)?;
        let name = declared.text("name");
        let token = match (&key, declaration.generator()) {
            (Some(key), _) => resolved.token(key, name)?,
            (None, Some(generator)) => {
                let random = random_hex::<16>()?;
                format!("{}{}", made_prefix(name, &generator.digest()), random.as_str())
            }
            (None, None) => return Err(refused("there is no digest key".to_owned())),
        };
        if context.secrets.planned(&declared.id).is_some_and(|planned| planned != token) {
            let what = "the source of the value has changed since the plan was made: plan again";
            return Err(refused(what.to_owned()));
        }
        Ok(Self { declaration, resolved, token })
    }

    /// Tags that tell what the value is made of.
    pub(super) fn tags(&self) -> Tags {
        let mut tags = Tags::new();
        if let Some(generated) = self.resolved.generated() {
            tags.insert(GENERATED.to_owned(), generated);
        }
        if let Some(keys) = self.resolved.keys().and_then(|keys| key_list(&keys)) {
            tags.insert(KEYS.to_owned(), keys);
        }
        if self.declaration.needs_key() {
            tags.insert(VALUE.to_owned(), self.token.clone());
        }
        tags
    }

    /// The value of a new secret.
    pub(super) fn first(&self) -> Result<Content> {
        self.resolved.content(None)
    }

    /// Whether the current version is this value.
    pub(super) fn is_current(&self, declared: &Declared, seen: &Seen) -> bool {
        match self.declaration.generator() {
            Some(_) => is_made(declared, self.declaration, seen),
            None => seen.current() == Some(&self.token),
        }
    }

    /// Makes this value the current version.
    ///
    /// # Errors
    /// A call failed.
    pub(super) async fn put(&self, context: &Context, seen: &Seen) -> Result<()> {
        if let Some(version) = seen.left_behind() {
            // On a version that is no longer current it would look like a rotation that runs.
            let body = json!({
                "SecretId": seen.arn(), "VersionStage": "AWSPENDING", "RemoveFromVersionId": version,
            });
            call!(
                context.session,
                secretsmanager,
                UpdateSecretVersionStage,
                Repeatable,
                update_secret_version_stage(),
                body
            )?;
        }
        if seen.has_version(&self.token) {
            return self.bring_back(context, seen).await;
        }
        let old = self.kept(context, seen).await?;
        let content = self.resolved.content(old.as_ref())?;
        let members = json!({"SecretId": seen.arn(), "ClientRequestToken": self.token});
        let body = body(&members, &content)?;
        let put = call!(
            context.session,
            secretsmanager,
            PutSecretValue,
            Repeatable,
            put_secret_value(),
            body
        );
        match put {
            Ok(answer) if is_current(&answer) => Ok(()),
            // The version was there already, without a label.
            Ok(_) => self.bring_back(context, seen).await,
            Err(error) if error.code() == "ResourceExistsException" => {
                self.bring_back(context, seen).await
            }
            Err(error) => Err(withheld(error, &content).into()),
        }
    }

    /// The value whose made parts stay, where some do.
    async fn kept(&self, context: &Context, seen: &Seen) -> Result<Option<Content>> {
        let generated = self.resolved.generated();
        let same = generated.is_some() && seen.tags().get(GENERATED) == generated.as_ref();
        if self.declaration.generator().is_some() || !same || seen.current().is_none() {
            return Ok(None);
        }
        let body = json!({"SecretId": seen.arn()});
        let answer =
            call!(context.session, secretsmanager, GetSecretValue, Read, get_secret_value(), body);
        match answer {
            Ok(answer) => Ok(taken(answer)),
            Err(error) if error.code() == "ResourceNotFoundException" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the version that holds this value the current one again.
    async fn bring_back(&self, context: &Context, seen: &Seen) -> Result<()> {
        let mut body = json!({
            "SecretId": seen.arn(), "VersionStage": "AWSCURRENT", "MoveToVersionId": self.token,
        });
        if let (Value::Object(body), Some(current)) = (&mut body, seen.current()) {
            body.insert("RemoveFromVersionId".to_owned(), current.into());
        }
        call!(
            context.session,
            secretsmanager,
            UpdateSecretVersionStage,
            Repeatable,
            update_secret_version_stage(),
            body
        )?;
        Ok(())
    }
}

fn is_current(answer: &Value) -> bool {
    let stages = answer.get("VersionStages").and_then(Value::as_array);
    stages.is_some_and(|stages| stages.iter().any(|stage| stage == "AWSCURRENT"))
}

/// Names in the letters and the length that a tag may have; `None` where they do not fit.
fn key_list(keys: &[String]) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "+-=._:/@".contains(c);
    let fits = keys.iter().all(|key| !key.is_empty() && key.chars().all(legal));
    Some(keys.join(" ")).filter(|list| fits && !list.is_empty() && list.len() <= 256)
}

/// Makes a secret with its first value.
///
/// # Errors
/// The call failed; what it says of the value is left out.
pub(super) async fn create(
    context: &Context,
    members: &Value,
    content: Option<&Content>,
) -> Result<Result<Value, ApiError>> {
    let Some(content) = content else {
        return Ok(call!(
            context.session,
            secretsmanager,
            CreateSecret,
            Repeatable,
            create_secret(),
            *members
        ));
    };
    let body = body(members, content)?;
    let made =
        call!(context.session, secretsmanager, CreateSecret, Repeatable, create_secret(), body);
    Ok(made.map_err(|error| withheld(error, content)))
}

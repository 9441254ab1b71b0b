//! The key that version ids are made with: `SUIMON_DIGEST_KEY`, or a secret of our own.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use suimon_model::{ResourceId, Sensitive};
use suimon_provider::{Error, Result};
use zeroize::Zeroizing;

use super::generate::random_hex;
use super::payload::{Content, body, taken};
use super::source::variable;
use crate::call::call;
use crate::context::Context;

const VARIABLE: &str = "SUIMON_DIGEST_KEY";
const LEAST: usize = 32;
/// Marks the secret that holds the key. It is no mark of ownership: the key is no resource of the environment.
const MARK: &str = "suimon.dev/digest-key";

pub(super) type Key = Arc<Sensitive<Vec<u8>>>;

/// What the verbs of secrets share in one run.
#[derive(Default)]
pub(crate) struct State {
    memory: Mutex<Memory>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    key: Answer,
    planned: HashMap<ResourceId, String>,
    keys: HashMap<String, Known>,
}

/// What is known of the JSON keys of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// These are its keys.
    Keys(BTreeSet<String>),
    /// It is no JSON object.
    NoObject,
    /// There is no such secret, or no such version.
    Absent,
    /// It may not be read.
    Unknown,
}

/// What asking for the key gave.
#[derive(Debug, Clone, Default)]
pub(super) enum Answer {
    /// Nobody asked yet.
    #[default]
    Unasked,
    /// It does not exist: nothing was ever written.
    Missing,
    /// This is it.
    Known(Key),
    /// Why it cannot be read.
    Unreadable(String),
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(..)")
    }
}

impl State {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, as far as it was asked for.
    pub(super) fn key(&self) -> Answer {
        self.memory().key.clone()
    }

    /// Remembers the version id that a plan shows.
    pub(super) fn plan(&self, id: &ResourceId, token: Option<&str>) {
        let planned = &mut self.memory().planned;
        match token {
            Some(token) => drop(planned.insert(id.clone(), token.to_owned())),
            None => drop(planned.remove(id)),
        }
    }

    /// The version id that the plan shows.
    pub(super) fn planned(&self, id: &ResourceId) -> Option<String> {
        self.memory().planned.get(id).cloned()
    }

    /// What is known of the JSON keys of a version.
    pub(super) fn known(&self, version: &str) -> Option<Known> {
        self.memory().keys.get(version).cloned()
    }

    /// Remembers the JSON keys of a version.
    pub(super) fn know(&self, version: String, known: Known) {
        self.memory().keys.insert(version, known);
    }
}

/// Asks for the key, once in a run.
pub(super) async fn ask(context: &Context) -> Answer {
    let state = &context.secrets;
    let _asking = state.asking.lock().await;
    match state.key() {
        Answer::Unasked => {
            let answer = read(context).await;
            state.memory().key = answer.clone();
            answer
        }
        known => known,
    }
}

/// The key, which is made if there is none yet.
///
/// # Errors
/// It can be neither read nor made.
pub(super) async fn make(context: &Context) -> Result<Key> {
    if let Answer::Known(key) = ask(context).await {
        return Ok(key);
    }
    let state = &context.secrets;
    let _asking = state.asking.lock().await;
    let mut answer = state.key();
    if !matches!(answer, Answer::Known(_)) {
        // It may have been made, or become readable, since it was asked for.
        answer = read(context).await;
    }
    if matches!(answer, Answer::Missing) {
        create(context).await?;
        answer = read(context).await;
    }
    state.memory().key = answer.clone();
    match answer {
        Answer::Known(key) => Ok(key),
        Answer::Unreadable(reason) => Err(Error::Forbidden(reason)),
        Answer::Missing | Answer::Unasked => Err(Error::Transient(format!(
            "the secret `{}` was just made and cannot be read yet",
            name(context)
        ))),
    }
}

/// The name of the secret that holds the key.
pub(super) fn name(context: &Context) -> String {
    format!("suimon/{}/{}/digest-key", context.options.project, context.options.environment)
}

fn known(bytes: &[u8]) -> Answer {
    Answer::Known(Arc::new(Sensitive::new(bytes.to_vec())))
}

async fn read(context: &Context) -> Answer {
    if let Some(given) = variable(VARIABLE, &context.options) {
        return match given.len() {
            length if length < LEAST => Answer::Unreadable(format!(
                "{VARIABLE} has {length} bytes; it needs {LEAST} or more"
            )),
            _ => known(&given),
        };
    }
    let name = name(context);
    let id = json!({"SecretId": name});
    let answer =
        call!(context.session, secretsmanager, GetSecretValue, Read, get_secret_value(), id);
    match answer {
        Ok(answer) => match taken(answer) {
            Some(content) if content.bytes.len() >= LEAST => known(&content.bytes),
            _ => Answer::Unreadable(format!(
                "the secret `{name}` does not hold the digest key that suimon made"
            )),
        },
        Err(error) if error.code() == "ResourceNotFoundException" => Answer::Missing,
        Err(error) => {
            let told = Error::from(error);
            Answer::Unreadable(format!(
                "the digest key of this environment, the secret `{name}`, cannot be read ({told}): allow \
                 secretsmanager:GetSecretValue on it, restore it if it was deleted, or set {VARIABLE}"
            ))
        }
    }
}

/// Makes the key. That somebody else was faster is as good.
async fn create(context: &Context) -> Result<()> {
    let secret =
        Content { binary: false, bytes: Zeroizing::new(random_hex::<32>()?.as_bytes().to_vec()) };
    let (project, environment) = (&context.options.project, &context.options.environment);
    let members = json!({
        "Name": name(context),
        "Description": "Key of suimon: it tells whether the values of secrets have changed without reading them",
        "ClientRequestToken": random_hex::<16>()?.as_str(),
        "Tags": [{"Key": MARK, "Value": format!("{project}/{environment}")}],
    });
    let body = body(&members, &secret)?;
    let made =
        call!(context.session, secretsmanager, CreateSecret, Repeatable, create_secret(), body);
    match made {
        Err(error) if error.code() != "ResourceExistsException" => Err(error.into()),
        _ => Ok(()),
    }
}

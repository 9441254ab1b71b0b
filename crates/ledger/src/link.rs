//! One commit of a chain, believed only as far as it says what its place says.

use std::collections::BTreeMap;

use crate::codec::{RECORD_FILE, SIGNATURE_FILE, Unreadable, decode};
use crate::message::message;
use crate::{Draft, Record, Stored};

/// Where a commit stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub project: &'a str,
    pub environment: &'a str,
    /// From 1.
    pub number: u64,
    pub previous: Option<&'a str>,
}

/// The record of a commit, where it can be read at all.
pub(crate) fn record(stored: &Stored) -> Result<Record, Unreadable> {
    let file = stored
        .files
        .get(RECORD_FILE)
        .ok_or_else(|| Unreadable::Other(format!("it has no {RECORD_FILE}")))?;
    decode(file)
}

/// Everything that is wrong with a commit at its place, given the record in it.
pub(crate) fn faults(stored: &Stored, record: &Record, place: Place<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |right: bool, fault: String| {
        if !right {
            faults.push(fault);
        }
    };
    let previous = |id: Option<&str>| id.unwrap_or("nothing").to_owned();
    check(record.project == place.project, format!("it is of the project {:?}", record.project));
    check(
        record.environment == place.environment,
        format!("it is of the environment {:?}", record.environment),
    );
    check(
        record.number == place.number,
        format!("it says that it is number {}, and stands at {}", record.number, place.number),
    );
    check(
        record.previous.as_deref() == place.previous,
        format!(
            "it says that it follows {}, and follows {}",
            previous(record.previous.as_deref()),
            previous(place.previous)
        ),
    );
    let parents: Vec<&str> = place.previous.into_iter().collect();
    check(stored.parents == parents, format!("it has {} parents", stored.parents.len()));
    check(
        stored.author == record.actor.signature(),
        format!(
            "its author is {:?}, and its record is of {:?}",
            stored.author,
            record.actor.signature()
        ),
    );
    check(
        stored.time.as_second() == record.time.as_second(),
        format!("its time is {}, and its record's {}", stored.time, record.time),
    );
    check(stored.message == message(record), "its message is not the one of its record".to_owned());
    let odd = |name: &&String| !matches!(name.as_str(), RECORD_FILE | SIGNATURE_FILE);
    if let Some(name) = stored.files.keys().find(odd) {
        check(false, format!("it has the file {name:?}"));
    }
    faults
}

/// The commit that holds a record.
pub(crate) fn draft(record: &Record, bytes: Vec<u8>, signature: Option<String>) -> Draft {
    let mut files = BTreeMap::from([(RECORD_FILE.to_owned(), bytes)]);
    if let Some(signature) = signature {
        files.insert(SIGNATURE_FILE.to_owned(), signature.into_bytes());
    }
    Draft { message: message(record), actor: record.actor.clone(), time: record.time, files }
}

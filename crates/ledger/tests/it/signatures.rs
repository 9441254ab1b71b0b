//! Signed records.

use std::sync::Arc;

use suimon_ledger::{
    Entry, Error, Ledger, MemoryStore, Outside, Signing, Trigger, Verification, verify,
};

use crate::keys::{allowed, key, signing};
use crate::place::{Edited, chain, write};
use crate::support::{actor, apply, at, checked, healthy};

const LEDGER: &str = "refs/suimon/ledger/dev";
const SIGNATURE: &str = "record.json.sig";

fn looked_at(store: &MemoryStore, signers: Option<&str>) -> Verification {
    let outside = Outside {
        signers,
        has_commit: &|_| Ok(true),
        gate: &|_| Err("nobody approves here".to_owned()),
    };
    verify(store, "shop", "dev", &outside).unwrap()
}

fn problems(store: &MemoryStore) -> Vec<String> {
    let found = looked_at(&store.beside(), Some(&allowed()));
    let line = |one: suimon_ledger::Problem| format!("{}: {}", one.number.unwrap_or(0), one.what);
    found.problems.into_iter().map(line).collect()
}

fn ledger(store: &MemoryStore, signing: Signing) -> Ledger {
    Ledger::new(Arc::new(store.clone()), "shop", "dev").signed(signing)
}

fn entry(second: i64) -> Entry {
    let event = checked("one", healthy());
    Entry { actor: actor(), trigger: Trigger::Cli, time: at(second), event }
}

#[test]
fn signed_records_verify() {
    let store = MemoryStore::new();
    apply(&ledger(&store, signing()), "r1", "one", 0);
    let found = looked_at(&store, Some(&allowed()));
    assert_eq!((found.problems.len(), found.records, found.signed), (0, 2, 2));
    assert_eq!(looked_at(&store, None).signed, 2);
}

#[test]
fn a_record_that_would_not_be_accepted_is_not_written() {
    let allowed = Some(allowed());
    let signer = |seed| -> Option<Arc<dyn suimon_ledger::Signer>> { Some(Arc::new(key(seed))) };
    let another = Some(key(1).line("ben@example.com", ""));
    let approvals = Some(key(1).line("aiko@example.com", "namespaces=\"approval@suimon.dev\""));
    let expired = Some(key(1).line("aiko@example.com", "valid-before=\"20200101Z\""));
    for (signing, expected) in [
        (Signing { signer: None, allowed: allowed.clone() }, "no key to sign with"),
        (Signing { signer: signer(9), allowed }, "not among the allowed signers"),
        (Signing { signer: signer(1), allowed: another }, "not the one of aiko@example.com"),
        (Signing { signer: signer(1), allowed: approvals }, "may not sign for namespace"),
        (Signing { signer: signer(1), allowed: expired }, "was valid until"),
    ] {
        let store = MemoryStore::new();
        let error = ledger(&store, signing).append(entry(0)).unwrap_err();
        let Error::Unsigned(why) = error else { panic!("{error:?}") };
        assert!(why.contains(expected), "{why}");
        assert!(ledger(&store, Signing::default()).read().unwrap().records.is_empty());
    }
}

#[test]
fn a_signature_that_is_missing_swapped_or_false_is_found() {
    let store = MemoryStore::new();
    let signed = ledger(&store, signing());
    for second in 0..4 {
        signed.append(entry(second)).unwrap();
    }
    let plain = chain(&store, LEDGER);
    let last = plain.len() - 1;
    let bytes = &plain[last].files["record.json"];
    let swapped = plain[1].files[SIGNATURE].clone();
    for (signature, expected) in [
        (None, "it is not signed, and the project asks for signed records"),
        (
            Some(swapped),
            "its signature is not believed: the signature is not of this text by this key",
        ),
        (Some(b"\xff".to_vec()), "its signature is not believed: it is no text"),
        (
            Some(key(9).signature("ledger@suimon.dev", bytes).into_bytes()),
            "is not among the allowed signers",
        ),
        (
            Some(key(1).signature("approval@suimon.dev", bytes).into_bytes()),
            "its signature is not believed: the signature is for namespace",
        ),
    ] {
        let mut edited = Edited::all(&plain);
        match signature {
            Some(signature) => edited[last].files().insert(SIGNATURE.to_owned(), signature),
            None => edited[last].files().remove(SIGNATURE),
        };
        store.force(LEDGER, write(&store, &edited).as_deref());
        let found = problems(&store);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("4: ") && found[0].contains(expected), "{found:?}");
    }
}

#[test]
fn the_first_signature_vouches_for_what_came_before_it() {
    let store = MemoryStore::new();
    let unsigned = ledger(&store, Signing::default());
    unsigned.append(entry(0)).unwrap();
    assert_eq!(problems(&store).len(), 1);
    unsigned.append(entry(1)).unwrap();
    ledger(&store, signing()).append(entry(2)).unwrap();
    assert_eq!(problems(&store), [""; 0]);
    unsigned.append(entry(3)).unwrap();
    assert_eq!(problems(&store), ["4: it is not signed, and the project asks for signed records"]);
}

//! One run at a time.

use suimon_gate::Proof;
use suimon_ledger::{Error, MemoryStore};

use crate::support::{apply, at, ledger, opening, unknown};

#[test]
fn a_run_holds_the_environment_until_it_is_closed() {
    let store = MemoryStore::new();
    let dev = ledger(&store, "dev");
    let record = apply(&dev, "r1", "one", 0);
    let history = dev.read().unwrap();
    assert_eq!(history.records.len(), 2);
    assert_eq!(history.proof("sha256:one"), Proof::Healthy { since: at(5), until: None, record });
    let run = dev.open(opening("r2", "two", 20), &unknown).unwrap();
    run.check().unwrap();
    let other = ledger(&store.beside(), "dev");
    let error = other.open(opening("r3", "two", 21), &unknown).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
}

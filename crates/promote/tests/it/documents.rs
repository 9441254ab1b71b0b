//! The local forge's files.

use std::collections::BTreeMap;
use std::sync::Arc;

use suimon_forge::{Documents, Local, Version};
use suimon_promote::{FORGE_REF, RepositoryDocuments};

use crate::repo::Repo;

fn documents(repo: &Repo) -> RepositoryDocuments {
    RepositoryDocuments::new(repo.repository.clone(), "Emi", "emi@example.com", None)
}

#[test]
fn files_are_replaced_whole_by_whoever_is_first() {
    let repo = Repo::new();
    let documents = documents(&repo);
    assert_eq!(documents.read().unwrap(), Version::default());
    let one = BTreeMap::from([("changes/1.json".to_owned(), b"{}".to_vec())]);
    let two = BTreeMap::from([("changes/2.json".to_owned(), b"[]".to_vec())]);
    assert!(documents.swap(None, &one, "first").unwrap());
    assert!(!documents.swap(None, &two, "late").unwrap());
    let read = documents.read().unwrap();
    assert_eq!(read.files, one);
    assert!(documents.swap(read.id.as_deref(), &two, "second").unwrap());
    assert!(!documents.swap(read.id.as_deref(), &one, "late").unwrap());
    assert_eq!(documents.read().unwrap().files, two, "what is not given is gone");
    let tip = repo.repository.local_ref(FORGE_REF).unwrap().unwrap();
    let info = repo.repository.info(&tip).unwrap().unwrap();
    assert_eq!((info.message.as_str(), info.parents), ("second\n", vec![read.id.unwrap()]));
}

#[test]
fn branches_are_those_of_the_repository() {
    let repo = Repo::new();
    let first = repo.commit(None, &[("a", "1")], "first\n");
    let second = repo.commit(Some(&first), &[("a", "2")], "second\n");
    repo.set("refs/heads/topic", &second);
    let documents = documents(&repo);
    assert_eq!(documents.tip("topic").unwrap().as_deref(), Some(&*second));
    assert_eq!(documents.tip("none").unwrap(), None);
    assert!(documents.is_ancestor(&first, &second).unwrap());
    assert!(!documents.is_ancestor(&second, &first).unwrap());
    assert!(!documents.is_ancestor(&"0".repeat(40), &first).unwrap());
    assert_eq!(documents.default_branch().unwrap().as_deref(), Some("main"));
    let named = RepositoryDocuments::new(repo.repository.clone(), "Emi", "", Some("trunk".into()));
    assert_eq!(named.default_branch().unwrap().as_deref(), Some("trunk"));
    assert_eq!(named.account().unwrap(), "Emi");
    assert_eq!(documents.account().unwrap(), "emi@example.com");
    drop(Local::new(Arc::new(documents)));
}

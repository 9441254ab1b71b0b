//! The local forge alone.

use std::sync::Arc;

use suimon_forge::{ChangeState, Error, Forge, Local, ReviewState, Status, StatusState};

use crate::conformance::{id, proposal};
use crate::documents::Memory;

fn start() -> (Local, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    memory.push("main", &id('0'), &[]);
    memory.push("topic", &id('1'), &[&id('0')]);
    (Local::new(memory.clone()), memory)
}

#[tokio::test]
async fn a_change_is_a_file_that_people_can_read() {
    let (forge, memory) = start();
    forge.put_change(&proposal("topic", "Topic")).await.unwrap();
    let file = memory.file("changes/1.json").unwrap();
    let opened = file.lines().find(|line| line.contains("\"opened\"")).unwrap().to_owned();
    let file = file.replace(&opened, r#"  "opened": "…""#);
    insta::assert_snapshot!(file, @r#"
    {
      "number": 1,
      "title": "Topic",
      "body": "Topic\n\n* notes\n",
      "head": "topic",
      "headCommit": "1111111111111111111111111111111111111111",
      "base": "main",
      "baseCommit": "0000000000000000000000000000000000000000",
      "author": "aiko@example.com",
      "state": "open",
      "opened": "…"
    }
    "#);
    assert_eq!(memory.messages(), ["Propose topic"]);
}

#[tokio::test]
async fn doing_it_again_writes_nothing() {
    let (forge, memory) = start();
    let status = Status {
        context: "suimon/plan: stg".to_owned(),
        state: StatusState::Success,
        description: "no changes".to_owned(),
        url: None,
    };
    for _ in 0..3 {
        forge.put_change(&proposal("topic", "Topic")).await.unwrap();
        forge.put_comment(1, "plan:stg", "x").await.unwrap();
        forge.put_status(&id('1'), &status).await.unwrap();
    }
    assert_eq!(memory.messages().len(), 3);
}

#[tokio::test]
async fn a_write_that_is_overtaken_is_made_again_and_not_for_ever() {
    let (forge, memory) = start();
    memory.overtake(3);
    forge.put_change(&proposal("topic", "Topic")).await.unwrap();
    assert_eq!(memory.messages().len(), 1);
    memory.overtake(1000);
    let failed = forge.put_comment(1, "plan:stg", "x").await.unwrap_err();
    assert!(matches!(failed, Error::Refused { .. }), "{failed}");
}

#[tokio::test]
async fn branches_move_without_telling() {
    let (forge, memory) = start();
    forge.put_change(&proposal("topic", "Topic")).await.unwrap();
    let now = async || forge.change(1).await.unwrap().unwrap();
    memory.push("topic", &id('2'), &[&id('1')]);
    assert_eq!((now().await.state, now().await.head_commit), (ChangeState::Open, id('2')));
    // Put back onto its base it proposes nothing, which is no merge.
    memory.put("topic", &id('0'));
    assert_eq!((now().await.state, now().await.head_commit), (ChangeState::Open, id('1')));
    memory.remove("topic");
    assert_eq!(now().await.state, ChangeState::Open);
    // A merge commit on the base has it.
    memory.push("main", &id('5'), &[&id('0'), &id('1')]);
    assert_eq!(now().await.state, ChangeState::Merged);
    assert_eq!(now().await.merge_commit, Some(id('1')));
}

#[tokio::test]
async fn a_merged_branch_that_is_used_again_is_another_change() {
    let (forge, memory) = start();
    forge.put_change(&proposal("topic", "One")).await.unwrap();
    memory.put("main", &id('1'));
    let again = forge.put_change(&proposal("topic", "Two")).await.unwrap_err();
    assert_eq!(again.to_string(), "propose topic: all of it is in `main` already");
    memory.push("topic", &id('2'), &[&id('1')]);
    let two = forge.put_change(&proposal("topic", "Two")).await.unwrap();
    assert_eq!(two.number, 2);
    assert_eq!(forge.change(1).await.unwrap().unwrap().state, ChangeState::Merged);
}

#[tokio::test]
async fn commits_of_a_merged_change_lead_to_it() {
    let (forge, memory) = start();
    memory.push("topic", &id('2'), &[&id('1')]);
    forge.put_change(&proposal("topic", "One")).await.unwrap();
    let of = async |commit: char| {
        let found = forge.changes_of_commit(&id(commit)).await.unwrap();
        found.iter().map(|change| change.number).collect::<Vec<_>>()
    };
    assert_eq!((of('1').await, of('2').await), (vec![], vec![1]));
    memory.put("main", &id('2'));
    assert_eq!((of('0').await, of('1').await, of('2').await), (vec![], vec![1], vec![1]));
}

#[tokio::test]
async fn reviews_are_kept_and_approve_nothing() {
    let (forge, _) = start();
    forge.put_change(&proposal("topic", "One")).await.unwrap();
    forge.review(1, ReviewState::ChangesRequested).await.unwrap();
    forge.review(1, ReviewState::Approved).await.unwrap();
    let reviews = forge.reviews(1).await.unwrap();
    let states: Vec<_> = reviews.iter().map(|review| review.state).collect();
    assert_eq!(states, [ReviewState::ChangesRequested, ReviewState::Approved]);
    assert_eq!(reviews[0].login, "aiko@example.com");
    assert!(!forge.may_write("aiko@example.com").await.unwrap());
    assert!(forge.review(7, ReviewState::Approved).await.is_err());
}

#[tokio::test]
async fn files_that_cannot_be_read_are_errors() {
    for (path, content) in [
        ("changes/1.json", "{"),
        ("changes/1.json", "{}"),
        ("changes/one.json", "[]"),
        ("comments/1.json", "{}"),
    ] {
        let (forge, memory) = start();
        forge.put_change(&proposal("topic", "One")).await.unwrap();
        memory.write(path, content);
        let failed = forge.own_comments(1).await.unwrap_err();
        assert!(failed.to_string().starts_with(&format!("local forge: {path}: ")), "{failed}");
    }
    let (forge, memory) = start();
    forge.put_change(&proposal("topic", "One")).await.unwrap();
    let other = memory.file("changes/1.json").unwrap().replace("\"number\": 1", "\"number\": 2");
    memory.write("changes/1.json", &other);
    assert!(forge.change(1).await.is_err());
}

#[tokio::test]
async fn a_repository_without_a_branch_has_no_default_one() {
    let forge = Local::new(Arc::new(Memory::default()));
    assert!(forge.default_branch().await.is_err());
    let status = Status {
        context: "x".to_owned(),
        state: StatusState::Error,
        description: String::new(),
        url: None,
    };
    for wrong in ["", "main", "../../changes/1"] {
        assert!(matches!(forge.put_status(wrong, &status).await, Err(Error::Settings { .. })));
    }
}

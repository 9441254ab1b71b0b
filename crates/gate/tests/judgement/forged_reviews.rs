//! Reviews that are misplaced, or by somebody who may not: none counts.

use suimon_gate::{Known, ReviewState, State};

use crate::world::{World, ago, now};

type Spoil = fn(&mut World);

#[test]
fn the_world_is_open_once_frank_or_dan_reviews() {
    for (login, name) in [("frank", "@frank"), ("Frank", "@frank"), ("dan", "@dan")] {
        let mut world = World::new();
        world.review(login);
        let role = &world.of("approvals")[0];
        assert_eq!(role.state, State::Passed, "{}", role.message);
        assert_eq!(role.message, format!("peer: 1 of 1 approval ({name})"));
        assert!(world.is_open(), "{}", world.show());
    }
}

const REVIEWS: &[(&str, Spoil, &str)] = &[
    (
        "who opened the change",
        |w| {
            w.change().author = "frank".into();
            w.review("frank");
        },
        "@frank does not count: the author of the change",
    ),
    (
        "who opened it, in another case",
        |w| {
            w.change().author = "FRANK".into();
            w.review("frank");
        },
        "the author of the change",
    ),
    (
        "last pusher",
        |w| {
            w.change().last_pusher = Known::Known("frank".into());
            w.review("Frank");
        },
        "@Frank does not count: pushed last to the change",
    ),
    (
        "last pusher not known",
        |w| {
            w.change().last_pusher = Known::Unknown("the forge does not say".into());
            w.review("frank");
        },
        "it is not known who pushed last: the forge does not say",
    ),
    (
        "author of a commit by the address of the forge",
        |w| {
            w.authors().people.insert("99+frank@users.noreply.github.com".into());
            w.review("frank");
        },
        "the author of the change",
    ),
    (
        "author of a commit by their principal",
        |w| {
            w.authors().people.insert("dan@example.com".into());
            w.review("dan");
        },
        "an author of the change",
    ),
    ("bot", |w| w.review_as("frank", |r| r.bot = true), "@frank does not count: a bot"),
    (
        "may only read",
        |w| {
            w.review_as("frank", |r| r.may_write = Known::Known(false));
        },
        "may not write to the repository",
    ),
    (
        "permission not known",
        |w| {
            w.review_as("frank", |r| r.may_write = Known::Unknown("rate limit".into()));
        },
        "it is not known whether they may write: rate limit",
    ),
    (
        "older head",
        |w| {
            w.review_as("frank", |r| r.commit = "0f0c2ab91d3e5f60718293a4b5c6d7e8f9012345".into());
        },
        "reviewed an older commit",
    ),
    (
        "short commit id",
        |w| {
            w.review_as("frank", |r| r.commit.truncate(12));
        },
        "reviewed an older commit",
    ),
    (
        "no commit",
        |w| {
            w.change().head.clear();
            w.review_as("frank", |r| r.commit.clear());
        },
        "reviewed an older commit",
    ),
    (
        "pushed to afterwards",
        |w| {
            w.review("frank");
            w.change().head = "9f0c2ab91d3e5f60718293a4b5c6d7e8f9012345".into();
        },
        "reviewed an older commit",
    ),
    (
        "not what is applied",
        |w| {
            w.change().is_applied = false;
            w.review("frank");
        },
        "what would be applied is not what was reviewed",
    ),
    (
        "dismissed",
        |w| {
            w.review_as("frank", |r| r.state = ReviewState::Dismissed);
        },
        "the review was dismissed",
    ),
    (
        "approved, then dismissed",
        |w| {
            w.review_as("frank", |r| r.at = ago(3));
            w.review_as("frank", |r| r.state = ReviewState::Dismissed);
        },
        "the review was dismissed",
    ),
    (
        "approved, then asks for changes",
        |w| {
            w.review_as("frank", |r| r.at = ago(3));
            w.review_as("FRANK", |r| r.state = ReviewState::ChangesRequested);
        },
        "asks for changes",
    ),
    (
        "asks for changes, listed before an older approval",
        |w| {
            w.review_as("frank", |r| r.state = ReviewState::ChangesRequested);
            w.review_as("frank", |r| r.at = ago(3));
        },
        "asks for changes",
    ),
    (
        "asks for changes in the same second",
        |w| {
            w.review("frank");
            w.review_as("frank", |r| r.state = ReviewState::ChangesRequested);
        },
        "asks for changes",
    ),
    (
        "asks for changes, then comments",
        |w| {
            w.review_as("frank", |r| (r.state, r.at) = (ReviewState::ChangesRequested, ago(3)));
            w.review_as("frank", |r| r.state = ReviewState::Commented);
        },
        "asks for changes",
    ),
    (
        "comment",
        |w| {
            w.review_as("frank", |r| r.state = ReviewState::Commented);
        },
        "only commented",
    ),
    ("label or comment without review", |w| w.change().reviews.clear(), "0 of 1 approval"),
    ("not in the group", |w| w.review("zoe"), "@zoe does not count: not in team"),
    ("principal as login", |w| w.review("aiko@example.com"), "not in team"),
    ("login with the sign", |w| w.review("@frank"), "not in team"),
    ("empty login", |w| w.review(""), "not in team"),
    (
        "reviews do not count here",
        |w| {
            w.approvers().forge = false;
            w.trust();
            w.review("frank");
        },
        "peer: 0 of 1 approval",
    ),
    (
        "reviews count since this change",
        |w| {
            w.approvers().forge = false;
            w.trust();
            w.approvers().forge = true;
            w.review("frank");
        },
        "peer: 0 of 1 approval",
    ),
    (
        "reviews do not count any more",
        |w| {
            w.approvers().forge = false;
            w.review("frank");
        },
        "peer: 0 of 1 approval",
    ),
    (
        "account added in this change",
        |w| {
            w.approvers().groups.get_mut("team").unwrap().push("@zoe".into());
            w.review("zoe");
        },
        "not in team in 111111111111",
    ),
    (
        "account removed in this change",
        |w| {
            w.approvers().groups.get_mut("team").unwrap().retain(|one| one != "@frank");
            w.review("frank");
        },
        "not in team in the revision to apply",
    ),
    (
        "review expired",
        |w| {
            w.gate().approvals[0].expires_after = Some(3600);
            w.trust();
            w.review_as("frank", |r| r.at = ago(2));
        },
        "has expired",
    ),
    (
        "review from the future",
        |w| {
            w.review_as("frank", |r| r.at = "2026-11-23T12:06:00Z".parse().unwrap());
        },
        "dated in the future",
    ),
    (
        "reviews could not be read",
        |w| {
            w.facts.reviews = Known::Unknown("502 from the forge".into());
        },
        "the reviews could not be read: 502 from the forge",
    ),
    (
        "no change",
        |w| {
            w.facts.reviews = Known::Known(None);
        },
        "no change on the forge has this revision",
    ),
];

#[test]
fn no_other_review_counts() {
    for (case, spoil, reason) in REVIEWS {
        let mut world = World::new();
        spoil(&mut world);
        world.assert_held(case, reason);
    }
    assert!(REVIEWS.len() >= 30);
}

#[test]
fn a_comment_takes_nothing_back() {
    let mut world = World::new();
    world.review_as("frank", |r| r.at = ago(3));
    world.review_as("frank", |r| (r.state, r.at) = (ReviewState::Commented, now()));
    assert!(world.is_open(), "{}", world.show());
    let mut world = World::new();
    world.review_as("frank", |r| (r.state, r.at) = (ReviewState::ChangesRequested, ago(3)));
    world.review("frank");
    assert!(world.is_open(), "{}", world.show());
}

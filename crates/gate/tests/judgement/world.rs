//! An environment with everything as it should be, to be spoiled one thing at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan};
use serde_json::json;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use suimon_gate::{
    APPROVAL_NAMESPACE, Authors, Condition, Facts, Known, Review, ReviewState, ReviewedChange,
    STATEMENT_FORMAT, SignedApproval, State, Statement, Trusted, Verdict, authorize, judge,
};
use suimon_model::{ApprovalRule, Approvers, Gate, GateFiles, Protect, TargetIdentity};
use suimon_plan::{Action, Change, FieldChange, Plan, Reason};

/// Time of every judgement.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(crate) fn ago(hours: i64) -> Timestamp {
    now().checked_sub(hours.hours()).unwrap()
}

pub(crate) const HEAD: &str = "4f0c2ab91d3e5f60718293a4b5c6d7e8f9012345";
pub(crate) const BEFORE: &str = "1111111111111111111111111111111111111111";

macro_rules! fixture {
    ($name:expr) => {
        include_str!(concat!("../fixtures/", $name))
    };
}
pub(crate) use fixture;

pub(crate) fn private(name: &str) -> PrivateKey {
    let text = match name {
        "aiko" => fixture!("keys/aiko"),
        "ben" => fixture!("keys/ben"),
        "carol" => fixture!("keys/carol"),
        "dan" => fixture!("keys/dan"),
        "eve" => fixture!("keys/eve"),
        "old" => fixture!("keys/old"),
        other => panic!("no key {other}"),
    };
    PrivateKey::from_openssh(text).unwrap()
}

/// `type base64` of a key.
pub(crate) fn public(name: &str) -> String {
    let key = private(name).public_key().to_openssh().unwrap();
    key.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

pub(crate) fn fingerprint(name: &str) -> String {
    private(name).fingerprint(HashAlg::Sha256).to_string()
}

pub(crate) fn sign(key: &str, namespace: &str, text: &str) -> String {
    let signature = private(key).sign(namespace, HashAlg::Sha512, text.as_bytes()).unwrap();
    signature.to_pem(LineEnding::LF).unwrap()
}

pub(crate) fn signers(lines: &[(&str, &str)]) -> String {
    let lines = lines.iter().map(|(names, key)| format!("{names} {}\n", public(key)));
    lines.collect::<String>()
}

pub(crate) fn rule(role: &str, required: u32, from: &[&str]) -> ApprovalRule {
    let from = from.iter().map(|one| (*one).to_owned()).collect();
    ApprovalRule { role: role.into(), required, from, expires_after: None }
}

pub(crate) fn change(id: &str, action: Action) -> Change {
    Change {
        id: id.parse().unwrap(),
        api_version: "v1".into(),
        action,
        reason: Reason::Changed,
        location: None,
        before: None,
        after: None,
        fields: vec![FieldChange {
            path: "/data/a".into(),
            before: Some(json!("1")),
            after: Some(json!("2")),
            unknown_after: false,
            sensitive: false,
            forces_replacement: false,
        }],
        conflicts: Vec::new(),
        uid: Some("u".into()),
        resource_version: Some("7".into()),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        project: "shop".into(),
        environment: "prod".into(),
        revision: Some(HEAD.into()),
        release: Some("2026-11-22.3".into()),
        release_id: "sha256:5e1ea5e".into(),
        targets: vec![TargetIdentity {
            provider: "kubernetes".into(),
            identity: "uid-1".into(),
            endpoint: "https://cluster.example.com".into(),
        }],
        changes: vec![
            change("ConfigMap/web/a", Action::Update),
            change("ConfigMap/web/b", Action::Update),
        ],
        unchanged: 3,
        declared: 5,
        drift: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
        policy: json!({"protect": {"max_deletes": null}}),
        targeted: Vec::new(),
    }
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) facts: Facts,
}

impl World {
    /// One approval in role `peer` is asked for; nobody has given it. Carol wrote the change; gary
    /// opened it on the forge, and hana pushed last. Dan's account is known, frank's is not.
    pub(crate) fn new() -> Self {
        let members = ["aiko@example.com", "ben@example.com", "carol@example.com"];
        let members = members.iter().chain(&["dan@example.com", "@dan", "@frank"]);
        let groups = BTreeMap::from([
            ("team".to_owned(), members.map(|one| (*one).to_owned()).collect()),
            ("qa".to_owned(), vec!["eve@example.com".to_owned()]),
        ]);
        let gate = Gate {
            approvals: vec![rule("peer", 1, &["team"])],
            approvers: Some(Approvers {
                allowed_signers: Some("envs/prod/allowed_signers".into()),
                revoked_keys: None,
                forge: true,
                groups,
            }),
            ..Gate::default()
        };
        let files = GateFiles {
            allowed_signers: Some(signers(&[
                ("aiko@example.com", "aiko"),
                ("ben@example.com", "ben"),
                ("carol@example.com,carol@corp.example", "carol"),
                ("dan@example.com,@dan", "dan"),
                ("eve@example.com", "eve"),
            ])),
            ..GateFiles::default()
        };
        let facts = Facts {
            now: Some(now()),
            authors: Known::Known(Authors {
                people: BTreeSet::from(["carol@example.com".to_owned()]),
                keys: BTreeSet::new(),
            }),
            reviews: Known::Known(Some(ReviewedChange {
                url: "https://forge.example.com/shop/pulls/7".into(),
                head: HEAD.into(),
                is_applied: true,
                author: "gary".into(),
                last_pusher: Known::Known("hana".into()),
                reviews: Vec::new(),
            })),
            gate: Some(gate),
            files,
            ..Facts::unrecorded()
        };
        let mut world = Self { plan: plan(), facts };
        world.trust();
        world
    }

    /// What the facts say now is what was last applied.
    pub(crate) fn trust(&mut self) {
        self.facts.trusted = Trusted::At {
            revision: BEFORE.into(),
            gate: self.facts.gate.clone(),
            protect: self.facts.protect.clone(),
            files: self.facts.files.clone(),
        };
    }

    pub(crate) fn gate(&mut self) -> &mut Gate {
        self.facts.gate.as_mut().unwrap()
    }

    pub(crate) fn approvers(&mut self) -> &mut Approvers {
        self.gate().approvers.as_mut().unwrap()
    }

    pub(crate) fn signer_file(&mut self) -> &mut String {
        self.facts.files.allowed_signers.as_mut().unwrap()
    }

    pub(crate) fn protect(&mut self) -> &mut Protect {
        &mut self.facts.protect
    }

    pub(crate) fn change(&mut self) -> &mut ReviewedChange {
        let Known::Known(Some(change)) = &mut self.facts.reviews else { panic!("no change") };
        change
    }

    pub(crate) fn authors(&mut self) -> &mut Authors {
        let Known::Known(authors) = &mut self.facts.authors else { panic!("no authors") };
        authors
    }

    pub(crate) fn statement(&self, principal: &str) -> Statement {
        Statement {
            format: STATEMENT_FORMAT.into(),
            project: self.plan.project.clone(),
            environment: self.plan.environment.clone(),
            digest: self.plan.digest(),
            role: "peer".into(),
            principal: principal.into(),
            time: ago(1),
        }
    }

    pub(crate) fn put(&mut self, statement: String, signature: String) {
        let Known::Known(approvals) = &mut self.facts.approvals else { panic!("no approvals") };
        approvals.push(SignedApproval { statement, signature });
    }

    /// A statement of `name@example.com` by their key, changed before it is signed.
    pub(crate) fn approve_as(&mut self, name: &str, spoil: impl FnOnce(&mut Statement)) {
        let mut statement = self.statement(&format!("{name}@example.com"));
        spoil(&mut statement);
        let text = statement.text();
        let signature = sign(name, APPROVAL_NAMESPACE, &text);
        self.put(text, signature);
    }

    pub(crate) fn approve(&mut self, name: &str) {
        self.approve_as(name, |_| {});
    }

    /// An approving review, changed before it is given.
    pub(crate) fn review_as(&mut self, login: &str, spoil: impl FnOnce(&mut Review)) {
        let mut review = Review {
            login: login.into(),
            bot: false,
            state: ReviewState::Approved,
            commit: HEAD.into(),
            at: ago(1),
            may_write: Known::Known(true),
        };
        spoil(&mut review);
        self.change().reviews.push(review);
    }

    pub(crate) fn review(&mut self, login: &str) {
        self.review_as(login, |_| {});
    }

    pub(crate) fn judge(&self) -> Vec<Condition> {
        judge(&self.plan, &self.facts)
    }

    pub(crate) fn of(&self, rule: &str) -> Vec<Condition> {
        self.judge().into_iter().filter(|one| one.rule == rule).collect()
    }

    pub(crate) fn verdict(&self) -> Verdict {
        authorize(self.plan.clone(), &self.facts)
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.verdict(), Verdict::Open(_))
    }

    /// Every condition in a line.
    pub(crate) fn show(&self) -> String {
        let lines = self.judge().into_iter();
        lines.map(|one| format!("{} {}: {}\n", one.state, one.rule, one.message)).collect()
    }

    /// Asserts that the first role is held, and that its message has a reason.
    #[track_caller]
    pub(crate) fn assert_held(&self, case: &str, reason: &str) {
        let roles = self.of("approvals");
        let role = roles.first().unwrap_or_else(|| panic!("{case}: {}", self.show()));
        assert_eq!(role.state, State::Held, "{case}: {}", role.message);
        assert!(role.message.contains(reason), "{case}: {reason:?} is not in {:?}", role.message);
        assert!(matches!(self.verdict(), Verdict::Held(_)), "{case}");
    }
}

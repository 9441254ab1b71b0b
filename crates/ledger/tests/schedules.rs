//! Whatever happens in whatever order: production never holds what staging has not proved.
//!
//! The world here keeps its own account of what staging held, for how long and how healthy it was, and compares what the
//! gate let through with that. It shares no code with the queries that the gate's facts come from.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use suimon_apply::{End, Report};
use suimon_gate::{
    APPROVAL_NAMESPACE, Authors, BreakGlass, Facts, Known, Mode, Pin, STATEMENT_FORMAT,
    SignedApproval, Statement, Trusted, Upstream, Verdict, authorize,
};
use suimon_ledger::{
    Actor, Attempt, Basis, Entry, Event, HealthSummary, History, Lease, Ledger, Liveness,
    MemoryStore, Opening, Trigger,
};
use suimon_model::{
    ApprovalRule, Approvers, BreakGlassRule, Gate, GateFiles, HealthStatus, Inventory, Protect,
    RollbackRule, UpstreamRule,
};
use suimon_plan::{Action, Change, Plan, Reason};

const ENVIRONMENTS: [&str; 3] = ["dev", "stg", "prod"];
const DEV: usize = 0;
const STG: usize = 1;
const PROD: usize = 2;
/// How long staging must have been healthy before production.
const SOAK: i64 = 1800;
const SCHEDULES: u64 = 10_000;
const STEPS: usize = 32;

/// xorshift64*: the same schedules on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

/// What staging really held, by release.
#[derive(Default)]
struct Account {
    holds: Option<String>,
    /// Since when what it holds is healthy without a break.
    healthy_since: Option<i64>,
    /// Longest stretch so far, and whether it still counts.
    proved: BTreeMap<String, (i64, bool)>,
}

impl Account {
    fn healthy_until(&mut self, now: i64) {
        let (Some(held), Some(since)) = (&self.holds, self.healthy_since) else { return };
        let proved = self.proved.entry(held.clone()).or_insert((0, true));
        *proved = (proved.0.max(now - since), true);
    }

    fn opened(&mut self, release: &str, now: i64) {
        if self.holds.as_deref() != Some(release) {
            self.healthy_until(now);
            self.healthy_since = None;
            self.holds = Some(release.to_owned());
        }
    }

    fn broke(&mut self, now: i64) {
        self.healthy_until(now);
        self.healthy_since = None;
        if let Some(held) = &self.holds
            && let Some(proved) = self.proved.get_mut(held)
        {
            proved.1 = false;
        }
    }

    /// Longest stretch, with what is still going on; and whether it still counts.
    fn stretch(&self, release: &str, now: i64) -> (i64, bool) {
        let past = self.proved.get(release).copied().unwrap_or((0, true));
        match self.healthy_since {
            Some(since) if self.holds.as_deref() == Some(release) => {
                (past.0.max(now - since), true)
            }
            _ => past,
        }
    }
}

struct World {
    chance: Chance,
    now: i64,
    ledgers: [Ledger; 3],
    /// What `release.yaml` of each environment says; dev follows the newest.
    wanted: [Option<usize>; 3],
    newest: usize,
    commit: usize,
    approvals: Vec<SignedApproval>,
    key: PrivateKey,
    files: GateFiles,
    runs: usize,
    account: Account,
    seen: Seen,
}

/// What came up over all schedules: a property that nothing happens to proves nothing.
#[derive(Debug, Default)]
struct Seen {
    applied: [usize; 3],
    held: usize,
    denied: usize,
    crashed: usize,
    failed: usize,
    glass: usize,
    rolled_back: usize,
    promoted: usize,
    refused: usize,
    approved: usize,
}

impl Seen {
    fn add(&mut self, more: &Self) {
        for (sum, one) in self.applied.iter_mut().zip(more.applied) {
            *sum += one;
        }
        self.held += more.held;
        self.denied += more.denied;
        self.crashed += more.crashed;
        self.failed += more.failed;
        self.glass += more.glass;
        self.rolled_back += more.rolled_back;
        self.promoted += more.promoted;
        self.refused += more.refused;
        self.approved += more.approved;
    }
}

fn id(release: usize) -> String {
    format!("sha256:{release:064x}")
}

fn gate_of(environment: usize) -> Option<Gate> {
    let rule = |role: &str| ApprovalRule {
        role: role.to_owned(),
        required: 1,
        from: vec!["team".to_owned()],
        expires_after: Some(7200),
    };
    let approvers = Approvers {
        allowed_signers: Some("signers".to_owned()),
        groups: [("team".to_owned(), vec!["aiko@example.com".to_owned()])].into(),
        ..Approvers::default()
    };
    match environment {
        DEV => None,
        STG => Some(Gate { upstream: Some(UpstreamRule { healthy_for: 60 }), ..Gate::default() }),
        _ => Some(Gate {
            upstream: Some(UpstreamRule { healthy_for: SOAK.unsigned_abs() }),
            approvals: vec![rule("peer")],
            approvers: Some(approvers),
            break_glass: Some(BreakGlassRule::default()),
            rollback: Some(RollbackRule::default()),
            ..Gate::default()
        }),
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let key = Ed25519Keypair::from_seed(&[7; 32]);
        let key = PrivateKey::new(KeypairData::from(key), "aiko").unwrap();
        let public = key.public_key().to_openssh().unwrap();
        let files = GateFiles {
            allowed_signers: Some(format!("aiko@example.com {public}\n")),
            ..GateFiles::default()
        };
        let store = std::sync::Arc::new(MemoryStore::new());
        let ledger = |name: &str| Ledger::new(store.clone(), "shop", name);
        Self {
            chance: Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            now: 1_790_000_000,
            ledgers: ENVIRONMENTS.map(ledger),
            wanted: [Some(0), None, None],
            newest: 0,
            commit: 0,
            approvals: Vec::new(),
            key,
            files,
            runs: 0,
            account: Account::default(),
            seen: Seen::default(),
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_second(self.now).unwrap()
    }

    fn history(&self, environment: usize) -> History {
        self.ledgers[environment].read().unwrap()
    }

    fn revision(&self) -> String {
        format!("{:040x}", self.commit)
    }

    fn plan(&self, environment: usize, release: usize, history: &History) -> Plan {
        let held = history.holds().map(|held| held.attempt.release_id.clone());
        let settled = history.holds().is_some_and(|held| held.closed.is_some());
        let change = Change {
            id: "Deployment.apps/shop/api".parse().unwrap(),
            api_version: "apps/v1".into(),
            action: Action::Update,
            reason: Reason::Changed,
            location: None,
            before: None,
            after: None,
            fields: Vec::new(),
            conflicts: Vec::new(),
            uid: None,
            resource_version: None,
        };
        let same = settled && held.as_deref() == Some(id(release).as_str());
        let files = if environment == PROD { self.files.clone() } else { GateFiles::default() };
        let gate = gate_of(environment);
        Plan {
            project: "shop".into(),
            environment: ENVIRONMENTS[environment].into(),
            revision: Some(self.revision()),
            release: None,
            release_id: id(release),
            targets: Vec::new(),
            changes: if same { Vec::new() } else { vec![change] },
            unchanged: 0,
            declared: 1,
            drift: Vec::new(),
            unknown: Vec::new(),
            refused: Vec::new(),
            policy: suimon_gate::policy_value(&Protect::default(), gate.as_ref(), &files),
            targeted: Vec::new(),
        }
    }

    fn facts(&self, environment: usize, plan: &Plan, history: &History, mode: Mode) -> Facts {
        let gate = gate_of(environment);
        let files = if environment == PROD { self.files.clone() } else { GateFiles::default() };
        let trusted = match history.trusted_revision() {
            None => Trusted::First,
            Some(revision) => Trusted::At {
                revision,
                gate: gate.clone(),
                protect: Protect::default(),
                files: files.clone(),
            },
        };
        let upstream = environment.checked_sub(1).map(|before| Upstream {
            environment: ENVIRONMENTS[before].to_owned(),
            proof: Known::Known(self.history(before).proof(&plan.release_id)),
        });
        let pin = history.pin().map(|pin| Pin {
            release_id: pin.release_id.to_owned(),
            release: None,
            revision: pin.revision.to_owned(),
            by: pin.by.name.clone(),
            at: pin.at,
            merged: pin.release_id == plan.release_id,
        });
        Facts {
            gate,
            files,
            mode,
            now: Some(self.time()),
            trusted,
            upstream,
            holds: Known::Known(history.holds().map(|held| held.attempt.release_id.clone())),
            approvals: Known::Known(self.approvals.clone()),
            reviews: Known::Known(None),
            authors: Known::Known(Authors::default()),
            pin: Known::Known(pin),
            ..Facts::default()
        }
    }

    fn approve(&mut self) {
        let Some(release) = self.wanted[PROD] else { return };
        let plan = self.plan(PROD, release, &self.history(PROD));
        let statement = Statement {
            format: STATEMENT_FORMAT.to_owned(),
            project: "shop".to_owned(),
            environment: "prod".to_owned(),
            digest: plan.digest(),
            role: "peer".to_owned(),
            principal: "aiko@example.com".to_owned(),
            time: self.time(),
        };
        let text = statement.text();
        let signature =
            self.key.sign(APPROVAL_NAMESPACE, HashAlg::Sha512, text.as_bytes()).unwrap();
        let signature = signature.to_pem(LineEnding::LF).unwrap();
        self.approvals.push(SignedApproval { statement: text, signature });
        self.seen.approved += 1;
    }

    fn apply(&mut self, environment: usize, release: usize, mode: Mode) {
        let history = self.history(environment);
        let plan = self.plan(environment, release, &history);
        let mut facts = self.facts(environment, &plan, &history, mode);
        if environment == PROD && self.chance.below(40) == 0 {
            let (reason, by) = ("incident".to_owned(), "ben@example.com".to_owned());
            facts.break_glass = Some(BreakGlass { reason, by });
        }
        let approved = match authorize(plan, &facts) {
            Verdict::Open(approved) => approved,
            Verdict::Held(_) => return self.seen.held += 1,
            Verdict::Denied(_) => return self.seen.denied += 1,
        };
        let glass = approved.break_glass().is_some();
        self.seen.glass += usize::from(glass);
        if environment == PROD && !glass {
            self.insist(release, mode, &history);
        }
        if mode == Mode::Rollback {
            self.pin(environment, release, &history);
        }
        self.run(environment, release, mode, approved.plan(), glass.then_some(facts.break_glass));
    }

    /// The property.
    fn insist(&self, release: usize, mode: Mode, history: &History) {
        let (stretch, counts) = self.account.stretch(&id(release), self.now);
        let stays = history.holds().is_some_and(|held| held.attempt.release_id == id(release));
        let was_here = |entry: &Event| matches!(entry, Event::Opened { attempt, .. } if attempt.release_id == id(release));
        if mode == Mode::Rollback {
            assert!(history.iter().any(|one| was_here(&one.record.event)), "back to the unknown");
            return;
        }
        if stays {
            return;
        }
        let story = || {
            let events = self.history(STG);
            let lines = events.iter().map(|one| match &one.record.event {
                Event::Closed { health, report, .. } => {
                    format!("{} closed {:?} {:?}", one.record.time, report.end, health.status)
                }
                Event::Opened { attempt, .. } => {
                    let release =
                        attempt.release_id.trim_start_matches("sha256:").trim_start_matches('0');
                    format!("{} opened {release} {:?}", one.record.time, attempt.mode)
                }
                other => format!("{} {}", one.record.time, other.name()),
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        assert!(
            stretch >= SOAK,
            "release {release} soaked for {stretch} s only at {}:\n{}",
            self.time(),
            story()
        );
        assert!(
            counts,
            "the proof of release {release} was revoked at {}:\n{}",
            self.time(),
            story()
        );
    }

    fn pin(&mut self, environment: usize, release: usize, history: &History) {
        let Some(held) = history.holds() else { return };
        let event = Event::Pinned {
            release_id: id(release),
            release: None,
            revision: self.revision(),
            from: held.attempt.release_id.clone(),
            reason: "checkout fails".to_owned(),
        };
        self.note(environment, event);
        self.seen.rolled_back += 1;
    }

    fn note(&self, environment: usize, event: Event) {
        let (actor, trigger, time) = (actor(), Trigger::Cli, self.time());
        self.ledgers[environment].append(Entry { actor, trigger, time, event }).unwrap();
    }

    fn run(
        &mut self,
        environment: usize,
        release: usize,
        mode: Mode,
        plan: &Plan,
        glass: Option<Option<BreakGlass>>,
    ) {
        self.runs += 1;
        let attempt = Attempt {
            revision: plan.revision.clone(),
            release: None,
            release_id: id(release),
            modules: plan.revision.clone(),
            artifacts: BTreeMap::new(),
            digest: plan.digest(),
            mode,
            targeted: Vec::new(),
            conditions: Vec::new(),
            approvals: Vec::new(),
            break_glass: glass.flatten(),
        };
        let opening = Opening {
            actor: actor(),
            trigger: Trigger::Cli,
            time: self.time(),
            attempt,
            lease: Lease::default(),
            run: format!("run-{}", self.runs),
            take_over: false,
            basis: Basis::Any,
        };
        // Whoever crashed in this world is gone.
        let gone = |_: &Lease| Liveness::Gone("it crashed".to_owned());
        let before = self.history(environment).open_run().is_some();
        let run = self.ledgers[environment].open(opening, &gone).unwrap();
        if environment == STG {
            if before {
                self.account.broke(self.now);
            }
            self.account.opened(&id(release), self.now);
        }
        self.now += 30;
        let (end, health) = match self.chance.below(10) {
            0 => {
                self.seen.crashed += 1;
                // Nobody knows how it is.
                if environment == STG {
                    self.account.healthy_until(self.now - 30);
                    self.account.healthy_since = None;
                }
                return;
            }
            1 => (End::Partial, HealthStatus::Failed),
            2 => (End::Complete, HealthStatus::InProgress),
            _ => (End::Complete, HealthStatus::Current),
        };
        let whole = end == End::Complete && health == HealthStatus::Current;
        self.seen.failed += usize::from(!whole);
        self.seen.applied[environment] += usize::from(whole);
        let report = Report {
            environment: ENVIRONMENTS[environment].to_owned(),
            digest: plan.digest(),
            end,
            entries: Vec::new(),
            problems: Vec::new(),
        };
        run.close(report, summary(health), Inventory::default(), self.time()).unwrap();
        if environment == STG {
            if whole {
                self.account.healthy_since.get_or_insert(self.now);
            } else {
                self.account.broke(self.now);
            }
        }
    }

    fn promote(&mut self, from: usize) {
        let history = self.history(from);
        match history.eligible() {
            Ok(applied) => {
                let release = applied.attempt.release_id.trim_start_matches("sha256:");
                self.wanted[from + 1] = Some(usize::from_str_radix(release, 16).unwrap());
                self.commit += 1;
                self.seen.promoted += 1;
            }
            Err(_) => self.seen.refused += 1,
        }
    }

    fn look(&mut self, environment: usize) {
        let held = self.history(environment).holds().map(|held| held.attempt.release_id.clone());
        let Some(release_id) = held else { return };
        let healthy = self.chance.below(3) > 0;
        let health = if healthy { HealthStatus::Current } else { HealthStatus::Failed };
        self.note(environment, Event::Checked { release_id, health: summary(health) });
        if environment == STG && !healthy {
            self.account.broke(self.now);
        }
    }

    fn roll_back(&mut self, environment: usize) {
        let history = self.history(environment);
        let back = history
            .releases()
            .iter()
            .find(|one| !one.holds)
            .map(|one| one.applied.attempt.release_id.trim_start_matches("sha256:").to_owned());
        let Some(back) = back else { return };
        let release = usize::from_str_radix(&back, 16).unwrap();
        if environment == STG {
            self.account.broke(self.now);
        }
        self.apply(environment, release, Mode::Rollback);
        self.wanted[environment] = Some(release);
        self.commit += 1;
    }

    fn step(&mut self) {
        self.now += [5, 61, 600, 1801][self.chance.below(4)];
        match self.chance.below(14) {
            0 => {
                self.newest += 1;
                self.commit += 1;
                self.wanted[DEV] = Some(self.newest);
            }
            // Somebody writes whatever they like into a release file.
            1 => {
                let environment = 1 + self.chance.below(2);
                self.wanted[environment] = Some(self.chance.below(self.newest + 1));
                self.commit += 1;
            }
            2 | 3 => self.apply(DEV, self.wanted[DEV].unwrap(), Mode::Forward),
            4 => self.promote(DEV),
            5 | 6 if self.wanted[STG].is_some() => {
                self.apply(STG, self.wanted[STG].unwrap(), Mode::Forward);
            }
            7 => self.promote(STG),
            8 | 9 => self.approve(),
            10 | 11 if self.wanted[PROD].is_some() => {
                self.apply(PROD, self.wanted[PROD].unwrap(), Mode::Forward);
            }
            12 => {
                let environment = self.chance.below(3);
                self.look(environment);
            }
            13 => {
                let environment = 1 + self.chance.below(2);
                self.roll_back(environment);
            }
            _ => {}
        }
    }
}

fn actor() -> Actor {
    Actor { name: "Emi".into(), email: "emi@example.com".into(), tool: "suimon".into() }
}

fn summary(status: HealthStatus) -> HealthSummary {
    let id = "Deployment.apps/shop/api".parse().unwrap();
    let not_current = match status {
        HealthStatus::Current => Vec::new(),
        other => vec![(id, other, "as the schedule wants it".to_owned())],
    };
    HealthSummary { status: Some(status), not_current }
}

/// Every second schedule from this one on.
fn schedules(first: u64) -> Seen {
    let mut all = Seen::default();
    for seed in (first..=SCHEDULES).step_by(2) {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        all.add(&world.seen);
    }
    all
}

#[test]
fn production_never_holds_what_staging_has_not_proved() {
    let halves = [1, 2].map(|first| std::thread::spawn(move || schedules(first)));
    let mut all = Seen::default();
    for half in halves {
        all.add(&half.join().expect("the property holds"));
    }
    let counts = json!({
        "applied": all.applied, "held": all.held, "crashed": all.crashed, "failed": all.failed, "glass": all.glass,
        "rolled back": all.rolled_back, "promoted": all.promoted, "refused": all.refused, "approved": all.approved,
    });
    let enough = [
        all.applied[DEV] > 10_000,
        all.applied[STG] > 1_000,
        all.applied[PROD] > 300,
        all.held > 1_000,
        all.crashed > 1_000,
        all.failed > 1_000,
        all.glass > 50,
        all.rolled_back > 50,
        all.promoted > 1_000,
        all.refused > 100,
        all.approved > 1_000,
    ];
    assert!(enough.iter().all(|one| *one), "too little happened: {counts}");
}

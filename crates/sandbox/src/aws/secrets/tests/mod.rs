//! Tests at the level of calls.

mod lists;
mod lookup;
mod rotation;
mod shapes;
mod values;
mod window;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::context::{Context, Ids};

use super::Secrets;

/// Secrets in one account and region, with a clock and repeatable ids.
struct Bench {
    secrets: Secrets,
    ids: Ids,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        Self { secrets: Secrets::default(), ids: Ids::seeded(1), now }
    }

    fn context<'a>(ids: &'a mut Ids, now: Timestamp) -> Context<'a> {
        Context {
            account: "123456789012",
            region: "us-east-1",
            caller: "arn:aws:iam::123456789012:user/sandbox",
            now,
            ids,
            clusters: &[],
        }
    }

    /// Calls; an error is `Code: message`.
    #[expect(clippy::needless_pass_by_value, reason = "the tables below read better without &")]
    fn call(&mut self, operation: &str, body: Value) -> Result<Value, String> {
        let mut context = Self::context(&mut self.ids, self.now);
        self.secrets
            .call(&mut context, operation, &body)
            .map_err(|error| format!("{}: {}", error.code, error.message))
    }

    fn ok(&mut self, operation: &str, body: Value) -> Value {
        self.call(operation, body).unwrap()
    }

    fn error(&mut self, operation: &str, body: Value) -> String {
        self.call(operation, body).unwrap_err()
    }

    fn step(&mut self) -> bool {
        let mut context = Self::context(&mut self.ids, self.now);
        self.secrets.step(&mut context)
    }

    fn pass_days(&mut self, days: i64) {
        self.now += SignedDuration::from_hours(24 * days);
    }

    /// A secret with a value; its ARN.
    fn create(&mut self, name: &str) -> String {
        let answer = self.ok("CreateSecret", json!({"Name": name, "SecretString": "one"}));
        answer["ARN"].as_str().unwrap().to_owned()
    }

    /// The labels of the versions, by the last digit of the version's id.
    fn labels(&mut self, name: &str) -> String {
        let secret = self.ok("DescribeSecret", json!({"SecretId": name}));
        let Some(map) = secret["VersionIdsToStages"].as_object() else { return String::new() };
        let mut all: Vec<String> = map
            .iter()
            .map(|(id, labels)| {
                let mut labels: Vec<&str> =
                    labels.as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
                labels.sort_unstable();
                format!("{}={}", &id[id.len() - 1..], labels.join("+"))
            })
            .collect();
        all.sort();
        all.join(" ")
    }
}

/// A token that ends in `digit`.
fn token(digit: u8) -> String {
    format!("00000000-0000-4000-8000-00000000000{digit}")
}

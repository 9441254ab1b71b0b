//! An environment on AWS: an account of the sandbox, of moto or of ministack, and what somebody else does to it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};
use suimon_sandbox::awstest::{ACCOUNT, AwsServer, SKIPPED};
use suimon_sandbox::{Aws, AwsOptions};

use crate::env::{Env, RUNTIME};
use crate::http::Api;
use crate::run::Ran;

/// What the declared secrets take their values from.
pub(crate) const VARIABLE: &str = "SHOP_TOKEN";

/// The server that speaks the AWS protocols.
enum Server {
    /// Ours, of this test alone.
    Sandbox(Aws),
    /// Shared by all tests; each has a region of its own.
    Moto(String),
    /// Shared by all tests; each has a region of its own.
    Ministack(String),
}

/// A project folder, and an account that no other test uses.
pub(crate) struct Account {
    pub(crate) env: Env,
    server: Server,
    /// Twelve digits.
    pub(crate) id: String,
    pub(crate) region: String,
}

impl Account {
    /// On the sandbox, which makes progress by itself and records requests.
    pub(crate) fn sandbox() -> Self {
        Self::sandbox_with(AwsOptions::default())
    }

    /// On a sandbox of these options; requests are recorded.
    pub(crate) fn sandbox_with(options: AwsOptions) -> Self {
        let options = AwsOptions { record_requests: true, ..options };
        let (id, region) = (options.account_id.clone(), options.region.clone());
        let aws = RUNTIME.block_on(Aws::start(options)).unwrap();
        Self::on(Server::Sandbox(aws), id, region)
    }

    /// On moto, where it is installed.
    pub(crate) fn moto() -> Option<Self> {
        static SERVER: OnceLock<Option<AwsServer>> = OnceLock::new();
        let server = SERVER.get_or_init(|| RUNTIME.block_on(AwsServer::moto()).unwrap());
        let Some(server) = server else {
            eprintln!("{SKIPPED}");
            return None;
        };
        Some(Self::on(Server::Moto(server.url().to_owned()), ACCOUNT.to_owned(), fresh_region()))
    }

    /// On ministack, where it is installed.
    pub(crate) fn ministack() -> Option<Self> {
        static SERVER: OnceLock<Option<AwsServer>> = OnceLock::new();
        let server = SERVER.get_or_init(|| RUNTIME.block_on(AwsServer::ministack()).unwrap());
        let Some(server) = server else {
            eprintln!("{SKIPPED}");
            return None;
        };
        let server = Server::Ministack(server.url().to_owned());
        Some(Self::on(server, ACCOUNT.to_owned(), fresh_region()))
    }

    /// On everything that is there.
    pub(crate) fn all() -> Vec<Self> {
        [Some(Self::sandbox()), Self::moto(), Self::ministack()].into_iter().flatten().collect()
    }

    fn on(server: Server, id: String, region: String) -> Self {
        let this = Self { env: Env::offline(), server, id, region };
        this.env
            .set("AWS_ENDPOINT_URL", &this.url())
            .set("AWS_ACCESS_KEY_ID", &this.id)
            .set("AWS_SECRET_ACCESS_KEY", "test")
            .set(VARIABLE, "first-value");
        this.env.show(&this.url(), "[AWS]");
        this
    }

    pub(crate) fn url(&self) -> String {
        match &self.server {
            Server::Sandbox(aws) => aws.url(),
            Server::Moto(url) | Server::Ministack(url) => url.clone(),
        }
    }

    /// For messages of assertions.
    pub(crate) fn name(&self) -> &'static str {
        match &self.server {
            Server::Sandbox(_) => "sandbox",
            Server::Moto(_) => "moto",
            Server::Ministack(_) => "ministack",
        }
    }

    pub(crate) fn is_sandbox(&self) -> bool {
        matches!(self.server, Server::Sandbox(_))
    }

    pub(crate) fn is_moto(&self) -> bool {
        matches!(self.server, Server::Moto(_))
    }

    /// The sandbox itself, for faults and recorded requests.
    pub(crate) fn aws(&self) -> &Aws {
        match &self.server {
            Server::Sandbox(aws) => aws,
            _ => panic!("{} is not the sandbox", self.name()),
        }
    }

    /// The writes that were sent since the record was last cleared: `ecs CreateService`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let requests = self.aws().requests().into_iter().filter(|r| !is_read(&r.operation));
        requests.map(|r| format!("{} {}", r.service, r.operation)).collect()
    }

    /// How often an operation was called since the record was last cleared.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.aws().requests().iter().filter(|r| r.operation == operation).count()
    }

    /// The project `shop` with the environment `dev` in this account.
    pub(crate) fn project(&self, yaml: &str) -> &Env {
        self.project_with("", yaml)
    }

    /// The same with more in the environment's `spec`, indented by two.
    pub(crate) fn project_with(&self, spec: &str, yaml: &str) -> &Env {
        let targets = format!("{{aws: {{region: {}, accountId: \"{}\"}}}}", self.region, self.id);
        self.project_on(&targets, spec, yaml)
    }

    /// The same with these targets.
    pub(crate) fn project_on(&self, targets: &str, spec: &str, yaml: &str) -> &Env {
        self.env.file(
            "suimon.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n\
             spec: {pipeline: [dev]}\n",
        );
        self.env.file(
            "envs/dev/environment.yaml",
            &format!(
                "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: dev}}\nspec:\n  \
                 platform: ecs\n  targets: {targets}\n{spec}"
            ),
        );
        self.env.file("envs/dev/manifests/all.yaml", yaml)
    }

    /// `apply dev --auto-approve`, waiting for health where services get healthy.
    pub(crate) fn apply(&self, more: &[&str]) -> Ran {
        let mut args = vec!["apply", "dev", "--auto-approve"];
        if self.is_moto() {
            args.push("--no-wait");
        }
        args.extend(more);
        self.env.suimon(&args)
    }

    /// A call of ECS, Application Auto Scaling or Secrets Manager, as somebody else makes it.
    #[track_caller]
    pub(crate) fn call(&self, operation: &str, body: &Value) -> Value {
        match self.try_call(operation, body) {
            (200, answer) => answer,
            (status, answer) => panic!("{}: {operation}: {status} {answer}", self.name()),
        }
    }

    /// The same, whatever the answer.
    pub(crate) fn try_call(&self, operation: &str, body: &Value) -> (u16, Value) {
        let (service, prefix) = service_of(operation);
        let mut headers = self.signed(service);
        headers.push(("Content-Type", "application/x-amz-json-1.1".to_owned()));
        headers.push(("X-Amz-Target", format!("{prefix}.{operation}")));
        let (status, answer) = Api::new(&self.url()).send("POST", "/", &headers, &body.to_string());
        (status, serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// A call of EKS.
    #[track_caller]
    pub(crate) fn eks(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut headers = self.signed("eks");
        headers.push(("Content-Type", "application/json".to_owned()));
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let (status, answer) = Api::new(&self.url()).send(method, path, &headers, &body);
        let answer = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        assert_eq!(status, 200, "{}: {method} {path}: {answer}", self.name());
        answer
    }

    /// The header of a signature that the servers look at the form of.
    fn signed(&self, service: &str) -> Vec<(&'static str, String)> {
        let now = Timestamp::now();
        let scope = format!("{}/{}/{service}/aws4_request", now.strftime("%Y%m%d"), self.region);
        let line = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature=0",
            self.id
        );
        vec![("X-Amz-Date", now.strftime("%Y%m%dT%H%M%SZ").to_string()), ("Authorization", line)]
    }

    /// A service of ECS as it is, if it is there.
    pub(crate) fn service(&self, cluster: &str, name: &str) -> Option<Value> {
        let body = json!({"cluster": cluster, "services": [name]});
        let answer = self.call("DescribeServices", &body);
        answer["services"].as_array()?.iter().find(|s| s["status"] == "ACTIVE").cloned()
    }

    /// The ARNs of the active revisions of a family, oldest first.
    pub(crate) fn revisions(&self, family: &str) -> Vec<String> {
        let answer = self.call("ListTaskDefinitions", &json!({"familyPrefix": family}));
        let all = answer["taskDefinitionArns"].as_array().cloned().unwrap_or_default();
        all.iter().map(|arn| arn.as_str().unwrap().to_owned()).collect()
    }

    /// A subnet and a security group that may be named: moto insists that they are there.
    pub(crate) fn network(&self) -> (String, String) {
        if !self.is_moto() {
            return ("subnet-0a0a0a0a0a0a0a001".to_owned(), "sg-0a0a0a0a0a0a0a001".to_owned());
        }
        (self.ec2("DescribeSubnets", "subnetId"), self.ec2("DescribeSecurityGroups", "groupId"))
    }

    /// The first of what moto's EC2 lists.
    fn ec2(&self, operation: &str, element: &str) -> String {
        let mut headers = self.signed("ec2");
        headers.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
        let body = format!("Action={operation}&Version=2016-11-15");
        let (_, answer) = Api::new(&self.url()).send("POST", "/", &headers, &body);
        let answer = String::from_utf8(answer).unwrap();
        let rest = answer.split_once(&format!("<{element}>")).expect(&answer).1;
        rest.split_once('<').unwrap().0.to_owned()
    }
}

/// Whether an operation of AWS changes nothing; assuming a role does not count.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Describe", "List", "Get", "BatchGet", "Validate", "AssumeRole"]
        .iter()
        .any(|start| operation.starts_with(start))
}

/// The service of an operation, and what comes before it in `X-Amz-Target`.
fn service_of(operation: &str) -> (&'static str, &'static str) {
    if operation.contains("Secret") || operation == "PutResourcePolicy" {
        ("secretsmanager", "secretsmanager")
    } else if operation.contains("Scal") || operation.contains("ScheduledAction") {
        ("application-autoscaling", "AnyScaleFrontendService")
    } else {
        ("ecs", "AmazonEC2ContainerServiceV20141113")
    }
}

/// A region that no other test of this process uses.
fn fresh_region() -> String {
    const REGIONS: [&str; 12] = [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-central-1",
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "sa-east-1",
    ];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    REGIONS[NEXT.fetch_add(1, Ordering::Relaxed)].to_owned()
}

/// A text without what differs from run to run: times, digests, and the ids that AWS makes.
pub(crate) fn stable(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || "-_:/.+".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(part) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        out.push_str(&stable_word(&rest[..end]));
        rest = &rest[end..];
    }
    out + rest
}

/// One word of [`stable`].
fn stable_word(word: &str) -> String {
    let hex =
        |text: &str| text.len() >= 32 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (head, tail) = word.rfind(['/', ':']).map_or(("", word), |at| word.split_at(at + 1));
    if word.len() >= 16 && word.get(4..5) == Some("-") && word.get(10..11) == Some("T") {
        return "[TIME]".to_owned();
    }
    if hex(tail) || (head.ends_with("ecs-svc/") && digits(tail)) {
        return format!("{head}[ID]");
    }
    word.to_owned()
}

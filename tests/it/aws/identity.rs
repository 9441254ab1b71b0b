//! Who suimon is on AWS, and that it is who the environment says, before anything else is asked.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use suimon_sandbox::{Aws, AwsOptions, Clock, EksEndpoint, Options, Sandbox};

use crate::account::{Account, stable};
use crate::env::RUNTIME;
use crate::gate::Gate;
use crate::manifests::{config_map, namespace};

const CLUSTER: &str = "apiVersion: ecs.services.k8s.aws/v1alpha1
kind: Cluster
metadata: {name: web}
spec: {}
";

/// What `plan` says when it cannot begin; `apply` writes nothing either.
#[track_caller]
fn refused(account: &Account) -> String {
    account.aws().clear_requests();
    let ran = account.env.plan(&[]).code(1);
    account.apply(&[]).code(1);
    assert_eq!(account.writes(), [""; 0]);
    stable(&ran.problems())
}

#[test]
fn a_wrong_account_is_named_beside_the_right_one_and_nothing_else_is_asked() {
    let account = Account::sandbox();
    account.project_on("{aws: {region: us-east-1, accountId: \"999999999999\"}}", "", CLUSTER);
    account.env.set("AWS_ACCESS_KEY_ID", "111111111111");
    insta::assert_snapshot!(refused(&account), @r"
    error: aws: wrong target: the credentials are of the AWS account 111111111111 (arn:aws:iam::111111111111:user/sandbox), and the environment `dev` is pinned to account 999999999999
      help: the environment pins its account: use credentials of it, assume a role in it with targets.aws.assumeRole, or correct targets.aws.accountId
    ");
    let asked = account.aws().requests();
    let other: Vec<_> = asked.iter().filter(|r| r.operation != "GetCallerIdentity").collect();
    assert!(!asked.is_empty() && other.is_empty(), "{other:?}");
}

#[test]
fn roles_are_assumed_one_after_the_other_in_the_name_of_the_run() {
    let account = Account::sandbox();
    let gate = Gate::new(account.url().trim_start_matches("http://"), None);
    account.env.set("AWS_ENDPOINT_URL", &gate.url());
    account.project_on(
        "
    aws:
      region: us-east-1
      accountId: \"333333333333\"
      assumeRole:
        - arn:aws:iam::222222222222:role/hub
        - {roleArn: \"arn:aws:iam::333333333333:role/path/deployer\", externalId: shop-4711}",
        "",
        CLUSTER,
    );
    account.apply(&[]).code(0);
    account.env.settled();
    let requests = gate.requests();
    let assumed: Vec<&String> =
        requests.iter().filter(|text| text.contains("Action=AssumeRole&")).collect();
    assert_eq!(assumed.len(), 4, "two roles, each once in a run: {assumed:?}");
    let key = |text: &str| {
        let rest = text.split_once("Credential=").unwrap().1;
        rest.split_once('/').unwrap().0.to_owned()
    };
    assert!(assumed[0].contains("role%2Fhub") && !assumed[0].contains("ExternalId"));
    assert_eq!(key(assumed[0]), account.id);
    assert!(assumed[1].contains("role%2Fpath%2Fdeployer"), "{}", assumed[1]);
    assert!(assumed[1].contains("ExternalId=shop-4711"), "{}", assumed[1]);
    assert!(key(assumed[1]).starts_with("ASIA"), "with the credentials of the first");
    for text in assumed {
        assert!(text.contains("RoleSessionName=suimon-dev-"), "{text}");
    }
    // A name that says when: the caller that ECS records is this run.
    account.project_on(
        "{aws: {region: us-east-1, accountId: \"999999999999\", assumeRole: \"arn:aws:iam::222222222222:role/hub\"}}",
        "",
        CLUSTER,
    );
    let told = account.env.plan(&[]).code(1);
    told.notes("arn:aws:sts::222222222222:assumed-role/hub/suimon-dev-").notes("999999999999");
}

#[test]
fn credentials_that_are_not_good() {
    let account = Account::sandbox();
    let env = &account.env;
    account.project(CLUSTER);
    let mut all = String::new();
    for key in ["INVALID", "EXPIRED"] {
        env.set("AWS_ACCESS_KEY_ID", key);
        all += &format!("== {key}\n{}\n", refused(&account));
    }
    env.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    all += &format!("== none\n{}\n", refused(&account));
    let targets = "{aws: {region: us-east-1, profile: nobody}}";
    account.project_on(targets, "", CLUSTER);
    all += &format!("== no such profile\n{}\n", refused(&account));
    env.set("AWS_ACCESS_KEY_ID", &account.id).set("AWS_SECRET_ACCESS_KEY", "x");
    account.project_on("{aws: {}}", "", CLUSTER);
    all += &format!("== no region\n{}\n", refused(&account));
    account.project_on(
        "{aws: {region: us-east-1, assumeRole: arn:aws:iam::12:role/x}}",
        "",
        CLUSTER,
    );
    all += &format!("== a role that is none\n{}\n", refused(&account));
    env.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    account.project(CLUSTER);
    all += &format!("== nobody listens\n{}\n", refused(&account));
    insta::assert_snapshot!(all, @r"
    == INVALID
    error: aws: not authenticated at AWS sts: sts GetCallerIdentity: InvalidClientTokenId: The security token included in the request is invalid.
    == EXPIRED
    error: aws: not authenticated at AWS sts: sts GetCallerIdentity: ExpiredToken: The security token included in the request is expired
    == none
    error: aws: not authenticated at AWS sts: no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or `targets.aws.profile`, or run where a role gives them
    == no such profile
    error: aws: not authenticated at AWS sts: no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or `targets.aws.profile`, or run where a role gives them
    == no region
    error: aws: no AWS region is known: set `targets.aws.region` in environment.yaml, AWS_REGION, or the region of the profile
    == a role that is none
    error: aws: not authenticated at AWS sts: the role of `targets.aws.assumeRole` cannot be assumed: ValidationError: arn:aws:iam::12:role/x is invalid
    == nobody listens
    error: aws: cannot reach AWS sts: tcp connect error: Connection refused (os error 111)
      help: nothing was written; check the network, the region and AWS_ENDPOINT_URL, then run the same command again
    ");
}

#[test]
fn a_clock_that_is_wrong_is_told_in_seconds() {
    for (ahead, direction) in [(-3_600, "ahead of"), (3_600, "behind")] {
        let clock = Clock::manual(Timestamp::now() + SignedDuration::from_secs(ahead));
        let account = Account::sandbox_with(AwsOptions { clock, ..AwsOptions::default() });
        account.project(CLUSTER);
        let told = refused(&account);
        let marker = "the clock of this machine is ";
        let rest = told.split_once(marker).expect(&told).1;
        let (seconds, rest) = rest.split_once(" s ").unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        assert!((3_000..=3_600).contains(&seconds), "{told}");
        assert!(rest.starts_with(&format!("{direction} that of AWS")), "{told}");
    }
}

#[test]
fn a_profile_gives_credentials_and_region() {
    let account = Account::sandbox();
    let env = &account.env;
    env.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    let file = |name: &str, text: &str| std::fs::write(env.root().join(name), text).unwrap();
    file("aws-config", "[profile shop]\nregion = eu-west-1\n");
    file(
        "aws-credentials",
        "[shop]\naws_access_key_id = 444444444444\naws_secret_access_key = x\n",
    );
    account.project_on("{aws: {profile: shop, accountId: \"444444444444\"}}", "", CLUSTER);
    account.apply(&[]).code(0);
    env.settled();
    // The environment's region wins over the profile's: nothing is there.
    let targets = "{aws: {profile: shop, region: us-east-1, accountId: \"444444444444\"}}";
    account.project_on(targets, "", CLUSTER);
    env.plan(&["--detailed-exitcode"]).code(2).says("1 to add");
}

#[test]
fn an_endpoint_of_one_service_wins_over_that_of_all() {
    let account = Account::sandbox();
    let other =
        RUNTIME.block_on(Aws::start(AwsOptions { record_requests: true, ..AwsOptions::default() }));
    let other = other.unwrap();
    account.project(CLUSTER);
    account.env.set("AWS_ENDPOINT_URL_ECS", &other.url());
    account.apply(&[]).code(0);
    account.env.settled();
    let services = |aws: &Aws| -> Vec<String> {
        let mut all: Vec<_> = aws.requests().into_iter().map(|r| r.service).collect();
        all.sort();
        all.dedup();
        all
    };
    assert_eq!(services(&other), ["ecs"]);
    assert!(!services(account.aws()).contains(&"ecs".to_owned()));
}

/// A Kubernetes API that takes the tokens of EKS only, and an account that knows it as `main`.
fn eks() -> (Account, Sandbox) {
    let options = Options { require_eks_token: true, ..Options::default() };
    let cluster = RUNTIME.block_on(Sandbox::start(options)).unwrap();
    let endpoint = EksEndpoint {
        name: "main".to_owned(),
        endpoint: cluster.url(),
        certificate_authority: String::new(),
    };
    let account =
        Account::sandbox_with(AwsOptions { clusters: vec![endpoint], ..AwsOptions::default() });
    account.env.show(&cluster.url(), "[API]");
    (account, cluster)
}

fn eks_project(account: &Account, yaml: &str) {
    let targets = format!(
        "{{aws: {{region: us-east-1, accountId: \"{}\"}}, kubernetes: {{eksCluster: main}}}}",
        account.id
    );
    account.project_on(&targets, "", yaml);
}

#[test]
fn an_eks_cluster_needs_no_kubeconfig() {
    let (account, _cluster) = eks();
    let objects = namespace("k") + &config_map("k", "a", "1");
    eks_project(&account, &objects);
    let mut all = format!("== no such cluster\n{}\n", refused(&account));
    let made = json!({
        "name": "main", "roleArn": format!("arn:aws:iam::{}:role/eks", account.id),
        "resourcesVpcConfig": {"subnetIds": ["subnet-0a0a0a0a0a0a0a001", "subnet-0a0a0a0a0a0a0a002"]},
    });
    account.eks("POST", "/clusters", &made);
    RUNTIME.block_on(account.aws().settle());
    account.apply(&[]).code(0).says("2 added");
    account.env.settled();

    account.env.set("AWS_ACCESS_KEY_ID", "EXPIRED");
    all += &format!("== expired credentials\n{}\n", refused(&account));
    insta::assert_snapshot!(all, @r"
    == no such cluster
    error: kubernetes: there is no EKS cluster `main` in account 123456789012, region us-east-1; create it, or declare it in this environment as a Cluster.eks.services.k8s.aws, or correct targets.kubernetes.eksCluster
    == expired credentials
    error: aws: not authenticated at AWS sts: sts GetCallerIdentity: ExpiredToken: The security token included in the request is expired
    ");
}

#[test]
fn a_cluster_and_what_is_on_it_are_one_graph() {
    let (account, _cluster) = eks();
    let declared = format!(
        "apiVersion: eks.services.k8s.aws/v1alpha1
kind: Cluster
metadata: {{name: platform}}
spec:
  name: main
  version: \"1.33\"
  roleARN: arn:aws:iam::{}:role/eks
  resourcesVPCConfig: {{subnetIDs: [subnet-0a0a0a0a0a0a0a001, subnet-0a0a0a0a0a0a0a002]}}
---
",
        account.id
    );
    let yaml = declared + &namespace("k") + "---\n" + &config_map("k", "a", "1");
    eks_project(&account, &yaml.replace("---\n---\n", "---\n"));
    account.env.plan(&["--detailed-exitcode"]).code(2).says("Plan: 3 to add");
    let graph = account.env.suimon(&["graph", "dev"]).code(0);
    assert!(graph.stdout.contains("Cluster.eks.services.k8s.aws/platform"), "{}", graph.stdout);
    let ran = account.apply(&[]).code(0).says("3 added");
    let place = |text: &str| ran.stderr.find(text).expect(&ran.stderr);
    assert!(
        place("Cluster.eks.services.k8s.aws/platform: Creation complete")
            < place("Namespace/k: Creating"),
        "{}",
        ran.stderr
    );
    account.env.settled();
}

//! The sandbox as kubectl sees it. Skipped, with a line, where there is no kubectl.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use suimon_sandbox::{Options, Sandbox};

const MANIFEST: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "nginx:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {a: "1"}
"#;

/// Runs kubectl and returns its exit code, what it printed and what it complained of.
fn kubectl(home: &Path, arguments: &str, input: &str) -> (i32, String, String) {
    let mut child = Command::new("kubectl")
        .args(arguments.split(' '))
        .env("KUBECONFIG", home.join("config"))
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_works_on_the_sandbox() {
    if Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        eprintln!("skipped: no kubectl on PATH");
        return;
    }
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config"), sandbox.kubeconfig()).unwrap();
    let changed = MANIFEST.replace("a: \"1\"", "a: \"2\"");
    let ready = "deployment.apps/web condition met\n";
    for (arguments, input, code, expected) in [
        (
            "apply --server-side -f -",
            MANIFEST,
            0,
            "deployment.apps/web serverside-applied\nconfigmap/settings serverside-applied\n",
        ),
        ("wait --for=condition=Available deployment/web --timeout=30s", "", 0, ready),
        (
            "rollout status deployment/web --timeout=30s",
            "",
            0,
            "deployment \"web\" successfully rolled out\n",
        ),
        ("diff --server-side -f -", MANIFEST, 0, ""),
        ("diff --server-side -f -", &changed, 1, "+  a: \"2\"\n"),
        ("get deployments --no-headers", "", 0, "web   2/2   2     2     "),
        ("get deployments", "", 0, "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\n"),
        ("label configmap settings x=y", "", 0, "configmap/settings labeled\n"),
        ("annotate configmap settings x=y", "", 0, "configmap/settings annotated\n"),
        (
            "patch configmap settings -p {\"data\":{\"b\":\"2\"}}",
            "",
            0,
            "configmap/settings patched\n",
        ),
        ("scale deployment web --replicas=3", "", 0, "deployment.apps/web scaled\n"),
        ("get configmap settings -o jsonpath={.data.b}", "", 0, "2"),
        ("get deployment web -o yaml --show-managed-fields", "", 0, "subresource: scale\n"),
        ("describe deployment web", "", 0, "NewReplicaSetAvailable"),
        ("get all -l app=web --no-headers", "", 0, "pod/web-"),
        ("delete -f -", MANIFEST, 0, "configmap \"settings\" deleted"),
        ("create -f -", MANIFEST, 0, "configmap/settings created\n"),
        ("delete configmap settings", "", 0, "configmap \"settings\" deleted"),
        ("delete deployment web --cascade=foreground", "", 0, "deployment.apps \"web\" deleted"),
        ("apply -f -", MANIFEST, 0, "configmap/settings created\n"),
        ("diff -f -", &changed, 1, "+  a: \"2\"\n"),
        (
            "apply -f -",
            &changed,
            0,
            "deployment.apps/web unchanged\nconfigmap/settings configured\n",
        ),
        ("apply --server-side -f -", &changed, 0, "configmap/settings serverside-applied\n"),
        ("api-resources --no-headers", "", 0, "deployments"),
        ("create namespace team", "", 0, "namespace/team created\n"),
        ("create configmap made --from-literal=a=b", "", 0, "configmap/made created\n"),
        ("create secret generic made --from-literal=a=b", "", 0, "secret/made created\n"),
        ("delete namespace team", "", 0, "namespace \"team\" deleted"),
        ("get pods -n nowhere", "", 0, ""),
        ("get configmap nope", "", 1, ""),
    ] {
        let (found, out, err) = kubectl(home.path(), arguments, input);
        assert_eq!(found, code, "kubectl {arguments}\n{out}\n{err}");
        assert!(
            out.contains(expected),
            "kubectl {arguments}\nwanted {expected:?}, printed\n{out}\n{err}"
        );
    }
}

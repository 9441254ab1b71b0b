use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_graph::format::{dot, json as to_json, mermaid, tree};

use crate::support::{in_wave, object, ordered, waiting, with};

fn service() -> Vec<Value> {
    let spec = json!({"spec": {"template": {"spec": {
        "serviceAccountName": "api",
        "containers": [{"envFrom": [{"configMapRef": {"name": "api"}}]}],
    }}}});
    let target = json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}}});
    vec![
        object("v1", "Namespace", "web"),
        object("v1", "ServiceAccount", "web/api"),
        object("v1", "ConfigMap", "web/api"),
        with(object("apps/v1", "Deployment", "web/api"), &spec),
        with(object("autoscaling/v2", "HorizontalPodAutoscaler", "web/api"), &target),
        waiting("web/after", "Deployment.apps/web/api"),
    ]
}

fn waves() -> Vec<Value> {
    vec![
        in_wave("a", "0"),
        in_wave("b", "0"),
        in_wave("c", "1"),
        in_wave("d", "1"),
        in_wave("e", "1"),
    ]
}

#[test]
fn as_a_tree() {
    assert_snapshot!(tree(&ordered(&service())), @"
    ConfigMap/web/after
    └── Deployment.apps/web/api (suimon.dev/depends-on)
        ├── ServiceAccount/web/api (service account)
        │   └── Namespace/web (namespace)
        └── ConfigMap/web/api (config map)
            └── Namespace/web (namespace)
    HorizontalPodAutoscaler.autoscaling/web/api
    └── Deployment.apps/web/api (scale target) (*)
    ");
    assert_snapshot!(tree(&ordered(&waves())), @"
    ConfigMap/a
    ConfigMap/b
    ConfigMap/c
    └── everything of sync-wave 0 (2 objects)
    ConfigMap/d
    └── everything of sync-wave 0 (2 objects)
    ConfigMap/e
    └── everything of sync-wave 0 (2 objects)
    ");
}

#[test]
fn as_dot() {
    assert_snapshot!(dot(&ordered(&service())), @r#"
    digraph suimon {
      rankdir = RL;
      node [shape = box];
      n0 [label = "Namespace/web"];
      n1 [label = "ServiceAccount/web/api"];
      n2 [label = "ConfigMap/web/api"];
      n3 [label = "Deployment.apps/web/api"];
      n4 [label = "ConfigMap/web/after"];
      n5 [label = "HorizontalPodAutoscaler.autoscaling/web/api"];
      n1 -> n0 [label = "namespace"];
      n2 -> n0 [label = "namespace"];
      n3 -> n0 [label = "namespace"];
      n3 -> n1 [label = "service account"];
      n3 -> n2 [label = "config map"];
      n4 -> n0 [label = "namespace"];
      n4 -> n3 [label = "suimon.dev/depends-on"];
      n5 -> n0 [label = "namespace"];
      n5 -> n3 [label = "scale target"];
    }
    "#);
    assert_snapshot!(dot(&ordered(&waves())), @r#"
    digraph suimon {
      rankdir = RL;
      node [shape = box];
      n0 [label = "ConfigMap/a"];
      n1 [label = "ConfigMap/b"];
      n2 [label = "ConfigMap/c"];
      n3 [label = "ConfigMap/d"];
      n4 [label = "ConfigMap/e"];
      b0 [shape = ellipse, style = dashed, label = "sync-wave 0 done"];
      n2 -> b0 [style = dashed];
      n3 -> b0 [style = dashed];
      n4 -> b0 [style = dashed];
      b0 -> n0 [style = dashed];
      b0 -> n1 [style = dashed];
    }
    "#);
}

#[test]
fn as_mermaid() {
    assert_snapshot!(mermaid(&ordered(&service())), @r#"
    flowchart RL
      n0["Namespace/web"]
      n1["ServiceAccount/web/api"]
      n2["ConfigMap/web/api"]
      n3["Deployment.apps/web/api"]
      n4["ConfigMap/web/after"]
      n5["HorizontalPodAutoscaler.autoscaling/web/api"]
      n1 -->|"namespace"| n0
      n2 -->|"namespace"| n0
      n3 -->|"namespace"| n0
      n3 -->|"service account"| n1
      n3 -->|"config map"| n2
      n4 -->|"namespace"| n0
      n4 -->|"suimon.dev/depends-on"| n3
      n5 -->|"namespace"| n0
      n5 -->|"scale target"| n3
    "#);
    assert_snapshot!(mermaid(&ordered(&waves())), @r#"
    flowchart RL
      n0["ConfigMap/a"]
      n1["ConfigMap/b"]
      n2["ConfigMap/c"]
      n3["ConfigMap/d"]
      n4["ConfigMap/e"]
      b0(["sync-wave 0 done"])
      n2 -.-> b0
      n3 -.-> b0
      n4 -.-> b0
      b0 -.-> n0
      b0 -.-> n1
    "#);
}

#[test]
fn as_json() {
    assert_snapshot!(to_json(&ordered(&service()[..2])), @r#"
    {
      "format_version": "1.0",
      "nodes": [
        {
          "id": "Namespace/web",
          "wave": 0,
          "location": {
            "file": "namespace-web.yaml",
            "line": 1,
            "column": 1
          }
        },
        {
          "id": "ServiceAccount/web/api",
          "wave": 1,
          "location": {
            "file": "serviceaccount-api.yaml",
            "line": 1,
            "column": 1
          }
        }
      ],
      "edges": [
        {
          "from": "ServiceAccount/web/api",
          "to": "Namespace/web",
          "reason": "namespace",
          "location": {
            "file": "serviceaccount-api.yaml",
            "line": 1,
            "column": 1
          }
        }
      ],
      "barriers": []
    }
    "#);
    let waves: Value = serde_json::from_str(&to_json(&ordered(&waves()))).unwrap();
    assert_snapshot!(waves["barriers"], @r#"[{"from":["ConfigMap/c","ConfigMap/d","ConfigMap/e"],"reason":"sync-wave 1 after 0","to":["ConfigMap/a","ConfigMap/b"]}]"#);
    assert_eq!(waves["nodes"][4]["wave"], 1);
}

#[test]
fn names_cannot_draw_or_command() {
    let order = ordered(&[object("v1", "ConfigMap", "a\"]; click\\n1\u{1b}[2J<b>#quot;\u{202e}")]);
    assert_snapshot!(tree(&order), @r#"ConfigMap/a"]; click\n1\u{1b}[2J<b>#quot;\u{202e}"#);
    assert_snapshot!(dot(&order), @r#"
    digraph suimon {
      rankdir = RL;
      node [shape = box];
      n0 [label = "ConfigMap/a\"]; click\\n1\\u{1b}[2J<b>#quot;\\u{202e}"];
    }
    "#);
    assert_snapshot!(mermaid(&order), @r#"
    flowchart RL
      n0["ConfigMap/a#34;#93;#59; click#92;n1#92;u#123;1b#125;#91;2J#60;b#62;#35;quot#59;#92;u#123;202e#125;"]
    "#);
}

#[test]
fn a_deep_chain_is_folded_and_nothing_is_lost() {
    let chain = (0..5_000).map(|n| match n {
        0 => object("v1", "ConfigMap", "c0000"),
        n => waiting(&format!("c{n:04}"), &format!("ConfigMap/c{:04}", n - 1)),
    });
    let text = tree(&ordered(&chain.collect::<Vec<_>>()));
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    for n in 0..5_000 {
        assert!(text.contains(&format!("ConfigMap/c{n:04}")), "c{n:04} is missing");
    }
}

//! Which crate may see which. `docs/ARCHITECTURE.md` shows the same table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What a crate of ours may use of ours. A dependency that is not here is a decision to be made, not
/// a line to be added.
const ARROWS: &[(&str, &[&str])] = &[
    ("suimon-model", &[]),
    ("suimon-source", &["suimon-model"]),
    ("suimon-render", &["suimon-model"]),
    ("suimon-graph", &["suimon-model"]),
    ("suimon-plan", &["suimon-model", "suimon-graph"]),
    ("suimon-gate", &["suimon-model", "suimon-plan"]),
    ("suimon-provider", &["suimon-model", "suimon-plan"]),
    ("suimon-provider-kubernetes", &["suimon-model", "suimon-plan", "suimon-provider"]),
    ("suimon-provider-aws", &["suimon-model", "suimon-plan", "suimon-provider"]),
    (
        "suimon-apply",
        &["suimon-model", "suimon-graph", "suimon-plan", "suimon-gate", "suimon-provider"],
    ),
    (
        "suimon-ledger",
        &["suimon-model", "suimon-source", "suimon-plan", "suimon-gate", "suimon-apply"],
    ),
    ("suimon-forge", &["suimon-model"]),
    (
        "suimon-promote",
        &[
            "suimon-model",
            "suimon-source",
            "suimon-render",
            "suimon-gate",
            "suimon-ledger",
            "suimon-forge",
        ],
    ),
    (
        "suimon-engine",
        &[
            "suimon-model",
            "suimon-source",
            "suimon-render",
            "suimon-graph",
            "suimon-plan",
            "suimon-gate",
            "suimon-provider",
            "suimon-apply",
            "suimon-ledger",
            "suimon-forge",
            "suimon-promote",
        ],
    ),
    (
        "suimon-view",
        &[
            "suimon-model",
            "suimon-graph",
            "suimon-plan",
            "suimon-gate",
            "suimon-apply",
            "suimon-ledger",
        ],
    ),
    ("suimon-sandbox", &[]),
    (
        "suimon",
        &[
            "suimon-model",
            "suimon-source",
            "suimon-render",
            "suimon-graph",
            "suimon-plan",
            "suimon-gate",
            "suimon-provider",
            "suimon-provider-kubernetes",
            "suimon-provider-aws",
            "suimon-apply",
            "suimon-ledger",
            "suimon-forge",
            "suimon-promote",
            "suimon-engine",
            "suimon-view",
            "suimon-sandbox",
        ],
    ),
    ("xtask", &[]),
];

/// Tests of any crate may start the sandbox: it knows none of our crates.
const FOR_TESTS: &str = "suimon-sandbox";

/// Third-party crates that few of ours may use. The sandbox shares nothing with us, so that it does
/// not share our mistakes: it has its own YAML and patches.
const OWNERS: &[(&str, &[&str])] = &[
    ("gix", &["suimon-source"]),
    ("tera", &["suimon-render"]),
    ("granit-parser", &["suimon-render"]),
    ("jsonschema", &["suimon-render"]),
    ("json-patch", &["suimon-render", "suimon-sandbox"]),
    ("serde-saphyr", &["suimon-render", "suimon-sandbox"]),
    ("petgraph", &["suimon-graph"]),
    ("age", &["suimon-provider-aws"]),
    ("kube", &["suimon-provider-kubernetes"]),
    ("k8s-openapi", &["suimon-provider-kubernetes", "suimon-sandbox"]),
    ("similar", &["suimon-view"]),
    ("regorus", &["suimon-gate"]),
    ("ssh-key", &["suimon-gate"]),
    ("hyper-rustls", &["suimon-forge"]),
    ("clap", &["suimon"]),
    ("hyper", &["suimon-sandbox"]),
];

/// Crates without an executor: they compute, or they block.
const NO_TOKIO: &[&str] = &[
    "suimon-model",
    "suimon-source",
    "suimon-render",
    "suimon-graph",
    "suimon-plan",
    "suimon-gate",
    "suimon-view",
];

/// A dependency of one of our crates.
struct Use {
    user: String,
    used: String,
    only_in_tests: bool,
}

fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(crate::files::root().join("Cargo.toml")).no_deps();
    let options = ["--offline".to_owned()];
    command.other_options(options).exec().expect("cargo metadata works offline").packages
}

fn uses() -> Vec<Use> {
    let packages = packages();
    let uses = packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Use {
            user: package.name.to_string(),
            used: dependency.name.clone(),
            only_in_tests: dependency.kind == DependencyKind::Development,
        })
    });
    uses.collect()
}

#[test]
fn every_crate_is_in_the_table_and_nothing_else() {
    let crates: BTreeSet<String> =
        packages().iter().map(|package| package.name.to_string()).collect();
    let table: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crates, table);
}

#[test]
fn crates_see_only_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let wrong: Vec<String> = uses()
        .iter()
        .filter(|one| table.contains_key(one.used.as_str()))
        .filter(|one| !table[one.user.as_str()].contains(&one.used.as_str()))
        .filter(|one| !(one.only_in_tests && one.used == FOR_TESTS))
        .map(|one| format!("{} must not see {}", one.user, one.used))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn arrows_go_one_way() {
    let mut earlier: BTreeSet<&str> = ["suimon-sandbox"].into();
    for (name, seen) in ARROWS {
        let unknown: Vec<_> = seen.iter().filter(|seen| !earlier.contains(**seen)).collect();
        assert!(unknown.is_empty(), "{name} sees {unknown:?}, which come after it");
        earlier.insert(name);
    }
}

#[test]
fn third_party_crates_stay_with_their_owners() {
    let owners: BTreeMap<&str, &[&str]> = OWNERS.iter().copied().collect();
    let wrong: Vec<String> = uses()
        .iter()
        .filter(|one| !one.only_in_tests)
        .filter(|one| {
            let owned = owners.get(one.used.as_str());
            owned.is_some_and(|owners| !owners.contains(&one.user.as_str()))
                || (one.used == "tokio" && NO_TOKIO.contains(&one.user.as_str()))
                || (one.used.starts_with("aws-") && one.user != "suimon-provider-aws")
        })
        .map(|one| format!("{} must not use {}", one.user, one.used))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Canonical JSON relies on sorted maps, and comparisons on numbers as they are; a feature that any
/// dependency switches on is on for all.
#[test]
fn nobody_changes_how_json_is_kept() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--workspace", "--offline", "--locked", "--edges", "features"])
        .args(["--invert", "serde_json", "--depth", "1", "--prefix", "none"])
        .current_dir(crate::files::root())
        .output()
        .expect("cargo starts");
    let features = String::from_utf8(tree.stdout).expect("UTF-8");
    assert!(features.contains("feature \"std\""), "{}", String::from_utf8_lossy(&tree.stderr));
    for feature in ["preserve_order", "arbitrary_precision"] {
        assert!(
            !features.contains(&format!("feature \"{feature}\"")),
            "serde_json/{feature} is on"
        );
    }
}

/// The name of a crate's package, from the name that the documentation uses: the folder's.
fn package(folder: &str) -> String {
    match folder {
        "cli" => "suimon".to_owned(),
        "xtask" => "xtask".to_owned(),
        other => format!("suimon-{other}"),
    }
}

#[test]
fn the_documentation_shows_this_table() {
    let text = std::fs::read_to_string(crate::files::root().join("docs/ARCHITECTURE.md"))
        .expect("docs/ARCHITECTURE.md is readable");
    let rows = text.lines().skip_while(|line| *line != "| crate | may see | pure |").skip(2);
    let names =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(package).collect() };
    let mut documented = BTreeMap::new();
    let mut pure = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = names(cells[1]).remove(0);
        let seen: BTreeSet<String> = match cells[2] {
            "all of the above" => documented.keys().cloned().collect(),
            list => names(list).into_iter().collect(),
        };
        if cells[3] == "yes" {
            pure.push(name.trim_start_matches("suimon-").to_owned());
        }
        documented.insert(name, seen);
    }
    let table: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(name, seen)| ((*name).to_owned(), seen.iter().map(|s| (*s).to_owned()).collect()))
        .collect();
    assert_eq!(documented, table);
    pure.sort();
    let mut expected = crate::pure::PURE.to_vec();
    expected.sort_unstable();
    assert_eq!(pure, expected);
}

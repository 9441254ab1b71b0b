use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use serde_json::Value;
use suimon_graph::{Order, Walk, order};

use crate::support::{annotated, manifest, manifests, object, waiting};

/// Objects that wait for some of the objects before them, some of them in waves that agree.
fn acyclic() -> impl Strategy<Value = Vec<Value>> {
    (1usize..25, any::<bool>()).prop_flat_map(|(size, waves)| {
        let lists = (0..size).map(|n| prop::collection::vec(0..n.max(1), 0..n.min(4) + 1));
        (lists.collect::<Vec<_>>(), prop::collection::vec(0i64..2, size)).prop_map(
            move |(lists, steps)| {
                let mut wave = -1;
                let object = |(n, (list, step)): (usize, (Vec<usize>, i64))| {
                    wave += step;
                    let list = if n == 0 { Vec::new() } else { list };
                    let ids: Vec<String> =
                        list.iter().map(|on| format!("ConfigMap/{}", name(*on))).collect();
                    let object = waiting(&name(n), &ids.join(","));
                    match waves {
                        true => annotated(object, "argocd.argoproj.io/sync-wave", wave.to_string()),
                        false => object,
                    }
                };
                lists.into_iter().zip(steps).enumerate().map(object).collect()
            },
        )
    })
}

/// A name that does not sort like the number.
fn name(n: usize) -> String {
    format!("n{}-{n}", (n * 7) % 25)
}

/// Values of any shape, made of the words that the crate looks for.
fn any_shape() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "spec",
        "metadata",
        "annotations",
        "labels",
        "template",
        "jobTemplate",
        "containers",
        "env",
        "envFrom",
        "valueFrom",
        "secretKeyRef",
        "configMapRef",
        "volumes",
        "projected",
        "sources",
        "secret",
        "secretName",
        "selector",
        "matchLabels",
        "matchExpressions",
        "key",
        "operator",
        "In",
        "values",
        "rules",
        "http",
        "paths",
        "backend",
        "service",
        "name",
        "tls",
        "webhooks",
        "clientConfig",
        "roleRef",
        "kind",
        "subjects",
        "scaleTargetRef",
        "apiVersion",
        "names",
        "group",
        "clusterRef",
        "subnetRefs",
        "Ref",
        "from",
        "suimon.dev/depends-on",
        "config.kubernetes.io/depends-on",
        "argocd.argoproj.io/sync-wave",
        "/",
        "a",
    ];
    let word = || prop::sample::select(WORDS).prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word(), inner, 0..4)
                .prop_map(|map| Value::from(serde_json::Map::from_iter(map))),
        ]
    })
}

/// What waits for an object, directly or not, the slow way.
fn transitive(order: &Order, from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut unread = vec![from];
    while let Some(node) = unread.pop() {
        unread.extend(order.dependents(node).into_iter().filter(|next| found.insert(*next)));
    }
    found
}

/// Runs a walk in an arbitrary order of completion and returns the order of starting.
fn run(
    mut walk: Walk,
    choices: &[prop::sample::Index],
    mut check: impl FnMut(usize, &[usize]),
) -> Vec<usize> {
    let (mut started, mut flying, mut done) = (Vec::new(), Vec::new(), Vec::new());
    let mut choices = choices.iter().cycle();
    while !walk.is_finished() {
        for node in walk.ready() {
            check(node, &done);
            started.push(node);
            flying.push(node);
        }
        let node = flying.swap_remove(choices.next().unwrap().index(flying.len()));
        walk.done(node);
        done.push(node);
    }
    started
}

proptest! {
    #[test]
    fn no_shape_of_an_object_makes_it_panic(
        shapes in prop::collection::vec((any::<prop::sample::Index>(), any_shape()), 1..8)
    ) {
        const KINDS: &[(&str, &str)] = &[
            ("v1", "Pod"), ("apps/v1", "StatefulSet"), ("batch/v1", "CronJob"), ("v1", "Service"),
            ("v1", "Secret"), ("v1", "ServiceAccount"), ("v1", "PersistentVolumeClaim"),
            ("policy/v1", "PodDisruptionBudget"), ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("networking.k8s.io/v1", "Ingress"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("v1", "ConfigMap"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
            ("apiregistration.k8s.io/v1", "APIService"), ("ecs.services.k8s.aws/v1", "Service"),
        ];
        let manifests: Vec<_> = shapes
            .into_iter()
            .enumerate()
            .map(|(n, (kind, shape))| {
                let (api_version, kind) = KINDS[kind.index(KINDS.len())];
                let mut manifest = manifest(&object(api_version, kind, &format!("web/n{n}")));
                manifest.body = suimon_model::Body::new(&shape);
                manifest
            })
            .collect();
        let existing = suimon_graph::order_existing(&manifests);
        prop_assert_eq!(existing.len(), manifests.len());
        if let Err(problems) = order(&manifests) {
            prop_assert!(problems.has_errors());
        }
    }

    #[test]
    fn dependencies_come_first(objects in acyclic()) {
        let order = order(&manifests(&objects)).unwrap();
        prop_assert_eq!(order.len(), objects.len());
        for node in 0..order.len() {
            prop_assert_eq!(order.index_of(&order.nodes()[node]), Some(node));
            for dependency in order.dependencies(node) {
                prop_assert!(dependency < node);
                prop_assert!(order.dependents(dependency).contains(&node));
            }
        }
    }

    #[test]
    fn the_order_of_the_manifests_does_not_matter(
        (objects, shuffled) in acyclic().prop_flat_map(|o| (Just(o.clone()), Just(o).prop_shuffle()))
    ) {
        let (one, two) = (order(&manifests(&objects)).unwrap(), order(&manifests(&shuffled)).unwrap());
        prop_assert_eq!(one.nodes(), two.nodes());
        prop_assert_eq!(one.edges().collect::<Vec<_>>(), two.edges().collect::<Vec<_>>());
        prop_assert_eq!(one.barriers().collect::<Vec<_>>(), two.barriers().collect::<Vec<_>>());
    }

    #[test]
    fn a_walk_starts_everything_once_after_what_it_waits_for(
        objects in acyclic(),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let order = order(&manifests(&objects)).unwrap();
        let forward = run(Walk::new(&order), &choices, |node, done| {
            assert!(order.dependencies(node).iter().all(|d| done.contains(d)));
        });
        let backward = run(Walk::reversed(&order), &choices, |node, done| {
            assert!(order.dependents(node).iter().all(|d| done.contains(d)));
        });
        for mut started in [forward, backward] {
            started.sort_unstable();
            prop_assert_eq!(started, (0..order.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_failure_skips_exactly_what_waits_for_it(
        objects in acyclic(),
        failing in any::<prop::sample::Index>(),
    ) {
        let order = order(&manifests(&objects)).unwrap();
        let failing = failing.index(order.len());
        let mut walk = Walk::new(&order);
        let (mut started, mut skipped) = (BTreeSet::new(), BTreeSet::new());
        while !walk.is_finished() {
            for node in walk.ready() {
                started.insert(node);
                if node == failing {
                    skipped.extend(walk.failed(node));
                } else {
                    walk.done(node);
                }
            }
        }
        prop_assert_eq!(&skipped, &transitive(&order, failing));
        prop_assert_eq!(started.len() + skipped.len(), order.len());
    }

    #[test]
    fn a_reported_cycle_is_real_and_no_shorter_one_exists(
        arrows in prop::collection::btree_set((0usize..9, 0usize..9), 1..20)
    ) {
        let arrows: BTreeSet<(usize, usize)> = arrows.into_iter().filter(|(a, b)| a != b).collect();
        let mut lists: HashMap<usize, Vec<String>> = HashMap::new();
        for (a, b) in &arrows {
            lists.entry(*a).or_default().push(format!("ConfigMap/n{b}"));
        }
        let objects: Vec<Value> = (0..9)
            .map(|n| match lists.get(&n) {
                Some(list) => waiting(&format!("n{n}"), &list.join(",")),
                None => object("v1", "ConfigMap", &format!("n{n}")),
            })
            .collect();
        let distance = distances(&arrows);
        let cyclic: Vec<usize> = (0..9).filter(|n| distance[*n][*n].is_some()).collect();
        match order(&manifests(&objects)) {
            Ok(_) => prop_assert!(cyclic.is_empty()),
            Err(problems) => {
                let mut groups = BTreeSet::new();
                for problem in &problems {
                    let cycle = cycle_of(problem);
                    prop_assert!(cycle.iter().all(|arrow| arrows.contains(arrow)));
                    prop_assert!(cycle.iter().zip(cycle.iter().cycle().skip(1)).all(|(a, b)| a.1 == b.0));
                    let (of, _) = cycle[0];
                    let group: BTreeSet<usize> = (0..9)
                        .filter(|n| distance[of][*n].is_some() && distance[*n][of].is_some())
                        .collect();
                    let shortest = group.iter().filter_map(|n| distance[*n][*n]).min();
                    prop_assert_eq!(Some(cycle.len()), shortest);
                    groups.extend(group);
                }
                prop_assert_eq!(groups.into_iter().collect::<Vec<_>>(), cyclic);
            }
        }
    }
}

/// The arrows of a reported cycle, from the lines that a person reads.
fn cycle_of(problem: &suimon_model::Diagnostic) -> Vec<(usize, usize)> {
    let number = |text: &str| text.trim_start_matches("ConfigMap/n").parse().unwrap();
    let arrow = |text: &String| {
        let ids: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        (number(ids[0]), number(ids[1]))
    };
    problem.related.iter().map(|(_, text)| arrow(text)).collect()
}

/// The length of the shortest path between each two, of at least one arrow.
fn distances(arrows: &BTreeSet<(usize, usize)>) -> Vec<Vec<Option<usize>>> {
    let mut best = vec![vec![None; 9]; 9];
    for (a, b) in arrows {
        best[*a][*b] = Some(1);
    }
    for via in 0..9 {
        for a in 0..9 {
            for b in 0..9 {
                if let (Some(first), Some(second)) = (best[a][via], best[via][b]) {
                    let length: usize = first + second;
                    best[a][b] = Some(best[a][b].map_or(length, |known: usize| known.min(length)));
                }
            }
        }
    }
    best
}

//! Sizes, not times: what must not multiply.

use serde_json::{Value, json};

use crate::support::{in_wave, object, ordered, waiting, with};

/// Direct dependencies and, for each barrier, its two groups.
fn size(objects: &[Value]) -> usize {
    let order = ordered(objects);
    let barriers = order.barriers().map(|b| b.dependents.len() + b.dependencies.len());
    order.edges().count() + barriers.sum::<usize>()
}

#[test]
fn a_thousand_after_a_thousand_is_two_thousand() {
    let waves = (0..2_000).map(|n| in_wave(&format!("n{n}"), if n < 1_000 { "0" } else { "1" }));
    assert_eq!(size(&waves.collect::<Vec<_>>()), 2_000);
}

#[test]
fn the_same_long_list_given_by_many_is_shared() {
    let list: Vec<String> = (0..300).map(|n| format!("ConfigMap/web/first{n}")).collect();
    let list = list.join(",");
    let first = (0..300).map(|n| object("v1", "ConfigMap", &format!("web/first{n}")));
    let second = (0..300).map(|n| waiting(&format!("web/second{n}"), &list));
    assert_eq!(size(&first.chain(second).collect::<Vec<_>>()), 600);
}

#[test]
fn selectors_that_match_everything_share_what_they_match() {
    let labels = json!({"spec": {"template": {"metadata": {"labels": {"tier": "x"}}}}});
    let budget = json!({"spec": {"selector": {}}});
    let workloads =
        (0..300).map(|n| with(object("apps/v1", "Deployment", &format!("web/d{n}")), &labels));
    let budgets = (0..300)
        .map(|n| with(object("policy/v1", "PodDisruptionBudget", &format!("web/b{n}")), &budget));
    assert_eq!(size(&workloads.chain(budgets).collect::<Vec<_>>()), 600);
}

use suimon_graph::{Order, Walk};

use crate::support::{in_wave, object, ordered, waiting};

fn diamond() -> Order {
    ordered(&[
        object("v1", "ConfigMap", "a"),
        waiting("b", "ConfigMap/a"),
        waiting("c", "ConfigMap/a"),
        waiting("d", "ConfigMap/b, ConfigMap/c"),
        object("v1", "ConfigMap", "e"),
    ])
}

fn names(order: &Order, nodes: &[usize]) -> String {
    nodes.iter().map(|node| order.nodes()[*node].name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_object_starts_when_what_it_waits_for_is_done() {
    let order = diamond();
    let at = |name: &str| order.nodes().iter().position(|id| id.name == name).unwrap();
    let mut walk = Walk::new(&order);
    assert_eq!(names(&order, &walk.ready()), "a e");
    assert!(walk.ready().is_empty());
    walk.done(at("a"));
    assert_eq!(names(&order, &walk.ready()), "b c");
    walk.done(at("b"));
    assert!(walk.ready().is_empty());
    walk.done(at("c"));
    assert_eq!(names(&order, &walk.ready()), "d");
    assert_eq!((walk.in_flight(), walk.remaining()), (2, 2));
    walk.done(at("d"));
    assert!(!walk.is_finished());
    walk.done(at("e"));
    assert!(walk.is_finished());
}

#[test]
fn reversed_goes_from_dependents_to_dependencies() {
    let order = diamond();
    let mut walk = Walk::reversed(&order);
    let mut seen = Vec::new();
    while !walk.is_finished() {
        let ready = walk.ready();
        seen.push(names(&order, &ready));
        ready.into_iter().for_each(|node| walk.done(node));
    }
    assert_eq!(seen, ["e d", "c b", "a"]);
}

#[test]
fn a_failure_skips_what_waits_for_it_and_nothing_else() {
    let order = diamond();
    let at = |name: &str| order.nodes().iter().position(|id| id.name == name).unwrap();
    let mut walk = Walk::new(&order);
    walk.ready();
    walk.done(at("a"));
    walk.ready();
    assert_eq!(names(&order, &walk.failed(at("b"))), "d");
    assert_eq!(names(&order, &walk.failed(at("c"))), "");
    walk.done(at("e"));
    assert!(walk.is_finished() && walk.ready().is_empty());
}

#[test]
fn calls_for_what_is_not_in_flight_do_nothing() {
    let order = diamond();
    let mut walk = Walk::new(&order);
    walk.done(0);
    assert!(walk.failed(0).is_empty());
    assert!(walk.failed(99).is_empty());
    assert_eq!(walk.remaining(), 5);
    let first = walk.ready()[0];
    walk.done(first);
    walk.done(first);
    assert!(walk.failed(first).is_empty());
    assert_eq!((walk.in_flight(), walk.remaining()), (1, 4));
}

#[test]
fn what_is_left_out_still_keeps_its_neighbours_in_order() {
    let order = diamond();
    let at = |name: &str| order.nodes().iter().position(|id| id.name == name).unwrap();
    let mut walk = Walk::new(&order).only(&[at("a"), at("d")]);
    assert_eq!(names(&order, &walk.ready()), "a");
    walk.done(at("a"));
    assert_eq!(names(&order, &walk.ready()), "d");
    walk.done(at("d"));
    assert!(walk.is_finished());

    let mut walk = Walk::new(&order).only(&[at("a"), at("d")]);
    walk.ready();
    assert_eq!(names(&order, &walk.failed(at("a"))), "d");
    assert!(walk.is_finished());
    assert!(Walk::reversed(&order).only(&[]).is_finished());
}

#[test]
fn a_wave_starts_when_the_one_before_is_over_and_not_when_it_failed() {
    let objects = [
        in_wave("a", "0"),
        in_wave("b", "0"),
        in_wave("c", "1"),
        in_wave("d", "1"),
        in_wave("e", "2"),
        in_wave("f", "2"),
    ];
    let order = ordered(&objects);
    let mut walk = Walk::new(&order);
    let first = walk.ready();
    assert_eq!(names(&order, &first), "a b");
    walk.done(first[0]);
    assert!(walk.ready().is_empty());
    assert_eq!(names(&order, &walk.clone().failed(first[1])), "c d e f");
    walk.done(first[1]);
    assert_eq!(names(&order, &walk.ready()), "c d");
}

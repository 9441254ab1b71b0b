//! The scenarios that need no controllers, on a real API server.

use crate::env::Env;
use crate::{aws, drift, lifecycle, order, prune, saved};

#[test]
fn the_same_scenarios_on_a_real_api_server() {
    let Some(env) = Env::real() else {
        eprintln!("{}", suimon_sandbox::envtest::SKIPPED);
        return;
    };
    lifecycle::lifecycle(&env);
    drift::drift_is_shown_first_and_repaired(&env);
    drift::a_conflict_is_never_forced_silently(&env);
    drift::what_exists_is_adopted_and_what_others_own_is_refused(&env);
    prune::kept_objects_are_forgotten(&env);
    prune::ignored_objects_are_left_alone(&env);
    prune::deletes_are_held_and_protected(&env);
    prune::replace(&env);
    saved::a_saved_plan_is_applied_once(&env);
    order::a_crd_and_its_objects_in_one_apply(&env);
    order::references_are_filled_in(&env);
    aws::import::a_namespace(&env);
}

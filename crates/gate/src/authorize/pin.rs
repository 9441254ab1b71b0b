//! A rollback holds the environment until its revert is merged.

use suimon_plan::Plan;

use crate::{Condition, Facts, Known, Mode, State};

use super::Judged;
use super::words::{cut, short};

const RULE: &str = "pinned";

pub(super) fn judge(plan: &Plan, facts: &Facts) -> Option<Judged> {
    let pin = match &facts.pin {
        Known::Known(None) => return None,
        Known::Known(Some(pin)) => pin,
        Known::Unknown(why) => {
            let message =
                format!("it is not known whether a rollback holds the environment: {why}");
            return Some(Judged::waivable(Condition::new(RULE, State::Held, message)));
        }
    };
    let release = pin.release.as_deref().unwrap_or_else(|| short(&pin.release_id));
    let held = format!("a rollback by {} at {} holds release {release}", cut(&pin.by), pin.at);
    let open = if facts.mode == Mode::Rollback {
        Some("and another rollback may replace it")
    } else if pin.merged {
        Some("and its revert is merged")
    } else if plan.release_id == pin.release_id {
        Some("and that is what would be applied")
    } else {
        None
    };
    Some(Judged::waivable(match open {
        Some(why) => Condition::new(RULE, State::Passed, format!("{held}, {why}")),
        None => Condition::new(
            RULE,
            State::Held,
            format!("{held}, and its revert {} is not merged", short(&pin.revision)),
        )
        .help("merge the revert; what is applied after that follows the declaration again"),
    }))
}

//! `suimon graph`.

use suimon_graph::format;

use crate::args::{GraphArgs, GraphFormat};
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &GraphArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let state = session.render(&args.environment)?;
    let order =
        suimon_graph::order_for(&state.manifests, state.environment.targets.kubernetes.as_ref())
            .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    let text = match args.format {
        GraphFormat::Tree => format::tree(&order),
        GraphFormat::Dot => format::dot(&order),
        GraphFormat::Mermaid => format::mermaid(&order),
        GraphFormat::Json => format::json(&order).to_string(),
    };
    session.console.data(&text)?;
    Ok(0)
}

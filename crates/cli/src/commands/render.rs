//! `suimon render`.

use serde_json::{Value, json};
use suimon_model::{DesiredState, Manifest};

use crate::args::{RenderArgs, RenderFormat};
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &RenderArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let manifests = in_order(session.render(&args.environment)?);
    let mut text = String::new();
    match args.output {
        RenderFormat::Yaml => {
            for manifest in &manifests {
                text.push_str("---\n# ");
                text.push_str(&manifest.origin.location().to_string());
                text.push('\n');
                text.push_str(&suimon_render::to_yaml(&readable(manifest)));
            }
        }
        RenderFormat::Json => {
            let items: Vec<Value> = manifests.iter().map(readable).collect();
            // `kubectl` reads a List; it does not read an array.
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            text = serde_json::to_string_pretty(&list).map_err(Failure::new)?;
        }
    }
    session.console.data(&text)?;
    Ok(0)
}

/// Dependencies first, so that others can apply the output too; in the order of the files where
/// there is no order, which `suimon validate` reports.
fn in_order(mut state: DesiredState) -> Vec<Manifest> {
    let live_on = state.environment.targets.kubernetes.as_ref();
    if let Ok(order) = suimon_graph::order_for(&state.manifests, live_on) {
        state.manifests.sort_by_cached_key(|manifest| order.index_of(&manifest.id));
    }
    state.manifests
}

/// The object, with words for values that are known only once something else is live.
fn readable(manifest: &Manifest) -> Value {
    let words =
        |target: &_, attribute: &str| Some(format!("(known after apply: {attribute} of {target})"));
    manifest.resolve(words).body.value()
}

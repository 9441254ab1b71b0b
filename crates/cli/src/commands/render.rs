//! `suimon render`.

use serde_json::{Value, json};

use crate::args::{RenderArgs, RenderFormat};
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &RenderArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let state = session.render(&args.environment)?;
    let mut text = String::new();
    match args.output {
        RenderFormat::Yaml => {
            for manifest in &state.manifests {
                text.push_str("---\n# ");
                text.push_str(&manifest.origin.location().to_string());
                text.push('\n');
                text.push_str(&suimon_render::to_yaml(&manifest.body.value()));
            }
        }
        RenderFormat::Json => {
            let items: Vec<Value> = state.manifests.iter().map(|m| m.body.value()).collect();
            // `kubectl` reads a List; it does not read an array.
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            text = serde_json::to_string_pretty(&list).map_err(Failure::new)?;
        }
    }
    session.console.data(&text)?;
    Ok(0)
}

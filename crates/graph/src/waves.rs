//! Argo CD's sync waves: all of a lower wave before all of a higher one.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_model::{Diagnostic, Diagnostics, Manifest};

use crate::EdgeReason;
use crate::annotations::Annotations;
use crate::links::Links;

/// The wave of an annotation as written; `None` where it is not an integer.
pub(crate) fn parse(annotation: &Value) -> Option<i64> {
    annotation.as_str()?.parse().ok()
}

/// The waves of all objects, in the order of the objects.
#[derive(Default)]
pub(crate) struct Waves {
    /// `None` for what says nothing; that is in wave 0.
    waves: Vec<Option<i64>>,
    /// Those that are in no wave at all.
    outside: Vec<bool>,
}

impl Waves {
    /// Reads the wave of the next object; without an annotation it is 0.
    pub(crate) fn read(
        &mut self,
        manifest: &Manifest,
        annotations: &Annotations,
        problems: &mut Diagnostics,
    ) {
        let written = annotations.sync_wave.as_ref();
        let wave = written.and_then(parse);
        if let (Some(written), None) = (written, wave) {
            problems.push(invalid(written, manifest));
        }
        self.waves.push(wave);
        self.outside.push(false);
    }

    /// AWS resources that say nothing are in no wave: the cluster that all objects live on comes
    /// before the first of their waves, and so does what it is made of.
    pub(crate) fn leave_to_cluster(&mut self, manifests: &[&Manifest]) {
        for (at, manifest) in manifests.iter().enumerate() {
            self.outside[at] = manifest.id.is_aws() && self.waves[at].is_none();
        }
    }

    /// Puts a barrier between each wave and the next.
    pub(crate) fn link(self, links: &mut Links) {
        if self.waves.iter().all(Option::is_none) {
            return;
        }
        let mut by_wave: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for ((node, wave), _) in
            (0u32..).zip(self.waves).zip(self.outside).filter(|(_, outside)| !outside)
        {
            by_wave.entry(wave.unwrap_or_default()).or_default().push(node);
        }
        let mut earlier: Option<(i64, Vec<u32>)> = None;
        for (from, nodes) in by_wave {
            if let Some((to, before)) = earlier {
                links.all(nodes.clone(), before, EdgeReason::SyncWave { from, to });
            }
            earlier = Some((from, nodes));
        }
    }
}

fn invalid(written: &Value, manifest: &Manifest) -> Diagnostic {
    let id = &manifest.id;
    let problem = match written {
        Value::String(text) => Diagnostic::error(
            "invalid-sync-wave",
            format!("sync-wave `{text}` of `{id}` is not an integer"),
        )
        .help("write a whole number in quotes, such as \"-1\""),
        _ => Diagnostic::error("invalid-sync-wave", format!("sync-wave of `{id}` is not a string"))
            .detail("the values of annotations are strings, also where they are numbers")
            .help("write the number in quotes, such as \"1\""),
    };
    problem.at(manifest.origin.location())
}

//! Progress of an apply: one live line per object in flight on a terminal, plain lines otherwise.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use suimon_apply::Event;
use suimon_model::ResourceId;

use crate::console::Console;

/// Most live lines at once; the rest is counted.
const LIVE_LINES: usize = 16;

/// Shows events as they come.
pub(crate) struct Progress<'a> {
    console: &'a Console,
    started: Mutex<BTreeMap<ResourceId, Instant>>,
    live: Option<Mutex<Live>>,
}

struct Live {
    bars: MultiProgress,
    lines: BTreeMap<ResourceId, ProgressBar>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(console: &'a Console) -> Self {
        let terminal = std::io::stderr().is_terminal() && !console.json_log();
        let live = terminal
            .then(|| Mutex::new(Live { bars: MultiProgress::new(), lines: BTreeMap::new() }));
        Self { console, started: Mutex::default(), live }
    }

    /// How long the object of an event has been worked on.
    fn elapsed(&self, event: &Event) -> Duration {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { id, .. } => {
                started.insert(id.clone(), Instant::now());
                Duration::ZERO
            }
            Event::Waiting { id, .. } => started.get(id).map(Instant::elapsed).unwrap_or_default(),
            Event::Finished(entry) => {
                started.remove(&entry.id).map(|begun| begun.elapsed()).unwrap_or_default()
            }
        }
    }

    /// Shows one event.
    pub(crate) fn show(&self, event: &Event) {
        let elapsed = self.elapsed(event);
        if self.console.json_log() {
            let time = jiff::Timestamp::now().to_string();
            self.console.raw_note(&suimon_view::json::event(event, &time).to_string());
            return;
        }
        let style = self.console.note_style();
        let line = suimon_view::text::event(event, &style, elapsed);
        match &self.live {
            None => {
                if let Some(line) = line {
                    self.console.note(line.trim_end());
                }
            }
            Some(live) => {
                let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
                live.show(event, line.as_deref().map(str::trim_end), self.console);
            }
        }
    }
}

impl Live {
    fn show(&mut self, event: &Event, line: Option<&str>, console: &Console) {
        match event {
            Event::Started { id, .. } => {
                if self.lines.len() < LIVE_LINES {
                    let bar = self.bars.add(ProgressBar::new_spinner());
                    if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {msg}") {
                        bar.set_style(style);
                    }
                    bar.set_message(line.unwrap_or_default().to_owned());
                    bar.enable_steady_tick(Duration::from_millis(120));
                    self.lines.insert(id.clone(), bar);
                }
            }
            Event::Waiting { id, .. } => {
                if let (Some(bar), Some(line)) = (self.lines.get(id), line) {
                    bar.set_message(line.to_owned());
                }
            }
            Event::Finished(entry) => {
                if let Some(bar) = self.lines.remove(&entry.id) {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                }
                if let Some(line) = line {
                    self.bars.suspend(|| console.note(line));
                }
            }
        }
    }
}

//! Where the command line prints: data on standard output, everything else on standard error.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use suimon_model::{Diagnostics, Snapshot};
use suimon_view::Style;

use crate::args::{Color, Global, LogFormat};
use crate::failure::{Failure, Message};

/// The two streams and how to write on them.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    out_color: bool,
    err_color: bool,
    json_log: bool,
}

impl Console {
    pub(crate) fn new(global: &Global) -> Self {
        let allowed = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self {
            out_color: allowed(std::io::stdout().is_terminal()),
            err_color: allowed(std::io::stderr().is_terminal()),
            json_log: global.log_format == LogFormat::Json,
        }
    }

    /// Style of what goes to standard output.
    pub(crate) fn style(&self) -> Style {
        Style { color: self.out_color, ..Style::PLAIN }
    }

    /// Style of what goes to standard error.
    pub(crate) fn note_style(&self) -> Style {
        Style { color: self.err_color, ..Style::PLAIN }
    }

    /// Whether notes are JSON lines.
    pub(crate) fn json_log(&self) -> bool {
        self.json_log
    }

    /// Data.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        written(write!(out, "{text}{newline}").and_then(|()| out.flush()))
    }

    /// Data that comes in pieces, each printed as it comes.
    pub(crate) fn pieces(&self, pieces: impl Iterator<Item = String>) -> Result<(), Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for piece in pieces {
            if let Err(error) = out.write_all(piece.as_bytes()) {
                return written(Err(error));
            }
        }
        written(out.flush())
    }

    /// A line for the person at the terminal. There is nowhere to report that it cannot be written.
    pub(crate) fn note(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        if self.json_log {
            let line = serde_json::json!({"level": "info", "message": text});
            let _ = writeln!(err, "{line}");
        } else {
            let _ = writeln!(err, "{text}");
        }
    }

    /// A line that is in its final form already.
    pub(crate) fn raw_note(&self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Diagnostics as text, with the lines they are about where those can be read.
    pub(crate) fn diagnostics(
        &self,
        diagnostics: &Diagnostics,
        sources: Option<&Arc<dyn Snapshot>>,
    ) -> String {
        let read = |file: &str| {
            let content = sources?.read(file).ok()??;
            String::from_utf8(content.to_vec()).ok()
        };
        suimon_view::text::diagnostics_with(diagnostics, &self.note_style(), &read)
    }

    /// Says why a command failed.
    pub(crate) fn fail(&self, failure: &Failure) {
        let mut err = std::io::stderr().lock();
        let _ = match &failure.message {
            Message::Said => Ok(()),
            Message::Diagnostics(diagnostics) if self.json_log => {
                writeln!(err, "{}", suimon_view::json::diagnostics(diagnostics))
            }
            Message::Diagnostics(diagnostics) => {
                let text = self.diagnostics(diagnostics, failure.sources.as_ref());
                writeln!(err, "{}", text.trim_end())
            }
            Message::Text { error, hints } if self.json_log => {
                let line = serde_json::json!({"level": "error", "message": error, "hints": hints});
                writeln!(err, "{line}")
            }
            Message::Text { error, hints } => {
                let hints: String = hints.iter().map(|hint| format!("\n  help: {hint}")).collect();
                let (red, plain) =
                    if self.err_color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
                writeln!(err, "{red}error{plain}: {}{hints}", suimon_view::escape(error))
            }
        };
    }
}

/// A reader that went away has read enough.
fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

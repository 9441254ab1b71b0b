//! Plan, Report, Gate, Records, Status and Diagnostics → text, JSON and Markdown.
//!
//! Pure: values in, strings out; the width, the colours and the time are arguments.
//!
//! # Guarantees
//! - No output holds the content or the digest of a secret: masked values read `(sensitive value)`.
//! - Text and Markdown hold no control, bidirectional or zero-width character of their input: these
//!   are written as `\u{202e}`. JSON keeps strings as they are, apart from secrets.
//! - Colour never carries meaning alone, and without [`Style::color`] there is no escape sequence.
//! - Time and memory are linear in the size of what is shown.

mod diff;
mod escape;
mod gate_view;
mod history;
pub mod json;
pub mod markdown;
mod mask;
mod path;
mod scalar;
pub mod status;
mod style;
pub mod text;
mod time;
mod words;

pub use escape::escape;
pub use gate_view::{BrokenGlass, GateSheet, GateVerdict, GateView};
pub use markdown::MarkdownOptions;
pub use style::Style;

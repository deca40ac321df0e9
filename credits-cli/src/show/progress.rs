//! Progress of long work, on standard error and on a terminal alone.

use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Terminal;

/// A bar that is removed when the work ends.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for counted work, which the first report shows.
    pub(crate) fn counted(terminal: Terminal, verb: &str) -> Self {
        Self::of(terminal, &format!("{verb} {{bar:30}} {{human_pos}} of {{human_len}} ({{eta}})"))
    }

    /// A bar for bytes that arrive, of which the number may be unknown.
    pub(crate) fn bytes(terminal: Terminal, verb: &str, bytes: Option<u64>) -> Self {
        let known = format!("{verb} {{bar:30}} {{bytes}} of {{total_bytes}} ({{eta}})");
        let unknown = format!("{verb} {{spinner}} {{bytes}}");
        let progress = Self::of(terminal, if bytes.is_some() { &known } else { &unknown });
        if let Some(bytes) = bytes {
            progress.0.set_length(bytes);
        }
        progress
    }

    fn of(terminal: Terminal, template: &str) -> Self {
        if terminal.is_quiet || !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::no_length().with_style(style))
    }

    /// Shows a report of the API: what is done, of what there is.
    pub(crate) fn report(&self, report: &Value) {
        let figures = report.as_object().into_iter().flat_map(|members| members.values());
        let mut figures = figures.filter_map(Value::as_u64);
        if let Some(first) = figures.next() {
            let second = figures.next().unwrap_or(first);
            self.0.set_length(first.max(second));
            self.0.set_position(first.min(second));
        }
    }

    /// A reader that counts.
    pub(crate) fn reading<R: Read>(&self, from: R) -> impl Read {
        self.0.wrap_read(from)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

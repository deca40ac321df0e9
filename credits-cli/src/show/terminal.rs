//! The terminal: what goes to standard output and to standard error, and how wide a table may be.

use std::env;
use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::escaped;
use crate::exit::{Exit, Failure};

/// The beginning and the end of a bold heading.
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// Where output goes, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Whether programs read the output.
    pub(crate) is_json: bool,
    /// Whether notes are left out.
    pub(crate) is_quiet: bool,
    /// Columns of a table; `None` in a pipe, where no line is broken.
    pub(crate) width: Option<u16>,
    /// Whether blocks can be drawn, which a file of text should not have.
    pub(crate) draws: bool,
}

impl Terminal {
    pub(crate) fn new(is_json: bool, is_quiet: bool) -> Self {
        let set = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self { is_json, is_quiet, width: set.or_else(columns), draws: io::stdout().is_terminal() }
    }

    /// Writes a result: the value for programs, or the text for people.
    pub(crate) fn show(self, value: &Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.is_json {
            let pretty = serde_json::to_string_pretty(value);
            let pretty = pretty.map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
            print(&pretty)
        } else {
            print(&text())
        }
    }

    /// Writes a note for people to standard error.
    pub(crate) fn note(self, text: &str) {
        if !self.is_quiet {
            complain(text);
        }
    }

    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        // As https://no-color.org has it.
        let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if self.draws && !is_plain { format!("{BOLD}{}{PLAIN}", escaped(text)) } else { text.to_owned() }
    }
}

/// Writes a line, or several, to standard output. A heading at its beginning stays bold.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let styled = text.strip_prefix(BOLD).and_then(|text| text.split_once(PLAIN));
    let text = styled.map_or_else(
        || escaped(text),
        |(heading, rest)| format!("{BOLD}{}{PLAIN}{}", escaped(heading), escaped(rest)).into(),
    );
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

/// Writes to standard error. Nothing can be done if that fails.
pub(crate) fn complain(text: &str) {
    _ = writeln!(io::stderr().lock(), "{}", escaped(text));
}

/// Standard output that cannot be written. A reader such as `head` that has gone is no error.
pub(crate) fn unwritten(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(Exit::Done, String::new());
    }
    Failure::new(Exit::Refused, format!("the output could not be written ({error})"))
}

#[cfg(unix)]
fn columns() -> Option<u16> {
    let out = io::stdout();
    let size = out.is_terminal().then(|| rustix::termios::tcgetwinsize(&out).ok()).flatten()?;
    Some(size.ws_col).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn columns() -> Option<u16> {
    const COLUMNS: u16 = 100;
    io::stdout().is_terminal().then_some(COLUMNS)
}

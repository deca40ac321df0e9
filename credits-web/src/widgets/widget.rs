//! A widget as a value: HTML that any template engine takes.
//!
//! It does not know what a widget shows.

use std::fmt;

use credits_runtime::Timestamp;
use maud::{Markup, PreEscaped, Render, html};

use crate::wording::day_of_year;

/// A fragment of HTML, escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a widget is shown when a page contains it"]
pub struct Widget(String);

impl Widget {
    pub(super) fn of(markup: Markup) -> Self {
        Self(markup.into_string())
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The HTML as a text of its own.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Render for Widget {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.0);
    }
}

impl From<Widget> for Markup {
    fn from(widget: Widget) -> Self {
        PreEscaped(widget.0)
    }
}

impl From<Widget> for String {
    fn from(widget: Widget) -> Self {
        widget.0
    }
}

impl fmt::Display for Widget {
    /// Writes the HTML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A day, with its instant for programs.
pub(super) fn date(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (day_of_year(at)) } }
}

//! Fields of forms: a label with its input.
//!
//! It does not know which form they are in.

use maud::{Markup, html};

/// The id of the message that says why a form was refused. A page has one at most.
pub(crate) const REFUSAL: &str = "refusal";

/// Kind of text in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A whole number, with separators of thousands.
    Whole,
    /// An amount of money, with a point before its decimals.
    Money,
    /// A day.
    Day,
    /// A day with a time of day.
    Instant,
}

/// A field for one line.
pub(crate) struct Field<'a> {
    /// The name under which it is sent.
    pub(crate) name: &'a str,
    /// The label.
    pub(crate) label: &'a str,
    /// The present value.
    pub(crate) value: &'a str,
    /// Kind of its text.
    pub(crate) kind: Kind,
    /// Whether it may not be empty.
    pub(crate) is_required: bool,
    /// Whether the message of the page is about its value.
    pub(crate) is_refused: bool,
}

impl Field<'_> {
    /// The field with its label.
    pub(crate) fn draw(&self) -> Markup {
        let kind = match self.kind {
            Kind::Text | Kind::Whole | Kind::Money => "text",
            Kind::Day => "date",
            Kind::Instant => "datetime-local",
        };
        let keyboard = match self.kind {
            Kind::Whole => Some("numeric"),
            Kind::Money => Some("decimal"),
            Kind::Text | Kind::Day | Kind::Instant => None,
        };
        let (invalid, message) = (self.is_refused.then_some("true"), self.is_refused.then_some(REFUSAL));
        html! {
            label {
                (self.label)
                input type=(kind) name=(self.name) value=(self.value) inputmode=[keyboard] autocomplete="off"
                    required[self.is_required] aria-invalid=[invalid] aria-describedby=[message];
            }
        }
    }
}

/// A field that is sent and not shown.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A box to tick.
pub(crate) fn tick(name: &str, label: &str, is_ticked: bool) -> Markup {
    html! { label.check { input type="checkbox" name=(name) value="yes" checked[is_ticked]; (label) } }
}

/// A choice among values with their labels, the first of which is empty.
pub(crate) fn choice(name: &str, label: &str, current: &str, options: &[(String, String)]) -> Markup {
    html! {
        label {
            (label)
            select name=(name) {
                option value="" { "All" }
                @for (value, label) in options {
                    option value=(value) selected[value == current] { (label) }
                }
            }
        }
    }
}

//! Tiles: one figure each, with a name and a note.

use maud::{Markup, html};

/// A figure with its name and a note; an empty note is left out.
pub(crate) fn tile(name: &str, figure: &str, note: &str) -> Markup {
    html! {
        div.tile {
            p.label { (name) }
            p.value { (figure) }
            @if !note.is_empty() { p.note { (note) } }
        }
    }
}

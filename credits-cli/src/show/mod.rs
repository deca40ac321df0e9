//! Output: tables and words for people, JSON for programs, progress on a terminal.
//!
//! It does not know commands.

mod bars;
mod escape;
mod progress;
mod table;
mod terminal;
mod words;

pub(crate) use bars::bar;
pub(crate) use escape::escaped;
pub(crate) use progress::Progress;
pub(crate) use table::Table;
pub(crate) use terminal::{Terminal, complain, print, unwritten};
pub(crate) use words::{bytes, change, counted, day, figure, list, time};

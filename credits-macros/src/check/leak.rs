//! What the catalogue's types need: data that lives as long as the expansion.
//!
//! The catalogue is `const` data in the application; here it is made while the compiler runs, once, and a
//! definition is small. It does not know what is kept.

/// A text that stays.
pub(super) fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}

/// A list that stays.
pub(super) fn list<T>(list: Vec<T>) -> &'static [T] {
    list.leak()
}

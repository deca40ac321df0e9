//! Values that live as long as the program, which is how the types of `credits-core` hold theirs.
//!
//! An expansion is short, and its catalogue small: it is not given back.

/// A text for a catalogue.
pub(crate) fn forever(text: &str) -> &'static str {
    Box::leak(text.into())
}

/// A list for a catalogue.
pub(crate) fn all_forever<T>(values: impl IntoIterator<Item = T>) -> &'static [T] {
    Box::leak(values.into_iter().collect())
}

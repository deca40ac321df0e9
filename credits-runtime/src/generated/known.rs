//! The names of a definition that could not be parsed completely.

/// The items of a definition that could not be parsed completely. Editors see the known items, for completion and
/// navigation. The compiler sees a type that has every name, so code outside of the definition causes no further errors.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! __known {
    ({ $($known:tt)* } { $($poisoned:tt)* }) => { $($poisoned)* };
}

/// The same for an editor.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! __known {
    ({ $($known:tt)* } { $($poisoned:tt)* }) => { $($known)* };
}

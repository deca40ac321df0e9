//! Rust names, with the places where the user wrote them.
//!
//! It does not know the items that are generated under a name.

use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};

use crate::ast::Word;
use crate::vocab::is_rust_keyword;

/// `GenerateImage` for `generate_image`.
pub(super) fn variant(name: &Word) -> Ident {
    ident(&name.text.to_upper_camel_case(), name.span)
}

/// `Gems` for the asset `gem`, whose plural is `gems`.
pub(super) fn plural_variant(name: &Word, plural: &str) -> Ident {
    ident(&plural.to_upper_camel_case(), name.span)
}

/// `GENERATE_IMAGE_COST` for `generate_image` and `COST`.
pub(super) fn constant(name: &Word, suffix: &str) -> Ident {
    ident(&format!("{}_{suffix}", name.text.to_shouty_snake_case()), name.span)
}

/// The name itself, with `r#` where Rust needs it.
pub(super) fn ident(text: &str, span: Span) -> Ident {
    if is_rust_keyword(text) { Ident::new_raw(text, span) } else { Ident::new(text, span) }
}

//! The names that blocks have, whatever kind of item they are.
//!
//! An item that could not be read has a name nevertheless, and code that uses it is not wrong.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;

use crate::ast::Word;

/// The word before each block.
pub(super) fn names_of_blocks(input: &TokenStream) -> Vec<Word> {
    let mut names = Vec::new();
    let mut before = None;
    for token in input.clone() {
        before = match (token, before) {
            (TokenTree::Ident(name), _) => Some(name),
            (TokenTree::Group(group), Some(name)) if group.delimiter() == Delimiter::Brace => {
                names.push(Word { text: name.unraw().to_string(), span: name.span() });
                None
            }
            _ => None,
        };
    }
    names
}

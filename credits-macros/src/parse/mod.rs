//! Parsing: tokens in, [`crate::ast`] out. It judges shape alone and does not know what a unit, a currency or a
//! duplicate is.
//!
//! A mistake inside a statement skips to the next statement, a mistake in an item to the next item. Plausible
//! mistakes are read on purpose, so that the message can name the fix.

mod amount;
mod arithmetic;
mod block;
mod chain;
mod choice;
mod costs;
mod every;
mod foreign;
mod heading;
mod identifiers;
mod instead;
mod item;
mod meta;
mod named;
mod number;
mod operation;
mod option;
mod pack;
mod plan;
mod price;
mod processor;
mod rust;
mod settings;
mod spelling;
mod tiers;
mod tokens;
mod trivia;
mod words;

use proc_macro2::TokenStream;
use syn::buffer::TokenBuffer;

use crate::ast::Pricing;
use crate::diag::Diagnostics;

/// Reads a whole definition.
pub(crate) fn pricing(input: TokenStream, diagnostics: &mut Diagnostics) -> Pricing {
    let input = identifiers::spelled_out(input);
    let mut pricing = Pricing { names_of_blocks: named::names_of_blocks(&input), ..Pricing::default() };
    let buffer = TokenBuffer::new2(input);
    let mut keywords = Vec::new();
    tokens::Parser::new(&buffer, diagnostics, &mut keywords).items(&mut pricing);
    Pricing { keywords, ..pricing }
}

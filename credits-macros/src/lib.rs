//! The `usage_credits!` macro. An application uses it through `credits-runtime`, which re-exports it.

mod ast;
mod check;
mod diag;
mod exact;
mod expand;
mod foreign;
mod generate;
mod inflect;
mod lower;
mod messages;
mod model;
mod parse;
mod suggest;
#[cfg(test)]
mod tests;
mod twice;
mod vocab;

#[doc = include_str!("../docs/usage_credits.md")]
#[proc_macro]
pub fn usage_credits(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let call = proc_macro::Span::call_site();
    match twice::second(call) {
        Some(message) => diag::only(call.into(), message).into(),
        None => expand::expand(input.into()).into_tokens().into(),
    }
}

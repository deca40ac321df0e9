//! Generating: the model in, Rust out. It cannot fail and decides nothing.

mod asset;
mod catalogue;
mod keywords;
mod operation;
mod pricing;
mod sale;
mod units;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::ast::RustPath;
use crate::diag::poison;
use crate::model::Pricing;

/// The items of a definition.
pub(crate) fn pricing(model: &Pricing) -> TokenStream {
    let runtime = runtime(model);
    let pricing = pricing::generate(model, &runtime);
    let known = &model.known;
    let operations = operation::generate(known, &runtime);
    let [plans, packs, assets] = [
        ("Plan", sale::plans(&known.plans, &runtime)),
        ("Pack", sale::packs(&known.packs, &runtime)),
        ("Asset", asset::generate(&known.assets, &runtime)),
    ]
    .map(|(name, items)| if model.unreadable { with_every_name(name, &items, &runtime) } else { items });
    let choices = operation::choices(known);
    let units = units::generate(&known.units, &runtime);
    let unique = sale::unique_prices(known, &runtime);
    let keywords = keywords::generate(model, &runtime);
    quote! { #pricing #operations #choices #plans #packs #assets #units #unique #keywords }
}

/// A type with unknown names: for the compiler it has every one, and editors see those that
/// are known.
fn with_every_name(name: &str, known: &TokenStream, runtime: &TokenStream) -> TokenStream {
    let (poison, name) = (poison(), Ident::new(name, Span::call_site()));
    quote! {
        #runtime::__private::known! {
            { #known }
            {
                #[allow(missing_docs)]
                pub type #name = #poison;
            }
        }
    }
}

/// The path of the runtime.
fn runtime(model: &Pricing) -> TokenStream {
    model.runtime.as_ref().map_or_else(|| quote! { ::credits_runtime }, path)
}

/// The same tokens at the place of a token of the user's, so that an error about them is shown there.
fn at(span: Span, tokens: &TokenStream) -> TokenStream {
    let moved = tokens.clone().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    moved.collect()
}

/// A path as it was written.
fn path(path: &RustPath) -> TokenStream {
    let leading_colons = path.leading_colons.then(|| quote! { :: });
    let segments = &path.segments;
    quote! { #leading_colons #(#segments)::* }
}

/// Lines of documentation. A line of the user's begins with a space already, as `/// ..` makes it.
fn docs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_str() {
        "" => String::new(),
        line if line.starts_with(' ') => line.to_owned(),
        line => format!(" {line}"),
    });
    quote! { #(#[doc = #lines])* }
}

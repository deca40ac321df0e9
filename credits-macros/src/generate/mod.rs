//! Generating: the model in, Rust out. It cannot fail and decides nothing.

mod asset;
mod catalogue;
mod keywords;
mod operation;
mod pricing;
mod sale;
mod units;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::ast::RustPath;
use crate::model::{Items, Pricing};

/// The items of a definition.
pub(crate) fn pricing(model: &Pricing) -> TokenStream {
    let runtime = runtime(model);
    let pricing = pricing::generate(model, &runtime);
    let items = match &model.items {
        Items::Known(known) => {
            let operations = operation::generate(known, &runtime);
            let plans = sale::plans(&known.plans, &runtime);
            let packs = sale::packs(&known.packs, &runtime);
            let (assets, units) =
                (asset::generate(&known.assets, &runtime), units::generate(&known.units, &runtime));
            let unique = sale::unique_prices(known, &runtime);
            quote! { #operations #plans #packs #assets #units #unique }
        }
        Items::Unreadable => pricing::unreadable(&runtime),
    };
    let keywords = keywords::generate(model, &runtime);
    quote! { #pricing #items #keywords }
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

//! The terms of operations, and what applications say of items, as `const` data.
//!
//! It does not know plans and packs.

use credits_core::{Clause, Dimension, Limit, Meta, OperationSpec, Tier, Unit};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `OperationSpec { .. }`
pub(super) fn operation(name: &str, spec: &OperationSpec, runtime: &TokenStream) -> TokenStream {
    let costs = spec.costs.iter().map(|item| clause(item, runtime));
    let limits = spec.limits.iter().map(|Limit { quantity, max }| {
        let (quantity, max) = (Literal::usize_unsuffixed(*quantity), Literal::u64_unsuffixed(*max));
        quote! { #runtime::catalogue::Limit { quantity: #quantity, max: #max } }
    });
    let (at_least, at_most) = (bound(spec.at_least), bound(spec.at_most));
    let (asset, meta) = (spec.asset, meta(spec.meta, runtime));
    quote! {
        #runtime::catalogue::OperationSpec {
            name: #name,
            asset: #asset,
            costs: &[#(#costs),*],
            at_least: #at_least,
            at_most: #at_most,
            limits: &[#(#limits),*],
            meta: #meta,
        }
    }
}

/// `&[("category", Meta::Text("ai"))]`
pub(super) fn meta(entries: &[(&str, Meta)], runtime: &TokenStream) -> TokenStream {
    let entries = entries.iter().map(|(key, value)| {
        let value = match value {
            Meta::Text(text) => quote! { Text(#text) },
            Meta::Integer(number) => {
                let number = Literal::i64_unsuffixed(*number);
                quote! { Integer(#number) }
            }
            Meta::Flag(flag) => quote! { Flag(#flag) },
        };
        quote! { (#key, #runtime::catalogue::Meta::#value) }
    });
    quote! { &[#(#entries),*] }
}

fn bound(bound: Option<i64>) -> TokenStream {
    match bound.map(Literal::i64_unsuffixed) {
        Some(bound) => quote! { ::core::option::Option::Some(#bound) },
        None => quote! { ::core::option::Option::None },
    }
}

fn clause(clause: &Clause, runtime: &TokenStream) -> TokenStream {
    let clause = match clause {
        Clause::Fixed(credits) => {
            let credits = Literal::i64_unsuffixed(*credits);
            quote! { Fixed(#credits) }
        }
        Clause::Rate { credits, batch, unit, after } => {
            let credits = Literal::i64_unsuffixed(*credits);
            let [batch, after] = [*batch, *after].map(Literal::u64_unsuffixed);
            let unit = self::unit(unit, runtime);
            quote! { Rate { credits: #credits, batch: #batch, unit: #unit, after: #after } }
        }
        Clause::Tiers { batch, unit, tiers } => {
            let batch = Literal::u64_unsuffixed(*batch);
            let unit = self::unit(unit, runtime);
            let tiers = tiers.iter().map(|item| tier(item, runtime));
            quote! { Tiers { batch: #batch, unit: #unit, tiers: &[#(#tiers),*] } }
        }
        Clause::Choice { name, options } => {
            let options = options.iter().map(|(option, credits)| {
                let credits = Literal::i64_unsuffixed(*credits);
                quote! { (#option, #credits) }
            });
            quote! { Choice { name: #name, options: &[#(#options),*] } }
        }
        Clause::Computed { source } => quote! { Computed { source: #source } },
    };
    quote! { #runtime::catalogue::Clause::#clause }
}

fn tier(Tier { up_to, credits }: &Tier, runtime: &TokenStream) -> TokenStream {
    let credits = Literal::i64_unsuffixed(*credits);
    let up_to = match up_to.map(Literal::u64_unsuffixed) {
        Some(up_to) => quote! { ::core::option::Option::Some(#up_to) },
        None => quote! { ::core::option::Option::None },
    };
    quote! { #runtime::catalogue::Tier { up_to: #up_to, credits: #credits } }
}

fn unit(Unit { name, plural, dimension, base }: &Unit, runtime: &TokenStream) -> TokenStream {
    let base = Literal::u64_unsuffixed(*base);
    let dimension = match dimension {
        Dimension::Time => quote! { Time },
        Dimension::Size => quote! { Size },
        Dimension::Count => quote! { Count },
    };
    quote! {
        #runtime::catalogue::Unit {
            name: #name,
            plural: #plural,
            dimension: #runtime::catalogue::Dimension::#dimension,
            base: #base,
        }
    }
}

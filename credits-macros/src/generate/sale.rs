//! `Plan` and `Pack`, which are alike: an enum of names with the terms behind each.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::catalogue;
use crate::ast::PriceId;
use crate::model::{Known, Pack, Plan, Variant};

/// What differs between the two.
struct Kind {
    /// `Plan`
    ident: Ident,
    /// `PlanSpec`
    spec: Ident,
    docs: &'static str,
    /// What a pack gives in all.
    total: TokenStream,
}

/// One variant, and the terms behind it.
struct Item<'a> {
    variant: &'a Variant,
    spec: &'a Ident,
    data: TokenStream,
}

/// `enum Plan` with everything on it.
pub(super) fn plans(plans: &[Plan], runtime: &TokenStream) -> TokenStream {
    let kind = Kind {
        ident: ident("Plan"),
        spec: ident("PlanSpec"),
        docs: " A subscription plan.",
        total: TokenStream::new(),
    };
    let items = plans.iter().map(|plan| Item {
        variant: &plan.variant,
        spec: &plan.spec,
        data: catalogue::plan(plan, runtime),
    });
    generate(&kind, &items.collect::<Vec<_>>(), runtime)
}

/// `enum Pack` with everything on it.
pub(super) fn packs(packs: &[Pack], runtime: &TokenStream) -> TokenStream {
    let total = quote! {
        /// Everything that it gives: its credits and its bonus.
        #[must_use]
        pub const fn total(self) -> #runtime::Amount {
            #runtime::Amount::new(self.spec().total())
        }
    };
    let kind = Kind { ident: ident("Pack"), spec: ident("PackSpec"), docs: " A credit pack.", total };
    let items = packs.iter().map(|pack| Item {
        variant: &pack.variant,
        spec: &pack.spec,
        data: catalogue::pack(pack, runtime),
    });
    generate(&kind, &items.collect::<Vec<_>>(), runtime)
}

/// Compares the prices of each processor that are paths to constants with all others, at the place of the first
/// path.
pub(super) fn unique_prices(known: &Known, runtime: &TokenStream) -> TokenStream {
    let plans = known.plans.iter().flat_map(|plan| &plan.price_ids);
    let at_stripe = plans.chain(known.packs.iter().flat_map(|pack| &pack.price_ids)).collect();
    let plans = known.plans.iter().map(|plan| (plan.terms.processor_prices, &plan.processor_ids));
    let packs = known.packs.iter().map(|pack| (pack.terms.processor_prices, &pack.processor_ids));
    let mut by_processor: BTreeMap<&str, Vec<&PriceId>> = BTreeMap::new();
    for (price, id) in plans.chain(packs).flat_map(|(prices, ids)| prices.iter().zip(ids)) {
        by_processor.entry(price.processor).or_default().push(id);
    }
    let all = [at_stripe].into_iter().chain(by_processor.into_values());
    all.map(|ids| unique_ids(&ids, runtime)).collect()
}

fn unique_ids(ids: &[&PriceId], runtime: &TokenStream) -> TokenStream {
    let Some(path) = ids.iter().find(|id| matches!(id, PriceId::Path(_))) else { return TokenStream::new() };
    let prices = ids.iter().map(|id| catalogue::price_id(id));
    let runtime = super::at(path.span(), runtime);
    quote_spanned! { path.span()=>
        const _: () = #runtime::__private::assert_unique_prices(&[#(#prices),*]);
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn generate(kind: &Kind, items: &[Item<'_>], runtime: &TokenStream) -> TokenStream {
    let Kind { ident, spec, docs, total } = kind;
    let variant_docs = items.iter().map(|item| super::docs(&item.variant.docs));
    let variants: Vec<_> = items.iter().map(|item| &item.variant.ident).collect();
    let names = items.iter().map(|item| &item.variant.name);
    let specs: Vec<_> = items.iter().map(|item| item.spec).collect();
    let data = items.iter().map(|item| &item.data);
    quote! {
        #[doc = #docs]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[allow(dead_code)]
        pub enum #ident {
            #(#variant_docs #variants),*
        }

        #[allow(dead_code)]
        impl #ident {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            #(const #specs: #runtime::catalogue::#spec = #data;)*

            /// The name as declared.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names),*
                }
            }

            /// The one that has this name, or had it before.
            #[must_use]
            pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                ::core::iter::Iterator::find(
                    &mut ::core::iter::Iterator::copied(Self::ALL.iter()),
                    |known| known.spec().has_name(name),
                )
            }

            /// The one with this Stripe price in any environment, or `paddle:pri_1` for a price at another processor.
            #[must_use]
            pub fn from_price(id: &str) -> ::core::option::Option<Self> {
                ::core::iter::Iterator::find(
                    &mut ::core::iter::Iterator::copied(Self::ALL.iter()),
                    |known| known.spec().has_price(id),
                )
            }

            #total

            /// Its terms.
            #[must_use]
            pub const fn spec(self) -> &'static #runtime::catalogue::#spec {
                match self {
                    #(Self::#variants => &Self::#specs),*
                }
            }
        }

        #[automatically_derived]
        impl #runtime::generated::#ident for #ident {
            fn spec(self) -> &'static #runtime::catalogue::#spec {
                Self::spec(self)
            }
        }
    }
}

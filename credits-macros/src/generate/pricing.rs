//! `Pricing` itself, and the ledger's types for it.

use proc_macro2::TokenStream;
use quote::quote;

use super::catalogue;
use crate::model::Pricing;

/// `Pricing`, `Credits`, `Wallet` and `Hold`.
pub(super) fn generate(model: &Pricing, runtime: &TokenStream) -> TokenStream {
    let docs = super::docs(&model.docs);
    let catalogue = catalogue::generate(model, runtime);
    quote! {
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        pub struct Pricing;

        #[allow(dead_code)]
        impl Pricing {
            /// The whole catalogue as data, to serialise or to compare.
            #[must_use]
            pub fn catalog() -> #runtime::catalogue::CatalogueData {
                ::core::convert::From::from(<Self as #runtime::generated::Pricing>::CATALOGUE)
            }

            /// The price list as Markdown.
            #[must_use]
            pub fn price_list() -> ::std::string::String {
                ::std::string::ToString::to_string(
                    &#runtime::catalogue::price_list(<Self as #runtime::generated::Pricing>::CATALOGUE),
                )
            }
        }

        #[automatically_derived]
        impl #runtime::generated::Pricing for Pricing {
            type Operation = Operation;
            type Plan = Plan;
            type Pack = Pack;
            type Asset = Asset;

            const CATALOGUE: &'static #runtime::catalogue::Catalogue = &#catalogue;

            fn shared() -> &'static #runtime::__private::Shared<Self> {
                static SHARED: #runtime::__private::Shared<Pricing> = #runtime::__private::Shared::new();
                &SHARED
            }
        }

        /// The ledger of this pricing.
        #[allow(dead_code)]
        pub type Credits = #runtime::Credits<Pricing>;

        /// An owner's credits in the ledger of this pricing.
        #[allow(dead_code)]
        pub type Wallet = #runtime::Wallet<Pricing>;

        /// Credits that are set aside until the work they pay for is done.
        #[allow(dead_code)]
        pub type Hold = #runtime::Hold<Pricing>;
    }
}

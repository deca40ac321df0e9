//! The module of units: those of the runtime, and a marker for every other one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::UnitMarker;

/// `pub mod units { .. }`
pub(super) fn generate(units: &[UnitMarker], runtime: &TokenStream) -> TokenStream {
    let markers = units.iter().map(|UnitMarker { ident, docs, name, plural }| {
        let docs = super::docs(std::slice::from_ref(docs));
        // With the place of the unit, which a quantity of another unit is then compared with.
        let marker = quote_spanned!(ident.span()=> pub enum #ident {});
        quote! {
            #docs
            #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq)]
            #marker

            #[automatically_derived]
            impl #runtime::units::Unit for #ident {
                const NAME: &'static str = #name;
                const PLURAL: &'static str = #plural;
                const BASE: u64 = 1;
            }
        }
    });
    quote! {
        /// The units of this pricing.
        #[allow(dead_code, unused_imports)]
        pub mod units {
            pub use #runtime::units::*;
            #(#markers)*
        }
    }
}

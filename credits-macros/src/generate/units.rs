//! The module of units: those of the runtime, and a marker for every other one.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::UnitMarker;

/// `pub mod units { .. }`
pub(super) fn generate(units: &[UnitMarker], runtime: &TokenStream) -> TokenStream {
    let markers = units.iter().map(|UnitMarker { ident, docs, name, plural }| {
        let docs = super::docs(std::slice::from_ref(docs));
        quote! {
            #docs
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum #ident {}

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
        pub mod units {
            pub use #runtime::units::*;
            #(#markers)*
        }
    }
}

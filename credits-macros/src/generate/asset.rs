//! `Asset`: credits, and what else is counted.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Asset;

/// `enum Asset` with everything on it.
pub(super) fn generate(assets: &[Asset], runtime: &TokenStream) -> TokenStream {
    let docs = assets.iter().map(|asset| super::docs(&asset.docs));
    let variants: Vec<_> = assets.iter().map(|asset| &asset.ident).collect();
    let names = assets.iter().map(|asset| asset.terms.name);
    quote! {
        /// The names of the asset.
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[allow(dead_code)]
        pub enum Asset {
            /// Credits.
            Credits,
            #(#docs #variants),*
        }

        #[allow(dead_code)]
        impl Asset {
            /// All of them: credits, then the others in the order of declaration.
            pub const ALL: &'static [Self] = &[Self::Credits, #(Self::#variants),*];

            /// The name in the ledger; empty for credits.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Credits => "",
                    #(Self::#variants => #names),*
                }
            }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                ::core::iter::Iterator::find(
                    &mut ::core::iter::Iterator::copied(Self::ALL.iter()),
                    |known| known.name() == name,
                )
            }
        }

        #[automatically_derived]
        impl #runtime::generated::Asset for Asset {
            fn name(self) -> &'static str {
                Self::name(self)
            }
        }
    }
}

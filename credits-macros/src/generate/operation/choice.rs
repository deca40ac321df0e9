//! The type of a choice: an enum with its names.

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::poison;
use crate::model::Choice;

/// `enum GenerateImageQuality` with everything on it.
pub(super) fn generate(Choice { ident, docs, options }: &Choice) -> TokenStream {
    let docs = super::super::docs(std::slice::from_ref(docs));
    let Some(options) = options else {
        let poison = poison();
        return quote! { #docs pub type #ident = #poison; };
    };
    let variant_docs = options.iter().map(|option| super::super::docs(&option.variant.docs));
    let variants: Vec<_> = options.iter().map(|option| &option.variant.ident).collect();
    let names = options.iter().map(|option| &option.variant.name);
    quote! {
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[allow(dead_code)]
        pub enum #ident {
            #(#variant_docs #variants),*
        }

        #[allow(dead_code)]
        impl #ident {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The name as declared.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
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
    }
}

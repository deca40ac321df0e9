//! Keywords for editors: each is used as the name of a documented constant, so that an editor shows what it means
//! and completes it. A compiler never sees this.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::model::Pricing;

/// A function that names every keyword, where no code can call it.
pub(super) fn generate(model: &Pricing, runtime: &TokenStream) -> TokenStream {
    let keywords = model.keywords.iter().map(|(item, keyword)| {
        let module = Ident::new(item.unwrap_or("items"), Span::call_site());
        quote! { #runtime::__private::keywords::#module::#keyword; }
    });
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            fn keywords() {
                #(#keywords)*
            }
        };
    }
}

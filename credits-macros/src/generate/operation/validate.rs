//! `validate()`: the conditions of operations, in their order.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::inputs::{binding, bindings};
use crate::model::{Condition, Operation};

/// The function, if any operation has a condition.
pub(super) fn generate(operations: &[Operation]) -> Option<TokenStream> {
    let arms: Vec<TokenStream> =
        operations.iter().filter(|operation| !operation.validations.is_empty()).map(arm).collect();
    if arms.is_empty() {
        return None;
    }
    let others = (arms.len() < operations.len()).then(|| quote! { _ => ::core::result::Result::Ok(()), });
    Some(quote! {
        // A condition is put in parentheses, because one with braces is no condition of `if`.
        #[allow(unused_parens)]
        fn validate(&self) -> ::core::result::Result<(), &'static str> {
            match self {
                #(#arms)*
                #others
            }
        }
    })
}

fn arm(operation: &Operation) -> TokenStream {
    let mut used: Vec<&Ident> = Vec::new();
    for visible in operation.validations.iter().flat_map(|condition| &condition.sees) {
        if !used.contains(&&visible.ident) {
            used.push(&visible.ident);
        }
    }
    let pattern = binding(operation, &used);
    let checks = operation.validations.iter().map(|Condition { code, message, sees }| {
        let sees = bindings(sees);
        quote! {
            {
                #sees
                if (#code) {} else {
                    return ::core::result::Result::Err(#message);
                }
            }
        }
    });
    quote! {
        #pattern => {
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    }
}

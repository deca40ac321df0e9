//! `validate()`: the conditions of operations, in their order.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
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
        let condition = in_parentheses(code);
        quote! {
            {
                #sees
                if #condition {} else {
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

/// A condition in parentheses that have its place, so that a wrong type is shown on the condition.
fn in_parentheses(code: &TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, code.clone());
    if let Some(first) = code.clone().into_iter().next() {
        group.set_span(first.span());
    }
    group
}

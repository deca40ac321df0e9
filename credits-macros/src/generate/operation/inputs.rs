//! `inputs()`: what an operation is priced by.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{checked, scrutinee};
use crate::model::{Input, Operation, Seen, Visible};

/// The function.
pub(super) fn generate(operations: &[Operation], runtime: &TokenStream) -> TokenStream {
    let arms = operations.iter().map(|operation| arm(operation, runtime));
    let scrutinee = scrutinee(operations);
    // An operator and what tries its operands are put in parentheses, whether the place needs them or not.
    let mut inputs = operations.iter().flat_map(|operation| &operation.inputs);
    let allow = inputs.any(|input| matches!(input, Input::Computed { .. })).then(|| {
        quote! { #[allow(unused_parens)] }
    });
    quote! {
        #allow
        fn inputs(&self) -> #runtime::__private::Inputs {
            match #scrutinee {
                #(#arms),*
            }
        }
    }
}

fn arm(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let inputs = operation.inputs.iter().map(|item| input(item, runtime));
    let mut used: Vec<&Ident> = Vec::new();
    for ident in operation.inputs.iter().flat_map(fields) {
        if !used.contains(&ident) {
            used.push(ident);
        }
    }
    let pattern = binding(operation, &used);
    if operation.inputs.is_empty() {
        quote! { #pattern => #runtime::__private::Inputs::none() }
    } else {
        quote! { #pattern => #runtime::__private::Inputs::new([#(#inputs),*]) }
    }
}

/// `Self::ProcessDocument { pages, .. }`
pub(super) fn binding(operation: &Operation, used: &[&Ident]) -> TokenStream {
    let ident = &operation.variant.ident;
    match (operation.fields.len(), used.len()) {
        (0, _) => quote! { Self::#ident },
        (all, used_fields) if all == used_fields => quote! { Self::#ident { #(#used),* } },
        (_, 0) => quote! { Self::#ident { .. } },
        _ => quote! { Self::#ident { #(#used,)* .. } },
    }
}

fn fields(input: &Input) -> Vec<&Ident> {
    match input {
        Input::Quantity(ident) | Input::Choice(ident) | Input::Flag(ident) => vec![ident],
        Input::Integer(visible) => vec![&visible.ident],
        Input::Computed { sees, .. } => sees.iter().map(|visible| &visible.ident).collect(),
    }
}

fn input(input: &Input, runtime: &TokenStream) -> TokenStream {
    let kind = quote! { #runtime::__private::Input };
    match input {
        Input::Quantity(ident) => quote! { #ident.to_input() },
        Input::Choice(ident) => quote! { #kind::Choice(*#ident as u16) },
        Input::Flag(ident) => quote! { #kind::Flag(*#ident) },
        Input::Integer(visible) => {
            let value = value(visible);
            quote! { #kind::Integer(#value) }
        }
        Input::Computed { code, span, sees } => {
            let (module, name) = (quote! { #runtime::__private::checked }, quote! { __checked });
            let sees = sees.iter().map(|visible| seen_by_cost(visible, &name));
            let code = checked::statements(code, &name);
            // With the place of the braces, where a value of another type is then compared with it.
            let ty = quote_spanned!(*span=> ::core::primitive::i128);
            quote! {
                #kind::Computed(#module::cost(|| -> #ty {
                    #[allow(unused_imports)]
                    use #module::{self as __checked, traits::*};
                    #(#sees)*
                    #code
                }))
            }
        }
    }
}

/// `let pages = i128::from(*pages);` for every field that Rust sees.
pub(super) fn bindings(sees: &[Visible]) -> TokenStream {
    let bindings = sees.iter().filter(|visible| visible.seen != Seen::Reference).map(|visible| {
        let (ident, value) = (&visible.ident, value(visible));
        quote! { let #ident = #value; }
    });
    quote! { #(#bindings)* }
}

/// The same for a cost, which fails with an integer that does not fit.
fn seen_by_cost(visible: &Visible, checked: &TokenStream) -> TokenStream {
    let ident = &visible.ident;
    match visible.seen {
        Seen::Cut => quote! { let #ident = #checked::integer(*#ident); if #checked::failed() { return 0; } },
        _ => bindings(std::slice::from_ref(visible)),
    }
}

fn value(Visible { ident, seen }: &Visible) -> TokenStream {
    match seen {
        Seen::Value => quote! { *#ident },
        Seen::Widened => quote! {
            <::core::primitive::i128 as ::core::convert::From<_>>::from(*#ident)
        },
        Seen::Cut => quote! {
            <::core::primitive::i128 as ::core::convert::TryFrom<_>>::try_from(*#ident)
                .unwrap_or(::core::primitive::i128::MAX)
        },
        Seen::Reference => quote! { #ident },
    }
}

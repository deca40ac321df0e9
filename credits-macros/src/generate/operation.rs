//! `Operation`: the enum, its constructors and its costs.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

use crate::diag::poison;
use crate::model::{Constant, Known, Operation, Quantity};

/// `enum Operation` with everything on it.
pub(super) fn generate(known: &Known, runtime: &TokenStream) -> TokenStream {
    let operations = &known.operations;
    let variants = operations.iter().map(|operation| variant(operation, runtime));
    let constants = operations.iter().flat_map(|operation| &operation.constants);
    let constants = constants.map(|item| constant(item, runtime));
    let constructors = operations.iter().map(|operation| constructor(operation, runtime));
    let swallowers = swallowers(known);
    let name = name(operations);
    let (index, inputs) = (index(operations), inputs(operations, runtime));
    quote! {
        /// What costs credits.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Operation {
            #(#variants),*
        }

        impl Operation {
            #(#constants)*
            #(#constructors)*
            #swallowers

            /// The exact cost, rounded once.
            ///
            /// # Errors
            ///
            /// Quantity by quantity: out of range, negative, over its limit; then a cost over 2^63 - 1.
            pub fn cost(&self) -> ::core::result::Result<#runtime::Amount, #runtime::Rejection> {
                #runtime::generated::cost::<Pricing>(self)
            }

            #name
        }

        #[automatically_derived]
        impl #runtime::generated::Operation for Operation {
            #index
            #inputs
        }
    }
}

fn variant(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let docs = super::docs(&operation.variant.docs);
    let ident = &operation.variant.ident;
    if operation.quantities.is_empty() {
        return quote! { #docs #ident };
    }
    let fields = operation.quantities.iter().map(|Quantity { field, marker, docs }| {
        let docs = super::docs(std::slice::from_ref(docs));
        quote! { #docs #field: #runtime::Quantity<units::#marker> }
    });
    quote! { #docs #ident { #(#fields),* } }
}

fn constant(Constant { ident, docs, credits }: &Constant, runtime: &TokenStream) -> TokenStream {
    let docs = super::docs(std::slice::from_ref(docs));
    let credits = Literal::i64_unsuffixed(*credits);
    quote! {
        #docs
        pub const #ident: #runtime::Amount = #runtime::Amount::new(#credits);
    }
}

fn constructor(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let Some(name) = &operation.constructor else { return TokenStream::new() };
    let docs = super::docs(&operation.variant.docs);
    let ident = &operation.variant.ident;
    if operation.quantities.is_empty() {
        return quote! {
            #docs
            #[must_use]
            pub const fn #name() -> Self {
                Self::#ident
            }
        };
    }
    let fields: Vec<_> = operation.quantities.iter().map(|quantity| &quantity.field).collect();
    // With the place of the unit, which a quantity of another unit is then compared with.
    let bounds = operation.quantities.iter().map(|Quantity { field, marker, .. }| {
        quote_spanned!(field.span()=> impl #runtime::IntoQuantity<units::#marker>)
    });
    quote! {
        #docs
        #[must_use]
        pub fn #name(
            #(#fields: #bounds),*
        ) -> Self {
            Self::#ident { #(#fields: #runtime::IntoQuantity::into_quantity(#fields)),* }
        }
    }
}

/// Constructors that take anything, because nobody knows what they should take.
fn swallowers(known: &Known) -> TokenStream {
    let poison = poison();
    let names = &known.swallowers;
    quote! {
        #(
            #[doc(hidden)]
            #[allow(non_upper_case_globals)]
            pub const #names: #poison = loop {};
        )*
    }
}

fn name(operations: &[Operation]) -> TokenStream {
    let names = operations.iter().map(|operation| {
        let (pattern, name) = (pattern(operation), &operation.variant.name);
        quote! { #pattern => #name }
    });
    let scrutinee = scrutinee(operations);
    quote! {
        /// The name as declared, such as `generate_image`.
        #[must_use]
        pub const fn name(&self) -> &'static str {
            match #scrutinee {
                #(#names),*
            }
        }
    }
}

fn index(operations: &[Operation]) -> TokenStream {
    let indexes = operations.iter().zip(0_u16..).map(|(operation, index)| {
        let (pattern, index) = (pattern(operation), Literal::u16_unsuffixed(index));
        quote! { #pattern => #index }
    });
    let scrutinee = scrutinee(operations);
    quote! {
        fn index(&self) -> u16 {
            match #scrutinee {
                #(#indexes),*
            }
        }
    }
}

fn inputs(operations: &[Operation], runtime: &TokenStream) -> TokenStream {
    let inputs = operations.iter().map(|operation| {
        let ident = &operation.variant.ident;
        if operation.quantities.is_empty() {
            return quote! { Self::#ident => #runtime::generated::Inputs::none() };
        }
        let fields: Vec<_> = operation.quantities.iter().map(|quantity| &quantity.field).collect();
        quote! {
            Self::#ident { #(#fields),* } => {
                #runtime::generated::Inputs::new([#(#fields.to_input()),*])
            }
        }
    });
    let scrutinee = scrutinee(operations);
    quote! {
        fn inputs(&self) -> #runtime::generated::Inputs {
            match #scrutinee {
                #(#inputs),*
            }
        }
    }
}

/// `Self::GenerateImage`, or `Self::ProcessDocument { .. }`.
fn pattern(operation: &Operation) -> TokenStream {
    let ident = &operation.variant.ident;
    let fields = (!operation.quantities.is_empty()).then(|| quote! { { .. } });
    quote! { Self::#ident #fields }
}

/// A reference to an enum without variants cannot be matched; the place behind it can.
fn scrutinee(operations: &[Operation]) -> TokenStream {
    if operations.is_empty() {
        quote! { *self }
    } else {
        quote! { self }
    }
}

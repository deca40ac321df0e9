//! `Operation`: the enum, its constructors and its costs.

mod checked;
mod choice;
mod inputs;
mod named;
mod traits;
mod validate;

pub(super) use named::inputs as named_inputs;

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

use crate::diag::poison;
use crate::model::{Constant, Field, FieldKind, Known, Operation};

/// More arguments than this are too many for a lint, which the user cannot satisfy.
const ARGUMENTS_MAX: usize = 7;

/// `enum Operation` with everything on it.
pub(super) fn generate(known: &Known, runtime: &TokenStream) -> TokenStream {
    let operations = &known.operations;
    let variants = operations.iter().map(|operation| variant(operation, runtime));
    let constants = operations.iter().flat_map(|operation| &operation.constants);
    let constants = constants.map(|item| constant(item, runtime));
    let constructors = operations.iter().map(|operation| constructor(operation, runtime));
    let swallowers = swallowers(known);
    let (name, named) = (name(operations), named::generate(operations, runtime));
    let (index, traits::Traits { derives, impls }) = (index(operations), traits::generate(operations));
    let (inputs, validate) = (inputs::generate(operations, runtime), validate::generate(operations));
    quote! {
        /// What costs credits.
        #derives
        #[allow(dead_code)]
        pub enum Operation {
            #(#variants),*
        }

        #[allow(dead_code)]
        impl Operation {
            #(#constants)*
            #(#constructors)*
            #swallowers

            /// The exact cost, rounded once.
            ///
            /// # Errors
            ///
            /// Quantity by quantity: out of range, negative, over its limit; then the first validation that
            /// fails; then a cost below zero or over 2^63 - 1.
            pub fn cost(&self) -> ::core::result::Result<#runtime::Amount, #runtime::Rejection> {
                #runtime::__private::cost::<Pricing>(self)
            }

            #name
            #named
        }

        #impls

        #[automatically_derived]
        impl #runtime::generated::Operation for Operation {
            #index
            #inputs
            #validate

            fn from_json(
                name: &str,
                inputs: &#runtime::generated::JsonObject,
            ) -> ::core::result::Result<Self, #runtime::InputError> {
                Self::from_json(name, inputs)
            }
        }
    }
}

/// The types of choices.
pub(super) fn choices(known: &Known) -> TokenStream {
    known.operations.iter().flat_map(|operation| &operation.choices).map(choice::generate).collect()
}

fn variant(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let docs = super::docs(&operation.variant.docs);
    let ident = &operation.variant.ident;
    if operation.fields.is_empty() {
        return quote! { #docs #ident };
    }
    let fields = operation.fields.iter().map(|Field { ident, docs, kind }| {
        let docs = super::docs(std::slice::from_ref(docs));
        let ty = match kind {
            FieldKind::Quantity(marker) => quote! { #runtime::Quantity<units::#marker> },
            FieldKind::Choice(ty) => quote! { #ty },
            FieldKind::Into(ty) | FieldKind::Plain { ty, .. } => quote! { #ty },
        };
        quote! { #docs #ident: #ty }
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
    // `Operation::operation()`: the user chose the name, which a lint refuses.
    let own_name = (name == "operation").then(|| quote! { #[allow(clippy::self_named_constructors)] });
    if operation.fields.is_empty() {
        return quote! {
            #docs
            #[must_use]
            #own_name
            pub const fn #name() -> Self {
                Self::#ident
            }
        };
    }
    let arguments = operation.fields.iter().map(|field| argument(field, runtime));
    let values = operation.fields.iter().map(|Field { ident, kind, .. }| match kind {
        FieldKind::Quantity(_) => quote! { #ident: #runtime::IntoQuantity::into_quantity(#ident) },
        FieldKind::Into(_) => quote! { #ident: ::core::convert::Into::into(#ident) },
        FieldKind::Choice(_) | FieldKind::Plain { .. } => quote! { #ident },
    });
    let many =
        (operation.fields.len() > ARGUMENTS_MAX).then(|| quote! { #[allow(clippy::too_many_arguments)] });
    quote! {
        #docs
        #[must_use]
        #own_name
        #many
        pub fn #name(
            #(#arguments),*
        ) -> Self {
            Self::#ident { #(#values),* }
        }
    }
}

fn argument(Field { ident, kind, .. }: &Field, runtime: &TokenStream) -> TokenStream {
    let ty = match kind {
        // With the place of the unit, which a quantity of another unit is then compared with.
        FieldKind::Quantity(marker) => {
            let runtime = crate::generate::at(ident.span(), runtime);
            quote_spanned!(ident.span()=> impl #runtime::IntoQuantity<units::#marker>)
        }
        FieldKind::Into(ty) => quote! { impl ::core::convert::Into<#ty> },
        FieldKind::Choice(ty) => quote! { #ty },
        FieldKind::Plain { ty, .. } => quote! { #ty },
    };
    quote! { #ident: #ty }
}

/// Constructors that take anything, because their arguments could not be read.
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

/// `Self::GenerateImage`, or `Self::ProcessDocument { .. }`.
fn pattern(operation: &Operation) -> TokenStream {
    let ident = &operation.variant.ident;
    let fields = (!operation.fields.is_empty()).then(|| quote! { { .. } });
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

//! Operations by name: the inputs that each takes, and `from_json`.

use credits_core::{Clause, Limit, OperationSpec, Unit};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::generate::catalogue;
use crate::model::{Field, FieldKind, Operation};

/// `ALL`, `from_name` and `from_json`.
pub(super) fn generate(operations: &[Operation], runtime: &TokenStream) -> TokenStream {
    let arms = operations.iter().zip(0_u16..).map(|(operation, index)| {
        let index = Literal::u16_unsuffixed(index);
        let value = value(operation, runtime);
        quote! { ::core::option::Option::Some(#index) => #value }
    });
    let found = if operations.is_empty() {
        quote! { ::core::result::Result::Err(inputs.unknown_operation()) }
    } else {
        quote! {
            ::core::result::Result::Ok(match inputs.operation() {
                #(#arms,)*
                _ => return ::core::result::Result::Err(inputs.unknown_operation()),
            })
        }
    };
    quote! {
        /// All of them with the inputs that they take, in the order of declaration.
        pub const ALL: &'static [#runtime::catalogue::OperationSpec] =
            <Pricing as #runtime::generated::Pricing>::CATALOGUE.operations;

        /// The terms and the inputs of the one that has this name, or had it before.
        #[must_use]
        pub fn from_name(name: &str) -> ::core::option::Option<&'static #runtime::catalogue::OperationSpec> {
            ::core::iter::Iterator::find(&mut Self::ALL.iter(), |known| known.has_name(name))
        }

        /// The operation of this name, or of this former name, with inputs as JSON: quantities as integers or as
        /// decimals in text (`"3.65"`), choices by name, parameters as `Deserialize` reads them.
        ///
        /// # Errors
        ///
        /// In this order: an unknown operation; one with a parameter that is not `Deserialize`; an input that the
        /// operation does not have; then, input by input, one that is missing and one that is not readable.
        pub fn from_json(
            name: &str,
            inputs: &#runtime::generated::JsonObject,
        ) -> ::core::result::Result<Self, #runtime::InputError> {
            #[allow(unused_imports)]
            use #runtime::__private::NotReadable as _;
            let inputs = #runtime::__private::JsonInputs::of(Self::ALL, name, inputs)?;
            #found
        }
    }
}

/// `Self::Transcribe { minutes: inputs.quantity("minutes")? }`
fn value(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let ident = &operation.variant.ident;
    if operation.fields.is_empty() {
        return quote! { Self::#ident };
    }
    let values = operation.fields.iter().map(|field| {
        let (ident, name) = (&field.ident, name(field));
        match &field.kind {
            FieldKind::Quantity(_) => quote! { #ident: inputs.quantity(#name)? },
            FieldKind::Choice(ty) => quote! { #ident: inputs.choice(#name, #ty::from_name)? },
            FieldKind::Into(ty) | FieldKind::Plain { ty, .. } => {
                quote! { #ident: #runtime::__private::Parameter::<#ty>::read(&inputs, #name)? }
            }
        }
    });
    quote! { Self::#ident { #(#values),* } }
}

/// The inputs of an operation as data.
pub(in crate::generate) fn inputs(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let types = quote! { #runtime::catalogue };
    let OperationSpec { costs, limits, .. } = operation.terms;
    let mut units = costs.iter().filter_map(Clause::unit).enumerate();
    let mut choices = costs.iter().filter_map(|clause| match clause {
        Clause::Choice { options, .. } => Some(*options),
        _ => None,
    });
    let inputs = operation.fields.iter().filter_map(|field| {
        let kind = match &field.kind {
            FieldKind::Quantity(_) => quantity(units.next()?, limits, runtime),
            FieldKind::Choice(_) => {
                let options = choices.next()?.iter().map(|(option, _)| option);
                quote! { Choice { options: &[#(#options),*] } }
            }
            FieldKind::Into(ty) | FieldKind::Plain { ty, .. } => {
                let (text, is_readable) = (text(ty), is_readable(ty, runtime));
                quote! { Parameter { ty: #text, is_readable: #is_readable } }
            }
        };
        let name = name(field);
        Some(quote! { #types::InputSpec { name: #name, kind: #types::InputKind::#kind } })
    });
    quote! { &[#(#inputs),*] }
}

fn quantity((place, unit): (usize, &Unit), limits: &[Limit], runtime: &TokenStream) -> TokenStream {
    let unit = catalogue::unit(*unit, runtime);
    let limit = limits.iter().find(|limit| limit.quantity == place);
    let max = catalogue::option(limit.map(|limit| Literal::u64_unsuffixed(limit.max).into_token_stream()));
    quote! { Quantity { unit: #unit, max: #max } }
}

/// A reference outlives no request, and is not read.
fn is_readable(ty: &syn::Type, runtime: &TokenStream) -> TokenStream {
    if matches!(ty, syn::Type::Reference(_)) {
        return quote! { false };
    }
    quote! {
        {
            #[allow(unused_imports)]
            use #runtime::__private::NotReadable as _;
            #runtime::__private::Parameter::<#ty>::IS_READABLE
        }
    }
}

/// The name without its `r#`.
fn name(field: &Field) -> String {
    field.ident.to_string().trim_start_matches("r#").to_owned()
}

/// A type without the blanks between its tokens, except between words.
fn text(ty: &syn::Type) -> String {
    let tokens = ty.to_token_stream().to_string();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    tokens.split_whitespace().fold(String::new(), |text, token| {
        let is_between_words = text.ends_with(is_word) && token.starts_with(is_word);
        let separator = if is_between_words || text.ends_with([',', ';']) { " " } else { "" };
        text + separator + token
    })
}

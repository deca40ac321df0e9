//! `Clone`, `Debug` and `PartialEq` of operations.
//!
//! They are derived where every parameter is known to have them. Otherwise `Clone` and `PartialEq` are bounded by the
//! parameters' types, so that an operation has what its parameters have, and an error names the type that lacks it.
//! `Debug` is required of them, where they are declared: the log of a spend shows its operation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{FieldKind, Operation};

/// The attribute of the enum, and the impls after it.
pub(super) struct Traits {
    pub(super) derives: TokenStream,
    pub(super) impls: TokenStream,
}

/// The traits of the enum with these variants.
pub(super) fn generate(operations: &[Operation]) -> Traits {
    let fields = operations.iter().flat_map(|operation| &operation.fields);
    let others: Vec<&syn::Type> = fields
        .filter_map(|field| match &field.kind {
            FieldKind::Plain { ty, is_comparable: false } => Some(ty),
            _ => None,
        })
        .collect();
    if others.is_empty() || others.iter().any(|ty| lacks_arguments(ty)) {
        return Traits {
            derives: quote! { #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)] },
            impls: TokenStream::new(),
        };
    }
    let [clone, partial_eq] = ["clone::Clone", "cmp::PartialEq"].map(|name| bounded(name, &others));
    let clones = operations.iter().map(cloned);
    let shown = operations.iter().map(shown);
    // The error is at the type.
    let are_shown = others.iter().map(|ty| quote_spanned! { ty.span()=> #ty: ::core::fmt::Debug });
    let compared = operations.iter().map(compared);
    let impls = quote! {
        #clone {
            fn clone(&self) -> Self {
                match self { #(#clones)* }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for Operation
        where
            #(#are_shown,)*
        {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #(#shown)* }
            }
        }

        #partial_eq {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    #(#compared)*
                    #[allow(unreachable_patterns)]
                    _ => false,
                }
            }
        }
    };
    Traits { derives: TokenStream::new(), impls }
}

/// Types of the standard library that have arguments always.
const GENERIC: &[&str] = &[
    "Arc", "BTreeMap", "BTreeSet", "Box", "Cell", "Cow", "HashMap", "HashSet", "Mutex", "Option", "Rc",
    "RefCell", "Vec", "VecDeque",
];

/// Whether the compiler refuses the type where it is declared; each bound would repeat that.
fn lacks_arguments(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.arguments.is_none() && GENERIC.iter().any(|name| last.ident == name))
}

/// `impl Clone for Operation where Size: Clone`. A bound with a lifetime may be false, and one without may not.
fn bounded(name: &str, types: &[&syn::Type]) -> TokenStream {
    let path: TokenStream = format!("::core::{name}").parse().unwrap_or_default();
    quote! {
        #[automatically_derived]
        impl #path for Operation
        where
            #(for<'bound> #types: #path,)*
    }
}

/// Variables for the fields, which no name of a field collides with.
fn variables(operation: &Operation, prefix: &str) -> Vec<Ident> {
    let fields = operation.fields.iter().enumerate();
    fields.map(|(place, _)| format_ident!("{prefix}_{place}", span = Span::mixed_site())).collect()
}

/// `Self::Scan { pages: value_0 }`
fn with(operation: &Operation, values: impl Iterator<Item = TokenStream>) -> TokenStream {
    let ident = &operation.variant.ident;
    if operation.fields.is_empty() {
        return quote! { Self::#ident };
    }
    let fields = operation.fields.iter().map(|field| &field.ident);
    quote! { Self::#ident { #(#fields: #values),* } }
}

fn bind(operation: &Operation, variables: &[Ident]) -> TokenStream {
    with(operation, variables.iter().map(|variable| quote! { #variable }))
}

fn cloned(operation: &Operation) -> TokenStream {
    let values = variables(operation, "value");
    let pattern = bind(operation, &values);
    let clone = with(operation, values.iter().map(|value| quote! { ::core::clone::Clone::clone(#value) }));
    quote! { #pattern => #clone, }
}

fn shown(operation: &Operation) -> TokenStream {
    let values = variables(operation, "value");
    let pattern = bind(operation, &values);
    let name = operation.variant.ident.to_string();
    if values.is_empty() {
        return quote! { #pattern => formatter.write_str(#name), };
    }
    let names = operation.fields.iter().map(|field| field.ident.to_string().replace("r#", ""));
    quote! { #pattern => formatter.debug_struct(#name)#(.field(#names, #values))*.finish(), }
}

fn compared(operation: &Operation) -> TokenStream {
    let (left, right) = (variables(operation, "left"), variables(operation, "right"));
    let (one, other) = (bind(operation, &left), bind(operation, &right));
    quote! { (#one, #other) => true #(&& *#left == *#right)*, }
}

//! The rules of parameters: names of their own, and types that an operation can own.
//!
//! It does not know what they are used for.

use proc_macro2::Span;

use super::operation::Terms;
use super::{Checker, Param, ParamKind};
use crate::ast::{self, Stated, Word};
use crate::diag::Result;
use crate::vocab::{self, RUST_RESERVED};
use crate::{foreign, messages};

/// A field that an operation has, where its name was written, and what it is.
pub(super) type Known<'a> = (&'a str, Span, &'static str);

/// The fields of an operation so far.
pub(super) fn known<'a>(terms: &'a Terms, params: &'a [Param]) -> Vec<Known<'a>> {
    let quantities = terms.quantities.iter();
    let choices = terms.choices.iter().map(|choice| &choice.name);
    quantities
        .map(|quantity| (quantity.unit.plural.as_str(), quantity.span, "a quantity"))
        .chain(choices.map(|name| (name.text.as_str(), name.span, "a choice")))
        .chain(params.iter().map(|param| (param.name.text.as_str(), param.name.span, "a parameter")))
        .collect()
}

impl Checker<'_> {
    /// Checks all parameters of an operation. Poisoned if one is not understood: its place among the arguments
    /// is then unknown.
    pub(super) fn params(
        &mut self,
        statements: &[Stated<Vec<ast::Param>>],
        terms: &Terms,
    ) -> Result<Vec<Param>> {
        let mut params = Vec::new();
        let mut complete = Ok(());
        for statement in statements {
            match &statement.value {
                Err(reported) => complete = Err(*reported),
                Ok(declared) => {
                    for param in declared {
                        match self.param(param, terms, &params) {
                            Ok(param) => params.push(param),
                            Err(reported) => complete = Err(reported),
                        }
                    }
                }
            }
        }
        complete.map(|()| params)
    }

    fn param(&mut self, param: &ast::Param, terms: &Terms, before: &[Param]) -> Result<Param> {
        self.can_be_field(&param.name, &known(terms, before))?;
        if vocab::is_rust_keyword(&param.ident.to_string()) {
            return Err(self.diagnostics.report(param.name.span, messages::keyword_param(&param.name.text)));
        }
        if let syn::Type::Reference(borrowed) = &param.ty
            && borrowed.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static")
        {
            let message = messages::borrowed_param(&param.name.text);
            return Err(self.diagnostics.report(borrowed.and_token.span, message));
        }
        let ast::Param { name, ident, ty } = param.clone();
        let ty = self.known_type(ty);
        Ok(Param { name, ident, kind: kind(&ty), is_comparable: is_comparable(&ty), ty })
    }

    /// `int` is reported, and read as `i64`.
    fn known_type(&mut self, ty: syn::Type) -> syn::Type {
        let syn::Type::Path(path) = &ty else { return ty };
        let Some(name) = path.path.get_ident() else { return ty };
        let meant = foreign::rust_type(&name.to_string());
        let Some((known, meant)) = meant.and_then(|meant| Some((syn::parse_str(meant).ok()?, meant))) else {
            return ty;
        };
        self.diagnostics.report(name.span(), messages::foreign_type(&name.to_string(), meant));
        known
    }

    /// Quantities, choices and parameters are fields of one variant.
    pub(super) fn can_be_field(&mut self, name: &Word, known: &[Known<'_>]) -> Result<()> {
        if RUST_RESERVED.contains(&name.text.as_str()) {
            return Err(self.diagnostics.report(name.span, messages::reserved_name(&name.text)));
        }
        match known.iter().find(|(known, ..)| *known == name.text) {
            None => Ok(()),
            Some((first, span, what)) => {
                let culprit = (name.span, messages::field_twice(&name.text, what));
                Err(self.diagnostics.report_pair(culprit, (*span, messages::first_item(first))))
            }
        }
    }
}

/// The last name of a path that has no arguments: `String` of `std::string::String`.
fn plain_name(ty: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|_| path.qself.is_none())?;
    last.arguments.is_none().then(|| last.ident.to_string())
}

fn kind(ty: &syn::Type) -> ParamKind {
    let is_single = matches!(ty, syn::Type::Path(path) if path.path.segments.len() == 1);
    match plain_name(ty).as_deref() {
        Some("i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64") if is_single => ParamKind::Integer,
        Some("i128") if is_single => ParamKind::Widest,
        Some("u128" | "isize" | "usize") if is_single => ParamKind::WideInteger,
        Some("bool") if is_single => ParamKind::Flag,
        Some("char" | "f32" | "f64") if is_single => ParamKind::Primitive,
        Some("String" | "PathBuf") => ParamKind::Text,
        _ => ParamKind::Other,
    }
}

/// Whether a type of the standard library is known to be cloned, compared and shown.
fn is_comparable(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Reference(reference) => {
            matches!(&*reference.elem, syn::Type::Path(path) if path.path.is_ident("str"))
        }
        syn::Type::Tuple(tuple) => tuple.elems.len() <= 12 && tuple.elems.iter().all(is_comparable),
        syn::Type::Array(array) => is_comparable(&array.elem),
        syn::Type::Paren(inner) => is_comparable(&inner.elem),
        syn::Type::Group(inner) => is_comparable(&inner.elem),
        _ if kind(ty) != ParamKind::Other => true,
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| match &last.arguments {
            syn::PathArguments::None => last.ident == "Duration",
            syn::PathArguments::AngleBracketed(arguments) => {
                let is_known = ["Box", "Option", "Vec"].iter().any(|known| last.ident == known);
                is_known
                    && arguments.args.iter().all(
                        |argument| matches!(argument, syn::GenericArgument::Type(ty) if is_comparable(ty)),
                    )
            }
            syn::PathArguments::Parenthesized(_) => false,
        }),
        _ => false,
    }
}

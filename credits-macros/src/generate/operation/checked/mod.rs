//! Costs in braces: before each operator a call that tries its operands, so that none wraps or panics.
//!
//! The operators stay in place; types, inference and errors are those of the Rust that was written. It does not
//! know how operands are tried: that is `generated::checked` of the runtime. It does not see into functions, macros
//! and constants of the application.

mod calls;
mod shape;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, UnOp};

use calls::{Operators, Place, Tried};
use shape::{INTEGERS, is_constant, is_integer, is_named_constant, never_has_a_result};

/// Methods with one argument that are tried as operators are, and what they are tried as.
const METHODS: &[(&str, Tried)] = &[
    ("pow", Tried { method: "fit_power", operator: None }),
    ("div_euclid", Tried::operator("DivEuclid")),
    ("rem_euclid", Tried::operator("RemEuclid")),
    ("next_multiple_of", Tried::operator("NextMultipleOf")),
];

/// The same without an argument.
const UNARY_METHODS: &[(&str, &str)] = &[("abs", "Abs"), ("next_power_of_two", "NextPowerOfTwo")];

/// Methods of iterators in whose place functions of the runtime are called.
const SUMS: &[&str] = &["sum", "product"];

/// Macros that take expressions.
const MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprintln",
    "format",
    "matches",
    "panic",
    "println",
    "vec",
];

/// The statements of a cost, with every operator tried. `checked` names the runtime's module there.
pub(super) fn statements(code: &TokenStream, checked: &TokenStream) -> TokenStream {
    let Ok(mut statements) = syn::Block::parse_within.parse2(code.clone()) else { return code.clone() };
    let mut operators = Operators { checked, place: Place::Cost };
    for statement in &mut statements {
        operators.visit_stmt_mut(statement);
    }
    quote! { #(#statements)* }
}

impl Operators<'_> {
    fn method(&self, call: &syn::ExprMethodCall) -> Option<Expr> {
        let syn::ExprMethodCall { receiver, method, turbofish, args, .. } = call;
        let name = method.to_string();
        match args.first() {
            None if SUMS.contains(&name.as_str()) => Some(self.sum(call)),
            None if turbofish.is_none() => {
                let variant = found(UNARY_METHODS, &name)?;
                Some(self.unary(variant, receiver, |value| quote! { #value.#method() }))
            }
            Some(argument) if args.len() == 1 && turbofish.is_none() => {
                let tried = found(METHODS, &name)?;
                Some(self.binary(*tried, (receiver, argument), |left, right| {
                    quote! { #left.#method(#right) }
                }))
            }
            _ => None,
        }
    }

    /// `i128::pow(a, b)`
    fn function(&self, call: &syn::ExprCall) -> Option<Expr> {
        let Expr::Path(path) = &*call.func else { return None };
        let mut segments = path.path.segments.iter();
        let (ty, name) = (segments.next()?, segments.next()?);
        if segments.next().is_some() || !INTEGERS.contains(&ty.ident.to_string().as_str()) {
            return None;
        }
        let name = name.ident.to_string();
        let mut arguments = call.args.iter();
        match (arguments.next(), arguments.next()) {
            (Some(value), None) => {
                let variant = found(UNARY_METHODS, &name)?;
                Some(self.unary(variant, value, |value| quote! { #path(#value) }))
            }
            (Some(left), Some(right)) => {
                let tried = found(METHODS, &name)?;
                Some(self.binary(*tried, (left, right), |left, right| quote! { #path(#left, #right) }))
            }
            _ => None,
        }
    }

    /// The call in place of an expression whose parts have theirs.
    fn tried(&self, expression: &Expr) -> Option<Expr> {
        match expression {
            Expr::Binary(syn::ExprBinary { left, op, right, .. }) => match Tried::of(op)? {
                (tried, true) => Some(self.assignment(tried, (left, right), op)),
                // The compiler's lints refuse what has no result for any operand.
                _ if is_constant(expression) || never_has_a_result(op, right) => None,
                (tried, false) => {
                    Some(self.binary(tried, (left, right), |left, right| quote! { #left #op #right }))
                }
            },
            Expr::Unary(syn::ExprUnary { op: op @ UnOp::Neg(_), expr, .. }) if !is_constant(expr) => {
                Some(self.unary("Neg", expr, |value| quote! { #op #value }))
            }
            Expr::Cast(syn::ExprCast { expr, ty, .. }) if is_integer(ty) && !is_constant(expr) => {
                Some(self.cast(expr, ty))
            }
            Expr::Index(index) => self.index(index),
            Expr::MethodCall(call) => self.method(call),
            Expr::Call(call) => self.function(call),
            _ => None,
        }
    }

    /// Something that may be changed: a list is then borrowed, and its index is not compared with it. The list's
    /// own panic is caught.
    fn visit_place(&mut self, place: &mut Expr) {
        match place {
            _ if is_named_constant(place) => self.visit_expr_mut(place),
            Expr::Index(index) => {
                self.visit_place(&mut index.expr);
                self.visit_expr_mut(&mut index.index);
            }
            Expr::Field(field) => self.visit_place(&mut field.base),
            Expr::Paren(inner) => self.visit_place(&mut inner.expr),
            Expr::Unary(syn::ExprUnary { op: UnOp::Deref(_), expr, .. }) => self.visit_place(expr),
            _ => self.visit_expr_mut(place),
        }
    }

    fn inner(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.place, Place::Inner);
        visit(self);
        self.place = outer;
    }
}

impl VisitMut for Operators<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        match expression {
            Expr::Binary(binary) if Tried::of(&binary.op).is_some_and(|(_, assigns)| assigns) => {
                self.visit_place(&mut binary.left);
                self.visit_expr_mut(&mut binary.right);
            }
            Expr::Assign(assign) => {
                self.visit_place(&mut assign.left);
                self.visit_expr_mut(&mut assign.right);
            }
            Expr::Reference(syn::ExprReference { mutability: Some(_), expr, .. }) => self.visit_place(expr),
            Expr::MethodCall(call) => {
                self.visit_place(&mut call.receiver);
                call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            }
            _ => visit_mut::visit_expr_mut(self, expression),
        }
        if let Some(tried) = self.tried(expression) {
            *expression = tried;
        }
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.inner(|inner| inner.visit_expr_mut(&mut closure.body));
    }

    fn visit_expr_async_mut(&mut self, future: &mut syn::ExprAsync) {
        self.inner(|inner| inner.visit_block_mut(&mut future.block));
    }

    fn visit_item_fn_mut(&mut self, function: &mut syn::ItemFn) {
        if function.sig.constness.is_none() {
            self.inner(|inner| inner.visit_block_mut(&mut function.block));
        }
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        let is_known = call.path.get_ident().is_some_and(|name| MACROS.iter().any(|known| name == known));
        let arguments = Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if let Some(mut arguments) = is_known.then(|| arguments.parse2(call.tokens.clone()).ok()).flatten() {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            call.tokens = arguments.into_token_stream();
        }
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    // A constant has no run time to fail at: the compiler refuses it.
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_generic_argument_mut(&mut self, _: &mut syn::GenericArgument) {}
}

fn found<'a, T>(table: &'a [(&str, T)], name: &str) -> Option<&'a T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

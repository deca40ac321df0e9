//! Calls that try operands, and the operator after them.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{BinOp, Expr};

use super::shape::is_place;

/// What `return` leaves.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The cost.
    Cost,
    /// A function, a closure or a future in the cost.
    Inner,
}

/// How two operands are tried.
#[derive(Clone, Copy)]
pub(super) struct Tried {
    /// The runtime's method; that of operators that assign ends in `_assign`.
    pub(super) method: &'static str,
    /// The variant of the runtime's enum, if the method is of several operators.
    pub(super) operator: Option<(&'static str, &'static str)>,
}

impl Tried {
    pub(super) const fn operator(variant: &'static str) -> Self {
        Self { method: "fit", operator: Some(("Operator", variant)) }
    }

    pub(super) const fn shift(variant: &'static str) -> Self {
        Self { method: "fit_shift", operator: Some(("Shift", variant)) }
    }

    /// How the operands of a binary operator are tried, and whether it assigns.
    pub(super) const fn of(operator: &BinOp) -> Option<(Self, bool)> {
        Some(match operator {
            BinOp::Add(_) => (Self::operator("Add"), false),
            BinOp::Sub(_) => (Self::operator("Sub"), false),
            BinOp::Mul(_) => (Self::operator("Mul"), false),
            BinOp::Div(_) => (Self::operator("Div"), false),
            BinOp::Rem(_) => (Self::operator("Rem"), false),
            BinOp::Shl(_) => (Self::shift("Left"), false),
            BinOp::Shr(_) => (Self::shift("Right"), false),
            BinOp::AddAssign(_) => (Self::operator("Add"), true),
            BinOp::SubAssign(_) => (Self::operator("Sub"), true),
            BinOp::MulAssign(_) => (Self::operator("Mul"), true),
            BinOp::DivAssign(_) => (Self::operator("Div"), true),
            BinOp::RemAssign(_) => (Self::operator("Rem"), true),
            BinOp::ShlAssign(_) => (Self::shift("Left"), true),
            BinOp::ShrAssign(_) => (Self::shift("Right"), true),
            _ => return None,
        })
    }
}

/// Puts a call before each operator.
pub(super) struct Operators<'a> {
    pub(super) checked: &'a TokenStream,
    pub(super) place: Place,
}

impl Operators<'_> {
    /// What follows a call: a cost that has failed ends; within a function, ones were put for the operands.
    fn end(&self) -> TokenStream {
        let checked = self.checked;
        match self.place {
            Place::Cost => quote! { if #checked::failed() { return 0; } },
            Place::Inner => TokenStream::new(),
        }
    }

    /// The first argument of a method that is of several operators.
    fn variant(&self, tried: Tried) -> TokenStream {
        let checked = self.checked;
        match tried.operator {
            Some((kind, variant)) => {
                let (kind, variant) = (ident(kind), ident(variant));
                quote! { #checked::#kind::#variant, }
            }
            None => TokenStream::new(),
        }
    }

    /// An expression of two operands, which `finish` makes of their names.
    pub(super) fn binary(
        &self,
        tried: Tried,
        (left, right): (&Expr, &Expr),
        finish: impl FnOnce(&Ident, &Ident) -> TokenStream,
    ) -> Expr {
        let (checked, end, variant, method) =
            (self.checked, self.end(), self.variant(tried), ident(tried.method));
        let (here, l, r) = (here(left), local("left", left), local("right", right));
        let result = finish(&l, &r);
        verbatim(quote_spanned! { here=>
            match (#left, #right) {
                (#l, #r) => {
                    let (#l, #r) = (&#checked::operands(&#l, &#r)).#method(#variant #l, #r);
                    #end
                    #result
                }
            }
        })
    }

    /// `left += right`
    pub(super) fn assignment(&self, tried: Tried, (left, right): (&Expr, &Expr), operator: &BinOp) -> Expr {
        let (checked, end, variant) = (self.checked, self.end(), self.variant(tried));
        let method = ident(&format!("{}_assign", tried.method));
        let (here, l, r) = (here(left), local("left", left), local("right", right));
        verbatim(quote_spanned! { here=>
            match #right {
                #r => {
                    let #l = &mut #left;
                    let #r = (&#checked::operands(&*#l, &#r)).#method(#variant &mut *#l, #r);
                    #end
                    *#l #operator #r
                }
            }
        })
    }

    /// An expression of one operand.
    pub(super) fn unary(
        &self,
        variant: &str,
        value: &Expr,
        finish: impl FnOnce(&Ident) -> TokenStream,
    ) -> Expr {
        let (checked, end, variant, name) = (self.checked, self.end(), ident(variant), local("value", value));
        let here = here(value);
        let result = finish(&name);
        verbatim(quote_spanned! { here=>
            match #value {
                #name => {
                    let #name = (&#checked::operands(&#name, &())).fit_unary(#checked::Unary::#variant, #name);
                    #end
                    #result
                }
            }
        })
    }

    /// `value as u64`, which fails where it changes a number.
    pub(super) fn cast(&self, value: &Expr, ty: &syn::Type) -> Expr {
        let (checked, end, name) = (self.checked, self.end(), local("value", value));
        let (here, before) = (here(value), local("before", value));
        verbatim(quote_spanned! { here=>
            match #value {
                #name => {
                    let #before = (&#checked::operands(&#name, &())).whole(&#name);
                    let #name = #name as #ty;
                    #checked::cast(#before, (&#checked::operands(&#name, &())).whole(&#name));
                    #end
                    #name
                }
            }
        })
    }

    /// `list[place]`
    pub(super) fn index(&self, index: &syn::ExprIndex) -> Option<Expr> {
        if is_place(&index.expr) {
            return Some(self.element(index, &index.expr));
        }
        if !matches!(*index.expr, Expr::Array(_) | Expr::Call(_) | Expr::Macro(_)) {
            return None;
        }
        let (list, here) = (&index.expr, here(&index.expr));
        let name = local("list", list);
        let element = self.element(index, &syn::parse_quote! { #name });
        Some(verbatim(quote_spanned! { here=> *match &#list { #name => &#element } }))
    }

    /// The element of a list that can be named twice.
    fn element(&self, index: &syn::ExprIndex, list: &Expr) -> Expr {
        let (checked, end, place) = (self.checked, self.end(), &index.index);
        let (here, name) = (here(place), local("place", place));
        let tried = Expr::Verbatim(quote_spanned! { here=> {
            let #name = #place;
            let #name = (&#checked::operands(&#list, &#name)).fit_index(&#list, #name);
            #end
            #name
        }});
        Expr::Index(syn::ExprIndex { expr: Box::new(list.clone()), index: Box::new(tried), ..index.clone() })
    }

    /// `items.sum::<T>()`
    pub(super) fn sum(&self, call: &syn::ExprMethodCall) -> Expr {
        let (end, receiver, method) = (self.end(), &call.receiver, &call.method);
        let (here, name) = (here(method), local("sum", method));
        let checked = crate::generate::at(here, self.checked);
        let ty = call.turbofish.as_ref().map(|turbofish| {
            let arguments = &turbofish.args;
            quote! { ::<#arguments, _> }
        });
        verbatim(quote_spanned! { here=>
            match #checked::#method #ty (#receiver) {
                #name => {
                    #end
                    #name
                }
            }
        })
    }
}

/// In parentheses, because what begins with `match` may be taken for a statement.
fn verbatim(tokens: TokenStream) -> Expr {
    let span = tokens.span();
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    Expr::Verbatim(group.into_token_stream())
}

/// A variable that the author's Rust does not see, at the place of what it holds.
fn local(name: &str, of: &impl Spanned) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(of.span()))
}

/// The place of generated code: that of what it is generated from.
fn here(of: &impl Spanned) -> Span {
    Span::call_site().located_at(of.span())
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

//! Shapes of expressions that decide how an operator is tried, and whether it is.

use syn::{BinOp, Expr, UnOp};

/// The types of integers.
pub(super) const INTEGERS: &[&str] =
    &["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];

/// Whether it is made of literals alone.
pub(super) fn is_constant(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(_) => true,
        Expr::Paren(inner) => is_constant(&inner.expr),
        Expr::Group(inner) => is_constant(&inner.expr),
        Expr::Unary(syn::ExprUnary { op: UnOp::Neg(_), expr, .. }) => is_constant(expr),
        Expr::Binary(syn::ExprBinary { left, right, .. }) => is_constant(left) && is_constant(right),
        _ => false,
    }
}

/// `/ 0`, `% 0` and shifts by more bits than there are.
pub(super) fn never_has_a_result(operator: &BinOp, right: &Expr) -> bool {
    let Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(right), .. }) = right else { return false };
    let Ok(right) = right.base10_parse::<u128>() else { return false };
    match operator {
        BinOp::Div(_) | BinOp::Rem(_) => right == 0,
        BinOp::Shl(_) | BinOp::Shr(_) => right >= u128::BITS.into(),
        _ => false,
    }
}

/// Whether it can be named twice.
pub(super) fn is_place(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Unary(syn::ExprUnary { op: UnOp::Deref(_), expr, .. }) => is_place(expr),
        _ => false,
    }
}

/// Whether it is a constant, or an element of one.
pub(super) fn is_named_constant(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.segments.last().is_some_and(|name| {
            let name = name.ident.to_string();
            name == name.to_uppercase()
        }),
        Expr::Index(index) => is_named_constant(&index.expr),
        Expr::Field(field) => is_named_constant(&field.base),
        Expr::Paren(inner) => is_named_constant(&inner.expr),
        _ => false,
    }
}

pub(super) fn is_integer(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if INTEGERS.iter().any(|known| path.path.is_ident(known)))
}

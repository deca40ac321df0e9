//! Tests of the whole pipeline, without the compiler.

mod cuts;
mod editing;
mod expansion;
mod imports;
mod messages;
mod remedies;
mod robustness;
mod soup;
mod twice;

use proc_macro2::{LineColumn, TokenStream};

use crate::expand::expand;

/// The generated code as `rustfmt` would write it, and every error with its place.
fn expansion(source: &str) -> String {
    let expansion = expand(tokens(source));
    let file = syn::parse2::<syn::File>(expansion.code).expect("the generated code parses");
    let errors = errors(source);
    let separator = if errors.is_empty() { "" } else { "\n" };
    format!("{errors}{separator}{}", prettyplease::unparse(&file))
}

/// Every error as `line:column token: message`.
fn errors(source: &str) -> String {
    let errors = expand(tokens(source)).diagnostics.into_errors();
    let lines: Vec<String> = errors
        .into_iter()
        .map(|(span, message)| {
            let (start, end) = (span.start(), span.end());
            let line = source.lines().nth(start.line - 1).unwrap_or_default();
            let token: String = line.chars().take(end.column).skip(start.column).collect();
            format!("{}:{} {token}: {message}\n", start.line, start.column)
        })
        .collect();
    lines.concat()
}

/// Every error with its place.
fn spanned_errors(source: &str) -> Vec<((LineColumn, LineColumn), String)> {
    let errors = expand(tokens(source)).diagnostics.into_errors();
    errors.into_iter().map(|(span, message)| ((span.start(), span.end()), message.to_string())).collect()
}

/// The generated code, in which every term of a definition stands.
fn expanded(source: &str) -> String {
    expand(tokens(source)).code.to_string()
}

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the lexer accepts it")
}

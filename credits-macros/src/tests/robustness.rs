//! Whatever is written, the macro answers: it never panics, and what it generates is Rust.

use proc_macro2::{Group, TokenStream, TokenTree};

use crate::expand::expand;

const SAMPLE: &str = r#"
    settings { currency: eur; rounding floor credits_named "token", "tokens" crate my::path }
    subscription_plan pro { stripe_price month: "a", year: "b" gives 10_000.credits.every(3.months) unused_credits :rollover }
    credit_pack small { gives 1_000.credits bonus 1.credit costs 49.99.dollars }
    /// Docs
    operation embed { costs 5.credits + 1.credit_per(index, indices) + 3.credits_per(1_000.tokens) limit tokens <= 500 }
"#;

/// What a token may be replaced by.
const INTRUDERS: &[&str] = &[
    "",
    "self",
    "_",
    "do",
    "end",
    "-",
    ".",
    ",",
    "#",
    "0",
    "1.5",
    "50credits",
    "\"\"",
    "{}",
    "()",
    "costs",
    "page",
    "__",
];

#[test]
fn no_slip_of_the_pen_is_too_much() {
    let sample: TokenStream = SAMPLE.parse().unwrap();
    let count = count(&sample);
    for place in 0..count {
        for intruder in INTRUDERS {
            let Ok(intruder) = intruder.parse::<TokenStream>() else { continue };
            let source = replaced(&sample, &mut 0, place, &intruder);
            let expansion = expand(source.clone());
            assert!(syn::parse2::<syn::File>(expansion.into_tokens()).is_ok(), "{source}");
        }
    }
}

fn count(tokens: &TokenStream) -> usize {
    tokens
        .clone()
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + count(&group.stream()),
            _ => 1,
        })
        .sum()
}

/// The tokens with the one at `place` replaced; `next` is the place of the next token.
fn replaced(tokens: &TokenStream, next: &mut usize, place: usize, intruder: &TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for token in tokens.clone() {
        let here = *next;
        *next += 1;
        match token {
            _ if here == place => out.extend(intruder.clone()),
            TokenTree::Group(group) => {
                let inside = replaced(&group.stream(), next, place, intruder);
                out.extend([TokenTree::Group(Group::new(group.delimiter(), inside))]);
            }
            token => out.extend([token]),
        }
    }
    out
}

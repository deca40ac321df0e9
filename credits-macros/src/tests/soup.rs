//! Anything may be written in a definition: the answer is code that parses, or an error at one of its tokens.
//!
//! `PROPTEST_CASES` sets the number of cases; 700 where it is not set.

use proc_macro2::{Group, LineColumn, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::Index;

use super::tokens;
use crate::expand::expand;

/// Cases of one run, where the environment names no number.
const CASES: u32 = 700;

/// A definition with every statement.
const DEFINITION: &str = r#"
settings {
    currency usd rounding ceil credits_named "token", "tokens" environments test, live
    low_balance_threshold 100.credits, 10.credits allow_negative_balance up_to 500.credits
    renewal_wait 72.hours hold_limit 15.minutes overrun debt categories tip, cashback
}
asset gem, gemstones
subscription_plan pro {
    stripe_price live(month: "price_a", year: "price_b"), test(month: TEST_MONTH, year: crate::TEST_YEAR)
    gives 10_000.credits.every(month) signup_bonus 5.credits trial_includes 1.credit
    unused_credits rollover up_to 500.credits expire_after 30.days on_upgrade full unlimited scan, embed version 2 retired meta tier: "x"
}
subscription_plan free { stripe_price live: "price_c", test: "price_d" gives nothing }
credit_pack small {
    gives 1_000.credits bonus 100.credits costs 9.dollars currency cad expires_after 12.months
    only_for scan, embed stripe_price live: LIVE, test: "price_e" meta a: 1
}
credit_pack stones { gives 5.gemstones costs 99.cents }
operation polish { costs 3.gemstones }
/// Reads.
operation scan { costs 5.credits + 1.credit_per(page) limit pages <= 500 }
operation generate_video {
    costs 100.credits + 10.credits_per(:second) after 1.minute + by quality { standard => 10.credits, hd => 25.credits }
    with prompt: String, sizes: Vec<Option<u8>>
    validate prompt.len() <= 1_000, "prompt too long";
    validate f::<A, B>(sizes) && quality == GenerateVideoQuality::Hd, "no"
    meta category: "ai", seats: -3, beta: true
    at_least 1.credit
    at_most 500.credits
}
operation embed { costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit } + 1.credit_per(index, indices) }
operation export_report { with pages: u32, draft: bool costs { if draft { 1 } else { pages * 2 + 5 } } }
"#;

/// Words of the language and of Rust, and what slips into definitions.
const SOUP: &[&str] = &[
    "settings",
    "subscription_plan",
    "credit_pack",
    "operation",
    "asset",
    "costs",
    "gives",
    "bonus",
    "limit",
    "with",
    "validate",
    "meta",
    "at_least",
    "at_most",
    "environments",
    "only_for",
    "unused_credits",
    "rollover",
    "up_to",
    "for",
    "nothing",
    "in_advance",
    "unlimited",
    "retired",
    "version",
    "live",
    "PRICE",
    "by",
    "tiers",
    "after",
    "every",
    "stripe_price",
    "processor_price",
    "paddle",
    "do",
    "end",
    "currency",
    "rounding",
    "usd",
    "name",
    "self",
    "type",
    "r#type",
    "_",
    "credits",
    "credit_per",
    "credits_per",
    "gems",
    "dollars",
    "page",
    "pages",
    "minutes",
    "tokens",
    "month",
    "prompt",
    "String",
    "u32",
    "true",
    "0",
    "1",
    "1_000",
    "9223372036854775807",
    "0x1F",
    "1e3",
    "1.5",
    "50credits",
    "'a",
    "'c'",
    "\"text\"",
    "\"\"",
    "b\"x\"",
    ".",
    "..",
    "..=",
    "=>",
    "->",
    "<=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    ":",
    "::",
    ",",
    ";",
    "#",
    "!",
    "?",
    "|",
    "&",
    "=",
    "@",
    "$",
    "~",
    "5.credits",
    "1.credit_per(page)",
    "{}",
    "()",
    "[]",
    "#[cfg(x)]",
];

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(CASES),
        max_shrink_iters: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A change of one whole token tree.
#[derive(Clone, Debug)]
pub(super) enum Mutation {
    Delete(Index),
    Duplicate(Index),
    Swap(Index, Index),
    Replace(Index, Index),
    Insert(Index, &'static str),
}

pub(super) fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(Mutation::Delete),
        index().prop_map(Mutation::Duplicate),
        (index(), index()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        (index(), index()).prop_map(|(place, source)| Mutation::Replace(place, source)),
        (index(), prop::sample::select(SOUP)).prop_map(|(place, word)| Mutation::Insert(place, word)),
    ]
}

/// Token trees as text, in braces where they were.
fn soup() -> impl Strategy<Value = String> {
    let word = prop::sample::select(SOUP).prop_map(str::to_owned);
    let tree = word.prop_recursive(4, 64, 12, |inner| {
        (prop::collection::vec(inner, 0..12), 0..3_usize).prop_map(|(words, delimiter)| {
            let (open, close) = [("{", "}"), ("(", ")"), ("[", "]")][delimiter];
            format!("{open} {} {close}", words.join(" "))
        })
    });
    prop::collection::vec(tree, 0..24).prop_map(|words| words.join(" "))
}

/// A place in a tree: the trees above it, and its own among theirs.
type Path = Vec<usize>;

fn paths(stream: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    for (place, token) in stream.into_iter().enumerate() {
        found.push(vec![place]);
        if let TokenTree::Group(group) = token {
            let inner = paths(group.stream()).into_iter();
            found.extend(inner.map(|path| [vec![place], path].concat()));
        }
    }
    found
}

fn tree_at(stream: &TokenStream, path: &[usize]) -> Option<TokenTree> {
    let (first, rest) = path.split_first()?;
    let token = stream.clone().into_iter().nth(*first)?;
    match (&token, rest) {
        (_, []) => Some(token),
        (TokenTree::Group(group), rest) => tree_at(&group.stream(), rest),
        _ => None,
    }
}

/// The stream with other trees in place of one.
fn with(stream: TokenStream, path: &[usize], new: &[TokenTree]) -> TokenStream {
    let Some((first, rest)) = path.split_first() else { return stream };
    let trees = stream.into_iter().enumerate().flat_map(|(place, token)| match token {
        _ if place == *first && rest.is_empty() => new.to_vec(),
        TokenTree::Group(group) if place == *first => {
            vec![Group::new(group.delimiter(), with(group.stream(), rest, new)).into()]
        }
        token => vec![token],
    });
    trees.collect()
}

pub(super) fn mutated(stream: TokenStream, mutation: &Mutation) -> TokenStream {
    let paths = paths(stream.clone());
    if paths.is_empty() {
        return stream;
    }
    let path = |index: &Index| index.get(&paths).clone();
    let tree = |path: &Path| tree_at(&stream, path).expect("a path leads somewhere");
    match mutation {
        Mutation::Delete(place) => with(stream, &path(place), &[]),
        Mutation::Duplicate(place) => {
            let place = path(place);
            let twice = [tree(&place), tree(&place)];
            with(stream, &place, &twice)
        }
        Mutation::Swap(one, other) => {
            let (one, other) = (path(one), path(other));
            // A tree cannot change places with a part of itself.
            if one.starts_with(&other) || other.starts_with(&one) {
                return stream;
            }
            let (first, second) = (tree(&one), tree(&other));
            with(with(stream, &one, &[second]), &other, &[first])
        }
        Mutation::Replace(place, source) => {
            let source = [tree(&path(source))];
            with(stream, &path(place), &source)
        }
        Mutation::Insert(place, word) => {
            let place = path(place);
            let mut new: Vec<TokenTree> = tokens(word).into_iter().collect();
            new.push(tree(&place));
            with(stream, &place, &new)
        }
    }
}

/// Every token and delimiter, by where it begins and ends.
fn places(stream: TokenStream) -> Vec<(LineColumn, LineColumn)> {
    let place = |span: Span| (span.start(), span.end());
    stream
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => {
                let mut all = vec![place(group.span_open()), place(group.span_close())];
                all.extend(places(group.stream()));
                all
            }
            other => vec![place(other.span())],
        })
        .collect()
}

/// Expands a definition. The generated code parses; every error is at a token of the definition.
fn holds(source: &str) -> Result<(), TestCaseError> {
    let stream = tokens(source);
    let places = places(stream.clone());
    let expansion = expand(stream);
    let shown = expansion.code.to_string();
    let parsed = syn::parse2::<syn::File>(expansion.code.clone());
    prop_assert!(parsed.is_ok(), "{source}\n{}\n{shown}", parsed.err().unwrap());
    for (span, message) in expansion.diagnostics.into_errors() {
        let place = (span.start(), span.end());
        prop_assert!(places.contains(&place), "{source}\n{message}\nis at {place:?}");
        prop_assert!(!message.to_string().is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_tokens_become_code_or_errors_at_them(source in soup()) {
        holds(&source)?;
    }

    #[test]
    fn any_tokens_within_an_item_become_code_or_errors_at_them(
        head in prop::sample::select(vec!["settings", "operation o", "subscription_plan p", "credit_pack c", "operation o { costs 1.credit } operation x"]),
        source in soup(),
    ) {
        holds(&format!("{head} {{ {source} }}"))?;
    }

    #[test]
    fn a_mutated_definition_is_valid_or_refused_at_a_token(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let source = mutations.iter().fold(tokens(DEFINITION), mutated).to_string();
        // A quote that moved may begin another literal, which the lexer refuses.
        if source.parse::<TokenStream>().is_ok() {
            holds(&source)?;
        }
    }
}

#[test]
fn the_definition_that_is_mutated_is_valid() {
    assert_eq!(super::errors(DEFINITION), "");
}

//! What an editor sees while a definition is typed: everything that was named, whatever is broken.

use quote::ToTokens;

use super::cuts::{cuts, definitions};
use super::tokens;
use crate::expand::expand;

/// The names in the README's definitions, and what each is generated as.
const NAMES: &[(&str, &str, &[&str])] = &[
    ("subscription_plan pro", "Plan", &["Pro", "\"pro\""]),
    ("subscription_plan studio", "Plan", &["Studio", "\"studio\""]),
    ("credit_pack refill", "Pack", &["Refill", "\"refill\""]),
    ("operation generate_image", "Operation", &["GenerateImage", "generate_image", "\"generate_image\""]),
    ("operation process_document", "Operation", &["ProcessDocument", "process_document"]),
    ("operation transcribe", "Operation", &["Transcribe", "transcribe"]),
];

#[test]
fn what_was_named_is_there_at_every_moment() {
    let readme = include_str!("../../../README.md");
    let moments: Vec<String> = definitions(readme).iter().flat_map(|definition| cuts(definition)).collect();
    assert!(moments.len() > 200, "{} moments", moments.len());
    let mut seen = 0;
    for source in &moments {
        let items = editor_items(source);
        for (declared, ty, generated) in NAMES {
            if source.contains(declared) {
                let shown = shown(&items, ty);
                for name in *generated {
                    assert!(shown.iter().any(|shown| shown == name), "{name} is not there:\n{source}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen} names");
}

/// Every token of the items of a type.
fn shown(items: &[syn::Item], ty: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for item in items {
        let is_of_type = match item {
            syn::Item::Enum(item) => item.ident == ty,
            syn::Item::Impl(item) => item.self_ty.to_token_stream().to_string() == ty,
            _ => false,
        };
        if is_of_type {
            flatten(item.to_token_stream(), &mut tokens);
        }
    }
    tokens
}

/// What a definition becomes, with what `known!` shows to editors.
fn editor_items(source: &str) -> Vec<syn::Item> {
    let code = syn::parse2::<syn::File>(expand(tokens(source)).code).expect("the generated code parses");
    let items = code.items.into_iter().flat_map(|item| match &item {
        syn::Item::Macro(call) if call.mac.path.segments.last().is_some_and(|name| name.ident == "known") => {
            let known = call.mac.tokens.clone().into_iter().next();
            let Some(proc_macro2::TokenTree::Group(known)) = known else { panic!("nothing is known") };
            syn::parse2::<syn::File>(known.stream()).expect("the names for editors parse").items
        }
        _ => vec![item],
    });
    items.collect()
}

fn flatten(stream: proc_macro2::TokenStream, tokens: &mut Vec<String>) {
    for token in stream {
        match token {
            proc_macro2::TokenTree::Group(group) => flatten(group.stream(), tokens),
            other => tokens.push(other.to_string()),
        }
    }
}

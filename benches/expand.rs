//! Expansion time of the macro, by the size of the pricing.
//!
//! A proc-macro crate exports only its macro, so its modules are compiled into this benchmark.
#![allow(
    dead_code,
    unused_imports,
    reason = "the macro's entry point and unit tests are no part of the benchmark"
)]
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(missing_docs, reason = "criterion's macros generate items")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use proc_macro2::TokenStream;

#[path = "../credits-macros/src/ast/mod.rs"]
mod ast;
#[path = "../credits-macros/src/check/mod.rs"]
mod check;
#[path = "../credits-macros/src/diag.rs"]
mod diag;
#[path = "../credits-macros/src/exact.rs"]
mod exact;
#[path = "../credits-macros/src/expand.rs"]
mod expand;
#[path = "../credits-macros/src/foreign.rs"]
mod foreign;
#[path = "../credits-macros/src/generate/mod.rs"]
mod generate;
#[path = "../credits-macros/src/inflect.rs"]
mod inflect;
#[path = "../credits-macros/src/lower/mod.rs"]
mod lower;
#[path = "../credits-macros/src/messages/mod.rs"]
mod messages;
#[path = "../credits-macros/src/model/mod.rs"]
mod model;
#[path = "../credits-macros/src/parse/mod.rs"]
mod parse;
mod pricing;
#[path = "../credits-macros/src/suggest.rs"]
mod suggest;
#[path = "../credits-macros/src/vocab.rs"]
mod vocab;

fn expand_pricings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("expand");
    for operations in [5, 50, 500] {
        let tokens: TokenStream = pricing::of(operations).parse().expect("a pricing of tokens");
        let errors = expand::expand(tokens.clone()).diagnostics.into_errors();
        assert!(
            errors.is_empty(),
            "the pricing is refused: {:?}",
            errors.first().map(|(_, message)| message)
        );
        group.bench_with_input(BenchmarkId::new("operations", operations), &tokens, |bencher, tokens| {
            bencher.iter(|| black_box(expand::expand(tokens.clone()).into_tokens()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = expand_pricings
}
criterion_main!(benches);

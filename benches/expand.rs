//! How long the macro takes to expand a pricing, by its size.
//!
//! A macro crate exports its macro alone, so its modules are compiled into this benchmark.
#![allow(
    dead_code,
    unused_imports,
    reason = "the macro's entry point and unit tests are no part of the benchmark"
)]
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(missing_docs, reason = "criterion's macros generate items")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use proc_macro2::TokenStream;

#[path = "../credits-macros/src/ast/mod.rs"]
mod ast;
#[path = "../credits-macros/src/check/mod.rs"]
mod check;
#[path = "../credits-macros/src/diag.rs"]
mod diag;
#[path = "../credits-macros/src/expand.rs"]
mod expand;
#[path = "../credits-macros/src/generate/mod.rs"]
mod generate;
#[path = "../credits-macros/src/lower/mod.rs"]
mod lower;
#[path = "../credits-macros/src/messages/mod.rs"]
mod messages;
#[path = "../credits-macros/src/model/mod.rs"]
mod model;
#[path = "../credits-macros/src/parse/mod.rs"]
mod parse;
#[path = "../credits-macros/src/suggest.rs"]
mod suggest;
#[path = "../credits-macros/src/vocab.rs"]
mod vocab;

/// A pricing with this many operations, and a tenth as many plans and packs.
fn pricing(operations: usize) -> String {
    let mut source = "settings { currency eur rounding round }\n".to_owned();
    for number in 0..operations {
        writeln!(
            source,
            "/// Does work number {number}.\noperation work_{number} {{\n    costs {number}.credits + 1.credit_per(page) + 2.credits_per(1_000.tokens)\n    limit pages <= 500\n}}",
            number = number + 1,
        )
        .expect("writing to a string");
    }
    for number in 0..operations / 10 {
        writeln!(
            source,
            "subscription_plan plan_{number} {{\n    stripe_price month: \"price_m{number}\", year: \"price_y{number}\"\n    gives 1_000.credits.every(month)\n    unused_credits rollover\n}}\ncredit_pack pack_{number} {{\n    gives 100.credits\n    bonus 10.credits\n    costs 9.99.euros\n}}"
        )
        .expect("writing to a string");
    }
    source
}

fn expand_pricings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("expand");
    for operations in [5, 50, 500] {
        let tokens: TokenStream = pricing(operations).parse().expect("a pricing of tokens");
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

//! Cost of the parts of a spend (decide, apply, encode, pack and unpack the wallet) by the number of grants,
//! and of computing the due facts of a daily plan by the number of paid years.
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(missing_docs, reason = "criterion's macros generate items")]

use std::hint::black_box;

use credits_runtime::testing::parts::{DailyPlan, Spending};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn spend(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("spend");
    for grants in [1, 3, 64, 1_000] {
        let spending = Spending::from_grants(grants);
        let mut bytes = Vec::new();
        let of = |step| BenchmarkId::new(step, grants);
        group.bench_function(of("decide"), |bencher| bencher.iter(|| black_box(spending.decide())));
        group.bench_function(of("apply"), |bencher| bencher.iter(|| black_box(spending.apply())));
        group.bench_function(of("encode"), |bencher| {
            bencher.iter(|| black_box(spending.encode(&mut bytes)));
        });
        group.bench_function(of("pack"), |bencher| bencher.iter(|| black_box(spending.pack(&mut bytes))));
        group.bench_function(of("unpack"), |bencher| bencher.iter(|| black_box(spending.unpack())));
    }
    group.finish();
}

fn due(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("due");
    for years in [1, 2, 5, 10] {
        let plan = DailyPlan::of_years(years);
        group.throughput(Throughput::Elements(u64::from(years)));
        group.bench_function(BenchmarkId::new("daily", years), |bencher| {
            bencher.iter(|| black_box(plan.due()));
        });
    }
    group.finish();
}

criterion_group!(benches, spend, due);
criterion_main!(benches);

//! Build time of a pricing: `cargo check` of an application with it, against one with a single operation.
//!
//! `cargo bench -p credits-benches --bench build_time` prints a table. Each figure is the median of five
//! checks.
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod pricing;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Checks of each application.
const ROUNDS: usize = 5;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("application");
    fs::create_dir_all(folder.join("src")).expect("a folder for the application");
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../credits-runtime");
    let manifest = format!(
        "[package]\nname = \"application\"\nedition = \"2024\"\n\n[dependencies]\n\
         credits-runtime = {{ path = \"{}\" }}\n\n[workspace]\n",
        runtime.display()
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    let one = check(&folder, 1);
    println!("| operations | plans | packs | check | more than with one operation |");
    println!("| --- | --- | --- | --- | --- |");
    for operations in [1, 5, 50, 500] {
        let took = check(&folder, operations);
        println!(
            "| {operations} | {0} | {0} | {1} ms | {2} ms |",
            operations / 10,
            took.as_millis(),
            took.saturating_sub(one).as_millis()
        );
    }
}

/// Median time of a check of an application with this many operations. Its dependencies are built already.
fn check(folder: &Path, operations: usize) -> Duration {
    let source = format!(
        "credits_runtime::usage_credits! {{\n{}}}\n\nfn main() {{\n    drop(Pricing::price_list());\n}}\n",
        pricing::of(operations)
    );
    let mut took: Vec<Duration> = (0..=ROUNDS)
        .map(|_| {
            fs::write(folder.join("src/main.rs"), &source).expect("a source");
            let start = Instant::now();
            let mut cargo = Command::new(env!("CARGO"));
            let status = cargo.args(["check", "--quiet"]).current_dir(folder).status().expect("cargo runs");
            assert!(status.success(), "the application does not compile");
            start.elapsed()
        })
        .skip(1)
        .collect();
    took.sort_unstable();
    took.get(ROUNDS / 2).copied().unwrap_or_default()
}

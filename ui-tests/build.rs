//! Makes a module of every example of the language's reference, to be compiled by the tests.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let reference = Path::new("../docs/DSL.md");
    println!("cargo::rerun-if-changed={}", reference.display());
    let mut modules = String::new();
    for (line, example) in examples(&fs::read_to_string(reference)?) {
        writeln!(modules, "mod line_{line} {{\n    credits_runtime::usage_credits! {{\n{example}    }}\n}}")
            .map_err(io::Error::other)?;
    }
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&folder).join("reference.rs"), modules)
}

/// The fenced examples that are marked `rust` and nothing else, with the line each begins on.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, content) in text.lines().enumerate() {
        match &mut open {
            Some(_) if content == "```" => examples.extend(open.take()),
            Some((_, example)) => *example = format!("{example}{content}\n"),
            None if content == "```rust" => open = Some((line + 2, String::new())),
            None => {}
        }
    }
    examples
}

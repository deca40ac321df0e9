//! Messages: each refusal with its place and its remedy.
//!
//! A table in `messages/` has a frame, and slips of the pen in brackets, each put in place of the `___` of the
//! frame. Under a slip stand its errors. `UPDATE_EXPECT=1` writes them anew.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;

fn check(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/messages").join(table);
    let text = std::fs::read_to_string(&path).unwrap();
    let frame = text.lines().find_map(|line| line.strip_prefix("frame: ")).unwrap();
    let slips = text.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let mut found = format!("frame: {frame}\n");
    for slip in slips {
        let errors = super::errors(&frame.replace("___", &slip.replace("\\n", "\n")));
        let errors = if errors.is_empty() { "fine\n" } else { &errors };
        write!(found, "\n[{slip}]\n{errors}").unwrap();
    }
    expect_file![path].assert_eq(&found);
}

#[test]
fn numbers() {
    check("numbers.txt");
}

#[test]
fn costs() {
    check("costs.txt");
}

#[test]
fn limits() {
    check("limits.txt");
}

#[test]
fn items() {
    check("items.txt");
}

#[test]
fn settings() {
    check("settings.txt");
}

#[test]
fn plans() {
    check("plans.txt");
}

#[test]
fn unlimited_operations() {
    check("unlimited.txt");
}

#[test]
fn prices() {
    check("prices.txt");
}

#[test]
fn packs() {
    check("packs.txt");
}

#[test]
fn clauses() {
    check("clauses.txt");
}

#[test]
fn params() {
    check("params.txt");
}

#[test]
fn rust() {
    check("rust.txt");
}

#[test]
fn environments() {
    check("environments.txt");
}

#[test]
fn assets() {
    check("assets.txt");
}

#[test]
fn cycles() {
    check("cycles.txt");
}

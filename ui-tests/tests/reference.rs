//! The reference of the language: its examples compile, and its list of rules is what the fixtures show.
#![allow(dead_code, reason = "the examples are compiled, not used")]
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

include!(concat!(env!("OUT_DIR"), "/reference.rs"));

/// What the list of rules follows in the reference.
const MARK: &str = "<!-- rules -->\n";

/// After a change: `UPDATE_REFERENCE=1 cargo test -p credits-ui-tests --test reference`, and read it.
#[test]
fn the_reference_lists_every_rule_with_its_message() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../docs/DSL.md");
    let reference = fs::read_to_string(&path).unwrap();
    let (text, listed) = reference.split_once(MARK).unwrap();
    let rules = rules(&root.join("fail"));
    if env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, [text, MARK, &rules].concat()).unwrap();
    } else {
        assert!(
            listed == rules,
            "the list of rules in docs/DSL.md is not what ui-tests/fail shows: update it"
        );
    }
}

/// For each kind of mistake, its rules: the reason that the fixture begins with, and the first message.
fn rules(fixtures: &Path) -> String {
    let mut list = String::new();
    for kind in sorted(fixtures) {
        let title = kind.file_name().unwrap().to_string_lossy().replace('_', " ");
        // Call sites are refused by the type system; their messages are rustc's.
        if title == "call sites" {
            continue;
        }
        write!(list, "\n### Mistakes in {title}\n\n").unwrap();
        for fixture in sorted(&kind).into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs"))
        {
            let source = fs::read_to_string(&fixture).unwrap();
            let reason = source.lines().next().unwrap().trim_start_matches("// ").trim_end_matches('.');
            let shown = fs::read_to_string(fixture.with_extension("stderr")).unwrap();
            let message = shown.lines().next().unwrap().trim_start_matches("error: ");
            writeln!(list, "- {reason}: *{message}*").unwrap();
        }
    }
    list
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

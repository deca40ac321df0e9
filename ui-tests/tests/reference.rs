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

/// What the list of statements follows on the macro's page, and what follows it.
const STATEMENTS: (&str, &str) = ("<!-- statements -->\n", "<!-- end of statements -->\n");

/// After a change: `UPDATE_REFERENCE=1 cargo test -p credits-ui-tests --test reference`, and read it.
#[test]
fn the_macros_page_lists_every_statement_of_the_vocabulary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../credits-macros/docs/usage_credits.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(STATEMENTS.0).unwrap();
    let (listed, after) = rest.split_once(STATEMENTS.1).unwrap();
    let statements = statements(root);
    if env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, [before, STATEMENTS.0, &statements, STATEMENTS.1, after].concat()).unwrap();
    } else {
        assert!(
            listed == statements,
            "the statements in credits-macros/docs/usage_credits.md are not those of vocab.rs with the text of \
             keywords.rs: update them"
        );
    }
}

/// A table for each item, with the words of the vocabulary in their order and what editors show of them.
fn statements(root: &Path) -> String {
    let vocabulary = fs::read_to_string(root.join("../credits-macros/src/vocab.rs")).unwrap();
    let keywords = fs::read_to_string(root.join("../credits-runtime/src/keywords.rs")).unwrap();
    let mut tables = String::new();
    for (set, module, title) in [
        ("ItemWord", "items", "Items"),
        ("SettingWord", "settings", "Statements of `settings`"),
        ("PlanWord", "subscription_plan", "Statements of `subscription_plan`"),
        ("PackWord", "credit_pack", "Statements of `credit_pack`"),
        ("OperationWord", "operation", "Statements of `operation`"),
    ] {
        write!(tables, "\n# {title}\n\n| word | meaning |\n|---|---|\n").unwrap();
        let (words, documented) = (block(&vocabulary, set), block(&keywords, module));
        for word in words.split('"').skip(1).step_by(2) {
            let meaning = meaning(documented, word);
            assert!(!meaning.is_empty(), "`{word}` has no text in keywords.rs");
            writeln!(tables, "| `{word}` | {meaning} |").unwrap();
        }
    }
    tables + "\n"
}

/// The inside of `name { .. }`.
fn block<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, block) = text.split_once(&format!("    {name} {{\n")).unwrap();
    block.split_once("\n    }").unwrap().0
}

/// The lines of documentation above a keyword.
fn meaning(documented: &str, keyword: &str) -> String {
    // `crate` cannot be the name of a constant.
    if keyword == "crate" {
        return "The path of the runtime: `crate my::path`; `::credits_runtime` without it.".to_owned();
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in documented.lines().map(str::trim) {
        match line.strip_prefix("/// ") {
            Some(text) => lines.push(text),
            None if line == keyword => return lines.join(" "),
            None => lines.clear(),
        }
    }
    String::new()
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

//! The mechanical rules of the house, over every source file.

mod examples;
mod language;
mod names;
mod publishing;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path from the workspace's root, and its text.
struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file of the workspace but the fixtures of compiler errors, which break rules on purpose.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            let is_ours = !path.ends_with("target") && !name.starts_with('.') && !name.starts_with("wip");
            if path.is_dir() && is_ours && !["ui-tests/fail", "ui-tests/recovery"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source { text: fs::read_to_string(&path).unwrap(), path: name });
            }
        }
    }
    assert!(sources.len() > 80, "only {} sources were found", sources.len());
    sources
}

/// Applies a rule to every source and fails with everything it says.
fn check(rule: impl Fn(&Source) -> Vec<String>) {
    let broken: Vec<String> = sources()
        .iter()
        .flat_map(|source| rule(source).into_iter().map(|what| format!("{}: {what}", source.path)))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Asserts that a rule finds something in a sample that breaks it: a rule that cannot fail is none.
fn check_finds(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) {
    let found = rule(&Source { path: path.to_owned(), text: text.to_owned() });
    assert!(!found.is_empty(), "nothing is found in {path}: {text}");
}

/// The text of a file before its tests.
fn before_tests(source: &Source) -> &str {
    source.text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Comments are prose and may name what code may not.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn opens_with_its_purpose(source: &Source) -> Vec<String> {
    let opens = source.text.starts_with("//!") || source.path.starts_with("ui-tests/pass/");
    if opens { Vec::new() } else { vec!["does not open with `//!`: say what it owns".to_owned()] }
}

fn is_ascii(source: &Source) -> Vec<String> {
    let lines = source.text.lines().enumerate().filter(|(_, line)| !line.is_ascii());
    lines.map(|(number, _)| format!("line {} is not ASCII: escape it", number + 1)).collect()
}

fn has_a_name_that_says_something(source: &Source) -> Vec<String> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let empty = ["util.rs", "utils.rs", "helpers.rs", "common.rs", "misc.rs"].contains(&name);
    if empty { vec!["its name says nothing: name it after what it owns".to_owned()] } else { Vec::new() }
}

fn holds_nothing_unfinished(source: &Source) -> Vec<String> {
    let marks = [
        concat!("to", "do!("),
        concat!("unimplement", "ed!("),
        concat!("#[", "ignore"),
        concat!("should_", "panic"),
    ];
    // A measurement may rest, a test or the ledger waits for something.
    let sleeps = (!source.path.starts_with("benches/")).then_some(concat!("thread::", "sleep"));
    let marks = marks.into_iter().chain(sleeps);
    let found = marks.filter(|mark| code_lines(&source.text).any(|line| line.contains(mark)));
    found.map(|mark| format!("holds `{mark}`")).collect()
}

/// An `allow` without a reason; what the macro generates carries its reasons in the generator.
fn gives_reasons(source: &Source) -> Vec<String> {
    if source.path.starts_with("credits-macros/src/") || source.path.starts_with("ui-tests/pass/") {
        return Vec::new();
    }
    let bare = |line: &&str| {
        let attribute =
            ["#[allow(", "#![allow(", "#[expect(", "#![expect("].iter().any(|start| line.contains(start));
        attribute && !line.contains("reason") && line.trim_end().ends_with(']')
    };
    let lines = code_lines(&source.text).filter(bare);
    lines
        .filter(|line| !line.contains('"'))
        .map(|line| format!("`{}` gives no reason", line.trim()))
        .collect()
}

fn keeps_logic_out_of_roots(source: &Source) -> Vec<String> {
    let is_root = source.path.ends_with("src/lib.rs") || source.path.ends_with("/mod.rs");
    let is_library = source.path.contains("/src/") && !source.path.contains("/tests/");
    if !is_root || !is_library {
        return Vec::new();
    }
    // The entry point of a macro has to stand in the root of its crate, and phases begin in theirs.
    let mut functions = code_lines(before_tests(source)).filter(|line| line.trim_start().starts_with("fn "));
    match functions.next() {
        Some(line) if !source.path.starts_with("credits-macros/") => {
            vec![format!("`{}`: move it to a file of its own", line.trim())]
        }
        _ => Vec::new(),
    }
}

/// Words that files under a path may not hold.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "credits-runtime/src/domain/",
        &["tracing::", "std::thread", "std::fs", "std::io", "Mutex", "getrandom", "f32", "f64"],
    ),
    ("credits-core/src/", &["std::", "f32", "f64"]),
    ("credits-macros/src/check/", &["quote!"]),
    ("credits-macros/src/lower/", &["quote!"]),
];

/// Words that one file or folder alone may hold.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("redb", "credits-runtime/src/engine/store/"),
    ("SystemTime::now", "credits-runtime/src/engine/clock.rs"),
];

fn holds_no_foreign_word(source: &Source) -> Vec<String> {
    let code: Vec<&str> = code_lines(before_tests(source)).collect();
    let holds = |word: &str| code.iter().any(|line| line.contains(word));
    let rules = FORBIDDEN.iter().filter(|(path, _)| source.path.starts_with(path));
    let is_tests = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
    let forbidden = rules.flat_map(|(_, words)| words.iter()).filter(|word| !is_tests && holds(word));
    let exclusive = EXCLUSIVE.iter().filter(|(word, path)| {
        let is_theirs = source.path.starts_with(path);
        source.path.starts_with("credits-runtime/src/") && !is_tests && !is_theirs && holds(word)
    });
    let words = forbidden.copied().chain(exclusive.map(|(word, _)| *word));
    words.map(|word| format!("holds `{word}`, which is not for this room")).collect()
}

#[test]
fn words_stay_in_their_rooms() {
    check(holds_no_foreign_word);
    check_finds(holds_no_foreign_word, "credits-runtime/src/service/a.rs", "use redb::Database;\n");
    check_finds(holds_no_foreign_word, "credits-macros/src/check/a.rs", "    quote! {}\n");
    let sources = sources();
    let is_there = |path: &str| sources.iter().any(|source| source.path.starts_with(path));
    let paths = FORBIDDEN.iter().map(|(path, _)| path).chain(EXCLUSIVE.iter().map(|(_, path)| path));
    let stale: Vec<_> = paths.filter(|path| !is_there(path)).collect();
    assert!(stale.is_empty(), "no file is in {stale:?}");
}

#[test]
fn a_room_uses_rooms_below_it() {
    let sources = sources();
    let broken = rooms::broken(&sources);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    let above = |path: &str, text: &str| {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        rooms::upward(&source)
    };
    assert_eq!(above("credits-runtime/src/domain/a.rs", "use crate::engine::clock;\n").len(), 1);
    assert_eq!(
        above("credits-runtime/src/engine/keys/a.rs", "use super::super::batch::batch::Batch;\n").len(),
        1
    );
    assert_eq!(above("credits-runtime/src/engine/wallets/a.rs", "fn a() { crate::service::b() }\n").len(), 1);
    assert_eq!(
        above("credits-runtime/src/engine/store/a.rs", "use crate::{error, engine::{rows, writer}};\n").len(),
        1
    );
    assert_eq!(above("credits-runtime/src/service/a.rs", "use crate::engine::core::Core;\n"), [""; 0]);
    assert_eq!(above("credits-web/src/parts/a.rs", "use crate::ledger::Ledger;\n").len(), 1);
}

#[test]
fn a_type_name_has_one_meaning() {
    let twice = names::twice(&sources());
    assert!(twice.is_empty(), "\n{}", twice.join("\n"));
    let source = |path: &str| Source { path: path.to_owned(), text: "pub struct A;\n".to_owned() };
    let both = ["credits-runtime/src/engine/a.rs", "credits-runtime/src/domain/b.rs"].map(source);
    assert_eq!(names::twice(&both).len(), 1);
}

#[test]
fn comments_and_documents_name_their_things() {
    let broken = language::broken(&sources(), &root());
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    assert_eq!(language::riddles("The frame is what it was, as long as nobody was told."), 3);
}

#[test]
fn every_file_opens_with_its_purpose() {
    check(opens_with_its_purpose);
    check_finds(opens_with_its_purpose, "a/src/b.rs", "use std::fmt;\n");
}

#[test]
fn sources_are_ascii() {
    check(is_ascii);
    check_finds(is_ascii, "a.rs", "//! \u{2014}\n");
}

#[test]
fn files_are_named_after_what_they_own() {
    check(has_a_name_that_says_something);
    check_finds(has_a_name_that_says_something, "a/src/utils.rs", "//! Things.\n");
}

#[test]
fn nothing_is_left_unfinished_and_nothing_sleeps() {
    check(holds_nothing_unfinished);
    check_finds(holds_nothing_unfinished, "a.rs", concat!("fn a() { to", "do!() }"));
    check_finds(holds_nothing_unfinished, "a.rs", concat!("    #[", "ignore]"));
    check_finds(holds_nothing_unfinished, "tests/a.rs", concat!("fn a() { thread::", "sleep(B) }"));
}

#[test]
fn whatever_is_allowed_gives_its_reason() {
    check(gives_reasons);
    check_finds(gives_reasons, "a.rs", "#[allow(dead_code)]\n");
}

#[test]
fn roots_hold_no_logic() {
    check(keeps_logic_out_of_roots);
    check_finds(keeps_logic_out_of_roots, "credits-runtime/src/service/mod.rs", "//! A.\nfn a() {}\n");
}

#[test]
fn methods_of_the_api_have_examples() {
    check(examples::missing);
    let path = "credits-runtime/src/service/give.rs";
    check_finds(examples::missing, path, "impl Give {\n    /// Gives.\n    pub fn now(self) {}\n}\n");
    check_finds(
        examples::missing,
        path,
        "impl<C: Pricing> Spend<C> {\n    /// ```\n    /// ```\n    pub fn a() {}\n    pub async fn b() {}\n}\n",
    );
    let sources = sources();
    let shown =
        sources.iter().filter(|source| source.path == path).map(|source| source.text.replace("```", ""));
    let stripped: Vec<_> = shown.map(|text| Source { path: path.to_owned(), text }).collect();
    assert!(stripped.iter().flat_map(examples::missing).count() > 8, "the methods of gifts are not found");
}

#[test]
fn crates_can_be_published() {
    let broken = publishing::broken(&root());
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    let named = "[package]\nname = \"credits-cli\"\nkeywords = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]\n";
    let found = publishing::of_manifest(named);
    assert!(found.iter().any(|what| what.contains("up to 5 keywords")), "{found:?}");
    assert!(found.iter().any(|what| what.contains("`readme`")), "{found:?}");
    assert!(!publishing::is_pinned("credits-core = { path = \"a\", version = \"0.1.0\" }\n", "credits-core"));
    assert!(publishing::is_compiled("```rust\nlet a = 1;\n```", "//! let a = 1;\n", "a"));
    assert!(!publishing::is_compiled("```rust\nlet a = 2;\n```", "//! let a = 1;\n", "a"));
    // A crate that is published and not listed would be published without these checks.
    for entry in fs::read_dir(root()).unwrap() {
        let manifest = entry.unwrap().path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap_or_default();
        let name =
            text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or_default().trim_matches('"');
        let is_listed =
            publishing::CRATES.contains(&name) || text.contains("publish = false") || text.is_empty();
        assert!(is_listed, "{name} is published and not listed in tests/tidy/publishing.rs");
    }
}

/// Where the repository's files are read on the web. Guides name them so, because docs.rs shows the guides too.
const REPOSITORY: &str = "https://github.com/usage-credits/usage-credits/blob/main/";

#[test]
fn documents_name_files_that_exist() {
    for document in language::DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let folder = root().join(document).parent().unwrap().to_owned();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty()) {
            let path = match link.strip_prefix(REPOSITORY) {
                Some(path) => root().join(path),
                None if link.starts_with("http") => continue,
                None => folder.join(link),
            };
            assert!(path.exists(), "{document} links to `{link}`, which is not there");
        }
        let is_source = |word: &&str| {
            let is_path = word.contains('/') && !word.contains([' ', '<', '*', '{']);
            is_path && Path::new(word).extension().is_some_and(|it| it == "rs")
        };
        for path in text.split('`').skip(1).step_by(2).filter(is_source) {
            let places = ["", "credits-runtime/src/"];
            let is_there = places.iter().any(|place| root().join(place).join(path).exists());
            assert!(is_there, "{document} names `{path}`");
        }
    }
}

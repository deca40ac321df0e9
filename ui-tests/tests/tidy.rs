//! Every message is shown by some fixture, and every fixture breaks one rule.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Parts of a text shorter than this could be found by chance.
const FRAGMENT_LETTERS_MIN: usize = 10;

#[test]
fn every_message_appears_in_some_fixture() {
    let shown: String = files(".", "stderr").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let messages = files("../credits-macros/src/messages", "rs");
    let source: String = messages.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let (_, functions) = source.split_once("pub(crate) fn ").unwrap();
    let unseen: Vec<&str> = functions
        .split("pub(crate) fn ")
        .filter(|function| !longest_fragment(function).is_some_and(|text| shown.contains(&text)))
        .filter_map(|function| function.split('(').next())
        .collect();
    assert_eq!(unseen, [""; 0], "messages without a fixture");
}

#[test]
fn every_fixture_gives_its_reason_and_its_error() {
    for file in files("fail", "rs").into_iter().chain(files("recovery", "rs")) {
        let source = fs::read_to_string(&file).unwrap();
        assert!(source.starts_with("// "), "{} does not begin with its reason", file.display());
        assert!(file.with_extension("stderr").exists(), "{} has no .stderr", file.display());
    }
}

/// Phrases that point at a thing without its name. A noun of the field says more.
const RIDDLES: &[&str] = &[
    "asked",
    "everybody",
    "nobody",
    "of its own",
    "said",
    "so many",
    "somebody",
    "told",
    "what became",
    "what is",
    "what was",
    "whoever",
];

/// Riddles in 1,000 words.
const RIDDLES_MAX: usize = 2;

#[test]
fn comments_name_their_things() {
    let sources = ["../credits-macros/src", "fail", "pass", "recovery"].map(|folder| files(folder, "rs"));
    let comments = sources.concat().iter().map(|file| comments(&fs::read_to_string(file).unwrap())).collect();
    let reference = fs::read_to_string(root().join("../docs/DSL.md")).unwrap();
    assert_eq!(riddles("The total of the cost is rounded once."), (0, 8));
    assert_eq!(riddles("What is charged is rounded once."), (1, 6));
    for text in [comments, reference] {
        let (found, words) = riddles(&text);
        assert!(found * 1_000 <= words * RIDDLES_MAX, "{found} riddles in {words} words");
    }
}

/// The comments of a source.
fn comments(source: &str) -> String {
    let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
    lines.map(|line| line.trim_start_matches(['/', '!', ' '])).collect::<Vec<_>>().join("\n") + "\n"
}

/// The number of these phrases, and of all words.
fn riddles(text: &str) -> (usize, usize) {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words: Vec<String> = text
        .split(|letter| !is_letter(letter))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let text = format!(" {} ", words.join(" "));
    let found = RIDDLES.iter().map(|phrase| text.matches(&format!(" {phrase} ")).count()).sum();
    (found, words.len())
}

#[test]
fn one_mistake_in_a_pricing_is_one_error() {
    let shown =
        files("recovery", "stderr").into_iter().filter(|file| !file.ends_with("other_mistakes.stderr"));
    for file in shown {
        let shown = fs::read_to_string(&file).unwrap();
        let errors = shown.lines().filter(|line| line.starts_with("error"));
        let causes = errors.filter(|line| !line.contains("was first declared here")).count();
        assert_eq!(causes, 1, "{}", file.display());
    }
}

#[test]
fn the_readme_shows_an_error_as_the_compiler_does() {
    let readme = fs::read_to_string(root().join("../README.md")).unwrap();
    let shown = fs::read_to_string(root().join("fail/words/unknown_period.stderr")).unwrap();
    assert!(readme.contains(&shown), "README.md does not show:\n{shown}");
}

#[test]
fn every_keyword_is_documented_for_editors() {
    let vocabulary = fs::read_to_string(root().join("../credits-macros/src/vocab.rs")).unwrap();
    let documented = fs::read_to_string(root().join("../credits-runtime/src/keywords.rs")).unwrap();
    let block = |text: &str, name: &str| {
        let (_, block) = text.split_once(&format!("    {name} {{\n")).unwrap();
        block.split_once("\n    }").unwrap().0.to_owned()
    };
    for (set, module) in [
        ("ItemWord", "items"),
        ("SettingWord", "settings"),
        ("PlanWord", "subscription_plan"),
        ("PackWord", "credit_pack"),
        ("OperationWord", "operation"),
    ] {
        let (words, shown) = (block(&vocabulary, set), block(&documented, module));
        // `crate` cannot be a name.
        for word in words.split('"').skip(1).step_by(2).filter(|word| *word != "crate") {
            assert!(
                shown.lines().any(|line| line.trim() == word),
                "`{word}` of `{module}` is not documented"
            );
        }
    }
}

/// The longest run of literal text in what a message function says is wrong.
fn longest_fragment(function: &str) -> Option<String> {
    let (_, problem) = function.rsplit_once("    message(").or_else(|| function.rsplit_once("problem: "))?;
    let escaped = problem.replace("\\\"", "\u{0}");
    let text = escaped.split('"').nth(1)?.replace('\u{0}', "\"");
    let fragments = text.split(['{', '}']).step_by(2).map(str::to_owned);
    fragments.filter(|fragment| fragment.len() >= FRAGMENT_LETTERS_MIN).max_by_key(String::len)
}

/// The files of a folder, and of those in it, with this extension.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

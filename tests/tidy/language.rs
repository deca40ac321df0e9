//! The language of comments and documents: phrases that point at a thing without its name are rare. A noun of the field says
//! more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{Source, code_lines};

/// Phrases to avoid, in lower case, with the verbs of comments that answer and tell.
const RIDDLES: &[&str] = &[
    "answers",
    "as long as",
    "asked",
    "everybody",
    "goes to",
    "in its place",
    "is no more",
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

/// Folders whose comments are counted together, and the documents.
const FOLDERS: &[&str] = &[
    "benches/",
    "credits-core/src/",
    "credits-macros/src/",
    "credits-runtime/src/domain/",
    "credits-runtime/src/engine/",
    "credits-runtime/src/service/",
    "credits-runtime/src/stripe/",
    "credits-runtime/src/testing/",
    "examples/",
    "tests/",
];
pub(super) const DOCUMENTS: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "README.md",
    "RELEASING.md",
    "SECURITY.md",
    "docs/COMPARE.md",
    "docs/DESIGN.md",
    "docs/DSL.md",
    "docs/FORMAT.md",
    "docs/GUARANTEES.md",
    "docs/MIGRATING.md",
    "docs/PERFORMANCE.md",
    "docs/concepts.md",
    "docs/operate.md",
    "docs/recipes/actix.md",
    "docs/recipes/ai-tokens.md",
    "docs/recipes/axum.md",
    "docs/recipes/free-plans.md",
    "docs/recipes/marketplaces.md",
    "docs/recipes/stripe.md",
    "docs/recipes/threads.md",
    "docs/recipes/web.md",
    "docs/start.md",
];

/// Says which folders and documents have too many riddles.
pub(super) fn broken(sources: &[Source], root: &Path) -> Vec<String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for source in sources {
        if let Some(folder) = FOLDERS.iter().find(|folder| source.path.starts_with(**folder)) {
            texts.entry((*folder).to_owned()).or_default().push_str(&comments(source));
        }
    }
    assert_eq!(texts.len(), FOLDERS.len(), "a folder has no source");
    for document in DOCUMENTS {
        texts.insert((*document).to_owned(), fs::read_to_string(root.join(document)).unwrap());
    }
    let of_text = |(name, text): (&String, &String)| {
        let (found, words) = (riddles(text), words(text).len());
        (found * 1_000 > words * RIDDLES_MAX).then(|| format!("{name}: {found} riddles in {words} words"))
    };
    texts.iter().filter_map(of_text).collect()
}

/// The comments of a source. Code is not language.
fn comments(source: &Source) -> String {
    let code: Vec<&str> = code_lines(&source.text).collect();
    let lines = source.text.lines().filter(|line| !code.contains(line));
    lines.map(|line| line.trim_start().trim_start_matches(['/', '!'])).collect::<Vec<_>>().join("\n") + "\n"
}

/// The number of riddles in a text.
pub(super) fn riddles(text: &str) -> usize {
    let text = format!(" {} ", words(text).join(" "));
    RIDDLES.iter().map(|phrase| text.matches(&format!(" {phrase} ")).count()).sum()
}

fn words(text: &str) -> Vec<String> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_letter(letter)).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

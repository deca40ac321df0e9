//! Type names: within the floors that use each other a name has one meaning.

use std::collections::BTreeMap;

use super::{Source, before_tests, code_lines};

/// Floors whose types are used together. The others have names apart: `service` has those of the public API, `stripe` and the
/// simulated account those of Stripe's objects, and each phase of the macro has its own form of an item.
const FLOORS: &[&[&str]] = &[
    &["credits-core/src/", "credits-runtime/src/domain/", "credits-runtime/src/engine/"],
    &["credits-runtime/src/service/"],
    &["credits-runtime/src/stripe/"],
    &["credits-runtime/src/testing/stripe/"],
];

/// Names of one idea with two forms: a unit in the catalogue, and the type of a unit of a quantity.
const SHARED: &[&str] = &["Unit"];

/// Says which types have a name that another type of the same floor has.
pub(super) fn twice(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for floor in FLOORS {
        let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for source in sources.iter().filter(|source| floor.iter().any(|path| source.path.starts_with(path))) {
            if source.path.ends_with("tests.rs") || source.path.contains("/tests/") {
                continue;
            }
            for name in code_lines(before_tests(source)).filter_map(declared) {
                files.entry(name).or_default().push(&source.path);
            }
        }
        let twice = files.into_iter().filter(|(name, files)| files.len() > 1 && !SHARED.contains(name));
        broken.extend(twice.map(|(name, files)| format!("`{name}` is declared in {}", files.join(" and "))));
    }
    broken
}

/// The type that a line declares. Items of functions and associated types are indented.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        let rest =
            rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        rest.trim_start()
    });
    let (keyword, rest) = line.split_once(' ')?;
    if !["struct", "enum", "trait", "type"].contains(&keyword) {
        return None;
    }
    rest.split(|letter: char| !letter.is_alphanumeric()).next()
}

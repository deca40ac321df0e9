//! Published crates: what a registry and docs.rs need is there, and crates that belong together have one version.
//!
//! It does not know whether the packages build: `.ci/publishable` does.

use std::fs;
use std::path::Path;

/// The published crates, in the order of their publication.
pub(super) const CRATES: &[&str] =
    &["credits-core", "credits-macros", "credits-runtime", "credits-web", "credits-cli"];

/// Crates of which generated code and the ledger need one and the same release.
const PINNED: &[&str] = &["credits-core", "credits-macros", "credits-runtime"];

/// Fields that a manifest has or inherits.
const FIELDS: &[&str] =
    &["description", "license", "repository", "rust-version", "readme", "keywords", "categories"];

/// The registry's limits.
const KEYWORDS_MAX: usize = 5;
const KEYWORD_BYTES_MAX: usize = 20;
/// Its categories, as far as they are used.
const CATEGORIES: &[&str] = &[
    "command-line-utilities",
    "database-implementations",
    "data-structures",
    "development-tools::procedural-macro-helpers",
    "finance",
    "no-std",
    "web-programming",
];

/// Says what keeps the crates from being published.
pub(super) fn broken(root: &Path) -> Vec<String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut broken: Vec<String> = CRATES
        .iter()
        .flat_map(|name| {
            let said = of_manifest(&read(&format!("{name}/Cargo.toml"))).into_iter();
            said.chain(of_files(name, &read)).map(move |what| format!("{name}: {what}"))
        })
        .collect();
    let workspace = read("Cargo.toml");
    let unpinned = PINNED.iter().filter(|name| !is_pinned(&workspace, name));
    broken.extend(unpinned.map(|name| format!("{name} has no exact version in [workspace.dependencies]")));
    broken
}

/// Says which fields a manifest lacks, and which values the registry refuses.
pub(super) fn of_manifest(manifest: &str) -> Vec<String> {
    let missing = FIELDS.iter().filter(|field| value(manifest, field).is_none());
    let mut broken: Vec<String> = missing.map(|field| format!("its manifest has no `{field}`")).collect();
    let keywords = words(manifest, "keywords");
    if keywords.len() > KEYWORDS_MAX || keywords.iter().any(|word| word.len() > KEYWORD_BYTES_MAX) {
        broken.push(format!("up to {KEYWORDS_MAX} keywords of {KEYWORD_BYTES_MAX} bytes: {keywords:?}"));
    }
    let unknown = words(manifest, "categories").into_iter().filter(|word| !CATEGORIES.contains(word));
    broken.extend(unknown.map(|category| format!("`{category}` is not a category of the registry")));
    if !manifest.contains("[package.metadata.docs.rs]\nall-features = true\n") {
        broken.push("docs.rs would not show all of its features".to_owned());
    }
    broken
}

/// Says which files of a crate are missing or differ. Licences are links to those of the repository; a checkout without
/// links (`git config core.symlinks`) fails here, before a package without licences is made of it.
fn of_files(name: &str, read: &impl Fn(&str) -> String) -> Vec<String> {
    let mut broken = Vec::new();
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        if read(&format!("{name}/{licence}")) != read(licence) {
            broken.push(format!("its {licence} is not that of the repository"));
        }
    }
    let readme = read(&format!("{name}/README.md"));
    let compiled =
        ["src/lib.rs", "../ui-tests/src/lib.rs"].map(|file| read(&format!("{name}/{file}"))).concat();
    if !is_compiled(&readme, &compiled, name) {
        broken.push("its README.md has no example that is compiled".to_owned());
    }
    // A registry shows the page outside of the repository.
    let links = readme.split("](").skip(1);
    let relative =
        links.filter(|link| !link.starts_with("https://")).filter_map(|link| link.split(')').next());
    broken.extend(relative.map(|link| format!("its README.md links to `{link}`: write the whole address")));
    broken
}

/// Whether the example of a page is compiled: the page is included by a source, or its lines stand in documentation.
pub(super) fn is_compiled(page: &str, source: &str, name: &str) -> bool {
    let Some((_, example)) = page.split_once("```rust") else { return false };
    let example = example.split("```").next().unwrap_or_default();
    let includes = ["include_str!(\"../README.md\")".to_owned(), format!("{name}/README.md\")")];
    let documented: Vec<&str> =
        source.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim).collect();
    includes.iter().any(|include| source.contains(include))
        || example.lines().skip(1).all(|line| documented.contains(&line.trim()))
}

/// Whether every use of a crate within the workspace names its exact version.
pub(super) fn is_pinned(workspace: &str, name: &str) -> bool {
    value(workspace, name).is_some_and(|dependency| dependency.contains("version = \"="))
}

/// The text of a field, or of the one that it inherits.
fn value<'a>(manifest: &'a str, field: &str) -> Option<&'a str> {
    let mut lines = manifest.lines().filter_map(|line| line.split_once(" = "));
    lines.find(|(name, _)| name.strip_suffix(".workspace").unwrap_or(name) == field).map(|(_, value)| value)
}

/// The texts of a list.
fn words<'a>(manifest: &'a str, field: &str) -> Vec<&'a str> {
    value(manifest, field).unwrap_or_default().split('"').skip(1).step_by(2).collect()
}

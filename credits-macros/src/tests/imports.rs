//! The direction of imports: a phase knows the phases before it, and none after.

use std::fs;
use std::path::Path;

/// The floors from below. A module imports from floors below its own, and from its own.
const FLOORS: &[&[&str]] = &[
    &["exact", "foreign", "inflect", "messages", "suggest", "vocab"],
    &["diag"],
    &["ast"],
    &["parse"],
    &["check"],
    &["model"],
    &["lower", "generate"],
    &["expand"],
];

#[test]
fn imports_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (floor, modules) in FLOORS.iter().enumerate() {
        for module in *modules {
            for imported in imports(&source, module) {
                let target = FLOORS.iter().position(|modules| modules.contains(&imported.as_str()));
                let below = target.unwrap_or_else(|| panic!("`{imported}` is on no floor"));
                assert!(below <= floor, "`{module}` imports `{imported}`, which is above it");
            }
        }
    }
}

#[test]
fn phases_do_not_know_each_other_where_they_need_not() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (module, stranger) in
        [("generate", "lower"), ("generate", "check"), ("lower", "parse"), ("lower", "messages")]
    {
        assert!(!imports(&source, module).contains(&stranger.to_owned()), "`{module}` knows `{stranger}`");
    }
    assert!(!text(&source, "check").contains("quote::"), "checking knows the generated code");
}

/// The modules that a module names after `crate::`.
fn imports(source: &Path, module: &str) -> Vec<String> {
    let text = text(source, module);
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>())
        .flat_map(|path| match path.strip_prefix('{') {
            Some(list) => list.split(", ").map(str::to_owned).collect(),
            None => vec![path],
        })
        .map(|path| path.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

/// The text of a module and of the files in its folder.
fn text(source: &Path, module: &str) -> String {
    let mut files = vec![source.join(module).with_extension("rs")];
    if let Ok(folder) = fs::read_dir(source.join(module)) {
        files.extend(folder.map(|entry| entry.unwrap().path()));
    }
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
}

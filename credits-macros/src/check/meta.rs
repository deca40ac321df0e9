//! The rules of `meta`: keys once each, and values that the catalogue can hold.
//!
//! It does not know what an application does with them.

use credits_core::Meta;

use super::Checker;
use super::forever::{all_forever, forever};
use super::number::whole;
use super::statement::at_most_one;
use crate::ast::{MetaEntry, MetaValue, Stated, Word};
use crate::diag::Result;
use crate::{exact, messages};

/// The entries as the catalogue has them.
pub(super) type Entries = &'static [(&'static str, Meta)];

impl Checker<'_> {
    /// Checks the entries of an item.
    pub(super) fn meta(&mut self, statements: &[Stated<Vec<MetaEntry>>]) -> Result<Entries> {
        let Some(entries) = at_most_one(statements, self.diagnostics)? else { return Ok(&[]) };
        let mut keys: Vec<&Word> = Vec::new();
        let mut checked = Vec::new();
        for MetaEntry { key, value } in entries {
            if let Some(first) = keys.iter().find(|known| known.text == key.text) {
                let other = (first.span, messages::first_item(&first.text));
                self.diagnostics.report_pair((key.span, messages::key_twice(&key.text)), other);
                continue;
            }
            keys.push(key);
            checked.push(self.meta_value(value).map(|value| (forever(&key.text), value)));
        }
        checked.into_iter().collect::<Result<Vec<_>>>().map(all_forever)
    }

    fn meta_value(&mut self, value: &MetaValue) -> Result<Meta> {
        Ok(match value {
            MetaValue::Text(text) => Meta::Text(forever(&text.value)),
            MetaValue::Flag(flag) => Meta::Flag(*flag),
            MetaValue::Number { number, .. }
                if exact::value(&number.text).is_some_and(|value| value.denominator() != 1) =>
            {
                return Err(self.diagnostics.report(number.span, messages::meta_number(&number.text)));
            }
            MetaValue::Number { minus: None, number } => {
                Meta::Integer(whole(number, None, self.diagnostics)?)
            }
            // Here a number means nothing, and may as well be below zero.
            MetaValue::Number { minus: Some(_), number } => {
                Meta::Integer(whole(number, None, self.diagnostics)?.saturating_neg())
            }
        })
    }
}

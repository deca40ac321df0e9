//! The operations that cost a plan's subscribers nothing.
//!
//! It does not know what the plan gives.

use credits_core::Unlimited;

use super::forever::{all_forever, forever};
use super::{Checker, Operation};
use crate::ast::{self, Word};
use crate::diag::Result;
use crate::{messages, suggest};

impl Checker<'_> {
    /// The operations of these names, each once; every operation without names.
    pub(super) fn unlimited(
        &mut self,
        ast::Unlimited { operations: names, behind }: &ast::Unlimited,
        operations: &[Operation],
    ) -> Result<Unlimited> {
        let is_operation = |word: &&Word| operations.iter().any(|known| known.name.text == word.text);
        if let Some(word) = behind.as_ref().filter(is_operation) {
            return Err(self.diagnostics.report(word.span, messages::operation_or_statement(&word.text)));
        }
        for (place, name) in names.iter().enumerate() {
            self.is_operation(name, operations)?;
            if names.iter().take(place).any(|other| other.text == name.text) {
                return Err(self.diagnostics.report(name.span, messages::name_twice(&name.text)));
            }
        }
        if names.is_empty() {
            return Ok(Unlimited::Everything);
        }
        Ok(Unlimited::Operations(all_forever(names.iter().map(|name| forever(&name.text)))))
    }

    /// The place of the operation with this name.
    pub(super) fn is_operation(&mut self, name: &Word, operations: &[Operation]) -> Result<u16> {
        let place = (0_u16..).zip(operations).find(|(_, known)| known.name.text == name.text);
        place.map(|(place, _)| place).ok_or_else(|| {
            let known: Vec<&str> = operations.iter().map(|known| known.name.text.as_str()).collect();
            let nearest = suggest::nearest(&name.text, &known);
            let message = messages::unknown_operation(&name.text, nearest, &known);
            self.diagnostics.report(name.span, message)
        })
    }
}

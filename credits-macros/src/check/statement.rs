//! Statements: each stands at most once, and the necessary ones stand.
//!
//! It does not know what a statement says.

use crate::ast::{Header, Stated};
use crate::diag::{Diagnostics, Result};
use crate::messages;

/// The one statement of its kind, if it was written; every further one is refused.
pub(super) fn at_most_one<'a, T>(
    statements: &'a [Stated<T>],
    diagnostics: &mut Diagnostics,
) -> Result<Option<&'a T>> {
    let is_certain = |stated: &&Stated<T>| stated.keyword.misspelt.is_none();
    // Beside one that is well written, a misspelt one meant something else.
    let Some(first) = statements.iter().find(is_certain).or(statements.first()) else { return Ok(None) };
    for other in statements.iter().filter(is_certain).skip(1) {
        let (other, first) = (&other.keyword.word, &first.keyword.word);
        let culprit = (other.span, messages::statement_twice(&other.text));
        let first = (first.span, messages::first_statement(&first.text));
        diagnostics.report_pair(culprit, first);
    }
    first.value.as_ref().map(Some).map_err(|reported| *reported)
}

/// The one statement of its kind; its absence is reported at the end of the block.
pub(super) fn exactly_one<'a, T>(
    statements: &'a [Stated<T>],
    header: &Header,
    missing: impl FnOnce(&str) -> messages::Message,
    diagnostics: &mut Diagnostics,
) -> Result<&'a T> {
    if let Some(statement) = at_most_one(statements, diagnostics)? {
        return Ok(statement);
    }
    // The statement may be the one that was lost.
    match header.poisoned {
        Some(reported) => Err(reported),
        None => Err(diagnostics.report(header.end, missing(&header.name.text))),
    }
}

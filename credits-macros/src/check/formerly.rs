//! Former names: what a ledger has of an item under a name that it had before stays with the item.
//!
//! It does not know the ledger.

use std::collections::HashMap;

use proc_macro2::Span;

use super::Checker;
use super::forever::{all_forever, forever};
use crate::ast::{self, Stated, Word};
use crate::messages;
use crate::vocab::ItemWord;

/// An item's name, and its former names as far as they could be read.
type Named<'a> = (&'a Word, &'a [Stated<Vec<Word>>]);

impl Checker<'_> {
    /// Checks the former names of all items of a kind against the present names, and against each other.
    pub(super) fn former_names(&mut self, ast: &ast::Pricing) {
        let operations = ast.operations.iter().map(|item| (&item.header.name, item.formerly.as_slice()));
        let plans = ast.plans.iter().map(|item| (&item.header.name, item.formerly.as_slice()));
        let packs = ast.packs.iter().map(|item| (&item.header.name, item.formerly.as_slice()));
        self.former_names_of(ItemWord::Operation, &operations.collect::<Vec<_>>());
        self.former_names_of(ItemWord::Plan, &plans.collect::<Vec<_>>());
        self.former_names_of(ItemWord::Pack, &packs.collect::<Vec<_>>());
    }

    fn former_names_of(&mut self, kind: ItemWord, items: &[Named<'_>]) {
        let present: HashMap<&str, Span> =
            items.iter().map(|(name, _)| (name.text.as_str(), name.span)).collect();
        let mut known: HashMap<&str, Span> = HashMap::new();
        for (own, formerly) in items {
            for former in written(formerly) {
                let text = former.text.as_str();
                if text == own.text {
                    self.diagnostics.report(former.span, messages::formerly_itself(text));
                } else if let Some(other) = present.get(text) {
                    let culprit = (former.span, messages::formerly_in_use(kind.word(), text, &own.text));
                    self.diagnostics.report_pair(culprit, (*other, messages::first_item(text)));
                } else if let Some(first) = known.get(text) {
                    let culprit = (former.span, messages::formerly_twice(text));
                    self.diagnostics.report_pair(culprit, (*first, messages::first_item(text)));
                } else {
                    known.insert(text, former.span);
                }
            }
        }
    }

    /// The former names of an item. A second statement is refused.
    pub(super) fn formerly(&mut self, statements: &[Stated<Vec<Word>>]) -> &'static [&'static str] {
        let names = self.stated(statements, |_, names| Ok(names.clone())).ok().flatten();
        all_forever(names.unwrap_or_default().iter().map(|name| forever(&name.text)))
    }
}

fn written(formerly: &[Stated<Vec<Word>>]) -> impl Iterator<Item = &Word> {
    formerly.iter().flat_map(|stated| &stated.value).flatten()
}

//! The rules of choices: options that Rust can name, each once.
//!
//! It does not know how a choice is made.

use std::collections::HashMap;

use credits_core::Clause;
use heck::ToUpperCamelCase;

use super::forever::{all_forever, forever};
use super::operation::Terms;
use super::{Checker, Choice, ChoiceOption};
use crate::ast::{self, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{OperationWord, RUST_RESERVED};

impl Checker<'_> {
    /// Checks a choice, and adds it to those of the operation.
    pub(super) fn choice(
        &mut self,
        choice: &ast::Choice,
        operation: &Word,
        terms: &mut Terms,
    ) -> Result<Clause> {
        let options = choice.options.as_ref().map_err(|reported| *reported);
        let options = options.and_then(|options| self.options(options, terms));
        if let Err(reported) = self.can_be_field(&choice.name, &super::param::known(terms, &[])) {
            // Which of the two was meant is not known.
            terms.lost = Some(reported);
            return Err(reported);
        }
        let asset = terms.denomination.map_or("", |known| known.asset);
        let costs = options.as_ref().map_err(|reported| *reported).and_then(|options| {
            let costs = options
                .iter()
                .map(|option| option.credits.map(|credits| (forever(&option.name.text), credits)));
            costs.collect::<Result<Vec<_>>>()
        });
        let ty =
            format!("{}{}", operation.text.to_upper_camel_case(), choice.name.text.to_upper_camel_case());
        terms.choices.push(Choice { name: choice.name.clone(), ty, options, asset });
        Ok(Clause::Choice { name: forever(&choice.name.text), options: all_forever(costs?) })
    }

    /// The options, if all of them can be named; what one costs is poisoned alone.
    fn options(&mut self, options: &[ast::ChoiceOption], terms: &mut Terms) -> Result<Vec<ChoiceOption>> {
        let mut variants: HashMap<String, &Word> = HashMap::new();
        let mut checked = Vec::new();
        for ast::ChoiceOption { name, amount } in options {
            let credits = amount.as_ref().map_err(|reported| *reported).and_then(|amount| {
                self.cost_amount(amount, OperationWord::Costs.word(), &mut terms.denomination)
            });
            let variant = name.text.to_upper_camel_case();
            let is_name = syn::parse_str::<syn::Ident>(&variant).is_ok();
            if RUST_RESERVED.contains(&name.text.as_str()) || !is_name {
                return Err(self.diagnostics.report(name.span, messages::reserved_name(&name.text)));
            }
            if let Some(first) = variants.get(&variant) {
                let message = if first.text == name.text {
                    messages::option_twice(&name.text)
                } else {
                    messages::same_variant(&name.text, &first.text, &variant)
                };
                let other = (first.span, messages::first_item(&first.text));
                self.diagnostics.report_pair((name.span, message), other);
                continue;
            }
            variants.insert(variant, name);
            checked.push(ChoiceOption { name: name.clone(), credits });
        }
        Ok(checked)
    }

    /// Two choices must not become one type: `quality` of `generate_image` and `image_quality` of `generate`.
    pub(super) fn choice_types(&mut self, operations: &mut [super::Operation]) {
        let mut types: HashMap<String, Word> = HashMap::new();
        for operation in operations {
            let Word { text: name, .. } = operation.name.clone();
            operation.choices.retain(|choice| {
                let Some(first) = types.get(&choice.ty) else {
                    types.insert(choice.ty.clone(), choice.name.clone());
                    return true;
                };
                let message = messages::same_type(&choice.name.text, &name, &choice.ty);
                let other = (first.span, messages::first_item(&first.text));
                self.diagnostics.report_pair((choice.name.span, message), other);
                false
            });
        }
    }
}

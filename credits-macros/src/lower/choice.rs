//! Choices: a type with a variant for every option.

use credits_core::{NOT_KNOWN_YET, Wording};

use super::names;
use crate::ast::Word;
use crate::check;
use crate::model::{Choice, ChoiceOption, Variant};

/// The type of a choice.
pub(super) fn lower(choice: &check::Choice, operation: &Word, words: Wording<'_>) -> Choice {
    let options = choice.options.as_ref().ok().map(|options| {
        options
            .iter()
            .map(|option| {
                let shown = option.credits.map_or_else(
                    |_| NOT_KNOWN_YET.to_owned(),
                    |credits| words.amount(credits, choice.asset).to_string(),
                );
                let docs = vec![format!("`{}`: {shown}.", option.name.text)];
                let ident = names::variant(&option.name);
                ChoiceOption { variant: Variant { name: option.name.text.clone(), ident, docs } }
            })
            .collect()
    });
    Choice {
        ident: names::ident(&choice.ty, choice.name.span),
        docs: format!("The `{}` of `{}`.", choice.name.text, operation.text),
        options,
    }
}

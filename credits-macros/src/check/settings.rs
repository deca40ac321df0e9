//! The settings, and their defaults.

use credits_core::{CreditsName, Currency, Rounding};

use super::statement::at_most_one;
use super::{Settings, money};
use crate::ast::{self, Word};
use crate::diag::{Diagnostics, Result};
use crate::{messages, suggest, vocab};

/// The currency of money that names none, unless the settings say otherwise.
const CURRENCY: &str = "usd";

/// Checks the settings.
pub(super) fn check(blocks: &[ast::Settings], diagnostics: &mut Diagnostics) -> Settings {
    let Some((settings, others)) = blocks.split_first() else { return Settings::unwritten(diagnostics) };
    for other in others {
        let culprit = (other.keyword.span, messages::statement_twice("settings"));
        diagnostics.report_pair(culprit, (settings.keyword.span, messages::first_statement("settings")));
    }
    let unwritten = Settings::unwritten(diagnostics);
    let rounding = at_most_one(&settings.rounding, diagnostics)
        .and_then(|word| word.map(|word| rounding(word, diagnostics)).transpose());
    let credits_named = at_most_one(&settings.credits_named, diagnostics).ok().flatten();
    Settings {
        currency: at_most_one(&settings.currency, diagnostics)
            .and_then(|word| word.map_or(unwritten.currency, |word| currency(word, diagnostics))),
        rounding: rounding.ok().flatten().unwrap_or(unwritten.rounding),
        credits_named: credits_named
            .map_or(unwritten.credits_named, |(one, many)| (one.value.clone(), many.value.clone())),
        runtime: at_most_one(&settings.runtime, diagnostics).ok().flatten().cloned(),
    }
}

impl Settings {
    fn unwritten(diagnostics: &mut Diagnostics) -> Self {
        let usd = Word { text: CURRENCY.to_owned(), span: proc_macro2::Span::call_site() };
        let CreditsName { one, many } = CreditsName::DEFAULT;
        Self {
            currency: currency(&usd, diagnostics),
            rounding: Rounding::default(),
            credits_named: (one.to_owned(), many.to_owned()),
            runtime: None,
        }
    }
}

fn currency(word: &Word, diagnostics: &mut Diagnostics) -> Result<Currency> {
    money::currency(&word.text).ok_or_else(|| {
        let nearest = suggest::nearest(&word.text, &vocab::currency_codes());
        diagnostics.report(word.span, messages::unknown_currency(&word.text, nearest))
    })
}

fn rounding(word: &Word, diagnostics: &mut Diagnostics) -> Result<Rounding> {
    let known = Rounding::ALL.iter().find(|rounding| rounding.word() == word.text).copied();
    known.ok_or_else(|| {
        let words = vocab::rounding_words();
        let nearest = suggest::nearest(&word.text, &words);
        diagnostics.report(word.span, messages::unknown_rounding(&word.text, nearest, &words))
    })
}

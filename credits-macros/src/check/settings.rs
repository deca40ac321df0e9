//! The settings, and their defaults.

use credits_core::{CreditsName, Currency, Rounding};

use super::forever::forever;
use super::statement::at_most_one;
use super::{Settings, money};
use crate::ast::{self, Word};
use crate::diag::{Diagnostics, Result};
use crate::{messages, suggest, vocab};

/// Checks the settings.
pub(super) fn check(blocks: &[ast::Settings], diagnostics: &mut Diagnostics) -> Settings {
    let default = credits_core::Settings::DEFAULT;
    let Some((settings, others)) = blocks.split_first() else {
        return Settings { terms: default, currency: Ok(default.currency), runtime: None };
    };
    for other in others {
        let culprit = (other.keyword.span, messages::statement_twice("settings"));
        diagnostics.report_pair(culprit, (settings.keyword.span, messages::first_statement("settings")));
    }
    let currency = at_most_one(&settings.currency, diagnostics)
        .and_then(|word| word.map_or(Ok(default.currency), |word| currency(word, diagnostics)));
    let rounding = at_most_one(&settings.rounding, diagnostics)
        .and_then(|word| word.map(|word| rounding(word, diagnostics)).transpose());
    let credits_named = at_most_one(&settings.credits_named, diagnostics).ok().flatten();
    let credits_named =
        credits_named.map(|(one, many)| CreditsName { one: forever(&one.value), many: forever(&many.value) });
    let terms = credits_core::Settings {
        currency: currency.unwrap_or(default.currency),
        rounding: rounding.ok().flatten().unwrap_or(default.rounding),
        credits_named: credits_named.unwrap_or(default.credits_named),
        ..default
    };
    Settings { terms, currency, runtime: at_most_one(&settings.runtime, diagnostics).ok().flatten().cloned() }
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

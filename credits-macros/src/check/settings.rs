//! The settings, and their defaults.

use credits_core::{
    BUILT_IN_CATEGORIES, CreditsName, Currency, Overrun, Period, RefundedButSpent, Rounding,
    SubscriptionRefunds, Threshold, TransferExpiration, Upgrades,
};
use proc_macro2::Span;

use super::forever::{all_forever, forever};
use super::statement::at_most_one;
use super::{Checker, Settings, money};
use crate::ast::{self, Amount, Stated, Text, Word};
use crate::diag::Result;
use crate::vocab::{MONEY_WORDS, SettingWord, UP_TO};
use crate::{foreign, messages, suggest, vocab};

impl Checker<'_> {
    /// Checks the settings. A refused setting has its default.
    pub(super) fn settings(&mut self, blocks: &[ast::Settings]) -> Settings {
        let none = ast::Settings::default();
        let (settings, others) = blocks.split_first().unwrap_or((&none, &[]));
        for other in others {
            if let (Some(other), Some(first)) = (&other.keyword, &settings.keyword) {
                let culprit = (other.span, messages::statement_twice("settings"));
                self.diagnostics.report_pair(culprit, (first.span, messages::first_statement("settings")));
            }
        }
        let default = credits_core::Settings::DEFAULT;
        let currency =
            self.stated(&settings.currency, Self::currency).map(|known| known.unwrap_or(default.currency));
        macro_rules! checked {
            ($field:ident, $default:expr, $check:expr) => {
                self.stated(&settings.$field, $check).ok().flatten().unwrap_or($default)
            };
            ($field:ident, $check:expr) => {
                checked!($field, default.$field, $check)
            };
        }
        macro_rules! policy {
            ($field:ident, $policy:ident, $what:literal) => {
                checked!($field, |this, word| {
                    let all = $policy::ALL.iter().map(|policy| (policy.word(), *policy));
                    this.one_of(word, $what, all)
                })
            };
        }
        let length = |this: &mut Self, period: &ast::Period| this.period(period).map(|(period, _)| period);
        let terms = credits_core::Settings {
            currency: currency.unwrap_or(default.currency),
            rounding: policy!(rounding, Rounding, "how to round"),
            credits_named: checked!(credits_named, Self::credits_name),
            low_balance_thresholds: checked!(low_balance_threshold, &[], |this, list| this.thresholds(list)),
            fulfillment_grace_period: checked!(fulfillment_grace_period, length),
            renewal_wait: checked!(renewal_wait, Self::period_or_none),
            min_fulfillment_period: checked!(min_fulfillment_period, length),
            negative_balance_max: self
                .stated(&settings.allow_negative_balance, |this, amount| this.some_credits(amount, UP_TO))
                .ok()
                .flatten(),
            transfer_expiration: policy!(
                transfer_expiration,
                TransferExpiration,
                "what a transfer does with an expiry"
            ),
            upgrades: policy!(upgrades, Upgrades, "when an upgrade is awarded"),
            subscription_refunds: policy!(
                subscription_refunds,
                SubscriptionRefunds,
                "what the refund of a subscription takes"
            ),
            refunded_but_spent: policy!(
                refunded_but_spent,
                RefundedButSpent,
                "what becomes of refunded credits that were spent"
            ),
            overrun: policy!(overrun, Overrun, "what becomes of an overrun"),
            hold_limit: checked!(hold_limit, length),
            hold_limit_max: checked!(hold_limit_max, length),
            keep_keys: checked!(keep_keys, length),
            categories: checked!(categories, |this, names| this.categories(names)),
            environments: checked!(environments, |this, names| this.names_once(names)),
        };
        self.lengths_agree(settings, &terms);
        let runtime = self.stated(&settings.runtime, |_, path| Ok(path.clone())).ok().flatten();
        Settings { terms, currency, runtime }
    }

    /// What one statement says, if it was written.
    pub(super) fn stated<T, U>(
        &mut self,
        statements: &[Stated<T>],
        check: impl FnOnce(&mut Self, &T) -> Result<U>,
    ) -> Result<Option<U>> {
        let value = at_most_one(statements, self.diagnostics)?;
        value.map(|value| check(self, value)).transpose()
    }

    /// The meaning of a word that chooses among these.
    pub(super) fn one_of<T>(
        &mut self,
        word: &Word,
        what: &str,
        known: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Result<T> {
        let meaning = known.clone().find(|(text, _)| *text == word.text);
        meaning.map(|(_, meaning)| meaning).ok_or_else(|| {
            let words: Vec<&'static str> = known.map(|(text, _)| text).collect();
            let nearest =
                foreign::option(&word.text, &words).or_else(|| suggest::nearest(&word.text, &words));
            self.diagnostics.report(word.span, messages::unknown_option(&word.text, what, nearest, &words))
        })
    }

    /// A currency by its code.
    pub(super) fn currency(&mut self, word: &Word) -> Result<Currency> {
        money::currency(&word.text).ok_or_else(|| {
            let nearest = currency_meant(&word.text);
            self.diagnostics.report(word.span, messages::unknown_currency(&word.text, nearest))
        })
    }

    fn credits_name(&mut self, (one, many): &(Text, Text)) -> Result<CreditsName> {
        for name in [one, many] {
            if name.value.trim().is_empty() {
                return Err(self.diagnostics.report(name.span, messages::expected_credit_names(&[])));
            }
        }
        Ok(CreditsName { one: forever(&one.value), many: forever(&many.value) })
    }

    fn thresholds(&mut self, amounts: &[Amount]) -> Result<&'static [Threshold]> {
        let mut known: Vec<(Threshold, Span)> = Vec::new();
        for written in amounts {
            let counted = self.some_counted(written, SettingWord::LowBalanceThreshold.word())?;
            let threshold = Threshold { asset: counted.asset, amount: counted.amount };
            if let Some((_, first)) = known.iter().find(|(known, _)| *known == threshold) {
                let culprit = (written.number.span, messages::threshold_twice(threshold.amount));
                let first = (*first, messages::first_item(&threshold.amount.to_string()));
                return Err(self.diagnostics.report_pair(culprit, first));
            }
            known.push((threshold, written.number.span));
        }
        Ok(all_forever(known.into_iter().map(|(threshold, _)| threshold)))
    }

    /// The application's own categories, which must not be taken for the ledger's.
    fn categories(&mut self, names: &[Word]) -> Result<&'static [&'static str]> {
        for name in names {
            if BUILT_IN_CATEGORIES.contains(&name.text.as_str()) {
                let message = messages::built_in_category(&name.text);
                return Err(self.diagnostics.report(name.span, message));
            }
        }
        self.names_once(names)
    }

    fn names_once(&mut self, names: &[Word]) -> Result<&'static [&'static str]> {
        for (place, name) in names.iter().enumerate() {
            if let Some(first) = names.iter().take(place).find(|first| first.text == name.text) {
                let culprit = (name.span, messages::name_twice(&name.text));
                let first = (first.span, messages::first_item(&first.text));
                return Err(self.diagnostics.report_pair(culprit, first));
            }
        }
        Ok(all_forever(names.iter().map(|name| forever(&name.text))))
    }

    /// A hold cannot be open for longer than it can be extended, nor outlive its key.
    fn lengths_agree(&mut self, written: &ast::Settings, terms: &credits_core::Settings) {
        let place = |written: &[Stated<ast::Period>]| {
            written.first().and_then(|stated| stated.value.as_ref().ok()).map(ast::Period::span)
        };
        let mut at_most =
            |shorter: (SettingWord, Period), longer: (SettingWord, Period), place: Option<Span>| {
                if shorter.1.seconds_min() > longer.1.seconds_min()
                    && let Some(place) = place
                {
                    let message = messages::length_too_long(
                        (shorter.0.word(), &shorter.1.to_string()),
                        (longer.0.word(), &longer.1.to_string()),
                    );
                    self.diagnostics.report(place, message);
                }
            };
        let hold_limit = (SettingWord::HoldLimit, terms.hold_limit);
        let hold_limit_max = (SettingWord::HoldLimitMax, terms.hold_limit_max);
        let keep_keys = (SettingWord::KeepKeys, terms.keep_keys);
        let max_place = place(&written.hold_limit_max);
        at_most(hold_limit, hold_limit_max, place(&written.hold_limit).or(max_place));
        at_most(hold_limit_max, keep_keys, place(&written.keep_keys).or(max_place));
    }
}

/// The currency that a word means: a code in capitals, a word for money, or a slip in one of the common codes. Any
/// three letters are near to some code.
fn currency_meant(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let code = vocab::currency_codes().into_iter().find(|code| *code == lower);
    let money = || MONEY_WORDS.iter().find(|money| money.words.contains(&lower.as_str()));
    let by_word = || money().and_then(|money| money.codes.first()).copied();
    code.or_else(by_word).or_else(|| suggest::nearest(word, COMMON_CURRENCIES))
}

/// Codes that are proposed for a slip of the pen.
const COMMON_CURRENCIES: &[&str] = &["usd", "eur", "gbp", "jpy"];

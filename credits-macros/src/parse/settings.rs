//! The statements of `settings`.
//!
//! It does not know which currencies, roundings or policies there are.

use proc_macro2::Ident;

use super::tokens::Parser;
use crate::ast::{Amount, RustPath, Settings, Text, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{ItemWord, SettingWord, UP_TO};

impl Parser<'_, '_> {
    /// `settings { .. }`, after the keyword.
    pub(super) fn settings(&mut self, keyword: Word) -> Settings {
        let mut settings = Settings { keyword: Some(keyword), ..Settings::default() };
        self.settings_block(&mut settings, |block, settings| {
            macro_rules! read {
                ($parser:ident, $keyword:ident, $field:ident, $method:ident $example:literal) => {
                    $parser.stated($keyword, &mut settings.$field, |parser| {
                        parser.$method::<SettingWord>($example)
                    })
                };
                ($parser:ident, $keyword:ident, $field:ident, $rest:path) => {
                    $parser.stated($keyword, &mut settings.$field, $rest)
                };
            }
            block.statements(ItemWord::Settings, |parser, meaning, keyword| match meaning {
                SettingWord::Currency => read!(parser, keyword, currency, option "currency usd"),
                SettingWord::Rounding => read!(parser, keyword, rounding, option "rounding ceil"),
                SettingWord::LowBalanceThreshold => {
                    read!(parser, keyword, low_balance_threshold, Parser::thresholds)
                }
                SettingWord::FulfillmentGracePeriod => {
                    read!(parser, keyword, fulfillment_grace_period, length "fulfillment_grace_period 5.minutes")
                }
                SettingWord::RenewalWait => read!(parser, keyword, renewal_wait, length "renewal_wait 72.hours"),
                SettingWord::MinFulfillmentPeriod => {
                    read!(parser, keyword, min_fulfillment_period, length "min_fulfillment_period 1.day")
                }
                SettingWord::AllowNegativeBalance => {
                    read!(parser, keyword, allow_negative_balance, Parser::negative_balance)
                }
                SettingWord::TransferExpiration => {
                    read!(parser, keyword, transfer_expiration, option "transfer_expiration preserve")
                }
                SettingWord::Upgrades => read!(parser, keyword, upgrades, option "upgrades on_payment"),
                SettingWord::SubscriptionRefunds => {
                    read!(parser, keyword, subscription_refunds, option "subscription_refunds free_part")
                }
                SettingWord::RefundedButSpent => {
                    read!(parser, keyword, refunded_but_spent, option "refunded_but_spent debt")
                }
                SettingWord::Overrun => read!(parser, keyword, overrun, option "overrun deny"),
                SettingWord::HoldLimit => read!(parser, keyword, hold_limit, length "hold_limit 15.minutes"),
                SettingWord::HoldLimitMax => {
                    read!(parser, keyword, hold_limit_max, length "hold_limit_max 24.hours")
                }
                SettingWord::KeepKeys => read!(parser, keyword, keep_keys, length "keep_keys 400.days"),
                SettingWord::Categories => read!(parser, keyword, categories, words "categories tip, cashback"),
                SettingWord::CreditsNamed => read!(parser, keyword, credits_named, Parser::credits_named),
                SettingWord::Environments => {
                    read!(parser, keyword, environments, words "environments test, live")
                }
                SettingWord::Crate => read!(parser, keyword, runtime, Parser::rust_path),
            })
        });
        settings
    }

    /// `100.credits, 10.credits`
    fn thresholds(&mut self) -> Result<Vec<Amount>> {
        let one = |parser: &mut Self| {
            parser.plain_amount::<SettingWord>(SettingWord::LowBalanceThreshold.word(), "100.credits")
        };
        self.no_brackets(SettingWord::LowBalanceThreshold.word())?;
        let mut thresholds = self.list_of::<SettingWord, _>(one)?;
        // `100.credits 10.credits`, read as it was meant.
        while let Some(number) = self.peek_number() {
            let amount = self.rest_of_line::<SettingWord>().all;
            self.diagnostics.report(number.span, messages::list_without_comma(&amount));
            thresholds.extend(self.list_of::<SettingWord, _>(one)?);
        }
        Ok(thresholds)
    }

    /// `up_to 500.credits`
    fn negative_balance(&mut self) -> Result<Amount> {
        if self.peek_is(UP_TO) {
            self.skip();
        } else {
            let rest = self.rest_of_line::<SettingWord>();
            let amount = rest.number.as_deref().and_then(|number| rest.all.find(number));
            let amount =
                amount.and_then(|start| rest.all.get(start..)).filter(|amount| !amount.contains(' '));
            let message = messages::negative_balance_without_bound(&self.found(), amount, &rest.all);
            return Err(self.diagnostics.report(self.place::<SettingWord>(), message));
        }
        self.plain_amount::<SettingWord>(UP_TO, "500.credits")
    }

    fn credits_named(&mut self) -> Result<(Text, Text)> {
        if let Some(one) = self.text()
            && self.mark(',').is_some()
            && let Some(many) = self.text()
        {
            return Ok((one, many));
        }
        let words: Vec<String> =
            self.rest_of_line::<SettingWord>().all.split(',').map(|word| word.trim().to_owned()).collect();
        let message = messages::expected_credit_names(&words);
        Err(self.diagnostics.report(self.place::<SettingWord>(), message))
    }

    fn rust_path(&mut self) -> Result<RustPath> {
        let leading_colons = self.path_separator();
        let mut segments = Vec::new();
        loop {
            let is_first = segments.is_empty() && !leading_colons;
            let Some(segment) = self.path_segment(is_first) else {
                let message = messages::expected_path(&self.found());
                return Err(self.diagnostics.report(self.place::<SettingWord>(), message));
            };
            segments.push(segment);
            if !self.path_separator() {
                return Ok(RustPath { leading_colons, segments });
            }
        }
    }

    /// A name; the first may be `crate`, but not `self` or `super`, which mean another module in `units`.
    fn path_segment(&mut self, is_first: bool) -> Option<Ident> {
        let text = self.peek_ident()?.to_string();
        let is_name = syn::parse_str::<Ident>(&text).is_ok() || (is_first && text == "crate");
        is_name.then(|| self.ident()).flatten()
    }

    /// `::`; steps over it.
    pub(super) fn path_separator(&mut self) -> bool {
        self.peek_path_separator() && self.mark(':').is_some() && self.mark(':').is_some()
    }
}

//! The statements of `subscription_plan`.
//!
//! It does not know which periods and policies there are.

use super::tokens::Parser;
use crate::ast::{Header, Plan, PlanGives, RolloverBound, Unlimited, UnusedCredits, Word};
use crate::diag::Result;
use crate::vocab::{FOR, ItemWord, NOTHING, PlanWord, UP_TO, Vocabulary};
use crate::{foreign, messages};

impl Parser<'_, '_> {
    /// The block of a plan.
    pub(super) fn plan(&mut self, header: Header) -> Plan {
        let mut plan = Plan::new(header);
        self.block(ItemWord::Plan, &mut plan.header, |block| {
            block.statements(ItemWord::Plan, |parser, meaning, keyword| match meaning {
                PlanWord::StripePrice => {
                    parser.stated(keyword, &mut plan.stripe_price, Parser::prices::<PlanWord>)
                }
                PlanWord::ProcessorPrice => {
                    parser.stated(keyword, &mut plan.processor_price, Parser::processor_prices::<PlanWord>)
                }
                PlanWord::Gives => parser.stated(keyword, &mut plan.gives, Parser::plan_gives),
                PlanWord::SignupBonus => parser.stated(keyword, &mut plan.signup_bonus, |parser| {
                    parser.plain_amount::<PlanWord>("signup_bonus", "100.credits")
                }),
                PlanWord::TrialIncludes => parser.stated(keyword, &mut plan.trial_includes, |parser| {
                    parser.plain_amount::<PlanWord>("trial_includes", "50.credits")
                }),
                PlanWord::UnusedCredits => {
                    parser.stated(keyword, &mut plan.unused_credits, Parser::unused_credits)
                }
                PlanWord::ExpireAfter => parser.stated(keyword, &mut plan.expire_after, |parser| {
                    parser.length::<PlanWord>("expire_after 30.days")
                }),
                PlanWord::OnUpgrade => parser.stated(keyword, &mut plan.on_upgrade, |parser| {
                    parser.option::<PlanWord>("on_upgrade prorated")
                }),
                PlanWord::InAdvance => parser
                    .stated(keyword, &mut plan.in_advance, |parser| parser.flag::<PlanWord>("in_advance")),
                PlanWord::Unlimited => parser.stated(keyword, &mut plan.unlimited, |parser| {
                    if parser.at_statement_end::<PlanWord>() {
                        return Ok(Unlimited { operations: Vec::new(), behind: parser.peek_word() });
                    }
                    let operations = parser.words::<PlanWord>("unlimited generate_image")?;
                    Ok(Unlimited { operations, behind: None })
                }),
                PlanWord::Version => parser
                    .stated(keyword, &mut plan.version, |parser| parser.integer::<PlanWord>("version 2")),
                PlanWord::Retired => {
                    parser.stated(keyword, &mut plan.retired, |parser| parser.flag::<PlanWord>("retired"))
                }
                PlanWord::Costs => parser.stated(keyword, &mut plan.costs, Parser::plan_costs),
                PlanWord::Named => parser.stated(keyword, &mut plan.named, Parser::display_name::<PlanWord>),
                PlanWord::Formerly => parser.stated(keyword, &mut plan.formerly, |parser| {
                    parser.words::<PlanWord>("formerly old_name")
                }),
                PlanWord::Meta => parser.stated(keyword, &mut plan.meta, Parser::meta::<PlanWord>),
            })
        });
        plan
    }

    /// `nothing`, or `10_000.credits.every(month)`.
    fn plan_gives(&mut self) -> Result<PlanGives> {
        if self.peek_is(NOTHING) {
            self.skip();
            return Ok(PlanGives::Nothing);
        }
        self.gives::<PlanWord>().map(|gives| PlanGives::Something(Box::new(gives)))
    }

    /// `rollover`, with or without `up_to 500.credits` or `for 3.months`.
    fn unused_credits(&mut self) -> Result<UnusedCredits> {
        let policy = self.option_of_list::<PlanWord>("unused_credits rollover")?;
        self.one_policy(&policy)?;
        let bound = self.rollover_bound()?;
        if let Some(bound) = &bound
            && let Some(word) = self.peek_word().filter(|word| [UP_TO, FOR].contains(&word.text.as_str()))
        {
            let (RolloverBound::UpTo(first, _) | RolloverBound::For(first, _)) = bound;
            return Err(self.diagnostics.report(word.span, messages::two_rollover_bounds(&first.text)));
        }
        Ok(UnusedCredits { policy, bound })
    }

    /// `rollover, up_to 500.credits`, and another policy behind a comma.
    fn one_policy(&mut self, policy: &Word) -> Result<()> {
        let Some((_, after)) = self.cursor.punct().filter(|(mark, _)| mark.as_char() == ',') else {
            return Ok(());
        };
        let Some((other, _)) = after.ident() else { return Ok(()) };
        let other = other.to_string();
        if PlanWord::from_word(&other).is_some() {
            return Ok(());
        }
        let place = self.here();
        let rest = self.rest_of_line::<PlanWord>().all;
        let is_bound = [UP_TO, FOR].contains(&other.as_str());
        let message = if is_bound {
            messages::comma_before_bound(&policy.text, rest.trim_start_matches([',', ' ']), &rest)
        } else {
            messages::one_option(PlanWord::UnusedCredits.word(), &policy.text, &other)
        };
        Err(self.diagnostics.report(if is_bound { place } else { policy.span }, message))
    }

    /// `rollover max 500.credits`
    fn bound_otherwise(&mut self, word: &Word, bound: &str) -> crate::diag::Reported {
        self.skip();
        let second = self.peek_word().filter(|second| word.text == "up" && second.text == "to");
        if second.is_some() {
            self.skip();
        }
        let written = if second.is_some() { "up to" } else { word.text.as_str() };
        self.diagnostics.report(word.span, messages::bound_otherwise(written, bound))
    }

    fn rollover_bound(&mut self) -> Result<Option<RolloverBound>> {
        if let Some(number) = self.peek_number() {
            let amount = self.rest_of_line::<PlanWord>().all;
            return Err(self.diagnostics.report(number.span, messages::rollover_without_bound(&amount)));
        }
        let Some(word): Option<Word> = self.peek_word() else { return Ok(None) };
        if let Some((_, bound)) =
            foreign::BOUNDS.iter().find(|(words, _)| words.contains(&word.text.as_str()))
        {
            return Err(self.bound_otherwise(&word, bound));
        }
        // On a line of its own, `unlimited` is the next statement.
        let is_statement = PlanWord::from_word(&word.text).is_some() && !self.is_on_this_line(&word);
        if foreign::NEVER.contains(&word.text.as_str()) && !is_statement {
            return Err(self.diagnostics.report(word.span, messages::unbounded_rollover(&word.text)));
        }
        match word.text.as_str() {
            UP_TO => {
                self.skip();
                let amount = self.plain_amount::<PlanWord>(UP_TO, "500.credits")?;
                Ok(Some(RolloverBound::UpTo(word, amount)))
            }
            FOR => {
                self.skip();
                Ok(Some(RolloverBound::For(word, self.length::<PlanWord>("for 3.months")?)))
            }
            _ => Ok(None),
        }
    }
}

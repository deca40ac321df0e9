//! The statements of `credit_pack`.
//!
//! It does not know what money is.

use super::every::says_how_often;
use super::tokens::Parser;
use crate::ast::{Amount, Header, Pack};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{ItemWord, PackWord};

impl Parser<'_, '_> {
    /// The block of a pack.
    pub(super) fn pack(&mut self, header: Header) -> Pack {
        let mut pack = Pack::new(header);
        self.block(ItemWord::Pack, &mut pack.header, |block| {
            block.statements(ItemWord::Pack, |parser, meaning, keyword| match meaning {
                PackWord::Gives => parser.stated(keyword, &mut pack.gives, Parser::gives_once),
                PackWord::Bonus => parser.stated(keyword, &mut pack.bonus, |parser| {
                    parser.plain_amount::<PackWord>("bonus", "100.credits")
                }),
                PackWord::Costs => parser.stated(keyword, &mut pack.costs, Parser::pack_costs),
                PackWord::Currency => parser
                    .stated(keyword, &mut pack.currency, |parser| parser.option::<PackWord>("currency eur")),
                PackWord::ExpiresAfter => parser.stated(keyword, &mut pack.expires_after, |parser| {
                    parser.length::<PackWord>("expires_after 12.months")
                }),
                PackWord::StripePrice => {
                    parser.stated(keyword, &mut pack.stripe_price, Parser::prices::<PackWord>)
                }
                PackWord::OnlyFor => parser.stated(keyword, &mut pack.only_for, |parser| {
                    parser.words::<PackWord>("only_for generate_video")
                }),
                PackWord::Meta => parser.stated(keyword, &mut pack.meta, Parser::meta::<PackWord>),
            })
        });
        pack
    }

    /// `9.dollars, 8.99.euros`
    fn pack_costs(&mut self) -> Result<Vec<Amount>> {
        let one = |parser: &mut Self| {
            let price = parser.plain_amount::<PackWord>(PackWord::Costs.word(), "9.dollars")?;
            let is_again = parser.peek_word().is_some_and(|word| says_how_often(&word.text));
            if is_again || parser.peek_mark('.') || parser.peek_mark('/') {
                return Err(parser.refuse(messages::pack_paid_again()));
            }
            Ok(price)
        };
        let mut costs = self.list_of::<PackWord, _>(one)?;
        // `9.dollars 8.99.euros`, read as it was meant.
        while let Some(number) = self.peek_number() {
            self.diagnostics.report(number.span, messages::pack_price_without_comma(&number.text));
            costs.extend(self.list_of::<PackWord, _>(one)?);
        }
        Ok(costs)
    }
}

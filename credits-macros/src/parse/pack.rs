//! The statements of `credit_pack`.
//!
//! It does not know what money is.

use proc_macro2::TokenTree;

use super::every::says_how_often;
use super::number::split_suffix;
use super::tokens::Parser;
use crate::ast::{Header, Number, Pack, PackCost, Word};
use crate::diag::Result;
use crate::vocab::{ItemWord, PackWord, Vocabulary};
use crate::{exact, messages};

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
                PackWord::Costs => {
                    let word = keyword.word.clone();
                    let is_minor = keyword.misspelt.is_none() && meaning.word() != word.text;
                    let misspelt = keyword.misspelt;
                    parser.stated(keyword, &mut pack.costs, |parser| {
                        if is_minor {
                            return parser.minor_units(word);
                        }
                        let costs = parser.pack_costs()?;
                        let has_amounts = costs.iter().all(|cost| matches!(cost, PackCost::Amount(_)));
                        misspelt.filter(|_| !has_amounts).map_or(Ok(costs), Err)
                    })
                }
                PackWord::Currency => parser
                    .stated(keyword, &mut pack.currency, |parser| parser.option::<PackWord>("currency eur")),
                PackWord::ExpiresAfter => parser.stated(keyword, &mut pack.expires_after, |parser| {
                    parser.length::<PackWord>("expires_after 12.months")
                }),
                PackWord::ProcessorPrice => {
                    parser.stated(keyword, &mut pack.processor_price, Parser::processor_prices::<PackWord>)
                }
                PackWord::StripePrice => {
                    parser.stated(keyword, &mut pack.stripe_price, Parser::prices::<PackWord>)
                }
                PackWord::OnlyFor => parser.stated(keyword, &mut pack.only_for, |parser| {
                    parser.words::<PackWord>("only_for generate_video")
                }),
                PackWord::Named => parser.stated(keyword, &mut pack.named, Parser::display_name::<PackWord>),
                PackWord::Formerly => parser.stated(keyword, &mut pack.formerly, |parser| {
                    parser.words::<PackWord>("formerly old_name")
                }),
                PackWord::Meta => parser.stated(keyword, &mut pack.meta, Parser::meta::<PackWord>),
            })
        });
        pack
    }

    /// `9.dollars, 8.99.euros`
    fn pack_costs(&mut self) -> Result<Vec<PackCost>> {
        let one = |parser: &mut Self| {
            if let Some(number) = parser.bare_number::<PackWord>() {
                parser.skip();
                return Ok(PackCost::Number(number));
            }
            if let Some(text) = parser.text_ahead().filter(|text| exact::value(&text.value).is_some()) {
                parser.skip();
                return Ok(PackCost::Number(Number { text: text.value, span: text.span }));
            }
            let price = parser.plain_amount::<PackWord>(PackWord::Costs.word(), "9.dollars")?;
            parser.no_statement_chained::<PackWord>(ItemWord::Pack)?;
            let is_again = parser.peek_word().is_some_and(|word| says_how_often(&word.text));
            if is_again || parser.peek_mark('.') || parser.peek_mark('/') {
                return Err(parser.refuse(messages::pack_paid_again()));
            }
            Ok(PackCost::Amount(price))
        };
        let mut costs = self.list_of::<PackWord, _>(one)?;
        // `9.dollars 8.99.euros`, read as it was meant.
        loop {
            let is_joint = self.peek_is("and") || self.peek_is("or");
            let joint = self.peek_word().filter(|_| is_joint);
            if joint.is_some() {
                self.skip();
            }
            let Some(number) = self.peek_number() else { return Ok(costs) };
            let message = match &joint {
                Some(word) => messages::and_in_list(&word.text, &number.text),
                None => messages::pack_price_without_comma(&number.text),
            };
            self.diagnostics.report(joint.map_or(number.span, |word| word.span), message);
            costs.extend(self.list_of::<PackWord, _>(one)?);
        }
    }

    /// Whether a number in the smallest units of a currency follows a keyword: `unit_amount: 900`.
    pub(super) fn minor_units_ahead<K: Vocabulary>(&mut self) -> bool {
        let start = (self.cursor, self.previous());
        let _ = self.colon().or_else(|| self.mark('='));
        let is_number = self.bare_number::<K>().is_some_and(|number| exact::value(&number.text).is_some());
        let is_text = self.text_ahead().is_some_and(|text| exact::value(&text.value).is_some());
        self.back_to(start);
        is_number || is_text
    }

    /// Whether a number with a dot and a word follows a keyword and its colon.
    pub(super) fn amount_behind_sign(&mut self) -> bool {
        let start = (self.cursor, self.previous());
        let _ = self.colon().or_else(|| self.mark('='));
        let dot = self.cursor.literal().and_then(|(_, after)| after.punct());
        let word = dot.filter(|(dot, _)| dot.as_char() == '.').and_then(|(_, after)| after.ident());
        self.back_to(start);
        word.is_some()
    }

    /// `unit_amount: 900`, and the comma behind it.
    fn minor_units(&mut self, keyword: Word) -> Result<Vec<PackCost>> {
        let written = self.rest_of_line::<PackWord>().written;
        let _ = self.colon().or_else(|| self.mark('='));
        let text = self.text().map(|text| Number { text: text.value, span: text.span });
        let number = text.or_else(|| {
            let number = self.peek_number();
            self.skip();
            number
        });
        let Some(number) = number else {
            let message = messages::expected_amount(&self.found(), "9.dollars");
            return Err(self.refuse(message));
        };
        self.mark(',');
        let written = match written.strip_prefix(':') {
            Some(number) => format!("{}: {number}", keyword.text),
            None => format!("{} {written}", keyword.text),
        };
        Ok(vec![PackCost::MinorUnits { keyword, written, number }])
    }

    /// A number without a word or a sign behind it.
    fn bare_number<K: Vocabulary>(&self) -> Option<Number> {
        let number = self.peek_number()?;
        let (_, after) = self.cursor.literal()?;
        let is_plain = split_suffix(&number.text).is_none() && !number.text.ends_with('.');
        let ends = match after.token_tree() {
            None => true,
            Some((TokenTree::Ident(word), _)) => K::from_word(&word.to_string()).is_some(),
            Some((TokenTree::Punct(mark), after)) => {
                let next = after.literal().map(|(next, _)| next.to_string());
                let is_price =
                    next.is_none_or(|next| next.split_once('.').is_some_and(|(whole, _)| whole.len() != 3));
                mark.as_char() == ';' || (mark.as_char() == ',' && is_price)
            }
            Some(_) => false,
        };
        (is_plain && ends).then_some(number)
    }
}

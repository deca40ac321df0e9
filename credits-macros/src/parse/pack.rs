//! The statements of `credit_pack`.
//!
//! It does not know what money is.

use super::tokens::Parser;
use crate::ast::{Header, Pack};
use crate::vocab::{ItemWord, PackWord};

impl Parser<'_, '_> {
    /// The block of a pack.
    pub(super) fn pack(&mut self, header: Header) -> Pack {
        let mut pack = Pack { header, gives: Vec::new(), bonus: Vec::new(), costs: Vec::new() };
        let Pack { header, gives, bonus, costs } = &mut pack;
        self.block(ItemWord::Pack, header, |block| {
            block.statements(ItemWord::Pack, |parser, meaning, keyword| match meaning {
                PackWord::Gives => parser.stated(keyword, gives, Parser::gives::<PackWord>),
                PackWord::Bonus => parser
                    .stated(keyword, bonus, |parser| parser.plain_amount::<PackWord>("bonus", "100.credits")),
                PackWord::Costs => parser
                    .stated(keyword, costs, |parser| parser.plain_amount::<PackWord>("costs", "9.dollars")),
            })
        });
        pack
    }
}

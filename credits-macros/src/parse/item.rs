//! Items: which kind, what name, and the block.
//!
//! It does not know the statements inside.

use proc_macro2::Delimiter;

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Asset, Header, Pricing, Settings, Word};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::{ItemWord, Vocabulary, is_keyword};

/// What other languages have between the parts of a name, and its plural.
const JOINTS: &[(&str, &str)] = &[("-", "hyphens"), (".", "dots"), ("::", "colons"), ("/", "slashes")];

/// A block that was read: where it ends, and whether a statement was lost.
struct Block {
    end: proc_macro2::Span,
    lost: Option<Reported>,
}

impl Parser<'_, '_> {
    /// Reads items up to the end.
    pub(super) fn items(&mut self, pricing: &mut Pricing) {
        loop {
            let docs = self.trivia();
            if self.is_empty() {
                self.documents_something(&docs);
                return;
            }
            if let Some(reported) = self.foreign_file() {
                pricing.unreadable = Some(reported);
                return;
            }
            if self.peek_is(ItemWord::Settings.word()) {
                self.documents_no_statement(&docs);
            }
            if let Err(reported) = self.item(docs.lines, pricing) {
                pricing.unreadable = Some(reported);
                self.skip_to_item();
            }
        }
    }

    fn item(&mut self, docs: Vec<String>, pricing: &mut Pricing) -> Result<()> {
        if let Some((kind, header)) = self.named_before_keyword(&docs) {
            match kind {
                ItemWord::Operation => pricing.operations.push(self.operation(header)),
                ItemWord::Plan => pricing.plans.push(self.plan(header)),
                ItemWord::Pack => pricing.packs.push(self.pack(header)),
                ItemWord::Settings | ItemWord::Asset => {}
            }
            return Ok(());
        }
        let (kind, keyword, misspelt) = self.item_keyword()?;
        self.colon();
        match kind {
            ItemWord::Settings => pricing.settings.push(self.settings(keyword)),
            ItemWord::Asset => {
                let name = self.name(kind)?.0;
                let asset = self.asset(docs, name)?;
                pricing.assets.push(asset);
            }
            ItemWord::Operation => {
                let header = self.header(kind, docs, misspelt)?;
                pricing.operations.push(self.operation(header));
            }
            ItemWord::Plan => {
                let header = self.header(kind, docs, misspelt)?;
                pricing.plans.push(self.plan(header));
            }
            ItemWord::Pack => {
                let header = self.header(kind, docs, misspelt)?;
                pricing.packs.push(self.pack(header));
            }
        }
        Ok(())
    }

    fn header(&mut self, kind: ItemWord, docs: Vec<String>, misspelt: Option<Reported>) -> Result<Header> {
        let (mut name, misnamed) = self.name(kind)?;
        let spaced = self.spaces_in_name(&mut name);
        let called = self.parameter_list();
        let end = name.span;
        Ok(Header { docs, name, end, poisoned: misspelt.or(misnamed).or(spaced).or(called) })
    }

    /// The kind of the next item. A misspelt one is reported and then taken for the one that was meant.
    fn item_keyword(&mut self) -> Result<(ItemWord, Word, Option<Reported>)> {
        let words = ItemWord::words();
        let Some(word) = self.word() else {
            let message = match self.peek_number() {
                Some(number) => messages::stray_number("a pricing", &number.text, &words),
                None => messages::expected_item(&self.found(), &words),
            };
            let reported = self.refuse(message);
            self.skip();
            return Err(reported);
        };
        self.keywords.push((None, word.clone()));
        if let Some(kind) = ItemWord::from_word(&word.text) {
            return Ok((kind, word, None));
        }
        let (reported, kind) = self.other_item(&word);
        Ok((kind.ok_or(reported)?, word, Some(reported)))
    }

    /// The name of an item; one in quotes or with hyphens is reported and then read as it was meant.
    fn name(&mut self, kind: ItemWord) -> Result<(Word, Option<Reported>)> {
        if let Some(text) = self.text() {
            let reported = self.diagnostics.report(text.span, messages::name_in_quotes(&text.value));
            let is_name = syn::parse_str::<syn::Ident>(&text.value).is_ok();
            let word = Word { text: text.value, span: text.span };
            return if is_name { Ok((word, Some(reported))) } else { Err(reported) };
        }
        if let Some(name) = self.name_in_parentheses(kind) {
            return Ok(name);
        }
        let Some(mut name) = self.symbol() else {
            let message = messages::expected_name(kind.word(), &self.found());
            return Err(self.refuse(message));
        };
        let misnamed = self.marks_in_name(&mut name);
        Ok((name, misnamed))
    }

    /// `operation(scan) { .. }`, read as it was meant.
    fn name_in_parentheses(&mut self, kind: ItemWord) -> Option<(Word, Option<Reported>)> {
        let (inside, _, after) = self.cursor.group(Delimiter::Parenthesis)?;
        after.group(Delimiter::Brace)?;
        let written = spelled(inside.token_stream());
        let name = written.trim_matches([':', '"']).to_owned();
        syn::parse_str::<syn::Ident>(&name).ok()?;
        let open = self.here();
        self.skip();
        let written = format!("{}({written})", kind.word());
        let message = messages::name_in_parentheses(kind.word(), &name, &written);
        let reported = self.diagnostics.report(open, message);
        Some((Word { text: name, span: open }, Some(reported)))
    }

    /// `generate-image`, `video.generate` and `video::generate`, read as one name.
    pub(super) fn marks_in_name(&mut self, name: &mut Word) -> Option<Reported> {
        let mut first = None;
        while let Some((mark, marks)) = JOINTS.iter().find(|(mark, _)| self.joint_ahead(mark)) {
            first = first.or(Some((self.here(), *marks)));
            for _ in mark.chars() {
                self.skip();
            }
            name.text.extend(self.word().map(|part| format!("_{}", part.text)));
        }
        first.map(|(place, marks)| self.diagnostics.report(place, messages::mark_in_name(marks, &name.text)))
    }

    /// Whether this mark and another part of a name come next.
    fn joint_ahead(&self, mark: &str) -> bool {
        let mut cursor = self.cursor;
        for expected in mark.chars() {
            match cursor.punct().filter(|(punct, _)| punct.as_char() == expected) {
                Some((_, after)) => cursor = after,
                None => return false,
            }
        }
        cursor.ident().is_some_and(|(word, _)| !is_keyword(&word.to_string()))
    }

    /// The plural and the words for people, behind the name of an asset.
    fn asset(&mut self, docs: Vec<String>, name: Word) -> Result<Asset> {
        let (mut plural, mut named) = (None, None);
        let mut has_comma = self.comma_of_asset(&name);
        if has_comma && self.text_ahead().is_none() {
            plural = Some(self.name(ItemWord::Asset)?.0);
            has_comma = self.mark(',').is_some();
        }
        if has_comma {
            named = Some(self.asset_words(&name)?);
        }
        Ok(Asset { docs, name, plural, named })
    }

    /// The comma before the plural of an asset; `asset gem gems` is read as it was meant.
    fn comma_of_asset(&mut self, name: &Word) -> bool {
        if self.mark(',').is_some() {
            return true;
        }
        let Some(plural) = self.peek_word().filter(|_| !self.at_keyword::<ItemWord>()) else { return false };
        let behind = self.cursor.ident().map(|(_, after)| after);
        let is_alone = behind.is_none_or(|after| after.group(Delimiter::Brace).is_none());
        if is_alone {
            self.diagnostics.report(plural.span, messages::asset_without_comma(&name.text, &plural.text));
        }
        is_alone
    }

    /// `generate image`, read as `generate_image`.
    fn spaces_in_name(&mut self, name: &mut Word) -> Option<Reported> {
        let mut first = None;
        while let Some(word) = self.peek_word().filter(|word| word.text != "do" && !is_keyword(&word.text)) {
            self.skip();
            first = first.or(Some(word.span));
            name.text = format!("{}_{}", name.text, word.text);
        }
        first.map(|place| self.diagnostics.report(place, messages::space_in_name(&name.text)))
    }

    /// `transcribe(minutes: u32)`
    fn parameter_list(&mut self) -> Option<Reported> {
        let open = self.here();
        let inside = self.group(Delimiter::Parenthesis)?;
        let params = spelled(inside.cursor.token_stream());
        Some(self.diagnostics.report(open, messages::parameter_list(&params)))
    }

    /// The block of a named item: reads the statements, and completes the header.
    pub(super) fn block(
        &mut self,
        kind: ItemWord,
        header: &mut Header,
        inside: impl FnOnce(&mut Parser<'_, '_>) -> Option<Reported>,
    ) {
        let block = self.braces(kind, &header.name.text, inside);
        header.end = block.end;
        header.poisoned = header.poisoned.or(block.lost);
    }

    /// The block of `settings`, which has no name.
    pub(super) fn settings_block(
        &mut self,
        settings: &mut Settings,
        inside: impl FnOnce(&mut Parser<'_, '_>, &mut Settings) -> Option<Reported>,
    ) {
        self.braces(ItemWord::Settings, "", |block| inside(block, settings));
    }

    fn braces(
        &mut self,
        kind: ItemWord,
        name: &str,
        inside: impl FnOnce(&mut Parser<'_, '_>) -> Option<Reported>,
    ) -> Block {
        if let Some(mut block) = self.group(Delimiter::Brace) {
            return Block { end: block.end(), lost: inside(&mut block) };
        }
        if self.peek_word().is_some_and(|word| word.text == "do") {
            return self.ruby_block(inside);
        }
        let cost = self.rest_of_line::<ItemWord>().all;
        let cost = cost.trim_start_matches(['=', '>', '-', ' ']);
        let is_cost = kind == ItemWord::Operation && cost.starts_with(|first: char| first.is_ascii_digit());
        let message = messages::expected_block(kind.word(), name, &self.found(), is_cost.then_some(cost));
        let is_missing = self.is_empty() || self.at_keyword::<ItemWord>();
        let place = if is_missing { self.previous() } else { self.here() };
        let reported = self.diagnostics.report(place, message);
        self.skip_to_item();
        Block { end: place, lost: Some(reported) }
    }

    /// `do .. end`, read as the braces that were meant.
    fn ruby_block(&mut self, inside: impl FnOnce(&mut Parser<'_, '_>) -> Option<Reported>) -> Block {
        let reported = self.refuse(messages::ruby_block());
        self.skip();
        // `|plan|`
        if self.mark('|').is_some() {
            self.word();
            self.mark('|');
        }
        let mut block = self.until_word_end();
        inside(&mut block);
        self.cursor = block.cursor;
        let end = self.here();
        if self.peek_word().is_some_and(|word| word.text == "end") {
            self.skip();
        }
        Block { end, lost: Some(reported) }
    }

    fn skip_to_item(&mut self) {
        while !self.is_empty() && !self.at_keyword::<ItemWord>() {
            self.skip();
        }
    }
}

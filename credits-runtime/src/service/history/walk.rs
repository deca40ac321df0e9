//! Walks over a wallet's facts: backwards along the chain, forwards from milestones.

use super::balances::Segment;
use super::{Cursor, Filter, HistoryPage};
use crate::domain::amount::Amount;
use crate::domain::booked::Booked;
use crate::domain::fact::{Fact, RecordId};
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::limits::{HISTORY_SCAN_MAX, MILESTONE_FACTS};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::core::Core;
use crate::engine::journal_reader::JournalReader;
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;

/// A fact of the wallet: its number, and its frame.
type WalletFact = (FactNumber, Booked);

/// Finds facts of a wallet by number or by ordinal.
pub(super) struct Walk<'a> {
    pub(super) journal: JournalReader,
    pub(super) ledger: &'a Core,
    pub(super) id: &'a WalletId,
    pub(super) wallet: &'a Wallet,
}

impl Walk<'_> {
    /// The page that ends before a fact, of a query that returns the newest entries first.
    pub(super) fn newer_than(
        &mut self,
        cursor: Cursor,
        limit: usize,
        filter: &Filter,
    ) -> Result<HistoryPage, Error> {
        let after = match self.ordinal_of(cursor.0)? {
            Some(ordinal) => self.number_of(ordinal.saturating_add(1))?,
            None => None,
        };
        let Some(after) = after else { return Ok(HistoryPage::empty(Some(cursor))) };
        let mut page = self.forwards(Some(Cursor(after)), limit, filter)?;
        page.entries.reverse();
        // The end of the page is the last fact that was read.
        let end = match page.next {
            Some(Cursor(unread)) => self.fact(unread)?.and_then(|(_, previous)| previous),
            None => None,
        };
        Ok(HistoryPage { next: Some(cursor), previous: end.map(Cursor), ..page })
    }

    /// The page that ends before a fact, of a query that returns the oldest entries first.
    pub(super) fn older_than(
        &mut self,
        cursor: Cursor,
        limit: usize,
        filter: &Filter,
    ) -> Result<HistoryPage, Error> {
        let before = if self.known(cursor.0) { self.fact(cursor.0)? } else { None };
        let Some(before) = before.and_then(|(_, previous)| previous) else {
            return Ok(HistoryPage::empty(Some(cursor)));
        };
        let mut page = self.backwards(Some(Cursor(before)), limit, filter)?;
        page.entries.reverse();
        let end = match page.next {
            Some(Cursor(unread)) => match self.ordinal_of(unread)? {
                Some(ordinal) => self.number_of(ordinal.saturating_add(1))?,
                None => None,
            },
            None => None,
        };
        Ok(HistoryPage { next: Some(cursor), previous: end.map(Cursor), ..page })
    }

    pub(super) fn backwards(
        &mut self,
        cursor: Option<Cursor>,
        limit: usize,
        filter: &Filter,
    ) -> Result<HistoryPage, Error> {
        let mut next = match (cursor, filter.until) {
            (Some(Cursor(number)), _) => self.known(number).then_some(number),
            (None, None) => self.wallet.last_fact,
            (None, Some(until)) => {
                let later = self.first_from(|effective_at| effective_at >= until)?;
                self.number_of(later.saturating_sub(1))?
            }
        };
        let mut entries = Vec::new();
        for _ in 0..HISTORY_SCAN_MAX {
            let Some(number) = next.filter(|_| entries.len() < limit) else { break };
            let Some((found, previous)) = self.fact(number)? else {
                return Ok(HistoryPage { entries, next: None, previous: cursor });
            };
            let entry = Entry::of(self.ledger, &found.1, found.0);
            if let (Some(entry), Some(since)) = (&entry, filter.since)
                && entry.effective_at < since
            {
                return Ok(HistoryPage { entries, next: None, previous: cursor });
            }
            entries.extend(entry.filter(|entry| filter.wants(entry)));
            next = previous;
        }
        Ok(HistoryPage { entries, next: next.map(Cursor), previous: cursor })
    }

    pub(super) fn forwards(
        &mut self,
        cursor: Option<Cursor>,
        limit: usize,
        filter: &Filter,
    ) -> Result<HistoryPage, Error> {
        let mut ordinal = match (cursor, filter.since) {
            (Some(Cursor(number)), _) => match self.ordinal_of(number)? {
                Some(ordinal) => ordinal,
                None => return Ok(HistoryPage::empty(None)),
            },
            (None, None) => 1,
            (None, Some(since)) => self.first_from(|effective_at| effective_at >= since)?,
        };
        let mut entries = Vec::new();
        let mut scanned = 0;
        while ordinal <= self.wallet.facts {
            let end = ordinal.next_multiple_of(MILESTONE_FACTS).min(self.wallet.facts);
            for (number, booked) in self.between(ordinal, end)? {
                if entries.len() >= limit || scanned >= HISTORY_SCAN_MAX {
                    return Ok(HistoryPage { entries, next: Some(Cursor(number)), previous: cursor });
                }
                scanned += 1;
                let Some(entry) = Entry::of(self.ledger, &booked, number) else { continue };
                if filter.until.is_some_and(|until| entry.effective_at >= until) {
                    return Ok(HistoryPage { entries, next: None, previous: cursor });
                }
                entries.extend(Some(entry).filter(|entry| filter.wants(entry)));
            }
            ordinal = end.saturating_add(1);
        }
        Ok(HistoryPage { entries, next: None, previous: cursor })
    }

    /// Whether the wallet, as it was read, can have a fact of this number.
    fn known(&self, number: FactNumber) -> bool {
        self.wallet.last_fact.is_some_and(|last| (FactNumber::FIRST..=last).contains(&number))
    }

    /// The wallet's fact with this number, and the number of the fact before it; `None` for a fact of another
    /// record.
    fn fact(&mut self, number: FactNumber) -> Result<Option<(WalletFact, Option<FactNumber>)>, Error> {
        let Some(booked) = self.journal.lookup(number)? else { return Ok(None) };
        let Some(Fact { record, previous, .. }) = booked.fact(number) else {
            return Err(LedgerError::damaged(format!("fact {number} is missing")).into());
        };
        let is_own = matches!(record, RecordId::Wallet(id) if id == self.id);
        let previous = *previous;
        Ok(is_own.then_some(((number, booked), previous)))
    }

    fn ordinal_of(&mut self, number: FactNumber) -> Result<Option<u64>, Error> {
        if !self.known(number) {
            return Ok(None);
        }
        let found = self.fact(number)?;
        Ok(found.and_then(|((number, booked), _)| Some(booked.fact(number)?.ordinal)))
    }

    fn number_of(&mut self, ordinal: u64) -> Result<Option<FactNumber>, Error> {
        Ok(self.between(ordinal, ordinal)?.first().map(|(number, ..)| *number))
    }

    /// The facts with these ordinals, oldest first. No milestone may lie within the range, except at its end.
    fn between(&mut self, first: u64, last: u64) -> Result<Vec<WalletFact>, Error> {
        if first > last || first == 0 {
            return Ok(Vec::new());
        }
        let mut ordinal = last.next_multiple_of(MILESTONE_FACTS);
        let mut number = if ordinal > self.wallet.facts {
            ordinal = self.wallet.facts;
            self.wallet.last_fact
        } else {
            Some(self.ledger.milestone(self.id, ordinal)?.fact)
        };
        let mut found = Vec::new();
        while ordinal >= first {
            let broken = || LedgerError::damaged(format!("fact {ordinal} of `{}` is missing", self.id.owner));
            let (fact, previous) = match number {
                Some(number) => self.fact(number)?.ok_or_else(broken)?,
                None => return Err(broken().into()),
            };
            if ordinal <= last {
                found.push(fact);
            }
            (number, ordinal) = (previous, ordinal.saturating_sub(1));
            if ordinal == 0 {
                break;
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The number of the last milestone that is not late, or 0. Effective times never decrease, which allows the
    /// binary search.
    pub(super) fn milestone_before(&mut self, is_late: impl Fn(Timestamp) -> bool) -> Result<u64, Error> {
        let (mut early, mut late) = (0, (self.wallet.facts / MILESTONE_FACTS).saturating_add(1));
        while late.saturating_sub(early) > 1 {
            let middle = early.midpoint(late);
            let milestone = self.ledger.milestone(self.id, middle.saturating_mul(MILESTONE_FACTS))?;
            if is_late(milestone.effective_at) { late = middle } else { early = middle }
        }
        Ok(early)
    }

    /// The facts after a milestone, up to the next one, oldest first.
    fn after_milestone(&mut self, milestone: u64) -> Result<Vec<WalletFact>, Error> {
        let first = milestone.saturating_mul(MILESTONE_FACTS).saturating_add(1);
        let last = first.saturating_add(MILESTONE_FACTS).saturating_sub(1).min(self.wallet.facts);
        self.between(first, last)
    }

    pub(super) fn segment(&mut self, milestone: u64) -> Result<Segment, Error> {
        let start = match milestone {
            0 => Amount::ZERO,
            number => self.ledger.milestone(self.id, number.saturating_mul(MILESTONE_FACTS))?.balance,
        };
        let (mut balance, mut balances) = (start, Vec::new());
        for (number, booked) in self.after_milestone(milestone)? {
            let Some(fact) = booked.fact(number) else { continue };
            balance = fact.body.entry().map_or(balance, |entry| entry.balance_after);
            balances.push((fact.body.effective_at(booked.at), balance));
        }
        Ok(Segment { milestone, start, balances })
    }

    /// The ordinal of the first fact that took effect late enough, or one after the last ordinal.
    fn first_from(&mut self, is_late: impl Fn(Timestamp) -> bool) -> Result<u64, Error> {
        let milestone = self.milestone_before(&is_late)?;
        let first = milestone.saturating_mul(MILESTONE_FACTS).saturating_add(1);
        let facts = self.after_milestone(milestone)?;
        let at = |(number, booked): &WalletFact| {
            booked.fact(*number).map(|fact| fact.body.effective_at(booked.at))
        };
        let early = facts.iter().take_while(|fact| !at(fact).is_some_and(&is_late)).count();
        Ok(first.saturating_add(early as u64))
    }
}

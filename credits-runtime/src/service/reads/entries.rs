//! Entries of all wallets: the newest of the ledger, and single ones by their number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::booked::Booked;
use crate::domain::fact::RecordId;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::limits::{HISTORY_PAGE_MAX, HISTORY_SCAN_MAX};
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::credits::Credits;
use crate::service::entry::Entry;
use crate::service::history::Cursor;

/// A query of the entries of all wallets, newest first: finish with [`page`](Self::page).
#[must_use = "nothing is read until `.page()`"]
pub struct Entries {
    ledger: Arc<Ledger>,
    before: Option<Cursor>,
    limit: usize,
}

/// An entry with the owner of its wallet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnedEntry {
    /// The owner of the wallet.
    pub owner: Owner,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}

/// A page of entries of all wallets, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntriesPage {
    /// The entries, up to the [`limit`](Entries::limit) of the query.
    pub entries: Vec<OwnedEntry>,
    /// The position to continue [`before`](Entries::before); `None` after the last page. A page may be shorter than
    /// the limit and still have a next one.
    pub next: Option<Cursor>,
}

impl<C> Credits<C> {
    /// A query of the entries of all wallets, newest first.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.wallet("user:1").give_credits(10).now().wait()?;
    /// credits.wallet("user:2").give_credits(20).now().wait()?;
    /// let newest = credits.entries().limit(1).page()?;
    /// assert_eq!(newest.entries[0].owner.as_str(), "user:2");
    /// let number = newest.entries[0].entry.number;
    /// assert_eq!(credits.entry(number)?.as_ref(), newest.entries.first());
    /// # Ok(())
    /// # }
    /// ```
    pub fn entries(&self) -> Entries {
        Entries { ledger: Arc::clone(&self.ledger), before: None, limit: 50 }
    }

    /// The entry with this number; `None` if the ledger has no such fact, or the fact is no entry.
    ///
    /// Errors: the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let number = credits.wallet("user:42").give_credits(100).now().wait()?.entry.number;
    /// let found = credits.entry(number)?.unwrap();
    /// assert_eq!((found.owner.as_str(), found.entry.amount.get()), ("user:42", 100));
    /// # Ok(())
    /// # }
    /// ```
    pub fn entry(&self, number: FactNumber) -> Result<Option<OwnedEntry>, Error> {
        let booked = self.ledger.journal()?.find(number)?;
        Ok(booked.and_then(|booked| OwnedEntry::of(&self.ledger, &booked, number)))
    }
}

impl OwnedEntry {
    fn of(ledger: &Core, booked: &Booked, number: FactNumber) -> Option<Self> {
        let RecordId::Wallet(wallet) = &booked.fact(number)?.record else { return None };
        Some(Self { owner: wallet.owner.clone(), entry: Entry::of(ledger, booked, number)? })
    }
}

impl Entries {
    /// Continues before the entries of an earlier page; `None` begins with the newest.
    pub fn before(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.before = cursor.into();
        self
    }

    /// The maximum number of entries on a page, from 1 to 1,000; 50 unless set. Other values are clamped.
    pub fn limit(mut self, entries: usize) -> Self {
        self.limit = entries.clamp(1, HISTORY_PAGE_MAX);
        self
    }

    /// Reads the page.
    ///
    /// Errors: the ledger's.
    pub fn page(self) -> Result<EntriesPage, Error> {
        let Self { ledger, before, limit } = self;
        let mut entries = Vec::new();
        let next = newest_facts(&ledger, before, |booked, number| {
            entries.extend(OwnedEntry::of(&ledger, booked, number));
            entries.len() < limit
        })?;
        Ok(EntriesPage { entries, next })
    }
}

/// Reads the facts before a cursor, newest first, until `wants_more` says no, up to the limit of a scan. Returns the
/// cursor of the next page.
pub(super) fn newest_facts(
    ledger: &Core,
    mut before: Option<Cursor>,
    mut wants_more: impl FnMut(&Booked, FactNumber) -> bool,
) -> Result<Option<Cursor>, Error> {
    let (mut journal, mut left, mut goes_on) = (ledger.journal()?, HISTORY_SCAN_MAX, true);
    loop {
        let Some(booked) = journal.newest(before.map(Cursor::number))? else { return Ok(None) };
        if left == 0 || !goes_on {
            return Ok(before);
        }
        let facts: Vec<FactNumber> = booked.numbered().map(|(number, _)| number).collect();
        // A cursor may lie within a frame.
        let end = before.and_then(|before| facts.iter().position(|number| *number == before.number()));
        for number in facts.into_iter().take(end.unwrap_or(usize::MAX)).rev() {
            if left == 0 || !goes_on {
                break;
            }
            goes_on = wants_more(&booked, number);
            left -= 1;
            before = Some(Cursor::at(number));
        }
    }
}

//! History: a wallet's entries, newest first, in pages with a stable cursor.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::fact::{Fact, Record};
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::limits::{HISTORY_PAGE_MAX, HISTORY_SCAN_MAX};
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;

/// A walk through a wallet's entries, newest first.
///
/// It reads the file on the calling thread; long walks belong on a thread that may block.
#[must_use = "nothing is read until `.page()`"]
pub struct History {
    ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    limit: usize,
    cursor: Option<Cursor>,
}

/// Where a page ended. It stays right while entries are added: they are newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Cursor(FactNumber);

/// Some entries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HistoryPage {
    /// At most as many as asked for.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` at the end. A page may be short and still have a next one.
    pub next: Option<Cursor>,
}

impl Cursor {
    /// The number that stands for it in an address or a form.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The cursor that this number stands for.
    pub fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }
}

impl History {
    pub(crate) fn new(ledger: Arc<Ledger>, wallet: Result<WalletId, Rejection>) -> Self {
        Self { ledger, wallet, limit: 50, cursor: None }
    }

    /// Entries on a page: 1 to 1,000; 50 unless said.
    pub fn limit(mut self, entries: usize) -> Self {
        self.limit = entries.clamp(1, HISTORY_PAGE_MAX);
        self
    }

    /// Goes on where a page ended.
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.cursor = cursor.into();
        self
    }

    /// The page. What expired since the wallet's last write is not an entry yet.
    ///
    /// Errors: `OwnerInvalid`, then the ledger's. A cursor of another wallet gives that nothing.
    pub fn page(self) -> Result<HistoryPage, Error> {
        let wallet = self.wallet?;
        // The wallet before the journal: what was published is committed, so the journal read after it has it.
        let last = self.ledger.wallet(&wallet)?.last_fact;
        let mut journal = self.ledger.journal()?;
        let record = Record::Wallet(wallet);
        let mut next = match self.cursor {
            Some(Cursor(number)) => {
                last.filter(|last| (FactNumber::FIRST..=*last).contains(&number)).and(Some(number))
            }
            None => last,
        };
        let mut entries = Vec::new();
        for _ in 0..HISTORY_SCAN_MAX {
            let Some(number) = next.filter(|_| entries.len() < self.limit) else { break };
            let frame = journal.frame(number)?;
            let place = usize::try_from(number.get().saturating_sub(frame.0.get())).unwrap_or(usize::MAX);
            let fact: &Fact = match frame.1.facts.get(place) {
                Some(fact) if fact.record == record => fact,
                Some(_) => return Ok(HistoryPage { entries, next: None }),
                None => return Err(LedgerError::damaged(format!("fact {number} is missing")).into()),
            };
            entries.extend(Entry::of(&self.ledger, &frame, place));
            next = fact.previous;
        }
        Ok(HistoryPage { entries, next: next.map(Cursor) })
    }
}

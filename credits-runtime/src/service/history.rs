//! History: a wallet's entries, newest or oldest first, filtered, in pages with a stable cursor.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::{Fact, Record};
use crate::domain::ids::{FactNumber, GivenKey, Key, WalletId};
use crate::domain::limits::{HISTORY_PAGE_MAX, HISTORY_SCAN_MAX, MILESTONE_FACTS};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::journal::Numbered;
use crate::engine::ledger::{Core, JournalReader, Ledger};
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;

/// A walk through a wallet's entries, newest first unless said otherwise.
///
/// It reads the file on the calling thread; long walks belong on a thread that may block.
#[must_use = "nothing is read until `.page()`"]
pub struct History {
    ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    limit: usize,
    cursor: Option<Cursor>,
    oldest_first: bool,
    filter: Filter,
    key: Option<Result<Key, Rejection>>,
}

/// Which entries are wanted.
#[derive(Default)]
struct Filter {
    category: Option<Category>,
    operation: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    short: bool,
}

/// Where a page ended. It stays right while entries are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Cursor(FactNumber);

/// Some entries, in the order that was asked for.
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
        let filter = Filter::default();
        Self { ledger, wallet, limit: 50, cursor: None, oldest_first: false, filter, key: None }
    }

    /// Entries on a page: 1 to 1,000; 50 unless said.
    pub fn limit(mut self, entries: usize) -> Self {
        self.limit = entries.clamp(1, HISTORY_PAGE_MAX);
        self
    }

    /// Goes on where a page ended, asked for in the same order.
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.cursor = cursor.into();
        self
    }

    /// The oldest entries first.
    pub fn oldest_first(mut self) -> Self {
        self.oldest_first = true;
        self
    }

    /// Entries of this category alone.
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.filter.category = Some(category.into());
        self
    }

    /// Charges of this operation alone, by the name that it is declared with.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.filter.operation = Some(name.into());
        self
    }

    /// Entries that took effect at this instant or later.
    pub fn since(mut self, instant: impl Into<Timestamp>) -> Self {
        self.filter.since = Some(instant.into());
        self
    }

    /// Entries that took effect before this instant.
    pub fn until(mut self, instant: impl Into<Timestamp>) -> Self {
        self.filter.until = Some(instant.into());
        self
    }

    /// Charges that could not be taken whole alone, because a hold was settled above what there was.
    pub fn with_shortfall(mut self) -> Self {
        self.filter.short = true;
        self
    }

    /// What was written under this idempotency key alone.
    pub fn key(mut self, key: impl Into<GivenKey>) -> Self {
        self.key = Some(key.into().0);
        self
    }

    /// The page. What expired since the agenda was last worked off is not an entry yet.
    ///
    /// Errors in order: `OwnerInvalid`, `KeyInvalid`, then the ledger's. A cursor of another wallet gives that
    /// nothing.
    pub fn page(self) -> Result<HistoryPage, Error> {
        let Self { ledger, wallet, limit, cursor, oldest_first, filter, key } = self;
        let id = wallet?;
        if let Some(key) = key {
            return under_key(&ledger, &id, &key?, &filter);
        }
        // The wallet before the journal: what was published is committed, so the journal read after it has it.
        let wallet = ledger.wallet(&id)?;
        let walk = Walk { journal: ledger.journal()?, ledger: &ledger, id: &id, wallet: &wallet };
        if oldest_first {
            walk.forwards(cursor, limit, &filter)
        } else {
            walk.backwards(cursor, limit, &filter)
        }
    }
}

/// The balance of a wallet as of an instant.
pub(crate) fn balance_at(ledger: &Core, id: &WalletId, at: Timestamp) -> Result<Amount, Error> {
    let wallet = ledger.wallet(id)?;
    let mut walk = Walk { journal: ledger.journal()?, ledger, id, wallet: &wallet };
    let later = walk.first_from(|effective_at| effective_at > at)?;
    if later > wallet.facts {
        // Nothing is booked after it; what is due by then is counted.
        return Ok(wallet.at(at.min(ledger.now())).balance);
    }
    let milestone = later.saturating_sub(1) / MILESTONE_FACTS * MILESTONE_FACTS;
    for (_, frame, place) in walk.between(milestone.saturating_add(1), later.saturating_sub(1))?.iter().rev()
    {
        if let Some((_, balance_after)) = frame.1.facts.get(*place).and_then(|fact| fact.body.movement()) {
            return Ok(balance_after);
        }
    }
    if milestone == 0 { Ok(Amount::ZERO) } else { Ok(ledger.milestone(id, milestone)?.balance) }
}

/// What the frame under a key says of its wallet.
fn under_key(ledger: &Core, id: &WalletId, key: &Key, filter: &Filter) -> Result<HistoryPage, Error> {
    let frame = ledger.keyed(id, key)?;
    let entries = frame.iter().flat_map(|frame| {
        let entries = (0..frame.1.facts.len()).filter_map(|place| Entry::of(ledger, frame, place));
        entries.filter(|entry| entry.key.as_ref() == Some(key) && filter.wants(entry))
    });
    Ok(HistoryPage { entries: entries.collect(), next: None })
}

impl Filter {
    fn wants(&self, entry: &Entry) -> bool {
        let Self { category, operation, since, until, short } = self;
        category.as_ref().is_none_or(|category| *category == entry.category)
            && operation.as_ref().is_none_or(|name| Some(name) == entry.operation.as_ref())
            && since.is_none_or(|since| entry.effective_at >= since)
            && until.is_none_or(|until| entry.effective_at < until)
            && (!short || entry.shortfall.is_positive())
    }
}

/// A fact of the wallet: its number, its frame, its place there.
type Found = (FactNumber, Numbered, usize);

/// A wallet's facts, found by number or by their place in its history.
struct Walk<'a> {
    journal: JournalReader,
    ledger: &'a Core,
    id: &'a WalletId,
    wallet: &'a Wallet,
}

impl Walk<'_> {
    fn backwards(
        mut self,
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
                return Ok(HistoryPage { entries, next: None });
            };
            let (_, frame, place) = &found;
            let entry = Entry::of(self.ledger, frame, *place);
            if let (Some(entry), Some(since)) = (&entry, filter.since)
                && entry.effective_at < since
            {
                return Ok(HistoryPage { entries, next: None });
            }
            entries.extend(entry.filter(|entry| filter.wants(entry)));
            next = previous;
        }
        Ok(HistoryPage { entries, next: next.map(Cursor) })
    }

    fn forwards(
        mut self,
        cursor: Option<Cursor>,
        limit: usize,
        filter: &Filter,
    ) -> Result<HistoryPage, Error> {
        let mut ordinal = match (cursor, filter.since) {
            (Some(Cursor(number)), _) => match self.ordinal_of(number)? {
                Some(ordinal) => ordinal,
                None => return Ok(HistoryPage { entries: Vec::new(), next: None }),
            },
            (None, None) => 1,
            (None, Some(since)) => self.first_from(|effective_at| effective_at >= since)?,
        };
        let mut entries = Vec::new();
        let mut scanned = 0;
        while ordinal <= self.wallet.facts {
            let end = ordinal.next_multiple_of(MILESTONE_FACTS).min(self.wallet.facts);
            for (number, frame, place) in self.between(ordinal, end)? {
                if entries.len() >= limit || scanned >= HISTORY_SCAN_MAX {
                    return Ok(HistoryPage { entries, next: Some(Cursor(number)) });
                }
                scanned += 1;
                let Some(entry) = Entry::of(self.ledger, &frame, place) else { continue };
                if filter.until.is_some_and(|until| entry.effective_at >= until) {
                    return Ok(HistoryPage { entries, next: None });
                }
                entries.extend(Some(entry).filter(|entry| filter.wants(entry)));
            }
            ordinal = end.saturating_add(1);
        }
        Ok(HistoryPage { entries, next: None })
    }

    /// Whether a cursor can be one of this wallet's as it was read.
    fn known(&self, number: FactNumber) -> bool {
        self.wallet.last_fact.is_some_and(|last| (FactNumber::FIRST..=last).contains(&number))
    }

    /// The wallet's fact of this number and the number of the one before; `None` if it is another record's.
    fn fact(&mut self, number: FactNumber) -> Result<Option<(Found, Option<FactNumber>)>, Error> {
        let frame = self.journal.frame(number)?;
        let place = usize::try_from(number.get().saturating_sub(frame.0.get())).unwrap_or(usize::MAX);
        let Some(Fact { record, previous, .. }) = frame.1.facts.get(place) else {
            return Err(LedgerError::damaged(format!("fact {number} is missing")).into());
        };
        let is_own = matches!(record, Record::Wallet(id) if id == self.id);
        let previous = *previous;
        Ok(is_own.then_some(((number, frame, place), previous)))
    }

    fn ordinal_of(&mut self, number: FactNumber) -> Result<Option<u64>, Error> {
        if !self.known(number) {
            return Ok(None);
        }
        let found = self.fact(number)?;
        Ok(found.and_then(|((_, frame, place), _)| Some(frame.1.facts.get(place)?.ordinal)))
    }

    fn number_of(&mut self, ordinal: u64) -> Result<Option<FactNumber>, Error> {
        Ok(self.between(ordinal, ordinal)?.first().map(|(number, ..)| *number))
    }

    /// The facts of these ordinals, which have no milestone between them but at the end; oldest first.
    fn between(&mut self, first: u64, last: u64) -> Result<Vec<Found>, Error> {
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

    /// The first ordinal whose instant is late enough; one after the last if none is. Instants never go back.
    fn first_from(&mut self, is_late: impl Fn(Timestamp) -> bool) -> Result<u64, Error> {
        // The last milestone that is not late, by halving.
        let (mut early, mut late) = (0, (self.wallet.facts / MILESTONE_FACTS).saturating_add(1));
        while late.saturating_sub(early) > 1 {
            let middle = early.midpoint(late);
            let milestone = self.ledger.milestone(self.id, middle.saturating_mul(MILESTONE_FACTS))?;
            if is_late(milestone.effective_at) { late = middle } else { early = middle }
        }
        let first = early.saturating_mul(MILESTONE_FACTS).saturating_add(1);
        let last = first.saturating_add(MILESTONE_FACTS).saturating_sub(1).min(self.wallet.facts);
        for ((_, frame, place), ordinal) in self.between(first, last)?.iter().zip(first..) {
            let at = frame.1.facts.get(*place).map(|fact| fact.body.effective_at(frame.1.at));
            if at.is_some_and(&is_late) {
                return Ok(ordinal);
            }
        }
        Ok(last.saturating_add(1).max(first))
    }
}

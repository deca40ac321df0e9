//! History: a wallet's entries in either order, filtered, in pages with a stable cursor.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::fact::{Fact, RecordId, Scope};
use crate::domain::ids::{FactNumber, GivenKey, Key, WalletId, excerpt};
use crate::domain::limits::{HISTORY_PAGE_MAX, HISTORY_SCAN_MAX, MILESTONE_FACTS};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::core::{Core, JournalReader};
use crate::engine::ledger::Ledger;
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;

/// A query of a wallet's entries, newest first unless [`oldest_first`](Self::oldest_first) is called.
///
/// It reads the file on the calling thread, so run long queries on a thread that may block.
#[must_use = "nothing is read until `.page()`"]
pub struct History {
    ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    limit: usize,
    from: Option<PageFrom>,
    oldest_first: bool,
    filter: Filter,
    key: Option<Result<Key, Rejection>>,
}

/// The filter of a query.
#[derive(Default)]
struct Filter {
    category: Option<Category>,
    operation: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    short: bool,
}

/// The position between two pages. It stays valid while entries are added. It serialises as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(FactNumber);

/// A page of entries, in the order of the query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The entries, up to the [`limit`](History::limit) of the query.
    pub entries: Vec<Entry>,
    /// The position of the next page; `None` after the last one. A page may be shorter than the limit and
    /// still have a next one.
    pub next: Option<Cursor>,
    /// The position of the page before this one, for [`before`](History::before); `None` for a query that began at its first
    /// entry.
    pub previous: Option<Cursor>,
}

/// The balance of a wallet at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BalancePoint {
    /// The instant.
    pub at: Timestamp,
    /// The available and the held credits together.
    pub balance: Amount,
}

impl Cursor {
    /// The cursor as a number, for a URL or a form.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The cursor with this number.
    pub fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }

    pub(crate) fn at(number: FactNumber) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> FactNumber {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The error of a text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor: use the text of `next` or `previous` of a page")]
pub struct CursorError(String);

impl FromStr for Cursor {
    type Err = CursorError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, CursorError> {
        text.parse().map(Self::new).map_err(|_| CursorError(excerpt(text)))
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The end of the page that a query continues from.
#[derive(Clone, Copy)]
enum PageFrom {
    /// The page begins with this fact.
    After(Cursor),
    /// The page ends before this fact.
    Before(Cursor),
}

impl HistoryPage {
    fn empty(next: Option<Cursor>) -> Self {
        Self { entries: Vec::new(), next, previous: None }
    }
}

impl History {
    pub(crate) fn new(ledger: Arc<Ledger>, wallet: Result<WalletId, Rejection>) -> Self {
        let filter = Filter::default();
        Self { ledger, wallet, limit: 50, from: None, oldest_first: false, filter, key: None }
    }

    /// The maximum number of entries on a page, from 1 to 1,000; 50 unless set. Other values are clamped.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let page = user.credit_history().limit(1).page()?;
    /// assert_eq!(page.entries.len(), 1);
    /// assert!(page.next.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(mut self, entries: usize) -> Self {
        self.limit = entries.clamp(1, HISTORY_PAGE_MAX);
        self
    }

    /// Continues after an earlier page of the same order; `None` begins with the first page.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let (mut entries, mut next) = (Vec::new(), None);
    /// loop {
    ///     let page = user.credit_history().limit(1).after(next).page()?;
    ///     entries.extend(page.entries);
    ///     next = page.next;
    ///     if next.is_none() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(entries.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.from = cursor.into().map(PageFrom::After);
        self
    }

    /// Goes back to the page before an earlier page of the same order, with its [`previous`](HistoryPage::previous); `None`
    /// begins with the first page. The entries are in the order of the query.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let user = Credits::in_memory()?.wallet("user:42");
    /// for amount in 1..=4 {
    ///     user.give_credits(amount).now().wait()?;
    /// }
    /// let newest = user.credit_history().limit(2).page()?;
    /// let older = user.credit_history().limit(2).after(newest.next).page()?;
    /// let newer = user.credit_history().limit(2).before(older.previous).page()?;
    /// assert_eq!(newer.entries, newest.entries);
    /// # Ok(())
    /// # }
    /// ```
    pub fn before(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.from = cursor.into().map(PageFrom::Before);
        self
    }

    /// Returns the oldest entries first.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// assert_eq!(user.credit_history().oldest_first().page()?.entries[0].amount, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn oldest_first(mut self) -> Self {
        self.oldest_first = true;
        self
    }

    /// Returns only entries of this category.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let charges = user.credit_history().category("operation_charge").page()?;
    /// assert_eq!(charges.entries[0].amount, -10);
    /// # Ok(())
    /// # }
    /// ```
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.filter.category = Some(category.into());
        self
    }

    /// Returns only charges of this operation, by its declared name or a former one.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// assert_eq!(user.credit_history().operation("render").page()?.entries.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        let name: String = name.into();
        self.filter.operation = Some(self.ledger.names().operations.present(&name).to_owned());
        self
    }

    /// Returns only entries that took effect at this instant or later.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let given = user.give_credits(5).now().wait()?.entry;
    /// assert_eq!(user.credit_history().since(given.recorded_at).page()?.entries[0], given);
    /// # Ok(())
    /// # }
    /// ```
    pub fn since(mut self, instant: impl Into<Timestamp>) -> Self {
        self.filter.since = Some(instant.into());
        self
    }

    /// Returns only entries that took effect before this instant.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let given = user.give_credits(5).now().wait()?.entry;
    /// assert!(!user.credit_history().until(given.recorded_at).page()?.entries.contains(&given));
    /// # Ok(())
    /// # }
    /// ```
    pub fn until(mut self, instant: impl Into<Timestamp>) -> Self {
        self.filter.until = Some(instant.into());
        self
    }

    /// Returns only charges with a shortfall, from settlements that exceeded the credits they could take.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let entry = hold.settle_amount(120).wait()?.entry;
    /// assert_eq!((entry.amount.get(), entry.shortfall.get()), (-100, 20));
    /// assert_eq!(user.credit_history().with_shortfall().page()?.entries, [entry]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_shortfall(mut self) -> Self {
        self.filter.short = true;
        self
    }

    /// Returns only entries that were written under this idempotency key, on one page.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).key("job-17").now().wait()?;
    /// assert_eq!(user.credit_history().key("job-17").page()?.entries[0].amount, -10);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(mut self, key: impl Into<GivenKey>) -> Self {
        self.key = Some(key.into().0);
        self
    }

    /// The balances at evenly spaced instants from one to another, both included, for a chart: by the effective time
    /// of entries, as [`balance_at`](crate::Wallet::balance_at). There are 2 to 1,000 points; other numbers are
    /// clamped. If `to` is not after `from`, all are at `from`. Filters and the limit of the query do not matter.
    ///
    /// It reads up to 64 facts a point. Errors: `OwnerInvalid`, then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// let given = user.give_credits(100).now().wait()?.entry.recorded_at;
    /// let hour = std::time::Duration::from_secs(3_600);
    /// let points = user.credit_history().balances(given.before(hour), given.after(hour), 3)?;
    /// assert_eq!(points.iter().map(|point| point.balance.get()).collect::<Vec<_>>(), [0, 100, 100]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn balances(
        self,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
        points: usize,
    ) -> Result<Vec<BalancePoint>, Error> {
        let (id, from, to) = (self.wallet?, from.into(), to.into());
        let intervals = u32::try_from(points.clamp(2, HISTORY_PAGE_MAX) - 1).unwrap_or(u32::MAX);
        let time = to.since(from);
        let instants = (0..=intervals).map(|place| {
            // Divided first: a product may be out of range. The last point is exact.
            if place == intervals { from.after(time) } else { from.after(time / intervals * place) }
        });
        balances(&self.ledger, &id, instants)
    }

    /// Reads the page. An expiry that is due but not booked yet is not an entry.
    ///
    /// Errors in order: `OwnerInvalid`, `KeyInvalid`, then the ledger's. A cursor of another wallet gives an
    /// empty page.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// for entry in user.credit_history().limit(20).page()?.entries {
    ///     println!("{} {} {}", entry.effective_at, entry.description(), entry.formatted_amount());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(self) -> Result<HistoryPage, Error> {
        let Self { ledger, wallet, limit, from, oldest_first, filter, key } = self;
        let id = wallet?;
        if let Some(key) = key {
            return under_key(&ledger, &id, &key?, &filter);
        }
        // Reads the wallet before it takes the journal's snapshot: published facts are committed, so the
        // snapshot has them.
        let wallet = ledger.wallet(&id)?;
        let mut walk = Walk { journal: ledger.journal()?, ledger: &ledger, id: &id, wallet: &wallet };
        match (from, oldest_first) {
            (Some(PageFrom::Before(cursor)), true) => walk.older_than(cursor, limit, &filter),
            (Some(PageFrom::Before(cursor)), false) => walk.newer_than(cursor, limit, &filter),
            (Some(PageFrom::After(cursor)), true) => walk.forwards(Some(cursor), limit, &filter),
            (Some(PageFrom::After(cursor)), false) => walk.backwards(Some(cursor), limit, &filter),
            (None, true) => walk.forwards(None, limit, &filter),
            (None, false) => walk.backwards(None, limit, &filter),
        }
    }
}

/// The balance of a wallet at an instant.
pub(crate) fn balance_at(ledger: &Core, id: &WalletId, at: Timestamp) -> Result<Amount, Error> {
    let balances = balances(ledger, id, std::iter::once(at))?;
    Ok(balances.first().map_or(Amount::ZERO, |point| point.balance))
}

/// The balances of a wallet at instants that do not decrease.
fn balances(
    ledger: &Core,
    id: &WalletId,
    instants: impl Iterator<Item = Timestamp>,
) -> Result<Vec<BalancePoint>, Error> {
    let wallet = ledger.wallet(id)?;
    let mut walk = Walk { journal: ledger.journal()?, ledger, id, wallet: &wallet };
    let (mut points, mut segment) = (Vec::new(), None::<Segment>);
    for at in instants {
        let milestone = walk.milestone_before(|effective_at| effective_at > at)?;
        if segment.as_ref().is_none_or(|segment| segment.milestone != milestone) {
            segment = Some(walk.segment(milestone)?);
        }
        let (balance, facts) = segment.as_ref().map_or((Amount::ZERO, 0), |segment| segment.balance(at));
        // If no booked fact is later, expiries that are due by then are counted.
        let is_newest = milestone.saturating_mul(MILESTONE_FACTS).saturating_add(facts) == wallet.facts;
        let balance = if is_newest { wallet.at(at.min(ledger.now())).balance } else { balance };
        points.push(BalancePoint { at, balance });
    }
    Ok(points)
}

/// The balances after the facts from one milestone to the next.
struct Segment {
    /// The number of the milestone, from 0 for the beginning of the history.
    milestone: u64,
    /// The balance at the milestone.
    start: Amount,
    /// The effective time of each fact, and the balance after it.
    balances: Vec<(Timestamp, Amount)>,
}

impl Segment {
    /// The balance at an instant, and the number of facts by then.
    fn balance(&self, at: Timestamp) -> (Amount, u64) {
        let count = self.balances.partition_point(|(effective_at, _)| *effective_at <= at);
        let last = count.checked_sub(1).and_then(|last| self.balances.get(last));
        (last.map_or(self.start, |(_, balance)| *balance), count as u64)
    }
}

/// The entries of the frame under a key.
fn under_key(ledger: &Core, id: &WalletId, key: &Key, filter: &Filter) -> Result<HistoryPage, Error> {
    let booked = ledger.keyed(&Scope::Wallet(id.clone()), key)?;
    let entries = booked.iter().flat_map(|booked| {
        let entries = booked.numbered().filter_map(|(number, _)| Entry::of(ledger, booked, number));
        entries.filter(|entry| entry.key.as_ref() == Some(key) && filter.wants(entry))
    });
    Ok(HistoryPage { entries: entries.collect(), next: None, previous: None })
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

/// A fact of the wallet: its number, and its frame.
type WalletFact = (FactNumber, Booked);

/// Finds facts of a wallet by number or by ordinal.
struct Walk<'a> {
    journal: JournalReader,
    ledger: &'a Core,
    id: &'a WalletId,
    wallet: &'a Wallet,
}

impl Walk<'_> {
    /// The page that ends before a fact, of a query that returns the newest entries first.
    fn newer_than(&mut self, cursor: Cursor, limit: usize, filter: &Filter) -> Result<HistoryPage, Error> {
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
    fn older_than(&mut self, cursor: Cursor, limit: usize, filter: &Filter) -> Result<HistoryPage, Error> {
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

    fn backwards(
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

    fn forwards(
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
        let booked = self.journal.frame(number)?;
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
    fn milestone_before(&mut self, is_late: impl Fn(Timestamp) -> bool) -> Result<u64, Error> {
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

    fn segment(&mut self, milestone: u64) -> Result<Segment, Error> {
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

//! History: a wallet's entries in either order, filtered, in pages with a stable cursor.

mod balances;
mod cursor;
mod walk;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::Scope;
use crate::domain::ids::{GivenKey, Key, WalletId};
use crate::domain::limits::HISTORY_PAGE_MAX;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::entry::Entry;

use balances::balances;
pub use cursor::{Cursor, CursorError};
use walk::Walk;

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

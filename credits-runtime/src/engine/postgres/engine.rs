//! The engine over PostgreSQL, for readers: every read is a statement.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_postgres::Row;

use super::catalogues::{catalogues, declared_data, record, terms_of};
use super::database::{Database, unreadable};
use super::fetched::{RecordRow, booked, events_of, wallet};
use super::journal::LaneJournal;
use super::names::{RowName, number, to_long};
use super::position::LanePosition;
use super::statement::Statement;
use super::subscribers::Subscribers;
use crate::domain::activity::{Activity, Day, Days};
use crate::domain::amount::Amount;
#[cfg(feature = "stripe")]
use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::explain::Terms;
use crate::domain::fact::{RecordId, Scope};
use crate::domain::fingerprint::key_row;
#[cfg(feature = "stripe")]
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Asset, FactNumber, Key, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::owner_range::OwnerRange;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::totals::{Account, Totals};
use crate::domain::wallet::Wallet;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::feed::{Followed, Following};
use crate::engine::published::Counts;
use crate::engine::recovery::TermsByNumber;
use crate::engine::rows::{BillingRow, Milestone, Scheduled, decode};
use crate::engine::statistics::Statistics;
use crate::error::{LedgerError, LedgerErrorKind};

/// How often a follower looks for commits of other programs.
const LOOK_EVERY: Duration = Duration::from_millis(100);

const WALLET: &str = "SELECT last, at, body FROM wallets WHERE owner = $1 AND asset = $2";

const KEY: &str = "
    SELECT first, body FROM (
        SELECT j.first, j.body, true AS is_last FROM keys k JOIN journal j ON j.lane = k.lane AND j.number = k.number
        WHERE k.owner = $1 AND k.key = $2
        UNION ALL SELECT first, body, false FROM journal WHERE owner = $1 AND key = $2
    ) uses ORDER BY is_last DESC LIMIT 1";

const AT_ORDINAL: &str = "
    SELECT first, body, ordinal FROM journal
    WHERE owner = $1 AND record = $2 AND ordinal <= $3 ORDER BY ordinal DESC LIMIT 1";

const BALANCE_BEFORE: &str = "
    SELECT balance FROM journal
    WHERE owner = $1 AND record = $2 AND ordinal < $3 AND balance IS NOT NULL ORDER BY ordinal DESC LIMIT 1";

const OWNERS: &str = r#"
    SELECT owner FROM wallets
    WHERE asset = $1 AND owner > $2 COLLATE "C" AND starts_with(owner, $3) ORDER BY owner LIMIT $4"#;

const LOW_OWNERS: &str = r#"
    SELECT owner FROM wallets
    WHERE asset = $1 AND owner > $2 COLLATE "C" AND starts_with(owner, $3) AND balance < $5 ORDER BY owner LIMIT $4"#;

const BILLED: &str = r#"
    SELECT owner FROM records WHERE record = 'b' AND owner > $1 COLLATE "C" ORDER BY owner LIMIT $2"#;

const ATTENTION: &str = r#"
    SELECT owner FROM records WHERE attention AND record = 'b' AND owner > $1 COLLATE "C" ORDER BY owner LIMIT $2"#;

const EVENTS_AFTER: &str = "SELECT number, body FROM waiting WHERE number > $1 ORDER BY number LIMIT $2";

const SCHEDULED: &str = "
    (SELECT owner, asset, due FROM wallets WHERE due IS NOT NULL ORDER BY due LIMIT $1)
    UNION ALL (SELECT owner, NULL, due FROM records WHERE due IS NOT NULL ORDER BY due LIMIT $1)
    ORDER BY due LIMIT $1";

const ACTIVITY: &str = "
    SELECT day, asset, account, sum(gained)::text, sum(lost)::text, sum(entries)::bigint
    FROM totals WHERE day BETWEEN $1 AND $2 GROUP BY day, asset, account";

const TOTALS: &str = "
    SELECT asset, account, sum(gained - lost)::text, sum(entries)::bigint FROM totals GROUP BY asset, account";

const LANES: &str = "SELECT lane, last FROM lanes";

const OWN_LANES: &str = "SELECT lane, last FROM lanes WHERE holder = $1";

const COUNTS: &str = "SELECT coalesce(sum(facts), 0)::bigint FROM lanes";

/// The lanes of a program, and its readers.
pub(crate) struct PostgresEngine {
    pub(super) database: Arc<Database>,
    counts: Arc<Counts>,
    low_balances: LowBalances,
    is_read_only: bool,
    /// The threads of the lanes.
    lanes: Mutex<Vec<JoinHandle<()>>>,
    subscribers: Subscribers,
}

impl PostgresEngine {
    pub(super) fn new(
        database: Arc<Database>,
        counts: Arc<Counts>,
        policy: &Policy,
        is_read_only: bool,
    ) -> Self {
        let low_balances = LowBalances::of(policy.low_balance_thresholds);
        let subscribers = Subscribers::new(Arc::clone(&database));
        Self { database, counts, low_balances, is_read_only, lanes: Mutex::default(), subscribers }
    }

    /// Keeps the thread of a lane, for whose end a closing waits.
    pub(super) fn keep(&self, lane: JoinHandle<()>) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
    }

    /// The reading of the monotonic clock when a request is sent.
    #[expect(clippy::unused_self, reason = "as of the other engine")]
    pub(in crate::engine) fn sent_at(&self) -> Duration {
        SystemClock.monotonic()
    }

    /// Waits for the lanes, whose inboxes are closed.
    pub(in crate::engine) fn close(&self) {
        let lanes = std::mem::take(&mut *self.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        for lane in lanes {
            _ = lane.join();
        }
        self.database.begin_last();
        self.subscribers.give_up();
        self.database.close();
    }

    pub(in crate::engine) fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    pub(in crate::engine) fn last_at(&self) -> Timestamp {
        self.database.last_at()
    }

    fn lasts(&self) -> Result<BTreeMap<i32, FactNumber>, LedgerError> {
        self.database.positions(|| Statement::new(LANES))
    }

    /// The lanes that this program holds: those that another one took are told by that.
    fn own_lasts(&self) -> Result<BTreeMap<i32, FactNumber>, LedgerError> {
        self.database.positions(|| Statement::new(OWN_LANES).bytes(self.database.holder))
    }

    pub(in crate::engine) fn end(&self) -> Result<LanePosition, LedgerError> {
        Ok(LanePosition { lasts: self.lasts()?, is_own: false })
    }

    /// The end of the lanes that this program writes, for its handlers.
    pub(in crate::engine) fn own_end(&self) -> Result<LanePosition, LedgerError> {
        Ok(LanePosition { lasts: self.own_lasts()?, is_own: true })
    }

    /// Waits until a lane has a frame after a position, for at most the time in which other programs are looked after.
    pub(in crate::engine) fn wait(
        &self,
        after: &LanePosition,
        takes_refusals: bool,
        at_most: Option<Duration>,
    ) -> Followed {
        let seen = self.database.feed.next_fact();
        let end = if after.is_own { self.own_lasts() } else { self.lasts() };
        match end {
            Ok(lasts) => {
                let after = self.database.followed(after);
                let is_followed = |lane: &i32| !after.is_own || after.lasts.contains_key(lane);
                let end = lasts.into_iter().filter(|(lane, _)| is_followed(lane)).collect();
                if !after.has_reached(&LanePosition { lasts: end, is_own: false }) {
                    return if self.database.feed.is_closed() { Followed::Closed } else { Followed::Facts };
                }
            }
            Err(error) => tracing::warn!(%error, "new events could not be looked for; it is tried again"),
        }
        let at_most = at_most.map_or(LOOK_EVERY, |at_most| at_most.min(LOOK_EVERY));
        match self.database.feed.wait(seen, takes_refusals, Some(at_most)) {
            // A commit of this program: the next look finds it.
            Followed::Facts => Followed::TimedOut,
            other => other,
        }
    }

    pub(in crate::engine) fn advance(&self, subscriber: &str, next: &LanePosition) {
        self.subscribers.advance(subscriber, next);
    }

    pub(in crate::engine) fn save_cursors_soon(&self) {
        if let Err(error) = self.save_cursors() {
            tracing::warn!(%error, "the position of a subscriber could not be written; its last events come again after a restart");
        }
    }

    pub(in crate::engine) fn save_cursors(&self) -> Result<(), LedgerError> {
        if self.is_read_only {
            return Err(LedgerError::read_only());
        }
        self.subscribers.save()
    }

    pub(in crate::engine) fn cursor(&self, subscriber: &str) -> Result<Option<LanePosition>, LedgerError> {
        self.subscribers.cursor(subscriber)
    }

    pub(in crate::engine) fn begin_cursor(
        &self,
        subscriber: &str,
        position: &LanePosition,
    ) -> Result<LanePosition, LedgerError> {
        if self.is_read_only {
            return Err(LedgerError::read_only());
        }
        self.subscribers.begin(subscriber, position)
    }

    pub(in crate::engine) fn follow(&self, subscriber: &str) -> Result<Following<LanePosition>, LedgerError> {
        self.subscribers.follow(subscriber)
    }

    pub(in crate::engine) fn journal(&self) -> LaneJournal {
        LaneJournal::new(Arc::clone(&self.database))
    }

    pub(in crate::engine) fn wallet(&self, id: &WalletId) -> Result<Wallet, LedgerError> {
        let rows =
            self.database.read(|| Statement::new(WALLET).text(id.owner.as_str()).text(id.asset.as_str()))?;
        let Some(row) = rows.first() else { return Ok(Wallet::default()) };
        self.database.saw(Timestamp::from_microseconds(unreadable(row.try_get(1))?));
        wallet(number(unreadable(row.try_get(0))?), unreadable(row.try_get(2))?)
    }

    pub(in crate::engine) fn milestone(
        &self,
        id: &WalletId,
        ordinal: u64,
    ) -> Result<Option<Milestone>, LedgerError> {
        let RowName { owner, record } = RowName::wallet(id);
        let wanted = i64::try_from(ordinal).unwrap_or(i64::MAX);
        let rows =
            self.database.read(|| Statement::new(AT_ORDINAL).text(&owner).text(&record).long(wanted))?;
        let Some(row) = rows.first() else { return Ok(None) };
        let booked =
            booked(self.database.numbering, unreadable(row.try_get(0))?, unreadable(row.try_get(1))?)?;
        let of_wallet = |known: &RecordId| matches!(known, RecordId::Wallet(known) if known == id);
        let own = booked.numbered().filter(|(_, fact)| of_wallet(&fact.record) && fact.ordinal <= ordinal);
        let own: Vec<_> = own.collect();
        let Some((fact, last)) = own.last().filter(|(_, fact)| fact.ordinal == ordinal) else {
            return Ok(None);
        };
        let effective_at = last.body.effective_at(booked.at);
        let balance = own.iter().rev().find_map(|(_, fact)| Some(fact.body.entry()?.balance_after));
        let balance = if let Some(balance) = balance {
            balance
        } else {
            let first: i64 = unreadable(row.try_get(2))?;
            let before = || Statement::new(BALANCE_BEFORE).text(&owner).text(&record).long(first);
            let rows = self.database.read(before)?;
            Amount::new(rows.first().map_or(Ok(0), |row| unreadable(row.try_get(0)))?)
        };
        Ok(Some(Milestone { fact: *fact, effective_at, balance }))
    }

    fn record(&self, name: &RowName) -> Result<Option<RecordRow>, LedgerError> {
        record(&self.database, name)
    }

    pub(in crate::engine) fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        catalogues(&self.database)
    }

    /// The terms of the catalogues that are not known. One that cannot be read is left out.
    pub(in crate::engine) fn terms_besides(
        &self,
        known: &TermsByNumber,
    ) -> Result<TermsByNumber, LedgerError> {
        let mut found = TermsByNumber::default();
        for declared in self.catalogues()?.declared() {
            if known.contains_key(&declared.number) {
                continue;
            }
            match declared_data(&self.database, declared) {
                Ok(data) => _ = found.insert(declared.number, Arc::new(Terms::of(data))),
                Err(error) => {
                    tracing::warn!(%error, "a price list that another program declared cannot be read");
                }
            }
        }
        Ok(found)
    }

    /// The terms of every catalogue that any program has declared.
    pub(in crate::engine) fn terms(&self) -> Result<TermsByNumber, LedgerError> {
        terms_of(&self.database, &self.catalogues()?)
    }

    pub(in crate::engine) fn keyed(&self, scope: &Scope, key: &Key) -> Result<Option<Booked>, LedgerError> {
        let Some(wallet) = scope.wallet() else { return Ok(None) };
        let row = key_row(scope, key.as_str());
        let rows = self.database.read(|| Statement::new(KEY).text(wallet.owner.as_str()).bytes(row))?;
        rows.first()
            .map(|row| {
                booked(self.database.numbering, unreadable(row.try_get(0))?, unreadable(row.try_get(1))?)
            })
            .transpose()
    }

    pub(in crate::engine) fn billing(&self, owner: &Owner) -> Result<BillingRow, LedgerError> {
        let found = self.record(&RowName::billing(owner))?;
        Ok(found.as_ref().map(RecordRow::billing).transpose()?.unwrap_or_default())
    }

    #[cfg(feature = "stripe")]
    pub(in crate::engine) fn object(&self, id: &ObjectId) -> Result<Object, LedgerError> {
        let found = self.record(&RowName::object(id))?;
        Ok(found.as_ref().map(RecordRow::record).transpose()?.unwrap_or_default())
    }

    fn owners(&self, statement: impl Fn() -> Statement) -> Result<Vec<Owner>, LedgerError> {
        let rows = self.database.read(statement)?;
        let broken = || LedgerError::damaged("the name of an owner cannot be read");
        rows.iter().map(|row| Owner::stored(unreadable(row.try_get(0))?).ok_or_else(broken)).collect()
    }

    pub(in crate::engine) fn owners_of(
        &self,
        asset: &Asset,
        range: &OwnerRange,
    ) -> Result<Vec<Owner>, LedgerError> {
        self.owners(|| of_range(OWNERS, asset, range))
    }

    pub(in crate::engine) fn low_owners(
        &self,
        asset: &Asset,
        range: &OwnerRange,
    ) -> Result<Vec<Owner>, LedgerError> {
        let any = WalletId::of_asset(asset.clone(), Owner::bound(""));
        let Some(threshold) = self.low_balances.threshold(&any) else { return Ok(Vec::new()) };
        self.owners(|| of_range(LOW_OWNERS, asset, range).long(threshold.get()))
    }

    pub(in crate::engine) fn billed_owners(
        &self,
        after: Option<&Owner>,
        max: usize,
    ) -> Result<Vec<Owner>, LedgerError> {
        self.owners(|| Statement::new(BILLED).text(after.map_or("", Owner::as_str)).long(count(max)))
    }

    pub(in crate::engine) fn attention(
        &self,
        after: Option<&Owner>,
        max: usize,
    ) -> Result<Vec<Owner>, LedgerError> {
        self.owners(|| Statement::new(ATTENTION).text(after.map_or("", Owner::as_str)).long(count(max)))
    }

    pub(in crate::engine) fn waiting_room(&self) -> Result<WaitingRoom, LedgerError> {
        let found = self.record(&RowName::waiting_room())?;
        Ok(found.as_ref().map(RecordRow::record).transpose()?.unwrap_or_default())
    }

    pub(in crate::engine) fn waiting_events(
        &self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        let rows = self
            .database
            .read(|| Statement::new(EVENTS_AFTER).long(after.map_or(0, to_long)).long(count(max)))?;
        events_of(&rows).map_err(|failure| failure.into_error("the ledger cannot be read"))
    }

    pub(in crate::engine) fn scheduled(
        &self,
        max: usize,
    ) -> Result<Vec<(Timestamp, Scheduled)>, LedgerError> {
        let rows = self.database.read(|| Statement::new(SCHEDULED).long(count(max)))?;
        let scheduled = |row: &Row| {
            let (owner, asset): (&str, Option<&str>) =
                (unreadable(row.try_get(0))?, unreadable(row.try_get(1))?);
            let record = match asset {
                Some(asset) => WalletId::from_names(asset, owner).map(Scheduled::Wallet),
                None => Owner::stored(owner).map(Scheduled::Billing),
            };
            let broken = || LedgerError::damaged("the name of a record cannot be read");
            let at = Timestamp::from_microseconds(unreadable(row.try_get(2))?);
            Ok((at, record.ok_or_else(broken)?))
        };
        rows.iter().map(scheduled).collect()
    }

    pub(in crate::engine) fn activity(&self, days: RangeInclusive<Day>) -> Result<Days, LedgerError> {
        let bound = |day: &Day| i32::try_from(day.0).unwrap_or(i32::MAX);
        let (first, last) = (bound(days.start()), bound(days.end()));
        let rows = self.database.read(|| Statement::new(ACTIVITY).integer(first).integer(last))?;
        let mut found = Days::default();
        for row in &rows {
            let day: i32 = unreadable(row.try_get(0))?;
            let (asset, account) = account(row, 1)?;
            let sum =
                Activity { gained: integer(row, 3)?, lost: integer(row, 4)?, entries: entries(row, 5)? };
            found.put(Day(u32::try_from(day).unwrap_or_default()), asset, account, sum);
        }
        Ok(found)
    }

    pub(in crate::engine) fn totals(&self) -> Result<Arc<Totals>, LedgerError> {
        let rows = self.database.read(|| Statement::new(TOTALS))?;
        let mut totals = Totals::default();
        for row in &rows {
            let (asset, account) = account(row, 0)?;
            totals.put(asset, account, (integer(row, 2)?, entries(row, 3)?));
        }
        Ok(Arc::new(totals))
    }

    /// Sets the catalogue by which wallets have covers.
    pub(in crate::engine) fn put_covers(&self, catalogue: u32) -> Result<(), LedgerError> {
        let catalogue = i32::try_from(catalogue).unwrap_or(i32::MAX);
        self.database.read(|| Statement::new("UPDATE ledger SET covers = $1").integer(catalogue)).map(drop)
    }

    #[expect(clippy::unused_self, reason = "as of every engine")]
    pub(in crate::engine) fn backup(&self, _: &Path) -> Result<(), LedgerError> {
        let message = "a ledger in a database has no backup of its own: use the database's, such as `pg_basebackup` or `pg_dump`";
        Err(LedgerError::new(LedgerErrorKind::Unsupported, message))
    }

    #[expect(clippy::unused_self, reason = "as of every engine")]
    pub(in crate::engine) fn file(&self) -> Option<&Path> {
        None
    }

    /// Counts and sizes; the core adds when the ledger was opened, and how many commands wait.
    pub(in crate::engine) fn statistics(&self) -> Statistics {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let facts = || -> Option<i64> {
            self.database.read(|| Statement::new(COUNTS)).ok()?.first()?.try_get(0).ok()
        };
        Statistics {
            opened_at: Timestamp::MIN,
            facts: facts().and_then(|facts| u64::try_from(facts).ok()).unwrap_or_default(),
            commits: read(&self.counts.commits),
            commit_microseconds: read(&self.counts.commit_nanoseconds) / 1_000,
            commands: read(&self.counts.commands),
            largest_batch: read(&self.counts.largest_batch),
            queued: 0,
            checkpoints: 0,
            checkpointed_at: None,
            file_bytes: 0,
            log_bytes: 0,
            memory_bytes: 0,
        }
    }
}

fn of_range(sql: &'static str, asset: &Asset, range: &OwnerRange) -> Statement {
    let after = range.after.as_ref().map_or("", Owner::as_str);
    Statement::new(sql).text(asset.as_str()).text(after).text(&range.prefix).long(count(range.max))
}

fn count(max: usize) -> i64 {
    i64::try_from(max).unwrap_or(i64::MAX)
}

fn account(row: &Row, from: usize) -> Result<(Asset, Account), LedgerError> {
    let asset: &str = unreadable(row.try_get(from))?;
    Ok((Asset::of(asset), decode(unreadable(row.try_get(from + 1))?)?))
}

fn integer(row: &Row, column: usize) -> Result<i128, LedgerError> {
    let text: &str = unreadable(row.try_get(column))?;
    text.parse().map_err(|_| LedgerError::damaged("a sum cannot be read"))
}

fn entries(row: &Row, column: usize) -> Result<u64, LedgerError> {
    let entries: i64 = unreadable(row.try_get(column))?;
    Ok(u64::try_from(entries).unwrap_or_default())
}

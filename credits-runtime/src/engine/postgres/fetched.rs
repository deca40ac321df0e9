//! The records of one batch, as they were fetched under its locks, and those that it turned out to need.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use tokio_postgres::Row;

use super::failure::DatabaseFailure;
use super::names::{Numbering, RowName, number, to_long};
use super::statement::Statement;
use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::batch::source::{DueRecord, Source};
use crate::engine::journal::block::Head;
use crate::engine::journal::frame;
use crate::engine::rows::{BillingRow, Filing, WalletRow, decode};
use crate::error::LedgerError;

/// The records that a batch needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Wants {
    pub(super) wallets: BTreeSet<WalletId>,
    pub(super) records: BTreeSet<RowName>,
    pub(super) keys: BTreeSet<(Owner, Hash128)>,
    pub(super) frames: BTreeSet<FactNumber>,
    /// Objects whose waiting events are needed.
    pub(super) under: BTreeSet<ObjectId>,
    pub(super) events: BTreeSet<FactNumber>,
    /// Pages of waiting events: after a number, up to a number of them.
    pub(super) pages: BTreeSet<(Option<FactNumber>, usize)>,
}

/// A row of a wallet or of another record.
#[derive(Clone, Debug)]
pub(super) struct FetchedRow<T> {
    pub(super) row: T,
    /// The head of its chain.
    pub(super) head: Head,
    pub(super) floor: i64,
}

/// The fetched records.
pub(super) struct FetchedRecords {
    pub(super) numbering: Numbering,
    pub(super) wallets: HashMap<WalletId, FetchedRow<WalletRow>>,
    pub(super) records: HashMap<RowName, FetchedRow<RecordRow>>,
    pub(super) keys: HashMap<Hash128, FoundKey>,
    frames: HashMap<FactNumber, Option<Booked>>,
    under: HashMap<ObjectId, BTreeMap<FactNumber, Hash64>>,
    events: HashMap<FactNumber, WaitingEvent>,
    pages: HashMap<(Option<FactNumber>, usize), Vec<NumberedEvent>>,
    /// Records with due work.
    pub(super) due: Vec<DueRecord>,
    /// The last fact of all these records, and the latest instant of one.
    pub(super) last: FactNumber,
    pub(super) at: Timestamp,
}

/// The last use of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundKey {
    /// The first fact of the frame that used it.
    pub(super) frame: FactNumber,
    /// Whether it has a row of `keys`.
    pub(super) has_row: bool,
    /// The instant of its use, if the key may be used for another command after its retention time.
    lapsing: Option<Timestamp>,
}

/// The columns of a row of `records`.
#[derive(Clone, Debug)]
pub(super) struct RecordRow {
    pub(super) facts: i64,
    last: Option<FactNumber>,
    filing: Filing,
    body: Vec<u8>,
}

/// A waiting event and its number.
type NumberedEvent = (FactNumber, WaitingEvent);

/// The error of a record that a batch cannot read.
#[derive(Debug)]
pub(super) enum NotFetched {
    /// It must be fetched first.
    Missing,
    Failed(LedgerError),
}

impl From<LedgerError> for NotFetched {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for NotFetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("a record is not fetched yet"),
            Self::Failed(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Wants {
    /// Adds the records of other wants.
    pub(super) fn extend(&mut self, other: Self) {
        let Self { wallets, records, keys, frames, under, events, pages } = other;
        self.wallets.extend(wallets);
        self.records.extend(records);
        self.keys.extend(keys);
        self.frames.extend(frames);
        self.under.extend(under);
        self.events.extend(events);
        self.pages.extend(pages);
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { wallets, records, keys, frames, under, events, pages } = self;
        wallets.is_empty()
            && records.is_empty()
            && keys.is_empty()
            && frames.is_empty()
            && under.is_empty()
            && events.is_empty()
            && pages.is_empty()
    }

    /// The statements that fetch the records, and the readers of their rows. They lock what may change: records, then
    /// wallets, each in the order of their names, as every program does.
    pub(super) fn statements(&self, numbering: Numbering) -> Vec<(Statement, Fetch)> {
        let mut statements = Vec::new();
        let mut add = |is_wanted: bool, fetch: Fetch, statement: &dyn Fn() -> Statement| {
            if is_wanted {
                statements.push((statement(), fetch));
            }
        };
        let owners = |names: &BTreeSet<RowName>| names.iter().map(|name| name.owner.clone()).collect();
        let names = |names: &BTreeSet<RowName>| names.iter().map(|name| name.record.clone()).collect();
        // In a statement before the others: it may wait for a program that names the owner of an object, whose row only a
        // later statement sees.
        let room = BTreeSet::from([RowName::waiting_room()]);
        add(self.records.iter().any(RowName::is_of_objects), Fetch::Records, &|| {
            Statement::new(RECORDS).texts(owners(&room)).texts(names(&room))
        });
        add(!self.records.is_empty(), Fetch::Records, &|| {
            Statement::new(RECORDS).texts(owners(&self.records)).texts(names(&self.records))
        });
        add(!self.wallets.is_empty(), Fetch::Wallets, &|| {
            let owners = self.wallets.iter().map(|id| id.owner.as_str().to_owned()).collect();
            let assets = self.wallets.iter().map(|id| id.asset.as_str().to_owned()).collect();
            Statement::new(WALLETS).texts(owners).texts(assets)
        });
        add(!self.keys.is_empty(), Fetch::Keys, &|| {
            let owners = self.keys.iter().map(|(owner, _)| owner.as_str().to_owned()).collect();
            let keys = self.keys.iter().map(|(_, key)| key.to_vec()).collect();
            Statement::new(KEYS).texts(owners).byte_strings(keys)
        });
        add(!self.frames.is_empty(), Fetch::Frames, &|| {
            frames_statement(numbering, self.frames.iter().copied())
        });
        add(!self.under.is_empty(), Fetch::Under, &|| {
            Statement::new(UNDER).texts(self.under.iter().map(|id| id.as_str().to_owned()).collect())
        });
        add(!self.events.is_empty(), Fetch::Events, &|| {
            Statement::new(EVENTS).longs(self.events.iter().map(|number| to_long(*number)).collect())
        });
        for (after, max) in &self.pages {
            statements.push((events_page(*after, *max), Fetch::Page(*after, *max)));
        }
        statements
    }
}

/// The statement that finds the frames of facts.
pub(super) fn frames_statement(numbering: Numbering, numbers: impl Iterator<Item = FactNumber>) -> Statement {
    let wanted = numbers.filter_map(|number| Some((numbering.lane_of(number)?, to_long(number))));
    let (lanes, numbers) = wanted.unzip();
    Statement::new(FRAMES).integers(lanes).longs(numbers)
}

/// The statement that finds a page of waiting events.
pub(super) fn events_page(after: Option<FactNumber>, max: usize) -> Statement {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    Statement::new(EVENTS_PAGE).long(after.map_or(0, to_long)).long(max)
}

/// The kind of a statement's rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fetch {
    Wallets,
    Records,
    Keys,
    Frames,
    Under,
    Events,
    Page(Option<FactNumber>, usize),
}

const WALLETS: &str = r#"
    SELECT w.owner, w.asset, w.last, w.at, w.floor, w.head, w.body
    FROM wallets w JOIN unnest($1::text[], $2::text[]) AS wanted (owner, asset)
        ON w.owner = wanted.owner COLLATE "C" AND w.asset = wanted.asset COLLATE "C"
    ORDER BY w.owner, w.asset FOR UPDATE OF w"#;

const RECORDS: &str = r#"
    SELECT r.owner, r.record, r.facts, r.last, r.at, r.due, r.attention, r.head, r.body
    FROM records r JOIN unnest($1::text[], $2::text[]) AS wanted (owner, record)
        ON r.owner = wanted.owner COLLATE "C" AND r.record = wanted.record COLLATE "C"
    ORDER BY r.owner, r.record FOR UPDATE OF r"#;

const KEYS: &str = r#"
    SELECT wanted.key, j.first, j.body, false
    FROM unnest($1::text[], $2::bytea[]) AS wanted (owner, key)
    JOIN journal j ON j.owner = wanted.owner COLLATE "C" AND j.key = wanted.key
    UNION ALL
    SELECT wanted.key, j.first, j.body, true
    FROM unnest($1::text[], $2::bytea[]) AS wanted (owner, key)
    JOIN keys k ON k.owner = wanted.owner COLLATE "C" AND k.key = wanted.key
    JOIN journal j ON j.lane = k.lane AND j.number = k.number"#;

const FRAMES: &str = "
    SELECT wanted.number, j.first, j.body
    FROM unnest($1::int[], $2::bigint[]) AS wanted (lane, number) CROSS JOIN LATERAL (
        SELECT first, body FROM journal
        WHERE lane = wanted.lane AND number <= wanted.number ORDER BY number DESC LIMIT 1
    ) j";

const UNDER: &str = r#"SELECT object, number, hash FROM waiting_under WHERE object = ANY ($1 COLLATE "C")"#;

const EVENTS: &str = "SELECT number, body FROM waiting WHERE number = ANY ($1)";

const EVENTS_PAGE: &str = "SELECT number, body FROM waiting WHERE number > $1 ORDER BY number LIMIT $2";

impl FetchedRecords {
    pub(super) fn new(numbering: Numbering) -> Self {
        Self {
            numbering,
            wallets: HashMap::new(),
            records: HashMap::new(),
            keys: HashMap::new(),
            frames: HashMap::new(),
            under: HashMap::new(),
            events: HashMap::new(),
            pages: HashMap::new(),
            due: Vec::new(),
            last: FactNumber(0),
            at: Timestamp::MIN,
        }
    }

    /// Adds the rows of a statement.
    pub(super) fn add(&mut self, fetch: Fetch, rows: Vec<Row>) -> Result<(), DatabaseFailure> {
        match fetch {
            Fetch::Wallets => rows.iter().try_for_each(|row| self.add_wallet(row).map(drop))?,
            Fetch::Records => rows.iter().try_for_each(|row| self.add_record(row).map(drop))?,
            Fetch::Keys => {
                for row in rows {
                    let booked = booked(self.numbering, row.try_get(1)?, row.try_get(2)?)?;
                    let key: &[u8] = row.try_get(0)?;
                    let key = key.try_into().map_err(|_| LedgerError::damaged("a key cannot be read"))?;
                    let found = FoundKey {
                        frame: booked.first(),
                        has_row: row.try_get(3)?,
                        lapsing: booked.kind.key_lapses().then_some(booked.at),
                    };
                    let kept = self.keys.entry(key).or_insert(found);
                    if found.has_row {
                        *kept = found;
                    }
                    self.frames.insert(booked.first(), Some(booked));
                }
            }
            Fetch::Frames => {
                for row in rows {
                    let (wanted, booked) =
                        (number(row.try_get(0)?), booked(self.numbering, row.try_get(1)?, row.try_get(2)?)?);
                    let found = Some(booked).filter(|booked| booked.fact(wanted).is_some());
                    self.frames.insert(wanted, found);
                }
            }
            Fetch::Under => {
                for row in rows {
                    let object: &str = row.try_get(0)?;
                    let broken = || LedgerError::damaged("a row of a waiting event cannot be read");
                    let object = ObjectId::stored(object).ok_or_else(broken)?;
                    let hash: &[u8] = row.try_get(2)?;
                    let hash = hash.try_into().map_err(|_| broken())?;
                    self.under.entry(object).or_default().insert(number(row.try_get(1)?), hash);
                }
            }
            Fetch::Events => {
                for row in rows {
                    self.events.insert(number(row.try_get(0)?), decode(row.try_get(1)?)?);
                }
            }
            Fetch::Page(after, max) => {
                self.pages.insert((after, max), events_of(&rows)?);
            }
        }
        Ok(())
    }

    /// Adds a wallet; returns its name.
    pub(super) fn add_wallet(&mut self, row: &Row) -> Result<WalletId, DatabaseFailure> {
        let (id, last, at) = (wallet_id(row)?, number(row.try_get(2)?), row.try_get(3)?);
        let found = FetchedRow {
            floor: row.try_get(4)?,
            head: head(row.try_get(5)?)?,
            row: WalletRow { wallet: wallet(last, row.try_get(6)?)?, filed: Filing::default() },
        };
        self.wallets.insert(id.clone(), found);
        self.saw(last, at);
        Ok(id)
    }

    /// Adds a record; returns its name.
    pub(super) fn add_record(&mut self, row: &Row) -> Result<RowName, DatabaseFailure> {
        let name = RowName { owner: row.try_get(0)?, record: row.try_get(1)? };
        let record = record_row(row)?;
        self.saw(record.last.unwrap_or(FactNumber(0)), row.try_get(4)?);
        let found = FetchedRow { row: record, head: head(row.try_get(7)?)?, floor: 0 };
        self.records.insert(name.clone(), found);
        Ok(name)
    }

    fn saw(&mut self, last: FactNumber, at: i64) {
        self.last = self.last.max(last);
        self.at = self.at.max(Timestamp::from_microseconds(at));
    }

    /// Keeps frames that were found before: they never change.
    pub(super) fn keep_frames_of(&mut self, earlier: Self) {
        let found = earlier.frames.into_iter().filter(|(_, booked)| booked.is_some());
        self.frames.extend(found);
    }
}

/// The columns of a record, from its `facts` on.
pub(super) fn record_row(row: &Row) -> Result<RecordRow, DatabaseFailure> {
    let (last, due): (Option<i64>, Option<i64>) = (row.try_get(3)?, row.try_get(5)?);
    Ok(RecordRow {
        facts: row.try_get(2)?,
        last: last.map(number),
        filing: Filing { due: due.map(Timestamp::from_microseconds), needs_attention: row.try_get(6)? },
        body: row.try_get(8)?,
    })
}

impl RecordRow {
    pub(super) fn billing(&self) -> Result<BillingRow, LedgerError> {
        let billing = Billing { last_fact: self.last, ..decode(&self.body)? };
        Ok(BillingRow { billing, filing: self.filing })
    }

    pub(super) fn record<R: Record + for<'b> minicbor::Decode<'b, ()>>(&self) -> Result<R, LedgerError> {
        let mut record: R = decode(&self.body)?;
        *record.applied().last_fact = self.last;
        Ok(record)
    }
}

/// The wallet of a row's first two columns.
pub(super) fn wallet_id(row: &Row) -> Result<WalletId, DatabaseFailure> {
    let (owner, asset): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    let broken = || LedgerError::damaged("the names of a wallet cannot be read");
    Ok(WalletId::from_names(asset, owner).ok_or_else(broken)?)
}

/// A wallet from its last fact and its body.
pub(super) fn wallet(last: FactNumber, body: &[u8]) -> Result<Wallet, LedgerError> {
    Ok(Wallet { last_fact: Some(last), ..decode(body)? })
}

pub(super) fn head(bytes: &[u8]) -> Result<Head, LedgerError> {
    bytes.try_into().map_err(|_| LedgerError::damaged("the head of a record cannot be read"))
}

/// A frame from its first number and its body.
pub(super) fn booked(numbering: Numbering, first: i64, mut body: &[u8]) -> Result<Booked, LedgerError> {
    let first = number(first);
    let broken = || LedgerError::damaged(format!("the frame of fact {first} cannot be read"));
    let frame = frame::read(&mut body).ok_or_else(broken)?;
    Ok(Booked::new(numbering.numbers_from(first), frame))
}

/// NumberedEvent events with their numbers.
pub(super) fn events_of(rows: &[Row]) -> Result<Vec<NumberedEvent>, DatabaseFailure> {
    rows.iter().map(|row| Ok((number(row.try_get(0)?), decode(row.try_get(1)?)?))).collect()
}

/// The source of a batch: what was fetched. It notes what it lacks.
pub(super) struct FetchedSource<'a> {
    pub(super) fetched: &'a FetchedRecords,
    /// What was asked for: of this, what was not found does not exist.
    pub(super) wanted: &'a Wants,
    pub(super) missing: &'a mut Wants,
    /// Keys of spends and holds that were used before may be used for other commands.
    pub(super) keys_kept_from: Timestamp,
}

impl FetchedSource<'_> {
    fn record(&mut self, name: RowName) -> Result<Option<&RecordRow>, NotFetched> {
        if self.wanted.records.contains(&name) {
            return Ok(self.fetched.records.get(&name).map(|found| &found.row));
        }
        // A record with due work is fetched without being asked for.
        let Some(found) = self.fetched.records.get(&name) else {
            self.missing.records.insert(name);
            return Err(NotFetched::Missing);
        };
        Ok(Some(&found.row))
    }
}

impl Source for FetchedSource<'_> {
    type Error = NotFetched;

    fn is_failure(error: &NotFetched) -> bool {
        matches!(error, NotFetched::Failed(_))
    }

    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, NotFetched> {
        match self.fetched.wallets.get(id) {
            Some(found) => Ok(found.row.clone()),
            None if self.wanted.wallets.contains(id) => Ok(WalletRow::default()),
            None => {
                self.missing.wallets.insert(id.clone());
                Err(NotFetched::Missing)
            }
        }
    }

    fn frames_of_key(&mut self, wallet: &WalletId, row: &Hash128) -> Result<Vec<FactNumber>, NotFetched> {
        let wanted = (wallet.owner.clone(), *row);
        if self.wanted.keys.contains(&wanted) {
            let is_kept = |found: &&FoundKey| found.lapsing.is_none_or(|at| at >= self.keys_kept_from);
            let found = self.fetched.keys.get(row).filter(is_kept);
            return Ok(found.map(|found| found.frame).into_iter().collect());
        }
        self.missing.keys.insert(wanted);
        Err(NotFetched::Missing)
    }

    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, NotFetched> {
        if let Some(found) = self.fetched.frames.get(&number) {
            return Ok(found.clone());
        }
        if self.wanted.frames.contains(&number) || self.fetched.numbering.lane_of(number).is_none() {
            return Ok(None);
        }
        self.missing.frames.insert(number);
        Err(NotFetched::Missing)
    }

    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, NotFetched> {
        let found = self.record(RowName::billing(owner))?;
        Ok(found.map(RecordRow::billing).transpose()?.unwrap_or_default())
    }

    fn object(&mut self, id: &ObjectId) -> Result<Object, NotFetched> {
        let found = self.record(RowName::object(id))?;
        Ok(found.map(RecordRow::record).transpose()?.unwrap_or_default())
    }

    fn waiting_room(&mut self) -> Result<WaitingRoom, NotFetched> {
        let found = self.record(RowName::waiting_room())?;
        Ok(found.map(RecordRow::record).transpose()?.unwrap_or_default())
    }

    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, NotFetched> {
        if self.wanted.under.contains(id) {
            return Ok(self.fetched.under.get(id).cloned().unwrap_or_default());
        }
        self.missing.under.insert(id.clone());
        Err(NotFetched::Missing)
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, NotFetched> {
        if self.wanted.events.contains(&number) {
            return Ok(self.fetched.events.get(&number).cloned());
        }
        self.missing.events.insert(number);
        Err(NotFetched::Missing)
    }

    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, NotFetched> {
        if let Some(page) = self.fetched.pages.get(&(after, max)) {
            return Ok(page.clone());
        }
        self.missing.pages.insert((after, max));
        Err(NotFetched::Missing)
    }

    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, NotFetched> {
        Ok(self.fetched.due.iter().take(max).cloned().collect())
    }
}

//! RowVerification of a ledger in a database: every record is derived from its rows of the journal again and compared, owner
//! by owner, and every lane's frames with its chain and its sums. It needs memory for one owner, and writes go on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio_postgres::Row;

use super::database::unreadable;
use super::engine::PostgresEngine;
use super::fetched::{booked, head, record_row, wallet};
use super::journal::LaneJournal;
use super::names::{RowName, number, to_long};
use super::statement::Statement;
use super::writes::chained;
use crate::domain::audit::Audit;
use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::billing::waiting::WaitingRoom;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::explain::recomputed;
use crate::domain::fact::RecordId;
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{FactNumber, Owner, WalletId};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::engine::journal::block::Head;
use crate::engine::keys::keys_of_wallets;
use crate::engine::recovery::TermsByNumber;
use crate::engine::rows::encode;
use crate::engine::verify::{Verified, VerifyProgress};
use crate::error::LedgerError;

/// Rows of the journal, of owners and of records that are read at once.
const ROWS: i64 = 500;
const OWNERS: i64 = 200;

const FACTS: &str = "
    SELECT ((SELECT coalesce(sum(facts), 0) FROM wallets) + (SELECT coalesce(sum(facts), 0) FROM records))::bigint";

const ALL_OWNERS: &str = r#"
    SELECT owner FROM (
        (SELECT owner FROM wallets WHERE owner > $1 COLLATE "C" ORDER BY owner LIMIT $2 * 8)
        UNION (SELECT owner FROM records WHERE owner > $1 COLLATE "C" ORDER BY owner LIMIT $2)
    ) owners GROUP BY owner ORDER BY owner LIMIT $2"#;

const WALLETS: &str = "
    SELECT owner, asset, last, at, floor, head, body, facts, balance, held, debt, due FROM wallets WHERE owner = $1";

const RECORDS: &str = r#"
    SELECT owner, record, facts, last, at, due, attention, head, body FROM records
    WHERE owner = $1 AND record > $2 COLLATE "C" ORDER BY record LIMIT $3"#;

const JOURNAL: &str = "
    SELECT ordinal, facts, number, first, balance, body, key FROM journal
    WHERE owner = $1 AND record = $2 AND ordinal > $3 AND ordinal <= $4 ORDER BY ordinal LIMIT $5";

const KEYS: &str = "SELECT key, number, lane FROM keys WHERE owner = $1";

/// One statement, so that the sums are those of the lane's last frame.
const LANES: &str = "
    SELECT l.lane, l.last, l.head, t.day, t.asset, t.account, t.gained::text, t.lost::text, t.entries
    FROM lanes l LEFT JOIN totals t ON t.lane = l.lane ORDER BY l.lane";

const FRAMES: &str = "
    SELECT first, body FROM journal
    WHERE lane = $1 AND number > $2 AND number <= $3 AND number = first ORDER BY number LIMIT $4";

/// Sums of a lane by day, asset and account.
type Sums = BTreeMap<(i32, String, Vec<u8>), (i128, i128, i64)>;

/// The state of a verification.
struct RowVerification<'a> {
    engine: &'a PostgresEngine,
    terms: TermsByNumber,
    verified: Verified,
}

/// The last use of a key: the first fact of its frame, and whether the frame's row of the journal has the key.
struct UsedKey {
    frame: FactNumber,
    is_placed: bool,
}

/// Columns of a row of the journal.
struct FrameColumns<'a> {
    balance: Option<i64>,
    key: Option<&'a [u8]>,
}

/// A record of which the journal has rows.
struct Expected {
    name: RowName,
    facts: i64,
    head: Head,
}

impl PostgresEngine {
    /// Verifies everything; the first contradiction is the error.
    pub(in crate::engine) fn verify(
        &self,
        mut progress: impl FnMut(VerifyProgress),
    ) -> Result<Verified, LedgerError> {
        let of: i64 = match self.database.read(|| Statement::new(FACTS))?.first() {
            Some(row) => unreadable(row.try_get(0))?,
            None => 0,
        };
        let of = u64::try_from(of).unwrap_or_default();
        let terms = self.terms()?;
        let mut verification = RowVerification { engine: self, terms, verified: Verified::default() };
        verification.guarded(|it| it.owner(""))?;
        let mut after = String::new();
        loop {
            let rows = self.database.read(|| Statement::new(ALL_OWNERS).text(&after).long(OWNERS))?;
            for row in &rows {
                let owner: String = unreadable(row.try_get(0))?;
                verification.guarded(|it| it.owner(&owner))?;
                after = owner;
            }
            progress(VerifyProgress { facts: verification.verified.facts.min(of), of });
            if rows.is_empty() {
                break;
            }
        }
        verification.guarded(RowVerification::lanes)?;
        Ok(verification.verified)
    }

    /// Verifies the records of one owner.
    pub(in crate::engine) fn verify_owner(&self, owner: &Owner) -> Result<Verified, LedgerError> {
        let terms = self.terms()?;
        let mut verification = RowVerification { engine: self, terms, verified: Verified::default() };
        verification.guarded(|it| it.owner(owner.as_str()))?;
        Ok(verification.verified)
    }

    /// The last fact of each lane, with the head of its chain.
    pub(in crate::engine) fn heads(&self) -> Result<Vec<(FactNumber, Head)>, LedgerError> {
        let rows = self
            .database
            .read(|| Statement::new("SELECT last, head FROM lanes WHERE last > 0 ORDER BY lane"))?;
        rows.iter()
            .map(|row| Ok((number(unreadable(row.try_get(0))?), head(unreadable(row.try_get(1))?)?)))
            .collect()
    }

    /// The head of a lane's chain as of a fact; `None` if no frame ends with it.
    pub(in crate::engine) fn head_at(&self, last: FactNumber) -> Result<Option<Head>, LedgerError> {
        let Some(lane) = self.database.numbering.lane_of(last) else { return Ok(None) };
        let (mut head, mut end) = (Head::default(), FactNumber(0));
        self.each_frame(lane, last, |booked, body| {
            head = chained(&head, body);
            end = last_of(booked);
            Ok(())
        })?;
        Ok((end == last).then_some(head))
    }

    fn each_frame(
        &self,
        lane: i32,
        last: FactNumber,
        mut visit: impl FnMut(&Booked, &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut after = FactNumber(0);
        loop {
            let rows = self.database.read(|| {
                Statement::new(FRAMES).integer(lane).long(to_long(after)).long(to_long(last)).long(ROWS)
            })?;
            for row in &rows {
                let body: &[u8] = unreadable(row.try_get(1))?;
                let booked = booked(self.database.numbering, unreadable(row.try_get(0))?, body)?;
                after = last_of(&booked);
                visit(&booked, body)?;
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }
}

fn last_of(booked: &Booked) -> FactNumber {
    booked.numbered().last().map_or(booked.first(), |(number, _)| number)
}

fn contradicts(what: impl std::fmt::Display, owner: &str) -> LedgerError {
    LedgerError::damaged(format!("{what} of `{owner}`"))
}

impl RowVerification<'_> {
    /// Facts that contradict their record panic when they are applied.
    fn guarded(
        &mut self,
        verify: impl FnOnce(&mut Self) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        catch_unwind(AssertUnwindSafe(|| verify(self)))
            .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
    }

    /// Verifies the records of an owner, or those of none.
    fn owner(&mut self, owner: &str) -> Result<(), LedgerError> {
        let mut keys = HashMap::new();
        let rows = self.engine.database.read(|| Statement::new(WALLETS).text(owner))?;
        for row in &rows {
            self.wallet(row, &mut keys)?;
        }
        let mut after = String::new();
        loop {
            let rows =
                self.engine.database.read(|| Statement::new(RECORDS).text(owner).text(&after).long(ROWS))?;
            for row in &rows {
                after = unreadable(row.try_get(1))?;
                self.record(row)?;
            }
            if rows.is_empty() {
                break;
            }
        }
        self.keys(owner, &keys)
    }

    fn wallet(&mut self, row: &Row, keys: &mut HashMap<Hash128, UsedKey>) -> Result<(), LedgerError> {
        let (owner, asset): (&str, &str) = (unreadable(row.try_get(0))?, unreadable(row.try_get(1))?);
        let broken = || contradicts("the name of a wallet cannot be read", owner);
        let id = WalletId::from_names(asset, owner).ok_or_else(broken)?;
        let stored = wallet(number(unreadable(row.try_get(2))?), unreadable(row.try_get(6))?)?;
        let expected = Expected {
            name: RowName::wallet(&id),
            facts: unreadable(row.try_get(7))?,
            head: head(unreadable(row.try_get(5))?)?,
        };
        let (mut derived, mut audit) = (Wallet::default(), Audit::default());
        let terms = std::mem::take(&mut self.terms);
        let walked = self.journal(&expected, |booked, row| {
            for (number, fact) in booked.numbered() {
                if !matches!(&fact.record, RecordId::Wallet(of) if *of == id) {
                    continue;
                }
                if let Body::Charged { charge, settles: None, .. } = &fact.body {
                    let price =
                        terms.get(&charge.operation.catalogue).and_then(|terms| recomputed(terms, charge));
                    if price.is_some_and(|price| price != charge.price) {
                        return Err(contradicts(
                            format!("the price of fact {number} is not what its terms say, in a wallet"),
                            owner,
                        ));
                    }
                }
                audit
                    .add(number, fact)
                    .map_err(|what| LedgerError::damaged(format!("in `{owner}`, {what}")))?;
                derived.apply(number, fact);
            }
            let mut placed = row.key;
            for (key, _) in keys_of_wallets(booked).filter(|(_, of)| **of == id) {
                let is_placed = placed == Some(&key[..]) && !keys.contains_key(&key);
                placed = placed.filter(|_| !is_placed);
                keys.insert(key, UsedKey { frame: booked.first(), is_placed });
            }
            if placed.is_some() {
                return Err(contradicts(format!("the key of fact {} is another one", booked.first()), owner));
            }
            if row.balance.is_some_and(|balance| balance != derived.balance.get()) {
                return Err(contradicts(
                    format!("the balance after fact {} is another one", last_of(booked)),
                    owner,
                ));
            }
            Ok(())
        });
        self.terms = terms;
        walked?;
        audit.compare(&derived).map_err(|what| LedgerError::damaged(format!("in `{owner}`, {what}")))?;
        let due: Option<i64> = unreadable(row.try_get(11))?;
        let columns: [i64; 3] =
            [unreadable(row.try_get(8))?, unreadable(row.try_get(9))?, unreadable(row.try_get(10))?];
        let is_equal = encode(&derived) == encode(&stored)
            && derived.last_fact == stored.last_fact
            && columns == [derived.balance.get(), derived.held().get(), derived.debt.get()]
            && due == derived.next_due_at().map(Timestamp::microseconds);
        if !is_equal {
            return Err(contradicts("the wallet is not the result of its facts, that", owner));
        }
        self.verified.wallets = self.verified.wallets.saturating_add(1);
        self.verified.grants = self.verified.grants.saturating_add(audit.grants() as u64);
        Ok(())
    }

    fn record(&mut self, row: &Row) -> Result<(), LedgerError> {
        let name = RowName { owner: unreadable(row.try_get(0))?, record: unreadable(row.try_get(1))? };
        let stored = record_row(row).map_err(|failure| failure.into_error("the ledger cannot be read"))?;
        let expected = Expected { name, facts: stored.facts, head: head(unreadable(row.try_get(7))?)? };
        let (name, is_equal) = (
            expected.name.clone(),
            match expected.name.record.get(..1) {
                Some("b") => self.derived::<Billing>(&expected)? == encode(&stored.record::<Billing>()?),
                Some("o") => self.derived::<Object>(&expected)? == encode(&stored.record::<Object>()?),
                Some("r") => {
                    self.derived::<WaitingRoom>(&expected)? == encode(&stored.record::<WaitingRoom>()?)
                }
                Some("c") => {
                    self.derived::<Catalogues>(&expected)? == encode(&stored.record::<Catalogues>()?)
                }
                _ => false,
            },
        );
        if is_equal {
            Ok(())
        } else {
            Err(contradicts(format!("record `{}` is not the result of its facts", name.record), &name.owner))
        }
    }

    /// A record, derived from its facts, encoded.
    fn derived<R: Record + Default + minicbor::Encode<()>>(
        &mut self,
        expected: &Expected,
    ) -> Result<Vec<u8>, LedgerError> {
        let mut record = R::default();
        self.journal(expected, |booked, row| {
            if row.key.is_some() {
                let record = &expected.name.record;
                return Err(contradicts(format!("record `{record}` has a key"), &expected.name.owner));
            }
            let own = booked.numbered().filter(|(_, fact)| RowName::of(&fact.record) == expected.name);
            own.for_each(|(number, fact)| _ = record.apply(number, fact));
            Ok(())
        })?;
        Ok(encode(&record))
    }

    /// Visits the frames of a record, each with columns of its row, and checks the chain and the places.
    fn journal(
        &mut self,
        Expected { name, facts, head: expected }: &Expected,
        mut visit: impl FnMut(&Booked, FrameColumns<'_>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let (mut ordinal, mut head, mut last) = (0_i64, Head::default(), FactNumber(0));
        while ordinal < *facts {
            let rows = self.engine.database.read(|| {
                let statement = Statement::new(JOURNAL).text(&name.owner).text(&name.record);
                statement.long(ordinal).long(*facts).long(ROWS)
            })?;
            if rows.is_empty() {
                return Err(contradicts(
                    format!("fact {} of record `{}` is missing", ordinal + 1, name.record),
                    &name.owner,
                ));
            }
            for row in &rows {
                let (first, count): (i64, i32) = (unreadable(row.try_get(0))?, unreadable(row.try_get(1))?);
                let body: &[u8] = unreadable(row.try_get(5))?;
                let booked = booked(self.engine.database.numbering, unreadable(row.try_get(3))?, body)?;
                let begins = number(unreadable(row.try_get(2))?);
                let own: Vec<_> =
                    booked.numbered().filter(|(_, fact)| RowName::of(&fact.record) == *name).collect();
                let is_placed = own.first().is_some_and(|(number, fact)| {
                    *number == begins && i64::try_from(fact.ordinal) == Ok(first) && *number > last
                });
                if first != ordinal + 1 || !is_placed || i32::try_from(own.len()) != Ok(count) {
                    return Err(contradicts(
                        format!("fact {begins} of record `{}` is out of place", name.record),
                        &name.owner,
                    ));
                }
                head = chained(&head, body);
                (ordinal, last) =
                    (ordinal + i64::from(count), own.last().map_or(last, |(number, _)| *number));
                self.verified.facts =
                    self.verified.facts.saturating_add(u64::try_from(count).unwrap_or_default());
                visit(
                    &booked,
                    FrameColumns { balance: unreadable(row.try_get(4))?, key: unreadable(row.try_get(6))? },
                )?;
            }
        }
        if ordinal == *facts && head == *expected {
            Ok(())
        } else {
            Err(contradicts(format!("the chain of record `{}` is broken", name.record), &name.owner))
        }
    }

    /// Checks the rows of the keys of an owner.
    fn keys(&mut self, owner: &str, used: &HashMap<Hash128, UsedKey>) -> Result<(), LedgerError> {
        let rows = self.engine.database.read(|| Statement::new(KEYS).text(owner))?;
        let mut known = HashSet::with_capacity(rows.len());
        for row in &rows {
            let key: &[u8] = unreadable(row.try_get(0))?;
            let key: Hash128 = key.try_into().map_err(|_| contradicts("a key cannot be read", owner))?;
            let (found, last) = (number(unreadable(row.try_get(1))?), used.get(&key));
            let lane: i32 = unreadable(row.try_get(2))?;
            if self.engine.database.numbering.lane_of(found) != Some(lane) {
                return Err(contradicts(
                    format!("a key names lane {lane}, which has no fact {found},"),
                    owner,
                ));
            }
            let is_last = last.is_some_and(|last| last.frame == found && !last.is_placed);
            // It may have been used again since its wallet was read.
            let is_later = || last.is_none_or(|last| last.frame < found);
            if !(is_last || is_later() && self.uses(found, &key)?) {
                return Err(contradicts(
                    format!("a key names fact {found}, which is not its last use,"),
                    owner,
                ));
            }
            known.insert(key);
        }
        if let Some((_, lost)) = used.iter().find(|(key, last)| !last.is_placed && !known.contains(*key)) {
            return Err(contradicts(format!("a key of fact {} is missing", lost.frame), owner));
        }
        self.verified.keys = self.verified.keys.saturating_add(used.len() as u64);
        Ok(())
    }

    /// Whether the frame of this fact uses a key.
    fn uses(&self, number: FactNumber, key: &Hash128) -> Result<bool, LedgerError> {
        let booked = LaneJournal::new(Arc::clone(&self.engine.database)).frame(number)?;
        Ok(keys_of_wallets(&booked).any(|(used, _)| used == *key))
    }

    /// Checks the chain and the sums of every lane.
    fn lanes(&mut self) -> Result<(), LedgerError> {
        let rows = self.engine.database.read(|| Statement::new(LANES))?;
        let mut lanes = BTreeMap::<i32, (FactNumber, Vec<u8>, Sums)>::new();
        for row in &rows {
            let lane: i32 = unreadable(row.try_get(0))?;
            let (last, head): (i64, Vec<u8>) = (unreadable(row.try_get(1))?, unreadable(row.try_get(2))?);
            let (_, _, sums) = lanes.entry(lane).or_insert_with(|| (number(last), head, Sums::new()));
            let Some(day) = unreadable(row.try_get::<_, Option<i32>>(3))? else { continue };
            let sum = |column| -> Result<i128, LedgerError> {
                let text: &str = unreadable(row.try_get(column))?;
                text.parse().map_err(|_| LedgerError::damaged("a sum cannot be read"))
            };
            let key = (day, unreadable(row.try_get(4))?, unreadable(row.try_get(5))?);
            sums.insert(key, (sum(6)?, sum(7)?, unreadable(row.try_get(8))?));
        }
        for (lane, (last, stored, sums)) in lanes {
            let (mut head, mut totals, mut frames) = (Head::default(), Totals::default(), 0_u64);
            self.engine.each_frame(lane, last, |booked, body| {
                head = chained(&head, body);
                frames = frames.saturating_add(1);
                booked.numbered().for_each(|(number, fact)| totals.apply(number, fact, booked.at));
                Ok(())
            })?;
            self.verified.frames = self.verified.frames.saturating_add(frames);
            if frames > 0 && stored != head {
                return Err(LedgerError::damaged(format!("the chain of lane {lane} is broken")));
            }
            let mut derived = Sums::new();
            for (day, activity) in &totals.days.0 {
                for (asset, account, sum) in activity.iter() {
                    let key = (
                        i32::try_from(day.0).unwrap_or(i32::MAX),
                        asset.as_str().to_owned(),
                        encode(account),
                    );
                    let entries = i64::try_from(sum.entries).unwrap_or(i64::MAX);
                    derived.insert(key, (sum.gained, sum.lost, entries));
                }
            }
            if derived != sums {
                return Err(LedgerError::damaged(format!(
                    "the totals of lane {lane} are not the sums of its entries"
                )));
            }
        }
        Ok(())
    }
}

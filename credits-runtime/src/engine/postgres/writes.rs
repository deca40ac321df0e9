//! The statements that write a sealed batch. Each changes one table, and the database refuses what contradicts it: a key that
//! was used twice, two frames at one place of a record, a balance below its floor, a row that another transaction changed.
//!
//! Rows are added in the order of their names, as they are locked: two programs that add the same rows wait for each other in
//! one order.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::fetched::FetchedRecords;
use super::names::{MOVED_LANE, RowName, to_long};
use super::statement::Statement;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::fact::{Frame, Kind, RecordId};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::batch::waiting::event_hash;
use crate::engine::journal::block::Head;
use crate::engine::journal::frame;
use crate::engine::keys::keys_of_wallets;
use crate::engine::rows::encode;
use crate::error::LedgerError;

const JOURNAL: &str = "
    INSERT INTO journal (owner, record, ordinal, facts, lane, number, first, at, balance, key, body)
    SELECT owner, record, ordinal, facts, $1, number, first, at, balance, key, body
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
        $10::bytea[], $11::bytea[]) AS rows (owner, record, ordinal, facts, number, first, at, balance, key, body)
    ORDER BY owner COLLATE \"C\", record COLLATE \"C\", ordinal";

const NEW_KEYS: &str = r#"
    INSERT INTO keys (owner, key, lane, number)
    SELECT owner, key, $1, number FROM unnest($2::text[], $3::bytea[], $4::bigint[]) AS rows (owner, key, number)
    ORDER BY owner COLLATE "C", key"#;

/// The division by zero refuses a batch whose rows are not those that it was decided on.
const USED_KEYS: &str = r#"
    WITH changed AS (
        UPDATE keys k SET lane = $1, number = rows.number
        FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::bigint[]) AS rows (owner, key, number, before)
        WHERE k.owner = rows.owner COLLATE "C" AND k.key = rows.key AND k.number = rows.before
        RETURNING 1
    ) SELECT 1 / (count(*) = $6)::int FROM changed"#;

const NEW_WALLETS: &str = r#"
    INSERT INTO wallets (owner, asset, facts, last, balance, held, debt, floor, at, due, head, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[], $12::bytea[]) AS rows (owner, asset)
    ORDER BY owner COLLATE "C", asset COLLATE "C""#;

/// The balance is the database's own sum.
const WALLETS: &str = r#"
    WITH changed AS (
        UPDATE wallets w
        SET facts = rows.facts, last = rows.last, balance = w.balance + rows.delta, held = rows.held, debt = rows.debt,
            floor = least(w.floor, rows.floor), at = rows.at, due = rows.due, head = rows.head, body = rows.body
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[], $12::bytea[], $13::bigint[])
            AS rows (owner, asset, facts, last, delta, held, debt, floor, at, due, head, body, before)
        WHERE w.owner = rows.owner COLLATE "C" AND w.asset = rows.asset COLLATE "C" AND w.facts = rows.before
        RETURNING 1
    ) SELECT 1 / (count(*) = $14)::int FROM changed"#;

const NEW_RECORDS: &str = r#"
    INSERT INTO records (owner, record, facts, last, at, due, attention, head, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[],
        $8::bytea[], $9::bytea[]) AS rows (owner, record) ORDER BY owner COLLATE "C", record COLLATE "C""#;

const RECORDS: &str = r#"
    WITH changed AS (
        UPDATE records r
        SET facts = rows.facts, last = rows.last, at = rows.at, due = rows.due, attention = rows.attention, head = rows.head,
            body = rows.body
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[],
            $8::bytea[], $9::bytea[], $10::bigint[])
            AS rows (owner, record, facts, last, at, due, attention, head, body, before)
        WHERE r.owner = rows.owner COLLATE "C" AND r.record = rows.record COLLATE "C" AND r.facts = rows.before
        RETURNING 1
    ) SELECT 1 / (count(*) = $11)::int FROM changed"#;

const TOTALS: &str = "
    INSERT INTO totals AS t (lane, day, asset, account, gained, lost, entries)
    SELECT $1, day, asset, account, gained::numeric, lost::numeric, entries
    FROM unnest($2::int[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::bigint[])
        AS rows (day, asset, account, gained, lost, entries)
    ON CONFLICT (lane, day, asset, account) DO UPDATE
    SET gained = t.gained + excluded.gained, lost = t.lost + excluded.lost, entries = t.entries + excluded.entries";

const WAITING: &str = "INSERT INTO waiting (number, body) SELECT * FROM unnest($1::bigint[], $2::bytea[])";
const WAITING_UNDER: &str = "
    INSERT INTO waiting_under (object, number, hash) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])";
const LEFT: &str = "DELETE FROM waiting WHERE number = ANY ($1)";
const LEFT_UNDER: &str = "DELETE FROM waiting_under WHERE number = ANY ($1)";

/// What a batch writes.
pub(super) struct Writes {
    pub(super) statements: Vec<Statement>,
    /// The head of the lane after its frames.
    pub(super) head: Head,
    /// The number of its facts.
    pub(super) facts: i64,
    /// The first number of its first frame, and that frame's bytes, by which a lost commit is found.
    pub(super) first_frame: Option<(FactNumber, Vec<u8>)>,
}

/// The heads of records, and the wallets that may owe because of the batch.
struct Chains<'a> {
    fetched: &'a FetchedRecords,
    heads: HashMap<RowName, Head>,
    owing: HashSet<WalletId>,
    /// Whether any wallet may, because the facts were decided under other settings.
    all_may_owe: bool,
}

impl Chains<'_> {
    /// Adds a frame to a record's chain.
    fn add(&mut self, name: &RowName, record: &RecordId, body: &[u8]) {
        let head = self.heads.entry(name.clone()).or_insert_with(|| match record {
            RecordId::Wallet(id) => {
                self.fetched.wallets.get(id).map_or_else(Head::default, |found| found.head)
            }
            _ => self.fetched.records.get(name).map_or_else(Head::default, |found| found.head),
        });
        *head = chained(head, body);
    }

    fn may_owe(&self, id: &WalletId) -> bool {
        self.all_may_owe || self.owing.contains(id)
    }

    fn head(&self, name: &RowName, before: Option<Head>) -> Vec<u8> {
        self.heads.get(name).copied().or(before).unwrap_or_default().to_vec()
    }
}

/// The head of a chain after these bytes.
pub(super) fn chained(head: &Head, bytes: &[u8]) -> Head {
    Sha256::new().chain_update(head).chain_update(bytes).finalize().into()
}

/// The rows of the journal.
#[derive(Default)]
struct JournalRows {
    owners: Vec<String>,
    records: Vec<String>,
    ordinals: Vec<i64>,
    facts: Vec<i32>,
    numbers: Vec<i64>,
    firsts: Vec<i64>,
    instants: Vec<i64>,
    balances: Vec<Option<i64>>,
    keys: Vec<Option<Vec<u8>>>,
    bodies: Vec<Vec<u8>>,
}

/// The rows of `keys`.
#[derive(Default)]
struct KeyRows {
    owners: Vec<String>,
    keys: Vec<Vec<u8>>,
    numbers: Vec<i64>,
    before: Vec<i64>,
}

/// The keys that a batch uses.
struct NotedKeys<'a> {
    fetched: &'a FetchedRecords,
    /// Those that have their places in rows of the journal.
    placed: HashSet<Hash128>,
    /// The other ones, each with its owner and the first fact of the frame that uses it last.
    others: HashMap<Hash128, (String, FactNumber)>,
}

impl Writes {
    /// The statements that write a batch over these records, in a lane with this head.
    pub(super) fn of(
        batch: &SealedBatch,
        fetched: &FetchedRecords,
        policy: &Policy,
        (lane, head): (i32, Head),
    ) -> Result<Self, LedgerError> {
        let mut writes = Self { statements: Vec::new(), head, facts: 0, first_frame: None };
        let mut chains =
            Chains { fetched, heads: HashMap::new(), owing: HashSet::new(), all_may_owe: lane == MOVED_LANE };
        let mut rows = JournalRows::default();
        let mut keys = NotedKeys { fetched, placed: HashSet::new(), others: HashMap::new() };
        let (mut rest, mut numbers) = (&batch.frames[..], fetched.numbering.numbers_from(batch.began));
        while !rest.is_empty() {
            let before = rest;
            let broken = || LedgerError::damaged("a frame that was just written cannot be read");
            let frame = frame::read(&mut rest).ok_or_else(broken)?;
            let body = before.get(..before.len().saturating_sub(rest.len())).unwrap_or_default();
            if writes.first_frame.is_none() {
                writes.first_frame = Some((numbers.first(), body.to_vec()));
            }
            writes.head = chained(&writes.head, body);
            let rows_of_frame = rows.add(&frame, numbers, body, &mut chains);
            keys.note(&frame, numbers.first(), &mut rows, rows_of_frame);
            writes.facts = writes.facts.saturating_add(length(&frame.facts));
            numbers = numbers.after(frame.facts.len());
        }
        if !rows.owners.is_empty() {
            writes.statements.push(rows.statement(lane));
        }
        writes.add_keys(lane, keys);
        writes.add_records(batch, fetched, &chains);
        let overdraft = policy.negative_balance_max.map_or(0, Amount::get);
        writes.add_wallets(batch, fetched, &chains, overdraft);
        writes.add_totals(lane, batch);
        writes.add_waiting(batch);
        Ok(writes)
    }

    fn add_keys(&mut self, lane: i32, NotedKeys { fetched, others, .. }: NotedKeys<'_>) {
        let (mut new, mut again) = (KeyRows::default(), KeyRows::default());
        for (key, (owner, number)) in others {
            let before = fetched.keys.get(&key).filter(|found| found.has_row).map(|found| found.frame);
            let rows = if before.is_some() { &mut again } else { &mut new };
            rows.owners.push(owner);
            rows.keys.push(key.to_vec());
            rows.numbers.push(to_long(number));
            rows.before.extend(before.map(to_long));
        }
        let statement = |sql, KeyRows { owners, keys, numbers, .. }: KeyRows| {
            Statement::new(sql).integer(lane).texts(owners).byte_strings(keys).longs(numbers)
        };
        if !new.owners.is_empty() {
            self.statements.push(statement(NEW_KEYS, new));
        }
        if !again.owners.is_empty() {
            let before = std::mem::take(&mut again.before);
            let count = length(&before);
            self.statements.push(statement(USED_KEYS, again).longs(before).long(count));
        }
    }

    fn add_wallets(
        &mut self,
        batch: &SealedBatch,
        fetched: &FetchedRecords,
        chains: &Chains<'_>,
        overdraft: i64,
    ) {
        let (mut new, mut changed) = (WalletRows::default(), WalletRows::default());
        for (id, loaded) in batch.wallets.changed() {
            let (found, wallet) = (fetched.wallets.get(id), &loaded.wallet);
            // A wallet that was only looked at for due work has no new facts.
            let Some(last) = wallet.last_fact else { continue };
            let rows = if found.is_some() { &mut changed } else { &mut new };
            let before = found.map(|found| (found.row.wallet.balance, found.row.wallet.facts));
            rows.owners.push(id.owner.as_str().to_owned());
            rows.assets.push(id.asset.as_str().to_owned());
            rows.facts.push(long(wallet.facts));
            rows.lasts.push(to_long(last));
            rows.amounts
                .push(wallet.balance.minus(before.map_or(Amount::ZERO, |(balance, _)| balance)).get());
            rows.held.push(wallet.held().get());
            rows.debts.push(wallet.debt.get());
            let floor = found.map_or(0, |found| found.floor).min(overdraft.saturating_neg());
            let owed = wallet.balance.minus(wallet.held()).min(wallet.debt.negated()).get();
            rows.floors.push(if chains.may_owe(id) { floor.min(owed) } else { floor });
            rows.instants.push(batch.position.last_at.microseconds());
            rows.due.push(wallet.next_due_at().map(Timestamp::microseconds));
            rows.heads.push(chains.head(&RowName::wallet(id), found.map(|found| found.head)));
            rows.bodies.push(encode(wallet));
            rows.before.extend(before.map(|(_, facts)| long(facts)));
        }
        if !new.owners.is_empty() {
            self.statements.push(new.statement(NEW_WALLETS));
        }
        if !changed.owners.is_empty() {
            let before = std::mem::take(&mut changed.before);
            let count = length(&before);
            self.statements.push(changed.statement(WALLETS).longs(before).long(count));
        }
    }

    fn add_records(&mut self, batch: &SealedBatch, fetched: &FetchedRecords, chains: &Chains<'_>) {
        let (mut new, mut changed) = (RecordRows::default(), RecordRows::default());
        let mut add = |name: RowName,
                       (facts, last): (u64, Option<FactNumber>),
                       filing: (Option<Timestamp>, bool),
                       body| {
            let found = fetched.records.get(&name);
            let rows = if found.is_some() { &mut changed } else { &mut new };
            rows.heads.push(chains.head(&name, found.map(|found| found.head)));
            rows.owners.push(name.owner);
            rows.records.push(name.record);
            rows.facts.push(long(facts));
            rows.lasts.push(last.map(to_long));
            rows.instants.push(batch.position.last_at.microseconds());
            rows.due.push(filing.0.map(Timestamp::microseconds));
            rows.attention.push(filing.1);
            rows.bodies.push(body);
            rows.before.extend(found.map(|found| found.row.facts));
        };
        for (owner, loaded) in batch.billings.iter().filter(|(_, loaded)| loaded.is_changed) {
            let (billing, filing) = (&loaded.billing, loaded.filing);
            let counts = (billing.facts, billing.last_fact);
            add(RowName::billing(owner), counts, (filing.due, filing.needs_attention), encode(billing));
        }
        for (id, loaded) in batch.objects.iter().filter(|(_, loaded)| loaded.is_changed) {
            let counts = (loaded.object.facts, loaded.object.last_fact);
            add(RowName::object(id), counts, (None, false), encode(&loaded.object));
        }
        if let Some(loaded) = batch.waiting.as_deref().filter(|loaded| loaded.is_changed) {
            let counts = (loaded.room.facts, loaded.room.last_fact);
            add(RowName::waiting_room(), counts, (None, false), encode(&loaded.room));
        }
        if let Some(list) = &batch.catalogues {
            add(RowName::catalogues(), (list.facts(), list.last_fact), (None, false), encode(list));
        }
        if !new.owners.is_empty() {
            self.statements.push(new.statement(NEW_RECORDS));
        }
        if !changed.owners.is_empty() {
            let before = std::mem::take(&mut changed.before);
            let count = length(&before);
            self.statements.push(changed.statement(RECORDS).longs(before).long(count));
        }
    }

    fn add_totals(&mut self, lane: i32, batch: &SealedBatch) {
        let (mut days, mut assets, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut gained, mut lost, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (day, activity) in &batch.position.totals.days.0 {
            for (asset, account, sum) in activity.iter() {
                days.push(i32::try_from(day.0).unwrap_or(i32::MAX));
                assets.push(asset.as_str().to_owned());
                accounts.push(encode(account));
                gained.push(sum.gained.to_string());
                lost.push(sum.lost.to_string());
                entries.push(long(sum.entries));
            }
        }
        if !days.is_empty() {
            let statement =
                Statement::new(TOTALS).integer(lane).integers(days).texts(assets).byte_strings(accounts);
            self.statements.push(statement.texts(gained).texts(lost).longs(entries));
        }
    }

    fn add_waiting(&mut self, batch: &SealedBatch) {
        let Some(loaded) = batch.waiting.as_deref().filter(|loaded| loaded.is_changed) else { return };
        let kept = || loaded.kept.iter();
        if !loaded.kept.is_empty() {
            let numbers = kept().map(|(number, _)| to_long(*number)).collect();
            let bodies = kept().map(|(_, event)| encode(event)).collect();
            self.statements.push(Statement::new(WAITING).longs(numbers).byte_strings(bodies));
            let under = kept().flat_map(|(number, event)| event.under().map(move |id| (id, number, event)));
            let (mut objects, mut numbers, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
            for (id, number, event) in under {
                objects.push(id.as_str().to_owned());
                numbers.push(to_long(*number));
                hashes.push(event_hash(&event.event).to_vec());
            }
            self.statements
                .push(Statement::new(WAITING_UNDER).texts(objects).longs(numbers).byte_strings(hashes));
        }
        if !loaded.left.is_empty() {
            let left: Vec<i64> = loaded.left.keys().map(|number| to_long(*number)).collect();
            self.statements.push(Statement::new(LEFT).longs(left.clone()));
            self.statements.push(Statement::new(LEFT_UNDER).longs(left));
        }
    }
}

impl JournalRows {
    /// Adds a row for each record of a frame, and returns the places of the rows.
    fn add(&mut self, frame: &Frame, numbers: Numbers, body: &[u8], chains: &mut Chains<'_>) -> Range<usize> {
        let begins = self.owners.len();
        for (place, fact) in frame.facts.iter().enumerate() {
            let name = RowName::of(&fact.record);
            let known = (begins..self.owners.len()).find(|at| {
                self.owners.get(*at) == Some(&name.owner) && self.records.get(*at) == Some(&name.record)
            });
            let balance = match &fact.record {
                RecordId::Wallet(_) => fact.body.entry().map(|entry| entry.balance_after.get()),
                _ => None,
            };
            if let Some(at) = known {
                if let Some(facts) = self.facts.get_mut(at) {
                    *facts = facts.saturating_add(1);
                }
                if let (Some(known), Some(_)) = (self.balances.get_mut(at), balance) {
                    *known = balance;
                }
            } else {
                chains.add(&name, &fact.record, body);
                self.owners.push(name.owner);
                self.records.push(name.record);
                self.ordinals.push(long(fact.ordinal));
                self.facts.push(1);
                self.numbers.push(to_long(numbers.at(place)));
                self.firsts.push(to_long(numbers.first()));
                self.instants.push(frame.at.microseconds());
                self.balances.push(balance);
                self.keys.push(None);
                self.bodies.push(body.to_vec());
            }
            if let RecordId::Wallet(id) = &fact.record {
                chains.note_owing(id, frame.kind, &fact.body);
            }
        }
        begins..self.owners.len()
    }

    /// Puts a key into the row of its wallet among these rows; returns whether there is such a row without a key.
    fn place_key(&mut self, mut among: Range<usize>, wallet: &WalletId, key: &Hash128) -> bool {
        let name = RowName::wallet(wallet);
        let row = among.find(|at| {
            self.owners.get(*at) == Some(&name.owner) && self.records.get(*at) == Some(&name.record)
        });
        match row.and_then(|at| self.keys.get_mut(at)) {
            Some(place @ None) => {
                *place = Some(key.to_vec());
                true
            }
            _ => false,
        }
    }

    fn statement(self, lane: i32) -> Statement {
        Statement::new(JOURNAL)
            .integer(lane)
            .texts(self.owners)
            .texts(self.records)
            .longs(self.ordinals)
            .integers(self.facts)
            .longs(self.numbers)
            .longs(self.firsts)
            .longs(self.instants)
            .long_options(self.balances)
            .byte_string_options(self.keys)
            .byte_strings(self.bodies)
    }
}

impl NotedKeys<'_> {
    /// Notes the keys of a frame with these rows of the journal. A key has its place there when it is used for the first time.
    fn note(&mut self, frame: &Frame, first: FactNumber, rows: &mut JournalRows, of_frame: Range<usize>) {
        for (key, wallet) in keys_of_wallets(frame) {
            let is_known = self.fetched.keys.contains_key(&key)
                || self.placed.contains(&key)
                || self.others.contains_key(&key);
            if !is_known && rows.place_key(of_frame.clone(), wallet, &key) {
                self.placed.insert(key);
            } else {
                self.others.insert(key, (wallet.owner.as_str().to_owned(), first));
            }
        }
    }
}

impl Chains<'_> {
    /// Notes that a wallet may owe after a fact: any may, but a spend or a hold that stays within what is there.
    fn note_owing(&mut self, id: &WalletId, kind: Kind, body: &Body) {
        let owes = matches!(body, Body::Charged { owed, .. } if owed.is_positive());
        if owes || !matches!(kind, Kind::Spend | Kind::Hold) {
            self.owing.insert(id.clone());
        }
    }
}

#[derive(Default)]
struct WalletRows {
    owners: Vec<String>,
    assets: Vec<String>,
    facts: Vec<i64>,
    lasts: Vec<i64>,
    /// The balances of new wallets, and the changes of other ones.
    amounts: Vec<i64>,
    held: Vec<i64>,
    debts: Vec<i64>,
    floors: Vec<i64>,
    instants: Vec<i64>,
    due: Vec<Option<i64>>,
    heads: Vec<Vec<u8>>,
    bodies: Vec<Vec<u8>>,
    before: Vec<i64>,
}

impl WalletRows {
    fn statement(self, sql: &'static str) -> Statement {
        Statement::new(sql)
            .texts(self.owners)
            .texts(self.assets)
            .longs(self.facts)
            .longs(self.lasts)
            .longs(self.amounts)
            .longs(self.held)
            .longs(self.debts)
            .longs(self.floors)
            .longs(self.instants)
            .long_options(self.due)
            .byte_strings(self.heads)
            .byte_strings(self.bodies)
    }
}

#[derive(Default)]
struct RecordRows {
    owners: Vec<String>,
    records: Vec<String>,
    facts: Vec<i64>,
    lasts: Vec<Option<i64>>,
    instants: Vec<i64>,
    due: Vec<Option<i64>>,
    attention: Vec<bool>,
    heads: Vec<Vec<u8>>,
    bodies: Vec<Vec<u8>>,
    before: Vec<i64>,
}

impl RecordRows {
    fn statement(self, sql: &'static str) -> Statement {
        Statement::new(sql)
            .texts(self.owners)
            .texts(self.records)
            .longs(self.facts)
            .long_options(self.lasts)
            .longs(self.instants)
            .long_options(self.due)
            .flags(self.attention)
            .byte_strings(self.heads)
            .byte_strings(self.bodies)
    }
}

fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn length<T>(values: &[T]) -> i64 {
    i64::try_from(values.len()).unwrap_or(i64::MAX)
}

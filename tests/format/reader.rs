//! An independent reader of the file, written from `docs/FORMAT.md`: it shares no code with the ledger.

use std::collections::BTreeMap;

use minicbor::Decoder;
use minicbor::data::Type;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use sha2::{Digest, Sha256};

use super::frames::Bytes;
use super::{fixture, opened, pages};

/// A CBOR value of the format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Flag(bool),
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Pairs(Vec<(Value, Value)>),
}

impl Value {
    pub(super) fn read(decoder: &mut Decoder<'_>) -> Self {
        match decoder.datatype().unwrap() {
            Type::Null => {
                decoder.null().unwrap();
                Self::Nothing
            }
            Type::Bool => Self::Flag(decoder.bool().unwrap()),
            Type::String => Self::Text(decoder.str().unwrap().to_owned()),
            Type::Bytes => Self::Bytes(decoder.bytes().unwrap().to_vec()),
            Type::Array => {
                let length = decoder.array().unwrap().unwrap();
                Self::List((0..length).map(|_| Self::read(decoder)).collect())
            }
            Type::Map => {
                let length = decoder.map().unwrap().unwrap();
                Self::Pairs((0..length).map(|_| (Self::read(decoder), Self::read(decoder))).collect())
            }
            _ => Self::Integer(decoder.i64().unwrap()),
        }
    }

    fn of(bytes: &[u8]) -> Self {
        let mut decoder = Decoder::new(bytes);
        let value = Self::read(&mut decoder);
        assert_eq!(decoder.position(), bytes.len(), "something follows a value");
        value
    }

    pub(super) fn list(&self) -> &[Self] {
        let Self::List(values) = self else { panic!("{self:?} is no list") };
        values
    }

    pub(super) fn integer(&self) -> i64 {
        let Self::Integer(value) = self else { panic!("{self:?} is no integer") };
        *value
    }

    fn text(&self) -> &str {
        let Self::Text(text) = self else { panic!("{self:?} is no text") };
        text
    }

    /// The number of the variant, and its fields.
    fn choice(&self) -> (i64, &[Self]) {
        let [variant, fields] = self.list() else { panic!("{self:?} is no choice") };
        (variant.integer(), fields.list())
    }
}

/// Sum of the amounts of allocations or parts.
fn sum(parts: &Value) -> i64 {
    parts.list().iter().map(|part| part.list()[1].integer()).sum()
}

/// Amount and balance after of an entry; `None` for a body that makes no entry.
fn movement(body: &Value) -> Option<(i64, i64)> {
    let (code, fields) = body.choice();
    let at = |place: usize| fields[place].integer();
    match code {
        0 | 4 | 5 | 6 | 9 | 17..=32 | 36..=40 => None,
        1 => Some((at(0), at(6))),
        2 => Some((-sum(&fields[1]) - at(6), at(5))),
        3 => Some((-sum(&fields[1]) - at(4), at(3))),
        7 => Some((-at(1), at(3))),
        8 => Some((0, at(2))),
        10 => Some((at(1), at(4))),
        11 => Some((-sum(&fields[1]), at(4))),
        12 => Some((at(2), at(7))),
        13 => Some((-sum(&fields[2]) - at(3), at(5))),
        14 => Some((sum(&fields[2]), at(4))),
        15 => Some((-sum(&fields[1]) - at(2), at(4))),
        16 => Some((sum(&fields[1]), at(3))),
        35 => Some((sum(&fields[1]) + at(2) + at(3), at(8))),
        other => panic!("a body of code {other}"),
    }
}

/// An entry: its number, owner, asset, amount and the balance after it.
type Line = (i64, String, String, i64, i64);

/// Contents of the journal: entries, the next fact, the head, and the codes of all bodies.
struct Journal {
    lines: Vec<Line>,
    next: i64,
    head: Vec<u8>,
    codes: Vec<i64>,
    /// First fact and key hash of each frame under an owner's key of credits.
    keys: Vec<(i64, u128)>,
}

fn read_journal(database: &Database) -> Journal {
    let transaction = database.begin_read().unwrap();
    let open = |name| transaction.open_table(TableDefinition::<u64, &[u8]>::new(name));
    let mut read =
        Journal { lines: Vec::new(), next: 1, head: vec![0; 32], codes: Vec::new(), keys: Vec::new() };
    let mut records: BTreeMap<String, (Value, i64)> = BTreeMap::new();
    let mut last_time = 0;
    for row in open("journal").unwrap().iter().unwrap() {
        let (first, block) = row.unwrap();
        assert_eq!(i64::try_from(first.value()).unwrap(), read.next);
        let (head, rest) = block.value().split_at(32);
        let (previous, frames) = rest.split_at(32);
        assert_eq!(previous, read.head);
        read.head = Sha256::new().chain_update(previous).chain_update(frames).finalize().to_vec();
        assert_eq!(head, read.head);
        let mut frames = Bytes(frames);
        while !frames.0.is_empty() {
            let frame = frames.frame();
            let [kind, scope, key, _fingerprint, time, facts] = frame.list() else { panic!("{frame:?}") };
            if let ((1, [wallet]), 1..=11 | 14) = (scope.choice(), kind.integer()) {
                let [asset, owner] = [0, 1].map(|place| wallet.list()[place].text());
                if asset.is_empty() {
                    read.keys.push((read.next, hash_of(owner, key.text())));
                }
            }
            assert!(time.integer() >= last_time);
            last_time = time.integer();
            for fact in facts.list() {
                let [record, previous, ordinal, body] = fact.list() else { panic!("{fact:?}") };
                let known =
                    records.insert(format!("{record:?}"), (Value::Integer(read.next), ordinal.integer()));
                let (last, count) = known.unwrap_or((Value::Nothing, 0));
                assert_eq!((previous, ordinal.integer()), (&last, count + 1));
                read.codes.push(body.choice().0);
                if let ((1, [id]), Some((amount, after))) = (record.choice(), movement(body)) {
                    let [asset, owner] = [0, 1].map(|place| id.list()[place].text().to_owned());
                    read.lines.push((read.next, owner, asset, amount, after));
                }
                read.next += 1;
            }
        }
    }
    read
}

#[test]
fn the_documents_reader_finds_every_entry_and_balance() {
    let (mut codes, mut kinds) = (Vec::new(), Vec::new());
    for name in ["wallets", "sale"] {
        let (more_codes, more_kinds) = read_all(name);
        codes.extend(more_codes);
        kinds.extend(more_kinds);
    }
    for seen in [&mut codes, &mut kinds] {
        seen.sort_unstable();
        seen.dedup();
    }
    assert!(
        codes.iter().copied().eq((0..=32).chain(35..=40)),
        "the fixtures have bodies of the codes {codes:?} alone"
    );
    assert!(kinds.iter().copied().eq(1..=12), "the fixtures have rows of the kinds {kinds:?} alone");
}

/// Reads a ledger by the document. Returns the codes of its bodies and the kinds of its rows of views.
fn read_all(name: &str) -> (Vec<i64>, Vec<i64>) {
    let (_folder, path) = opened(&format!("{name}.redb"));
    let database = Database::open(&path).unwrap();
    let Journal { lines, next, codes, .. } = read_journal(&database);
    let expected = std::fs::read_to_string(fixture(&format!("{name}.jsonl"))).unwrap();
    let expected: Vec<Line> =
        expected.lines().map(|line| line_of(&serde_json::from_str(line).unwrap())).collect();
    assert_eq!(lines, expected);
    let read = database.begin_read().unwrap();
    let meta = read.open_table(TableDefinition::<&str, &[u8]>::new("meta")).unwrap();
    let covered = Value::of(meta.get("covered").unwrap().unwrap().value());
    let [replay_from, _keys] = covered.list() else { panic!("{covered:?}") };
    assert_eq!(replay_from.integer(), next);
    let log = Value::of(meta.get("log").unwrap().unwrap().value());
    let [Value::Bytes(lineage), Value::Flag(false), _session, Value::Bytes(covered)] = log.list() else {
        panic!("{log:?}")
    };
    assert_eq!((lineage.len(), covered.len()), (16, 16));

    let mut balances: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (_, owner, asset, _, after) in &lines {
        balances.insert((owner.clone(), asset.clone()), *after);
    }
    let views = read.open_table(TableDefinition::<&[u8], &[u8]>::new("views")).unwrap();
    let (mut kinds, mut milestones, mut facts) = (Vec::new(), 0, 0);
    for row in views.iter().unwrap() {
        let (key, value) = row.unwrap();
        let (kind, rest) = key.value().split_first().unwrap();
        kinds.push(i64::from(*kind));
        milestones += i64::from(*kind == 3);
        if *kind == 2 {
            let (asset, owner) = rest[1..].split_at(usize::from(rest[0]));
            let [asset, owner] = [asset, owner].map(|name| String::from_utf8(name.to_vec()).unwrap());
            let wallet = Value::of(&value.value()[17..]);
            facts += wallet.list()[0].integer() / 64;
            assert_eq!(wallet.list()[1].integer(), balances.remove(&(owner, asset)).unwrap());
            // Credits left in the grants, less the debt, are the balance.
            let left: i64 = wallet.list()[2]
                .list()
                .iter()
                .map(|grant| grant.list()[1].integer() + grant.list()[2].integer())
                .sum();
            assert_eq!(left - wallet.list()[4].integer(), wallet.list()[1].integer());
        }
    }
    assert_eq!((balances, milestones), (BTreeMap::new(), facts));
    (codes, kinds)
}

fn line_of(line: &serde_json::Value) -> Line {
    let [number, amount, after] =
        ["number", "amount", "balance_after"].map(|name| line[name].as_i64().unwrap());
    let [owner, asset] = ["owner", "asset"].map(|name| line[name].as_str().unwrap().to_owned());
    (number, owner, if asset == "credits" { String::new() } else { asset }, amount, after)
}

/// Hash of an owner's key.
fn hash_of(owner: &str, key: &str) -> u128 {
    let fields: [&[u8]; 4] = [&[1], b"", owner.as_bytes(), key.as_bytes()];
    let hash = fields.iter().fold(Sha256::new(), |hash, field| {
        hash.chain_update((field.len() as u64).to_be_bytes()).chain_update(field)
    });
    u128::from_be_bytes(hash.finalize()[..16].try_into().unwrap())
}

/// Frames that the segments list under a key.
fn frames_of(database: &Database, hash: u128) -> Vec<i64> {
    let read = database.begin_read().unwrap();
    let meta = read.open_table(TableDefinition::<&str, &[u8]>::new("meta")).unwrap();
    let covered = Value::of(meta.get("covered").unwrap().unwrap().value());
    let [_from, _lapsed, segments] = covered.list()[1].list() else { panic!("{covered:?}") };
    let rows = read.open_table(TableDefinition::<&[u8], &[u8]>::new("segments")).unwrap();
    let prefix = u64::try_from(hash >> 80).unwrap();
    let mut found = Vec::new();
    for segment in segments.list() {
        let [number, _lapses, keys, from, _to, _until] = segment.list() else { panic!("{segment:?}") };
        let number = u32::try_from(number.integer()).unwrap().to_be_bytes();
        let (mut frames, mut count, mut filter) = (Vec::new(), 0, Vec::new());
        for row in rows.range(&number[..]..).unwrap().map(Result::unwrap) {
            let (key, value) = (row.0.value().to_vec(), row.1.value().to_vec());
            match pages::first_of(&key) {
                _ if key[..4] != number => break,
                None => filter.extend(value),
                Some(first) => {
                    let entries = pages::read(first, &value);
                    count += i64::try_from(entries.len()).unwrap();
                    frames.extend(entries.iter().filter(|entry| entry.0 == prefix).map(|entry| entry.1));
                }
            }
        }
        assert_eq!(count, keys.integer());
        let words: Vec<u32> =
            filter.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        let blocks = (count * 16 + 255) / 256;
        assert_eq!(i64::try_from(words.len()).unwrap(), blocks * 8);
        let block = usize::try_from((u128::from(prefix) * u128::try_from(blocks).unwrap()) >> 48).unwrap();
        let salts = [
            0x47b6_137b_u32,
            0x4497_4d91,
            0x8824_ad5b,
            0xa2b7_289d,
            0x7054_95c7,
            0x2df1_424b,
            0x9efc_4947,
            0x5c6b_fb31,
        ];
        let low = u32::try_from(prefix & 0xFFFF_FFFF).unwrap();
        let mut bits = salts.iter().zip(&words[block * 8..]);
        let may_have = bits.all(|(salt, word)| word >> (low.wrapping_mul(*salt) >> 27) & 1 == 1);
        assert!(may_have || frames.is_empty(), "a filter denies a key");
        found.extend(frames.iter().map(|frame| from.integer() + i64::try_from(*frame).unwrap()));
    }
    found
}

#[test]
fn a_key_is_in_the_segment_that_the_document_says() {
    let (_folder, path) = opened("sale.redb");
    let database = Database::open(&path).unwrap();
    let (mut sealed, mut absent) = (0, 0);
    for (first, hash) in read_journal(&database).keys {
        let frames = frames_of(&database, hash);
        sealed += usize::from(frames.contains(&first));
        absent += usize::from(frames.is_empty());
    }
    assert!(sealed > 10 && absent < 9, "{sealed} keys are in segments, {absent} are not");
    assert!(frames_of(&database, hash_of("nobody", "none")).is_empty());
}

//! Rows: the keys and values of the tables, for blocks, records, segments and the ledger's state.
//!
//! Records encode themselves as CBOR with numbered fields; this file adds the bytes before them, and the keys.
//! docs/FORMAT.md describes the file. It does not know tables.

use minicbor::{Decode, Encode};

use super::journal::block::Block;
use super::journal::cbor::instant;
pub(crate) use super::journal::cbor::{decode, encode};
use crate::domain::activity::Day;
use crate::domain::amount::Amount;
use crate::domain::billing::record::Billing;
use crate::domain::fingerprint::sha256;
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;

/// The version of the file's format. Ledgers of other versions are refused.
pub(crate) const FORMAT: u32 = 1;

/// The checkpoint state: the facts from which recovery replays the journal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CheckpointState {
    /// The first fact that rows of records may lack.
    #[n(0)]
    pub(crate) replay_from: FactNumber,
    /// Where keys are.
    #[n(1)]
    pub(crate) keys: KeysState,
}

impl Default for CheckpointState {
    fn default() -> Self {
        Self { replay_from: FactNumber::FIRST, keys: KeysState::default() }
    }
}

/// The state of a ledger's log, which binds the log to the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct LogState {
    /// The random id of the log. Records of another lineage are ignored.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) lineage: [u8; 16],
    /// Whether the log may have records that the file lacks.
    #[n(1)]
    pub(crate) is_open: bool,
    /// Number of the last opening for writing. Of two records of one fact, the later session's is valid.
    #[n(2)]
    pub(crate) session: u64,
    /// The checksum of the last record whose facts the file has.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) covered: [u8; 16],
}

/// Where keys are.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct KeysState {
    /// The first fact whose key is in no segment: recovery reads such keys from the frames.
    #[n(0)]
    pub(crate) from: FactNumber,
    /// Lapsing keys of frames before this fact may have been dropped.
    #[n(1)]
    pub(crate) lapsed: FactNumber,
    /// Newest first.
    #[n(2)]
    pub(crate) segments: Vec<SegmentRow>,
}

impl Default for KeysState {
    fn default() -> Self {
        Self { from: FactNumber::FIRST, lapsed: FactNumber::FIRST, segments: Vec::new() }
    }
}

/// The entry of a segment in the checkpoint state. A segment is a sorted, immutable run of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SegmentRow {
    /// The first part of the keys of its rows.
    #[n(0)]
    pub(crate) number: u32,
    /// Whether its keys may be dropped after their retention time.
    #[n(1)]
    pub(crate) lapses: bool,
    /// The number of its keys.
    #[n(2)]
    pub(crate) keys: u64,
    /// Its frames begin at this fact or later.
    #[n(3)]
    pub(crate) from: FactNumber,
    /// Its frames begin before this fact.
    #[n(4)]
    pub(crate) to: FactNumber,
    /// An instant that is not before any use of its keys.
    #[n(5)]
    pub(crate) until: Timestamp,
}

const HEAD_BYTES: usize = 32;

/// Encodes a block: its head, the head before it, its frames.
pub(crate) fn block_to_bytes(block: &Block) -> Vec<u8> {
    [&block.head()[..], &block.previous_head, &block.frames].concat()
}

/// Decodes a block; fails unless its head is the hash of its contents.
pub(crate) fn block_from_bytes(first: FactNumber, bytes: &[u8]) -> Result<Block, LedgerError> {
    let previous_head = bytes.get(HEAD_BYTES..).and_then(<[u8]>::first_chunk);
    let block = Block::of(first, *previous_head.ok_or_else(|| altered(first))?, block_frames(bytes));
    if bytes.starts_with(&block.head()) { Ok(block) } else { Err(altered(first)) }
}

/// Fails unless the head of an encoded block is the hash of its contents.
pub(crate) fn check_block(first: FactNumber, bytes: &[u8]) -> Result<(), LedgerError> {
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| altered(first))?;
    if rest.len() >= HEAD_BYTES && sha256(rest) == *head { Ok(()) } else { Err(altered(first)) }
}

/// The frames of an encoded block; empty if it is too short.
pub(crate) fn block_frames(bytes: &[u8]) -> &[u8] {
    bytes.get(2 * HEAD_BYTES..).unwrap_or_default()
}

fn altered(first: FactNumber) -> LedgerError {
    LedgerError::damaged(format!("the block of fact {first} is not what was written"))
}

/// The key of the catalogues' row in `views`.
pub(crate) const CATALOGUES_KEY: &[u8] = &[1];

/// The key of a wallet's row in `views`: `2 | length of the asset | asset | owner`.
pub(crate) fn wallet_key(WalletId { asset, owner }: &WalletId) -> Vec<u8> {
    let asset = asset.as_str().as_bytes();
    let length = u8::try_from(asset.len()).unwrap_or(u8::MAX);
    [&[2, length], asset, owner.as_str().as_bytes()].concat()
}

/// The key of the totals' row in `views`.
pub(crate) const TOTALS_KEY: &[u8] = &[5];

/// The key of the row of a day's activity in `views`: `12 | bits of the day, inverted`. The last day is first.
pub(crate) fn day_key(day: Day) -> Vec<u8> {
    [&[12][..], &(!day.0).to_be_bytes()].concat()
}

/// The range of the keys of all days.
pub(crate) const DAY_KEYS: (&[u8], &[u8]) = (&[12], &[13]);

/// The day of a key.
pub(crate) fn day_from_key(key: &[u8]) -> Option<Day> {
    let (&[12], day) = key.split_first_chunk()? else { return None };
    Some(Day(!u32::from_be_bytes(day.try_into().ok()?)))
}

/// The key of the row of an owner's billing in `views`: `6 | owner`.
pub(crate) fn billing_key(owner: &Owner) -> Vec<u8> {
    [&[6], owner.as_str().as_bytes()].concat()
}

/// The range of the keys of all billing rows.
pub(crate) const BILLING_KEYS: (&[u8], &[u8]) = (&[6], &[7]);

/// The owner of a billing row's key.
pub(crate) fn billing_from_key(key: &[u8]) -> Option<Owner> {
    let (&[6], owner) = key.split_first_chunk()? else { return None };
    Owner::stored(std::str::from_utf8(owner).ok()?)
}

/// The key of the row of an object at a payment processor in `views`: `7 | id`.
pub(crate) fn object_key(id: &ObjectId) -> Vec<u8> {
    [&[7], id.as_str().as_bytes()].concat()
}

/// The object of a row's key.
pub(crate) fn object_from_key(key: &[u8]) -> Option<ObjectId> {
    let (&[7], id) = key.split_first_chunk()? else { return None };
    ObjectId::stored(std::str::from_utf8(id).ok()?)
}

/// The key of the waiting room's row in `views`.
pub(crate) const WAITING_ROOM_KEY: &[u8] = &[9];

/// The key of a waiting event's row in `views`: `10 | number of its fact`.
pub(crate) fn waiting_event_key(number: FactNumber) -> Vec<u8> {
    [&[10][..], &number.get().to_be_bytes()].concat()
}

/// The range of the keys of all waiting events.
pub(crate) const WAITING_EVENT_KEYS: (&[u8], &[u8]) = (&[10], &[11]);

/// The number of a waiting event's key.
pub(crate) fn waiting_event_from_key(key: &[u8]) -> Option<FactNumber> {
    let (&[10], number) = key.split_first_chunk()? else { return None };
    fact_number(number.try_into().ok()?)
}

/// The key of a row that indexes a waiting event by an object, in `views`: `11 | length of the id | id | number`.
pub(crate) fn waiting_key(id: &ObjectId, number: FactNumber) -> Vec<u8> {
    [&waiting_prefix(id)[..], &number.get().to_be_bytes()].concat()
}

/// The range of the index keys of an object.
pub(crate) fn waiting_keys(id: &ObjectId) -> (Vec<u8>, Vec<u8>) {
    (waiting_prefix(id), [&waiting_prefix(id)[..], &u64::MAX.to_be_bytes()].concat())
}

fn waiting_prefix(id: &ObjectId) -> Vec<u8> {
    let id = id.as_str().as_bytes();
    [&[11, u8::try_from(id.len()).unwrap_or(u8::MAX)], id].concat()
}

/// The object and the event's number of an index key.
pub(crate) fn waiting_from_key(key: &[u8]) -> Option<(ObjectId, FactNumber)> {
    let (&[11, length], rest) = key.split_first_chunk()? else { return None };
    let (id, number) = rest.split_at_checked(usize::from(length))?;
    Some((ObjectId::stored(std::str::from_utf8(id).ok()?)?, fact_number(number.try_into().ok()?)?))
}

/// The key of the row that lists a record for attention, in `views`: `8 | key of the record`.
pub(crate) fn attention_key(record: &[u8]) -> Vec<u8> {
    [&[8], record].concat()
}

/// The range of the keys of all billing listed for attention.
pub(crate) const BILLING_ATTENTION_KEYS: (&[u8], &[u8]) = (&[8, 6], &[8, 7]);

/// The key of the row of the thresholds by which wallets are listed for attention, in `views`.
pub(crate) const LOW_BALANCES_KEY: &[u8] = &[8];

/// The key of the row of the catalogue by which covers are, in `views`.
pub(crate) const COVERS_KEY: &[u8] = &[8, 0];

/// The range of the keys of all wallets.
pub(crate) const WALLET_KEYS: (&[u8], &[u8]) = (&[2], &[3]);

/// The key of a record's row in the agenda, in `views`: `4 | due instant | key of the record`.
pub(crate) fn agenda_key(due: Timestamp, record: &[u8]) -> Vec<u8> {
    [&[4][..], &due.microseconds().to_be_bytes(), record].concat()
}

/// The range of the keys of all agenda rows.
pub(crate) const AGENDA_KEYS: (&[u8], &[u8]) = (&[4], &[5]);

/// A record with due work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheduled {
    Wallet(WalletId),
    Billing(Owner),
}

/// The due instant and the record of an agenda key.
pub(crate) fn agenda_from_key(key: &[u8]) -> Result<(Timestamp, Scheduled), LedgerError> {
    let broken = || LedgerError::damaged("a row of the agenda cannot be read");
    let (due, record) = key.get(1..).and_then(<[u8]>::split_first_chunk).ok_or_else(broken)?;
    let due = instant(i64::from_be_bytes(*due)).ok_or_else(broken)?;
    let wallet = wallet_from_key(record).map(Scheduled::Wallet);
    let record = wallet.or_else(|| billing_from_key(record).map(Scheduled::Billing));
    Ok((due, record.ok_or_else(broken)?))
}

/// The wallet of a row's key.
pub(crate) fn wallet_from_key(key: &[u8]) -> Option<WalletId> {
    let (&[2, length], rest) = key.split_first_chunk()? else { return None };
    let (asset, owner) = rest.split_at_checked(usize::from(length))?;
    WalletId::from_names(std::str::from_utf8(asset).ok()?, std::str::from_utf8(owner).ok()?)
}

/// The key of a milestone of a wallet's history: `3 | asset | owner | ordinal`, names with their lengths.
pub(crate) fn milestone_key(WalletId { asset, owner }: &WalletId, ordinal: u64) -> Vec<u8> {
    let named = |name: &str| [&[u8::try_from(name.len()).unwrap_or(u8::MAX)], name.as_bytes()].concat();
    [&[3][..], &named(asset.as_str()), &named(owner.as_str()), &ordinal.to_be_bytes()].concat()
}

/// A milestone: the state of a wallet's history at one of its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Milestone {
    /// The number of the fact.
    #[n(0)]
    pub(crate) fact: FactNumber,
    /// The instant from which the fact is effective.
    #[n(1)]
    pub(crate) effective_at: Timestamp,
    /// The balance after it.
    #[n(2)]
    pub(crate) balance: Amount,
}

/// A wallet, and the contents of its other rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct WalletRow {
    pub(crate) wallet: Wallet,
    pub(crate) filed: Filing,
}

/// An owner's billing, and the contents of its other rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct BillingRow {
    pub(crate) billing: Billing,
    pub(crate) filing: Filing,
}

/// The instant of a record's row in the agenda, and whether it is on the list of records that need attention: billing
/// with unsolved entries, and wallets with a low balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filing {
    pub(crate) due: Option<Timestamp>,
    pub(crate) needs_attention: bool,
}

/// Encodes a wallet's row: the number of its last fact, its filing, its body.
pub(crate) fn wallet_to_bytes(wallet: &Wallet, filed: Filing) -> Vec<u8> {
    filed_record(wallet.last_fact, filed, &encode(wallet))
}

/// Decodes a wallet's row.
pub(crate) fn wallet_from_bytes(bytes: &[u8]) -> Result<WalletRow, LedgerError> {
    let broken = || LedgerError::damaged("the row of a wallet cannot be read");
    let (last_fact, filed, body) = filed_parts(bytes).ok_or_else(broken)?;
    Ok(WalletRow { wallet: Wallet { last_fact, ..decode(body)? }, filed })
}

/// Encodes a billing row: the number of its last fact, its filing, its body.
pub(crate) fn billing_to_bytes(billing: &Billing, filing: Filing) -> Vec<u8> {
    filed_record(billing.last_fact, filing, &encode(billing))
}

/// Decodes a billing row.
pub(crate) fn billing_from_bytes(bytes: &[u8]) -> Result<BillingRow, LedgerError> {
    let broken = || LedgerError::damaged("a row of billing cannot be read");
    let (last_fact, filing, body) = filed_parts(bytes).ok_or_else(broken)?;
    Ok(BillingRow { billing: Billing { last_fact, ..decode(body)? }, filing })
}

fn filed_record(last_fact: Option<FactNumber>, filing: Filing, body: &[u8]) -> Vec<u8> {
    let due = filing.due.map_or(0, Timestamp::microseconds);
    let last_fact = last_fact.map_or(0, FactNumber::get);
    let needs_attention = u8::from(filing.needs_attention);
    [&last_fact.to_be_bytes()[..], &due.to_be_bytes(), &[needs_attention], body].concat()
}

fn filed_parts(bytes: &[u8]) -> Option<(Option<FactNumber>, Filing, &[u8])> {
    let (last_fact, rest) = bytes.split_first_chunk()?;
    let (due, rest) = rest.split_first_chunk()?;
    let (&[listed], body) = rest.split_first_chunk()?;
    let due = match i64::from_be_bytes(*due) {
        0 => None,
        due => Some(instant(due)?),
    };
    let needs_attention = match listed {
        0 => false,
        1 => true,
        _ => return None,
    };
    Some((fact_number(*last_fact), Filing { due, needs_attention }, body))
}

/// Decodes the totals.
pub(crate) fn totals_from_bytes(bytes: &[u8]) -> Result<Totals, LedgerError> {
    let (last_fact, mut totals) = fact_and_body::<Totals>(bytes)?;
    totals.last_fact = last_fact;
    Ok(totals)
}

/// Encodes a record: the number of its last fact, its body.
pub(crate) fn record_to_bytes(last_fact: Option<FactNumber>, body: &impl Encode<()>) -> Vec<u8> {
    [&last_fact.map_or(0, FactNumber::get).to_be_bytes()[..], &encode(body)].concat()
}

/// Decodes a record.
pub(crate) fn record_from_bytes<R: Record + for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<R, LedgerError> {
    let (last_fact, mut record) = fact_and_body::<R>(bytes)?;
    *record.applied().last_fact = last_fact;
    Ok(record)
}

fn fact_and_body<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<(Option<FactNumber>, T), LedgerError> {
    let broken = || LedgerError::damaged("a record cannot be read");
    let (last_fact, body) = bytes.split_first_chunk().ok_or_else(broken)?;
    Ok((fact_number(*last_fact), decode(body)?))
}

fn fact_number(bytes: [u8; 8]) -> Option<FactNumber> {
    Some(FactNumber(u64::from_be_bytes(bytes))).filter(|number| *number >= FactNumber::FIRST)
}

/// The prefix of a key's hash, by which segments are sorted. Keys may share a prefix: the frame has the whole key.
pub(crate) type Prefix = u64;

/// A page of a segment, and its first prefix.
pub(crate) type SegmentPage = (Prefix, Vec<u8>);

/// The key of a page of a segment: `number | 0 | first prefix`.
pub(crate) fn segment_page_key(number: u32, first: Prefix) -> Vec<u8> {
    [&number.to_be_bytes()[..], &[0], &first.to_be_bytes()].concat()
}

/// The first prefix of a page, by the page's key.
pub(crate) fn segment_page_from_key(key: &[u8]) -> Option<Prefix> {
    let (&[0], first) = key.get(4..)?.split_first_chunk()? else { return None };
    first.try_into().ok().map(u64::from_be_bytes)
}

/// The key of a row of a segment's filter: `number | 1 | index`.
pub(crate) fn segment_filter_key(number: u32, place: usize) -> Vec<u8> {
    [&number.to_be_bytes()[..], &[1], &(place as u64).to_be_bytes()].concat()
}

/// The end of the key range of a segment's rows.
pub(crate) fn segment_end(number: u32) -> Vec<u8> {
    [&number.to_be_bytes()[..], &[2]].concat()
}

/// The number of the segment that a row belongs to.
pub(crate) fn segment_of_key(key: &[u8]) -> Option<u32> {
    key.first_chunk().map(|number| u32::from_be_bytes(*number))
}

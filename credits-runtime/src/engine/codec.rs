//! Bytes: how frames, blocks, records, key rows and the ledger's state are written.
//!
//! It decides no format question twice: facts and records encode themselves (CBOR with numbered fields), this
//! file adds the frames around them. ARCHITECTURE.md describes the file.

use minicbor::{Decode, Encode};

use super::journal::{Block, Head};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{FactNumber, WalletId};
use crate::error::LedgerError;

/// The version of the file's format; a ledger with a larger one is refused.
pub(crate) const FORMAT: u32 = 1;

/// What a commit leaves behind besides its rows: where the journal ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct State {
    /// The number of the next fact.
    #[n(0)]
    pub(crate) next_fact: FactNumber,
    /// From which fact on records may lack facts.
    #[n(1)]
    pub(crate) replay_from: FactNumber,
    /// The first fact of the last block.
    #[n(2)]
    pub(crate) tail: FactNumber,
    /// The head of the chain.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) head: Head,
}

/// What a key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRow {
    /// The first fact of the frame.
    pub(crate) frame: FactNumber,
    /// Of the command.
    pub(crate) fingerprint: Hash128,
}

const HEAD_BYTES: usize = 32;

/// A block: head, the head before it, frames.
pub(crate) fn block_to_bytes(block: &Block) -> Vec<u8> {
    [&block.head()[..], &block.previous_head, &block.frames].concat()
}

/// A block whose head is the hash of what it holds.
pub(crate) fn block_from_bytes(first: FactNumber, bytes: &[u8]) -> Result<Block, LedgerError> {
    let broken = || LedgerError::damaged(format!("the block of fact {first} is not what was written"));
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or_else(broken)?;
    let (previous_head, frames) = rest.split_first_chunk::<HEAD_BYTES>().ok_or_else(broken)?;
    let block = Block::of(first, *previous_head, frames);
    if block.head() == *head { Ok(block) } else { Err(broken()) }
}

/// The key of the catalogues' row in `views`.
pub(crate) const CATALOGUES_KEY: &[u8] = &[1];

/// The key of a wallet's row in `views`: `2 | length of the asset | asset | owner`.
pub(crate) fn wallet_key(WalletId { asset, owner }: &WalletId) -> Vec<u8> {
    let asset = asset.as_str().as_bytes();
    let length = u8::try_from(asset.len()).unwrap_or(u8::MAX);
    [&[2, length], asset, owner.as_str().as_bytes()].concat()
}

/// A record: the number of its last fact, its body.
pub(crate) fn record_to_bytes(last_fact: Option<FactNumber>, body: &impl Encode<()>) -> Vec<u8> {
    [&last_fact.map_or(0, FactNumber::get).to_be_bytes()[..], &encode(body)].concat()
}

/// The number of a record's last fact, and its body.
pub(crate) fn record_from_bytes<T: for<'b> Decode<'b, ()>>(
    bytes: &[u8],
) -> Result<(Option<FactNumber>, T), LedgerError> {
    let broken = || LedgerError::damaged("a record cannot be read");
    let (last_fact, body) = bytes.split_first_chunk().ok_or_else(broken)?;
    let last_fact = FactNumber(u64::from_be_bytes(*last_fact));
    Ok(((last_fact >= FactNumber::FIRST).then_some(last_fact), decode(body)?))
}

/// A key row: the frame, the fingerprint.
pub(crate) fn key_row_to_bytes(row: KeyRow) -> Vec<u8> {
    [&row.frame.get().to_be_bytes()[..], &row.fingerprint].concat()
}

/// A key row.
pub(crate) fn key_row_from_bytes(bytes: &[u8]) -> Result<KeyRow, LedgerError> {
    let broken = || LedgerError::damaged("a key row cannot be read");
    let (frame, fingerprint) = bytes.split_first_chunk().ok_or_else(broken)?;
    let fingerprint = fingerprint.try_into().map_err(|_| broken())?;
    Ok(KeyRow { frame: FactNumber(u64::from_be_bytes(*frame)), fingerprint })
}

/// Any value of ours. Writing to memory cannot fail, and every value of ours encodes.
pub(crate) fn encode(value: &impl Encode<()>) -> Vec<u8> {
    match minicbor::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => panic!("a value does not encode: {error}"),
    }
}

/// Any value of ours, with nothing after it.
pub(crate) fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, LedgerError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder
        .decode()
        .map_err(|error| LedgerError::damaged(format!("a value cannot be read ({error})")))?;
    if decoder.position() == bytes.len() {
        Ok(value)
    } else {
        Err(LedgerError::damaged("a value is followed by something else"))
    }
}

//! The journal in memory: blocks of frames under a hash chain.
//!
//! head = SHA-256(previous head, frames). The last block grows in place until it is sealed; a block never
//! splits a frame. It does not know where blocks are kept.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::fact::Frame;
use crate::domain::ids::FactNumber;
use crate::domain::limits::BLOCK_BYTES_MAX;
use crate::error::LedgerError;

/// The hash of the journal up to some fact.
pub(crate) type Head = [u8; 32];

/// A frame, with the number of its first fact.
pub(crate) type Numbered = (FactNumber, Arc<Frame>);

/// Consecutive frames.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Its first fact.
    pub(crate) first: FactNumber,
    /// The head of the block before it.
    pub(crate) previous_head: Head,
    /// The frames, encoded one after another.
    pub(crate) frames: Vec<u8>,
    hash: Sha256,
}

impl Block {
    /// The first block of a journal, or the one after a block with this head.
    pub(crate) fn after(previous_head: Head, first: FactNumber) -> Self {
        Self::of(first, previous_head, &[])
    }

    /// A block of these frames.
    pub(crate) fn of(first: FactNumber, previous_head: Head, frames: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(previous_head).chain_update(frames);
        let mut all = Vec::with_capacity(BLOCK_BYTES_MAX.max(frames.len()));
        all.extend_from_slice(frames);
        Self { first, previous_head, frames: all, hash }
    }

    /// The hash of the journal up to the block's last fact.
    pub(crate) fn head(&self) -> Head {
        self.hash.clone().finalize().into()
    }

    /// Its frames, numbered.
    pub(crate) fn decode(&self) -> Result<Vec<Numbered>, LedgerError> {
        let mut decoder = minicbor::Decoder::new(&self.frames);
        let mut next = self.first;
        let mut frames = Vec::new();
        while decoder.position() < self.frames.len() {
            let frame: Frame = decoder.decode().map_err(|error| {
                LedgerError::damaged(format!("the frame of fact {next} cannot be read ({error})"))
            })?;
            let first = next;
            next = next.plus(frame.facts.len());
            frames.push((first, Arc::new(frame)));
        }
        Ok(frames)
    }

    /// The frame that has this fact, if it is here; the others are not decoded.
    pub(crate) fn frame(&self, number: FactNumber) -> Result<Option<Numbered>, LedgerError> {
        self.frame_after(number, &mut Seek { first: self.first, byte: 0 })
    }

    /// The same, looked for from where another was found, if that was before it.
    pub(crate) fn frame_after(
        &self,
        number: FactNumber,
        seek: &mut Seek,
    ) -> Result<Option<Numbered>, LedgerError> {
        if number < seek.first {
            *seek = Seek { first: self.first, byte: 0 };
        }
        while let Some(bytes) = self.frames.get(seek.byte..).filter(|bytes| !bytes.is_empty()) {
            let first = seek.first;
            let broken = || LedgerError::damaged(format!("the frame of fact {first} cannot be read"));
            let mut rest = bytes;
            let next = first.plus(skip_frame(&mut rest).ok_or_else(broken)?);
            if number < next {
                let frame = minicbor::Decoder::new(bytes).decode().map_err(|_| broken())?;
                return Ok(Some((first, Arc::new(frame))));
            }
            *seek = Seek { first: next, byte: self.frames.len().saturating_sub(rest.len()) };
        }
        Ok(None)
    }

    /// The frames up to the one that has this fact, or all of them, and the number of the fact after them.
    pub(crate) fn end_of(&self, last: FactNumber) -> Result<(FactNumber, &[u8]), LedgerError> {
        let mut decoder = minicbor::Decoder::new(&self.frames);
        let mut next = self.first;
        while decoder.position() < self.frames.len() && next <= last {
            let broken = |_| LedgerError::damaged(format!("the frame of fact {next} cannot be read"));
            let frame: Frame = decoder.decode().map_err(broken)?;
            next = next.plus(frame.facts.len());
        }
        Ok((next, self.frames.get(..decoder.position()).unwrap_or_default()))
    }

    fn push(&mut self, frame: &[u8]) {
        self.frames.extend_from_slice(frame);
        self.hash.update(frame);
    }
}

/// Where a frame begins in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seek {
    pub(crate) first: FactNumber,
    pub(crate) byte: usize,
}

/// Goes past a frame; answers how many facts it has, its sixth field. Nothing where no frame is.
///
/// Most frames of a block that is read are passed over, so this knows just enough of CBOR for it: of each item how long it
/// is, and how many items it holds.
fn skip_frame(bytes: &mut &[u8]) -> Option<usize> {
    let (ARRAY, fields) = head(bytes)? else { return None };
    skip(bytes, 5)?;
    let (ARRAY, facts) = head(bytes)? else { return None };
    skip(bytes, facts.checked_add(fields)?.checked_sub(6)?)?;
    usize::try_from(facts).ok()
}

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Goes past so many items, with what they hold.
fn skip(bytes: &mut &[u8], items: u64) -> Option<()> {
    let mut items = items;
    while items > 0 {
        items = items.checked_sub(1)?;
        let (kind, number) = head(bytes)?;
        match kind {
            BYTES | TEXT => *bytes = bytes.get(usize::try_from(number).ok()?..)?,
            ARRAY => items = items.checked_add(number)?,
            MAP => items = items.checked_add(number.checked_mul(2)?)?,
            TAG => items = items.checked_add(1)?,
            _ => {}
        }
    }
    Some(())
}

/// The head of an item: its kind and its number, which for some is a length. Nothing has a length that is not written
/// before it.
fn head(bytes: &mut &[u8]) -> Option<(u8, u64)> {
    let (first, rest) = bytes.split_first()?;
    let (kind, number) = (first >> 5, first & 31);
    let length = match number {
        0..24 => {
            *bytes = rest;
            return Some((kind, u64::from(number)));
        }
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((kind, number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}

/// The end of the journal: the block that grows, and blocks sealed since the last commit.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    pub(crate) sealed: Vec<Block>,
    pub(crate) block: Block,
}

impl Tail {
    /// A tail that ends with this block.
    pub(crate) fn new(block: Block) -> Self {
        Self { sealed: Vec::new(), block }
    }

    /// Adds the encoded frame whose first fact has this number.
    pub(crate) fn push(&mut self, first: FactNumber, frame: &[u8]) {
        let Self { sealed, block } = self;
        let is_full = block.frames.len() + frame.len() > BLOCK_BYTES_MAX;
        if is_full && !block.frames.is_empty() {
            let next = Block::after(block.head(), first);
            sealed.push(std::mem::replace(block, next));
        }
        block.push(frame);
    }
}

/// The frame that holds the fact of this number.
pub(crate) fn frame_of(frames: &[Numbered], number: FactNumber) -> Option<&Numbered> {
    let place = frames.partition_point(|(first, _)| *first <= number);
    let (first, frame) = frames.get(place.checked_sub(1)?)?;
    (number < first.plus(frame.facts.len())).then_some(frames.get(place.checked_sub(1)?)).flatten()
}

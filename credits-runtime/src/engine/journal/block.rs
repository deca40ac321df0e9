//! The journal in memory: blocks of frames under a hash chain.
//!
//! head = SHA-256(previous head, frames). The last block grows until it is full and sealed. A frame is in one block.
//! It does not know where blocks are stored.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::frame;
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;
use crate::domain::numbers::Numbers;
use crate::engine::tuning::BLOCK_BYTES_MAX;
use crate::error::LedgerError;

/// The head of the hash chain as of a fact.
pub(crate) type Head = [u8; 32];

/// A block of consecutive frames.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The block's first fact.
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

    /// The head of the chain as of the block's last fact.
    pub(crate) fn head(&self) -> Head {
        self.hash.clone().finalize().into()
    }

    /// Bytes of memory, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(self.frames.capacity())
    }

    /// Decodes the frames, with their fact numbers.
    pub(crate) fn decode(&self) -> Result<Vec<Booked>, LedgerError> {
        let (mut rest, mut next, mut frames) = (&self.frames[..], self.first, Vec::new());
        while !rest.is_empty() {
            let booked =
                Booked::new(Numbers::from(next), frame::read(&mut rest).ok_or_else(|| broken(next))?);
            next = booked.next();
            frames.push(booked);
        }
        Ok(frames)
    }

    /// The frame of this fact, if the block does not end before it. Other frames are skipped, not decoded.
    pub(crate) fn frame(&self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        Seek::start(self.first).frame(number, &self.frames)
    }

    /// The encoded frames up to the one of this fact, or all of them, and the fact after them.
    pub(crate) fn end_of(&self, last: FactNumber) -> Result<(FactNumber, &[u8]), LedgerError> {
        let (mut rest, mut next) = (&self.frames[..], self.first);
        while !rest.is_empty() && next <= last {
            next = next.plus(frame::skip(&mut rest).ok_or_else(|| broken(next))?);
        }
        let length = self.frames.len().saturating_sub(rest.len());
        Ok((next, self.frames.get(..length).unwrap_or_default()))
    }

    /// The fact after the block's last.
    pub(crate) fn next_fact(&self) -> Result<FactNumber, LedgerError> {
        Ok(self.end_of(FactNumber(u64::MAX))?.0)
    }

    fn push(&mut self, frame: &[u8]) {
        self.frames.extend_from_slice(frame);
        self.hash.update(frame);
    }
}

fn broken(frame: FactNumber) -> LedgerError {
    LedgerError::damaged(format!("the frame of fact {frame} cannot be read"))
}

/// A cursor at the start of a frame in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seek {
    pub(crate) first: FactNumber,
    byte: usize,
}

impl Seek {
    /// A cursor at the first frame of a block.
    pub(crate) fn start(first: FactNumber) -> Self {
        Self { first, byte: 0 }
    }

    /// The frame of this fact, if the block does not end before it. The fact must not be before the cursor.
    pub(crate) fn frame(&mut self, number: FactNumber, frames: &[u8]) -> Result<Option<Booked>, LedgerError> {
        if !self.go_to(number, frames)? {
            return Ok(None);
        }
        let frame = frames.get(self.byte..).and_then(|mut bytes| frame::read(&mut bytes));
        frame.map_or_else(
            || Err(broken(self.first)),
            |frame| Ok(Some(Booked::new(Numbers::from(self.first), frame))),
        )
    }

    /// Advances to the frame of this fact, or past the last frame; returns whether the block has the fact.
    pub(crate) fn go_to(&mut self, number: FactNumber, frames: &[u8]) -> Result<bool, LedgerError> {
        let mut rest = frames.get(self.byte..).unwrap_or_default();
        while !rest.is_empty() {
            let next = self.first.plus(frame::skip(&mut rest).ok_or_else(|| broken(self.first))?);
            if number < next {
                return Ok(true);
            }
            *self = Self { first: next, byte: frames.len().saturating_sub(rest.len()) };
        }
        Ok(false)
    }
}

/// The end of the journal: the block that is appended to, and the blocks that were sealed since the last commit.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    pub(crate) sealed: Vec<Arc<Block>>,
    pub(crate) block: Arc<Block>,
}

impl Tail {
    /// A tail that ends with this block.
    pub(crate) fn new(block: Arc<Block>) -> Self {
        Self { sealed: Vec::new(), block }
    }

    /// Appends an encoded frame with this first fact; seals the last block if the frame does not fit.
    pub(crate) fn push(&mut self, first: FactNumber, frame: &[u8]) {
        let Self { sealed, block } = self;
        let is_full = block.frames.len() + frame.len() > BLOCK_BYTES_MAX;
        if is_full && !block.frames.is_empty() {
            let next = Arc::new(Block::after(block.head(), first));
            sealed.push(std::mem::replace(block, next));
        }
        Arc::make_mut(block).push(frame);
    }
}

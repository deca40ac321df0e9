//! Holds: the credits that they set aside, and what settling one uses up.
//!
//! The numbers of variants and fields are the file format. It does not know which holds are open.

use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::cover::CoveredBy;
use super::encoding;
use super::fingerprint::Hash64;
use super::grant::{Allocation, PinnedTerms};
use super::ids::{HoldId, Key};
use super::metadata::Metadata;
use super::pricing::{Charge, OperationId};
use super::time::Timestamp;

/// The credits that a hold sets aside, and the charge that they are for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Held {
    /// The charge to pay.
    #[n(0)]
    pub charge: Charge,
    /// Parts of grants that are set aside.
    #[n(1)]
    pub pins: Vec<Allocation>,
    /// When it lapses.
    #[n(2)]
    pub until: Timestamp,
    /// Whether the ledger or the caller runs the work.
    #[n(3)]
    pub purpose: Purpose,
    /// The key, if the caller chose it; settling uses it up.
    #[n(4)]
    pub key: Option<ChosenKey>,
    /// Metadata of the entry.
    #[n(5)]
    pub metadata: Metadata,
    /// The operation as scopes name it, whichever catalogue priced it.
    #[n(6)]
    pub usable_as: OperationId,
    /// Credits set aside beyond the grants, where debt is allowed.
    #[n(7)]
    pub unpinned: Amount,
    /// When it was opened.
    #[n(8)]
    pub opened_at: Timestamp,
    /// Categories and terms of pinned grants that expire, in order, so that the grants can be restored.
    #[n(9)]
    pub pinned: Vec<PinnedTerms>,
    /// The plan because of which it sets nothing aside.
    #[n(10)]
    pub covered_by: Option<CoveredBy>,
}

impl Held {
    /// All credits set aside.
    pub fn amount(&self) -> Amount {
        Allocation::total(&self.pins).plus(self.unpinned)
    }
}

/// The purpose of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// Work that the ledger runs: `.run(..)`.
    #[n(0)]
    Run,
    /// Work that the caller runs: `.hold(..)`.
    #[n(1)]
    Hold,
}

/// The hold that a charge settles.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settled {
    /// The hold.
    #[n(0)]
    pub hold: HoldId,
    /// Whether the hold had lapsed before.
    #[n(1)]
    pub late: bool,
    /// The key that the settlement uses up, if the caller chose one.
    #[n(2)]
    pub key: Option<ChosenKey>,
}

/// A key that a caller chose for a hold, which settling uses up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChosenKey {
    /// The key.
    #[n(0)]
    pub key: Key,
    /// Fingerprint of the command that opened the hold.
    #[cbor(n(1), with = "encoding::short_hash")]
    pub fingerprint: Hash64,
}

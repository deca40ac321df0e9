//! Facts: the statements that one command commits as a frame. The journal consists of frames; everything else
//! is a view of them.
//!
//! It does not know what facts state: their bodies are in `body`.

use minicbor::{Decode, Encode};

use super::body::Body;
use super::fingerprint::Hash64;
use super::ids::{FactNumber, Key, ObjectId, Owner, WalletId};
use super::time::Timestamp;

/// All facts that one command committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Kind of the command.
    pub kind: Kind,
    /// Scope in which the key is unique.
    pub scope: Scope,
    /// Idempotency key.
    pub key: Key,
    /// Hash that identifies a repetition of the command.
    pub fingerprint: Hash64,
    /// The ledger's time; never before that of an earlier frame.
    pub at: Timestamp,
    /// The facts, in order.
    pub facts: Vec<Fact>,
}

impl Frame {
    /// Whether a fact is the outcome of the frame's command. The other facts were due before it or follow from it.
    pub(in crate::domain) fn is_outcome(&self, fact: &Fact) -> bool {
        matches!(
            (self.kind, &fact.body),
            (Kind::Declare, Body::CatalogueDeclared { .. })
                | (Kind::Give, Body::Given { .. })
                | (Kind::Spend | Kind::Settle, Body::Charged { .. })
                | (Kind::Hold, Body::Held(_))
                | (Kind::Release, Body::Released { .. })
                | (Kind::Deduct, Body::Deducted { .. })
                | (Kind::Extend, Body::Extended { .. })
                | (Kind::Transfer, Body::Sent { .. })
                | (Kind::Reverse, Body::Reclaimed { .. })
                | (Kind::Adjust, Body::Given { .. } | Body::Deducted { .. })
                | (Kind::Revoke, Body::Deducted { .. })
                | (Kind::ReverseCharge, Body::ChargeReversed { .. })
        )
    }
}

/// The kind of a frame's command. The variants' numbers are the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// Declare the pricing.
    #[n(0)]
    Declare,
    /// Give credits.
    #[n(1)]
    Give,
    /// Charge an operation at once.
    #[n(2)]
    Spend,
    /// Set credits aside.
    #[n(3)]
    Hold,
    /// Settle a hold.
    #[n(4)]
    Settle,
    /// Release a hold.
    #[n(5)]
    Release,
    /// Take credits on behalf of an administrator.
    #[n(6)]
    Deduct,
    /// Extend a hold.
    #[n(7)]
    Extend,
    /// Move credits to another wallet.
    #[n(8)]
    Transfer,
    /// Reverse a transfer.
    #[n(9)]
    Reverse,
    /// Correct a balance on behalf of an administrator.
    #[n(10)]
    Adjust,
    /// Take the free part of one grant on behalf of an administrator.
    #[n(11)]
    Revoke,
    /// Book due facts at their instant, without a command.
    #[n(12)]
    BookDue,
    /// Apply an event of a payment processor.
    #[n(13)]
    Bill,
    /// Reverse a charge.
    #[n(14)]
    ReverseCharge,
}

impl Kind {
    /// The word for the command in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Give => "give",
            Self::Spend => "spend",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Deduct => "deduct",
            Self::Extend => "extend",
            Self::Transfer => "transfer",
            Self::Reverse => "reverse",
            Self::Adjust => "adjust",
            Self::Revoke => "revoke",
            Self::BookDue => "book_due",
            Self::Bill => "bill",
            Self::ReverseCharge => "reverse_charge",
        }
    }

    /// Whether its keys may lapse: those of spends and holds do, those of gifts never.
    pub fn key_lapses(self) -> bool {
        matches!(self, Self::Spend | Self::Hold | Self::Settle | Self::Release | Self::Extend | Self::BookDue)
    }
}

/// The scope in which a key is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole ledger.
    Ledger,
    /// The keys of a wallet's callers.
    Wallet(WalletId),
    /// The ends of a wallet's holds, by the hold's number.
    Holds(WalletId),
    /// The reversals of a wallet's transfers, by the transfer's number.
    Transfers(WalletId),
    /// The reversals of a wallet's charges, by the charge's number. No frame has it as its own scope.
    Charges(WalletId),
}

impl Scope {
    /// Its wallet; `None` for the whole ledger.
    #[cfg(feature = "postgres")]
    pub(crate) fn wallet(&self) -> Option<&WalletId> {
        match self {
            Self::Ledger => None,
            Self::Wallet(wallet) | Self::Holds(wallet) | Self::Transfers(wallet) | Self::Charges(wallet) => {
                Some(wallet)
            }
        }
    }
}

/// One immutable statement about one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The record that the fact is about.
    pub record: RecordId,
    /// The record's previous fact.
    pub previous: Option<FactNumber>,
    /// Position among the record's facts, counted from 1.
    pub ordinal: u64,
    /// The statement.
    pub body: Body,
}

/// A record that facts are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordId {
    /// The list of the ledger's catalogues.
    Catalogues,
    /// A wallet.
    Wallet(WalletId),
    /// An owner's billing: subscriptions, purchases, and the awards for them.
    Billing(Owner),
    /// An object at a payment processor, with its owner.
    Object(ObjectId),
    /// The events that wait for their owners.
    WaitingRoom,
}

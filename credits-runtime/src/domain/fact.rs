//! Facts: the statements that one command commits. The journal consists of facts; everything else is a view
//! of them.
//!
//! The numbers of variants and fields are the file format: new ones are added, and existing ones are never
//! reused or changed.

use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::billing::award::{AwardId, Basis, Taking};
use super::billing::closing::Closing;
use super::billing::event::BillingEvent;
use super::billing::objects::{Claim, Naming};
use super::billing::record::{Pinned, SoldAs};
use super::billing::unsolved::Unsolved;
use super::category::Category;
use super::encoding;
use super::fingerprint::Hash64;
use super::ids::{Asset, FactNumber, HoldId, Key, ObjectId, Owner, TransferId, WalletId};
use super::metadata::Metadata;
use super::pricing::{Charge, OperationId};
use super::time::Timestamp;
use super::wallet::Gone;

/// All facts that one command committed.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Frame {
    /// Kind of the command.
    #[n(0)]
    pub kind: Kind,
    /// Scope in which the key is unique.
    #[n(1)]
    pub scope: Scope,
    /// Idempotency key.
    #[n(2)]
    pub key: Key,
    /// Hash that identifies a repetition of the command.
    #[cbor(n(3), with = "encoding::short_hash")]
    pub fingerprint: Hash64,
    /// The ledger's time; never before that of an earlier frame.
    #[n(4)]
    pub at: Timestamp,
    /// The facts, in order.
    #[n(5)]
    pub facts: Vec<Fact>,
}

/// The kind of a frame's command.
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
        }
    }

    /// Whether its keys may lapse: those of spends and holds do, those of gifts never.
    pub fn key_lapses(self) -> bool {
        matches!(self, Self::Spend | Self::Hold | Self::Settle | Self::Release | Self::Extend | Self::BookDue)
    }
}

/// The scope in which a key is unique.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub enum Scope {
    /// The whole ledger.
    #[n(0)]
    Ledger,
    /// The keys of a wallet's callers.
    #[n(1)]
    Wallet(#[n(0)] WalletId),
    /// The ends of a wallet's holds, by the hold's number.
    #[n(2)]
    Holds(#[n(0)] WalletId),
    /// The reversals of a wallet's transfers, by the transfer's number.
    #[n(3)]
    Transfers(#[n(0)] WalletId),
}

/// One immutable statement about one record.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Fact {
    /// The record that the fact is about.
    #[n(0)]
    pub record: Record,
    /// The record's previous fact.
    #[n(1)]
    pub previous: Option<FactNumber>,
    /// Position among the record's facts, counted from 1.
    #[n(2)]
    pub ordinal: u64,
    /// The statement.
    #[n(3)]
    pub body: Body,
}

/// A record that facts are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Decode)]
pub enum Record {
    /// The list of the ledger's catalogues.
    #[n(0)]
    Catalogues,
    /// A wallet.
    #[n(1)]
    Wallet(#[n(0)] WalletId),
    /// An owner's billing: subscriptions, purchases, and the awards for them.
    #[n(2)]
    Billing(#[n(0)] Owner),
    /// An object at a payment processor, with its owner.
    #[n(3)]
    Object(#[n(0)] ObjectId),
    /// The events that wait for their owners.
    #[n(5)]
    WaitingRoom,
}

/// The statement of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// The pricing has these terms from now on.
    #[n(0)]
    CatalogueDeclared {
        /// Number by which facts refer to the catalogue, counted from 1.
        #[n(0)]
        number: u32,
        /// SHA-256 over the data.
        #[cbor(n(1), with = "minicbor::bytes")]
        fingerprint: [u8; 32],
        /// The terms, encoded.
        #[cbor(n(2), with = "minicbor::bytes")]
        data: Vec<u8>,
    },
    /// Entry: credits were given. Opens the grant with the fact's number, or joins an open one.
    #[n(1)]
    Given {
        #[n(0)]
        amount: Amount,
        #[n(1)]
        category: Category,
        #[n(2)]
        terms: GrantTerms,
        #[n(3)]
        reason: Option<String>,
        #[n(4)]
        joins: Option<FactNumber>,
        #[n(5)]
        metadata: Metadata,
        #[n(6)]
        balance_after: Amount,
    },
    /// Entry: an operation was charged, at once or by settling a hold.
    #[n(2)]
    Charged {
        #[n(0)]
        charge: Charge,
        #[n(1)]
        allocations: Vec<Allocation>,
        /// The settled hold.
        #[n(2)]
        settles: Option<Settled>,
        /// Part of the price that could not be charged.
        #[n(3)]
        shortfall: Amount,
        #[n(4)]
        metadata: Metadata,
        #[n(5)]
        balance_after: Amount,
        /// Part of the charge beyond the allocations, which becomes debt.
        #[n(6)]
        owed: Amount,
    },
    /// Entry: credits were taken by an administrator.
    #[n(3)]
    Deducted {
        #[n(0)]
        reason: String,
        #[n(1)]
        allocations: Vec<Allocation>,
        #[n(2)]
        metadata: Metadata,
        #[n(3)]
        balance_after: Amount,
        /// Part of the deduction beyond the allocations, which becomes debt.
        #[n(4)]
        owed: Amount,
        #[n(5)]
        category: Category,
        /// Whether it revokes a grant. Revoked credits count as returned if the grant's purchase is refunded.
        #[n(6)]
        #[cbor(default)]
        revokes: bool,
    },
    /// Credits were set aside. Opens the hold with the fact's number.
    #[n(4)]
    Held(#[n(0)] Held),
    /// A hold was released.
    #[n(5)]
    Released {
        #[n(0)]
        hold: HoldId,
    },
    /// A hold reached its limit.
    #[n(6)]
    Lapsed {
        #[n(0)]
        hold: HoldId,
        #[n(1)]
        at: Timestamp,
    },
    /// Entry: the free part of a grant expired.
    #[n(7)]
    Expired {
        #[n(0)]
        grant: FactNumber,
        #[n(1)]
        amount: Amount,
        #[n(2)]
        effective_at: Timestamp,
        #[n(3)]
        balance_after: Amount,
    },
    /// Entry of amount 0: credits that became free repaid debt.
    #[n(8)]
    DebtRepaid {
        #[n(0)]
        allocations: Vec<Allocation>,
        #[n(1)]
        effective_at: Timestamp,
        #[n(2)]
        balance_after: Amount,
    },
    /// A hold was extended.
    #[n(9)]
    Extended {
        #[n(0)]
        hold: HoldId,
        #[n(1)]
        until: Timestamp,
    },
    /// Entry: expired credits were restored, because their lapsed hold was settled after all, or their
    /// lifetime was extended.
    #[n(10)]
    Restored {
        #[n(0)]
        grant: FactNumber,
        #[n(1)]
        amount: Amount,
        #[n(2)]
        category: Category,
        #[n(3)]
        terms: GrantTerms,
        #[n(4)]
        balance_after: Amount,
    },
    /// Entry: credits were sent to another wallet. The fact's number is the transfer's id.
    #[n(11)]
    Sent {
        #[n(0)]
        to: WalletId,
        #[n(1)]
        parts: Vec<Part>,
        #[n(2)]
        category: Category,
        #[n(3)]
        metadata: Metadata,
        #[n(4)]
        balance_after: Amount,
    },
    /// Entry: credits were received from another wallet. Opens the grant with the fact's number.
    #[n(12)]
    Received {
        #[n(0)]
        from: WalletId,
        #[n(1)]
        transfer: TransferId,
        #[n(2)]
        amount: Amount,
        /// Parts of the sender's grants that it consists of.
        #[n(3)]
        sources: Vec<Allocation>,
        #[n(4)]
        category: Category,
        #[n(5)]
        terms: GrantTerms,
        #[n(6)]
        metadata: Metadata,
        #[n(7)]
        balance_after: Amount,
    },
    /// Entry: received credits were returned to their sender.
    #[n(13)]
    Returned {
        #[n(0)]
        to: WalletId,
        #[n(1)]
        transfer: TransferId,
        #[n(2)]
        allocations: Vec<Allocation>,
        /// Part of the return beyond the allocations, which becomes debt.
        #[n(3)]
        owed: Amount,
        #[n(4)]
        metadata: Metadata,
        #[n(5)]
        balance_after: Amount,
    },
    /// Entry: sent credits were returned to their grants.
    #[n(14)]
    Reclaimed {
        #[n(0)]
        from: WalletId,
        #[n(1)]
        transfer: TransferId,
        #[n(2)]
        parts: Vec<Part>,
        #[n(3)]
        metadata: Metadata,
        #[n(4)]
        balance_after: Amount,
    },
    /// Entry: credits of a purchase or a subscription were taken back, because their payment was returned or
    /// their time was credited.
    #[n(15)]
    TakenBack {
        #[n(0)]
        category: Category,
        #[n(1)]
        parts: Vec<Part>,
        /// Part of the taking beyond `parts`, which becomes debt.
        #[n(2)]
        owed: Amount,
        /// Name of the pack or plan.
        #[n(3)]
        reason: String,
        #[n(4)]
        balance_after: Amount,
    },
    /// Entry: credits that were taken back were given back to their grants.
    #[n(16)]
    GivenBack {
        #[n(0)]
        category: Category,
        #[n(1)]
        parts: Vec<Part>,
        /// Name of the pack or plan.
        #[n(2)]
        reason: String,
        #[n(3)]
        balance_after: Amount,
    },
    /// The expiry of a grant changed.
    #[n(17)]
    Rescheduled {
        #[n(0)]
        grant: FactNumber,
        #[n(1)]
        expires_at: Option<Timestamp>,
    },
    /// An administrator linked an object at the payment processor to this owner.
    #[n(18)]
    Linked {
        #[n(0)]
        owner: Owner,
    },
    /// An event without a known owner waits under the number of this fact.
    #[n(19)]
    Waits {
        #[n(0)]
        event: BillingEvent,
        /// Objects of the event that had no room for it.
        #[n(1)]
        #[cbor(default)]
        full: Vec<ObjectId>,
    },
    /// An event was applied to the owner's billing.
    #[n(20)]
    Billed {
        #[n(0)]
        event: BillingEvent,
    },
    /// Terms were pinned for prices of subscriptions and for sold packs.
    #[n(21)]
    Priced {
        /// Terms of subscription prices.
        #[n(0)]
        plans: Vec<Pinned>,
        /// Terms of packs that were paid without an offer.
        #[n(1)]
        packs: Vec<SoldAs>,
    },
    /// Credits of an award were given. They opened a grant.
    #[n(22)]
    Awarded {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        asset: Asset,
        #[n(2)]
        grant: FactNumber,
        #[n(3)]
        amount: Amount,
        /// The amount paid for the whole award, as known when the grant opens; `None` for trials and bonuses.
        #[n(4)]
        basis: Option<Basis>,
        /// When they were given, by the ledger's time.
        #[n(5)]
        at: Timestamp,
    },
    /// Old periods or purchases were closed.
    #[n(33)]
    Closed {
        #[n(0)]
        closing: Closing,
    },
    /// Credits of an award were taken back.
    #[n(23)]
    TookBack {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        taken: Vec<Taking>,
    },
    /// The list of the owner's unsolved entries changed.
    #[n(31)]
    Listed {
        #[n(0)]
        at: Timestamp,
        #[n(1)]
        added: Vec<Unsolved>,
        /// Keys of the removed entries.
        #[n(2)]
        removed: Vec<String>,
    },
    /// An entry stayed on that list long enough for handlers to get an event about it.
    #[n(32)]
    Reported {
        #[n(0)]
        entry: Unsolved,
    },
    /// The expired and revoked credits of an award's grant were noted.
    #[n(30)]
    GoneNoted {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        gone: Gone,
    },
    /// Credits of other awards were taken as an advance for credited ones that were spent or moved.
    #[n(28)]
    AdvanceTaken {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        taken: Vec<Taking>,
    },
    /// Part of an award's advance was returned, newest first.
    #[n(29)]
    AdvanceReturned {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        amount: Amount,
    },
    /// Credits that were taken back of an award were given back, newest first. A grant was opened for the
    /// part that had become debt.
    #[n(24)]
    GaveBack {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        amount: Amount,
        #[n(2)]
        grant: Option<FactNumber>,
    },
    /// An event named the owner of an object at the payment processor.
    #[n(25)]
    Named {
        #[n(0)]
        naming: Naming,
        #[n(1)]
        claim: Claim,
    },
    /// The event that waits under this number found its owner.
    #[n(26)]
    Freed {
        #[n(0)]
        event: FactNumber,
    },
    /// The event that waits under this number was evicted by a newer one.
    #[n(27)]
    GaveWay {
        #[n(0)]
        event: FactNumber,
        #[n(1)]
        at: Timestamp,
    },
    /// An administrator dismissed a number of evicted events.
    #[n(34)]
    GaveWayDismissed {
        #[n(0)]
        count: u64,
        #[n(1)]
        at: Timestamp,
    },
}

/// A part of a grant that leaves its wallet, or returns to it, with the data to open the grant again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// The grant.
    #[n(0)]
    pub grant: FactNumber,
    /// The amount.
    #[n(1)]
    pub amount: Amount,
    /// Category of the grant.
    #[n(2)]
    pub category: Category,
    /// Terms of the grant.
    #[n(3)]
    pub terms: GrantTerms,
}

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
}

impl Held {
    /// All credits set aside.
    pub fn amount(&self) -> Amount {
        Amount::sum(self.pins.iter().map(|pin| pin.amount)).plus(self.unpinned)
    }
}

/// Category and terms of a pinned grant that expires.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PinnedTerms {
    /// The grant.
    #[n(0)]
    pub grant: FactNumber,
    /// Category of the grant.
    #[n(1)]
    pub category: Category,
    /// Terms of the grant.
    #[n(2)]
    pub terms: GrantTerms,
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

/// The part of a charge taken from one grant, or of a hold pinned to one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
pub struct Allocation {
    /// The grant, by the number of the fact that opened it.
    #[n(0)]
    pub grant: FactNumber,
    /// The amount.
    #[n(1)]
    pub amount: Amount,
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

/// The terms of a grant: when, for which operations and in which order its credits may be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct GrantTerms {
    /// Instant from which it cannot be used; `None` for never.
    #[n(0)]
    pub expires_at: Option<Timestamp>,
    /// Priority in the order of use; lower is used first.
    #[n(1)]
    pub priority: u16,
    /// Whether it was paid for.
    #[n(2)]
    pub class: Class,
    /// Operations that it can be used for; empty for all.
    #[n(3)]
    pub scope: Vec<OperationId>,
    /// Origin of the grant.
    #[n(4)]
    pub origin: Origin,
    /// The grant that a purchase opened and that these credits come from, even after a transfer.
    #[n(5)]
    pub purchase: Option<FactNumber>,
}

/// The origin of a grant. New gifts join only gifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Origin {
    /// Given by the application.
    #[n(0)]
    #[default]
    Gift,
    /// Received from another wallet.
    #[n(1)]
    Transfer,
    /// Awarded to a subscription.
    #[n(2)]
    Subscription,
    /// Bought.
    #[n(3)]
    Purchase,
}

impl Origin {
    /// Whether it was paid for by a payment that may be returned.
    pub fn is_paid_for(self) -> bool {
        matches!(self, Self::Subscription | Self::Purchase)
    }
}

impl GrantTerms {
    /// The default priority of grants.
    pub const PRIORITY_DEFAULT: u16 = 50;
}

/// The class of credits: promotional or paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// Promotional: used before paid credits of the same scope, priority and expiry.
    #[n(0)]
    Promotional,
    /// Paid for.
    #[n(1)]
    Paid,
}

impl Class {
    /// The default class of a gift of this category: signup and referral bonuses are promotional.
    pub fn of_category(category: &Category) -> Self {
        match category {
            Category::SignupBonus | Category::ReferralBonus => Self::Promotional,
            _ => Self::Paid,
        }
    }
}

impl Part {
    /// The sum of these parts.
    pub fn total(parts: &[Self]) -> Amount {
        Amount::sum(parts.iter().map(|part| part.amount))
    }
}

impl Body {
    /// The amount by which an entry changes the balance, and the balance after it; `None` if the fact is no
    /// entry.
    pub fn movement(&self) -> Option<(Amount, Amount)> {
        let taken =
            |allocations: &[Allocation]| Amount::sum(allocations.iter().map(|part| part.amount)).negated();
        match self {
            Self::Given { amount, balance_after, .. }
            | Self::Restored { amount, balance_after, .. }
            | Self::Received { amount, balance_after, .. } => Some((*amount, *balance_after)),
            Self::Charged { allocations, owed, balance_after, .. }
            | Self::Deducted { allocations, owed, balance_after, .. }
            | Self::Returned { allocations, owed, balance_after, .. } => {
                Some((taken(allocations).minus(*owed), *balance_after))
            }
            Self::Expired { amount, balance_after, .. } => Some((amount.negated(), *balance_after)),
            Self::DebtRepaid { balance_after, .. } => Some((Amount::ZERO, *balance_after)),
            Self::Sent { parts, balance_after, .. } => Some((Part::total(parts).negated(), *balance_after)),
            Self::Reclaimed { parts, balance_after, .. } | Self::GivenBack { parts, balance_after, .. } => {
                Some((Part::total(parts), *balance_after))
            }
            Self::TakenBack { parts, owed, balance_after, .. } => {
                Some((Part::total(parts).negated().minus(*owed), *balance_after))
            }
            _ => None,
        }
    }
}

impl Body {
    /// The category of an entry; `None` if the fact is no entry.
    pub fn category(&self) -> Option<Category> {
        match self {
            Self::Given { category, .. }
            | Self::Deducted { category, .. }
            | Self::Sent { category, .. }
            | Self::Received { category, .. }
            | Self::TakenBack { category, .. }
            | Self::GivenBack { category, .. } => Some(category.clone()),
            Self::Charged { .. } => Some(Category::OperationCharge),
            Self::Expired { .. } | Self::Restored { .. } => Some(Category::Expired),
            Self::DebtRepaid { .. } => Some(Category::DebtRepaid),
            Self::Returned { .. } => Some(Category::TransferOut),
            Self::Reclaimed { .. } => Some(Category::TransferIn),
            _ => None,
        }
    }

    /// When the fact took effect, in a frame of this time.
    pub fn effective_at(&self, recorded_at: Timestamp) -> Timestamp {
        match self {
            Self::Expired { effective_at, .. } | Self::DebtRepaid { effective_at, .. } => *effective_at,
            Self::Lapsed { at, .. } => *at,
            _ => recorded_at,
        }
    }
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
        )
    }
}

//! Facts: what one command committed. They are the journal, and everything else is a view of them.
//!
//! The numbers of variants and fields are the file's format: they are never reused or changed, only added to.

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

/// Everything one command committed.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Frame {
    /// What was asked.
    #[n(0)]
    pub kind: Kind,
    /// Where its key is unique.
    #[n(1)]
    pub scope: Scope,
    /// Its key.
    #[n(2)]
    pub key: Key,
    /// What makes a command the same as this one.
    #[cbor(n(3), with = "encoding::short_hash")]
    pub fingerprint: Hash64,
    /// The ledger's time; never before that of an earlier frame.
    #[n(4)]
    pub at: Timestamp,
    /// What is true since, in order.
    #[n(5)]
    pub facts: Vec<Fact>,
}

/// What a frame's command asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// The ledger declared its pricing.
    #[n(0)]
    Declare,
    /// Give credits.
    #[n(1)]
    Give,
    /// Spend at once.
    #[n(2)]
    Spend,
    /// Set credits aside.
    #[n(3)]
    Hold,
    /// Charge a hold.
    #[n(4)]
    Settle,
    /// Give a hold up.
    #[n(5)]
    Release,
    /// Take credits, by an administrator.
    #[n(6)]
    Deduct,
    /// Let a hold be open for longer.
    #[n(7)]
    Extend,
    /// Move credits to another wallet.
    #[n(8)]
    Transfer,
    /// Move them back.
    #[n(9)]
    Reverse,
    /// Correct a balance, by an administrator.
    #[n(10)]
    Adjust,
    /// Take what is free of one grant, by an administrator.
    #[n(11)]
    Revoke,
    /// Nothing: what was due was booked at its instant.
    #[n(12)]
    BookDue,
    /// Something happened at a payment processor.
    #[n(13)]
    Bill,
}

impl Kind {
    /// Whether its keys may be forgotten some day: those of spending may, those of giving never.
    pub fn key_lapses(self) -> bool {
        matches!(self, Self::Spend | Self::Hold | Self::Settle | Self::Release | Self::Extend | Self::BookDue)
    }
}

/// Where a key is unique.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub enum Scope {
    /// The whole ledger.
    #[n(0)]
    Ledger,
    /// A wallet's keys as its callers choose them.
    #[n(1)]
    Wallet(#[n(0)] WalletId),
    /// The closings of a wallet's holds, by the hold's number.
    #[n(2)]
    Holds(#[n(0)] WalletId),
    /// The reversals of a wallet's transfers, by the transfer's number.
    #[n(3)]
    Transfers(#[n(0)] WalletId),
}

/// One immutable statement about one record.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Fact {
    /// Which record it is about.
    #[n(0)]
    pub record: Record,
    /// That record's fact before this one.
    #[n(1)]
    pub previous: Option<FactNumber>,
    /// Its place among that record's facts, counted from 1.
    #[n(2)]
    pub ordinal: u64,
    /// What it says.
    #[n(3)]
    pub body: Body,
}

/// What facts are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Decode)]
pub enum Record {
    /// The list of the ledger's catalogues.
    #[n(0)]
    Catalogues,
    /// A wallet.
    #[n(1)]
    Wallet(#[n(0)] WalletId),
    /// An owner's billing: subscriptions, purchases, and what was awarded for them.
    #[n(2)]
    Billing(#[n(0)] Owner),
    /// An object at a payment processor: whose it is.
    #[n(3)]
    Object(#[n(0)] ObjectId),
    /// The events that wait for their owners.
    #[n(5)]
    WaitingRoom,
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// The application's pricing has these terms from here on.
    #[n(0)]
    CatalogueDeclared {
        /// Counted from 1; what facts name it by.
        #[n(0)]
        number: u32,
        /// SHA-256 over the data.
        #[cbor(n(1), with = "minicbor::bytes")]
        fingerprint: [u8; 32],
        /// The terms, encoded.
        #[cbor(n(2), with = "minicbor::bytes")]
        data: Vec<u8>,
    },
    /// An entry: credits were given. It opens the grant of its own number, or joins one.
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
    /// An entry: an operation was charged, at once or by settling a hold.
    #[n(2)]
    Charged {
        #[n(0)]
        charge: Charge,
        #[n(1)]
        allocations: Vec<Allocation>,
        /// The hold that this settles.
        #[n(2)]
        settles: Option<Settled>,
        /// What the price was more than could be taken.
        #[n(3)]
        shortfall: Amount,
        #[n(4)]
        metadata: Metadata,
        #[n(5)]
        balance_after: Amount,
        /// What is charged beyond the allocations: it is owed.
        #[n(6)]
        owed: Amount,
    },
    /// An entry: credits were taken by an administrator.
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
        /// What is taken beyond the allocations: it is owed.
        #[n(4)]
        owed: Amount,
        #[n(5)]
        category: Category,
        /// Whether it revokes a grant: then what was taken counts as returned, should its purchase be refunded.
        #[n(6)]
        #[cbor(default)]
        revokes: bool,
    },
    /// Credits were set aside. It opens the hold of its own number.
    #[n(4)]
    Held(#[n(0)] Held),
    /// A hold was given up.
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
    /// An entry: the free part of a grant expired.
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
    /// An entry of no amount: credits that became free repaid what was owed.
    #[n(8)]
    DebtRepaid {
        #[n(0)]
        allocations: Vec<Allocation>,
        #[n(1)]
        effective_at: Timestamp,
        #[n(2)]
        balance_after: Amount,
    },
    /// A hold may be open for longer.
    #[n(9)]
    Extended {
        #[n(0)]
        hold: HoldId,
        #[n(1)]
        until: Timestamp,
    },
    /// An entry: what expired because a hold lapsed is there again, because its work was charged after all.
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
    /// An entry: credits went to another wallet. The transfer has its number.
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
    /// An entry: credits came from another wallet. It opens the grant of its own number.
    #[n(12)]
    Received {
        #[n(0)]
        from: WalletId,
        #[n(1)]
        transfer: TransferId,
        #[n(2)]
        amount: Amount,
        /// What it was of which of the sender's grants.
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
    /// An entry: credits that were received went back.
    #[n(13)]
    Returned {
        #[n(0)]
        to: WalletId,
        #[n(1)]
        transfer: TransferId,
        #[n(2)]
        allocations: Vec<Allocation>,
        /// What goes back beyond the allocations: it is owed.
        #[n(3)]
        owed: Amount,
        #[n(4)]
        metadata: Metadata,
        #[n(5)]
        balance_after: Amount,
    },
    /// An entry: credits that were sent came back to their grants.
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
    /// An entry: credits of a purchase or a subscription were taken back, because its payment was.
    #[n(15)]
    TakenBack {
        #[n(0)]
        category: Category,
        #[n(1)]
        parts: Vec<Part>,
        /// What is taken beyond the parts: it is owed.
        #[n(2)]
        owed: Amount,
        /// The pack's or the plan's name.
        #[n(3)]
        reason: String,
        #[n(4)]
        balance_after: Amount,
    },
    /// An entry: credits that had been taken back are there again, because the payment is.
    #[n(16)]
    GivenBack {
        #[n(0)]
        category: Category,
        #[n(1)]
        parts: Vec<Part>,
        /// The pack's or the plan's name.
        #[n(2)]
        reason: String,
        #[n(3)]
        balance_after: Amount,
    },
    /// A grant can be used until another instant.
    #[n(17)]
    Rescheduled {
        #[n(0)]
        grant: FactNumber,
        #[n(1)]
        expires_at: Option<Timestamp>,
    },
    /// An administrator linked the object at the payment processor to this owner.
    #[n(18)]
    Linked {
        #[n(0)]
        owner: Owner,
    },
    /// The owner of this event is not known. It waits under the number of this fact.
    #[n(19)]
    Waits {
        #[n(0)]
        event: BillingEvent,
        /// Those of its objects that had no room for it.
        #[n(1)]
        #[cbor(default)]
        full: Vec<ObjectId>,
    },
    /// This happened to the owner's billing.
    #[n(20)]
    Billed {
        #[n(0)]
        event: BillingEvent,
    },
    /// These are the terms behind prices, and of what was bought.
    #[n(21)]
    Priced {
        /// Of prices of subscriptions.
        #[n(0)]
        plans: Vec<Pinned>,
        /// Of packs that were paid without an offer.
        #[n(1)]
        packs: Vec<SoldAs>,
    },
    /// Something was awarded. It opened a grant.
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
        /// What was paid for all of the award, as far as is known when the grant opens; `None` of what nothing was paid
        /// for: trials and bonuses.
        #[n(4)]
        basis: Option<Basis>,
        /// When.
        #[n(5)]
        at: Timestamp,
    },
    /// This is over for long and counted no more.
    #[n(33)]
    Closed {
        #[n(0)]
        closing: Closing,
    },
    /// Something was taken back of an award.
    #[n(23)]
    TookBack {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        taken: Vec<Taking>,
    },
    /// The list of what is unsolved of the owner's billing changed.
    #[n(31)]
    Listed {
        #[n(0)]
        at: Timestamp,
        #[n(1)]
        added: Vec<Unsolved>,
        /// By their keys.
        #[n(2)]
        removed: Vec<String>,
    },
    /// An entry of that list has stood for a while: handlers are told.
    #[n(32)]
    Reported {
        #[n(0)]
        entry: Unsolved,
    },
    /// So much of an award's grant is gone without being used.
    #[n(30)]
    GoneNoted {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        gone: Gone,
    },
    /// Credits of other awards make up for what is gone of a credited one.
    #[n(28)]
    AdvanceTaken {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        taken: Vec<Taking>,
    },
    /// So much of what made up for an award went back, the newest first.
    #[n(29)]
    AdvanceReturned {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        amount: Amount,
    },
    /// So much of it was given back, the newest first; for what had been owed a grant was opened.
    #[n(24)]
    GaveBack {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        amount: Amount,
        #[n(2)]
        grant: Option<FactNumber>,
    },
    /// An event says whose the object at the payment processor is.
    #[n(25)]
    Named {
        #[n(0)]
        naming: Naming,
        #[n(1)]
        claim: Claim,
    },
    /// The event that waits under this number has an owner.
    #[n(26)]
    Freed {
        #[n(0)]
        event: FactNumber,
    },
    /// The event that waits under this number gave way to a newer one.
    #[n(27)]
    GaveWay {
        #[n(0)]
        event: FactNumber,
        #[n(1)]
        at: Timestamp,
    },
    /// An administrator dealt with so many events that gave way.
    #[n(34)]
    GaveWayDismissed {
        #[n(0)]
        count: u64,
        #[n(1)]
        at: Timestamp,
    },
}

/// A part of a grant that leaves its wallet, or comes back to it, with what it takes to open the grant again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// Which grant.
    #[n(0)]
    pub grant: FactNumber,
    /// How much.
    #[n(1)]
    pub amount: Amount,
    /// What the grant was given for.
    #[n(2)]
    pub category: Category,
    /// Its terms.
    #[n(3)]
    pub terms: GrantTerms,
}

/// What a hold sets aside, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Held {
    /// What it is to pay for.
    #[n(0)]
    pub charge: Charge,
    /// What it set aside of which grants.
    #[n(1)]
    pub pins: Vec<Allocation>,
    /// When it lapses.
    #[n(2)]
    pub until: Timestamp,
    /// Who does the work.
    #[n(3)]
    pub purpose: Purpose,
    /// The key, if the caller chose it; settling uses it up.
    #[n(4)]
    pub key: Option<ChosenKey>,
    /// What to write on the entry.
    #[n(5)]
    pub metadata: Metadata,
    /// The operation as scopes name it, whichever catalogue priced it.
    #[n(6)]
    pub usable_as: OperationId,
    /// What it sets aside beyond the grants, where debt is allowed.
    #[n(7)]
    pub unpinned: Amount,
    /// When it was opened.
    #[n(8)]
    pub opened_at: Timestamp,
    /// The categories and terms of the grants it pinned, in their order, so that they can be restored.
    #[n(9)]
    pub pinned: Vec<PinnedTerms>,
}

impl Held {
    /// All that is set aside.
    pub fn amount(&self) -> Amount {
        Amount::sum(self.pins.iter().map(|pin| pin.amount)).plus(self.unpinned)
    }
}

/// Of a grant that a hold pinned and that expires.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PinnedTerms {
    /// Which grant.
    #[n(0)]
    pub grant: FactNumber,
    /// What it was given for.
    #[n(1)]
    pub category: Category,
    /// Its terms.
    #[n(2)]
    pub terms: GrantTerms,
}

/// What a settling says of its hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settled {
    /// Which hold.
    #[n(0)]
    pub hold: HoldId,
    /// Whether it had lapsed before.
    #[n(1)]
    pub late: bool,
    /// The key that this uses up, if the caller chose one.
    #[n(2)]
    pub key: Option<ChosenKey>,
}

/// A key that a caller chose for a hold, which settling uses up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChosenKey {
    /// The key.
    #[n(0)]
    pub key: Key,
    /// Of the command that opened the hold.
    #[cbor(n(1), with = "encoding::short_hash")]
    pub fingerprint: Hash64,
}

/// The part of a spending taken from, or of a hold pinned to, one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Allocation {
    /// Which grant, by the number of the fact that opened it.
    #[n(0)]
    pub grant: FactNumber,
    /// How much.
    #[n(1)]
    pub amount: Amount,
}

/// What a hold is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// Work that the ledger runs: `.run(..)`.
    #[n(0)]
    Run,
    /// Work of the caller's: `.hold(..)`.
    #[n(1)]
    Hold,
}

/// The terms of a grant: when, for what and in which order its credits may be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct GrantTerms {
    /// From when it cannot be used; `None` for never.
    #[n(0)]
    pub expires_at: Option<Timestamp>,
    /// Lower is used first.
    #[n(1)]
    pub priority: u16,
    /// Paid for, or a gift.
    #[n(2)]
    pub class: Class,
    /// The operations it is for; none means all.
    #[n(3)]
    pub scope: Vec<OperationId>,
    /// Where it came from.
    #[n(4)]
    pub origin: Origin,
    /// The grant that a purchase opened, which these credits are of, whoever has them.
    #[n(5)]
    pub purchase: Option<FactNumber>,
}

/// Where a grant came from. Gifts alone may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Origin {
    /// It was given.
    #[n(0)]
    #[default]
    Gift,
    /// It was received from another wallet.
    #[n(1)]
    Transfer,
    /// It was awarded to a subscription.
    #[n(2)]
    Subscription,
    /// It was bought.
    #[n(3)]
    Purchase,
}

impl Origin {
    /// Whether it was given for a payment that may come back.
    pub fn is_paid_for(self) -> bool {
        matches!(self, Self::Subscription | Self::Purchase)
    }
}

impl GrantTerms {
    /// The priority of grants that name none.
    pub const PRIORITY_DEFAULT: u16 = 50;
}

/// Whether credits were paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// A gift: used before paid credits of the same expiry.
    #[n(0)]
    Promotional,
    /// Paid for.
    #[n(1)]
    Paid,
}

impl Class {
    /// The class of a gift that names none: signing up and referring are promotions.
    pub fn of_category(category: &Category) -> Self {
        match category {
            Category::SignupBonus | Category::ReferralBonus => Self::Promotional,
            _ => Self::Paid,
        }
    }
}

impl Part {
    /// What these are together.
    pub fn total(parts: &[Self]) -> Amount {
        Amount::sum(parts.iter().map(|part| part.amount))
    }
}

impl Body {
    /// By how much it moves the balance, and the balance after it; `None` if it is no entry.
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
    /// What an entry was for; `None` if it is no entry.
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

    /// When it took effect, in a frame of this time.
    pub fn effective_at(&self, recorded_at: Timestamp) -> Timestamp {
        match self {
            Self::Expired { effective_at, .. } | Self::DebtRepaid { effective_at, .. } => *effective_at,
            Self::Lapsed { at, .. } => *at,
            _ => recorded_at,
        }
    }
}

impl Frame {
    /// The fact that answers the command, with its place: the others were due before it or follow from it.
    pub fn answer(&self) -> Option<(usize, &Fact)> {
        let answers = |fact: &&Fact| {
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
        };
        self.facts.iter().enumerate().find(|(_, fact)| answers(fact))
    }

    /// What the hold of this number set aside, if the frame opened it in this wallet.
    pub fn held(&self, first: FactNumber, id: HoldId, wallet: &WalletId) -> Option<&Held> {
        let mut facts = self.facts.iter().enumerate();
        let (_, fact) = facts.find(|(place, _)| HoldId(first.plus(*place)) == id)?;
        match &fact.body {
            Body::Held(held) if fact.record == Record::Wallet(wallet.clone()) => Some(held),
            _ => None,
        }
    }
}

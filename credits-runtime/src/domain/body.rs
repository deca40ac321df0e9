//! The statements of facts.
//!
//! The numbers of variants and fields are the file format: new ones are added, and existing ones are never
//! reused or changed. It does not know how a statement changes its record.

use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::billing::award::{AwardId, Basis, Taking};
use super::billing::closing::Closing;
use super::billing::event::BillingEvent;
use super::billing::objects::{Claim, Naming};
use super::billing::record::{Pinned, SoldAs};
use super::billing::unsolved::Unsolved;
use super::category::Category;
use super::cover::{Cover, CoveredBy};
use super::grant::{Allocation, ExpiryThen, GrantTerms, Origin, Part};
use super::hold::{Held, Settled};
use super::ids::{Asset, FactNumber, HoldId, ObjectId, Owner, TransferId, WalletId};
use super::metadata::Metadata;
use super::pricing::Charge;
use super::time::Timestamp;
use super::wallet::Forfeited;

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
        /// Expiries of used grants that are no longer the ones they were given with.
        #[n(7)]
        #[cbor(default)]
        expiries: Vec<ExpiryThen>,
        /// The plan because of which nothing was charged. The charge has the price that it would have had.
        #[n(8)]
        covered_by: Option<CoveredBy>,
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
    ForfeitureNoted {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        forfeited: Forfeited,
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
    /// Entry: a charge was reversed, in whole or in part.
    #[n(35)]
    ChargeReversed {
        /// The entry of the charge.
        #[n(0)]
        charge: FactNumber,
        /// Parts that return to their grants, each with the expiry that its grant has from now on.
        #[n(1)]
        parts: Vec<Part>,
        /// Debt of the charge that is undone.
        #[n(2)]
        undone: Amount,
        /// Debt of the charge that other credits repaid: opens a grant with the fact's number.
        #[n(3)]
        repaid: Amount,
        /// The sum of the charge's reversals, with this one.
        #[n(4)]
        reversed: Amount,
        /// The reversal of the same charge before this one.
        #[n(5)]
        previous: Option<FactNumber>,
        #[n(6)]
        reason: Option<String>,
        #[n(7)]
        metadata: Metadata,
        #[n(8)]
        balance_after: Amount,
    },
    /// Credits of an award that had been forgiven came back to its grants and were taken after all.
    #[n(36)]
    TookForgiven {
        #[n(0)]
        award: AwardId,
        /// The takings that replace the same amount of forgiven credits, newest first.
        #[n(1)]
        taken: Vec<Taking>,
    },
    /// An award was given before, outside of this ledger.
    #[n(37)]
    GivenBefore {
        #[n(0)]
        award: AwardId,
        #[n(1)]
        asset: Asset,
        #[n(2)]
        amount: Amount,
        /// The grant of this ledger that has the rest of it.
        #[n(3)]
        grant: Option<FactNumber>,
        #[n(4)]
        at: Timestamp,
    },
    /// An award that was given before is due by the known facts for the first time.
    #[n(38)]
    Confirmed {
        #[n(0)]
        award: AwardId,
        /// The amount due, without reductions for credited time.
        #[n(1)]
        due: i64,
    },
    /// A grant belongs to an award that was given before.
    #[n(39)]
    Adopted {
        #[n(0)]
        grant: FactNumber,
        #[n(1)]
        origin: Origin,
        #[n(2)]
        purchase: Option<FactNumber>,
    },
    /// The covers of the wallet changed to these.
    #[n(40)]
    Covered {
        #[n(0)]
        covers: Vec<Cover>,
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

impl Body {
    /// When the fact took effect, in a frame of this time.
    pub fn effective_at(&self, recorded_at: Timestamp) -> Timestamp {
        match self {
            Self::Expired { effective_at, .. } | Self::DebtRepaid { effective_at, .. } => *effective_at,
            Self::Lapsed { at, .. } => *at,
            _ => recorded_at,
        }
    }

    /// The category and the terms of the grant that the fact opens under its number. A gift may join the grant of
    /// another gift that has the same terms.
    pub fn gives(&self) -> Option<(Category, GrantTerms)> {
        match self {
            Self::Given { category, terms, .. } | Self::Received { category, terms, .. } => {
                Some((category.clone(), terms.clone()))
            }
            Self::ChargeReversed { repaid, .. } if repaid.is_positive() => {
                Some((Category::ChargeReversed, GrantTerms::of_repaid()))
            }
            _ => None,
        }
    }
}

//! Unresolved entries: their kinds, remedies and keys.
//!
//! It does not know how entries are listed or dismissed.

use serde::{Deserialize, Serialize};

use crate::domain::billing::award::AwardId;
use crate::domain::billing::due::{PartialReturn, UnpaidUpgrade};
use crate::domain::billing::event::BillingEvent;
use crate::domain::billing::purchases::PurchaseProblem;
use crate::domain::billing::unsolved::Unsolved;
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// An entry of billing for which credits were not given or not taken, and that needs an administrator: see
/// [`Credits::unresolved`].
///
/// [`remedy`](Self::remedy) returns the action that resolves it. An entry leaves the list once that is done;
/// one with a [`key`](Self::key) also by [`Credits::dismiss`].
///
/// [`Credits::unresolved`]: crate::Credits::unresolved
/// [`Credits::dismiss`]: crate::Credits::dismiss
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unresolved {
    /// An event of objects without an owner. It waits until one of them has an owner.
    OwnerUnknown {
        /// The event.
        event: Box<BillingEvent>,
    },
    /// Events of unknown owners gave way to newer ones, because too many waited: they are lost, unless the
    /// processor sends them again.
    EventsGaveWay {
        /// The number of lost events, without those of dismissed entries.
        count: u64,
        /// When the first gave way, by the ledger's time, or when an earlier entry was dismissed.
        since: Timestamp,
    },
    /// A subscription was paid at a price that no plan of the catalogue has.
    PriceUnknown {
        /// The owner.
        owner: Owner,
        /// The price.
        price: ObjectId,
    },
    /// An invoice paid for a subscription item that no subscription event names.
    ItemUnknown {
        /// The owner.
        owner: Owner,
        /// The item.
        item: ObjectId,
    },
    /// A subscription has a status that this version does not know, and which decides nothing.
    StatusUnknown {
        /// The owner.
        owner: Owner,
        /// The subscription.
        subscription: ObjectId,
    },
    /// A payment fits neither its offer nor the catalogue: nothing was given.
    Purchase {
        /// The owner.
        owner: Owner,
        /// The checkout; for a pack on an invoice, invoice and price.
        session: ObjectId,
        /// The mismatch.
        problem: PurchaseProblem,
    },
    /// A change to more credits was not paid: nothing was given for it.
    UnpaidUpgrade {
        /// The owner.
        owner: Owner,
        /// The change.
        upgrade: UnpaidUpgrade,
    },
    /// A part of a subscription's invoice was returned: nothing was taken for it.
    PartialReturn {
        /// The owner.
        owner: Owner,
        /// The invoice, and the amount returned.
        part: PartialReturn,
    },
    /// A payment of no known invoice or purchase was returned, or an unknown invoice was credited: nothing
    /// was taken.
    PaymentUnknown {
        /// The owner.
        owner: Owner,
        /// The payment; the invoice where credit notes returned it.
        payment: ObjectId,
        /// The returned amount, in minor units.
        returned: i64,
    },
    /// An award that would take the balance beyond 64 bits. It is given as soon as there is room.
    AwardTooLarge {
        /// The owner.
        owner: Owner,
        /// The award.
        award: AwardId,
    },
    /// An invoice or a checkout arrived more than 400 days after the time or sale that it paid for, when
    /// other payments of that time had been given and closed: nothing was given for it.
    TooLate {
        /// The owner.
        owner: Owner,
        /// The invoice or checkout.
        object: ObjectId,
        /// When it was paid, by the processor's clock.
        paid_at: Timestamp,
    },
}

impl Unresolved {
    /// The action that resolves it: a sentence for an operator, lower case and without a full stop, as in
    /// ``say whose it is: link `cus_1` to its owner``. Its wording may change.
    pub fn remedy(&self) -> String {
        match self {
            Self::OwnerUnknown { event, .. } => {
                let object = event.objects.last().map_or_else(String::new, |id| format!(" `{id}`"));
                format!("say whose it is: link{object} to its owner")
            }
            Self::EventsGaveWay { count, .. } => format!(
                "link what still waits, reconcile with the processor, and dismiss this: {count} events of unknown owners are lost"
            ),
            Self::PriceUnknown { price, .. } => {
                format!("declare a plan with the price `{price}`: with its credits, or with `gives nothing`")
            }
            Self::ItemUnknown { item, .. } => format!(
                "send the events of its subscription again, or reconcile: no event tells of the item `{item}`"
            ),
            Self::StatusUnknown { subscription, .. } => format!(
                "update credits-runtime: this version does not know the status of `{subscription}`, which decides nothing"
            ),
            Self::Purchase { problem, session, .. } => match problem {
                PurchaseProblem::PackUnknown => format!(
                    "declare a pack with the price that `{session}` was paid at, or refund the payment and dismiss this"
                ),
                _ => "give by hand what was bought, or refund the payment, and dismiss this".to_owned(),
            },
            Self::UnpaidUpgrade { upgrade, .. } => {
                format!("have the change of `{}` invoiced and paid, or take it back", upgrade.subscription)
            }
            Self::PartialReturn { part, .. } => format!(
                "deduct by hand what the part of `{}` that came back was for, if anything, and dismiss this",
                part.invoice
            ),
            Self::PaymentUnknown { payment, .. } => format!(
                "find out what `{payment}` was for, take back by hand what was given for it, and dismiss this"
            ),
            Self::AwardTooLarge { .. } => {
                "have credits spent or deduct some: the award is given as soon as the balance has room"
                    .to_owned()
            }
            Self::TooLate { object, .. } => format!(
                "give by hand what `{object}` paid for, if it was not given when it was paid, and dismiss this"
            ),
        }
    }

    /// The key under which it is dismissed, as in `return in_1 400`; `None` for an entry that cannot be
    /// dismissed (`OwnerUnknown`, `AwardTooLarge`).
    ///
    /// It is unique within an owner. A larger return of the same invoice, or another change, has another key.
    pub fn key(&self) -> Option<String> {
        if let Self::EventsGaveWay { count, since } = self {
            return Some(format!("gave way {count} since {since}"));
        }
        match self.entry() {
            None | Some((_, Unsolved::AwardTooLarge(_))) => None,
            Some((_, entry)) => Some(entry.key()),
        }
    }

    /// An entry of an owner's billing.
    pub(crate) fn of(owner: &Owner, entry: &Unsolved) -> Self {
        let (owner, entry) = (owner.clone(), entry.clone());
        match entry {
            Unsolved::PriceUnknown(price) => Self::PriceUnknown { owner, price },
            Unsolved::ItemUnknown(item) => Self::ItemUnknown { owner, item },
            Unsolved::StatusUnknown(subscription) => Self::StatusUnknown { owner, subscription },
            Unsolved::Purchase { session, problem } => Self::Purchase { owner, session, problem },
            Unsolved::UnpaidUpgrade(upgrade) => Self::UnpaidUpgrade { owner, upgrade },
            Unsolved::PartialReturn(part) => Self::PartialReturn { owner, part },
            Unsolved::PaymentUnknown { payment, returned } => {
                Self::PaymentUnknown { owner, payment, returned }
            }
            Unsolved::AwardTooLarge(award) => Self::AwardTooLarge { owner, award },
            Unsolved::TooLate { object, paid_at } => Self::TooLate { owner, object, paid_at },
        }
    }

    /// The owner whose billing has it, and its entry there; `None` for entries of the waiting room.
    fn entry(&self) -> Option<(&Owner, Unsolved)> {
        Some(match self.clone() {
            Self::OwnerUnknown { .. } | Self::EventsGaveWay { .. } => return None,
            Self::PriceUnknown { price, .. } => (self.owner()?, Unsolved::PriceUnknown(price)),
            Self::ItemUnknown { item, .. } => (self.owner()?, Unsolved::ItemUnknown(item)),
            Self::StatusUnknown { subscription, .. } => {
                (self.owner()?, Unsolved::StatusUnknown(subscription))
            }
            Self::Purchase { session, problem, .. } => {
                (self.owner()?, Unsolved::Purchase { session, problem })
            }
            Self::UnpaidUpgrade { upgrade, .. } => (self.owner()?, Unsolved::UnpaidUpgrade(upgrade)),
            Self::PartialReturn { part, .. } => (self.owner()?, Unsolved::PartialReturn(part)),
            Self::PaymentUnknown { payment, returned, .. } => {
                (self.owner()?, Unsolved::PaymentUnknown { payment, returned })
            }
            Self::AwardTooLarge { award, .. } => (self.owner()?, Unsolved::AwardTooLarge(award)),
            Self::TooLate { object, paid_at, .. } => (self.owner()?, Unsolved::TooLate { object, paid_at }),
        })
    }

    /// The owner whose billing has it; `None` for an entry of events without an owner.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// use credits_runtime::billing::Unresolved;
    ///
    /// fn waiting(unresolved: &[Unresolved]) -> usize {
    ///     unresolved.iter().filter(|entry| entry.owner().is_none()).count()
    /// }
    ///
    /// assert_eq!(waiting(&Credits::in_memory()?.unresolved()?), 0);
    /// # Ok::<(), credits_runtime::Error>(())
    /// ```
    pub fn owner(&self) -> Option<&Owner> {
        match self {
            Self::OwnerUnknown { .. } | Self::EventsGaveWay { .. } => None,
            Self::PriceUnknown { owner, .. }
            | Self::ItemUnknown { owner, .. }
            | Self::StatusUnknown { owner, .. }
            | Self::Purchase { owner, .. }
            | Self::UnpaidUpgrade { owner, .. }
            | Self::PartialReturn { owner, .. }
            | Self::PaymentUnknown { owner, .. }
            | Self::AwardTooLarge { owner, .. }
            | Self::TooLate { owner, .. } => Some(owner),
        }
    }
}

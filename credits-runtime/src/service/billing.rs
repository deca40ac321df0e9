//! Billing for applications: sends a payment processor's events to the ledger, and reads subscriptions, purchases and
//! unresolved entries.
//!
//! It does not know how an event is booked, nor any processor's messages.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::due::{PartialReturn, UnpaidUpgrade};
use crate::domain::billing::event::{BillingEvent, Happening, Status};
use crate::domain::billing::purchases::{PurchaseProblem, invoice_purchase};
use crate::domain::billing::record::Billing as Record;
use crate::domain::billing::terms::{PackTerms, PlanTerms};
use crate::domain::billing::unsolved::Unsolved;
use crate::domain::billing::waiting::WaitingEvent;
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::billing::{Bill, stored_billing};
use crate::engine::codec;
use crate::engine::ledger::{Core, Ledger};
#[cfg(feature = "stripe")]
use crate::engine::owners::stored_object;
use crate::engine::reply::Reply;
use crate::engine::waiting::stored_room;
use crate::error::{Error, LedgerError};

/// Rows in one read.
const ROWS_MAX: usize = 256;

/// Result of receiving a billing event, linking or dismissing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Received {
    /// Whether it changed anything; false for a replay.
    pub is_new: bool,
}

/// A subscription as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id at the payment processor.
    pub id: ObjectId,
    /// The id of its item.
    pub item: ObjectId,
    /// Its status.
    pub status: Status,
    /// The plan's name; `None` for a price that no catalogue has had.
    pub plan: Option<String>,
    /// The version of the plan's terms.
    pub version: Option<u32>,
    /// The price that is charged.
    pub price: ObjectId,
    /// The quantity; `None` for a price that is charged by use.
    pub quantity: Option<u64>,
    /// When it ended, is to end, or was handed over to another owner, whichever is first.
    pub ends_at: Option<Timestamp>,
}

/// A purchase of packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Purchase {
    /// The checkout that sold it; for a pack on an invoice, invoice and price: `in_1:price_boost`.
    pub session: ObjectId,
    /// The pack's name, if it is known.
    pub pack: Option<String>,
    /// When it was paid.
    pub at: Timestamp,
    /// Credits that were given, the bonus included.
    pub given: Amount,
    /// Credits taken back with refunds and disputes, also those that are owed, had expired or are forgiven; up to `given`.
    pub taken: Amount,
    /// The paid amount in minor units: of the checkout, or of the whole invoice.
    pub paid: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// The amount returned by refunds and credit notes or held by disputes, in minor units.
    pub returned: i64,
}

/// Something that gave nothing or took nothing, and needs an administrator: see [`Credits::unresolved`].
///
/// [`remedy`](Self::remedy) returns the action that resolves it. An entry leaves the list once that is done; one with a
/// [`key`](Self::key) also by [`Credits::dismiss`].
///
/// [`Credits::unresolved`]: crate::Credits::unresolved
/// [`Credits::dismiss`]: crate::Credits::dismiss
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unresolved {
    /// An event of objects without an owner. It waits until one of them has an owner.
    OwnerUnknown {
        /// The event.
        event: Box<BillingEvent>,
    },
    /// Events of unknown owners gave way to newer ones, because too many waited: they are lost, unless the processor
    /// sends them again.
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
    /// A payment of no known invoice or purchase was returned: nothing was taken.
    PaymentUnknown {
        /// The owner.
        owner: Owner,
        /// The payment.
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
    /// An invoice or a checkout arrived more than 400 days after the time or sale that it paid for, when other payments of
    /// that time had been given and closed: nothing was given for it.
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
            Self::PriceUnknown { price, .. } => format!(
                "declare a plan with the Stripe price `{price}`: with its credits, or with `gives nothing`"
            ),
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

    /// The key under which it is dismissed, as in `return in_1 400`; `None` for an entry that cannot be dismissed
    /// (`OwnerUnknown`, `AwardTooLarge`).
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

    /// The owner whose billing has it.
    fn owner(&self) -> Option<&Owner> {
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

/// Sends an event to the ledger.
pub(crate) fn receive(ledger: &Arc<Ledger>, event: BillingEvent) -> Reply<Received> {
    ask(ledger, Bill::Receive(Box::new(event)))
}

/// Books everything due to an owner.
pub(crate) fn fulfill(ledger: &Arc<Ledger>, owner: Owner) -> Reply<Received> {
    ask(ledger, Bill::Fulfil(owner))
}

fn ask(ledger: &Arc<Ledger>, bill: Bill) -> Reply<Received> {
    let key = ledger.generated_key();
    ledger.bill(bill, key, |outcome| Ok(Received { is_new: !outcome.replayed }))
}

/// Links an object to an owner, for an administrator.
pub(crate) fn link(ledger: &Arc<Ledger>, object: ObjectId, owner: Owner) -> Reply<Received> {
    ask(ledger, Bill::Link(object, owner))
}

/// Moves every subscriber of a plan to these terms from the next cycle on; returns the number of owners for whom anything
/// changed.
pub(crate) fn migrate(ledger: &Arc<Ledger>, terms: &PlanTerms) -> Result<u64, Error> {
    let mut migrated = 0_u64;
    each_owner(ledger, codec::BILLING_KEYS, |owner| {
        let bill = Bill::Migrate(owner.clone(), Box::new(terms.clone()));
        migrated = migrated.saturating_add(u64::from(ask(ledger, bill).wait()?.is_new));
        Ok(())
    })?;
    Ok(migrated)
}

/// An owner's subscriptions, by item.
pub(crate) fn subscriptions(ledger: &Core, owner: &Owner) -> Result<Vec<Subscription>, Error> {
    let (billing, _) = stored_billing(&ledger.snapshot()?, owner)?;
    let subscriptions = billing.subscriptions.iter().filter_map(|(item, subscription)| {
        let state = subscription.latest()?;
        let terms = billing.terms(&state.subscription, &state.price, Timestamp::MAX);
        let ends_at = billing.handed_over.get(&state.subscription).copied();
        Some(Subscription {
            id: state.subscription.clone(),
            item: item.clone(),
            status: state.status,
            plan: terms.map(|terms| terms.plan.clone()),
            version: terms.map(|terms| terms.version),
            price: state.price.clone(),
            quantity: state.quantity,
            ends_at: ends_at.into_iter().chain(state.ends_at).min(),
        })
    });
    Ok(subscriptions.collect())
}

/// Whether any owner of a checkout has its offer.
#[cfg(feature = "stripe")]
pub(crate) fn has_offer(ledger: &Core, session: &ObjectId) -> Result<bool, Error> {
    let snapshot = ledger.snapshot()?;
    let object = stored_object(&snapshot, session)?;
    for owner in object.owners() {
        let (billing, _) = stored_billing(&snapshot, owner)?;
        if billing.offers.contains_key(session) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An owner's purchases, by checkout.
pub(crate) fn purchases(ledger: &Core, owner: &Owner) -> Result<Vec<Purchase>, Error> {
    let (billing, _) = stored_billing(&ledger.snapshot()?, owner)?;
    let on_invoices = billing
        .sold
        .iter()
        .filter_map(|((invoice, price), pack)| invoice_pack(&billing, (invoice, price), pack));
    let sold = billing.purchases.keys().filter_map(|session| purchase(&billing, session));
    Ok(sold.chain(on_invoices).collect())
}

/// A purchase in its owner's billing.
pub(crate) fn purchase(billing: &Record, session: &ObjectId) -> Option<Purchase> {
    let purchase = billing.purchases.get(session)?;
    let pack = billing.offers.get(session).map(|(_, offer)| &offer.pack);
    let pack = pack.or(purchase.terms.as_ref().map(|(terms, _)| terms)).map(|terms| terms.pack.clone());
    let (given, taken) = given_and_taken(billing, session);
    let payment = &purchase.payment;
    let came_back = payment.payment.as_ref().and_then(|payment| billing.payments.get(payment));
    Some(Purchase {
        session: session.clone(),
        pack,
        at: purchase.at,
        given,
        taken,
        paid: payment.paid,
        currency: payment.currency.clone(),
        returned: came_back.map_or(0, |payment| payment.refunded().saturating_add(payment.withdrawn())),
    })
}

/// A pack on an invoice in its owner's billing.
fn invoice_pack(
    billing: &Record,
    (invoice, price): (&ObjectId, &ObjectId),
    pack: &PackTerms,
) -> Option<Purchase> {
    let paid = billing.invoices.get(invoice)?;
    let id = invoice_purchase(invoice, price);
    let (given, taken) = given_and_taken(billing, &id);
    let returned = billing.returned_of(paid).saturating_add(billing.withdrawn_of(paid));
    Some(Purchase {
        session: id,
        pack: Some(pack.pack.clone()),
        at: paid.paid_at,
        given,
        taken,
        paid: paid.paid,
        currency: paid.currency.clone(),
        returned,
    })
}

/// Credits given for a purchase, its bonus included, and those taken back.
fn given_and_taken(billing: &Record, id: &ObjectId) -> (Amount, Amount) {
    let awards = [AwardId::Pack(id.clone()), AwardId::PackBonus(id.clone())];
    let awards = awards.iter().filter_map(|id| billing.awards.get(id));
    awards.fold((Amount::ZERO, Amount::ZERO), |(given, taken), award| {
        (given.plus(award.given), taken.plus(award.taken()))
    })
}

/// Every entry for an administrator: of all owners' billings, then of the waiting room.
pub(crate) fn unresolved(ledger: &Core) -> Result<Vec<Unresolved>, Error> {
    let mut unresolved = Vec::new();
    each_key(ledger, codec::ATTENTION_KEYS, |key| {
        let snapshot = ledger.snapshot()?;
        let record = key.get(1..).unwrap_or_default();
        if let Some(owner) = codec::billing_from_key(record) {
            let (billing, _) = stored_billing(&snapshot, &owner)?;
            unresolved.extend(of_billing(&owner, &billing));
        }
        Ok(())
    })?;
    unresolved.extend(of_waiting_room(ledger)?);
    Ok(unresolved)
}

/// The events of unknown owners in the order of arrival, after the entry of those that gave way.
fn of_waiting_room(ledger: &Core) -> Result<Vec<Unresolved>, Error> {
    let snapshot = ledger.snapshot()?;
    let room = stored_room(&snapshot)?;
    let gave_way = room.gave_way_since.map(|since| Unresolved::EventsGaveWay { count: room.gave_way, since });
    let mut unresolved: Vec<_> = gave_way.into_iter().collect();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = snapshot.view_rows(codec::WAITING_EVENT_KEYS, after.as_deref(), ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(unresolved) };
        after = Some(last.key.clone());
        for row in &rows {
            let WaitingEvent { event, .. } = codec::decode(&row.value)?;
            unresolved.push(Unresolved::OwnerUnknown { event: Box::new(event) });
        }
    }
}

/// The unsolved entries of an owner's billing.
fn of_billing(owner: &Owner, billing: &Record) -> Vec<Unresolved> {
    billing.listed.values().map(|listing| Unresolved::of(owner, &listing.entry)).collect()
}

/// Takes an entry off the list because an administrator dealt with it.
pub(crate) fn dismiss(ledger: &Arc<Ledger>, entry: &Unresolved) -> Result<Received, Error> {
    if let Unresolved::EventsGaveWay { count, since } = entry {
        return ask(ledger, Bill::DismissGaveWay(*count, *since)).wait();
    }
    let Some((owner, key)) = entry.owner().zip(entry.key()) else {
        return Err(Rejection::NotDismissible { remedy: entry.remedy() }.into());
    };
    let (at, owner, what) = (ledger.now(), Some(owner.clone()), Happening::Dismissed { key });
    receive(ledger, BillingEvent { at, objects: Vec::new(), owner, what }).wait()
}

fn each_owner(
    ledger: &Core,
    keys: (&[u8], &[u8]),
    mut each: impl FnMut(&Owner) -> Result<(), Error>,
) -> Result<(), Error> {
    each_key(ledger, keys, |key| match codec::billing_from_key(key) {
        Some(owner) => each(&owner),
        None => Err(LedgerError::damaged("a row of billing has no owner").into()),
    })
}

fn each_key(
    ledger: &Core,
    keys: (&[u8], &[u8]),
    mut each: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = ledger.snapshot()?.view_keys(keys, after.as_deref(), ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.clone());
        for row in &rows {
            each(row)?;
        }
    }
}

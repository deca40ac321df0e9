//! Billing for applications: sends a payment processor's events to the ledger, and reads subscriptions,
//! purchases and unresolved entries.
//!
//! It does not know how an event is booked, nor any processor's messages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::event::{BillingEvent, Happening, Status};
use crate::domain::billing::purchases::{invoice_purchase, share_of_return, worth_of};
use crate::domain::billing::record::Billing as Record;
use crate::domain::billing::terms::{PackTerms, PlanTerms};
use crate::domain::billing::upcoming::upcoming;
use crate::domain::ids::{Asset, ObjectId, Owner};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::billing::Bill;
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;
use crate::error::{Error, LedgerError};

mod cycle;
mod given_before;
mod unresolved;

pub use cycle::CycleUse;
pub(crate) use cycle::running;
pub use given_before::GivenBefore;
pub use unresolved::Unresolved;

/// The maximum number of owners, or of waiting events, of one read.
const OWNERS_AT_ONCE: usize = 256;

/// Result of receiving a billing event, linking or dismissing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Received {
    /// Whether it changed anything; false for a replay.
    pub is_new: bool,
}

/// A subscription as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id at the payment processor; `own/1/main` for a subscription of the application's own.
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
    /// The end of its paid time; `None` if no time was paid, and for a subscription of the application's own without
    /// an end.
    pub paid_until: Option<Timestamp>,
    /// When its next credits are expected: at the start of a cycle that is paid already, or else at the renewal of an
    /// active subscription, if it is paid.
    pub next_award_at: Option<Timestamp>,
    /// The next credits.
    pub next_award: Option<Amount>,
    /// The names of the operations that cost nothing while its time is paid; empty for all, `None` for none.
    pub unlimited: Option<Vec<String>>,
}

/// A purchase of packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Purchase {
    /// The checkout that sold it; for a pack on an invoice, invoice and price: `in_1:price_boost`.
    pub session: ObjectId,
    /// The payment of the checkout; `None` if nothing had to be paid, and for a pack on an invoice.
    pub payment: Option<ObjectId>,
    /// The pack's name, if it is known.
    pub pack: Option<String>,
    /// The asset of its credits.
    pub asset: String,
    /// When it was paid.
    pub at: Timestamp,
    /// Credits of the packs by their terms, the bonus included.
    pub worth: Amount,
    /// Credits that were given, the bonus included; other than `worth` if another system gave a part before.
    pub given: Amount,
    /// Credits taken back with refunds and disputes, also those that are owed, had expired or are forgiven;
    /// up to `given`.
    pub taken: Amount,
    /// The paid amount in minor units: of the checkout, or of the whole invoice.
    pub paid: i64,
    /// Currency of `paid` and `returned`, in which the buyer paid: ISO 4217, in lower case.
    pub currency: String,
    /// The amount returned by refunds and credit notes or held by disputes, in minor units.
    pub returned: i64,
}

impl Purchase {
    /// The credits that a further return of this amount of money accounts for, in minor units of `currency`:
    /// `worth x min(paid, returned + amount) / paid`, rounded up, up to `given`, less those taken already. Of a
    /// purchase that cost nothing it is 0.
    ///
    /// The balance falls by less where some of them had expired or were revoked, or are spent and forgiven.
    pub fn credits_for_return(&self, amount: i64) -> Amount {
        let returned = self.returned.saturating_add(amount.max(0));
        let all = share_of_return(self.worth.get(), self.paid, returned).min(self.given.get());
        Amount::new(all.saturating_sub(self.taken.get()).max(0))
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

/// Sends a billing command to the ledger.
pub(crate) fn ask(ledger: &Arc<Ledger>, bill: Bill) -> Reply<Received> {
    let key = ledger.generated_key();
    ledger.bill(bill, key, |outcome| Ok(Received { is_new: !outcome.replayed }))
}

/// Links an object to an owner, for an administrator.
pub(crate) fn link(ledger: &Arc<Ledger>, object: ObjectId, owner: Owner) -> Reply<Received> {
    ask(ledger, Bill::Link(object, owner))
}

/// Moves every subscriber of a plan to these terms from the next cycle on; returns the number of owners for
/// whom anything changed.
pub(crate) fn migrate(ledger: &Arc<Ledger>, terms: &PlanTerms) -> Result<u64, Error> {
    let mut migrated = 0_u64;
    each_owner(
        |after| ledger.billed_owners(after, OWNERS_AT_ONCE),
        |owner| {
            let bill = Bill::Migrate(owner.clone(), Box::new(terms.clone()));
            migrated = migrated.saturating_add(u64::from(ask(ledger, bill).wait()?.is_new));
            Ok(())
        },
    )?;
    Ok(migrated)
}

/// An owner's subscriptions, by item.
pub(crate) fn subscriptions(ledger: &Core, owner: &Owner) -> Result<Vec<Subscription>, Error> {
    let (billing, now) = (ledger.billing(owner)?, ledger.now());
    let upcoming = upcoming(&billing, ledger.policy().fulfilment, now);
    let subscriptions = billing.subscriptions.iter().filter_map(|(item, subscription)| {
        let state = subscription.latest()?;
        let terms = billing.terms(&state.subscription, &state.price, Timestamp::MAX);
        let ends_at = billing.handed_over.get(&state.subscription).copied();
        let upcoming = upcoming.get(item).copied().unwrap_or_default();
        Some(Subscription {
            id: state.subscription.clone(),
            item: item.clone(),
            status: if subscription.has_ended(now) { Status::Ended } else { state.status },
            plan: terms.map(|terms| ledger.names().plans.present(&terms.plan).to_owned()),
            version: terms.map(|terms| terms.version),
            price: state.price.clone(),
            quantity: state.quantity,
            ends_at: ends_at.into_iter().chain(state.ends_at).min(),
            paid_until: upcoming.paid_until,
            next_award_at: upcoming.next.map(|next| next.at),
            next_award: upcoming.next.map(|next| next.amount),
            unlimited: terms.and_then(|terms| terms.unlimited.as_deref()).map(|operations| {
                let present = |name: &String| ledger.names().operations.present(name).to_owned();
                operations.iter().map(present).collect()
            }),
        })
    });
    Ok(subscriptions.collect())
}

/// Whether any owner of a checkout has its offer.
#[cfg(feature = "stripe")]
pub(crate) fn has_offer(ledger: &Core, session: &ObjectId) -> Result<bool, Error> {
    for owner in ledger.object(session)?.owners() {
        if ledger.billing(owner)?.offers.contains_key(session) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an owner's billing has a purchase, an invoice or a subscription with this id.
#[cfg(feature = "stripe")]
pub(crate) fn has_billed(ledger: &Core, id: &ObjectId) -> Result<bool, Error> {
    let object = ledger.object(id)?;
    for owner in object.linked.iter().chain(object.owners()) {
        let billing = ledger.billing(owner)?;
        let mut states = billing.subscriptions.values().filter_map(|subscription| subscription.latest());
        if billing.purchases.contains_key(id)
            || billing.invoices.contains_key(id)
            || states.any(|state| state.subscription == *id)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An owner's purchases, by checkout.
pub(crate) fn purchases(ledger: &Core, owner: &Owner) -> Result<Vec<Purchase>, Error> {
    let billing = ledger.billing(owner)?;
    let on_invoices = billing
        .sold
        .iter()
        .filter_map(|((invoice, price), pack)| invoice_pack(&billing, (invoice, price), pack));
    let sold = billing.purchases.keys().filter_map(|session| purchase(&billing, session));
    let present = |pack: String| ledger.names().packs.present(&pack).to_owned();
    let purchases = sold.chain(on_invoices);
    Ok(purchases.map(|purchase| Purchase { pack: purchase.pack.map(present), ..purchase }).collect())
}

/// A purchase in its owner's billing.
pub(crate) fn purchase(billing: &Record, session: &ObjectId) -> Option<Purchase> {
    let purchase = billing.purchases.get(session)?;
    let pack = billing.offers.get(session).map(|(_, offer)| &offer.pack);
    let terms = pack.or(purchase.terms.as_ref().map(|(terms, _)| terms));
    let (given, taken) = given_and_taken(billing, session);
    let payment = &purchase.payment;
    let came_back = payment.payment.as_ref().and_then(|payment| billing.payments.get(payment));
    Some(Purchase {
        session: session.clone(),
        payment: payment.payment.clone(),
        pack: terms.map(|terms| terms.pack.clone()),
        asset: Asset::of(terms.map_or("", |terms| &terms.asset)).shown(),
        at: purchase.at,
        worth: worth_of(billing, session, purchase).map_or(given, Amount::new),
        given,
        taken,
        paid: payment.paid,
        currency: payment.currency_paid().to_owned(),
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
        payment: None,
        pack: Some(pack.pack.clone()),
        asset: Asset::of(&pack.asset).shown(),
        at: paid.paid_at,
        worth: given,
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
    // The waiting room first: an event that gets an owner meanwhile is then listed twice rather than not at all.
    let waiting = of_waiting_room(ledger)?;
    let mut unresolved = Vec::new();
    each_owner(
        |after| ledger.attention(after, OWNERS_AT_ONCE),
        |owner| {
            unresolved.extend(of_billing(owner, &ledger.billing(owner)?));
            Ok(())
        },
    )?;
    unresolved.extend(waiting);
    Ok(unresolved)
}

/// The events of unknown owners in the order of arrival, after the entry of dropped events.
fn of_waiting_room(ledger: &Core) -> Result<Vec<Unresolved>, Error> {
    let room = ledger.waiting_room()?;
    let gave_way = room.gave_way_since.map(|since| Unresolved::EventsGaveWay { count: room.gave_way, since });
    let (mut unresolved, mut after) = (Vec::from_iter(gave_way), None);
    loop {
        let events = ledger.waiting_events(after, OWNERS_AT_ONCE)?;
        let Some((last, _)) = events.last() else { return Ok(unresolved) };
        after = Some(*last);
        let events = events.into_iter().map(|(_, waiting)| Box::new(waiting.event));
        unresolved.extend(events.map(|event| Unresolved::OwnerUnknown { event }));
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

/// Visits owners, which are listed in parts.
fn each_owner(
    list: impl Fn(Option<&Owner>) -> Result<Vec<Owner>, LedgerError>,
    mut visit: impl FnMut(&Owner) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut after: Option<Owner> = None;
    loop {
        let owners = list(after.as_ref())?;
        let Some(last) = owners.last() else { return Ok(()) };
        after = Some(last.clone());
        owners.iter().try_for_each(&mut visit)?;
    }
}

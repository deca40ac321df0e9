//! Billing: what happened at a payment processor is told to the ledger, and what came of it is read.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::due::{UnpaidUpgrade, due};
use crate::domain::billing::event::{BillingEvent, Status};
use crate::domain::billing::purchases::PurchaseProblem;
use crate::domain::billing::record::Billing as Record;
use crate::domain::billing::terms::PlanTerms;
use crate::domain::billing::waiting::WaitingEvent;
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;
use crate::engine::billing::{Bill, stored_billing};
use crate::engine::codec;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::reply::Reply;
use crate::engine::waiting::stored_room;
use crate::error::{Error, LedgerError};

/// How many rows are read at once.
const ROWS_MAX: usize = 256;

/// What became of a billing event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Received {
    /// Whether it said anything that was not known.
    pub is_new: bool,
}

/// A subscription as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id at the payment processor.
    pub id: ObjectId,
    /// The item of it.
    pub item: ObjectId,
    /// How it is doing.
    pub status: Status,
    /// The plan's name; `None` of a price that the catalogue never had.
    pub plan: Option<String>,
    /// Which terms of that plan.
    pub version: Option<u32>,
    /// The price that is charged.
    pub price: ObjectId,
    /// How many of it.
    pub quantity: u64,
    /// When it ended or is to end; of one that was handed over to another owner, when it was.
    pub ends_at: Option<Timestamp>,
}

/// What was bought once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Purchase {
    /// The checkout that sold it.
    pub session: ObjectId,
    /// The pack's name, if it is known.
    pub pack: Option<String>,
    /// When it was paid.
    pub at: Timestamp,
    /// Credits that were given, the bonus included.
    pub given: Amount,
    /// Of them what was taken back with refunds and disputes: taken, owed, gone or forgiven.
    pub taken: Amount,
    /// What was paid, in minor units.
    pub paid: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// What came back of it, in minor units.
    pub returned: i64,
}

/// Something that nobody could be given credits for, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unresolved {
    /// Something happened to objects that belong to nobody. It waits for one of them to be linked.
    OwnerUnknown {
        /// What happened.
        event: Box<BillingEvent>,
    },
    /// Events of unknown owners gave way to newer ones, because too many waited: they are lost, unless the processor
    /// sends them again.
    EventsGaveWay {
        /// How many, since the ledger was created.
        count: u64,
        /// When the first did, by the ledger's clock.
        since: Timestamp,
    },
    /// A subscription has a price that no plan of the catalogue has.
    PriceUnknown {
        /// Whose.
        owner: Owner,
        /// Which price.
        price: ObjectId,
    },
    /// A payment is not for what is on sale.
    Purchase {
        /// Whose.
        owner: Owner,
        /// Which checkout.
        session: ObjectId,
        /// What is wrong with it.
        problem: PurchaseProblem,
    },
    /// A change to more was not paid.
    UnpaidUpgrade {
        /// Whose.
        owner: Owner,
        /// Which change.
        upgrade: UnpaidUpgrade,
    },
}

/// Tells the ledger what happened.
pub(crate) fn receive(ledger: &Arc<Ledger>, event: BillingEvent) -> Reply<Received> {
    ask(ledger, Bill::Receive(Box::new(event)))
}

/// Looks at what is due to an owner.
pub(crate) fn fulfill(ledger: &Arc<Ledger>, owner: Owner) -> Reply<Received> {
    ask(ledger, Bill::Fulfil(owner))
}

fn ask(ledger: &Arc<Ledger>, bill: Bill) -> Reply<Received> {
    let key = ledger.generated_key();
    ledger.bill(bill, key, |outcome| Ok(Received { is_new: !outcome.replayed }))
}

/// Links an object to an owner, as an administrator says.
pub(crate) fn link(ledger: &Arc<Ledger>, object: ObjectId, owner: Owner) -> Reply<Received> {
    ask(ledger, Bill::Link(object, owner))
}

/// Gives every subscriber of a plan these terms from the next cycle on; answers how many had others.
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
        let terms = billing.terms(&state.price, Timestamp::MAX);
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

/// An owner's purchases, by checkout.
pub(crate) fn purchases(ledger: &Core, owner: &Owner) -> Result<Vec<Purchase>, Error> {
    let (billing, _) = stored_billing(&ledger.snapshot()?, owner)?;
    Ok(billing.purchases.keys().filter_map(|session| purchase(&billing, session)).collect())
}

/// A purchase as its owner's billing has it.
pub(crate) fn purchase(billing: &Record, session: &ObjectId) -> Option<Purchase> {
    let purchase = billing.purchases.get(session)?;
    let pack = billing.offers.get(session).map(|offer| &offer.pack);
    let pack = pack.or(purchase.terms.as_ref().map(|(terms, _)| terms)).map(|terms| terms.pack.clone());
    let awards = [AwardId::Pack(session.clone()), AwardId::PackBonus(session.clone())];
    let (mut given, mut taken) = (Amount::ZERO, Amount::ZERO);
    for award in awards.iter().filter_map(|id| billing.awards.get(id)) {
        given = given.plus(award.given);
        taken = taken.plus(award.taken());
    }
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

/// Everything that somebody should look at.
pub(crate) fn unresolved(ledger: &Core) -> Result<Vec<Unresolved>, Error> {
    let mut unresolved = Vec::new();
    each_key(ledger, codec::ATTENTION_KEYS, |key| {
        let snapshot = ledger.snapshot()?;
        let record = key.get(1..).unwrap_or_default();
        if let Some(owner) = codec::billing_from_key(record) {
            let (billing, _) = stored_billing(&snapshot, &owner)?;
            unresolved.extend(of_billing(ledger, &owner, &billing));
        }
        Ok(())
    })?;
    unresolved.extend(of_waiting_room(ledger)?);
    Ok(unresolved)
}

/// The events of unknown owners, in the order in which they came.
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

fn of_billing(ledger: &Core, owner: &Owner, billing: &Record) -> Vec<Unresolved> {
    let due = due(billing, ledger.policy().fulfilment, ledger.now());
    let owner = || owner.clone();
    let prices =
        due.unknown_prices.into_iter().map(|price| Unresolved::PriceUnknown { owner: owner(), price });
    let purchases = due.problems.into_iter().map(|(session, problem)| Unresolved::Purchase {
        owner: owner(),
        session,
        problem,
    });
    let upgrades =
        due.unpaid_upgrades.into_iter().map(|upgrade| Unresolved::UnpaidUpgrade { owner: owner(), upgrade });
    prices.chain(purchases).chain(upgrades).collect()
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

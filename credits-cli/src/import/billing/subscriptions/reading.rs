//! Reading subscriptions: the columns of `pay`, and the objects of Stripe that it keeps.
//!
//! It does not know what the gem gave for them.

use std::collections::BTreeMap;

use credits_runtime::billing::{Interval, ObjectId, Status, SubscriptionState};

use super::{Charge, Running, Subscription};
use crate::import::billing::stripe_object::StripeObject;
use crate::import::billing::{Customer, NeededPlan, time};
use crate::import::database::{Cells, Database};
use crate::import::declared::Declared;
use crate::import::error::ImportError;
use crate::import::findings::{Finding, Findings};
use crate::import::options::Options;
use crate::import::schema::Schema;

/// Subscriptions, and the plans of those that run, by price.
type Read = (Vec<Subscription>, BTreeMap<String, NeededPlan>);

/// Reads the subscriptions for which the gem gives credits.
pub(in crate::import::billing) fn read(
    database: &mut dyn Database,
    schema: &Schema,
    (options, declared): (&Options, &Declared),
    customers: &BTreeMap<String, Customer>,
    findings: &mut Findings,
) -> Result<Read, ImportError> {
    let (mut subscriptions, mut plans) = (Vec::new(), BTreeMap::new());
    database.each(&schema.subscriptions(), &mut |cells| {
        let text = |place: usize| cells.text(place).unwrap_or_default();
        let Some(customer) = customers.get(text(1)) else { return Ok(()) };
        let is_running = is_running(text(5)) && time(cells, 9).is_none_or(|end| end > options.now);
        let price = text(3);
        if is_running && cells.text(14).is_some() {
            let (credits, every) = (text(15).to_owned(), cells.text(16).unwrap_or("month").to_owned());
            plans.insert(price.to_owned(), NeededPlan { credits, every });
        }
        let fulfilment = StripeObject::read([cells.text(17)]);
        if is_running && fulfilment.at("pending_plan_change").is_some() {
            findings.add(Finding::PlanChangePending, text(2));
        }
        let running = if is_running { running(cells, declared) } else { None };
        if is_running && cells.text(14).is_some() && running.is_none() {
            findings.add(Finding::SubscriptionIncomplete, text(2));
        }
        subscriptions.push(Subscription {
            id: text(0).to_owned(),
            fulfillment: cells.text(14).map(str::to_owned),
            owner: customer.owner.clone(),
            customer: customer.id.clone(),
            plans: declared.plans.clone(),
            running,
            charge: None,
            given: Vec::new(),
        });
        Ok(())
    })?;
    charges(database, schema, &mut subscriptions)?;
    Ok((subscriptions, plans))
}

/// Whether a subscription of this status goes on.
fn is_running(status: &str) -> bool {
    matches!(status, "trialing" | "active" | "past_due" | "unpaid" | "paused")
}

fn status(status: &str) -> Status {
    match status {
        "trialing" => Status::Trialing,
        "active" => Status::Active,
        "past_due" => Status::PastDue,
        "unpaid" => Status::Unpaid,
        "paused" => Status::Paused,
        _ => Status::Unknown,
    }
}

fn running(cells: &Cells, declared: &Declared) -> Option<Running> {
    let object = StripeObject::read([cells.text(11), cells.text(10)]);
    let price = cells.text(3)?;
    let plan = declared.plans.get(price)?.clone();
    let items = object.items();
    let of_price = |item: &&StripeObject| item.text("price.id").as_deref() == Some(price);
    let item = items.iter().find(of_price).or(items.first().filter(|_| items.len() == 1))?;
    let start = time(cells, 6).or_else(|| item.time("current_period_start"))?;
    let end = time(cells, 7).or_else(|| item.time("current_period_end"))?;
    let trial_end = time(cells, 8);
    let trial_start = object.time("trial_start").or_else(|| time(cells, 12));
    let state = SubscriptionState {
        item: item.id("id")?,
        subscription: ObjectId::new(cells.text(2)?)?,
        status: status(cells.text(5)?),
        price: ObjectId::new(price)?,
        quantity: cells.text(4).and_then(|quantity| quantity.parse().ok()),
        anchor: object.time("billing_cycle_anchor").unwrap_or(start),
        trial: trial_end.zip(trial_start).map(|(end, start)| Interval { start, end }),
        ends_at: time(cells, 9),
        before: None,
    };
    Some(Running {
        is_active: state.status == Status::Active,
        every: plan.every?,
        plan,
        period: Interval { start, end },
        latest_invoice: object.id("latest_invoice"),
        updated_at: time(cells, 13)?,
        state,
    })
}

/// Adds the first charge of each running period.
fn charges(
    database: &mut dyn Database,
    schema: &Schema,
    subscriptions: &mut [Subscription],
) -> Result<(), ImportError> {
    let ids = subscriptions.iter().enumerate().map(|(place, one)| (one.id.clone(), place));
    let places: BTreeMap<String, usize> = ids.collect();
    database.each(&schema.subscription_charges(), &mut |cells| {
        let place = cells.text(0).and_then(|id| places.get(id));
        let Some(subscription) = place.and_then(|place| subscriptions.get_mut(*place)) else { return Ok(()) };
        let (Some(running), Some(charge)) = (&subscription.running, charge(cells)) else { return Ok(()) };
        if running.has_begun_by(charge.at) && charge.at < running.period.end && subscription.charge.is_none()
        {
            subscription.charge = Some(charge);
        }
        Ok(())
    })
}

fn charge(cells: &Cells) -> Option<Charge> {
    let object = StripeObject::read([cells.text(6), cells.text(5)]);
    let id = ObjectId::new(cells.text(1)?)?;
    Some(Charge {
        invoice: object.id("invoice").or_else(|| object.id("stripe_invoice")),
        payments: object.id("payment_intent").into_iter().chain([id]).collect(),
        amount: cells.text(2)?.parse().ok()?,
        refunded: cells.text(3).and_then(|amount| amount.parse().ok()).unwrap_or(0),
        currency: cells.text(4).unwrap_or("usd").to_lowercase(),
        at: time(cells, 7)?,
    })
}

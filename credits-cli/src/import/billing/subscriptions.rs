//! Subscriptions: their state and the time that is paid, with marks for the cycles, rises, trials and bonuses that the gem
//! gave.

use std::collections::BTreeMap;
use std::time::Duration;

use credits_runtime::billing::{
    AwardId, BillingEvent, Happening, Interval, Invoice, Length, Line, ObjectId, Status, SubscriptionState,
};
use credits_runtime::{Owner, Timestamp};

use super::awards::{Given, Kind};
use super::marking::Marking;
use super::stripe_object::StripeObject;
use super::{Customer, NeededPlan, cycles, time};
use crate::import::database::{Cells, Database};
use crate::import::declared::{Declared, DeclaredPlan};
use crate::import::error::ImportError;
use crate::import::findings::{Finding, Findings};
use crate::import::options::Options;
use crate::import::schema::Schema;

/// The clocks of Rails and Stripe differ by less than this.
const CLOCKS_DIFFER_MAX: Duration = Duration::from_hours(1);

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// Its id in `pay`.
    pub(super) id: String,
    pub(super) fulfillment: Option<String>,
    owner: Owner,
    customer: ObjectId,
    /// Declared plans by price: its own, and those it had.
    plans: BTreeMap<String, DeclaredPlan>,
    running: Option<Running>,
    charge: Option<Charge>,
    /// The gem's transactions, in the order of their ids.
    pub(super) given: Vec<Given>,
}

/// A subscription that goes on.
#[derive(Clone, Debug)]
struct Running {
    state: SubscriptionState,
    plan: DeclaredPlan,
    every: Length,
    period: Interval,
    /// Whether its period counts as paid without a charge.
    is_active: bool,
    latest_invoice: Option<ObjectId>,
    updated_at: Timestamp,
}

/// A charge of the running period.
#[derive(Clone, Debug)]
struct Charge {
    invoice: Option<ObjectId>,
    payments: Vec<ObjectId>,
    amount: i64,
    refunded: i64,
    currency: String,
    at: Timestamp,
}

/// Subscriptions, and the plans of those that run, by price.
type Read = (Vec<Subscription>, BTreeMap<String, NeededPlan>);

/// Reads the subscriptions for which the gem gives credits.
pub(super) fn read(
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

impl Running {
    /// Whether the running period had begun at an instant of the application's clock.
    fn has_begun_by(&self, at: Timestamp) -> bool {
        at.after(CLOCKS_DIFFER_MAX) >= self.period.start
    }
}

impl Subscription {
    /// Marks what the gem gave, then receives the state and the paid time.
    pub(super) fn carry(&self, marking: &mut Marking<'_>) -> Result<(), ImportError> {
        self.mark_once(marking)?;
        let Some(running) = &self.running else { return Ok(()) };
        self.mark_cycles(running, marking)?;
        marking.receive(self.event(running, Happening::SubscriptionChanged(running.state.clone())))?;
        if running.is_active || self.charge.is_some() {
            self.receive_payment(running, marking)?;
        }
        marking.report.subscriptions = marking.report.subscriptions.saturating_add(1);
        Ok(())
    }

    /// Marks trials and signup bonuses, which are given once for each plan.
    fn mark_once(&self, marking: &mut Marking<'_>) -> Result<(), ImportError> {
        for given in &self.given {
            let award: fn(String) -> AwardId = match given.kind {
                Kind::Trial => AwardId::Trial,
                Kind::SignupBonus => AwardId::SignupBonus,
                _ => continue,
            };
            let plan = given.price.as_ref().and_then(|price| self.plans.get(price));
            let Some(award) = plan.map(|plan| award(plan.name.clone())) else { continue };
            // A return of the running period's invoice leaves what an earlier one brought.
            let is_of_the_period =
                self.running.as_ref().is_some_and(|running| running.has_begun_by(given.at));
            if is_of_the_period {
                marking.mark(self.owner.as_str(), award, &[given])?;
            } else {
                marking.close(self.owner.as_str(), award, given.amount)?;
            }
        }
        let Some(Running { plan, .. }) = &self.running else { return Ok(()) };
        // A bonus or a trial that the plan did not have then is not due now.
        if plan.signup_bonus > 0 {
            marking.close(self.owner.as_str(), AwardId::SignupBonus(plan.name.clone()), 1)?;
        }
        if plan.trial > 0 {
            marking.close(self.owner.as_str(), AwardId::Trial(plan.name.clone()), 1)?;
        }
        Ok(())
    }

    /// Marks the cycles of the running period that have begun, and the rises within them.
    fn mark_cycles(&self, running: &Running, marking: &mut Marking<'_>) -> Result<(), ImportError> {
        let starts = cycles::begun(running.period, running.every, marking.now);
        for (place, start) in starts.iter().enumerate() {
            let next = place.checked_add(1).and_then(|next| starts.get(next)).copied();
            let is_within = |given: &&Given, kind: Kind| {
                let at = given.at.after(CLOCKS_DIFFER_MAX);
                given.kind == kind && at >= *start && next.is_none_or(|next| at < next)
            };
            let of = |kind: Kind| -> Vec<&Given> {
                self.given.iter().filter(|given| is_within(given, kind)).collect()
            };
            let (given, upgrades) = (of(Kind::Cycle), of(Kind::Upgrade));
            let cycle = AwardId::cycle(running.state.item.clone(), *start, running.every);
            let owner = self.owner.as_str();
            match (given.is_empty(), next.is_some()) {
                (false, _) => marking.mark(owner, cycle.clone(), &given)?,
                // The gem forfeits a cycle that it missed.
                (true, true) => marking.close(owner, cycle.clone(), 1)?,
                (true, false) if running.is_active => {
                    marking.findings.add(Finding::CycleNotGiven, running.state.subscription.as_str());
                }
                (true, false) => {}
            }
            if !upgrades.is_empty()
                && let AwardId::Cycle { start, asset, every, .. } = cycle
            {
                let subscription = running.state.subscription.clone();
                marking.mark(owner, AwardId::Rise { subscription, start, asset, every }, &upgrades)?;
            }
        }
        Ok(())
    }

    /// Receives the invoice of the running period. One that was returned in full pays for nothing.
    fn receive_payment(&self, running: &Running, marking: &mut Marking<'_>) -> Result<(), ImportError> {
        let invoice = self.invoice(running);
        if let Some(charge) = self.charge.as_ref().filter(|charge| charge.refunded > 0)
            && let Some(payment) = charge.payments.first()
        {
            let what = Happening::RefundedInAll { payment: payment.clone(), amount: charge.refunded };
            marking.receive(self.event(running, what))?;
        }
        marking.receive(self.event(running, Happening::TimePaid(invoice)))
    }

    fn invoice(&self, running: &Running) -> Invoice {
        let Running { state, period, .. } = running;
        let charge = self.charge.as_ref();
        let known =
            charge.and_then(|charge| charge.invoice.clone()).or_else(|| running.latest_invoice.clone());
        let amount = charge.map_or(0, |charge| charge.amount);
        let paid_at = charge.map_or(period.start, |charge| charge.at);
        Invoice {
            // An invoice without a known id pays for the same time as the one that Stripe tells of.
            invoice: known.unwrap_or_else(|| state.subscription.clone()),
            made_at: period.start.min(paid_at),
            paid_at,
            paid: amount,
            tax: 0,
            currency: charge.map_or_else(|| "usd".to_owned(), |charge| charge.currency.clone()),
            payments: charge.map(|charge| charge.payments.clone()).unwrap_or_default(),
            lines: vec![Line {
                id: None,
                item: Some(state.item.clone()),
                subscription: Some(state.subscription.clone()),
                price: state.price.clone(),
                quantity: state.quantity,
                period: *period,
                amount,
                net: amount,
                is_proration: false,
                credits: None,
            }],
        }
    }

    fn event(&self, running: &Running, what: Happening) -> BillingEvent {
        let state = &running.state;
        let own = match &what {
            Happening::TimePaid(Invoice { invoice, payments, .. }) => {
                [&payments[..], std::slice::from_ref(invoice)].concat()
            }
            Happening::RefundedInAll { payment, .. } => vec![payment.clone()],
            _ => Vec::new(),
        };
        let objects =
            own.into_iter().chain([state.item.clone(), state.subscription.clone(), self.customer.clone()]);
        BillingEvent {
            at: running.updated_at,
            objects: objects.collect(),
            owner: Some(self.owner.clone()),
            what,
        }
    }
}

//! Subscriptions: their state and the time that is paid, with marks for the cycles, rises, trials and bonuses that the gem
//! gave.

mod reading;

use std::collections::BTreeMap;
use std::time::Duration;

use credits_runtime::billing::{
    AwardId, BillingEvent, Happening, Interval, Invoice, Length, Line, ObjectId, SubscriptionState,
};
use credits_runtime::{Owner, Timestamp};

pub(super) use reading::read;

use super::awards::{Given, Kind};
use super::cycles;
use super::marking::Marking;
use crate::import::declared::DeclaredPlan;
use crate::import::error::ImportError;
use crate::import::findings::Finding;

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

impl Running {
    /// Whether the running period had begun at an instant of the application's clock.
    fn has_begun_by(&self, at: Timestamp) -> bool {
        at.after(CLOCKS_DIFFER_MAX) >= self.period.start
    }
}

impl Subscription {
    /// The time of its newest row while it goes on.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        let updated_at = self.running.as_ref().map(|running| running.updated_at);
        updated_at.max(self.charge.as_ref().map(|charge| charge.at))
    }

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

//! Joining: what the application's request to open, change or end a subscription of its own comes to.
//!
//! A request names the plan, quantity and end that are wanted, so that repeating it changes nothing. Nothing is
//! taken back: whatever a change replaces stays paid until its running cycle ends, and the higher of both counts.
//! It does not know how a change is booked, nor the credits due because of it.

use super::calendar::Anchor;
use super::cycles::{Lane, cycles, start_around};
use super::event::{BillingEvent, Happening, Interval, OwnSpan, OwnSubscription, Status, SubscriptionState};
use super::items::SubscriptionItems;
use super::lanes::PaidTime;
use super::own::{OwnId, own_price};
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::{PlanTerms, PriceList};
use super::unsolved::per_time;
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::limits::OWN_SUBSCRIPTIONS_MAX;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;

/// A request to open or change a subscription of the application's own.
#[derive(Clone, Debug)]
pub struct Join {
    /// The owner.
    pub owner: Owner,
    /// The name that tells apart several subscriptions of an owner.
    pub name: String,
    /// The plan.
    pub plan: &'static str,
    /// Whether the plan is retired, so that nobody may join it.
    pub is_retired: bool,
    /// The quantity, at least 1.
    pub quantity: u64,
    /// Instant from which cycles are counted; the request's time if `None`.
    pub anchor: Option<Timestamp>,
    /// When the subscription ends.
    pub until: Option<Timestamp>,
}

/// A request to end a subscription of the application's own.
#[derive(Clone, Debug)]
pub struct Leave {
    /// The owner.
    pub owner: Owner,
    /// The name of the subscription.
    pub name: String,
    /// Whether it ends now, and not with the running cycle.
    pub is_at_once: bool,
}

/// A subscription of the application's own, with the time that is paid now.
struct Current<'a> {
    id: ObjectId,
    states: &'a Subscription,
    state: &'a SubscriptionState,
    /// The span of the newest state; `None` if no time is left of it.
    span: Option<&'a OwnSpan>,
    running: Vec<Running>,
}

/// A cycle that runs now.
struct Running {
    lane: Lane,
    end: Timestamp,
}

/// Where the time of a changed subscription starts.
struct Start {
    at: Timestamp,
    anchor: Timestamp,
    begins_cycle: bool,
    /// End of the time that stays paid as before.
    kept_until: Timestamp,
}

impl Billing {
    /// The event that fulfils a request to join; `None` if there is nothing to change. Rejections in order:
    /// `PlanRetired`, `SubscriptionEndInPast`, `SubscriptionsLimit`.
    pub fn join(
        &self,
        join: &Join,
        prices: &PriceList,
        now: Timestamp,
    ) -> Result<Option<BillingEvent>, Rejection> {
        let Some(terms) = prices.plan_named(join.plan) else {
            return Err(Rejection::PlanRetired { plan: join.plan.into() });
        };
        let (known, next) = self.own_subscription(&join.name, now);
        let held = known.as_ref().and_then(|known| self.terms(&known.id, &known.state.price, now));
        let is_same_plan = held.is_some_and(|held| held.plan == terms.plan);
        if join.is_retired && !is_same_plan {
            return Err(Rejection::PlanRetired { plan: join.plan.into() });
        }
        let (id, price, start) = match &known {
            // Subscribers keep the version that they joined.
            Some(known) if is_same_plan => {
                let same = (known.state.quantity, known.state.ends_at) == (Some(join.quantity), join.until);
                if same && known.state.status == Status::Active {
                    return Ok(None);
                }
                (known.id.clone(), known.state.price.clone(), self.change(known, join, held, now))
            }
            Some(known) => (known.id.clone(), own_price(terms), self.change(known, join, Some(terms), now)),
            None => (next, own_price(terms), opening(terms, join.anchor, now)),
        };
        let end = join.until.unwrap_or(Timestamp::MAX);
        let starts_at = start.at.max(now);
        if end <= starts_at {
            return Err(Rejection::SubscriptionEndInPast { ends_at: end, starts_at });
        }
        let is_ended = known.as_ref().is_none_or(|known| known.states.has_ended(now));
        let own = self.subscriptions.values().filter(|states| states.own.is_some());
        let subscriptions = own.filter(|states| !states.has_ended(now)).count();
        if is_ended && subscriptions >= OWN_SUBSCRIPTIONS_MAX {
            return Err(Rejection::SubscriptionsLimit { owner: join.owner.clone(), subscriptions });
        }
        let state = SubscriptionState {
            item: id.clone(),
            subscription: id,
            status: Status::Active,
            price: price.clone(),
            quantity: Some(join.quantity),
            anchor: start.anchor,
            trial: None,
            ends_at: join.until,
            before: None,
        };
        let paid = OwnSpan {
            price,
            quantity: join.quantity,
            period: Interval { start: start.at, end },
            asked_at: now,
            begins_cycle: start.begins_cycle,
            left_at: None,
        };
        let change = OwnSubscription { state, kept_until: start.kept_until, paid: Some(paid) };
        Ok(Some(event(&join.owner, change, now)))
    }

    /// The event that fulfils a request to leave; `None` if the subscription has ended, or ends no later.
    /// Rejections: `SubscriptionUnknown`, unless subscriptions of the owner were removed: this may be one of them.
    pub fn leave(&self, leave: &Leave, now: Timestamp) -> Result<Option<BillingEvent>, Rejection> {
        let (known, next) = self.own_subscription(&leave.name, now);
        let Some(known) = known else {
            let is_first = OwnId::of(&next).is_none_or(|id| id.number == 1);
            return if is_first {
                Err(Rejection::SubscriptionUnknown { owner: leave.owner.clone(), id: leave.name.clone() })
            } else {
                Ok(None)
            };
        };
        let kept_until = self.kept_until(&known, now);
        // Of several cycles that run, after a change of plan, the last one.
        let running = known.running.iter().map(|running| running.end);
        let last_end = running.max().map_or(now, |end| end.max(kept_until));
        let ends_at = if leave.is_at_once { now } else { last_end.max(now) };
        if known.state.ends_at.is_some_and(|known| known <= ends_at) {
            return Ok(None);
        }
        let status = if ends_at <= now { Status::Ended } else { known.state.status };
        let state = SubscriptionState { status, ends_at: Some(ends_at), ..known.state.clone() };
        Ok(Some(event(&leave.owner, OwnSubscription { state, kept_until, paid: None }, now)))
    }

    /// The subscription of a name whose time is not over, and the id of the next one of that name.
    fn own_subscription(&self, name: &str, now: Timestamp) -> (Option<Current<'_>>, ObjectId) {
        let own = self.subscriptions.iter().filter_map(|(id, states)| {
            let own = OwnId::of(id).filter(|own| own.name == name)?;
            Some((own.number, id, states))
        });
        // Numbers of removed subscriptions are not used again, whatever their name.
        let newest = own.max_by_key(|(number, ..)| *number);
        let number = newest.map_or(0, |(number, ..)| number).max(self.own_removed).saturating_add(1);
        let current = newest.and_then(|(_, id, states)| self.current(id, states, now));
        (current, OwnId { name, number }.object())
    }

    fn current<'a>(&'a self, id: &ObjectId, states: &'a Subscription, now: Timestamp) -> Option<Current<'a>> {
        let (own, state) = (states.own.as_ref()?, states.latest()?);
        let running = self.running_cycles(id, now);
        let span = own.last_of(&state.price, state.quantity.unwrap_or(1));
        let is_over = running.is_empty() && own.is_over(now);
        (!is_over).then(|| Current { id: id.clone(), states, state, span, running })
    }

    /// Whether the time of a subscription of the application's own is over, and its last cycle.
    pub(super) fn is_over(&self, items: &SubscriptionItems<'_>, now: Timestamp) -> bool {
        let mut own = items.items.iter().filter_map(|(_, states)| states.own.as_ref());
        own.all(|own| own.is_over(now)) && self.cycles_running(items, now).is_empty()
    }

    /// The cycles of a subscription that run at an instant.
    fn running_cycles(&self, subscription: &ObjectId, now: Timestamp) -> Vec<Running> {
        let subscriptions = self.by_subscription();
        let items = subscriptions.iter().find(|items| items.subscription == subscription);
        items.map_or(Vec::new(), |items| self.cycles_running(items, now))
    }

    fn cycles_running(&self, items: &SubscriptionItems<'_>, now: Timestamp) -> Vec<Running> {
        let paid = PaidTime::of(self, items);
        let lanes = paid.lanes().into_iter().filter_map(|lane| {
            let last = cycles(items, &lane, &paid.placed, now).begun.pop()?;
            (now < last.end).then_some(Running { lane, end: last.end })
        });
        lanes.collect()
    }

    /// End of the time that stays paid at the present price and quantity: with the running cycle.
    fn kept_until(&self, known: &Current<'_>, now: Timestamp) -> Timestamp {
        let lane = self.terms(&known.id, &known.state.price, now).and_then(Lane::of_terms);
        let running = known.running.iter().find(|running| Some(&running.lane) == lane.as_ref());
        let end = running.map_or(now, |running| running.end);
        known.span.map_or(now, |span| end.min(span.period.end).max(span.period.start))
    }

    /// Where the time of a change starts: now, or with the running cycle's end if the new plan has other
    /// cycles and gives less.
    fn change(&self, known: &Current<'_>, join: &Join, terms: Option<&PlanTerms>, now: Timestamp) -> Start {
        let anchor = known.state.anchor;
        let coming = known.span.filter(|span| span.period.start > now);
        let asked = self.terms(&known.id, &known.state.price, now);
        let is_same = asked.map(|asked| &asked.plan) == terms.map(|terms| &terms.plan)
            && known.state.quantity == Some(join.quantity);
        // A coming span is gone after the subscription was left: then this is a change like any other.
        if is_same && known.span.is_some() {
            let (at, begins_cycle) = coming.map_or((now, false), |span| (span.period.start, true));
            return Start { at, anchor, begins_cycle, kept_until: join.until.unwrap_or(Timestamp::MAX) };
        }
        let kept_until = self.kept_until(known, now);
        if let Some(span) = coming.filter(|_| known.running.is_empty()) {
            return Start { at: span.period.start, anchor, begins_cycle: true, kept_until };
        }
        let new = terms.and_then(Lane::of_terms);
        let of_lane = |lane: Option<&Lane>| known.running.iter().find(|running| Some(&running.lane) == lane);
        let wanted = terms.map_or(0, |terms| per_time(terms, join.quantity));
        let falls_from = self.highest(known, now).and_then(|(terms, quantity)| {
            let old = of_lane(Lane::of_terms(terms).as_ref())?;
            let new = new.as_ref().filter(|new| **new != old.lane && new.asset == old.lane.asset);
            new.filter(|_| wanted < per_time(terms, quantity)).map(|_| old.end)
        });
        let at = falls_from.unwrap_or(now);
        let begins_cycle = of_lane(new.as_ref()).is_none_or(|running| running.end <= at);
        Start { at, anchor: if begins_cycle { at } else { anchor }, begins_cycle, kept_until }
    }

    /// The paid terms and quantity that give most at an instant.
    fn highest(&self, known: &Current<'_>, now: Timestamp) -> Option<(&PlanTerms, u64)> {
        let spans = known.states.own.iter().flat_map(|own| &own.spans);
        let paid = spans
            .filter(|span| span.period.contains(now))
            .filter_map(|span| Some((self.terms(&known.id, &span.price, now)?, span.quantity)));
        paid.max_by_key(|(terms, quantity)| per_time(terms, *quantity))
    }
}

/// Where a new subscription starts: at its anchor, or if that is past, with the cycle that runs now.
fn opening(terms: &PlanTerms, anchor: Option<Timestamp>, now: Timestamp) -> Start {
    let anchor = anchor.unwrap_or(now);
    let running = || terms.every.map_or(now, |every| start_around(Anchor::new(anchor), every, now));
    let at = if anchor > now { anchor } else { running() };
    Start { at, anchor, begins_cycle: true, kept_until: at }
}

fn event(owner: &Owner, change: OwnSubscription, now: Timestamp) -> BillingEvent {
    // The id is unique within the owner only, so that the event has no objects.
    let (objects, owner) = (Vec::new(), Some(owner.clone()));
    BillingEvent { at: now, objects, owner, what: Happening::Subscribed(change) }
}

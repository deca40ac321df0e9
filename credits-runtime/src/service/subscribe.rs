//! Subscriptions of the application's own: plans that an owner has without a payment processor.
//!
//! It does not know how a change is decided.

use std::sync::Arc;

use credits_core::PlanSpec;

use crate::domain::billing::joining::{Join, Leave};
use crate::domain::ids::{Owner, excerpt};
use crate::domain::limits::SUBSCRIPTION_NAME_BYTES_MAX;
use crate::domain::printable::check_name;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::billing::Bill;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;
use crate::service::billing::{Received, ask};
use crate::service::write::not_sent;

/// The name of a subscription that is not named by `.id(..)`.
const NAME_DEFAULT: &str = "main";

/// Builder of a subscription without a payment processor: finish with `.now()`.
#[must_use = "nothing is subscribed to until `.now()`"]
pub struct Subscribe {
    ledger: Arc<Ledger>,
    owner: Result<Owner, Rejection>,
    plan: &'static PlanSpec,
    name: String,
    quantity: u64,
    anchor: Option<Timestamp>,
    until: Option<Timestamp>,
    is_complimentary: bool,
}

impl Subscribe {
    pub(crate) fn new(ledger: Arc<Ledger>, owner: &str, plan: &'static PlanSpec) -> Self {
        Self {
            ledger,
            owner: Owner::new(owner),
            plan,
            name: NAME_DEFAULT.to_owned(),
            quantity: 1,
            anchor: None,
            until: None,
            is_complimentary: false,
        }
    }

    /// The name of the subscription, up to 200 bytes. An owner has one subscription of each name; subscribing
    /// to another plan under the same name changes it. `main` unless set.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.name = id.into();
        self
    }

    /// The quantity, at least 1: each cycle gives that many times the plan's credits. 1 unless set.
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.quantity = quantity;
        self
    }

    /// The instant from which cycles are counted. In the future, the subscription starts there. In the past, it
    /// starts with the cycle that runs now: an anchor on the first of a month gives this month's credits at
    /// once and the next ones on the first. It has no effect on a subscription that exists. The ledger's time
    /// unless set.
    pub fn anchor(mut self, anchor: impl Into<Timestamp>) -> Self {
        self.anchor = Some(anchor.into());
        self
    }

    /// The end of the subscription. No cycle starts from there on. Without it the subscription has no end, and
    /// loses the end that an earlier request gave it.
    pub fn until(mut self, until: impl Into<Timestamp>) -> Self {
        self.until = Some(until.into());
        self
    }

    /// Gives a plan that has a price without payment, for example to staff or under a contract that is billed
    /// elsewhere.
    pub fn complimentary(mut self) -> Self {
        self.is_complimentary = true;
        self
    }

    /// Opens the subscription, or changes the one of that name to this plan, quantity and end. Credits that
    /// become due are given in the same commit. Repeating it changes nothing.
    ///
    /// A change counts from now on. The plan and quantity before it stay paid until their running cycle ends,
    /// and the higher of both gives credits, so that nothing is taken back. A plan with cycles of another
    /// length that gives fewer credits starts when the running cycle ends.
    ///
    /// Rejections in order: `OwnerInvalid`, `SubscriptionInvalid`, `SubscriptionQuantityZero`, `PlanHasPrice`,
    /// `ClockUnconfirmed`, `PlanRetired`, `SubscriptionEndInPast`, `SubscriptionsLimit`.
    pub fn now(self) -> Reply<Received> {
        match self.checked() {
            Ok((ledger, join)) => ask(&ledger, Bill::Join(Box::new(join))),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    fn checked(self) -> Result<(Arc<Ledger>, Join), Rejection> {
        let PlanSpec { name: plan, retired, .. } = *self.plan;
        let (owner, name) = (self.owner?, checked_name(self.name)?);
        if self.quantity == 0 {
            return Err(Rejection::SubscriptionQuantityZero { plan: plan.into() });
        }
        if self.plan.is_priced() && !self.is_complimentary {
            return Err(Rejection::PlanHasPrice { plan: plan.into() });
        }
        let join = Join {
            owner,
            name,
            plan,
            is_retired: retired,
            quantity: self.quantity,
            anchor: self.anchor,
            until: self.until,
        };
        Ok((self.ledger, join))
    }
}

/// Builder of the end of a subscription without a payment processor: finish with `.now()`.
#[must_use = "nothing ends until `.now()`"]
pub struct Unsubscribe {
    ledger: Arc<Ledger>,
    owner: Result<Owner, Rejection>,
    name: String,
    is_at_once: bool,
}

impl Unsubscribe {
    pub(crate) fn new(ledger: Arc<Ledger>, owner: &str) -> Self {
        let (owner, name) = (Owner::new(owner), NAME_DEFAULT.to_owned());
        Self { ledger, owner, name, is_at_once: false }
    }

    /// The name that the subscription was opened with. `main` unless set.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.name = id.into();
        self
    }

    /// Ends it now, and not with the running cycle. Given credits stay until the cycle's end, or as
    /// `expire_after` says.
    pub fn at_once(mut self) -> Self {
        self.is_at_once = true;
        self
    }

    /// Ends the subscription. Nothing is taken back. Repeating it changes nothing.
    ///
    /// Rejections in order: `OwnerInvalid`, `SubscriptionInvalid`, `ClockUnconfirmed`, `SubscriptionUnknown`, unless ended
    /// subscriptions of the owner have left the record: one of these may have had the name.
    pub fn now(self) -> Reply<Received> {
        let Self { ledger, owner, name, is_at_once } = self;
        match owner.and_then(|owner| Ok(Leave { owner, name: checked_name(name)?, is_at_once })) {
            Ok(leave) => ask(&ledger, Bill::Leave(Box::new(leave))),
            Err(rejection) => Reply::failed(rejection),
        }
    }
}

fn checked_name(name: String) -> Result<String, Rejection> {
    let rule = match check_name(&name) {
        None if name.len() > SUBSCRIPTION_NAME_BYTES_MAX => Some("has more than 200 bytes"),
        rule => rule,
    };
    match rule {
        None => Ok(name),
        Some(rule) => Err(Rejection::SubscriptionInvalid { id: excerpt(&name), rule: rule.into() }),
    }
}

not_sent!(Subscribe => Received);
not_sent!(Unsubscribe => Received);

//! The computation of due awards for a subscription with many cycles.

use std::time::Duration;

use credits_core::Settings;

use crate::domain::billing::due::{Fulfilment, due};
use crate::domain::billing::event::{
    BillingEvent, Happening, Interval, Invoice, Line, Status, SubscriptionState,
};
use crate::domain::billing::record::{Billing, Pinned};
use crate::domain::billing::terms::{Length, LengthUnit, PlanTerms, Unused};
use crate::domain::body::Body;
use crate::domain::ids::{FactNumber, ObjectId};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;

/// The billing of a subscription to a plan that gives a credit a day and is billed every 30 days. None of its
/// awards is booked.
#[derive(Debug)]
pub struct DailyPlan {
    billing: Billing,
    now: Timestamp,
}

const DAY: Duration = Duration::from_hours(24);
const BILLED_DAYS: u32 = 30;
const DAYS_A_YEAR: u32 = 365;
/// The start of the subscription, in microseconds.
const BEGIN: i64 = 1_767_225_600_000_000;

impl DailyPlan {
    /// A subscription that is paid for a number of years.
    pub fn of_years(years: u32) -> Self {
        let begin = Timestamp::from_microseconds(BEGIN);
        let (item, subscription, price) = ("si_1", "sub_1", "price_daily");
        let (item, subscription, price) =
            (ObjectId::known(item), ObjectId::known(subscription), ObjectId::known(price));
        let mut plan = Self { billing: Billing::default(), now: begin };
        let terms = PlanTerms {
            plan: "daily".to_owned(),
            version: 1,
            amount: 1,
            every: Some(Length { count: 1, unit: LengthUnit::Day }),
            asset: String::new(),
            is_rise_full: false,
            in_advance: false,
            unlimited: None,
            unused: Unused::Expire,
            trial: 0,
            signup_bonus: 0,
            expire_after: None,
        };
        let pinned =
            Pinned { subscription: subscription.clone(), price: price.clone(), from: Timestamp::MIN, terms };
        plan.applies(&Body::Priced { plans: vec![pinned], packs: Vec::new() });
        plan.receives(
            begin,
            Happening::SubscriptionChanged(SubscriptionState {
                item: item.clone(),
                subscription: subscription.clone(),
                status: Status::Active,
                price: price.clone(),
                quantity: Some(1),
                anchor: begin,
                trial: None,
                ends_at: None,
                before: None,
            }),
        );
        let end = begin.after(DAY.saturating_mul(DAYS_A_YEAR.saturating_mul(years)));
        while plan.now < end {
            let at = plan.now;
            let period = Interval { start: at, end: at.after(DAY.saturating_mul(BILLED_DAYS)) };
            let line = Line {
                id: None,
                item: Some(item.clone()),
                subscription: Some(subscription.clone()),
                price: price.clone(),
                quantity: Some(1),
                period,
                amount: 900,
                net: 900,
                is_proration: false,
                credits: None,
            };
            let invoice = Invoice {
                invoice: ObjectId::known(&format!("in_{}", at.microseconds())),
                made_at: at,
                paid_at: at,
                paid: 900,
                tax: 0,
                currency: "usd".to_owned(),
                payments: vec![ObjectId::known(&format!("pi_{}", at.microseconds()))],
                lines: vec![line],
            };
            plan.receives(at, Happening::TimePaid(invoice));
            plan.now = period.end;
        }
        plan
    }

    /// Computes the due awards and returns their number.
    pub fn due(&self) -> usize {
        due(&self.billing, Fulfilment::of(&Settings::DEFAULT), self.now).awards.len()
    }

    fn receives(&mut self, at: Timestamp, what: Happening) {
        self.applies(&Body::Billed { event: BillingEvent { at, objects: Vec::new(), owner: None, what } });
    }

    fn applies(&mut self, body: &Body) {
        self.billing.change(FactNumber::FIRST, body);
    }
}

//! Lines of invoices, made from items: whole periods, usage, shares of periods, one-time lines.
//!
//! It does not know when they are made.

use std::time::Duration;

use super::account::Account;
use super::invoices::Extra;
use super::items::SubscriptionItem;
use super::lines::{Line, Origin};
use super::prices::Price;
use super::subscriptions::Subscription;
use crate::domain::time::Timestamp;

/// The time from one instant to another.
pub(super) type Span = (Timestamp, Timestamp);

impl Account {
    /// Lines of items that are paid in advance, for a whole period.
    pub(super) fn period_lines(&mut self, subscription: &Subscription, span: Span) -> Vec<Line> {
        let mut lines = Vec::new();
        for item in subscription.items.iter().filter(|item| !item.price.is_metered()) {
            for part in item.price.parts(item.quantity) {
                lines.push(self.line(&item.price, part, span, period(item)));
            }
        }
        lines.into_iter().map(|line| subscription.reduced(line)).collect()
    }

    /// Lines of a trial: every item that is paid in advance, for nothing.
    pub(super) fn trial_lines(&mut self, subscription: &Subscription, span: Span) -> Vec<Line> {
        let licensed = subscription.items.iter().filter(|item| !item.price.is_metered());
        licensed.map(|item| self.line(&item.price, (item.quantity, 0), span, period(item))).collect()
    }

    /// Lines of items that are charged by use, for a period that is over.
    pub(super) fn usage_lines(&mut self, subscription: &Subscription, span: Span) -> Vec<Line> {
        let mut lines = Vec::new();
        for item in subscription.items.iter().filter(|item| item.price.is_metered()) {
            for part in item.price.parts(item.usage) {
                lines.push(self.line(&item.price, part, span, period(item)));
            }
        }
        lines.into_iter().map(|line| subscription.reduced(line)).collect()
    }

    /// The unused rest of an item's period, credited.
    pub(super) fn credit_lines(
        &mut self,
        subscription: &Subscription,
        item: &SubscriptionItem,
        at: Timestamp,
    ) -> Vec<Line> {
        let lines = self.rest_lines(subscription, item, at).into_iter();
        let credited =
            |line: Line| Line { amount: -line.amount, tax: -line.tax, credited: item.debit.clone(), ..line };
        lines.map(credited).collect()
    }

    /// The rest of an item's period, at its price.
    pub(super) fn rest_lines(
        &mut self,
        subscription: &Subscription,
        item: &SubscriptionItem,
        at: Timestamp,
    ) -> Vec<Line> {
        if item.price.is_metered() {
            return Vec::new();
        }
        let (rest, whole) = (subscription.end.since(at), subscription.end.since(subscription.start));
        let mut lines = Vec::new();
        for (quantity, amount) in item.price.parts(item.quantity) {
            let invoice_item = format!("ii_{}", self.number());
            let origin = Origin::Proration { item: item.id.0.clone(), invoice_item };
            let part = (quantity, share(amount, rest, whole));
            let line = self.line(&item.price, part, (at, subscription.end), origin);
            lines.push(subscription.reduced(line));
        }
        lines
    }

    pub(super) fn extra_line(&mut self, extra: &Extra) -> Line {
        let invoice_item = format!("ii_{}", self.number());
        let span = extra.period.unwrap_or((self.now, self.now));
        let part = (extra.quantity, extra.price.amount(extra.quantity));
        self.line(&extra.price, part, span, Origin::OneTime { invoice_item })
    }

    fn line(&mut self, price: &Price, part: (u64, i64), span: Span, origin: Origin) -> Line {
        self.prices.entry(price.id.clone()).or_insert_with(|| price.clone());
        Line {
            id: format!("il_{}", self.number()),
            price: price.clone(),
            quantity: part.0,
            amount: part.1,
            start: span.0,
            end: span.1,
            origin,
            credited: None,
            discount: 0,
            tax: 0,
        }
    }
}

impl Subscription {
    /// With the subscription's coupon and tax. The amount of a proration is net of its discount.
    pub(super) fn reduced(&self, line: Line) -> Line {
        let discount = percent(line.amount, self.discount);
        let tax = percent(line.amount.saturating_sub(discount), self.tax);
        if line.is_proration() {
            Line { amount: line.amount.saturating_sub(discount), tax, ..line }
        } else {
            Line { discount, tax, ..line }
        }
    }
}

fn period(item: &SubscriptionItem) -> Origin {
    Origin::Period { item: item.id.0.clone() }
}

fn percent(amount: i64, percent: u32) -> i64 {
    amount.saturating_mul(i64::from(percent)) / 100
}

/// The share `part / whole` of an amount, rounded down; all of it if the part is no smaller.
fn share(amount: i64, part: Duration, whole: Duration) -> i64 {
    if part >= whole {
        return amount;
    }
    let (part, whole) = (i128::try_from(part.as_micros()), i128::try_from(whole.as_micros()));
    let (Ok(part), Ok(whole)) = (part, whole) else { return amount };
    let share = i128::from(amount).saturating_mul(part).checked_div(whole);
    share.and_then(|share| i64::try_from(share).ok()).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        let days = |days: u64| Duration::from_hours(24 * days);
        assert_eq!(share(1_000, days(10), days(30)), 333);
        assert_eq!(share(1_000, days(31), days(30)), 1_000);
        assert_eq!(share(i64::MAX, days(1), days(2)), i64::MAX / 2);
    }
}

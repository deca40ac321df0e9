//! Paid time: what paid invoices say about one item of a subscription.

use super::event::{Interval, Line};
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// A line of a paid invoice.
#[derive(Clone, Copy, Debug)]
pub struct PaidLine<'a> {
    /// The line.
    pub line: &'a Line,
    /// When its invoice was paid.
    pub paid_at: Timestamp,
    /// Whether it still counts: its invoice was neither refunded nor disputed.
    pub is_live: bool,
    /// Whether it pays for time, and not for a change within it.
    is_time: bool,
}

/// What was paid for one item.
#[derive(Clone, Debug)]
pub struct Paid<'a> {
    pub(super) lines: Vec<PaidLine<'a>>,
    trial: Option<Interval>,
}

/// An instant of paid time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaidInstant {
    /// The instant.
    pub at: Timestamp,
    /// When it was paid.
    pub paid_at: Timestamp,
}

/// Terms, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a> {
    /// The price they are behind.
    pub price: &'a ObjectId,
    /// The terms; `None` of a price that the catalogue never had.
    pub terms: Option<&'a PlanTerms>,
    /// How many.
    pub quantity: u64,
}

impl Level<'_> {
    /// What a cycle of its own gives.
    pub fn amount(&self) -> i64 {
        let quantity = i64::try_from(self.quantity).unwrap_or(i64::MAX);
        self.terms.map_or(0, |terms| terms.amount.saturating_mul(quantity))
    }
}

impl<'a> Paid<'a> {
    /// What was paid for an item.
    pub fn of(billing: &'a Billing, item: &ObjectId, subscription: &Subscription) -> Self {
        let mut lines = Vec::new();
        for invoice in billing.invoices.values() {
            let is_live = !billing.is_reversed(invoice);
            for line in invoice.lines.iter().filter(|line| billing.is_of(line, item, subscription)) {
                let is_time = (invoice.begins || !line.is_proration) && line.amount >= 0;
                lines.push(PaidLine { line, paid_at: invoice.paid_at, is_live, is_time });
            }
        }
        lines.sort_by_key(|paid| (paid.line.period, paid.line.amount, paid.paid_at));
        Self { lines, trial: subscription.trial() }
    }

    /// The first paid instant from here on, whatever became of the payment.
    pub fn first_from(&self, from: Timestamp) -> Option<Timestamp> {
        self.instants(from, |_| true).map(|instant| instant.at).min()
    }

    /// The first instant from here on whose payment still counts.
    pub fn first_live_from(&self, from: Timestamp) -> Option<PaidInstant> {
        self.instants(from, |paid| paid.is_live).min()
    }

    fn instants(
        &self,
        from: Timestamp,
        counts: impl Fn(&PaidLine<'_>) -> bool,
    ) -> impl Iterator<Item = PaidInstant> {
        let times = self.lines.iter().filter(move |paid| paid.is_time && counts(paid));
        times.filter_map(move |paid| {
            let period = self.outside_trial(paid.line.period)?;
            let at = period.start.max(from);
            (at < period.end).then_some(PaidInstant { at, paid_at: paid.paid_at })
        })
    }

    /// What a period has outside the trial.
    fn outside_trial(&self, period: Interval) -> Option<Interval> {
        match self.trial {
            Some(trial) if trial.contains(period.start) => {
                (trial.end < period.end).then_some(Interval { start: trial.end, ..period })
            }
            _ => Some(period),
        }
    }

    /// The line that says what is paid for at an instant: of those that cover it, one that counts, and the last to
    /// begin.
    pub fn covering(&self, at: Timestamp) -> Option<PaidLine<'a>> {
        let covers = |paid: &&PaidLine<'_>| {
            let period = self.outside_trial(paid.line.period);
            let begins = paid.is_time || paid.line.amount > 0;
            begins && period.is_some_and(|period| period.contains(at))
        };
        let rank = |paid: &&PaidLine<'_>| (paid.is_live, paid.line.period.start, paid.line.amount);
        self.lines.iter().filter(covers).max_by_key(rank).copied()
    }

    /// Lines that begin within an interval, after its start, and still count: what changed there.
    pub fn changes(&self, within: Interval) -> impl Iterator<Item = PaidLine<'a>> {
        let begins_within = move |paid: &&PaidLine<'_>| {
            let start = paid.line.period.start;
            paid.is_live && start > within.start && start < within.end
        };
        self.lines.iter().filter(begins_within).copied()
    }
}

impl Billing {
    /// Whether a line is of this item. One that names its subscription alone is of the item with its price, or of the
    /// only one.
    pub fn is_of(&self, line: &Line, item: &ObjectId, subscription: &Subscription) -> bool {
        if line.item == *item {
            return true;
        }
        let of_this = |other: &Subscription| {
            other.states.first().is_some_and(|(_, state)| state.subscription == line.item)
        };
        of_this(subscription)
            && (subscription.states.iter().any(|(_, state)| state.price == line.price)
                || self.subscriptions.values().filter(|other| of_this(other)).count() == 1)
    }

    /// What a line is paid for.
    pub fn level_of<'a>(&'a self, line: &'a Line) -> Level<'a> {
        let terms = self.terms(&line.price, line.period.start);
        Level { price: &line.price, terms, quantity: line.quantity }
    }
}

//! Paid time: the spans that lines of paid invoices pay for, cut where later lines credit them.
//!
//! It does not know cycles, nor how many credits a span gives.

use std::time::Duration;

use super::event::{Interval, Invoice, OwnSpan, SubscriptionState};
use super::items::SubscriptionItems;
use super::own::own_spans;
use super::record::Billing;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

mod groups;

use groups::{Credit, groups, is_replaced, without_undone};

/// When time is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargedWhen {
    /// Before its end.
    InTime,
    /// After its end, as usage is.
    InArrears,
    /// After its end, as a proration: another line had paid a part of it.
    AsLateProration,
}

/// Time of one item that an invoice paid for, at one price and quantity.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    /// The item.
    pub item: &'a ObjectId,
    /// The price.
    pub price: &'a ObjectId,
    /// The quantity; 1 for a price that is charged by use.
    pub quantity: u64,
    /// The paid time, before any cut.
    pub period: Interval,
    /// Start of the span; for the rest of a partly credited span, the start of the original span.
    pub begun: Timestamp,
    /// Start of the credited time; the end of the span if nothing is credited.
    pub cut: Timestamp,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// The invoice; the item for time that no invoice pays for.
    pub invoice: &'a ObjectId,
    /// Ids of its lines, if they have any.
    lines: Vec<&'a ObjectId>,
    /// Whether it is a whole billing period.
    pub is_whole: bool,
    /// Whether its invoice was not returned.
    pub is_live: bool,
    /// Minor units before discounts.
    pub amount: i64,
    /// Minor units after discounts and without tax.
    pub net: i64,
    /// ISO 4217, in lower case.
    pub currency: &'a str,
    /// When it was charged.
    pub charged: ChargedWhen,
    /// For an unpaid span by a state: start of the next state.
    pub stated_until: Option<Timestamp>,
    /// When the application ended the subscription at once, and with it what the plan covers.
    pub left_at: Option<Timestamp>,
    /// Terms under which it was paid; `None` for a price unknown to every catalogue.
    pub terms: Option<&'a PlanTerms>,
}

impl<'a> Span<'a> {
    /// An unpaid span by a state, from the state's start to the end of the time that is paid there.
    pub fn stated(
        item: &'a ObjectId,
        state: &'a SubscriptionState,
        period: Interval,
        until: Timestamp,
        terms: Option<&'a PlanTerms>,
    ) -> Self {
        Self {
            item,
            price: &state.price,
            quantity: state.quantity.unwrap_or(1),
            period,
            begun: period.start,
            cut: period.end,
            paid_at: period.start,
            invoice: item,
            lines: Vec::new(),
            is_whole: false,
            is_live: true,
            amount: 0,
            net: 0,
            currency: "",
            charged: ChargedWhen::InTime,
            stated_until: Some(until),
            left_at: None,
            terms,
        }
    }

    /// A span of a subscription of the application's own.
    pub fn own(
        item: &'a ObjectId,
        span: &'a OwnSpan,
        period: Interval,
        is_whole: bool,
        terms: Option<&'a PlanTerms>,
    ) -> Self {
        Self {
            item,
            price: &span.price,
            quantity: span.quantity,
            period,
            begun: period.start,
            cut: period.end,
            paid_at: span.asked_at,
            invoice: item,
            lines: Vec::new(),
            is_whole,
            is_live: true,
            amount: 0,
            net: 0,
            currency: "",
            charged: ChargedWhen::InTime,
            stated_until: None,
            left_at: span.left_at,
            terms,
        }
    }

    /// Whether no invoice pays for it: the application did, or a state says so.
    pub fn is_without_invoice(&self) -> bool {
        self.invoice == self.item
    }

    /// Whether it is credited from an instant before its end.
    pub fn is_cut(&self) -> bool {
        self.cut < self.period.end
    }

    /// The end of its use. A span that is credited from its start is used for one microsecond.
    pub fn used_until(&self) -> Timestamp {
        let instant = Duration::from_micros(1);
        self.cut.max(self.period.start.after(instant)).min(self.period.end)
    }

    /// Whether it is used at an instant.
    pub fn covers(&self, instant: Timestamp) -> bool {
        self.period.start <= instant && instant < self.used_until()
    }
}

/// Credited time that no live span had paid for.
#[derive(Clone, Copy, Debug)]
pub struct Debit<'a> {
    /// The time.
    pub period: Interval,
    /// The quantity.
    pub quantity: u64,
    /// The terms of its price.
    pub terms: Option<&'a PlanTerms>,
}

/// The paid time of one subscription.
#[derive(Clone, Debug, Default)]
pub struct Paid<'a> {
    /// Spans, sorted by start.
    pub spans: Vec<Span<'a>>,
    /// Credited time without a span.
    pub debits: Vec<Debit<'a>>,
    /// Length of the longest span, which bounds the search for spans around an instant.
    longest: Duration,
}

/// An instant of paid time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaidInstant {
    /// The instant.
    pub at: Timestamp,
    /// When it was paid.
    pub paid_at: Timestamp,
}

impl<'a> Paid<'a> {
    /// Reads the paid time of a subscription from paid invoices, returned ones included. Negative lines of a
    /// returned invoice credit nothing; its spans are cut only by credits that find no live span.
    pub fn of(billing: &'a Billing, items: &SubscriptionItems<'a>) -> Self {
        let first_anchor = items.first_anchor();
        let mut paid = Self::default();
        let mut credits = Vec::new();
        let grouped = billing.invoices.values().map(|invoice| (invoice, groups(billing, items, invoice)));
        let grouped: Vec<_> = grouped.filter(|(_, groups)| !groups.is_empty()).collect();
        let charges: Vec<_> = grouped
            .iter()
            .flat_map(|(invoice, groups)| groups.iter().map(|group| (&invoice.invoice, group.charge())))
            .collect();
        for (invoice, groups) in grouped {
            let is_live = !billing.is_returned(invoice);
            let groups = without_undone(groups, |credit| {
                charges.iter().any(|(other, charge)| **other != invoice.invoice && credit.is_of(charge))
            });
            for group in &groups {
                // A period that starts in a trial and costs nothing is a gift of the seller.
                if group.amount <= 0 && items.was_trial(group.period.start) {
                    continue;
                }
                if group.amount >= 0 && !is_replaced(items, group, &groups) {
                    paid.spans.push(Span { is_live, ..group.span(billing, items, first_anchor) });
                } else if is_live {
                    credits.push((
                        invoice.paid_at,
                        group.period.start,
                        invoice,
                        group.credit(billing, items),
                    ));
                }
            }
        }
        paid.spans.extend(own_spans(billing, items));
        credits.sort_by_key(|(paid_at, start, invoice, _)| (*paid_at, *start, &invoice.invoice));
        for (paid_at, _, invoice, credit) in credits {
            let left = paid.cut(&credit, credit.quantity, (paid_at, invoice), true);
            if left > 0 {
                paid.debits.push(Debit { period: credit.period, quantity: left, terms: credit.terms });
                paid.cut(&credit, left, (paid_at, invoice), false);
            }
        }
        paid.spans.sort_by_key(|span| (span.period, span.paid_at, span.invoice, span.item, span.price));
        let lengths = paid.spans.iter().map(|span| span.period.end.since(span.period.start));
        paid.longest = lengths.max().unwrap_or_default();
        paid
    }

    /// The paid time without returned invoices.
    pub fn live(&self) -> Self {
        let spans = self.spans.iter().filter(|span| span.is_live).cloned().collect();
        Self { spans, debits: self.debits.clone(), longest: self.longest }
    }

    /// The spans that overlap `from..until`, and possibly some that end before it.
    pub fn around(&self, from: Timestamp, until: Timestamp) -> &[Span<'a>] {
        let earliest = from.before(self.longest);
        let begin = self.spans.partition_point(|span| span.period.start < earliest);
        let end = self.spans.partition_point(|span| span.period.start < until);
        self.spans.get(begin..end).unwrap_or_default()
    }

    /// The first used instant from `from` on, among the spans that count.
    pub fn first_from(&self, from: Timestamp, counts: impl Fn(&Span<'_>) -> bool) -> Option<PaidInstant> {
        let mut first: Option<PaidInstant> = None;
        for span in self.around(from, Timestamp::MAX) {
            if first.is_some_and(|first| first.at < span.period.start) {
                break;
            }
            if span.used_until() > from && counts(span) {
                let instant = PaidInstant { at: span.period.start.max(from), paid_at: span.paid_at };
                first = Some(first.map_or(instant, |first| first.min(instant)));
            }
        }
        first
    }

    /// Cuts the spans that a negative line credits, among live or returned ones. Returns the quantity that
    /// found no span.
    fn cut(
        &mut self,
        credit: &Credit<'a>,
        quantity: u64,
        (paid_at, invoice): (Timestamp, &Invoice),
        is_live: bool,
    ) -> u64 {
        let mut left = quantity;
        while left > 0 {
            let rank = |span: &Span<'a>| {
                (
                    credit.names(span),
                    span.item == credit.item,
                    span.paid_at <= paid_at,
                    span.quantity == left,
                    span.period.start,
                    span.paid_at,
                    span.invoice,
                )
            };
            // Within its own invoice a line credits only spans that started before it.
            let began = |span: &Span<'a>| {
                span.period.start < credit.period.start
                    || (span.period.start == credit.period.start && *span.invoice != invoice.invoice)
            };
            let fits = |span: &Span<'a>| {
                span.is_live == is_live
                    && span.price == credit.price
                    && span.quantity > 0
                    && !span.is_cut()
                    && began(span)
                    && (span.period.end == credit.period.end
                        || (credit.names(span) && span.period.end > credit.period.start))
            };
            let found = self.spans.iter_mut().filter(|span| fits(span)).max_by(|a, b| rank(a).cmp(&rank(b)));
            let Some(span) = found else { break };
            // A span of a larger quantity continues with the rest.
            let start = credit.period.start;
            let goes_on = (span.quantity > left).then(|| Span {
                quantity: span.quantity.saturating_sub(left),
                period: Interval { start, ..span.period },
                is_whole: false,
                ..span.clone()
            });
            span.cut = start;
            left = left.saturating_sub(span.quantity);
            self.spans.extend(goes_on);
        }
        left
    }
}

//! The search for a closing: finds the oldest periods of a subscription, or the oldest purchases, whose
//! awards are over.
//!
//! It does not know whether a closing changes anything else, nor how it is applied.

use std::collections::BTreeMap;

use super::{ClosedItem, ClosedPeriods, Closing, ClosingRule, is_without_subscription};
use crate::domain::amount::Amount;
use crate::domain::billing::award::{Award, AwardId};
use crate::domain::billing::cycles::{Cycle, Lane, cycles};
use crate::domain::billing::due::Due;
use crate::domain::billing::event::{Invoice, Line};
use crate::domain::billing::items::SubscriptionItems;
use crate::domain::billing::lanes::PaidTime;
use crate::domain::billing::paid::Paid;
use crate::domain::billing::payment::Payment;
use crate::domain::billing::purchases::invoice_purchase;
use crate::domain::billing::record::Billing;
use crate::domain::billing::unsolved::{Stated, Unsolved};
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

/// The state that decides whether periods and purchases can be closed.
pub(super) struct Books<'a> {
    pub(super) billing: &'a Billing,
    pub(super) due: &'a Due,
    pub(super) wallets: &'a BTreeMap<Asset, &'a Wallet>,
    pub(super) rule: ClosingRule,
    pub(super) now: Timestamp,
}

impl<'a> Books<'a> {
    /// The latest instant at which a closable period or purchase ended and was given.
    pub(super) fn horizon(&self) -> Timestamp {
        self.now.before(self.rule.after)
    }

    fn is_old(&self, award: &Award) -> bool {
        award.given_at.is_some_and(|given_at| given_at <= self.horizon())
    }

    /// Whether an award was given before the horizon, its grants are empty, and no credits of it are due to
    /// be given, taken or restored.
    pub(super) fn is_over(&self, id: &AwardId, award: &Award) -> bool {
        let wanted = self.due.awards.get(id);
        let due = match (id, wanted) {
            (AwardId::Pack(_) | AwardId::PackBonus(_), Some(wanted)) => {
                let retaken = wanted.retake.as_ref().map_or(0, |retake| retake.amount);
                if award.taken() != Amount::new(retaken) {
                    return false;
                }
                let due = award.due(wanted.amount);
                due.minus(award.taken().min(due))
            }
            (_, wanted) => award.due(wanted.map_or(0, |wanted| wanted.amount)),
        };
        let wallet = self.wallets.get(&award.asset);
        let left = award.grants.iter().map(|grant| match wallet {
            Some(wallet) => wallet.grant_left(*grant),
            None => (Amount::ZERO, Amount::ZERO),
        });
        let is_empty = left.into_iter().all(|(free, held)| free.is_zero() && held.is_zero());
        // Fulfilment restores expired credits whose lifetime is extended.
        let is_restorable = wanted.is_some_and(|wanted| {
            wanted.trims_to.is_none()
                && wanted.expires_at.is_none_or(|expires_at| expires_at > self.now)
                && award.forfeited.iter().any(|forfeited| forfeited.expired.is_positive())
        });
        let stays = award.given.minus(award.taken().plus(award.advance()).min(award.given));
        let takings = award.taken.iter().chain(&award.advance);
        let is_settled = takings.map(|taking| taking.at).all(|at| at <= self.horizon());
        self.is_old(award) && is_settled && is_empty && !is_restorable && stays == due
    }

    /// Whether a trial or bonus can be closed together with the periods that caused it.
    pub(super) fn can_close_once(&self, id: &AwardId) -> bool {
        let Some(award) = self.billing.awards.get(id) else { return false };
        match id {
            AwardId::Trial(_) => self.is_over(id, award),
            _ => self.is_old(award) && award.taken.is_empty(),
        }
    }

    /// Whether an invoice was paid or returned after the horizon, is disputed, or has an unsolved entry.
    fn is_open(&self, invoice: &Invoice) -> bool {
        let notes = self.billing.notes.get(&invoice.invoice).into_iter().flat_map(BTreeMap::values);
        invoice.paid_at > self.horizon()
            || self.is_unsolved(invoice)
            || notes.map(|note| note.at).any(|at| at > self.horizon())
            || self.billing.payments_of(invoice).any(|(_, payment)| self.is_payment_open(payment))
    }

    /// Whether a payment was returned after the horizon, or is disputed.
    fn is_payment_open(&self, payment: &Payment) -> bool {
        payment.withdrawn() > 0 || payment.changed_at().is_some_and(|at| at > self.horizon())
    }

    /// The closable periods of a subscription: those before the last instant that cuts no cycle and no span
    /// of any lane.
    pub(super) fn of_subscription(&self, items: &SubscriptionItems<'a>) -> Option<Closing> {
        let awards = self.period_awards(items);
        if awards.iter().filter(|given| self.is_old(given.award)).count() < self.rule.least {
            return None;
        }
        let paid = PaidTime::of(self.billing, items);
        let lanes = paid.lanes().into_iter();
        let lanes =
            lanes.map(|lane| LaneCycles { cycles: cycles(items, &lane, &paid.placed, self.now).begun, lane });
        let lanes: Vec<_> = lanes.collect();
        let until = self.last_end(items, &awards, &paid.placed, &lanes)?;
        let closed = awards.iter().filter(|given| given.start < until).map(|given| given.id.clone());
        let mut closed: Vec<_> = closed.collect();
        if closed.len() < self.rule.least {
            return None;
        }
        let (invoices, packs) = self.invoices_over(|invoice| self.is_paid_for(invoice, items, until));
        closed.extend(packs);
        let periods = closed_periods(items, &paid, &lanes, until);
        Some(Closing {
            periods: Some((items.subscription.clone(), periods)),
            purchases_until: None,
            awards: closed,
            invoices,
            sessions: Vec::new(),
            subscriptions: Vec::new(),
        })
    }

    /// The given awards of a subscription's cycles and rises.
    pub(super) fn period_awards(&self, items: &SubscriptionItems<'a>) -> Vec<PeriodAward<'a>> {
        let awards = self.billing.period_awards(items).filter_map(|(id, award)| match id {
            AwardId::Cycle { start, .. } | AwardId::Rise { start, .. } => {
                Some(PeriodAward { start: *start, id, award })
            }
            _ => None,
        });
        awards.collect()
    }

    /// The latest end of a given cycle within the limits that lies inside no other cycle and no span of an
    /// invoice, because an invoice is removed whole. An invoice may still come for unpaid time, so nothing
    /// after a gap of a processor's subscription is closed.
    fn last_end(
        &self,
        items: &SubscriptionItems<'a>,
        awards: &[PeriodAward<'_>],
        placed: &Paid<'a>,
        lanes: &[LaneCycles<'_>],
    ) -> Option<Timestamp> {
        let open = awards.iter().filter(|given| !self.is_over(given.id, given.award));
        let open = open.map(|given| given.start);
        let lines = self.billing.invoices.values().filter(|invoice| self.is_open(invoice));
        let lines = lines.flat_map(|invoice| &invoice.lines);
        let lines = lines.filter(|line| self.billing.subscription_of(line) == Some(items.subscription));
        let unsolved = lines.map(|line| line.period.start);
        let mut starts: Vec<_> = awards.iter().map(|given| given.start).collect();
        starts.sort_unstable();
        let too_many = starts.get(self.rule.most).copied();
        let gap = first_gap(items, placed).filter(|_| !items.is_own());
        let limit = open.chain(unsolved).chain(too_many).chain([self.horizon()]).chain(gap).min()?;
        let all = || lanes.iter().flat_map(|lane| &lane.cycles);
        let was_given = |cycle: &Cycle<'_>| awards.iter().any(|given| given.start == cycle.start);
        let ends = all().filter(|cycle| cycle.whole_end <= limit && was_given(cycle));
        let ends = ends.map(|cycle| cycle.whole_end);
        let is_between = |at: &Timestamp| {
            let mut spans = placed.around(*at, *at).iter();
            all().all(|cycle| cycle.whole_end <= *at || cycle.start >= *at)
                && spans.all(|span| span.is_without_invoice() || span.period.end <= *at)
        };
        let mut ends: Vec<_> = ends.collect();
        ends.sort_unstable();
        ends.into_iter().rev().find(is_between)
    }

    /// Whether all lines of an invoice pay for time of a subscription that ends by `until`.
    fn is_paid_for(&self, invoice: &Invoice, items: &SubscriptionItems<'_>, until: Timestamp) -> bool {
        let is_before = |line: &Line| {
            line.period.end <= until && self.billing.subscription_of(line) == Some(items.subscription)
        };
        invoice.lines.iter().all(is_before) && !invoice.lines.is_empty()
    }

    /// The closable purchases, with abandoned offers. A checkout is closed together with its invoice, unless
    /// the invoice has lines of subscriptions; those are closed first.
    pub(super) fn of_purchases(&self) -> Option<Closing> {
        let mut sales = self.sales();
        sales.retain(|sale| sale.at <= self.horizon());
        sales.sort_by_key(|sale| sale.at);
        sales.truncate(self.rule.most);
        let purchases_until = sales.last().map(|sale| sale.at);
        let abandoned = self.billing.offers.iter().filter(|(session, (at, _))| {
            *at <= self.horizon() && !self.billing.purchases.contains_key(*session)
        });
        let abandoned = abandoned.map(|(session, _)| session.clone()).take(self.rule.most);
        let mut sessions: Vec<_> = abandoned.collect();
        if sales.len().saturating_add(sessions.len()) < self.rule.least {
            return None;
        }
        let (mut awards, mut invoices) = (Vec::new(), Vec::new());
        for sale in sales {
            awards.extend(sale.awards);
            sessions.extend(sale.session.cloned());
            invoices.extend(sale.invoices.into_iter().map(|invoice| invoice.invoice.clone()));
        }
        Some(Closing {
            periods: None,
            purchases_until,
            awards,
            invoices,
            sessions,
            subscriptions: Vec::new(),
        })
    }

    /// The sales of packs whose awards are over, by checkouts and by invoices.
    fn sales(&self) -> Vec<ClosableSale<'a>> {
        let mut made: BTreeMap<&ObjectId, Vec<&Invoice>> = BTreeMap::new();
        let mut sales = Vec::new();
        let purchases = || self.billing.purchases.iter();
        let by_invoice = purchases().filter_map(|(id, it)| Some((it.payment.invoice.as_ref()?, id)));
        let by_invoice: BTreeMap<_, _> = by_invoice.collect();
        let by_payment = purchases().filter_map(|(id, it)| Some((it.payment.payment.as_ref()?, id)));
        let by_payment: BTreeMap<_, _> = by_payment.collect();
        for invoice in self.billing.invoices.values() {
            let mut payments = self.billing.payments_of(invoice);
            let session = by_invoice.get(&invoice.invoice);
            let session = session.or_else(|| payments.find_map(|(payment, _)| by_payment.get(payment)));
            if let Some(session) = session {
                made.entry(*session).or_default().push(invoice);
            } else if is_without_subscription(self.billing, invoice)
                && !self.is_open(invoice)
                && let Some(awards) = self.packs_over(invoice)
            {
                let (at, invoices) = (invoice.paid_at, vec![invoice]);
                sales.push(ClosableSale { at, session: None, invoices, awards });
            }
        }
        for (id, purchase) in purchases() {
            let invoices = made.remove(id).unwrap_or_default();
            let payment = purchase.payment.payment.as_ref().and_then(|id| self.billing.payments.get(id));
            let is_open = payment.is_some_and(|payment| self.is_payment_open(payment))
                || invoices.iter().any(|it| self.is_open(it) || !is_without_subscription(self.billing, it));
            let awards = [AwardId::Pack(id.clone()), AwardId::PackBonus(id.clone())];
            let awards = self.awards_over(awards).filter(|awards| !is_open && !awards.is_empty());
            let packs = invoices.iter().map(|invoice| self.packs_over(invoice)).collect::<Option<Vec<_>>>();
            if let Some((awards, packs)) = awards.zip(packs) {
                let at = invoices.iter().map(|it| it.paid_at).chain([purchase.at]).max();
                let awards = awards.into_iter().chain(packs.into_iter().flatten()).collect();
                sales.push(ClosableSale {
                    at: at.unwrap_or(purchase.at),
                    session: Some(id),
                    invoices,
                    awards,
                });
            }
        }
        sales
    }

    /// The invoices that are not open and whose packs are all over, with the awards of these packs.
    fn invoices_over(&self, counts: impl Fn(&&'a Invoice) -> bool) -> (Vec<ObjectId>, Vec<AwardId>) {
        let (mut invoices, mut awards) = (Vec::new(), Vec::new());
        let solved = self.billing.invoices.values().filter(counts).filter(|it| !self.is_open(it));
        for invoice in solved.take(self.rule.most) {
            if let Some(packs) = self.packs_over(invoice) {
                invoices.push(invoice.invoice.clone());
                awards.extend(packs);
            }
        }
        (invoices, awards)
    }

    /// The awards of packs on an invoice, if all are over.
    fn packs_over(&self, invoice: &Invoice) -> Option<Vec<AwardId>> {
        let sold = self.billing.sold.keys().filter(|(id, _)| *id == invoice.invoice);
        let sold = sold.map(|(invoice, price)| invoice_purchase(invoice, price));
        self.awards_over(sold.flat_map(|id| [AwardId::Pack(id.clone()), AwardId::PackBonus(id)]))
    }

    /// The awards among these ids that were given; `None` if any of them is not over.
    fn awards_over(&self, ids: impl IntoIterator<Item = AwardId>) -> Option<Vec<AwardId>> {
        let known = ids.into_iter().filter_map(|id| {
            let award = self.billing.awards.get(&id)?;
            Some(self.is_over(&id, award).then_some(id))
        });
        known.collect()
    }

    /// Whether an unsolved entry is about an invoice.
    fn is_unsolved(&self, invoice: &Invoice) -> bool {
        let has = |counts: &dyn Fn(&Line) -> bool| invoice.lines.iter().any(counts);
        self.due.unsolved.iter().any(|entry| match entry {
            Unsolved::PartialReturn(part) => part.invoice == invoice.invoice,
            Unsolved::PriceUnknown(price) => has(&|line| line.price == *price),
            Unsolved::ItemUnknown(item) => has(&|line| line.item.as_ref() == Some(item)),
            Unsolved::Purchase { session, .. } => {
                has(&|line| invoice_purchase(&invoice.invoice, &line.price) == *session)
            }
            _ => false,
        })
    }
}

/// The part of a subscription's periods up to an instant that later periods depend on.
fn closed_periods(
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    lanes: &[LaneCycles<'_>],
    until: Timestamp,
) -> ClosedPeriods {
    let mut grids = items.closed.map(|closed| closed.grids.clone()).unwrap_or_default();
    for LaneCycles { lane, cycles } in lanes {
        let last = cycles.iter().rfind(|cycle| cycle.start < until);
        match last.map(Cycle::goes_on) {
            Some(Some(grid)) => drop(grids.insert(lane.clone(), grid)),
            Some(None) => drop(grids.remove(lane)),
            None => {}
        }
    }
    let closed = items.items.iter().map(|(id, item)| {
        let last = paid.live.spans.iter().rfind(|span| span.item == *id && span.period.end <= until);
        let last = last.map(|span| (span.price.clone(), span.quantity));
        let state = Stated::until(items, item, until);
        let changed_at = state.as_ref().map_or(until, |state| state.changed_at);
        let is_paid = state.is_some_and(|state| state.is_paid(&paid.live));
        let paid = last.or_else(|| items.closed_item(id)?.paid.clone());
        ((*id).clone(), ClosedItem { paid, changed_at, is_paid })
    });
    let first_paid = paid.placed.first_from(Timestamp::MIN, |_| true).map(|instant| instant.at);
    ClosedPeriods {
        until,
        began_at: items.began_at(),
        first_anchor: items.first_anchor(),
        first_paid: items.closed.and_then(|closed| closed.first_paid).or(first_paid),
        grids,
        items: closed.collect(),
    }
}

/// A given award of a cycle or rise, with the start of its cycle.
pub(super) struct PeriodAward<'a> {
    start: Timestamp,
    pub(super) id: &'a AwardId,
    pub(super) award: &'a Award,
}

/// The cycles of a lane that have begun.
struct LaneCycles<'a> {
    lane: Lane,
    cycles: Vec<Cycle<'a>>,
}

/// A sale of packs that is over, with its invoices and given awards.
struct ClosableSale<'a> {
    at: Timestamp,
    session: Option<&'a ObjectId>,
    invoices: Vec<&'a Invoice>,
    awards: Vec<AwardId>,
}

/// The first gap in the paid time of a subscription, counted from its closed periods.
fn first_gap(items: &SubscriptionItems<'_>, placed: &Paid<'_>) -> Option<Timestamp> {
    let mut reached = items.closed.map(|closed| closed.until);
    for span in &placed.spans {
        let end = *reached.get_or_insert(span.period.start);
        if span.period.start > end {
            return Some(end);
        }
        reached = Some(end.max(span.period.end));
    }
    None
}

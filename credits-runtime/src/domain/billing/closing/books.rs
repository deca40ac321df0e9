//! The search for a closing: the oldest periods of a subscription, or the oldest purchases, whose credits are over.
//!
//! It does not know whether a closing changes anything else, nor how it is applied.

use std::collections::BTreeMap;

use super::{ClosedPeriods, Closing, ClosingRule, is_without_subscription};
use crate::domain::amount::Amount;
use crate::domain::billing::award::{Award, AwardId};
use crate::domain::billing::cycles::{Cycle, Lane, cycles};
use crate::domain::billing::due::Due;
use crate::domain::billing::event::{Invoice, Line};
use crate::domain::billing::items::SubscriptionItems;
use crate::domain::billing::lanes::Known;
use crate::domain::billing::purchases::invoice_purchase;
use crate::domain::billing::record::Billing;
use crate::domain::billing::unsolved::Unsolved;
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
    /// The latest instant at which a closed period or purchase may have ended and may have been given.
    fn horizon(&self) -> Timestamp {
        self.now.before(self.rule.after)
    }

    fn is_old(&self, award: &Award) -> bool {
        award.given_at.is_some_and(|given_at| given_at <= self.horizon())
    }

    /// Whether an award was given long ago, its grants are empty, and nothing of it is still to be given, taken or
    /// restored.
    fn is_over(&self, id: &AwardId, award: &Award) -> bool {
        let wanted = self.due.awards.get(id);
        let due = match (id, wanted) {
            (AwardId::Pack(_) | AwardId::PackBonus(_), Some(wanted)) => {
                let retaken = wanted.retake.as_ref().map_or(0, |retake| retake.amount);
                if award.taken() != Amount::new(retaken) {
                    return false;
                }
                Amount::new(wanted.amount).minus(award.taken().min(Amount::new(wanted.amount)))
            }
            (_, wanted) => Amount::new(wanted.map_or(0, |wanted| wanted.amount)),
        };
        let wallet = self.wallets.get(&award.asset);
        let left = award.grants.iter().map(|grant| match wallet {
            Some(wallet) => wallet.grant_left(*grant),
            None => (Amount::ZERO, Amount::ZERO),
        });
        let is_empty = left.into_iter().all(|(free, held)| free.is_zero() && held.is_zero());
        // Fulfilment restores credits that expired and are to last longer.
        let is_restorable = wanted.is_some_and(|wanted| {
            wanted.trims_to.is_none()
                && wanted.expires_at.is_none_or(|expires_at| expires_at > self.now)
                && award.gone.iter().any(|gone| gone.expired.is_positive())
        });
        let stays = award.given.minus(award.taken().plus(award.advance()).min(award.given));
        self.is_old(award) && is_empty && !is_restorable && stays == due
    }

    /// The closed periods of a subscription: those before the last instant at which no cycle of any lane is cut in two.
    pub(super) fn of_subscription(&self, items: &SubscriptionItems<'a>) -> Option<Closing> {
        let of_item = |item| items.items.iter().any(|(known, _)| *known == item);
        let of_cycles = self.billing.awards.iter().filter_map(|(id, award)| match id {
            AwardId::Cycle { item, start, .. } if of_item(item) => Some((*start, id, award)),
            AwardId::Rise { subscription, start, .. } if subscription == items.subscription => {
                Some((*start, id, award))
            }
            _ => None,
        });
        let awards: Vec<_> = of_cycles.collect();
        let old = awards.iter().filter(|(.., award)| self.is_old(award));
        if old.count() < self.rule.least {
            return None;
        }
        let once = self.billing.awards.iter().filter(|(id, award)| {
            matches!(id, AwardId::Trial(_) | AwardId::SignupBonus(_)) && !award.is_closed
        });
        let once: Vec<_> = once.collect();
        // A trial that is not over may be this subscription's and keeps its states.
        let is_open_trial =
            |(id, award): &(&AwardId, &Award)| matches!(id, AwardId::Trial(_)) && !self.is_over(id, award);
        if once.iter().any(is_open_trial) {
            return None;
        }
        let open = awards.iter().filter(|(_, id, award)| !self.is_over(id, award)).map(|(start, ..)| *start);
        let mut starts: Vec<_> = awards.iter().map(|(start, ..)| *start).collect();
        starts.sort_unstable();
        let too_many = starts.get(self.rule.most).copied();
        let limit = open.chain(too_many).chain([self.horizon()]).min()?;
        let paid = Known::of(self.billing, items);
        let lanes = paid.lanes().into_iter();
        let lanes = lanes.map(|lane| (cycles(items, &lane, &paid.placed, self.now).begun, lane));
        let lanes: Vec<(Vec<Cycle<'_>>, Lane)> = lanes.collect();
        let all = || lanes.iter().flat_map(|(cycles, _)| cycles);
        let was_given = |cycle: &Cycle<'_>| awards.iter().any(|(start, ..)| *start == cycle.start);
        let ends = all().filter(|cycle| cycle.whole_end <= limit && was_given(cycle));
        let ends = ends.map(|cycle| cycle.whole_end);
        let is_between = |at: &Timestamp| all().all(|cycle| cycle.whole_end <= *at || cycle.start >= *at);
        let until = ends.filter(is_between).max()?;
        let closed = awards.iter().filter(|(start, ..)| *start < until).map(|(_, id, _)| (*id).clone());
        let mut closed: Vec<_> = closed.collect();
        if closed.len() < self.rule.least {
            return None;
        }
        let given = once.iter().filter(|(_, award)| self.is_old(award));
        closed.extend(given.map(|(id, _)| (*id).clone()));
        let is_closed = |invoice: &&Invoice| {
            let is_before = |end, subscription: Option<&ObjectId>| {
                end <= until && subscription == Some(items.subscription)
            };
            let mut lines = invoice.lines.iter();
            lines.all(|line| is_before(line.period.end, self.billing.subscription_of(line)))
                && !invoice.lines.is_empty()
        };
        let (invoices, packs) = self.invoices_over(is_closed);
        closed.extend(packs);
        let mut grids = items.closed.map(|closed| closed.grids.clone()).unwrap_or_default();
        for (cycles, lane) in &lanes {
            let last = cycles.iter().rfind(|cycle| cycle.start < until);
            match last.map(Cycle::goes_on) {
                Some(Some(grid)) => drop(grids.insert(lane.clone(), grid)),
                Some(None) => drop(grids.remove(lane)),
                None => {}
            }
        }
        let spans = paid.live.spans.iter().filter(|span| span.period.end <= until);
        let newest = spans.map(|span| (span.item.clone(), (span.price.clone(), span.quantity)));
        let earlier = items.closed.into_iter().flat_map(|closed| closed.paid.clone());
        let first_paid = paid.placed.first_from(Timestamp::MIN, |_| true).map(|instant| instant.at);
        let periods = ClosedPeriods {
            until,
            began_at: items.began_at(),
            first_anchor: items.first_anchor(),
            first_paid: items.closed.and_then(|closed| closed.first_paid).or(first_paid),
            grids,
            paid: earlier.chain(newest).collect(),
        };
        Some(Closing {
            periods: Some((items.subscription.clone(), periods)),
            purchases_until: None,
            awards: closed,
            invoices,
            sessions: Vec::new(),
        })
    }

    /// The purchases that can be closed: all before the first open one, with abandoned offers.
    pub(super) fn of_purchases(&self) -> Option<Closing> {
        let sessions = self.billing.purchases.iter().map(|(id, purchase)| {
            let awards = [AwardId::Pack(id.clone()), AwardId::PackBonus(id.clone())];
            (purchase.at, Sold::Session(id), self.awards_over(awards).filter(|awards| !awards.is_empty()))
        });
        let plain = self.billing.invoices.values();
        let plain = plain.filter(|invoice| is_without_subscription(self.billing, invoice)).map(|invoice| {
            (
                invoice.paid_at,
                Sold::Invoice(invoice),
                self.packs_over(invoice).filter(|_| !self.is_unsolved(invoice)),
            )
        });
        let mut sold: Vec<_> = sessions.chain(plain).collect();
        sold.sort_by_key(|(at, ..)| *at);
        let open = sold.iter().find(|(at, _, awards)| awards.is_none() || *at > self.horizon());
        let limit = open.map_or(Timestamp::MAX, |(at, ..)| *at);
        let too_many = sold.get(self.rule.most).map_or(limit, |(at, ..)| *at);
        let limit = limit.min(too_many);
        let closed: Vec<_> = sold.into_iter().take_while(|(at, ..)| *at < limit).collect();
        let purchases_until = closed.last().map(|(at, ..)| *at);
        let abandoned = self.billing.offers.iter().filter(|(session, (at, _))| {
            *at <= self.horizon() && !self.billing.purchases.contains_key(*session)
        });
        let abandoned = abandoned.map(|(session, _)| session.clone()).take(self.rule.most);
        if closed.len().saturating_add(abandoned.clone().count()) < self.rule.least {
            return None;
        }
        let mut sessions: Vec<_> = abandoned.collect();
        let (mut awards, mut invoices) = (Vec::new(), Vec::new());
        for (_, sold, awards_over) in closed {
            awards.extend(awards_over.into_iter().flatten());
            match sold {
                Sold::Session(id) => sessions.push(id.clone()),
                Sold::Invoice(invoice) => invoices.push(invoice.invoice.clone()),
            }
        }
        Some(Closing { periods: None, purchases_until, awards, invoices, sessions })
    }

    /// The invoices without unsolved entries whose packs are all over, and the awards of these packs.
    fn invoices_over(&self, counts: impl Fn(&&'a Invoice) -> bool) -> (Vec<ObjectId>, Vec<AwardId>) {
        let (mut invoices, mut awards) = (Vec::new(), Vec::new());
        let solved = self.billing.invoices.values().filter(counts).filter(|it| !self.is_unsolved(it));
        for invoice in solved {
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

/// A sale of packs.
enum Sold<'a> {
    Session(&'a ObjectId),
    Invoice(&'a Invoice),
}

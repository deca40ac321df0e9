//! Time that passes: periods turn, renewals are charged, fail or are paused, trials begin and end.
//!
//! It does not know how lines are priced.

use std::time::Duration;

use super::account::Account;
use super::collecting::Collection;
use super::invoices::{InvoiceId, Status};
use super::items::{Collected, Item, ItemId, Prorations};
use super::shape::seconds;
use super::subscribing::length_of;
use super::subscriptions::{Renewals, Subscription, SubscriptionId, Uncollected};
use crate::domain::billing::calendar::Anchor;
use crate::domain::time::Timestamp;

/// How long after the turn of a period its renewal is charged.
const CHARGED_AFTER: Duration = Duration::from_hours(1);

impl Account {
    /// Time passes: periods turn, and renewals are charged an hour later.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now.after(time);
        while let Some((at, id)) = self.next_due().filter(|(at, _)| *at <= until) {
            self.now = at;
            self.turn(id);
        }
        self.now = until;
        self.api().now = seconds(until);
    }

    fn next_due(&self) -> Option<(Timestamp, SubscriptionId)> {
        let running = self.subscriptions.iter().zip(0..).filter(|(it, _)| it.ended_at.is_none());
        let due = running.map(|(it, place)| {
            let at = it.draft.as_ref().map_or(it.end, |(_, at)| *at);
            // A trial may have been moved to an end in the past.
            (at.max(self.now), SubscriptionId(place))
        });
        due.min()
    }

    /// A period turns, or its renewal is charged.
    fn turn(&mut self, id: SubscriptionId) {
        let subscription = self.subscription(id);
        if let Some((invoice, _)) = subscription.draft.take() {
            self.charge(id, &invoice);
        } else if subscription.cancels_at_period_end {
            self.end_with_period(id);
        } else {
            self.renew(id);
        }
    }

    fn end_with_period(&mut self, id: SubscriptionId) {
        let old = self.subscription(id).clone();
        self.end(id);
        if old.items.iter().any(|item| item.usage > 0) || !old.pending.is_empty() {
            let lines = self.usage_lines(&old, (old.start, old.end));
            self.bill(id, "subscription_cycle", lines);
        }
    }

    fn renew(&mut self, id: SubscriptionId) {
        let now = self.now;
        let old = self.subscription(id).clone();
        let subscription = self.subscription(id);
        subscription.start = subscription.end;
        subscription.turns += 1;
        subscription.end = subscription.anchor.plus(subscription.length, subscription.turns);
        if old.is_in_trial() {
            subscription.status = "active";
        }
        for item in &mut subscription.items {
            item.usage = 0;
        }
        if let Some(phase) = subscription.phase.take() {
            self.enter_phase(id, &phase);
        }
        if old.renewals != Renewals::Paused {
            // Usage of a trial is free.
            let mut lines =
                if old.is_in_trial() { Vec::new() } else { self.usage_lines(&old, (old.start, old.end)) };
            let new = self.subscription(id).clone();
            lines.extend(self.period_lines(&new, (new.start, new.end)));
            let invoice = self.bill_later(id, "subscription_cycle", lines);
            self.subscription(id).draft = Some((invoice, now.after(CHARGED_AFTER)));
        }
        self.updated(id);
    }

    fn enter_phase(&mut self, id: SubscriptionId, phase: &[Item]) {
        let length = length_of(phase);
        let subscription = self.subscription(id);
        subscription.items.clear();
        if subscription.length != length {
            subscription.length = length;
            subscription.anchor_at(subscription.start);
        }
        for item in phase {
            self.push_item(id, item);
        }
    }

    fn charge(&mut self, id: SubscriptionId, invoice: &InvoiceId) {
        let (collection, renewals) = (self.subscription(id).collection, self.subscription(id).renewals);
        match collection {
            Some(Uncollected::Draft) => return,
            Some(Uncollected::Void) => {
                self.finalize(invoice);
                return self.void(invoice);
            }
            Some(Uncollected::Uncollectible) => {
                self.finalize(invoice);
                return self.mark_uncollectible(invoice);
            }
            None => self.finalize(invoice),
        }
        if renewals == Renewals::Failing && self.known(invoice).due() > 0 {
            self.fail(invoice);
            self.past_due(id);
        } else {
            self.collect(invoice, Collection::ByCard);
            self.active_again(id);
        }
    }

    pub(super) fn past_due(&mut self, id: SubscriptionId) {
        if !self.has_ended(id) {
            self.subscription(id).status = "past_due";
            self.updated(id);
        }
    }

    fn active_again(&mut self, id: SubscriptionId) {
        let subscription = self.subscription(id);
        if subscription.status == "past_due" {
            subscription.status = "active";
        }
        self.updated(id);
    }

    /// From now on charges fail: the subscription becomes past due, and its unpaid periods add up.
    pub fn fail_renewals(&mut self, id: SubscriptionId) {
        self.subscription(id).renewals = Renewals::Failing;
    }

    /// The unpaid periods are paid, one invoice each, and renewals are charged again.
    pub fn pay_what_is_owed(&mut self, id: SubscriptionId) {
        let subscription = self.subscription(id);
        subscription.renewals = Renewals::Charged;
        subscription.draft = None;
        for invoice in self.subscription(id).open.clone() {
            if self.known(&invoice).status == Status::Draft {
                self.finalize(&invoice);
            }
            self.collect(&invoice, Collection::ByCard);
        }
        if !self.has_ended(id) {
            self.active_again(id);
        }
    }

    /// From now on periods turn without being billed. Nothing happens once the subscription has ended.
    pub fn pause(&mut self, id: SubscriptionId) {
        if !self.has_ended(id) {
            self.subscription(id).renewals = Renewals::Paused;
            self.notify_subscription(id, "customer.subscription.paused");
        }
    }

    /// The next period is billed again. Nothing happens once the subscription has ended.
    pub fn resume(&mut self, id: SubscriptionId) {
        if !self.has_ended(id) {
            self.subscription(id).renewals = Renewals::Charged;
            self.notify_subscription(id, "customer.subscription.resumed");
        }
    }

    /// From now on invoices are made and not collected.
    pub fn pause_collection(&mut self, id: SubscriptionId, invoices: Uncollected) {
        self.running(id).collection = Some(invoices);
        self.updated(id);
    }

    /// Invoices are collected again; drafts of the pause are paid.
    pub fn resume_collection(&mut self, id: SubscriptionId) {
        self.running(id).collection = None;
        self.updated(id);
        let waiting = self.subscription(id).draft.as_ref().map(|(invoice, _)| invoice.clone());
        for invoice in self.subscription(id).open.clone() {
            let is_draft = self.known(&invoice).status == Status::Draft;
            if is_draft && waiting.as_ref() != Some(&invoice) {
                self.finalize(&invoice);
                self.collect(&invoice, Collection::ByCard);
            }
        }
    }

    /// A metered item is used; the usage is charged at the end of the period.
    ///
    /// # Panics
    ///
    /// If the price is not charged by use.
    pub fn use_metered(&mut self, id: SubscriptionId, item: &ItemId, quantity: u64) {
        let item = self.running(id).item(item);
        assert!(item.price.is_metered(), "`{}` is not charged by use", item.id.0);
        item.usage = item.usage.saturating_add(quantity);
    }

    /// Schedules the next phase for the turn of the period: its items replace the present ones and have new
    /// ids.
    pub fn schedule(&mut self, id: SubscriptionId, items: impl IntoIterator<Item = Item>) {
        self.running(id).phase = Some(items.into_iter().collect());
        self.updated(id);
    }

    /// A trial lasts until another instant.
    pub fn extend_trial(&mut self, id: SubscriptionId, until: Timestamp) {
        let now = self.now;
        let subscription = self.in_trial(id);
        subscription.trial = subscription.trial.map(|(start, _)| (start, until));
        (subscription.anchor, subscription.end) = (Anchor::new(until), until);
        let new = subscription.clone();
        self.updated(id);
        let lines = self.trial_lines(&new, (now, until));
        self.settle(id, lines, Collected::AsRenewals);
    }

    /// A trial ends now: a whole period begins, and is paid at once.
    pub fn end_trial(&mut self, id: SubscriptionId) {
        let now = self.now;
        let subscription = self.in_trial(id);
        subscription.trial = subscription.trial.map(|(start, _)| (start, now));
        subscription.status = "active";
        subscription.anchor_at(now);
        let new = subscription.clone();
        self.updated(id);
        let lines = self.period_lines(&new, (new.start, new.end));
        self.settle(id, lines, Collected::AsRenewals);
    }

    /// A trial begins in a period that is paid: free time until an instant, at which the next period begins.
    /// With prorations the rest of the paid period is credited.
    ///
    /// # Panics
    ///
    /// If it is in a trial: extend it.
    pub fn begin_trial(&mut self, id: SubscriptionId, until: Timestamp, prorations: Prorations) {
        let now = self.now;
        let old = self.running(id).clone();
        assert!(!old.is_in_trial(), "`{}` is in a trial: extend it", old.id());
        let subscription = self.subscription(id);
        subscription.status = "trialing";
        subscription.trial = Some((now, until));
        (subscription.anchor, subscription.turns) = (Anchor::new(until), 0);
        (subscription.start, subscription.end) = (now, until);
        let new = subscription.clone();
        self.updated(id);
        let mut credits = Vec::new();
        if prorations != Prorations::None {
            for item in &old.items {
                credits.extend(self.credit_lines(&old, item, now));
            }
        }
        // Invoice items of the next renewal wait for it, together with the credits.
        let mut waiting = Vec::new();
        if prorations == Prorations::WithRenewal {
            waiting = std::mem::take(&mut self.subscription(id).pending);
            waiting.append(&mut credits);
        }
        credits.extend(self.trial_lines(&new, (now, until)));
        self.settle(id, credits, Collected::AsRenewals);
        self.subscription(id).pending = waiting;
    }

    fn in_trial(&mut self, id: SubscriptionId) -> &mut Subscription {
        let subscription = self.running(id);
        assert!(subscription.is_in_trial(), "`sub_{}` is in no trial", subscription.number);
        subscription
    }
}

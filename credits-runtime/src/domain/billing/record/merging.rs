//! Merging: adds an event to the record, so that every order of arrival leads to the same record.
//!
//! It does not know which credits are due because of an event.

use super::{Billing, CreditNote, Purchase};
use crate::domain::billing::event::{BillingEvent, Happening};
use crate::domain::billing::payment::Refund;

impl Billing {
    pub(super) fn merge(&mut self, BillingEvent { at, what, .. }: &BillingEvent) {
        match what {
            Happening::OwnerNamed => {}
            Happening::SubscriptionChanged(state) => {
                let closed_until = self.closed_periods.get(&state.subscription).map(|closed| closed.until);
                let item = self.subscriptions.entry(state.item.clone()).or_default();
                if !closed_until.is_some_and(|until| item.is_forgotten(*at, until)) {
                    item.merge(*at, state);
                }
            }
            Happening::Subscribed(change) => {
                self.subscriptions.entry(change.state.item.clone()).or_default().change_own(*at, change);
            }
            Happening::TimePaid(invoice)
                if !self.invoices.contains_key(&invoice.invoice) && self.is_closed(invoice) =>
            {
                self.too_late.insert(invoice.invoice.clone(), invoice.paid_at);
            }
            Happening::TimePaid(invoice) => {
                if !self.invoices.contains_key(&invoice.invoice) && self.reaches_into_closed(invoice) {
                    self.too_late.insert(invoice.invoice.clone(), invoice.paid_at);
                }
                let paid = self.invoices.entry(invoice.invoice.clone()).or_insert_with(|| invoice.clone());
                // An invoice is paid once, but its payments may become known one by one.
                for payment in &invoice.payments {
                    if !paid.payments.contains(payment) {
                        paid.payments.push(payment.clone());
                        paid.payments.sort();
                    }
                }
                for payment in invoice.payments.clone() {
                    self.payments.entry(payment).or_default();
                }
            }
            Happening::InvoicePayment { invoice, payment } => {
                let payments = self.invoice_payments.entry(invoice.clone()).or_default();
                if !payments.contains(payment) {
                    payments.push(payment.clone());
                    payments.sort();
                }
                self.payments.entry(payment.clone()).or_default();
            }
            Happening::PackOffered(offer) => {
                self.offers.entry(offer.session.clone()).or_insert_with(|| (*at, offer.clone()));
            }
            Happening::PackPaid(payment)
                if !self.purchases.contains_key(&payment.session) && self.is_closed_purchase(*at) =>
            {
                self.too_late.insert(payment.session.clone(), *at);
            }
            Happening::PackPaid(payment) => {
                let purchase = Purchase { at: *at, payment: payment.clone(), terms: None };
                let known = self.purchases.entry(payment.session.clone()).or_insert(purchase);
                // One delivery may have prices or a payment that another lacks.
                if known.payment.prices.is_empty() {
                    known.payment.prices.clone_from(&payment.prices);
                }
                if known.payment.payment.is_none() {
                    known.payment.payment.clone_from(&payment.payment);
                }
            }
            Happening::Refunded { payment, refund, amount, stands, made_at } => {
                let refunds = &mut self.payments.entry(payment.clone()).or_default().refunds;
                let new = Refund { at: *at, amount: *amount, stands: *stands, made_at: *made_at };
                let known = refunds.entry(refund.clone()).or_insert(new);
                let made_at = known.made_at.into_iter().chain(new.made_at).min();
                // Of two states of one instant, the failure is the later one.
                if (known.at, !known.stands) < (new.at, !new.stands) {
                    *known = new;
                }
                known.made_at = made_at;
            }
            Happening::RefundedInAll { payment, amount } => {
                self.payments.entry(payment.clone()).or_default().figure(*at, *amount);
            }
            Happening::Credited { invoice, note, amount, stands } => {
                let new = CreditNote { at: *at, amount: *amount, stands: *stands };
                let notes = self.notes.entry(invoice.clone()).or_default();
                let known = notes.entry(note.clone()).or_insert(new);
                if (known.at, !known.stands) < (new.at, !new.stands) {
                    *known = new;
                }
            }
            Happening::Dismissed { key } => {
                self.dismissed.insert(key.clone());
            }
            Happening::DisputeFundsWithdrawn { payment, dispute, amount } => {
                let disputes = &mut self.payments.entry(payment.clone()).or_default().disputes;
                let withdrawn = &mut disputes.entry(dispute.clone()).or_default().withdrawn;
                *withdrawn = (*withdrawn).max(Some((*at, *amount)));
            }
            Happening::DisputeFundsReinstated { payment, dispute } => {
                let disputes = &mut self.payments.entry(payment.clone()).or_default().disputes;
                let reinstated_at = &mut disputes.entry(dispute.clone()).or_default().reinstated_at;
                *reinstated_at = (*reinstated_at).max(Some(*at));
            }
            // Both events are computed from all known namings, so the last one to arrive is correct.
            Happening::HandedOver { subscription } => {
                self.handed_over.insert(subscription.clone(), *at);
            }
            Happening::HandedBack { subscription } => {
                self.handed_over.remove(subscription);
            }
        }
    }
}

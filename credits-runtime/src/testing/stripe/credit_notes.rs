//! Credit notes: amounts of an invoice that are returned, and where they go.
//!
//! They do not know the lines of an invoice.

use serde_json::{Value, json};

use super::account::Account;
use super::collecting::Collection;
use super::invoices::{InvoiceId, Status};
use super::payments::RefundId;
use super::shape::{put_all, seconds};
use crate::domain::time::Timestamp;

/// A credit note of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditNoteId(usize);

/// Where the amount of a credit note goes, once the invoice is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditTo {
    /// To the customer's balance.
    Balance,
    /// Back by the payment: the note has a refund.
    Refund,
    /// Outside of Stripe.
    OutOfBand,
}

#[derive(Clone, Debug)]
pub(super) struct CreditNote {
    invoice: InvoiceId,
    amount: i64,
    to: CreditTo,
    timing: Timing,
    refund: Option<RefundId>,
    created: Timestamp,
    voided_at: Option<Timestamp>,
}

/// Whether a note reduces the amount due, or returns a paid amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timing {
    PrePayment,
    PostPayment,
}

impl Account {
    /// Credits a part of an invoice, in the smallest unit of its currency. On an unpaid invoice it reduces
    /// the amount due, and `to` does not count; an open invoice with nothing left to pay is paid.
    ///
    /// # Panics
    ///
    /// If the invoice is a draft or void, if less than the amount can be credited, or for a refund if the
    /// invoice has no payment.
    pub fn credit(&mut self, invoice: &InvoiceId, amount: i64, to: CreditTo) -> CreditNoteId {
        let known = self.known(invoice).clone();
        let is_final = !matches!(known.status, Status::Draft | Status::Void);
        assert!(is_final && amount <= known.creditable(), "`{}` has not that much to credit", invoice.0);
        let timing = if known.status == Status::Paid { Timing::PostPayment } else { Timing::PrePayment };
        let mut note = CreditNote {
            invoice: invoice.clone(),
            amount,
            to,
            timing,
            refund: None,
            created: self.now,
            voided_at: None,
        };
        match (timing, to) {
            (Timing::PrePayment, _) => self.known(invoice).credited.0 += amount,
            (Timing::PostPayment, CreditTo::OutOfBand) => self.known(invoice).credited.1 += amount,
            (Timing::PostPayment, CreditTo::Balance) => {
                self.known(invoice).credited.1 += amount;
                self.move_balance(&known.customer, &known.currency, -amount);
            }
            (Timing::PostPayment, CreditTo::Refund) => {
                self.known(invoice).credited.1 += amount;
                let Some(payment) = known.payment() else { panic!("`{}` has no payment", invoice.0) };
                note.refund = Some(self.refund(payment, amount));
            }
        }
        self.credit_notes.push(note);
        let id = CreditNoteId(self.credit_notes.len() - 1);
        self.notify_note(id, "credit_note.created");
        if timing == Timing::PrePayment && known.status == Status::Open && self.known(invoice).due() == 0 {
            self.collect(invoice, Collection::ByCard);
        }
        id
    }

    /// Voids a credit note: the balance or the amount due is as it was before the note.
    ///
    /// # Panics
    ///
    /// If it is void.
    pub fn void_credit(&mut self, id: CreditNoteId) {
        let now = self.now;
        let Some(note) = self.credit_notes.get_mut(id.0) else { panic!("the note is of another account") };
        assert!(note.voided_at.is_none(), "the note is void");
        note.voided_at = Some(now);
        let note = note.clone();
        let invoice = self.known(&note.invoice);
        let (customer, currency) = (invoice.customer.clone(), invoice.currency.clone());
        match note.timing {
            Timing::PrePayment => invoice.credited.0 -= note.amount,
            Timing::PostPayment => invoice.credited.1 -= note.amount,
        }
        if (note.timing, note.to) == (Timing::PostPayment, CreditTo::Balance) {
            self.move_balance(&customer, &currency, note.amount);
        }
        self.notify_note(id, "credit_note.voided");
    }

    fn notify_note(&mut self, id: CreditNoteId, kind: &str) {
        let Some(note) = self.credit_notes.get(id.0).cloned() else { return };
        let invoice = self.known(&note.invoice).clone();
        let after = if note.timing == Timing::PostPayment { note.amount } else { 0 };
        let to_balance = after > 0 && note.to == CreditTo::Balance;
        let out_of_band = after > 0 && note.to == CreditTo::OutOfBand;
        let refund = note.refund.and_then(|id| self.refund_name(id));
        let mut object = json!({
            "id": format!("cn_{}", id.0),
            "object": "credit_note",
            "amount": note.amount,
            "created": seconds(note.created),
            "currency": invoice.currency,
            "customer": invoice.customer,
            "customer_balance_transaction": to_balance.then(|| format!("cbtxn_{}", id.0)),
            "discount_amount": 0,
            "invoice": note.invoice.as_str(),
            "lines": {
                "object": "list",
                "data": [{
                    "id": format!("cnli_{}", id.0),
                    "object": "credit_note_line_item",
                    "amount": note.amount,
                    "quantity": 1,
                    "type": "custom_line_item",
                    "unit_amount": note.amount,
                }],
                "has_more": false,
            },
            "livemode": false,
            "metadata": {},
            "out_of_band_amount": out_of_band.then_some(note.amount),
            "reason": "order_change",
            "status": if note.voided_at.is_some() { "void" } else { "issued" },
            "subtotal": note.amount,
            "total": note.amount,
            "type": if after > 0 { "post_payment" } else { "pre_payment" },
            "voided_at": note.voided_at.map(seconds),
        });
        let refunds = if self.shape.is_since_basil() {
            let refunds: Vec<Value> = refund
                .iter()
                .map(|refund| json!({ "amount_refunded": note.amount, "refund": refund }))
                .collect();
            json!({
                "post_payment_amount": after,
                "pre_payment_amount": note.amount - after,
                "refunds": refunds,
                "total_taxes": [],
            })
        } else {
            json!({ "refund": refund, "tax_amounts": [] })
        };
        put_all(&mut object, refunds);
        self.event(kind, &object, None);
    }
}

//! Packs: charges that the gem fulfilled, received as purchases on the terms that the gem noted.

use std::collections::BTreeMap;

use credits_runtime::billing::{
    AwardId, BillingEvent, Happening, ObjectId, Offer, PackPayment, PackPrice, PackTerms,
};
use credits_runtime::limits::CLOSED_AFTER;
use credits_runtime::{Owner, Timestamp};

use super::awards::Given;
use super::marking::Marking;
use super::stripe_object::StripeObject;
use super::{Customer, time};
use crate::import::database::{Cells, Database};
use crate::import::error::ImportError;
use crate::import::findings::{Finding, Findings};
use crate::import::options::Options;
use crate::import::schema::Schema;

/// A fulfilled charge.
#[derive(Clone, Debug)]
pub(super) struct Pack {
    /// The charge's id in `pay`.
    pub(super) charge: String,
    owner: Owner,
    customer: ObjectId,
    /// The charge at Stripe, in place of the checkout, which `pay` does not keep.
    session: ObjectId,
    payment: ObjectId,
    terms: PackTerms,
    currency: String,
    price: i64,
    paid: i64,
    refunded: i64,
    at: Timestamp,
    /// The gem's transaction.
    pub(super) given: Option<Given>,
}

/// Reads the charges of packs.
pub(super) fn read(
    database: &mut dyn Database,
    schema: &Schema,
    options: &Options,
    customers: &BTreeMap<String, Customer>,
    findings: &mut Findings,
) -> Result<Vec<Pack>, ImportError> {
    let mut packs = Vec::new();
    database.each(&schema.packs(), &mut |cells| {
        let example = format!("fulfillment {}", cells.text(0).unwrap_or_default());
        match pack(cells, customers) {
            None => findings.add(Finding::PackUnknown, example),
            Some(pack) if pack.refunded >= pack.paid => findings.add(Finding::PackRefunded, example),
            Some(pack) if options.now.since(pack.at) > CLOSED_AFTER => {
                findings.add(Finding::PackOld, example);
            }
            Some(pack) => packs.push(pack),
        }
        Ok(())
    })?;
    Ok(packs)
}

fn pack(cells: &Cells, customers: &BTreeMap<String, Customer>) -> Option<Pack> {
    let terms = StripeObject::read([cells.text(1)]);
    let charge = StripeObject::read([cells.text(9), cells.text(8)]);
    let customer = customers.get(cells.text(3)?)?;
    let id = cells.text(4)?;
    let currency = terms.text("price_currency").or_else(|| cells.text(7).map(str::to_owned))?.to_lowercase();
    let price = terms.integer("price_cents")?;
    Some(Pack {
        charge: cells.text(2)?.to_owned(),
        owner: customer.owner.clone(),
        customer: customer.id.clone(),
        session: ObjectId::new(&format!("import:{id}"))?,
        payment: charge.id("payment_intent").or_else(|| ObjectId::new(id))?,
        terms: PackTerms {
            pack: terms.text("pack_name")?,
            credits: terms.integer("credits")?,
            bonus: terms.integer("bonus_credits").unwrap_or(0),
            asset: String::new(),
            prices: vec![PackPrice { currency: currency.clone(), unit_amount: price }],
            expires_after: None,
            only_for: Vec::new(),
        },
        currency,
        price,
        paid: cells.text(5)?.parse().ok()?,
        refunded: cells.text(6).and_then(|amount| amount.parse().ok()).unwrap_or(0),
        at: time(cells, 10)?,
        given: None,
    })
}

impl Pack {
    /// Marks the pack and receives its purchase.
    pub(super) fn carry(&self, marking: &mut Marking<'_>) -> Result<(), ImportError> {
        let Some(given) = &self.given else {
            marking.findings.add(Finding::PackUnknown, format!("charge {}", self.charge));
            return Ok(());
        };
        marking.mark(self.owner.as_str(), AwardId::Pack(self.session.clone()), &[given])?;
        if self.refunded > 0 {
            marking.offset(given, self.taken(given), &self.charge)?;
        }
        let offer = Offer {
            session: self.session.clone(),
            pack: self.terms.clone(),
            quantity: 1,
            currency: Some(self.currency.clone()),
        };
        marking.receive(self.event(Happening::PackOffered(offer)))?;
        marking.receive(self.event(Happening::PackPaid(self.payment())))?;
        if self.refunded > 0 {
            let what = Happening::RefundedInAll { payment: self.payment.clone(), amount: self.refunded };
            marking.receive(self.event(what))?;
        }
        marking.report.packs = marking.report.packs.saturating_add(1);
        Ok(())
    }

    /// Credits that the ledger takes for the refunded part, rounded up.
    fn taken(&self, given: &Given) -> i64 {
        let whole = i128::from(self.terms.credits.saturating_add(self.terms.bonus));
        let (refunded, paid) = (i128::from(self.refunded), i128::from(self.paid));
        let taken = whole.saturating_mul(refunded).saturating_add(paid).saturating_sub(1).checked_div(paid);
        i64::try_from(taken.unwrap_or(0)).unwrap_or(i64::MAX).min(given.amount)
    }

    fn payment(&self) -> PackPayment {
        PackPayment {
            session: self.session.clone(),
            payment: Some(self.payment.clone()),
            currency: self.currency.clone(),
            subtotal: self.price,
            paid: self.paid,
            pack: Some(self.terms.pack.clone()),
            prices: Vec::new(),
            tax: 0,
            invoice: None,
            paid_in: None,
        }
    }

    fn event(&self, what: Happening) -> BillingEvent {
        let objects = vec![self.session.clone(), self.payment.clone(), self.customer.clone()];
        BillingEvent { at: self.at, objects, owner: Some(self.owner.clone()), what }
    }
}

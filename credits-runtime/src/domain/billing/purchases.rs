//! What purchases come to: what was paid is compared with what was offered, and what came back of it is taken back.

use serde::Serialize;

use super::award::AwardId;
use super::calendar::after;
use super::due::{Due, Wanted};
use super::record::{Billing, Purchase};
use super::terms::{PackTerms, PriceList};
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::{Class, Origin};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Why nothing was given for a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurchaseProblem {
    /// What was bought is in no offer and in no catalogue.
    PackUnknown,
    /// It was paid in a currency that the pack has no price in.
    CurrencyDiffers {
        /// The currencies of the pack's prices.
        declared: Vec<String>,
        /// The currency of the payment.
        paid: String,
    },
    /// The subtotal is not what so many of the pack cost.
    AmountDiffers {
        /// What was offered, in minor units.
        expected: i64,
        /// What was asked, in minor units.
        subtotal: i64,
    },
}

/// How much of what was given is to be taken back, and what its entries are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retake {
    /// How much in all.
    pub amount: i64,
    /// Of what is taken.
    pub category: Category,
    /// Of what is given back.
    pub given_back: Category,
}

impl Retake {
    /// Of credits of a subscription.
    pub(super) fn of_subscription(amount: Amount) -> Self {
        let (category, given_back) = (Category::SubscriptionRefund, Category::SubscriptionRefund);
        Self { amount: amount.get(), category, given_back }
    }
}

/// The pack that a payment is for by the catalogue, and how many: by its price, or one by its name.
pub fn priced(purchase: &Purchase, prices: &PriceList) -> Option<(PackTerms, u64)> {
    match &purchase.payment.prices[..] {
        [(price, quantity)] => prices.pack(price).map(|pack| (pack.clone(), *quantity)),
        [] => prices.pack_named(purchase.payment.pack.as_deref()?).map(|pack| (pack.clone(), 1)),
        _ => None,
    }
}

pub(super) fn due(due: &mut Due, billing: &Billing, now: Timestamp) {
    for (session, purchase) in &billing.purchases {
        match bought(billing, session, purchase) {
            Err(problem) => due.problems.push((session.clone(), problem)),
            Ok((terms, quantity)) if due.is_due(purchase.at, now) => {
                of_purchase(due, billing, (session, purchase), (terms, quantity));
            }
            Ok(_) => {}
        }
    }
}

/// What was bought, if it is what was offered.
fn bought<'a>(
    billing: &'a Billing,
    session: &ObjectId,
    purchase: &'a Purchase,
) -> Result<(&'a PackTerms, i64), PurchaseProblem> {
    let offered = billing.offers.get(session).map(|offer| (&offer.pack, offer.quantity));
    let listed = purchase.terms.as_ref().map(|(terms, quantity)| (terms, *quantity));
    let (terms, quantity) = offered.or(listed).ok_or(PurchaseProblem::PackUnknown)?;
    let (payment, quantity) = (&purchase.payment, i64::try_from(quantity).unwrap_or(i64::MAX));
    let Some(unit_amount) = terms.unit_amount(&payment.currency) else {
        let declared = terms.prices.iter().map(|price| price.currency.clone()).collect();
        return Err(PurchaseProblem::CurrencyDiffers { declared, paid: payment.currency.clone() });
    };
    let expected = unit_amount.saturating_mul(quantity);
    if payment.subtotal != expected {
        return Err(PurchaseProblem::AmountDiffers { expected, subtotal: payment.subtotal });
    }
    Ok((terms, quantity))
}

fn of_purchase(
    due: &mut Due,
    billing: &Billing,
    (session, purchase): (&ObjectId, &Purchase),
    (terms, quantity): (&PackTerms, i64),
) {
    let (credits, bonus) = (terms.credits.saturating_mul(quantity), terms.bonus.saturating_mul(quantity));
    let paid = Wanted {
        effective_at: purchase.at,
        amount: credits,
        asset: terms.asset.clone(),
        category: Category::CreditPackPurchase,
        expires_at: terms.expires_after.map(|length| after(purchase.at, length)),
        class: Class::Paid,
        origin: Origin::Purchase,
        scope: terms.only_for.clone(),
        reason: terms.pack.clone(),
        trims_to: None,
        retake: retake(billing, purchase, credits.saturating_add(bonus)),
    };
    if bonus > 0 {
        let bonus = Wanted {
            amount: bonus,
            category: Category::Bonus,
            class: Class::Promotional,
            retake: None,
            ..paid.clone()
        };
        due.awards.insert(AwardId::PackBonus(session.clone()), bonus);
    }
    due.awards.insert(AwardId::Pack(session.clone()), paid);
}

/// What is to be taken back: ceil(given x min(paid, refunded + withdrawn) / paid).
fn retake(billing: &Billing, purchase: &Purchase, given: i64) -> Option<Retake> {
    let payment = purchase.payment.payment.as_ref().and_then(|payment| billing.payments.get(payment))?;
    let (paid, refunded) = (purchase.payment.paid, payment.refunded());
    let of = |back: i64| {
        let back = i128::from(back.clamp(0, paid));
        let product =
            i128::from(given).saturating_mul(back).saturating_add(i128::from(paid).saturating_sub(1));
        product.checked_div(i128::from(paid)).and_then(|taken| i64::try_from(taken).ok()).unwrap_or(0)
    };
    if paid <= 0 {
        return None;
    }
    let amount = of(refunded.saturating_add(payment.withdrawn()));
    let category = if amount > of(refunded) { Category::Dispute } else { Category::CreditPackRefund };
    // What came last is what it is given back for.
    let reinstated_at = payment.disputes.values().filter_map(|dispute| dispute.reinstated_at).max();
    let failed = payment.refunds.values().filter(|refund| !refund.stands);
    let given_back = if reinstated_at > failed.map(|refund| refund.at).max() {
        Category::DisputeReversal
    } else {
        Category::CreditPackRefund
    };
    Some(Retake { amount, category, given_back })
}

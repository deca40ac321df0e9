//! Purchases of packs: compares payments with offers or prices, and computes the credits due and those to
//! take back.
//!
//! It does not know whether a purchase was given.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::award::{AwardId, Basis};
use super::calendar::after;
use super::due::{Due, Wanted};
use super::event::{Invoice, Line};
use super::items::SubscriptionItems;
use super::payment::Payment;
use super::record::{Billing, Purchase};
use super::terms::{PackTerms, PriceList};
use super::unsolved::Unsolved;
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::grant::{Class, Origin};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// The reason why a purchase gave nothing: see
/// [`Unresolved::Purchase`](crate::billing::Unresolved::Purchase).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurchaseProblem {
    /// The payment is for no pack of an offer or of the catalogue, or for several packs at once.
    #[n(0)]
    PackUnknown,
    /// The pack has no price in the currency of the payment.
    #[n(1)]
    CurrencyDiffers {
        /// The currencies of the pack's prices: ISO 4217, in lower case.
        #[n(0)]
        declared: Vec<String>,
        /// The currency of the payment.
        #[n(1)]
        paid: String,
    },
    /// The subtotal, before discounts, tax and shipping, differs from the price of the pack times the
    /// quantity.
    #[n(2)]
    AmountDiffers {
        /// The price times the quantity, in minor units of the payment's currency.
        #[n(0)]
        expected: i64,
        /// The subtotal of the payment, in the same minor units.
        #[n(1)]
        subtotal: i64,
    },
}

/// Credits of a purchase to take back, with the categories of the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retake {
    /// Total credits to take back, bonus included.
    pub amount: i64,
    /// Category of taken credits.
    pub category: Category,
    /// Category of credits that are given back.
    pub given_back: Category,
}

impl Retake {
    /// For an award without refunds or disputes.
    pub(super) fn of_award(id: &AwardId, amount: Amount) -> Self {
        let category = match id {
            AwardId::Pack(_) | AwardId::PackBonus(_) => Category::CreditPackRefund,
            _ => Category::SubscriptionRefund,
        };
        let given_back = category.clone();
        Self { amount: amount.get(), category, given_back }
    }
}

/// The pack of a payment by the catalogue, and the quantity: by its price, or by its name if the checkout
/// carried the price inline. A payment that only names a pack has the quantity by which its subtotal is a
/// multiple of the price, or else 1.
pub fn priced(purchase: &Purchase, prices: &PriceList) -> Option<(PackTerms, u64)> {
    let named = || prices.pack_named(purchase.payment.pack.as_deref()?);
    match &purchase.payment.prices[..] {
        [(price, quantity)] => prices.pack(price).or_else(named).map(|pack| (pack.clone(), *quantity)),
        [] => {
            let (pack, payment) = (named()?, &purchase.payment);
            let unit_amount = pack.unit_amount(&payment.currency).filter(|amount| *amount > 0);
            let multiple = unit_amount.filter(|amount| payment.subtotal.checked_rem(*amount) == Some(0));
            let quantity = multiple.and_then(|amount| payment.subtotal.checked_div(amount));
            let quantity = quantity.and_then(|quantity| u64::try_from(quantity).ok());
            Some((pack.clone(), quantity.unwrap_or(0).max(1)))
        }
        _ => None,
    }
}

pub(super) fn due(due: &mut Due, billing: &Billing, subscriptions: &[SubscriptionItems<'_>], now: Timestamp) {
    let lines = PackLines::new(billing, subscriptions);
    for invoice in billing.invoices.values() {
        of_invoice(due, billing, lines.of(invoice), invoice, now);
    }
    for (session, purchase) in &billing.purchases {
        match bought(billing, session, purchase) {
            Err(problem) => due.unsolved.push(Unsolved::Purchase { session: session.clone(), problem }),
            Ok(bought) if due.is_due(purchase.at, now) => {
                of_purchase(due, billing, (session, purchase), bought);
            }
            Ok(_) => {}
        }
    }
}

/// Adds the packs on an invoice's lines, unless a checkout sold them and made the invoice.
fn of_invoice<'a>(
    due: &mut Due,
    billing: &Billing,
    lines: impl Iterator<Item = &'a Line>,
    invoice: &Invoice,
    now: Timestamp,
) {
    let mut packs: BTreeMap<&ObjectId, Sum> = BTreeMap::new();
    for line in lines {
        let sum = packs.entry(&line.price).or_default();
        sum.quantity = sum.quantity.saturating_add(line.quantity.unwrap_or(1));
        sum.subtotal = sum.subtotal.saturating_add(line.amount);
        sum.net = sum.net.saturating_add(line.net);
    }
    for (price, Sum { quantity, subtotal, net }) in packs {
        let Some(terms) = billing.sold.get(&(invoice.invoice.clone(), price.clone())) else { continue };
        let id = invoice_purchase(&invoice.invoice, price);
        match is_as_priced(terms, quantity, (&invoice.currency, subtotal)) {
            Err(problem) => due.unsolved.push(Unsolved::Purchase { session: id, problem }),
            Ok(quantity) if due.is_due(invoice.paid_at, now) => {
                let bought = Bought { terms, quantity };
                let retake = (invoice.paid > 0).then(|| {
                    let came_back = CameBack {
                        paid: invoice.paid,
                        returned: billing.returned_of(invoice),
                        withdrawn: billing.withdrawn_of(invoice),
                    };
                    let payments: Vec<_> = billing.payments_of(invoice).map(|(_, payment)| payment).collect();
                    came_back.retake(bought.given(), &payments)
                });
                let basis = Basis { amount: net, currency: invoice.currency.clone() };
                award(due, &id, (invoice.paid_at, basis), bought, retake);
            }
            Ok(_) => {}
        }
    }
}

/// Sum of an invoice's lines of one price.
#[derive(Default)]
struct Sum {
    quantity: u64,
    /// Minor units before discounts.
    subtotal: i64,
    /// Minor units after discounts and without tax.
    net: i64,
}

/// Finds packs on the lines of invoices.
#[derive(Clone, Debug)]
pub struct PackLines<'a> {
    billing: &'a Billing,
    subscriptions: &'a [SubscriptionItems<'a>],
    /// Invoices made by checkouts.
    invoices: BTreeSet<&'a ObjectId>,
    /// Payments of checkouts.
    payments: BTreeSet<&'a ObjectId>,
}

impl<'a> PackLines<'a> {
    /// For the invoices of one owner.
    pub fn new(billing: &'a Billing, subscriptions: &'a [SubscriptionItems<'a>]) -> Self {
        let purchases = || billing.purchases.values().map(|purchase| &purchase.payment);
        let invoices = purchases().filter_map(|payment| payment.invoice.as_ref()).collect();
        let payments = purchases().filter_map(|payment| payment.payment.as_ref()).collect();
        Self { billing, subscriptions, invoices, payments }
    }

    /// The lines of an invoice that belong to no subscription item and are not negative. Returns none for an
    /// invoice made by a checkout, because the checkout has more detail.
    pub fn of(&self, invoice: &'a Invoice) -> impl Iterator<Item = &'a Line> {
        let mut payments = self.billing.payments_of(invoice);
        let is_of_a_checkout = self.invoices.contains(&invoice.invoice)
            || payments.any(|(payment, _)| self.payments.contains(payment));
        let lines = invoice.lines.iter();
        let lines = lines.filter(move |line| !is_of_a_checkout && line.item.is_none() && line.amount >= 0);
        let (billing, subscriptions) = (self.billing, self.subscriptions);
        lines.filter(move |line| subscriptions.iter().all(|items| items.item_of(billing, line).is_none()))
    }
}

/// The purchase id of a pack on an invoice: `in_1:price_boost`.
pub fn invoice_purchase(invoice: &ObjectId, price: &ObjectId) -> ObjectId {
    ObjectId::known(&format!("{invoice}:{price}"))
}

/// The pack and quantity of a purchase, if the payment fits its offer or the catalogue.
fn bought<'a>(
    billing: &'a Billing,
    session: &ObjectId,
    purchase: &'a Purchase,
) -> Result<Bought<'a>, PurchaseProblem> {
    let offered = billing.offers.get(session).map(|(_, offer)| (&offer.pack, offer.quantity));
    let listed = purchase.terms.as_ref().map(|(terms, quantity)| (terms, *quantity));
    let (terms, quantity) = offered.or(listed).ok_or(PurchaseProblem::PackUnknown)?;
    let payment = &purchase.payment;
    is_as_priced(terms, quantity, (&payment.currency, payment.subtotal))
        .map(|quantity| Bought { terms, quantity })
}

/// The credits of a purchase by its terms, the bonus included, if the payment fits them.
pub(crate) fn worth_of(billing: &Billing, session: &ObjectId, purchase: &Purchase) -> Option<i64> {
    bought(billing, session, purchase).ok().map(Bought::given)
}

/// The quantity of a payment, if its subtotal is the price of the packs in its currency.
fn is_as_priced(
    terms: &PackTerms,
    quantity: u64,
    (currency, subtotal): (&str, i64),
) -> Result<i64, PurchaseProblem> {
    let quantity = i64::try_from(quantity).unwrap_or(i64::MAX);
    let Some(unit_amount) = terms.unit_amount(currency) else {
        let declared = terms.prices.iter().map(|price| price.currency.clone()).collect();
        return Err(PurchaseProblem::CurrencyDiffers { declared, paid: currency.to_owned() });
    };
    let expected = unit_amount.saturating_mul(quantity);
    if subtotal != expected {
        return Err(PurchaseProblem::AmountDiffers { expected, subtotal });
    }
    Ok(quantity)
}

/// A quantity of one pack.
#[derive(Clone, Copy)]
struct Bought<'a> {
    terms: &'a PackTerms,
    quantity: i64,
}

impl Bought<'_> {
    fn credits(self) -> i64 {
        self.terms.credits.saturating_mul(self.quantity)
    }

    fn bonus(self) -> i64 {
        self.terms.bonus.saturating_mul(self.quantity)
    }

    /// Its credits and its bonus.
    fn given(self) -> i64 {
        self.credits().saturating_add(self.bonus())
    }
}

fn of_purchase(
    due: &mut Due,
    billing: &Billing,
    (session, purchase): (&ObjectId, &Purchase),
    bought: Bought<'_>,
) {
    let paid = purchase.payment.paid;
    let payment = purchase.payment.payment.as_ref().and_then(|payment| billing.payments.get(payment));
    let retake = payment.filter(|_| paid > 0).map(|payment| {
        let (returned, withdrawn) = (payment.refunded(), payment.withdrawn());
        CameBack { paid, returned, withdrawn }.retake(bought.given(), &[payment])
    });
    let amount = paid.saturating_sub(purchase.payment.tax);
    let basis = Basis { amount, currency: purchase.payment.currency_paid().to_owned() };
    award(due, session, (purchase.at, basis), bought, retake);
}

/// The awards of a purchase: the pack's credits, and its bonus.
fn award(
    due: &mut Due,
    id: &ObjectId,
    (at, basis): (Timestamp, Basis),
    bought: Bought<'_>,
    retake: Option<Retake>,
) {
    let (terms, bonus) = (bought.terms, bought.bonus());
    let paid = Wanted {
        effective_at: at,
        amount: bought.credits(),
        asset: terms.asset.clone(),
        category: Category::CreditPackPurchase,
        expires_at: terms.expires_after.map(|length| after(at, length)),
        class: Class::Paid,
        origin: Origin::Purchase,
        scope: terms.only_for.clone(),
        reason: terms.pack.clone(),
        trims_to: None,
        retake,
        basis: Some(basis),
        credited: 0,
    };
    if bonus > 0 {
        let bonus = Wanted {
            amount: bonus,
            category: Category::Bonus,
            class: Class::Promotional,
            retake: None,
            basis: None,
            ..paid.clone()
        };
        due.awards.insert(AwardId::PackBonus(id.clone()), bonus);
    }
    due.awards.insert(AwardId::Pack(id.clone()), paid);
}

/// The share of given credits for a part of a payment that comes back: ceil(given x min(paid, back) / paid); 0 if nothing was
/// paid.
pub(crate) fn share_of_return(given: i64, paid: i64, back: i64) -> i64 {
    let back = i128::from(back.clamp(0, paid.max(0)));
    let product = i128::from(given).saturating_mul(back).saturating_add(i128::from(paid).saturating_sub(1));
    product.checked_div(i128::from(paid)).and_then(|taken| i64::try_from(taken).ok()).unwrap_or(0)
}

/// Amounts of a payment, in its minor units.
struct CameBack {
    paid: i64,
    returned: i64,
    withdrawn: i64,
}

impl CameBack {
    /// Computes the credits to take back, for what was returned and withdrawn.
    fn retake(&self, given: i64, payments: &[&Payment]) -> Retake {
        let of = |back: i64| share_of_return(given, self.paid, back);
        let amount = of(self.returned.saturating_add(self.withdrawn));
        let category =
            if amount > of(self.returned) { Category::Dispute } else { Category::CreditPackRefund };
        // The later of a won dispute and a failed refund decides the category of given-back credits.
        let disputes = payments.iter().flat_map(|payment| payment.disputes.values());
        let reinstated_at = disputes.filter_map(|dispute| dispute.reinstated_at).max();
        let refunds = payments.iter().flat_map(|payment| payment.refunds.values());
        let failed_at = refunds.filter(|refund| !refund.stands).map(|refund| refund.at).max();
        let given_back =
            if reinstated_at > failed_at { Category::DisputeReversal } else { Category::CreditPackRefund };
        Retake { amount, category, given_back }
    }
}

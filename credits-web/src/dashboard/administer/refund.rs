//! Refunds by hand: the purchase, the money to return, and the credits that this takes back.
//!
//! It does not know how the processor returns money.

use axum::http::StatusCode;
use axum::response::Response;
use credits_runtime::billing::Purchase;
use credits_runtime::catalogue::{Currency, Money};

use super::form::{Fields, Form, reason};
use super::key;
use super::second_look::Look;
use crate::dashboard::owner::money;
use crate::dashboard::refunds::ConfirmedRefund;
use crate::dashboard::visit::Visit;
use crate::ledger::Ledger;
use crate::refusal::Refusal;

/// Characters of the reason, which stays at the processor.
const REASON_CHARS_MAX: usize = 500;

/// A refund of a purchase, as its form asks for it.
#[derive(Clone, Debug)]
struct RefundOrder {
    owner: String,
    key: String,
    reason: String,
    /// The purchase, by its session.
    purchase: String,
    /// The amount of money as people write it; empty for all that is left.
    amount: String,
}

/// A refund that can be made.
pub(super) struct Payable {
    pub(super) purchase: Purchase,
    /// In minor units of the purchase's currency.
    pub(super) amount: i64,
}

impl RefundOrder {
    fn read(fields: &Fields) -> Result<Self, Refusal> {
        let key = key::checked(&fields.key)?;
        let reason = reason(&fields.reason)?;
        if reason.chars().count() > REASON_CHARS_MAX {
            let rule = format!("the payment processor keeps {REASON_CHARS_MAX} characters: say it in fewer");
            return Err(Refusal::invalid("reason", &reason, &rule));
        }
        let (owner, purchase, amount) = (fields.name.clone(), fields.number.clone(), fields.amount.clone());
        Ok(Self { owner, key, reason, purchase, amount })
    }
}

/// Shows what the refund would change unless exactly that is confirmed, or else makes it.
pub(super) async fn asked(visit: &Visit, mut fields: Fields) -> Result<Response, Refusal> {
    let order = RefundOrder::read(&fields)?;
    let desk = visit.settings.refunds.as_ref().ok_or_else(unconnected)?;
    let turn = desk.turn().await;
    if !turn.is_done(&order.key) {
        let asked = order.clone();
        let look = visit.ask(move |ledger| look(ledger, &asked)).await?;
        if look.change() != fields.confirm {
            if !fields.confirm.is_empty() {
                // What is confirmed next is another refund.
                fields.key = key::new()?;
            }
            return Ok(visit.page(Form::Refund.heading(), &look.draw(visit, Form::Refund, &fields)));
        }
        let RefundOrder { key, reason, .. } = order;
        if let Some(Payable { purchase, amount }) = look.into_refund() {
            turn.make(ConfirmedRefund { purchase, amount, key, reason, by: visit.by() }).await?;
        }
    }
    let mut query = fields.owner_query();
    query.push(("refunded", &fields.number));
    Ok(visit.see("owner", &query))
}

/// The refusal of a dashboard that cannot return money.
fn unconnected() -> Refusal {
    let detail = "the dashboard is not connected with the payment processor: refund the payment there, or connect it with \
                  `.stripe(stripe)`";
    Refusal::new(StatusCode::NOT_FOUND, "processor_missing", detail)
}

/// What a refund takes back, of the wallet of the pack's asset.
fn look(ledger: &Ledger, order: &RefundOrder) -> Result<Look, Refusal> {
    let refund = payable(ledger, order)?;
    let Payable { purchase, amount } = &refund;
    let now = ledger.credits.wallet(&order.owner).of_asset_named(&purchase.asset).credits()?;
    let words = |minor: i64| money(minor, &purchase.currency);
    let note = format!(
        "The payment processor returns {} of {}; {} came back before or is held by a dispute. The balance falls by less if \
         some of these credits had expired; those that are spent become debt unless the price list forgives them.",
        words(*amount),
        words(purchase.paid),
        words(purchase.returned)
    );
    Ok(Look::of_refund(refund, &order.owner, &order.reason, (now, note)))
}

/// The refund that a form asks for, of a purchase of its owner.
fn payable(ledger: &Ledger, order: &RefundOrder) -> Result<Payable, Refusal> {
    let purchases = ledger.credits.wallet(&order.owner).purchases()?;
    let purchase = purchases.into_iter().find(|purchase| purchase.session.as_str() == order.purchase);
    let purchase = purchase.ok_or_else(|| {
        let detail = format!("`{}` is no purchase of this owner: begin with their page", order.purchase);
        Refusal::new(StatusCode::NOT_FOUND, "purchase_unknown", detail)
    })?;
    let left = left(&purchase);
    let words = |minor: i64| money(minor, &purchase.currency);
    if !is_refundable(&purchase) {
        let detail = format!(
            "of {}, {} came back or is held by a dispute: what is left of an invoice is refunded at the payment processor",
            words(purchase.paid),
            words(purchase.returned)
        );
        return Err(Refusal::new(StatusCode::CONFLICT, "not_refundable", detail));
    }
    let text = order.amount.trim();
    let amount = if text.is_empty() { Some(left) } else { minor_units(text, &purchase.currency) };
    let amount = amount.filter(|amount| (1..=left).contains(amount)).ok_or_else(|| {
        let rule = format!("return at most {}, as in {}", words(left), example(left, &purchase.currency));
        Refusal::invalid("amount", text, &rule)
    })?;
    Ok(Payable { purchase, amount })
}

/// The part of a payment that is neither returned nor held by a dispute.
fn left(purchase: &Purchase) -> i64 {
    purchase.paid.saturating_sub(purchase.returned)
}

/// Whether the money of a purchase can be returned from here.
pub(in crate::dashboard) fn is_refundable(purchase: &Purchase) -> bool {
    // A payment of a connected account has the account before it, which refunds it.
    let is_own = purchase.payment.as_ref().is_some_and(|payment| !payment.as_str().contains('/'));
    is_own && left(purchase) > 0
}

/// An amount of money as the form takes it: `4.50`.
fn example(minor: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let (scale, minor) = (10_i64.saturating_pow(decimals), minor.max(0));
    let (whole, rest) = (minor / scale, minor % scale);
    let width = usize::try_from(decimals).unwrap_or_default();
    if decimals == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") }
}

/// Stripe charges and returns multiples of this, in its minor units: 10 for kwd, 100 for ugx, 1 for most currencies.
fn step(currency: &str) -> i64 {
    let of = |Currency { stripe_exponent, step_exponent, .. }: Currency| {
        10_i64.saturating_pow(stripe_exponent.saturating_sub(step_exponent))
    };
    Money::new(0, currency).map_or(1, |money| of(money.currency))
}

/// Decimals of amounts in Stripe's minor units; 0 for an unknown currency.
fn decimals(currency: &str) -> u32 {
    Money::new(0, currency).map_or(0, |money| money.currency.stripe_exponent)
}

/// Stripe's minor units of an amount as people write it: digits and, after a point, up to the currency's decimals.
fn minor_units(text: &str, currency: &str) -> Option<i64> {
    let decimals = usize::try_from(decimals(currency)).ok()?;
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !is_number(whole)
        || !is_number(rest)
        || rest.len() > decimals
        || text.ends_with('.')
    {
        return None;
    }
    let minor: Option<i64> = format!("{whole}{rest:0<decimals$}").parse().ok();
    minor.filter(|minor| minor % step(currency) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_it_is_written() {
        for (text, currency, minor) in [
            ("4", "usd", Some(400)),
            ("4.5", "usd", Some(450)),
            ("4.50", "eur", Some(450)),
            ("0.01", "usd", Some(1)),
            ("500", "jpy", Some(500)),
            ("1.23", "kwd", Some(1_230)),
            ("1.234", "kwd", None),
            ("50.00", "ugx", Some(5_000)),
            ("50.50", "ugx", None),
            ("7", "xxx", Some(7)),
            ("92233720368547758.07", "usd", Some(i64::MAX)),
            ("92233720368547758.08", "usd", None),
            ("4.505", "usd", None),
            ("4.5", "jpy", None),
            ("4.", "usd", None),
            (".5", "usd", None),
            ("4,50", "usd", None),
            ("1,000.00", "usd", None),
            ("-4", "usd", None),
            ("+4", "usd", None),
            ("$4", "usd", None),
            ("4 usd", "usd", None),
            ("4.5.0", "usd", None),
            ("\u{664}", "usd", None),
            ("", "usd", None),
        ] {
            assert_eq!(minor_units(text, currency), minor, "{text} {currency}");
        }
        for (minor, currency, written) in
            [(450, "usd", "4.50"), (5, "usd", "0.05"), (500, "jpy", "500"), (10, "kwd", "0.010")]
        {
            assert_eq!(example(minor, currency), written);
            assert_eq!(minor_units(written, currency), Some(minor));
        }
    }
}

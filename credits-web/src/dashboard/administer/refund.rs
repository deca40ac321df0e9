//! Refunds by hand: the purchase, the money to return, and the credits that this takes back.
//!
//! It does not know how the processor returns money.

use axum::http::StatusCode;
use credits_runtime::billing::Purchase;
use credits_runtime::catalogue::{Currency, Money};

use crate::dashboard::owner::money;
use crate::dashboard::refunds::Refunds;
use crate::dashboard::service::Settings;
use crate::ledger::Ledger;
use crate::refusal::Refusal;

/// A refund of a purchase, as its form asks for it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The purchase, by its session.
    pub(super) purchase: String,
    /// The amount of money as people write it; empty for all that is left.
    pub(super) amount: String,
}

/// A refund that can be made.
pub(super) struct Payable {
    pub(super) purchase: Purchase,
    /// In minor units of the purchase's currency.
    pub(super) amount: i64,
}

/// The refund that a form asks for, of a purchase of this owner.
pub(super) fn payable(ledger: &Ledger, owner: &str, asked: &Asked) -> Result<Payable, Refusal> {
    let purchases = ledger.credits.wallet(owner).purchases()?;
    let purchase = purchases.into_iter().find(|purchase| purchase.session.as_str() == asked.purchase);
    let purchase = purchase.ok_or_else(|| {
        let detail = format!("`{}` is no purchase of this owner: begin with their page", asked.purchase);
        Refusal::new(StatusCode::NOT_FOUND, "purchase_unknown", detail)
    })?;
    let left = left(&purchase);
    let words = |minor: i64| money(minor, &purchase.currency);
    if left <= 0 {
        let detail = format!("{} of {} is returned already", words(purchase.returned), words(purchase.paid));
        return Err(Refusal::new(StatusCode::CONFLICT, "already_returned", detail));
    }
    let text = asked.amount.trim();
    let amount = if text.is_empty() { Some(left) } else { minor_units(text, &purchase.currency) };
    let amount = amount.filter(|amount| (1..=left).contains(amount)).ok_or_else(|| {
        let rule = format!("return at most {}, as in {}", words(left), example(left, &purchase.currency));
        Refusal::invalid("amount", text, &rule)
    })?;
    Ok(Payable { purchase, amount })
}

/// The processor that returns the money.
pub(super) fn processor(settings: &Settings) -> Result<&dyn Refunds, Refusal> {
    settings.refunds.as_deref().ok_or_else(|| {
        let detail = "the dashboard is not connected with the payment processor: refund the payment there, or connect it with \
                      `.stripe(stripe)`";
        Refusal::new(StatusCode::NOT_FOUND, "processor_missing", detail)
    })
}

/// The part of a payment that is neither returned nor held by a dispute.
fn left(purchase: &Purchase) -> i64 {
    purchase.paid.saturating_sub(purchase.returned)
}

/// Whether the money of a purchase can be returned from here.
pub(in crate::dashboard) fn is_refundable(purchase: &Purchase) -> bool {
    purchase.payment.is_some() && left(purchase) > 0
}

/// An amount of money as the form takes it: `4.50`.
fn example(minor: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let (scale, minor) = (10_i64.saturating_pow(decimals), minor.max(0));
    let (whole, rest) = (minor / scale, minor % scale);
    let width = usize::try_from(decimals).unwrap_or_default();
    if decimals == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") }
}

/// Decimals of amounts in Stripe's minor units; 0 for an unknown currency.
fn decimals(currency: &str) -> u32 {
    Money::new(0, currency).map_or(0, |money| {
        let Currency { stripe_exponent, .. } = money.currency;
        stripe_exponent
    })
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
    format!("{whole}{rest:0<decimals$}").parse().ok()
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
            ("1.234", "kwd", Some(1_234)),
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
            [(450, "usd", "4.50"), (5, "usd", "0.05"), (500, "jpy", "500"), (1, "kwd", "0.001")]
        {
            assert_eq!(example(minor, currency), written);
            assert_eq!(minor_units(written, currency), Some(minor));
        }
    }
}

//! The meter: how much of the running cycle of a subscription is used.
//!
//! It does not know how a cycle is found.

use std::collections::BTreeSet;

use credits_runtime::billing::Status;
use credits_runtime::generated::Pricing;
use credits_runtime::{Error, Timestamp, Wallet};
use maud::html;

use super::names::operations;
use super::widget::{Widget, date};

/// The part of a cycle, in percent, from which on the meter is amber in most browsers.
const HIGH_PERCENT: i64 = 80;

/// The credits of the running cycle as a bar, with the same in words: `312 of 2,000 credits used`, and the next credits.
///
/// Without a cycle, and for a plan that gives no credits, it says what is available, without a bar. Operations that cost
/// nothing are named below.
///
/// Errors: `OwnerInvalid`, `AssetUnknown`, then the ledger's.
pub fn meter<C: Pricing>(wallet: &Wallet<C>) -> Result<Widget, Error> {
    let unlimited = unlimited(wallet)?;
    let Some(cycle) = wallet.cycle()?.filter(|cycle| cycle.given.is_positive()) else {
        let available = wallet.formatted_credits()?;
        return Ok(Widget::of(html! {
            div.credits-meter {
                p { (available) " available" }
                @if !unlimited.is_empty() { p.credits-note { "Unlimited: " (unlimited) } }
            }
        }));
    };
    let (given, used) = (cycle.given.get(), cycle.used().get());
    let high = i128::from(given) * i128::from(HIGH_PERCENT) / 100;
    let words = format!("{} of {} used", cycle.used().grouped(), wallet.formatted(cycle.given)?);
    let next = next_award(wallet)?;
    Ok(Widget::of(html! {
        div.credits-meter {
            label {
                span { (words) } " "
                meter min="0" max=(given) high=(high) optimum="0" value=(used) { (words) }
            }
            @if let Some((at, amount)) = next { p.credits-note { (amount) " more on " (date(at)) } }
            @if !unlimited.is_empty() { p.credits-note { "Unlimited: " (unlimited) } }
        }
    }))
}

/// The next credits of the owner's subscriptions in this wallet, with their unit.
pub(super) fn next_award<C>(wallet: &Wallet<C>) -> Result<Option<(Timestamp, String)>, Error> {
    let next = wallet.cycle()?.and_then(|cycle| Some((cycle.next_at?, cycle.next?)));
    next.map(|(at, amount)| Ok((at, wallet.formatted(amount)?))).transpose()
}

/// The operations that cost the owner nothing, by their names for people; empty if there are none.
pub(super) fn unlimited<C: Pricing>(wallet: &Wallet<C>) -> Result<String, Error> {
    let now = wallet.read().wait()?.at;
    let mut names = BTreeSet::new();
    for subscription in wallet.subscriptions()? {
        // A subscription of the application's own without an end is paid for good.
        let is_own = subscription.id.as_str().starts_with("own/");
        let is_paid = subscription.paid_until.map_or(is_own, |until| until > now);
        let is_running = matches!(subscription.status, Status::Active | Status::Trialing | Status::PastDue);
        let Some(unlimited) = subscription.unlimited.filter(|_| is_paid && is_running) else { continue };
        if unlimited.is_empty() {
            return Ok("everything".to_owned());
        }
        names.extend(unlimited);
    }
    Ok(operations::<C>(names.iter().map(String::as_str)))
}

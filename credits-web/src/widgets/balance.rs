//! The balance: as a badge for a page's header, and in full.
//!
//! It does not know where the credits came from.

use credits_runtime::generated::Pricing;
use credits_runtime::{Amount, Error, Wallet};
use maud::html;

use super::meter::{next_award, unlimited};
use super::widget::{Widget, date};

/// The available credits on one line: `1,240 credits`.
///
/// The element has the class `credits-badge`; `credits-low` too if the balance is below the highest `low_balance_threshold` of
/// the settings, and `credits-empty` if nothing is available.
///
/// Errors: `OwnerInvalid`, `AssetUnknown`, then the ledger's.
pub fn badge<C>(wallet: &Wallet<C>) -> Result<Widget, Error> {
    let state = wallet.read().wait()?;
    let is_low = wallet.low_balance_threshold()?.is_some_and(|threshold| state.balance < threshold);
    let available = wallet.formatted(state.credits)?;
    let is_empty = state.credits <= Amount::ZERO;
    Ok(Widget::of(html! { span.credits-badge.credits-low[is_low].credits-empty[is_empty] { (available) } }))
}

/// The balance in full: available credits, credits set aside and owed, what expires next, the next credits of a subscription,
/// and the operations that cost nothing.
///
/// Errors: `OwnerInvalid`, `AssetUnknown`, then the ledger's.
pub fn balance<C: Pricing>(wallet: &Wallet<C>) -> Result<Widget, Error> {
    let state = wallet.read().wait()?;
    let expiring = state.grants.iter().filter(|grant| grant.free.is_positive());
    let expiring = expiring.filter_map(|grant| Some((grant.expires_at?, grant.free)));
    let expiring = expiring.min_by_key(|(at, _)| *at).map(|(at, free)| Ok((at, wallet.formatted(free)?)));
    let expiring = expiring.transpose().map_err(|error: Error| error)?;
    let next = next_award(wallet)?;
    let unlimited = unlimited(wallet)?;
    let available = wallet.formatted(state.credits.max(Amount::ZERO))?;
    let (held, debt) = (wallet.formatted(state.held)?, wallet.formatted(state.debt)?);
    Ok(Widget::of(html! {
        dl.credits-balance {
            div { dt { "Available" } dd { (available) } }
            @if state.held.is_positive() { div { dt { "Set aside" } dd { (held) } } }
            @if state.debt.is_positive() { div { dt { "Owed" } dd { (debt) } } }
            @if let Some((at, amount)) = expiring { div { dt { "Expiring next" } dd { (amount) ", " (date(at)) } } }
            @if let Some((at, amount)) = next { div { dt { "Coming next" } dd { (amount) ", " (date(at)) } } }
            @if !unlimited.is_empty() { div { dt { "Unlimited" } dd { (unlimited) } } }
        }
    }))
}

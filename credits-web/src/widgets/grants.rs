//! The open grants of a wallet: the rest of each, its scope and its expiry.
//!
//! It does not know the entries that opened them.

use credits_runtime::generated::Pricing;
use credits_runtime::{Error, Wallet};
use maud::html;

use super::names::operations;
use super::widget::{Widget, date};

/// The open grants as a table, in the order of their use: origin, rest, expiry.
///
/// Errors: `OwnerInvalid`, `AssetUnknown`, then the ledger's.
pub fn grants<C: Pricing>(wallet: &Wallet<C>) -> Result<Widget, Error> {
    let mut rows = Vec::new();
    for grant in wallet.open_grants()? {
        let left = grant.free.checked_add(grant.held).unwrap_or(grant.free);
        rows.push((
            wallet.formatted(left)?,
            operations::<C>(grant.only_for.iter().map(String::as_str)),
            grant,
        ));
    }
    Ok(Widget::of(html! {
        @if rows.is_empty() { p.credits-none { "There are no credits." } } @else {
            table.credits-grants {
                thead { tr {
                    th scope="col" { "From" } th.credits-amount scope="col" { "Left" } th scope="col" { "Until" }
                } }
                tbody { @for (left, only_for, grant) in &rows { tr {
                    td { bdi { (grant.category.label()) }
                        @if !only_for.is_empty() { span.credits-note { " for " (only_for) } } }
                    td.credits-amount { (left) }
                    td { @match grant.expires_at { Some(at) => (date(at)), None => "no end" } }
                } } }
            }
        }
    }))
}

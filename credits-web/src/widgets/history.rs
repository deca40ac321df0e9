//! Entries for their owner: the table of the newest ones, and one as a receipt.
//!
//! It does not know why an entry was made.

use credits_runtime::{Entry, Error, Wallet};
use maud::{Markup, html};

use super::widget::{Widget, date};
use crate::wording::time;

/// The newest entries as a table, up to a number of them, from 1 to 1,000: date, what happened, amount, balance after it.
///
/// Errors: `OwnerInvalid`, `AssetUnknown`, then the ledger's.
pub fn history<C>(wallet: &Wallet<C>, limit: usize) -> Result<Widget, Error> {
    let page = wallet.credit_history().limit(limit).page()?;
    Ok(Widget::of(html! {
        @if page.entries.is_empty() { p.credits-none { "There are no entries yet." } } @else {
            table.credits-history {
                thead { tr {
                    th scope="col" { "Date" } th scope="col" { "What" }
                    th.credits-amount scope="col" { "Amount" } th.credits-amount scope="col" { "Balance" }
                } }
                tbody { @for entry in &page.entries { tr {
                    td { (date(entry.effective_at)) }
                    td { bdi { (entry.description()) } (covered(entry)) }
                    td.credits-amount { (entry.formatted_amount()) }
                    td.credits-amount { (entry.formatted_balance_after()) }
                } } }
            }
        }
    }))
}

/// An entry as a receipt: when, what, the inputs and the sum of a charge, the amount, the balance after it, and its number.
pub fn receipt(entry: &Entry) -> Widget {
    let sum = entry.explanation().map(|explanation| explanation.to_string());
    Widget::of(html! {
        dl.credits-receipt {
            div { dt { "Date" } dd { time datetime=(entry.effective_at) { (time(entry.effective_at)) " UTC" } } }
            div { dt { "What" } dd { bdi { (entry.description()) } (covered(entry)) } }
            @if !entry.inputs.is_empty() { div { dt { "Inputs" } dd { bdi { (entry.inputs.join(", ")) } } } }
            @if let Some(sum) = sum { div { dt { "Sum" } dd { bdi { (sum) } } } }
            div { dt { "Amount" } dd { (entry.formatted_amount()) } }
            div { dt { "Balance" } dd { (entry.formatted_balance_after()) } }
            @if let Some(at) = entry.expires_at { div { dt { "Valid until" } dd { (date(at)) } } }
            div { dt { "Number" } dd { (entry.number) } }
        }
    })
}

/// The plan because of which an entry cost nothing.
fn covered(entry: &Entry) -> Markup {
    html! { @if let Some(by) = &entry.covered_by { " (covered by " bdi { (by.plan) } ")" } }
}

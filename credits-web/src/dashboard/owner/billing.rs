//! The owner's subscriptions with what comes next, and their purchases.

use credits_runtime::Timestamp;
use credits_runtime::billing::{Purchase, Status, Subscription};
use credits_runtime::catalogue::Money;
use maud::{Markup, html};

use super::Subject;
use crate::dashboard::administer::{Fields, Form, is_refundable};
use crate::parts::tile::tile;
use crate::refusal::Refusal;
use crate::wording::{day, figure, short_time};

/// The plans of subscriptions that have not ended: `hobby, pro`.
pub(in crate::dashboard) fn plans(subscriptions: &[Subscription]) -> String {
    let names: Vec<&str> = running(subscriptions).map(name).collect();
    names.join(", ")
}

fn running(subscriptions: &[Subscription]) -> impl Iterator<Item = &Subscription> {
    let has_ended = |status| matches!(status, Status::Ended | Status::Removed | Status::Incomplete);
    subscriptions.iter().filter(move |subscription| !has_ended(subscription.status))
}

/// The plan of a subscription, or its price if no plan has it.
fn name(subscription: &Subscription) -> &str {
    subscription.plan.as_deref().unwrap_or(subscription.price.as_str())
}

/// The tile of the plan, with the next credits.
pub(super) fn tile_of(subscriptions: &[Subscription], now: Timestamp) -> Markup {
    let next = running(subscriptions).filter_map(|one| one.next_award_at.zip(one.next_award)).min();
    let note = next.map(|(at, amount)| format!("{} on {}", figure(amount.get()), short_day(at, now)));
    let plans = plans(subscriptions);
    tile("Plan", if plans.is_empty() { "none" } else { &plans }, &note.unwrap_or_default())
}

fn short_day(at: Timestamp, now: Timestamp) -> String {
    if at.since(now) < std::time::Duration::from_hours(24 * 300) { day(at) } else { short_time(at, now) }
}

/// The subscriptions, if there are any.
pub(super) fn subscriptions(subject: &Subject<'_>, subscriptions: &[Subscription]) -> Markup {
    html! {
        @if !subscriptions.is_empty() {
            section.card {
                h2 { "Subscriptions" }
                ul.bars { @for subscription in subscriptions { li { (one(subject, subscription)) } } }
            }
        }
    }
}

fn one(subject: &Subject<'_>, subscription: &Subscription) -> Markup {
    let at = |at: Timestamp| short_time(at, subject.now());
    html! {
        p {
            strong { (name(subscription)) }
            @if let Some(quantity) = subscription.quantity.filter(|quantity| *quantity != 1) { " x " (quantity) }
            " " span.tag { (status(subscription.status)) }
        }
        @if let Some((next, amount)) = subscription.next_award_at.zip(subscription.next_award) {
            p { "Next: " (figure(amount.get())) " on " (at(next)) }
        }
        @if let Some(paid) = subscription.paid_until { p.muted { "Paid until " (at(paid)) } }
        @if let Some(end) = subscription.ends_at { p { "Ends " (at(end)) } }
        @if let Some(operations) = &subscription.unlimited {
            p.muted { "Unlimited: " @if operations.is_empty() { "everything" } @else { (operations.join(", ")) } }
        }
        p.muted { code { (subscription.id.as_str()) } }
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Incomplete => "first payment pending",
        Status::Trialing => "in trial",
        Status::Active => "active",
        Status::PastDue => "payment overdue",
        Status::Unpaid => "unpaid",
        Status::Paused => "paused",
        Status::Ended => "ended",
        Status::Removed => "removed",
        _ => "of an unknown status",
    }
}

/// The purchases, if there are any.
pub(super) fn purchases(subject: &Subject<'_>) -> Result<Markup, Refusal> {
    let purchases = subject.wallet.purchases()?;
    Ok(html! {
        @if !purchases.is_empty() {
            section.card {
                h2 { "Purchases" }
                table {
                    thead { tr {
                        th scope="col" { "When" } th scope="col" { "Pack" } th.figure scope="col" { "Paid" }
                        th.figure scope="col" { "Credits" } th.figure.wide scope="col" { "Returned" }
                    } }
                    tbody { @for purchase in &purchases { (row(subject, purchase)?) } }
                }
            }
        }
    })
}

/// What a refund by hand has led to, as the ledger has it.
pub(super) fn refunded(subject: &Subject<'_>, session: &str) -> Result<Markup, Refusal> {
    let purchases = subject.wallet.purchases()?;
    let purchase = purchases.iter().find(|purchase| purchase.session.as_str() == session);
    Ok(html! {
        @if let Some(Purchase { returned, paid, currency, .. }) = purchase {
            p.notice role="status" { "Refunded: " (money(*returned, currency)) " of " (money(*paid, currency)) " came back." }
        }
    })
}

fn row(subject: &Subject<'_>, purchase: &Purchase) -> Result<Markup, Refusal> {
    let Purchase { session, pack, at, given, taken, paid, currency, returned, .. } = purchase;
    let may_refund =
        subject.visit.may_write() && subject.visit.settings.refunds.is_some() && is_refundable(purchase);
    Ok(html! {
        tr {
            td { (short_time(*at, subject.now())) }
            td title=(session.as_str()) { (pack.as_deref().unwrap_or("unknown")) }
            td.figure { (money(*paid, currency)) }
            td.figure {
                (figure(given.get()))
                @if taken.is_positive() { br; span.muted { (figure(-i128::from(taken.get()))) " taken back" } }
            }
            td.figure.wide { @if *returned != 0 { (money(*returned, currency)) } }
        }
        @if may_refund {
            @let fields = Fields::about_purchase(subject.owner, subject.asset, session.as_str())?;
            tr.more {
                td colspan="5" {
                    details {
                        summary { "Refund" span.unseen { " " (session.as_str()) } }
                        (Form::Refund.draw(subject.visit, &fields, None))
                    }
                }
            }
        }
    })
}

/// An amount of money in minor units.
pub(in crate::dashboard) fn money(minor: i64, currency: &str) -> String {
    match Money::new(minor, currency) {
        Some(money) => money.formatted().to_string(),
        None => format!("{} {currency}, in minor units", figure(minor)),
    }
}

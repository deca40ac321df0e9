//! Open grants as bars in the order of use, and open holds.

use credits_runtime::{GrantSummary, HoldSummary};
use maud::{Markup, html};

use super::{Subject, counted};
use crate::dashboard::administer::{Fields, Form};
use crate::dashboard::instants::last_day;
use crate::refusal::Refusal;
use crate::wording::{figure, short_time};

/// Grants and holds that are shown, the first ones in the order of use.
const SHOWN: usize = 25;
/// The priority of grants unless one is chosen.
const PRIORITY_DEFAULT: u16 = 50;

/// The open grants.
pub(super) fn grants(subject: &Subject<'_>) -> Result<Markup, Refusal> {
    let grants = &subject.state.grants;
    let mut drawn = Vec::new();
    for grant in grants.iter().take(SHOWN) {
        drawn.push(bar(subject, grant)?);
    }
    Ok(html! {
        @if grants.is_empty() { p.muted { "Nothing is left of any grant." } } @else {
            ol.bars { @for grant in drawn { li { (grant) } } }
        }
        (more(grants.len(), "grant"))
    })
}

fn more(count: usize, what: &str) -> Markup {
    html! { @if count > SHOWN { p.muted { "And " (counted(count - SHOWN, what)) "." } } }
}

fn bar(subject: &Subject<'_>, grant: &GrantSummary) -> Result<Markup, Refusal> {
    let visit = subject.visit;
    let opened = subject.ledger.credits.entry(grant.id)?;
    // Gifts of the same terms join one grant, which then has more than its entry gave.
    let given = opened.map_or(0, |opened| opened.entry.amount.get()).max(grant.free.get());
    let left = format!("{} of {} left", figure(grant.free.get()), figure(given));
    Ok(html! {
        p {
            a href=(visit.root.with("entry", &[("number", &grant.id.to_string())])) { (left) }
            @match grant.expires_at {
                Some(end) => { ", until " (last_day(end, subject.now())) }
                None => { ", without expiry" }
            }
        }
        progress max=(given) value=(grant.free.get()) aria-label=(left) {}
        p.muted {
            (grant.category.label())
            @if grant.is_promotional { " " span.tag { "promotional" } }
            @if grant.priority != PRIORITY_DEFAULT { " " span.tag { "priority " (grant.priority) } }
            @for operation in &grant.only_for { " " span.tag { "only for " (operation) } }
            @if grant.held.is_positive() { ", " (figure(grant.held.get())) " set aside" }
        }
        @if visit.may_write() && grant.free.is_positive() {
            @let fields = Fields::about(subject.owner, subject.asset, grant.id.get())?;
            details {
                summary { "Revoke" span.unseen { " grant " (grant.id) } }
                (Form::Revoke.draw(visit, &fields, None))
            }
        }
    })
}

/// The open holds, oldest first.
pub(super) fn holds(subject: &Subject<'_>) -> Result<Markup, Refusal> {
    let holds = &subject.state.holds;
    let mut drawn = Vec::new();
    for hold in holds.iter().take(SHOWN) {
        drawn.push(held(subject, hold)?);
    }
    Ok(html! {
        @if holds.is_empty() { p.muted { "No work is in progress." } } @else {
            ul.bars { @for hold in drawn { li { (hold) } } }
        }
        (more(holds.len(), "hold"))
    })
}

fn held(subject: &Subject<'_>, hold: &HoldSummary) -> Result<Markup, Refusal> {
    Ok(html! {
        p {
            strong { (figure(hold.amount.get())) } " set aside for " (hold.operation) ", lapses "
            (short_time(hold.until, subject.now()))
            @if let Some(by) = &hold.covered_by { " " span.tag { "covered by " (by.plan) } }
        }
        p.muted { "Hold " (hold.id) }
        @if subject.visit.may_write() {
            (Form::Release.draw(subject.visit, &Fields::about(subject.owner, subject.asset, hold.id.get())?, None))
        }
    })
}

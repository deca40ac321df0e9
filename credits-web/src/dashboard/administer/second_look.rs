//! The page before a write: balances now and then, and the grants that are concerned.
//!
//! It writes nothing. The ledger decides again when the form is confirmed.

use axum::http::StatusCode;
use credits_runtime::{Allocation, Amount, FactNumber, GrantSummary, OwnedEntry, Rejection, Wallet};
use maud::{Markup, html};

use super::form::{Fields, Form};
use super::order::{Deed, Order};
use super::refund::Payable;
use crate::dashboard::entries::owner_link;
use crate::dashboard::entry::left_to_reverse;
use crate::dashboard::visit::Visit;
use crate::ledger::Ledger;
use crate::refusal::Refusal;
use crate::wording::{change, figure, time};

/// What a write would change.
#[derive(Default)]
pub(super) struct Look {
    asset: String,
    reason: String,
    balances: Vec<Change>,
    /// What stands before the grants: `Taken from`.
    of_grants: &'static str,
    grants: Vec<Allocation>,
    /// A sentence for the person who confirms; empty for none.
    note: String,
    /// The refund of a purchase.
    refund: Option<Payable>,
}

/// The available credits of an owner.
struct Change {
    owner: String,
    now: Amount,
    by: i128,
}

/// What an order would change; `None` if it was written before, or cannot change anything.
pub(super) fn look(ledger: &Ledger, order: &Order) -> Result<Option<Look>, Refusal> {
    let wallet = ledger.credits.wallet(&order.owner).of_asset_named(&order.asset);
    let state = wallet.read().wait()?;
    // A key is used for good, so that the ledger replays the write or refuses it.
    if !wallet.credit_history().key(&order.key).page()?.entries.is_empty() {
        return Ok(None);
    }
    let own = |by: i128| Change { owner: order.owner.clone(), now: state.credits, by };
    let look = match &order.deed {
        Deed::Give { amount, expires_at, is_promotional } => {
            // The ledger says why it refuses these.
            let is_late = expires_at.is_some_and(|at| at <= state.at);
            if is_late || state.balance.checked_add(*amount).is_none() {
                return Ok(None);
            }
            let is_new = ledger.credits.assets_of(&order.owner)?.is_empty();
            let repaid = state.debt.min(*amount);
            let mut note = Vec::new();
            note.extend(is_new.then(|| "The owner never had credits: check the name.".to_owned()));
            note.extend(
                repaid.is_positive().then(|| format!("{} of them repay the debt.", figure(repaid.get()))),
            );
            note.extend(is_promotional.then(|| "They are promotional.".to_owned()));
            note.extend(expires_at.map(|at| format!("They expire on {} in UTC.", time(at))));
            let balances = vec![own(value(*amount) - value(repaid))];
            Look { balances, note: note.join(" "), ..Look::default() }
        }
        Deed::Take { amount, with_debt } => {
            let remedy = "take less, or tick the box about debt";
            enough(&wallet, *amount, if *with_debt { Amount::MAX } else { state.credits }, remedy)?;
            let grants = allocated(&state.grants, *amount, |_| true);
            let note = if *amount > state.credits { "The part that is missing becomes debt." } else { "" };
            Look {
                balances: vec![own(-value(*amount))],
                of_grants: "Taken from",
                grants,
                note: note.to_owned(),
                ..Look::default()
            }
        }
        Deed::Transfer { amount, to, with_promotional } => {
            let moves = |grant: &GrantSummary| *with_promotional || !grant.is_promotional;
            let receiver = received(ledger, order, to, *amount)?;
            let grants = allocated(&state.grants, *amount, moves);
            let available = total(&allocated(&state.grants, Amount::MAX, moves)).min(state.credits);
            let remedy = if *amount <= state.credits && !with_promotional {
                "tick the box about promotional credits"
            } else {
                "transfer less, or give some first"
            };
            enough(&wallet, *amount, available, remedy)?;
            let is_new = ledger.credits.assets_of(to)?.is_empty();
            let note = if is_new { "The receiver never had credits: check the name." } else { "" };
            Look {
                balances: vec![own(-value(*amount)), receiver],
                of_grants: "Taken from",
                grants,
                note: note.to_owned(),
                ..Look::default()
            }
        }
        Deed::Revoke { grant } => {
            let found = state.grants.iter().find(|open| open.id == *grant && open.free.is_positive());
            let free = found.ok_or(Rejection::GrantNotFree { grant: *grant })?.free;
            let grants = vec![Allocation { grant: *grant, amount: free }];
            let note = "What holds have set aside of it stays with them.";
            Look {
                balances: vec![own(-value(free))],
                of_grants: "Taken from",
                grants,
                note: note.to_owned(),
                ..Look::default()
            }
        }
        Deed::Release { hold } => {
            let Some(open) = state.holds.iter().find(|open| open.id == *hold) else { return Ok(None) };
            let note = "The work that it is for can no longer be charged to it. Credits that have expired meanwhile \
                        expire at once.";
            Look { balances: vec![own(value(open.amount))], note: note.to_owned(), ..Look::default() }
        }
        Deed::Reverse { charge, amount } => {
            let entry = charge_of(ledger, order, *charge)?;
            let left = left_to_reverse(&entry.entry, &wallet.reversals_of(*charge)?);
            let amount = amount.unwrap_or(left);
            if amount > left || left.is_zero() {
                return Err(Rejection::ReversalExceedsCharge { entry: *charge, amount, left }.into());
            }
            let note = "Debt of the charge is undone first. The grants get their credits back, the last used one first.";
            let of_grants = "The charge was taken from";
            Look {
                balances: vec![own(value(amount))],
                of_grants,
                grants: entry.entry.allocations,
                note: note.to_owned(),
                ..Look::default()
            }
        }
    };
    Ok(Some(Look { asset: order.asset.clone(), reason: order.reason.clone(), ..look }))
}

fn value(amount: Amount) -> i128 {
    i128::from(amount.get())
}

/// Refuses an amount above the available credits.
fn enough(wallet: &Wallet<()>, amount: Amount, available: Amount, remedy: &str) -> Result<(), Refusal> {
    if amount <= available {
        return Ok(());
    }
    let (needed, available) = (wallet.formatted(amount)?, wallet.formatted(available)?);
    let detail = format!("{needed} needed, {available} available: {remedy}");
    Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", detail))
}

/// The parts of an amount by grant, in the order of use.
fn allocated(
    grants: &[GrantSummary],
    amount: Amount,
    is_used: impl Fn(&GrantSummary) -> bool,
) -> Vec<Allocation> {
    let (mut left, mut parts) = (amount, Vec::new());
    for grant in grants.iter().filter(|grant| is_used(grant)) {
        let part = grant.free.min(left);
        left = left.checked_sub(part).unwrap_or_default();
        parts.extend(part.is_positive().then_some(Allocation { grant: grant.id, amount: part }));
    }
    parts
}

fn total(parts: &[Allocation]) -> Amount {
    parts.iter().fold(Amount::ZERO, |sum, part| sum.checked_add(part.amount).unwrap_or(Amount::MAX))
}

/// The receiver of a transfer.
fn received(ledger: &Ledger, order: &Order, to: &str, amount: Amount) -> Result<Change, Refusal> {
    if to == order.owner {
        return Err(Refusal::invalid("to", to, "name another owner, a transfer to itself changes nothing"));
    }
    let receiver = ledger.credits.wallet(to).of_asset_named(&order.asset);
    Ok(Change { owner: to.to_owned(), now: receiver.credits()?, by: value(amount) })
}

/// The charge that is to be reversed.
fn charge_of(ledger: &Ledger, order: &Order, number: FactNumber) -> Result<OwnedEntry, Refusal> {
    let found = ledger.credits.entry(number)?.ok_or(Rejection::EntryUnknown { entry: number })?;
    let category = found.entry.category.clone();
    if found.entry.operation.is_none() {
        return Err(Rejection::NotACharge { entry: number, category }.into());
    }
    if found.owner.as_str() != order.owner || found.entry.asset != order.asset {
        return Err(Rejection::ChargeOfAnotherWallet { entry: number }.into());
    }
    Ok(found)
}

impl Look {
    /// The look at a refund, which takes these credits of the wallet.
    pub(super) fn of_refund(
        refund: Payable,
        owner: &str,
        reason: &str,
        (now, note): (Amount, String),
    ) -> Self {
        let by = -value(refund.purchase.credits_for_return(refund.amount));
        Self {
            asset: refund.purchase.asset.clone(),
            reason: reason.to_owned(),
            balances: vec![Change { owner: owner.to_owned(), now, by }],
            note,
            refund: Some(refund),
            ..Self::default()
        }
    }

    /// The change of the owner's credits, as the form that confirms it sends it.
    pub(super) fn change(&self) -> String {
        let by = self.balances.first().map(|change| change.by.to_string()).unwrap_or_default();
        match &self.refund {
            Some(refund) => format!("{by} for {} after {}", refund.amount, refund.purchase.returned),
            None => by,
        }
    }

    /// The refund that was looked at.
    pub(super) fn into_refund(self) -> Option<Payable> {
        self.refund
    }

    /// The page, with the form that confirms it.
    pub(super) fn draw(&self, visit: &Visit, form: Form, fields: &Fields) -> Markup {
        let Self { asset, reason, .. } = self;
        html! {
            section.card {
                h2 { "Available " (asset) ", before and after" }
                @if !fields.confirm.is_empty() {
                    p.warn role="alert" {
                        @if self.refund.is_some() {
                            "Not sent: the purchase is not as it was shown before. The same form may have refunded it a moment \
                             ago: look at the owner's purchases before you confirm another refund."
                        } @else {
                            "Nothing was written: the change is not the one that was shown before."
                        }
                    }
                }
                table {
                    thead { tr {
                        th scope="col" { "Owner" } th.figure scope="col" { "Now" }
                        th.figure scope="col" { "Change" } th.figure scope="col" { "Then" }
                    } }
                    tbody { @for Change { owner, now, by } in &self.balances { tr {
                        th scope="row" { (owner_link(visit, owner, asset)) }
                        td.figure { (figure(now.get())) }
                        td.figure { (signed(*by)) }
                        td.figure { strong { (figure(value(*now) + by)) } }
                    } } }
                }
                @if !reason.is_empty() { p { "Reason: " bdi { (reason) } } }
                @if !self.note.is_empty() { p { (self.note) } }
                (form.confirmation(visit, fields, &self.change()))
                p { a href=(visit.root.with("owner", &fields.owner_query())) { "Back without a change" } }
            }
            @if !self.grants.is_empty() {
                section.card {
                    h2 { (self.of_grants) }
                    (parts(visit, &self.grants))
                }
            }
        }
    }
}

/// A change with its sign.
fn signed(by: i128) -> String {
    i64::try_from(by).map_or_else(|_| figure(by), |by| change(Amount::new(by)))
}

/// Parts of grants, each with a link to the entry that opened it.
pub(in crate::dashboard) fn parts(visit: &Visit, parts: &[Allocation]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Grant" } th.figure scope="col" { "Amount" } } }
            tbody { @for Allocation { grant, amount } in parts { tr {
                th scope="row" {
                    a.plain href=(visit.root.with("entry", &[("number", &grant.to_string())])) { "Entry " (grant) }
                }
                td.figure { (figure(amount.get())) }
            } } }
        }
    }
}

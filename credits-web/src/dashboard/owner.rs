//! The page of an owner: balances, history, grants, holds, billing, and the forms of administrators.

mod balance;
mod billing;
mod grants;
mod history;

use axum::response::Response;
use credits_runtime::{Timestamp, Wallet, WalletState};
use maud::{Markup, html};
use serde::Deserialize;

pub(super) use self::billing::{money, plans};
use super::administer::{Fields, Form};
use super::overview::assets;
use super::visit::{Asked, Page, Visit};
use crate::ledger::Ledger;
use crate::parts::tile::tile;
use crate::refusal::Refusal;
use crate::wording::figure;

/// The query of the page. Fields of forms that are left empty are sent, too.
#[derive(Deserialize)]
pub(super) struct Query {
    name: String,
    #[serde(default)]
    asset: String,
    #[serde(flatten)]
    history: history::Query,
    #[serde(default)]
    as_of: String,
    /// The entry that a form has just made.
    #[serde(default)]
    done: String,
    /// The hold that a form has just closed.
    #[serde(default)]
    released: String,
    /// The purchase that a form has just refunded.
    #[serde(default)]
    refunded: String,
}

/// What the parts of the page are about.
struct Subject<'a> {
    visit: &'a Visit,
    ledger: &'a Ledger,
    owner: &'a str,
    asset: &'a str,
    wallet: Wallet<()>,
    state: WalletState,
}

impl Subject<'_> {
    fn now(&self) -> Timestamp {
        self.state.at
    }

    /// The address of this page with more of a query.
    fn address(&self, more: &[(&str, &str)]) -> String {
        self.address_of(self.asset, more)
    }

    /// The address of the owner's page for an asset.
    fn address_of(&self, asset: &str, more: &[(&str, &str)]) -> String {
        let mut query = vec![("name", self.owner)];
        query.extend((asset != "credits").then_some(("asset", asset)));
        query.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        self.visit.root.with("owner", &query)
    }
}

pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit.read(move |visit, ledger| read(visit, ledger, &query)).await
}

fn read(visit: &Visit, ledger: &Ledger, query: &Query) -> Result<Page, Refusal> {
    let asset = if query.asset.is_empty() { "credits" } else { &query.asset };
    let wallet = ledger.credits.wallet(&query.name).of_asset_named(asset);
    let state = wallet.read().wait()?;
    let held = ledger.credits.assets_of(&query.name)?;
    let subject = Subject { visit, ledger, owner: &query.name, asset, wallet, state };
    let has_entries = held.iter().any(|held| held == asset);
    let subscriptions = subject.wallet.subscriptions()?;
    let content = html! {
        (notice(&subject, query)?)
        (asset_tabs(&subject, &held))
        div.tiles {
            (tile("Available", &subject.wallet.formatted(subject.state.credits)?, "can be spent now"))
            (tile("Set aside", &figure(subject.state.held.get()), &counted(subject.state.holds.len(), "open hold")))
            (tile("Owed", &figure(subject.state.debt.get()), ""))
            (billing::tile_of(&subscriptions, subject.now()))
        }
        @if has_entries { section.card { (balance::draw(&subject, &query.as_of)?) } }
        div.columns {
            div {
                section.card {
                    h2 { "History" }
                    @if has_entries { (history::draw(&subject, &query.history)?) } @else {
                        p.muted { bdi { (query.name) } " never had " (asset) "." }
                    }
                }
                (billing::purchases(&subject)?)
            }
            div {
                (form(&subject, Form::Give)?)
                @if has_entries {
                    section.card { h2 { "Grants, in the order of use" } (grants::grants(&subject)?) }
                    section.card { h2 { "Open holds" } (grants::holds(&subject)?) }
                    (form(&subject, Form::Take)?)
                    (form(&subject, Form::Transfer)?)
                }
                (billing::subscriptions(&subject, &subscriptions))
            }
        }
    };
    Ok(Page::new(&query.name, content))
}

/// `1 open hold`, `2 open holds`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A form for those who may write. The first one is open, because it is needed most.
fn form(subject: &Subject<'_>, form: Form) -> Result<Markup, Refusal> {
    if !subject.visit.may_write() {
        return Ok(html! {});
    }
    let fields = Fields::empty(subject.owner, subject.asset)?;
    let drawn = form.draw(subject.visit, &fields, None);
    Ok(html! {
        section.card {
            @if form == Form::Give { h2 { (form.heading()) } (drawn) } @else {
                details { summary { h2 { (form.heading()) } } (drawn) }
            }
        }
    })
}

/// What a form has just done. It is read from the ledger, so that a link cannot show anything else.
fn notice(subject: &Subject<'_>, query: &Query) -> Result<Markup, Refusal> {
    let Subject { visit, ledger, owner, asset, state, wallet, .. } = subject;
    if let Ok(number) = query.done.parse()
        && let Some(found) = ledger.credits.entry(number)?
        && found.owner.as_str() == *owner
        && found.entry.asset == *asset
    {
        let entry = &found.entry;
        let amount = wallet.formatted(i128::from(entry.amount.get()).abs())?;
        let verb = match (&entry.counterparty, entry.amount.is_positive(), entry.reverses) {
            (Some(_), false, _) => "Transferred",
            (_, _, Some(_)) => "Gave back",
            (_, true, _) => "Gave",
            (_, false, _) => "Took",
        };
        let address = visit.root.with("entry", &[("number", &number.to_string())]);
        return Ok(html! {
            p.notice role="status" { (verb) " " (amount) ": " a href=(address) { "entry " (number) } }
        });
    }
    if !query.refunded.is_empty() {
        return billing::refunded(subject, &query.refunded);
    }
    let released = query.released.parse::<u64>().ok();
    let is_closed = |number: &u64| state.holds.iter().all(|hold| hold.id.get() != *number);
    Ok(html! {
        @if let Some(number) = released.filter(is_closed) {
            p.notice role="status" { "Hold " (number) " is not open any more." }
        }
    })
}

/// Links to the owner's other assets: of the catalogue, and those that they have had.
fn asset_tabs(subject: &Subject<'_>, held: &[String]) -> Markup {
    let mut assets = assets(&subject.ledger.operations.catalogue());
    for asset in held {
        if !assets.contains(asset) {
            assets.push(asset.clone());
        }
    }
    html! {
        @if assets.len() > 1 {
            ul.tabs aria-label="Assets" {
                @for asset in &assets {
                    li { a href=(subject.address_of(asset, &[])) aria-current=[(asset == subject.asset).then_some("true")] { (asset) } }
                }
            }
        }
    }
}

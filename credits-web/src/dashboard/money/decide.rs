//! Decisions about billing: an object is linked to its owner, an entry is dismissed. Each is shown once more before it is
//! made, and made again it changes nothing.

use axum::http::StatusCode;
use axum::response::Response;
use credits_runtime::Owner;
use credits_runtime::billing::{ObjectId, Unresolved};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::blocking;
use super::super::visit::{Asked, Page, Sent, Visit};
use super::words::situation;
use crate::ledger::Ledger;
use crate::parts::coded::coded;
use crate::refusal::Refusal;
use crate::wording::figure;

/// The fields of the form that links.
#[derive(Deserialize)]
pub(in crate::dashboard) struct LinkFields {
    object: String,
    #[serde(default)]
    owner: String,
}

/// The fields that identify an entry: its key, which is unique within its owner.
#[derive(Deserialize)]
pub(in crate::dashboard) struct EntryFields {
    key: String,
    #[serde(default)]
    owner: String,
}

impl LinkFields {
    fn read(&self) -> Result<(ObjectId, Owner), Refusal> {
        let object = self.object.trim();
        let rule = "give the id of the processor, 1 to 255 bytes, such as `cus_NffrFeUfNV2Hib`";
        let id = ObjectId::new(object).ok_or_else(|| Refusal::invalid("object", object, rule))?;
        Ok((id, Owner::new(&self.owner)?))
    }
}

/// The form for an object and an owner, which leads to the second look.
pub(super) fn link_fields(visit: &Visit, object: &str, owner: &str) -> Markup {
    html! {
        form.stacked action=(visit.root.to("money/link")) {
            label for="object" { "Object, by its id at the processor" }
            input id="object" name="object" value=(object) required maxlength="255" autocomplete="off" spellcheck="false";
            label for="link-owner" { "Owner" }
            input id="link-owner" name="owner" value=(owner) required maxlength="255" autocomplete="off" spellcheck="false";
            button { "Continue" }
        }
    }
}

/// The second look before a link; without an owner, the form for one.
pub(in crate::dashboard) async fn before_link(visit: Visit, Asked(fields): Asked<LinkFields>) -> Response {
    if let Err(refusal) = writes(&visit) {
        return visit.refused(refusal);
    }
    visit
        .read(move |visit, ledger| {
            if fields.owner.is_empty() {
                let form = link_fields(visit, &fields.object, "");
                return Ok(Page::new("Link to an owner", html! { section.card { (form) } }));
            }
            let (object, owner) = fields.read()?;
            let waiting = waiting_for(ledger, &object)?;
            let wallet = ledger.credits.wallet(owner.as_str());
            let (balance, history) = (wallet.balance()?, wallet.credit_history().limit(1).page()?);
            Ok(Page::new(
                "Link to this owner?",
                html! {
                    section.card {
                        p { "From now on the events of " code { (object) } " belong to " bdi { strong { (owner) } } "." }
                        ul {
                            li { "Events that wait for this object and are applied then: " (figure(waiting)) "." }
                            @if history.entries.is_empty() {
                                li.warn { "This owner has no entries yet: look at the spelling." }
                            } @else { li { "The owner has a balance of " (figure(balance.get())) "." } }
                            li { "Earlier bookings stay as they are." }
                        }
                        (confirmed(visit, "money/link", "Link", &[("object", object.as_str()), ("owner", owner.as_str())]))
                    }
                },
            ))
        })
        .await
}

/// Links an object to an owner.
pub(in crate::dashboard) async fn link(visit: Visit, Sent(fields): Sent<LinkFields>) -> Response {
    let (object, owner) = match fields.read() {
        Ok(read) => read,
        Err(refusal) => return visit.refused(refusal),
    };
    match visit.settings.ledger.credits.link(object.clone(), owner.as_str()).await {
        Ok(received) => {
            // A link has no metadata.
            tracing::info!(by = visit.by(), %object, %owner, "an object was linked by hand");
            let done = if received.is_new { "linked" } else { "linked_before" };
            visit.see("money", &[("done", done)])
        }
        Err(error) => visit.refused(error.into()),
    }
}

/// The second look before a dismissal.
pub(in crate::dashboard) async fn before_dismissal(
    visit: Visit,
    Asked(fields): Asked<EntryFields>,
) -> Response {
    if let Err(refusal) = writes(&visit) {
        return visit.refused(refusal);
    }
    visit
        .read(move |visit, ledger| {
            let Some(entry) = fields.find(ledger)? else {
                let detail = "the entry is not on the list of unresolved ones: it was resolved or dismissed before";
                return Err(Refusal::new(StatusCode::NOT_FOUND, "entry_unknown", detail));
            };
            Ok(Page::new(
                "Dismiss this entry?",
                html! {
                    section.card {
                        p { bdi { (situation(&entry)) } "." }
                        p { "To do before: " (coded(&entry.remedy())) "." }
                        ul {
                            li { "No credits change, and credits that become due later are given all the same." }
                            li { "A further return or change is listed again." }
                        }
                        (confirmed(visit, "money/dismiss", "Dismiss", &[("owner", &fields.owner), ("key", &fields.key)]))
                    }
                },
            ))
        })
        .await
}

/// Takes an entry off the list.
pub(in crate::dashboard) async fn dismiss(visit: Visit, Sent(fields): Sent<EntryFields>) -> Response {
    let (key, owner) = (fields.key.clone(), fields.owner.clone());
    let dismissed = blocking::run(&visit.settings.ledger, move |ledger| {
        let Some(entry) = fields.find(ledger)? else { return Ok(false) };
        Ok(ledger.credits.dismiss(&entry)?.is_new)
    });
    match dismissed.await {
        Ok(is_new) => {
            // A dismissal has no metadata.
            tracing::info!(by = visit.by(), key, owner, is_new, "an unresolved entry was dismissed by hand");
            let done = if is_new { "dismissed" } else { "dismissed_before" };
            visit.see("money", &[("done", done)])
        }
        Err(refusal) => visit.refused(refusal),
    }
}

impl EntryFields {
    /// The entry on the list, if it is there.
    fn find(&self, ledger: &Ledger) -> Result<Option<Unresolved>, Refusal> {
        let unresolved = ledger.credits.unresolved()?;
        let is_asked = |entry: &Unresolved| {
            let owner = entry.owner().map_or("", |owner| owner.as_str());
            owner == self.owner && entry.key().as_ref() == Some(&self.key)
        };
        Ok(unresolved.into_iter().find(is_asked))
    }
}

/// The number of events that wait for the owner of an object.
fn waiting_for(ledger: &Ledger, object: &ObjectId) -> Result<u64, Refusal> {
    let unresolved = ledger.credits.unresolved()?;
    let waits = |entry: &&Unresolved| matches!(entry, Unresolved::OwnerUnknown { event, .. } if event.objects.contains(object));
    Ok(unresolved.iter().filter(waits).count() as u64)
}

/// The form of a second look.
fn confirmed(visit: &Visit, path: &str, action: &str, fields: &[(&str, &str)]) -> Markup {
    html! {
        form.stacked method="post" action=(visit.root.to(path)) {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button { (action) }
        }
        p { a href=(visit.root.to("money")) { "Back without a change" } }
    }
}

fn writes(visit: &Visit) -> Result<(), Refusal> {
    if visit.may_write() {
        return Ok(());
    }
    let detail = "this account may read and not write: ask for `Access::all`";
    Err(Refusal::new(StatusCode::FORBIDDEN, "read_only", detail))
}

//! The owner's history: filtered, in pages, with a link to each entry.

use credits_runtime::{Category, Cursor, Entry, History, HistoryPage};
use maud::{Markup, html};
use serde::Deserialize;

use super::Subject;
use crate::dashboard::entries::{permalink, what};
use crate::dashboard::instants::{end_of_day, start_of_day};
use crate::parts::field::{Field, Kind, choice, hidden};
use crate::refusal::Refusal;
use crate::wording::{change, figure};

/// The entries of a page: fewer than elsewhere, because forms come below them on a phone.
const SHOWN: usize = 25;

/// The filters, and the end of the page before.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    after: String,
    category: String,
    operation: String,
    since: String,
    until: String,
    key: String,
}

impl Query {
    fn filters(&self) -> [(&str, &str); 5] {
        let Self { after: _, category, operation, since, until, key } = self;
        [("category", category), ("operation", operation), ("since", since), ("until", until), ("key", key)]
    }

    fn is_filtered(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Asks for the page.
    fn ask(&self, mut history: History) -> Result<HistoryPage, Refusal> {
        if !self.category.is_empty() {
            history = history.category(self.category.as_str());
        }
        if !self.operation.is_empty() {
            history = history.operation(&self.operation);
        }
        if !self.since.is_empty() {
            history = history.since(start_of_day("since", &self.since)?);
        }
        if !self.until.is_empty() {
            history = history.until(end_of_day("until", &self.until)?);
        }
        if !self.key.is_empty() {
            history = history.key(&self.key);
        }
        let after: Option<Cursor> = (!self.after.is_empty()).then(|| self.after.parse()).transpose()?;
        Ok(history.limit(SHOWN).after(after).page()?)
    }
}

/// The filters, the page, and links to others.
pub(super) fn draw(subject: &Subject<'_>, query: &Query) -> Result<Markup, Refusal> {
    let page = query.ask(subject.wallet.credit_history())?;
    let link = |after: &str| {
        let mut fields = query.filters().to_vec();
        fields.push(("after", after));
        subject.address(&fields)
    };
    Ok(html! {
        (filters(subject, query))
        @if page.entries.is_empty() { p.muted { (nothing_found(&page)) } } @else { (table(subject, &page.entries)) }
        @if page.next.is_some() || !query.after.is_empty() { p.links {
            @if let Some(next) = page.next { a href=(link(&next.to_string())) { "Older entries" } }
            @if !query.after.is_empty() { a href=(link("")) { "Newest entries" } }
        } }
    })
}

/// A page of a rare entry ends at the limit of entries that are read, and older ones may match.
fn nothing_found(page: &HistoryPage) -> &'static str {
    if page.next.is_some() {
        "No entry is found among those that were read. There are older ones."
    } else {
        "No entry is found."
    }
}

fn filters(subject: &Subject<'_>, query: &Query) -> Markup {
    let catalogue = subject.ledger.operations.catalogue();
    let own = catalogue.settings.categories.iter().map(|name| Category::from(name.as_str()));
    let categories = Category::ALL.iter().cloned().chain(own);
    let categories: Vec<_> = categories.map(|one| (one.name().to_owned(), one.label())).collect();
    let operations: Vec<_> =
        catalogue.operations.into_iter().map(|one| (one.name.clone(), one.name)).collect();
    let field = |name, label, value, kind| {
        Field { name, label, value, kind, is_required: false, is_refused: false }.draw()
    };
    html! {
        details open[query.is_filtered()] {
            summary { "Filter" }
            form.filters action=(subject.visit.root.to("owner")) {
                (hidden("name", subject.owner)) (hidden("asset", subject.asset))
                (choice("category", "Category", &query.category, &categories))
                (choice("operation", "Operation", &query.operation, &operations))
                (field("since", "From day", &query.since, Kind::Day))
                (field("until", "To day", &query.until, Kind::Day))
                (field("key", "Idempotency key", &query.key, Kind::Text))
                button.quiet { "Filter" }
            }
            @if query.is_filtered() { p { a href=(subject.address(&[])) { "Without filters" } } }
        }
    }
}

fn table(subject: &Subject<'_>, entries: &[Entry]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "What" }
                th.figure scope="col" { "Amount" } th.figure.wide scope="col" { "Balance" }
            } }
            tbody { @for entry in entries { tr {
                td { (permalink(subject.visit, entry, subject.now())) }
                td {
                    (what(entry))
                    @if !entry.inputs.is_empty() { " " span.muted { bdi { (entry.inputs.join(", ")) } } }
                }
                td.figure { (change(entry.amount)) }
                td.figure.wide.muted { (figure(entry.balance_after.get())) }
            } } }
        }
    }
}

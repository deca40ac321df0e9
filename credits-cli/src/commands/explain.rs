//! `explain`: why an entry has its amount.

use clap::Args;
use credits_runtime::{Entry, Explanation};
use credits_web::responses::{Explained, ShownOwnedEntry};
use serde_json::Value;

use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, figure, list, time};

/// The arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits history user:42\n  credits explain 1234")]
pub(crate) struct Explain {
    /// The entry, by its number in `history`
    entry: u64,
}

impl Explain {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let path = Path::of(["entries", &self.entry.to_string()]);
        session.show(&Request::get(path), shown)
    }
}

fn shown(found: &ShownOwnedEntry, terminal: Terminal) -> String {
    let (shown, entry) = (&found.entry, &found.entry.entry);
    let heading = format!("{} of {}: {}", shown.formatted_amount, found.owner, shown.description);
    let mut paragraphs = vec![format!("{}\n{}", terminal.bold(&heading), facts(entry))];
    if let Some(Explained { text, explanation, .. }) = &shown.explanation {
        paragraphs.push(text.clone());
        let terms = terms(explanation).shown(terminal.width, "");
        paragraphs.extend((!terms.is_empty()).then_some(terms));
        paragraphs.push(footer(explanation));
    } else if !entry.allocations.is_empty() {
        let words = if entry.amount.is_positive() { "returned to" } else { "taken from" };
        paragraphs.push(grants(words, &entry.allocations));
    }
    paragraphs.join("\n\n")
}

/// When, under which key, by whom, and the balance.
fn facts(entry: &Entry) -> String {
    let mut facts = vec![format!("entry {}, {} UTC", entry.number, time(entry.effective_at))];
    facts.extend(entry.key.as_ref().map(|key| format!("key {}", key.as_str())));
    let metadata = entry.metadata.value();
    facts.extend(metadata.get("by").and_then(Value::as_str).map(|by| format!("by {by}")));
    facts.extend(entry.expires_at.map(|at| format!("expires {}", time(at))));
    let (before, after) = (figure(entry.balance_before.get()), figure(entry.balance_after.get()));
    format!("{}\nbalance {before} -> {after}", facts.join(", "))
}

fn terms(explanation: &Explanation) -> Table {
    let mut table = Table::new(&["TERM", ">QUANTITY", ">RATE", ">CREDITS"]);
    for line in &explanation.lines {
        let quantity = line.quantity.as_ref().map(|quantity| format!("{} {}", quantity.value, quantity.unit));
        let rate = line.rate.as_ref().map(|rate| match rate.units {
            1 => figure(rate.credits.get()),
            units => format!("{} per {}", figure(rate.credits.get()), figure(units)),
        });
        let credits = line.credits.map_or("not recorded".to_owned(), |credits| credits.to_string());
        table.row([line.what.clone(), quantity.unwrap_or_default(), rate.unwrap_or_default(), credits]);
    }
    table
}

/// Where the credits came from, and what the price was computed by.
fn footer(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    if !explanation.grants.is_empty() {
        lines.push(grants("taken from", &explanation.grants));
    }
    lines.extend(explanation.covered_by.as_ref().map(|plan| format!("covered by the plan {plan}")));
    lines.push(format!("price list {}", explanation.catalogue));
    lines.push(match explanation.recomputed {
        Some(price) if price == explanation.price => "computed again: equal".to_owned(),
        Some(price) => format!("computed again: {}, settled at another amount", figure(price.get())),
        None => "not computed again: a Rust expression is part of the price".to_owned(),
    });
    lines.join("\n")
}

fn grants(words: &str, allocations: &[credits_runtime::Allocation]) -> String {
    let parts = allocations.iter().map(|part| format!("grant {}: {}", part.grant, figure(part.amount.get())));
    format!("{words} {}", list(&parts.collect::<Vec<_>>()))
}

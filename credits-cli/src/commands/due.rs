//! `holds` and `due`: open holds, and what happens by itself next.

use clap::Args;
use credits_runtime::{DueItem, DuePage, Timestamp};

use super::instant::instant;
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, figure, time};

/// The most items that the API lists.
const ITEMS_MAX: usize = 1_000;

/// The arguments of `holds`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits holds\n  credits holds --until 2027-01-01 --json")]
pub(crate) struct Holds {
    /// Holds that lapse by this instant; within 24 hours unless given, which is every hold by default
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
}

impl Holds {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let path = Path::of(["due"]).option("until", self.until).option("limit", Some(ITEMS_MAX));
        let mut reply = session.read(&Request::get(path))?;
        if let Some(items) = reply.value.get_mut("items").and_then(|items| items.as_array_mut()) {
            items.retain(|item| item.get("due").is_some_and(|due| due == "hold_lapses"));
        }
        let page: DuePage = reply.read()?;
        let (empty, more) = if page.is_complete {
            ("no open holds", "")
        } else {
            (
                "no open holds among the first 1,000 items that are due",
                "\n\nThere are more items, and there may be more holds: give an earlier --until, or see the `balance` of an owner.",
            )
        };
        session.terminal.show(&reply.value, || table(&page, session.terminal, empty) + more)
    }
}

/// The arguments of `due`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits due\n  credits due --until 2026-12-31 --limit 200")]
pub(crate) struct Due {
    /// What is due by this instant; within 24 hours unless given
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
    /// The most items, up to 1000
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Due {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let path = Path::of(["due"]).option("until", self.until).option("limit", Some(self.limit));
        session.show(&Request::get(path), |page, terminal| shown(page, terminal, "nothing is due"))
    }
}

fn shown(page: &DuePage, terminal: Terminal, empty: &str) -> String {
    let rest = if page.is_complete { "" } else { "\n\nThere are more: raise --limit, or lower --until." };
    table(page, terminal, empty) + rest
}

fn table(page: &DuePage, terminal: Terminal, empty: &str) -> String {
    let mut table = Table::new(&["AT", "OWNER", "WHAT", ">AMOUNT", "ASSET"]);
    for item in &page.items {
        let (what, amount, asset) = match item {
            DueItem::HoldLapses { hold, amount, asset, operation, .. } => {
                (format!("hold {hold} for {operation} lapses"), figure(amount.get()), asset.clone())
            }
            DueItem::GrantExpires { grant, amount, asset, .. } => {
                (format!("grant {grant} expires"), figure(amount.get()), asset.clone())
            }
            DueItem::BillingDue { .. } => ("billing is due".to_owned(), String::new(), String::new()),
            _ => ("a kind that this version does not know".to_owned(), String::new(), String::new()),
        };
        table.row([time(item.at()), item.owner().to_string(), what, amount, asset]);
    }
    table.shown(terminal.width, empty)
}

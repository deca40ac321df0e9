//! `prices`: the price list.

use clap::Args;
use credits_runtime::catalogue::CatalogueData;

use super::price_words::{Item, items};
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal};

/// The arguments of `prices`.
#[derive(Debug, Args)]
#[command(
    after_help = "An application prints its own price list, whether another version of it is running or not; with --url, \
    that of the address.\n\n\
    Examples:\n  \
    credits prices\n  \
    credits prices --md > PRICES.md\n  \
    credits prices --json > prices.json"
)]
pub(crate) struct Prices {
    /// Print Markdown
    #[arg(long, conflicts_with = "json")]
    md: bool,
}

impl Prices {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let reply = session.prices()?.send(&Request::get(Path::of(["catalogue"])))?;
        let items = items(&reply.read::<CatalogueData>()?)?;
        let (terminal, sections) = (session.terminal, SECTIONS.iter());
        let tables = sections.filter_map(|section| self.section(section, &items, terminal));
        terminal.show(&reply.value, || tables.collect::<Vec<_>>().join("\n\n"))
    }

    /// The table of one kind, with a heading in Markdown; `None` if the price list has no such item.
    fn section(
        &self,
        (kind, title, headings): &Section,
        items: &[Item],
        terminal: Terminal,
    ) -> Option<String> {
        let mut table = Table::new(headings);
        for item in items.iter().filter(|item| item.kind == *kind) {
            let cells = [item.name.clone(), item.gives.clone(), item.costs.clone()];
            table.row(cells.into_iter().enumerate().filter_map(|(place, cell)| {
                // An operation gives nothing.
                (place != 1 || headings.len() == cells_max()).then_some(cell)
            }));
        }
        if table.is_empty() {
            return None;
        }
        Some(if self.md {
            format!("# {title}\n\n{}", table.markdown())
        } else {
            table.shown(terminal.width, "")
        })
    }
}

/// A kind of item, its title, and the headings of its table.
type Section = (&'static str, &'static str, &'static [&'static str]);

const SECTIONS: &[Section] = &[
    ("operation", "Operations", &["OPERATION", "COSTS"]),
    ("plan", "Plans", &["PLAN", "GIVES", "COSTS"]),
    ("pack", "Packs", &["PACK", "GIVES", "COSTS"]),
];

const fn cells_max() -> usize {
    3
}

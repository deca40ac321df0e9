//! `history`: the entries of one wallet, with filters, a page at a time.

use clap::Args;
use credits_runtime::Timestamp;
use credits_web::responses::{HistoryEntries, ShownEntry};

use super::instant::instant;
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, change, figure, time};

/// The arguments of `history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits history user:42\n  \
    credits history user:42 --operation generate_image --since 2026-11-01 --limit 200\n  \
    credits history user:42 --explain --json")]
pub(crate) struct History {
    /// The owner, such as user:42
    owner: String,
    /// The entries of a page, up to 1000
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Continue after this cursor, which the page before ends with
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Oldest entries first
    #[arg(long)]
    oldest_first: bool,
    /// Only entries of this category
    #[arg(long)]
    category: Option<String>,
    /// Only charges of this operation
    #[arg(long)]
    operation: Option<String>,
    /// Only entries from this instant on
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only entries before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
    /// Only the entry of this idempotency key
    #[arg(long)]
    key: Option<String>,
    /// Only charges of which a part could not be charged
    #[arg(long)]
    with_shortfall: bool,
    /// With the sum of each charge
    #[arg(long)]
    explain: bool,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
}

impl History {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let path = Path::of(["wallets", &self.owner, "entries"])
            .option("limit", Some(self.limit))
            .option("after", self.after.as_ref())
            .option("order", self.oldest_first.then_some("oldest_first"))
            .option("category", self.category.as_ref())
            .option("operation", self.operation.as_ref())
            .option("since", self.since)
            .option("until", self.until)
            .option("key", self.key.as_ref())
            .flag("with_shortfall", self.with_shortfall)
            .flag("explain", self.explain)
            .option("asset", self.asset.as_ref());
        session.show(&Request::get(path), |page: &HistoryEntries, terminal| self.shown(page, terminal))
    }

    fn shown(&self, page: &HistoryEntries, terminal: Terminal) -> String {
        let mut headings = vec!["ENTRY", "WHEN", "WHAT", ">AMOUNT", ">BALANCE"];
        headings.extend(self.explain.then_some("SUM"));
        let mut table = Table::new(&headings);
        for shown in &page.entries {
            table.row(cells(shown, self.explain));
        }
        let more = page.next.as_ref().map(|next| format!("\n\nMore with --after {next}"));
        table.shown(terminal.width, "no entries") + &more.unwrap_or_default()
    }
}

fn cells(ShownEntry { entry, description, explanation, .. }: &ShownEntry, explain: bool) -> Vec<String> {
    let mut cells = vec![
        entry.number.to_string(),
        time(entry.effective_at),
        description.clone(),
        change(entry.amount),
        figure(entry.balance_after.get()),
    ];
    cells.extend(explain.then(|| explanation.as_ref().map(|sum| sum.text.clone()).unwrap_or_default()));
    cells
}

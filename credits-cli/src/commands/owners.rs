//! `owners`: the owners by name, or those whose balance is low.

use clap::Args;
use credits_runtime::{LowBalancesPage, Owner, OwnersPage};

use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, figure};

/// The arguments of `owners`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits owners\n  credits owners team:\n  credits owners --low")]
pub(crate) struct Owners {
    /// Only owners whose names begin with this text
    prefix: Option<String>,
    /// Only owners whose balance is below the price list's threshold
    #[arg(long)]
    low: bool,
    /// The owners of a page, up to 1000
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Continue after this owner
    #[arg(long, value_name = "OWNER")]
    after: Option<String>,
    /// With --low, the asset; credits unless given
    #[arg(long, requires = "low")]
    asset: Option<String>,
}

impl Owners {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let path = Path::of([if self.low { "low" } else { "wallets" }])
            .option("prefix", self.prefix.as_ref())
            .option("after", self.after.as_ref())
            .option("limit", Some(self.limit))
            .option("asset", self.asset.as_ref());
        if self.low {
            return session.show(&Request::get(path), |page: &LowBalancesPage, terminal| {
                let mut table = Table::new(&["OWNER", ">BALANCE", ">BELOW"]);
                for low in &page.owners {
                    let (balance, threshold) = (figure(low.balance.get()), figure(low.threshold.get()));
                    table.row([low.owner.to_string(), balance, threshold]);
                }
                table.shown(terminal.width, "no balance is low") + &more(page.next.as_ref())
            });
        }
        session.show(&Request::get(path), |page: &OwnersPage, _| {
            let names: Vec<&str> = page.owners.iter().map(Owner::as_str).collect();
            let listed = if names.is_empty() { "no owners".to_owned() } else { names.join("\n") };
            listed + &more(page.next.as_ref())
        })
    }
}

fn more(next: Option<&Owner>) -> String {
    next.map(|next| format!("\n\nMore with --after {next}")).unwrap_or_default()
}

//! `balance`: one wallet, now or at an instant of the past.

use clap::Args;
use credits_runtime::billing::Subscription;
use credits_runtime::{GrantSummary, HoldSummary, Timestamp};
use credits_web::responses::{PastBalance, Wallet};

use super::instant::instant;
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, day, figure, list, time};

/// The arguments of `balance`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits balance user:42\n  \
    credits balance user:42 --at 2026-11-01\n  \
    credits balance user:42 --asset gem --json")]
pub(crate) struct Balance {
    /// The owner, such as user:42
    owner: String,
    /// The balance at this instant, or at the beginning of this day in UTC
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
}

impl Balance {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let asset = self.asset.as_deref();
        let Some(at) = self.at else {
            let path = Path::of(["wallets", &self.owner]).option("asset", asset);
            return session.show(&Request::get(path), shown);
        };
        let path = Path::of(["wallets", &self.owner, "balance_at", &at.to_string()]).option("asset", asset);
        session.show(&Request::get(path), |past: &PastBalance, _| {
            format!("{} had {} at {} UTC", self.owner, past.formatted, time(past.at))
        })
    }
}

fn shown(wallet: &Wallet, terminal: Terminal) -> String {
    let mut heading = vec![terminal.bold(&format!("{} has {}", wallet.owner, wallet.formatted))];
    let parts = [(wallet.held, "set aside by holds"), (wallet.debt, "owed")];
    let parts = parts.iter().filter(|(amount, _)| amount.get() != 0);
    heading.extend(parts.map(|(amount, words)| format!("{} {words}", figure(amount.get()))));
    let tables = [grants(&wallet.grants), holds(&wallet.holds), subscriptions(&wallet.subscriptions)];
    let tables = tables.into_iter().filter(|table| !table.is_empty());
    let mut paragraphs = vec![heading.join("\n")];
    paragraphs.extend(tables.map(|table| table.shown(terminal.width, "")));
    paragraphs.join("\n\n")
}

fn grants(grants: &[GrantSummary]) -> Table {
    let mut table = Table::new(&["GRANT", ">FREE", ">HELD", "GIVEN FOR", "EXPIRES", "ONLY FOR"]);
    for grant in grants {
        table.row([
            grant.id.to_string(),
            figure(grant.free.get()),
            figure(grant.held.get()),
            grant.category.label(),
            grant.expires_at.map_or("never".to_owned(), time),
            list(&grant.only_for),
        ]);
    }
    table
}

fn holds(holds: &[HoldSummary]) -> Table {
    let mut table = Table::new(&["HOLD", ">AMOUNT", "FOR", "LAPSES"]);
    for hold in holds {
        table.row([hold.id.to_string(), figure(hold.amount.get()), hold.operation.clone(), time(hold.until)]);
    }
    table
}

fn subscriptions(subscriptions: &[Subscription]) -> Table {
    let mut table = Table::new(&["SUBSCRIPTION", "PAID UNTIL", "NEXT CREDITS"]);
    for subscription in subscriptions {
        let next = subscription.next_award.zip(subscription.next_award_at);
        let forever =
            |until: Timestamp| if until >= Timestamp::MAX { "for ever".to_owned() } else { day(until) };
        table.row([
            subscription.plan.clone().unwrap_or_else(|| subscription.price.to_string()),
            subscription.paid_until.map_or("not paid".to_owned(), forever),
            next.map(|(amount, at)| format!("{} on {}", figure(amount.get()), day(at))).unwrap_or_default(),
        ]);
    }
    table
}

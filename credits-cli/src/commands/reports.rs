//! `activity`, `totals` and `top`: sums over all wallets.

use std::collections::BTreeMap;

use clap::Args;
use credits_runtime::{AccountActivity, AccountTotal, Category, DayActivity};
use credits_web::responses::{ActivityReport, TotalsReport};

use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, bar, day, figure};

/// Columns of the bars, and of the other columns of a table with bars.
const BAR_COLUMNS_MAX: u16 = 40;
const OTHER_COLUMNS: u16 = 48;

/// The days and the asset of a report.
#[derive(Debug, Args)]
pub(crate) struct Days {
    /// The last days, today included, up to 366
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// The asset; credits unless given
    #[arg(long, default_value = "credits")]
    asset: String,
}

impl Days {
    fn request(&self) -> Request {
        Request::get(Path::of(["activity"]).option("days", Some(self.days)))
    }

    /// The accounts of a day in the asset. What a plan covered moved no credits.
    fn of<'a>(&'a self, day: &'a DayActivity) -> impl Iterator<Item = &'a AccountActivity> {
        day.accounts.iter().filter(|account| account.asset == self.asset && !account.is_covered)
    }
}

/// The arguments of `activity`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits activity\n  credits activity --days 90 --asset gem")]
pub(crate) struct Activity {
    #[command(flatten)]
    days: Days,
}

impl Activity {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.show(&self.days.request(), |report, terminal| self.shown(report, terminal))
    }

    fn shown(&self, report: &ActivityReport, terminal: Terminal) -> String {
        let sums: Vec<_> = report.days.iter().map(|day| (day.day, Sums::of(self.days.of(day)))).collect();
        let largest = sums.iter().map(|(_, sums)| sums.spent).max().unwrap_or_default();
        let mut table = Table::new(&["DAY", ">GIVEN", ">TAKEN", ">SPENT", ""]);
        for (at, Sums { given, taken, spent }) in sums {
            let bar = bar(spent, largest, bar_columns(terminal), terminal.draws);
            table.row([day(at), figure(given), figure(taken), figure(spent), bar]);
        }
        table.shown(terminal.width, "no days")
    }
}

/// The sums of a day.
#[derive(Clone, Copy, Default)]
struct Sums {
    given: i128,
    /// Expired, deducted and returned credits.
    taken: i128,
    /// Charges, less their reversals.
    spent: i128,
}

impl Sums {
    fn of<'a>(accounts: impl Iterator<Item = &'a AccountActivity>) -> Self {
        accounts.filter(|account| !is_moved(account)).fold(Self::default(), |sums, account| {
            let AccountActivity { gained, lost, .. } = account;
            if account.is_operation {
                Self { spent: sums.spent + lost - gained, ..sums }
            } else {
                Self { given: sums.given + gained, taken: sums.taken + lost, ..sums }
            }
        })
    }
}

/// Whether credits moved from a wallet to another one.
fn is_moved(account: &AccountActivity) -> bool {
    let moves = [Category::TransferIn, Category::TransferOut];
    !account.is_operation && moves.iter().any(|category| category.name() == account.account)
}

fn bar_columns(terminal: Terminal) -> u16 {
    terminal
        .width
        .map_or(BAR_COLUMNS_MAX, |width| width.saturating_sub(OTHER_COLUMNS).clamp(4, BAR_COLUMNS_MAX))
}

/// The arguments of `top`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits top\n  credits top --days 7 --limit 5")]
pub(crate) struct Top {
    #[command(flatten)]
    days: Days,
    /// The most operations
    #[arg(long, default_value_t = 10)]
    limit: usize,
}

impl Top {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.show(&self.days.request(), |report, terminal| self.shown(report, terminal))
    }

    fn shown(&self, report: &ActivityReport, terminal: Terminal) -> String {
        let mut spent: BTreeMap<&str, (i128, u64)> = BTreeMap::new();
        let accounts = report.days.iter().flat_map(|day| self.days.of(day));
        for account in accounts.filter(|account| account.is_operation) {
            let (sum, entries) = spent.entry(&account.account).or_default();
            *sum += account.lost - account.gained;
            *entries += account.entries;
        }
        let mut operations: Vec<_> = spent.into_iter().collect();
        operations.sort_by_key(|(_, (sum, _))| -sum);
        let largest = operations.first().map(|(_, (sum, _))| *sum).unwrap_or_default();
        let mut table = Table::new(&["OPERATION", ">ENTRIES", ">SPENT", ""]);
        for (operation, (sum, entries)) in operations.into_iter().take(self.limit) {
            let bar = bar(sum, largest, bar_columns(terminal), terminal.draws);
            table.row([operation.to_owned(), figure(entries), figure(sum), bar]);
        }
        table.shown(terminal.width, "nothing was spent")
    }
}

/// The arguments of `totals`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits totals\n  credits totals --json")]
pub(crate) struct Totals {}

impl Totals {
    #[expect(clippy::unused_self, reason = "every command is called alike")]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.show(&Request::get(Path::of(["totals"])), |report: &TotalsReport, terminal| {
            let mut table = Table::new(&["ASSET", "ACCOUNT", ">ENTRIES", ">AMOUNT"]);
            for total in &report.totals {
                table.row([total.asset.clone(), account(total), figure(total.entries), figure(total.amount)]);
            }
            table.shown(terminal.width, "no entries") + &balances(&report.totals)
        })
    }
}

fn account(total: &AccountTotal) -> String {
    let covered = if total.is_covered { ", covered by plans" } else { "" };
    format!("{}{covered}", total.account)
}

/// The balances of all wallets together, which the totals of each asset add up to.
fn balances(totals: &[AccountTotal]) -> String {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for total in totals.iter().filter(|total| !total.is_covered) {
        *sums.entry(&total.asset).or_default() += total.amount;
    }
    let lines = sums.iter().map(|(asset, sum)| format!("\n{} {asset} in all wallets", figure(*sum)));
    lines.fold(String::from(if sums.is_empty() { "" } else { "\n" }), |text, line| text + &line)
}

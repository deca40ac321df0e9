//! Arguments of `credits import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use credits_runtime::Timestamp;

use super::options::{BillingPart, Execution, Gem, Mode, Options};
use super::owners::OwnerNames;

/// Fill a ledger from a database of the Ruby gems usage_credits or wallets.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// SQLite file, or postgres:// URL
    pub database: String,
    /// Show what would be lost and compare the balances, on a copy of the ledger
    #[arg(long)]
    pub dry_run: bool,
    /// Carry over what is left of each grant, without the history
    #[arg(long)]
    pub balances_only: bool,
    /// Leave out customers, subscriptions and packs of the pay gem
    #[arg(long)]
    pub without_billing: bool,
    /// Names of owners, by the type and the id of the record
    #[arg(long, default_value_t)]
    pub owners: OwnerNames,
    /// Name of an asset in the ledger, as CODE=NAME
    #[arg(long = "asset", value_name = "CODE=NAME", value_parser = pair)]
    pub assets: Vec<(String, String)>,
    /// Name of a category in the ledger, as OLD=NEW
    #[arg(long = "category", value_name = "OLD=NEW", value_parser = pair)]
    pub categories: Vec<(String, String)>,
    /// The gem, if the database has the tables of both
    #[arg(long)]
    pub gem: Option<GemName>,
    /// The table_prefix of wallets
    #[arg(long, default_value = "wallets_")]
    pub table_prefix: String,
}

/// Name of a gem.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum GemName {
    /// usage_credits
    UsageCredits,
    /// wallets
    Wallets,
}

impl ImportArgs {
    /// The options for a ledger.
    pub fn options(self, ledger: impl Into<PathBuf>, now: Timestamp) -> Options {
        let mut options = Options::new(ledger, self.database, now);
        options.owners = self.owners;
        options.assets = self.assets.into_iter().collect();
        options.categories = self.categories.into_iter().collect();
        options.table_prefix = self.table_prefix;
        options.gem = self.gem.map(|gem| match gem {
            GemName::UsageCredits => Gem::UsageCredits,
            GemName::Wallets => Gem::Wallets,
        });
        if self.dry_run {
            options.execution = Execution::DryRun;
        }
        if self.balances_only {
            options.mode = Mode::Balances;
        }
        if self.without_billing {
            options.billing = BillingPart::Left;
        }
        options
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(old, new)| !old.is_empty() && !new.is_empty());
    let named = pair.map(|(old, new)| (old.to_owned(), new.to_owned()));
    named.ok_or_else(|| format!("`{text}` is no pair of names: write `old=new`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        import: ImportArgs,
    }

    fn options(line: &str) -> Result<Options, clap::Error> {
        let command = Command::try_parse_from(line.split(' '))?;
        Ok(command.import.options("credits.redb", Timestamp::MIN))
    }

    #[test]
    fn arguments_are_options() {
        let all = "import app.sqlite3 --dry-run --balances-only --without-billing --owners acct:{id} --asset gems=gem \
                   --asset eur=euro --category fare=ride --gem wallets --table-prefix w_";
        let all = options(all).unwrap();
        assert_eq!(
            (all.mode, all.billing, all.execution),
            (Mode::Balances, BillingPart::Left, Execution::DryRun)
        );
        assert_eq!((all.gem, &*all.table_prefix), (Some(Gem::Wallets), "w_"));
        assert_eq!(all.owners.name("User", "7"), "acct:7");
        assert_eq!((all.assets["eur"].as_str(), all.categories["fare"].as_str()), ("euro", "ride"));
        let none = options("import app.sqlite3").unwrap();
        assert_eq!(
            (none.mode, none.billing, none.execution),
            (Mode::History, BillingPart::Carried, Execution::Import)
        );
        assert_eq!((none.gem, none.owners.name("User", "7")), (None, "user:7".to_owned()));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, message) in [
            ("import", "<DATABASE>"),
            ("import a --owners user", "does not name owners"),
            ("import a --asset gems", "write `old=new`"),
            ("import a --gem rails", "usage_credits"),
        ] {
            let error = options(line).unwrap_err().to_string();
            assert!(error.contains(message), "{line}: {error}");
        }
    }
}

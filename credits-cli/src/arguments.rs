//! The command line: what every command takes, the commands in one table, and their help.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::{
    backup, balance, chain, completions, diff_prices, due, explain, export, gifts, history, migrate, moving,
    operations, owners, prices, reports, serve, token, undo, unresolved, watch, what_if,
};
use crate::exit::Failure;
use crate::session::Session;

/// A command line.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, version, max_term_width = 100)]
pub(crate) struct Line {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Global {
    /// The ledger's file, or postgres://.. of its database. If a program has the file open, the command goes through that
    /// program's socket
    #[arg(long, global = true, value_name = "LEDGER", env = "CREDITS_LEDGER", hide_env_values = true)]
    pub(crate) ledger: Option<PathBuf>,
    /// The address of a program's API, in place of a file. Its token is in CREDITS_TOKEN
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) url: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The commands, in groups of the help: their names, their arguments, and the calls of them.
macro_rules! commands {
    ($($group:literal { $($(#[$doc:meta])* $name:ident($arguments:ty),)* })*) => {
        /// A command with its arguments.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command { $($($(#[$doc])* $name($arguments),)*)* }

        impl Command {
            pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
                match self { $($(Self::$name(arguments) => arguments.run(session),)*)* }
            }
        }

        /// The groups, each with the names of its commands as they are declared.
        const GROUPS: &[(&str, &[&str])] = &[$(($group, &[$(stringify!($name)),*])),*];
    };
}

commands! {
    "Wallets" {
        /// What an owner has: credits, grants, holds, subscriptions
        Balance(balance::Balance),
        /// The entries of an owner, with filters
        History(history::History),
        /// Why an entry has its amount
        Explain(explain::Explain),
        /// Owners by name, or those whose balance is low
        Owners(owners::Owners),
        /// Open holds
        Holds(due::Holds),
        /// What happens by itself next: lapses, expiries, billing
        Due(due::Due),
        /// New entries as they come
        Watch(watch::Watch),
    }
    "Changes by hand" {
        /// Give credits
        Give(gifts::Give),
        /// Take credits
        Take(gifts::Take),
        /// Move credits to another owner
        Transfer(gifts::Transfer),
        /// Take back what is free of a grant
        Revoke(undo::Revoke),
        /// Release a hold
        Release(undo::Release),
        /// Return the credits of a charge or of a transfer
        Reverse(undo::Reverse),
        /// Payments that need an administrator
        Unresolved(unresolved::Unresolved),
    }
    "Operations and prices" {
        /// The price of an operation for an owner
        Estimate(operations::Estimate),
        /// Charge an operation
        Spend(operations::Spend),
        /// The price list
        Prices(prices::Prices),
        /// Compare the price list with another one
        DiffPrices(diff_prices::DiffPrices),
        /// Real charges under another price list
        WhatIf(what_if::WhatIf),
    }
    "Reports" {
        /// What was given and spent on each of the last days
        Activity(reports::Activity),
        /// Sums by operation and category
        Totals(reports::Totals),
        /// The operations on which most was spent
        Top(reports::Top),
        /// Counts and sizes of the ledger
        Stats(chain::Stats),
    }
    "Upkeep" {
        /// Verify everything that the ledger says
        Verify(chain::Verify),
        /// The head of the hash chain, to keep elsewhere
        Head(chain::Head),
        /// Compare a head of earlier with the ledger
        CheckHead(chain::CheckHead),
        /// Copy the ledger to a new file while it is in use
        Backup(backup::Backup),
        /// Make a ledger of a backup
        Restore(backup::Restore),
        /// Every entry of every wallet, as JSON lines or CSV
        Export(export::Export),
        /// Make the tables of a ledger in a database
        Migrate(migrate::Migrate),
        /// Move a ledger from its file into a database, or back
        Move(moving::Move),
    }
    "Programs" {
        /// Serve the dashboard and the API on this machine
        Serve(serve::Serve),
        /// Tokens of programs that call the API
        Token(token::Token),
        /// A script for a shell that completes commands
        Completions(completions::Completions),
    }
}

/// The commands for the application of this name, with help that shows its name.
pub(crate) fn command(name: &str, about: &str, own: Vec<clap::Command>) -> clap::Command {
    let owned: Vec<String> = own.iter().map(|command| command.get_name().to_owned()).collect();
    let mut line = Line::command().name(name.to_owned()).about(about.to_owned());
    line = line.mut_subcommands(|command| {
        let examples = command
            .get_after_help()
            .map(|help| help.to_string().replace("  credits ", &format!("  {name} ")));
        // A command of the application has precedence.
        let is_replaced = owned.iter().any(|own| own == command.get_name());
        let command = if is_replaced {
            clap::Command::new(format!("credits-{}", command.get_name())).hide(true)
        } else {
            command
        };
        match examples {
            Some(examples) => command.after_help(examples),
            None => command,
        }
    });
    let help = help(name, &line, &own);
    line.subcommands(own).help_template(help)
}

/// The help of the command line as a whole: the commands in groups.
fn help(name: &str, line: &clap::Command, own: &[clap::Command]) -> String {
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let row = |command: &clap::Command| format!("  {:<14} {}", command.get_name(), about(command));
    let mut lines = vec![format!("{{about}}\n\nUsage: {name} <COMMAND> [OPTIONS]")];
    if !own.is_empty() {
        lines.push("\nOf this application".to_owned());
        lines.extend(own.iter().map(row));
    }
    for (group, names) in GROUPS {
        lines.push(format!("\n{group}"));
        lines.extend(names.iter().filter_map(|name| line.find_subcommand(dashed(name))).map(row));
    }
    lines.push(format!("\n{{options}}\n\n`{name} <COMMAND> --help` has examples."));
    lines.join("\n")
}

/// `DiffPrices` as it is typed: `diff-prices`.
fn dashed(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_has_two_arguments_of_one_name() {
        Line::command().debug_assert();
    }
}

//! `move`: a ledger from its file into a database.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "postgres")]
use credits_runtime::{Credits, MoveStep};
#[cfg(feature = "postgres")]
use serde_json::json;

use crate::exit::Failure;
use crate::reach::LedgerAddress;
use crate::session::Session;
#[cfg(feature = "postgres")]
use crate::show::{Progress, counted};

/// The arguments of `move`.
#[derive(Debug, Args)]
#[command(
    after_help = "Stop the application first, and start it afterwards with the address of the database. The file is left as it is: \
    keep it as a backup, and open it no more. A move that was interrupted continues when it is run again.\n\n\
    Examples:\n  credits move studio.redb postgres://owner@localhost/app"
)]
pub(crate) struct Move {
    /// The ledger's file
    from: PathBuf,
    /// The address of the database, whose tables are made or empty
    to: PathBuf,
}

impl Move {
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "a program may lack databases"))]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        match (LedgerAddress::of(self.from.clone())?, LedgerAddress::of(self.to.clone())?) {
            #[cfg(feature = "postgres")]
            (LedgerAddress::File(from), ref to @ LedgerAddress::Database(ref url)) => {
                let mut shown: Option<(MoveStep, Progress)> = None;
                let moved = Credits::move_to_database(&from, url, |progress| {
                    if shown.as_ref().is_none_or(|(step, _)| *step != progress.step) {
                        // The bar of the step before is removed first.
                        shown = None;
                        let verb = match progress.step {
                            MoveStep::Move => "moving",
                            _ => "verifying",
                        };
                        shown = Some((progress.step, Progress::counted(session.terminal, verb)));
                    }
                    if let Some((_, bar)) = &shown {
                        bar.report(&json!({ "facts": progress.facts, "of": progress.of }));
                    }
                });
                drop(shown);
                let moved = moved?;
                let value =
                    json!({ "ledger": to.to_string(), "facts": moved.facts, "wallets": moved.wallets });
                session.terminal.show(&value, || {
                    format!(
                        "{to} has the ledger of `{}`, sound, with {} and {}, each with the balance that it had; open the file \
                         no more",
                        from.display(),
                        counted(moved.facts, "fact", "facts"),
                        counted(moved.wallets, "wallet", "wallets")
                    )
                })
            }
            (from, to) => Err(Failure::usage(format!(
                "`move` moves a file into a database, and not {from} to {to}: name a file, then the address of a database; \
                 a file is copied with `backup`"
            ))),
        }
    }
}

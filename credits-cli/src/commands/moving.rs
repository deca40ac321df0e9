//! `move`: a ledger from its file into a database, or from a database into a file.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "postgres")]
use credits_runtime::{Credits, MoveProgress, MoveStep, Moved};
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
    after_help = "Stop the application first, and start it afterwards with the new address. The old ledger is left as it is: keep it \
    as a backup, and open it no more. A move into a database that was interrupted continues when it is run again.\n\n\
    In a file, entries, holds and transfers get new ids; those of before are unknown there. Only a ledger that no program wrote in \
    the database keeps them.\n\n\
    Examples:\n  credits move studio.redb postgres://owner@localhost/app\n  credits move postgres://reader@localhost/app studio.redb"
)]
pub(crate) struct Move {
    /// The ledger's file, or the address of its database
    from: PathBuf,
    /// The address of a database, whose tables are made or empty, or a new file
    to: PathBuf,
}

impl Move {
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "a program may lack databases"))]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        match (LedgerAddress::of(self.from.clone())?, LedgerAddress::of(self.to.clone())?) {
            #[cfg(feature = "postgres")]
            (LedgerAddress::File(from), ref to @ LedgerAddress::Database(ref url)) => {
                let moved = with_progress(session, |report| Credits::move_to_database(&from, url, report))?;
                show(session, to, moved, || {
                    format!(
                        "{to} has the ledger of `{}`, sound, with {}, each with the balance that it had; open the file no more",
                        from.display(),
                        counts(moved)
                    )
                })
            }
            #[cfg(feature = "postgres")]
            (ref from @ LedgerAddress::Database(ref url), ref to @ LedgerAddress::File(ref path)) => {
                let moved = with_progress(session, |report| Credits::move_to_file(url, path, report))?;
                show(session, to, moved, || {
                    format!(
                        "{to} has the ledger of {from}, sound, with {}, each with the balance that it had; ids of entries, holds and \
                         transfers are new, unless no program wrote the database; do not write to it again",
                        counts(moved)
                    )
                })
            }
            (from, to) => Err(Failure::usage(format!(
                "`move` moves a file into a database, or a database into a file, and not {from} to {to}: name one of each; \
                 a file is copied with `backup`"
            ))),
        }
    }
}

/// Moves a ledger, and shows how far its steps are.
#[cfg(feature = "postgres")]
fn with_progress<E>(
    session: &Session,
    run: impl FnOnce(&mut dyn FnMut(MoveProgress)) -> Result<Moved, E>,
) -> Result<Moved, E> {
    let mut shown: Option<(MoveStep, Progress)> = None;
    run(&mut |progress| {
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
    })
}

#[cfg(feature = "postgres")]
fn show(
    session: &Session,
    to: &LedgerAddress,
    moved: Moved,
    text: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let value = json!({ "ledger": to.to_string(), "facts": moved.facts, "wallets": moved.wallets });
    session.terminal.show(&value, text)
}

#[cfg(feature = "postgres")]
fn counts(moved: Moved) -> String {
    format!("{} and {}", counted(moved.facts, "fact", "facts"), counted(moved.wallets, "wallet", "wallets"))
}

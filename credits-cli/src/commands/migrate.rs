//! `migrate`: the tables of a ledger in a database.

use clap::Args;
#[cfg(feature = "postgres")]
use credits_runtime::Credits;
#[cfg(feature = "postgres")]
use serde_json::json;

use crate::exit::Failure;
use crate::reach::LedgerAddress;
use crate::session::Session;

/// The arguments of `migrate`.
#[derive(Debug, Args)]
#[command(
    after_help = "It makes the tables that are missing, changes none, and lets programs write the newest format of facts once all of them \
    read it: run it with a role that may make tables before the application starts, as often as you like.\n\n\
    Examples:\n  credits migrate --ledger postgres://owner@localhost/app"
)]
pub(crate) struct Migrate {}

impl Migrate {
    #[expect(clippy::unused_self, reason = "as of every command")]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let (address, _) = session.place.ledger("migrate")?;
        match address {
            LedgerAddress::File(path) => Err(Failure::usage(format!(
                "`{}` is a file, which has no tables to make: give the address of a database with --ledger",
                path.display()
            ))),
            #[cfg(feature = "postgres")]
            LedgerAddress::Database(url) => {
                Credits::make_tables(url)?;
                let value = json!({ "ledger": address.to_string() });
                session.terminal.show(&value, || format!("{address} has the tables of a ledger"))
            }
        }
    }
}

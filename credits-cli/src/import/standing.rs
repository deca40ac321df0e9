//! What a ledger has before an import: entries of an earlier one, of the application, or a time that rows are before.
//!
//! It does not know how rows are written.

use credits_runtime::Credits;

use super::database::Database;
use super::error::ImportError;
use super::opening_balances::DEBT_TABLE;
use super::options::{Mode, Options};
use super::row::Row;
use super::schema::Schema;
use super::survey::Survey;

/// A ledger that is about to be filled.
pub(super) struct Standing<'a> {
    pub(super) credits: &'a Credits<()>,
    pub(super) options: &'a Options,
    pub(super) schema: &'a Schema,
    pub(super) survey: &'a Survey,
}

impl Standing<'_> {
    /// Refuses what would book credits twice, and a history whose times would be before the ledger's.
    pub(super) fn check(&self, database: &mut dyn Database) -> Result<(), ImportError> {
        let is_new = self.credits.entries().limit(1).page()?.entries.is_empty();
        if !is_new
            && let Some(imported) = self.imported(database)?
            && imported != self.options.mode
        {
            return Err(ImportError::ModeDiffers { imported });
        }
        let Some(first) = self.survey.first.as_ref().filter(|_| self.options.mode == Mode::History) else {
            return Ok(());
        };
        let now = self.credits.now();
        match (is_new, now > first.at.min(self.options.now)) {
            (true, false) => Ok(()),
            (true, true) => Err(ImportError::LedgerOpened { now, first: first.at }),
            (false, _) if self.has(&first.wallet, Mode::History.table(), &first.id)? => Ok(()),
            (false, _) => Err(ImportError::LedgerInUse),
        }
    }

    /// The mode of an earlier import of this database.
    fn imported(&self, database: &mut dyn Database) -> Result<Option<Mode>, ImportError> {
        let mode = self.options.mode;
        let mut found = None;
        database.each(&self.schema.transactions(), &mut |cells| {
            // The survey found no row that cannot be read.
            let Ok(row) = Row::of(cells) else { return Ok(()) };
            for mode in [mode, mode.other()] {
                if found.is_none() && self.has(&row.wallet, mode.table(), &row.id)? {
                    found = Some(mode);
                }
            }
            Ok(())
        })?;
        for (id, _) in self.survey.wallets.iter() {
            if found.is_none() && self.has(id, DEBT_TABLE, id)? {
                found = Some(Mode::Balances);
            }
        }
        Ok(found)
    }

    /// Whether a wallet of the gem has an entry under a key.
    fn has(&self, wallet: &str, table: &str, id: &str) -> Result<bool, ImportError> {
        let Some(wallet) = self.survey.wallets.get(wallet) else { return Ok(false) };
        let wallet = self.credits.wallet(&wallet.owner).of_asset_named(&wallet.asset);
        let page = wallet.credit_history().key(self.schema.version.key(table, id)).limit(1).page()?;
        Ok(!page.entries.is_empty())
    }
}

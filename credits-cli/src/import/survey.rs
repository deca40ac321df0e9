//! The survey: one pass over all rows before anything is written. It counts balances, finds rows that cannot be carried
//! over as they are, and collects the names that the pricing has to declare.

use std::collections::{BTreeMap, BTreeSet};

use credits_runtime::{Category, Timestamp};

use super::database::Database;
use super::error::ImportError;
use super::findings::{Finding, Findings};
use super::metadata::{self, Loss};
use super::options::{Mode, Options};
use super::row::{Row, Side};
use super::schema::Schema;
use super::wallets::GemWallets;

/// Result of a survey.
pub(super) struct Survey {
    pub(super) wallets: GemWallets,
    pub(super) findings: Findings,
    /// The application's own categories, as they are named in the ledger.
    pub(super) categories: BTreeSet<String>,
    /// Assets, as they are named in the ledger.
    pub(super) assets: BTreeSet<String>,
    pub(super) transactions: u64,
    /// The first transaction in the order of the replay that has an entry of its own in a history.
    pub(super) first: Option<FirstRow>,
    /// The time of the newest transaction.
    pub(super) newest: Option<Timestamp>,
}

/// Place of the first transaction.
pub(super) struct FirstRow {
    pub(super) id: String,
    pub(super) wallet: String,
    pub(super) at: Timestamp,
}

impl Survey {
    pub(super) fn of(
        database: &mut dyn Database,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, ImportError> {
        let mut findings = Findings::default();
        let wallets = GemWallets::read(database, schema, options, &mut findings)?;
        let assets = wallets.iter().map(|(_, wallet)| wallet.asset.clone()).collect();
        let mut survey = Self {
            wallets,
            findings,
            categories: BTreeSet::new(),
            assets,
            transactions: 0,
            first: None,
            newest: None,
        };
        for (query, finding) in [
            (schema.dangling(), Finding::AllocationDangling),
            (schema.crossing(), Finding::AllocationCrossing),
        ] {
            database.each(&query, &mut |cells| {
                survey.findings.add(finding, format!("allocation {}", cells.text(0).unwrap_or_default()));
                Ok(())
            })?;
        }
        database.each(&schema.transactions(), &mut |cells| {
            survey.transactions = survey.transactions.saturating_add(1);
            match Row::of(cells) {
                Ok(row) => survey.row(&row, schema, options),
                Err((finding, example)) => survey.findings.add(finding, example),
            }
            Ok(())
        })?;
        survey.wallets.check(schema.version.keeps_debt(), &mut survey.findings);
        Ok(survey)
    }

    fn row(&mut self, row: &Row, schema: &Schema, options: &Options) {
        let is_carried = match options.mode {
            Mode::History => row.side != Side::Received,
            Mode::Balances => row.is_open(options.now),
        };
        if is_carried {
            self.categories.extend(declared_category(&row.category, &options.categories));
        }
        if self.first.is_none() && row.has_entry(schema.version.keeps_debt()) {
            self.first = Some(FirstRow { id: row.id.clone(), wallet: row.wallet.clone(), at: row.at });
        }
        self.newest = self.newest.max(Some(row.at));
        let has_wallet = self.wallets.count(row, options.now);
        let keeps_debt = schema.version.keeps_debt();
        let loss = metadata::of(row).loss;
        let found = [
            (Finding::WalletMissing, !has_wallet),
            (Finding::AllocationsExceed, row.is_contradiction()),
            (Finding::AmountZero, row.amount == 0),
            (Finding::TimeInFuture, row.at > options.now),
            (Finding::ExpiryTooFar, row.has_far_expiry),
            (Finding::MetadataShortened, is_carried && loss == Loss::Members),
            (Finding::MetadataUnreadable, is_carried && loss == Loss::Everything),
            (Finding::DebtForgotten, row.unbacked() > 0 && !keeps_debt),
            (Finding::DebtStanding, row.unbacked() > 0 && keeps_debt),
            (Finding::RowMoved, row.is_moved),
            (Finding::TransferHalf, row.side == Side::Half),
        ];
        for (finding, _) in found.into_iter().filter(|(_, is_found)| *is_found) {
            self.findings.add(finding, format!("transaction {}", row.id));
        }
    }
}

/// The application's category of a row; `None` for one of the ledger's.
fn declared_category(category: &str, renamed: &BTreeMap<String, String>) -> Option<String> {
    match Category::from(renamed.get(category).map_or(category, String::as_str)) {
        Category::Application(name) => Some(name.to_string()),
        _ => None,
    }
}

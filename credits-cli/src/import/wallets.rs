//! The wallets of the gem: their names in the ledger, and their balances by the gem's rows.

use std::collections::{BTreeMap, BTreeSet};

use credits_runtime::limits::OPEN_GRANTS_MAX;
use credits_runtime::{Owner, Timestamp};

use super::database::{Cells, Database};
use super::error::ImportError;
use super::findings::{Finding, Findings};
use super::options::Options;
use super::row::Row;
use super::schema::Schema;

/// A wallet of the gem.
#[derive(Clone, Debug)]
pub(super) struct GemWallet {
    pub(super) owner: String,
    /// The asset's name in the ledger.
    pub(super) asset: String,
    /// The stored balance, which may be stale.
    stored: Option<String>,
    /// Credits that can be used.
    open: i128,
    /// Debits that no credits back.
    unbacked: i128,
    expiries: BTreeSet<Option<Timestamp>>,
}

impl GemWallet {
    /// The balance at the time of the import.
    pub(super) fn balance(&self, keeps_debt: bool) -> i128 {
        if keeps_debt { self.open.saturating_sub(self.unbacked) } else { self.open }
    }

    /// Its debits that no credits back.
    pub(super) fn debt(&self) -> i128 {
        self.unbacked
    }

    fn count(&mut self, row: &Row, now: Timestamp) {
        if row.is_open(now) {
            self.open = self.open.saturating_add(row.left().into());
            if self.expiries.len() <= OPEN_GRANTS_MAX {
                self.expiries.insert(row.expires_at);
            }
        }
        self.unbacked = self.unbacked.saturating_add(row.unbacked().into());
    }
}

/// All wallets by their ids.
#[derive(Debug)]
pub(super) struct GemWallets(BTreeMap<String, GemWallet>);

impl GemWallets {
    /// Reads the wallets.
    pub(super) fn read(
        database: &mut dyn Database,
        schema: &Schema,
        options: &Options,
        findings: &mut Findings,
    ) -> Result<Self, ImportError> {
        let mut wallets = BTreeMap::new();
        let (mut records, mut taken) = (BTreeMap::new(), BTreeSet::new());
        database.each(&schema.wallets(), &mut |cells| {
            let text = |place: usize| cells.text(place).unwrap_or_default();
            let (class, id) = (text(1), text(2));
            let wallet = wallet(cells, options);
            if let Err(rejection) = Owner::new(&wallet.owner) {
                findings.add(Finding::OwnerInvalid, format!("wallet {}: {rejection}", text(0)));
            }
            let record = (class.to_owned(), id.to_owned());
            if records.entry(wallet.owner.clone()).or_insert_with(|| record.clone()) != &record {
                findings.add(Finding::OwnersCollide, format!("{class} {id} as `{}`", wallet.owner));
            } else if !taken.insert((wallet.owner.clone(), wallet.asset.clone())) {
                findings.add(Finding::WalletsDuplicate, format!("wallet {} of `{}`", text(0), wallet.owner));
            }
            if !matches!(text(5), "" | "{}" | "null") {
                findings.add(Finding::WalletMetadata, format!("wallet {}", text(0)));
            }
            wallets.insert(text(0).to_owned(), wallet);
            Ok(())
        })?;
        Ok(Self(wallets))
    }

    pub(super) fn get(&self, id: &str) -> Option<&GemWallet> {
        self.0.get(id)
    }

    /// The wallets in the order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &GemWallet)> {
        self.0.iter()
    }

    /// Counts a transaction. Returns whether it has a wallet.
    pub(super) fn count(&mut self, row: &Row, now: Timestamp) -> bool {
        self.0.get_mut(&row.wallet).map(|wallet| wallet.count(row, now)).is_some()
    }

    /// Reports wallets that do not fit, once all transactions are counted.
    pub(super) fn check(&self, keeps_debt: bool, findings: &mut Findings) {
        for (id, wallet) in &self.0 {
            if wallet.expiries.len() > OPEN_GRANTS_MAX {
                findings.add(Finding::OpenGrantsLimit, format!("wallet {id} of `{}`", wallet.owner));
            }
            let balance = wallet.balance(keeps_debt).to_string();
            if wallet.stored.as_deref().is_some_and(|stored| stored != balance) {
                findings.add(Finding::BalanceStale, format!("wallet {id}"));
            }
        }
    }
}

fn wallet(cells: &Cells, options: &Options) -> GemWallet {
    let text = |place: usize| cells.text(place).unwrap_or_default();
    let code = text(3);
    GemWallet {
        owner: options.owners.name(text(1), text(2)),
        asset: options.assets.get(code).map_or(code, String::as_str).to_owned(),
        stored: cells.text(4).map(str::to_owned),
        open: 0,
        unbacked: 0,
        expiries: BTreeSet::new(),
    }
}

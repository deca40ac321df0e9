//! Writing rows: gifts, deductions and transfers in a ledger, each under the key of its row, so that a second import and one
//! that goes on after an interruption book nothing twice.
//!
//! It does not know the order of the rows.

use std::collections::BTreeSet;

use credits_runtime::{Category, Credits, Error, Metadata, Rejection, Reply, Wallet};
use serde_json::{Map, Value};

use super::clock::ImportClock;
use super::error::ImportError;
use super::findings::{Finding, Findings};
use super::metadata;
use super::options::Options;
use super::report::Rows;
use super::row::{Move, Policy, Row};
use super::schema::Version;
use super::wallets::{GemWallet, GemWallets};

/// Reason of corrections.
const CORRECTION: &str = "import: credits that repaid a debt had expired in the gem";

/// A ledger that is being filled.
pub(super) struct Filling<'a> {
    pub(super) credits: &'a Credits<()>,
    pub(super) clock: &'a ImportClock,
    pub(super) options: &'a Options,
    pub(super) version: Version,
    pub(super) wallets: &'a GemWallets,
    pub(super) findings: &'a mut Findings,
    pub(super) rows: Rows,
    /// Wallets whose debts the gem keeps apart from their credits, and those that received credits of them: what expires
    /// there had repaid a debt here.
    indebted: BTreeSet<String>,
}

/// Credits to give for a row.
pub(super) struct Gift {
    pub(super) amount: i64,
    /// Metadata besides the row's.
    pub(super) more: Map<String, Value>,
}

impl<'a> Filling<'a> {
    pub(super) fn new(
        (credits, clock): (&'a Credits<()>, &'a ImportClock),
        (options, version): (&'a Options, Version),
        wallets: &'a GemWallets,
        findings: &'a mut Findings,
    ) -> Self {
        let (rows, indebted) = (Rows::default(), BTreeSet::new());
        Self { credits, clock, options, version, wallets, findings, rows, indebted }
    }

    /// Gives credits of a row.
    pub(super) fn give(&mut self, row: &Row, gift: Gift) -> Result<(), ImportError> {
        let Some(wallet) = self.wallets.get(&row.wallet) else { return Ok(()) };
        let mut members = metadata::of(row).members;
        let reason = self.reason(row, &members);
        members.extend(gift.more);
        // In one class the order of use is the gem's: by expiry, then by id.
        let mut give = self
            .wallet(wallet)
            .give_credits(gift.amount)
            .paid()
            .category(self.category(row))
            .key(self.key(row))
            .metadata(in_json(members));
        if let Some(reason) = reason {
            give = give.reason(reason);
        }
        if let Some(at) = row.expires_at {
            give = give.expires_at(at);
        }
        let reply = give.now();
        self.settle(row, wallet, reply, |receipt| receipt.replayed)
    }

    /// Takes a debit of a row. Above the balance it leaves a debt if the gem keeps debts, and otherwise takes the part
    /// that the gem took.
    pub(super) fn take(&mut self, row: &Row) -> Result<(), ImportError> {
        let Some(wallet) = self.wallets.get(&row.wallet) else { return Ok(()) };
        let keeps_debt = self.version.keeps_debt();
        let amount = if keeps_debt { row.amount.saturating_neg() } else { row.backed };
        if amount == 0 {
            self.rows.left_out = self.rows.left_out.saturating_add(1);
            return Ok(());
        }
        if keeps_debt && row.unbacked() > 0 {
            self.indebted.insert(row.wallet.clone());
        }
        let members = metadata::of(row).members;
        let reason = members.get("operation").and_then(Value::as_str).filter(|name| is_reason(name));
        let mut deduct = self
            .wallet(wallet)
            .deduct_credits(amount, reason.unwrap_or(&row.category))
            .category(self.category(row))
            .key(self.key(row))
            .metadata(in_json(members));
        if self.indebted.contains(&row.wallet) {
            deduct = deduct.with_debt();
        }
        let reply = deduct.now();
        self.settle(row, wallet, reply, |receipt| receipt.replayed)
    }

    /// Moves the credits of a row that sends a transfer.
    pub(super) fn transfer(&mut self, row: &Row, moved: &Move) -> Result<(), ImportError> {
        let (Some(from), Some(to)) = (self.wallets.get(&row.wallet), self.wallets.get(&moved.to_wallet))
        else {
            return Ok(());
        };
        let amount = row.amount.saturating_neg();
        let transfer = self
            .wallet(from)
            .transfer_to(&self.wallet(to), amount)
            .key(self.key(row))
            .metadata(in_json(metadata::of(row).members));
        let reply = match moved.policy {
            Policy::Preserve => transfer.preserving_expiry(),
            Policy::Never => transfer.never_expiring(),
            Policy::At(at) => transfer.expires_at(at),
        }
        .now();
        if self.indebted.contains(&row.wallet) {
            self.indebted.insert(moved.to_wallet.clone());
        }
        self.settle(row, from, reply, |transferred| transferred.replayed)
    }

    /// Corrects the balances of wallets in which a debt was repaid with credits that expired in the gem. A second import
    /// finds nothing to correct.
    pub(super) fn correct(&mut self) -> Result<(), ImportError> {
        for id in &self.indebted {
            let Some(gem) = self.wallets.get(id) else { continue };
            let wallet = self.wallet(gem);
            let correction = gem.balance(true).saturating_sub(wallet.balance()?.get().into());
            if correction == 0 {
                continue;
            }
            let corrected = wallet.adjust_credits(correction, CORRECTION).with_debt().now().wait();
            corrected.map_err(|error| rejected(error, &format!("correction of wallet {id}"), gem))?;
            self.findings.add(Finding::DebtCorrected, format!("wallet {id} by {correction}"));
        }
        Ok(())
    }

    /// The wallet of the ledger.
    pub(super) fn wallet(&self, wallet: &GemWallet) -> Wallet<()> {
        self.credits.wallet(&wallet.owner).of_asset_named(&wallet.asset)
    }

    /// The key of a transaction's entry.
    pub(super) fn key(&self, row: &Row) -> String {
        self.version.key("tx", &row.id)
    }

    /// Waits for a reply and counts it. A row that the ledger refuses ends the import, unless that is no loss.
    pub(super) fn settle<T>(
        &mut self,
        row: &Row,
        wallet: &GemWallet,
        reply: Reply<T>,
        replayed: impl Fn(&T) -> bool,
    ) -> Result<(), ImportError> {
        let left_out = match reply.wait() {
            Ok(done) => {
                let count = if replayed(&done) { &mut self.rows.repeated } else { &mut self.rows.booked };
                *count = count.saturating_add(1);
                return Ok(());
            }
            Err(Error::Rejected(Rejection::IdempotencyKeyReused { .. })) => Finding::RowChanged,
            Err(Error::Rejected(Rejection::ExpiryInPast { .. })) if row.used == 0 => {
                Finding::ExpiredOnArrival
            }
            Err(error) => return Err(rejected(error, &format!("transaction {}", row.id), wallet)),
        };
        self.findings.add(left_out, format!("transaction {}", row.id));
        self.rows.left_out = self.rows.left_out.saturating_add(1);
        Ok(())
    }

    fn category(&self, row: &Row) -> Category {
        let renamed = self.options.categories.get(&row.category);
        Category::from(renamed.unwrap_or(&row.category).as_str())
    }

    /// The reason in a row's metadata.
    fn reason(&mut self, row: &Row, members: &Map<String, Value>) -> Option<String> {
        let reason = members.get("reason").and_then(Value::as_str).filter(|text| !text.is_empty())?;
        if is_reason(reason) {
            return Some(reason.to_owned());
        }
        self.findings.add(Finding::ReasonLeftOut, format!("transaction {}", row.id));
        None
    }
}

/// The error of a row's write.
fn rejected(error: Error, row: &str, wallet: &GemWallet) -> ImportError {
    let (row, owner) = (row.to_owned(), wallet.owner.clone());
    match error {
        Error::Rejected(rejection) => ImportError::Rejected { row, owner, rejection: Box::new(rejection) },
        error => error.into(),
    }
}

/// Metadata of members; none if there are none.
pub(super) fn in_json(members: Map<String, Value>) -> Metadata {
    if members.is_empty() { Metadata::default() } else { Value::Object(members).into() }
}

/// Whether a text is surely a reason: printable, and not too long.
fn is_reason(text: &str) -> bool {
    let is_short = text.len() <= credits_runtime::limits::REASON_BYTES_MAX;
    is_short
        && !text.trim().is_empty()
        && !text.chars().any(|letter| letter.is_control() || is_unseen(letter))
}

/// Whether a letter may change how the letters around it are seen.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

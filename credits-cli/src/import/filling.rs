//! Writing rows: gifts, deductions and transfers in a ledger, each under the key of its row, so that a second import and one
//! that goes on after an interruption book nothing twice.
//!
//! It does not know the order of the rows, nor what becomes of a refusal.

use std::collections::{BTreeMap, BTreeSet};

use credits_runtime::{Category, Credits, Metadata, Wallet};
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
    pub(super) indebted: BTreeSet<String>,
    /// The last row that this import booked in each wallet.
    pub(super) booked: BTreeMap<String, String>,
    /// Wallets with a row whose amount or expiry changed since an earlier import. Nothing more is booked in them.
    pub(super) stopped: BTreeSet<String>,
}

/// A row's write.
pub(super) struct Booking<'a> {
    pub(super) row: &'a Row,
    pub(super) wallet: &'a GemWallet,
    pub(super) key: String,
    /// The amount of its entry.
    pub(super) amount: i128,
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
        Self {
            credits,
            clock,
            options,
            version,
            wallets,
            findings,
            rows: Rows::default(),
            indebted: BTreeSet::new(),
            booked: BTreeMap::new(),
            stopped: BTreeSet::new(),
        }
    }

    /// Gives credits of a row.
    pub(super) fn give(&mut self, row: &Row, gift: Gift) -> Result<(), ImportError> {
        let Some(wallet) = self.wallets.get(&row.wallet) else { return Ok(()) };
        if self.leaves_out(row) {
            return Ok(());
        }
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
        let booking = Booking { row, wallet, key: self.key(row), amount: gift.amount.into() };
        self.settle(&booking, give.now(), |receipt| receipt.replayed)
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
        if self.leaves_out(row) {
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
        let amount = i128::from(amount).saturating_neg();
        let booking = Booking { row, wallet, key: self.key(row), amount };
        self.settle(&booking, deduct.now(), |receipt| receipt.replayed)
    }

    /// Moves the credits of a row that sends a transfer.
    pub(super) fn transfer(&mut self, row: &Row, moved: &Move) -> Result<(), ImportError> {
        let (Some(from), Some(to)) = (self.wallets.get(&row.wallet), self.wallets.get(&moved.to_wallet))
        else {
            return Ok(());
        };
        if self.leaves_out(row) {
            return Ok(());
        }
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
        let booking = Booking { row, wallet: from, key: self.key(row), amount: row.amount.into() };
        self.settle(&booking, reply, |transferred| transferred.replayed)
    }

    /// The wallet of the ledger.
    pub(super) fn wallet(&self, wallet: &GemWallet) -> Wallet<()> {
        self.credits.wallet(&wallet.owner).of_asset_named(&wallet.asset)
    }

    /// The key of a transaction's entry.
    fn key(&self, row: &Row) -> String {
        self.version.key(self.options.mode.table(), &row.id)
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

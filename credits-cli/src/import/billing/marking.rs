//! Marks: awards that the gem gave, with the grants of this ledger that have the rest of them.

use credits_runtime::billing::{AwardId, BillingEvent};
use credits_runtime::{Category, Credits, Error, FactNumber, Rejection, Timestamp};

use super::awards::Given;
use crate::import::error::ImportError;
use crate::import::findings::{Finding, Findings};
use crate::import::options::Mode;
use crate::import::report::BillingReport;
use crate::import::schema::Version;
use crate::import::wallets::GemWallets;

/// Reason of the gift that a refund before the import takes.
const REFUNDED: &str = "import: refunded before, when the gem took it";

/// A ledger in which awards are marked.
pub(super) struct Marking<'a> {
    pub(super) credits: &'a Credits<()>,
    pub(super) version: Version,
    pub(super) mode: Mode,
    pub(super) wallets: &'a GemWallets,
    pub(super) findings: &'a mut Findings,
    pub(super) now: Timestamp,
    pub(super) report: BillingReport,
}

impl Marking<'_> {
    /// Marks an award that transactions of the gem gave. The largest open grant of them becomes its grant.
    pub(super) fn mark(&mut self, owner: &str, award: AwardId, given: &[&Given]) -> Result<(), ImportError> {
        let amount = given.iter().fold(0_i128, |sum, given| sum.saturating_add(given.amount.into()));
        let mark = self.credits.given_before(owner, award, amount);
        let mark = match self.largest_open(given)? {
            Some(grant) => mark.grant(grant),
            None => mark,
        };
        match mark.now().wait() {
            Ok(marked) => {
                self.report.marked = self.report.marked.saturating_add(u64::from(marked.is_new));
                Ok(())
            }
            Err(error) => Err(rejected(error, owner, given)),
        }
    }

    /// Marks an award without a grant: what is left of it is nothing of the running period's. The amount is at least 1.
    pub(super) fn close(&mut self, owner: &str, award: AwardId, amount: i64) -> Result<(), ImportError> {
        let marked = self.credits.given_before(owner, award, amount.max(1)).now().wait()?;
        self.report.marked = self.report.marked.saturating_add(u64::from(marked.is_new));
        Ok(())
    }

    /// Gives what the ledger is about to take for a refund that the gem has booked already.
    pub(super) fn offset(&mut self, given: &Given, amount: i64, key: &str) -> Result<(), ImportError> {
        let Some(gem) = self.wallets.get(&given.wallet) else { return Ok(()) };
        let wallet = self.credits.wallet(&gem.owner).of_asset_named(&gem.asset);
        let give = wallet.give_credits(amount).paid().category(Category::CreditPackRefund).reason(REFUNDED);
        match give.key(self.version.key("refund", key)).now().wait() {
            Err(Error::Rejected(Rejection::IdempotencyKeyReused { .. })) => {
                self.findings.add(Finding::RowChanged, format!("charge {key}"));
                Ok(())
            }
            result => {
                result?;
                Ok(())
            }
        }
    }

    /// Receives an event.
    pub(super) fn receive(&mut self, event: BillingEvent) -> Result<(), ImportError> {
        self.credits.receive(event).wait()?;
        Ok(())
    }

    /// The grant with the most free credits among those of some transactions.
    fn largest_open(&self, given: &[&Given]) -> Result<Option<FactNumber>, ImportError> {
        let mut largest = None;
        for given in given {
            let Some(gem) = self.wallets.get(&given.wallet) else { continue };
            let wallet = self.credits.wallet(&gem.owner).of_asset_named(&gem.asset);
            let key = self.version.key(self.mode.table(), &given.transaction);
            let entries = wallet.credit_history().key(key).limit(1).page()?.entries;
            let Some(number) = entries.first().map(|entry| entry.number) else { continue };
            let open = wallet.open_grants()?.into_iter().find(|grant| grant.id == number);
            largest = largest.max(open.map(|grant| (grant.free, number)));
        }
        Ok(largest.map(|(_, number)| number))
    }
}

/// The error of a mark.
fn rejected(error: Error, owner: &str, given: &[&Given]) -> ImportError {
    match (error, given.first()) {
        (Error::Rejected(rejection), Some(given)) => ImportError::Rejected {
            row: format!("transaction {}", given.transaction),
            owner: owner.to_owned(),
            rejection: Box::new(rejection),
        },
        (error, _) => error.into(),
    }
}

//! What if: the ledger's real charges under another price list.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::catalogue::{CatalogueData, OperationData};
use crate::domain::fact::RecordId;
use crate::domain::ids::{Asset, Owner, WalletId};
use crate::domain::limits::OWNERS_PAGE_MAX;
use crate::domain::pricing::Charge;
use crate::domain::repricing::repriced;
use crate::domain::time::Timestamp;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::credits::Credits;
use crate::service::entry::operation_name;

/// Facts between two reports of progress.
const PROGRESS_FACTS: u64 = 4_096;

/// A comparison of the ledger's charges with their prices under another price list: finish with [`run`](Self::run).
#[must_use = "nothing is read until `.run()`"]
pub struct WhatIf<'a> {
    ledger: Arc<Ledger>,
    catalogue: &'a CatalogueData,
    since: Timestamp,
    progress: Box<dyn FnMut(WhatIfProgress) + 'a>,
}

/// The progress of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WhatIfProgress {
    /// Facts that were read.
    pub facts: u64,
    /// Facts to read in all.
    pub facts_total: u64,
}

/// The charges of a time under another price list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WhatIfReport {
    /// The compared charges, by operation.
    pub operations: Vec<OperationWhatIf>,
    /// Charges that have no price under the other list: the operation or an input is missing there, a price is a Rust
    /// expression, or a hold was settled at another amount than its price.
    pub not_comparable: u64,
    /// Owners whose balance would have become negative, up to 1,000 by name: they could not have paid.
    pub short: Vec<Owner>,
    /// Their number.
    pub short_count: u64,
}

/// The compared charges of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperationWhatIf {
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The operation.
    pub operation: String,
    /// The number of charges.
    pub charges: u64,
    /// The sum of their prices.
    pub charged: i128,
    /// The sum of their prices under the other list.
    pub would_be: i128,
    /// The number of charges that would cost more.
    pub dearer: u64,
    /// The number of charges that would cost less.
    pub cheaper: u64,
    /// The number of charges that plans covered. They are not part of the other numbers.
    pub covered: u64,
}

impl<C> Credits<C> {
    /// Compares the charges since an instant with their prices under another price list, for example one that is to
    /// replace the application's. Nothing is written.
    ///
    /// ```
    /// mod next {
    ///     credits_runtime::usage_credits! { operation step { costs 3.credits } }
    /// }
    /// # credits_runtime::usage_credits! { operation step { costs 2.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(5).now().wait()?;
    /// user.spend_credits_on(Operation::step()).now().wait()?;
    /// user.spend_credits_on(Operation::step()).now().wait()?;
    /// let (next, since) = (next::Pricing::catalog(), credits_runtime::Timestamp::MIN);
    /// let what_if = credits.what_if(&next, since);
    /// assert_eq!(what_if.facts()?, 4);
    /// let report = what_if.run()?;
    /// assert_eq!((report.operations[0].charged, report.operations[0].would_be), (4, 6));
    /// assert_eq!(report.short[0].as_str(), "user:42");
    /// # Ok(())
    /// # }
    /// ```
    pub fn what_if<'a>(&self, catalogue: &'a CatalogueData, since: impl Into<Timestamp>) -> WhatIf<'a> {
        let (ledger, since) = (Arc::clone(&self.ledger), since.into());
        WhatIf { ledger, catalogue, since, progress: Box::new(|_| {}) }
    }
}

impl<'a> WhatIf<'a> {
    /// Calls this about every 4,096 facts, and at the end.
    pub fn on_progress(mut self, report: impl FnMut(WhatIfProgress) + 'a) -> Self {
        self.progress = Box::new(report);
        self
    }

    /// The number of facts that [`run`](Self::run) reads, to tell how long it takes.
    ///
    /// Errors: the ledger's.
    pub fn facts(&self) -> Result<u64, Error> {
        let mut journal = self.ledger.journal()?;
        let first = journal.since(self.since)?;
        Ok(journal.facts_after(&first)?)
    }

    /// Reads the charges; about 3 s for a million. It keeps about 100 bytes for each wallet that would have been charged
    /// otherwise.
    ///
    /// Errors: the ledger's.
    pub fn run(mut self) -> Result<WhatIfReport, Error> {
        let (end, mut journal) = (self.ledger.end()?, self.ledger.journal()?);
        let (mut next, mut comparison) = (journal.since(self.since)?, Comparison::default());
        let facts_total = journal.facts_after(&next)?;
        let (mut facts, mut reported) = (0_u64, 0);
        while !next.has_reached(&end)
            && let Some((booked, after)) = journal.after(&next)?
        {
            comparison.add(&self.ledger, self.catalogue, &booked);
            facts = facts.saturating_add(booked.facts.len() as u64);
            next = after;
            if facts.saturating_sub(reported) >= PROGRESS_FACTS {
                reported = facts;
                (self.progress)(WhatIfProgress { facts, facts_total });
                // A snapshot keeps freed space of the file from being used again.
                journal = self.ledger.journal()?;
            }
        }
        (self.progress)(WhatIfProgress { facts: facts_total, facts_total });
        Ok(comparison.report())
    }
}

#[derive(Default)]
struct Comparison {
    operations: BTreeMap<(Asset, String), OperationWhatIf>,
    not_comparable: u64,
    wallets: HashMap<WalletId, Difference>,
}

/// What a wallet would have been charged more, and whether it could not have paid it.
#[derive(Clone, Copy, Default)]
struct Difference {
    surcharge: i128,
    is_short: bool,
}

impl Comparison {
    fn add(&mut self, ledger: &Ledger, to: &CatalogueData, booked: &Booked) {
        for fact in &booked.facts {
            let (RecordId::Wallet(id), Body::Charged { charge, balance_after, covered_by, .. }) =
                (&fact.record, &fact.body)
            else {
                continue;
            };
            if covered_by.is_some() {
                let known = self.of_operation(id, operation_name(ledger, charge.operation));
                known.covered = known.covered.saturating_add(1);
                continue;
            }
            let Some((operation, would_be)) = compared(ledger, to, charge) else {
                self.not_comparable = self.not_comparable.saturating_add(1);
                continue;
            };
            let (charged, would_be) = (i128::from(charge.price.get()), i128::from(would_be.get()));
            let known = self.of_operation(id, operation);
            known.charges = known.charges.saturating_add(1);
            known.charged = known.charged.saturating_add(charged);
            known.would_be = known.would_be.saturating_add(would_be);
            known.dearer = known.dearer.saturating_add(u64::from(would_be > charged));
            known.cheaper = known.cheaper.saturating_add(u64::from(would_be < charged));
            if would_be != charged || self.wallets.contains_key(id) {
                let wallet = self.wallets.entry(id.clone()).or_default();
                wallet.surcharge = wallet.surcharge.saturating_add(would_be).saturating_sub(charged);
                let was_short = *balance_after < Amount::ZERO;
                wallet.is_short |= !was_short && i128::from(balance_after.get()) < wallet.surcharge;
            }
        }
    }

    fn of_operation(&mut self, wallet: &WalletId, operation: String) -> &mut OperationWhatIf {
        let known = self.operations.entry((wallet.asset.clone(), operation));
        known.or_insert_with_key(|(asset, operation)| OperationWhatIf {
            asset: asset.shown(),
            operation: operation.clone(),
            charges: 0,
            charged: 0,
            would_be: 0,
            dearer: 0,
            cheaper: 0,
            covered: 0,
        })
    }

    fn report(self) -> WhatIfReport {
        let short = self.wallets.into_iter().filter(|(_, difference)| difference.is_short);
        let mut short: Vec<Owner> = short.map(|(id, _)| id.owner).collect();
        short.sort_unstable();
        short.dedup();
        let short_count = short.len() as u64;
        short.truncate(OWNERS_PAGE_MAX);
        let operations = self.operations.into_values().collect();
        WhatIfReport { operations, not_comparable: self.not_comparable, short, short_count }
    }
}

/// The name of a charge's operation, and its price under another catalogue.
fn compared(ledger: &Ledger, to: &CatalogueData, charge: &Charge) -> Option<(String, Amount)> {
    let from = ledger.terms(charge.operation.catalogue)?;
    let operation = from.data.operations.get(usize::from(charge.operation.index))?;
    // A rename, in the ledger's past or in the other list, keeps an operation.
    let name = ledger.names().operations.present(&operation.name);
    let is_same = |new: &&OperationData| {
        let mut names = new.formerly.iter().chain([&new.name]);
        names.any(|other| *other == operation.name || other == name)
    };
    let new = to.operations.iter().find(is_same)?;
    let price = repriced((&from.data, operation), (to, new), &charge.inputs, charge.price)?;
    Some((name.to_owned(), price))
}

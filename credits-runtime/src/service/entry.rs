//! Entries and receipts: facts in the form that applications read.

use std::sync::Arc;

use credits_core::{CreditsName, Wording};
use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::{Category, spoken};
use crate::domain::cover::CoveredBy;
use crate::domain::explain::{PaidFrom, Terms, explain, in_words};
use crate::domain::explanation::Explanation;
use crate::domain::fact::{Fact, Kind, RecordId};
use crate::domain::grant::Allocation;
use crate::domain::ids::{FactNumber, HoldId, Key, Owner, TransferId};
use crate::domain::metadata::Metadata;
use crate::domain::names::{Names, Renames};
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::request::slot::Outcome;
use crate::error::{Error, LedgerError};

/// One immutable line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its position in the journal; for an entry that opened a grant, also the grant's number.
    pub number: FactNumber,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The change of the balance; negative if credits left the wallet.
    pub amount: Amount,
    /// The category.
    pub category: Category,
    /// The balance before it.
    pub balance_before: Amount,
    /// The balance after it.
    pub balance_after: Amount,
    /// The amounts by grant, for an entry that took from grants or restored them.
    pub allocations: Vec<Allocation>,
    /// The charged operation, by its present name.
    pub operation: Option<String>,
    /// The name for people of the operation, plan or pack.
    pub named: Option<String>,
    /// The inputs of the operation in words: `3 pages`, `quality hd`.
    pub inputs: Vec<String>,
    /// The price of the operation. The charged amount is the price less the shortfall, and nothing if a plan covers it.
    pub price: Option<Amount>,
    /// The plan because of which the operation cost nothing, with its subscription.
    pub covered_by: Option<CoveredBy>,
    /// The part of the price that could not be charged when a hold was settled.
    pub shortfall: Amount,
    /// The part of the amount that became debt.
    pub owed: Amount,
    /// The settled hold.
    pub hold: Option<HoldId>,
    /// The charge that it reverses, in whole or in part.
    pub reverses: Option<FactNumber>,
    /// The transfer that it belongs to.
    pub transfer: Option<TransferId>,
    /// The owner of the transfer's other wallet.
    pub counterparty: Option<Owner>,
    /// The application's reason, or the name of the pack or plan whose credits moved.
    pub reason: Option<String>,
    /// The expiry of credits that it gave, received or restored.
    pub expires_at: Option<Timestamp>,
    /// The idempotency key, if the caller chose one.
    pub key: Option<Key>,
    /// The application's metadata.
    pub metadata: Metadata,
    /// When it was booked, by the ledger's time. It never decreases from one entry to the next.
    pub recorded_at: Timestamp,
    /// When it took effect. It is before `recorded_at` only for expiries and debt repayments that were booked
    /// later.
    pub effective_at: Timestamp,
    /// The charge, with the terms of its catalogue.
    #[serde(skip)]
    charge: Option<(Arc<Terms>, Charge)>,
    #[serde(skip, default = "default_wording")]
    wording: Wording<'static>,
}

/// Result of a write that made an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The entry.
    pub entry: Entry,
    /// Whether an earlier write with the same key made it.
    pub replayed: bool,
}

/// Result of settling a hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settled {
    /// The entry.
    pub entry: Entry,
    /// Whether the hold had lapsed.
    pub late: bool,
    /// Whether an earlier call settled the hold.
    pub replayed: bool,
}

/// Result of extending a hold under an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Extended {
    /// When it lapses.
    pub until: Timestamp,
    /// Whether an earlier call under the same key extended it.
    pub replayed: bool,
}

/// Result of releasing a hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Released {
    /// Whether an earlier call released the hold.
    pub replayed: bool,
}

/// The wording of an entry that was read from JSON.
fn default_wording() -> Wording<'static> {
    Wording { credits_named: CreditsName::DEFAULT, assets: &[] }
}

impl Entry {
    /// A short description for people: `Process document`, `Transfer to bob`, `Subscription credits: Studio`, the reason of a
    /// gift or deduction as it was written, or the category's label. Operations, plans and packs have their display names.
    pub fn description(&self) -> String {
        if let Some(operation) = &self.operation {
            return self.named.clone().unwrap_or_else(|| spoken(operation));
        }
        match (&self.counterparty, &self.reason, &self.category) {
            (Some(owner), _, Category::TransferIn) => format!("Transfer from {owner}"),
            (Some(owner), _, Category::TransferOut) => format!("Transfer to {owner}"),
            (_, Some(name), category) if category.names_its_item() => {
                format!("{}: {}", category.label(), self.named.as_deref().unwrap_or(name))
            }
            (_, Some(reason), _) => reason.clone(),
            (_, None, category) => category.label(),
        }
    }

    /// The amount with its unit: `+100 credits`, `-1 credit`.
    pub fn formatted_amount(&self) -> String {
        let sign = if self.amount.is_positive() { "+" } else { "" };
        format!("{sign}{}", self.wording.amount(self.amount.get(), self.asset_name()))
    }

    /// The balance after the entry with its unit: `1,250 credits`.
    pub fn formatted_balance_after(&self) -> String {
        self.wording.amount(self.balance_after.get(), self.asset_name()).to_string()
    }

    /// The price of a charge as a sum, with its inputs, its terms and the grants it was taken from; `None` if the entry is no
    /// charge.
    pub fn explanation(&self) -> Option<Explanation> {
        let (terms, charge) = self.charge.as_ref()?;
        let taken = PaidFrom {
            grants: &self.allocations,
            shortfall: self.shortfall,
            owed: self.owed,
            covered_by: self.covered_by.as_ref(),
        };
        explain(terms, charge, taken)
    }

    fn asset_name(&self) -> &str {
        if self.asset == "credits" { "" } else { &self.asset }
    }

    /// The entry of a fact; `None` for a fact that makes no entry.
    pub(crate) fn of(ledger: &Core, booked: &Booked, number: FactNumber) -> Option<Self> {
        let Fact { record: RecordId::Wallet(wallet), body, .. } = booked.fact(number)? else { return None };
        let entry = body.entry()?;
        let is_outcome = booked.outcome().is_some_and(|(outcome, _)| outcome == number);
        // A reversal is stored under its transfer's number, which is no caller's key.
        let has_key = is_outcome && booked.key.is_given() && booked.kind != Kind::Reverse;
        let made = Self {
            number,
            asset: wallet.asset.shown(),
            amount: entry.amount,
            category: entry.category.clone(),
            balance_before: entry.balance_after.minus(entry.amount),
            balance_after: entry.balance_after,
            allocations: match body {
                // Credits that are given back are not shown by grant.
                Body::GivenBack { .. } => Vec::new(),
                Body::ChargeReversed { repaid, .. } => {
                    let opened = Allocation { grant: number, amount: *repaid };
                    let opened = repaid.is_positive().then_some(opened);
                    entry.returned.iter().copied().chain(opened).collect()
                }
                Body::Restored { .. } | Body::Reclaimed { .. } => entry.returned.into_owned(),
                _ => entry.taken.into_owned(),
            },
            operation: None,
            named: None,
            inputs: Vec::new(),
            price: None,
            covered_by: None,
            shortfall: Amount::ZERO,
            owed: entry.debt.max(Amount::ZERO),
            hold: None,
            reverses: match body {
                Body::ChargeReversed { charge, .. } => Some(*charge),
                _ => None,
            },
            transfer: match body {
                Body::Sent { .. } => Some(TransferId(number)),
                Body::Received { transfer, .. }
                | Body::Returned { transfer, .. }
                | Body::Reclaimed { transfer, .. } => Some(*transfer),
                _ => None,
            },
            counterparty: entry.counterparty.map(|wallet| wallet.owner.clone()),
            reason: entry.reason.map(str::to_owned),
            expires_at: entry.expires_at,
            key: has_key.then(|| booked.key.clone()),
            metadata: entry.metadata.cloned().unwrap_or_default(),
            recorded_at: booked.at,
            effective_at: body.effective_at(booked.at),
            charge: None,
            wording: ledger.wording(),
        };
        let Body::Charged { charge, settles, shortfall, covered_by, .. } = body else {
            return Some(made.with_present_names(ledger));
        };
        let terms = ledger.terms(charge.operation.catalogue);
        let charged = Self {
            operation: Some(operation_name(ledger, charge.operation)),
            inputs: inputs(ledger, charge),
            price: Some(charge.price),
            covered_by: covered_by.as_ref().map(|by| present(ledger, by)),
            charge: terms.map(|terms| (terms, charge.clone())),
            shortfall: *shortfall,
            hold: settles.as_ref().map(|settled| settled.hold),
            // A settlement is stored under its hold's number; the caller's key came with the hold.
            key: match settles {
                Some(settled) => settled.key.as_ref().map(|chosen| chosen.key.clone()),
                None => made.key,
            },
            ..made
        };
        Some(charged.with_present_names(ledger))
    }

    /// With the present name of its plan or pack, which is the reason of entries of billing.
    fn with_present_names(self, ledger: &Core) -> Self {
        let names = ledger.names();
        if let Some(operation) = &self.operation {
            let named = names.operations.named(operation).map(str::to_owned);
            return Self { named, ..self };
        }
        let Some(reason) = &self.reason else { return self };
        let Some(renames) = renames_of(&self.category, reason, names) else { return self };
        let named = renames.named(reason).map(str::to_owned);
        let reason = Some(renames.present(reason).to_owned());
        Self { named, reason, ..self }
    }
}

/// The names that the reason of an entry is one of, if its category names its plan or pack.
fn renames_of<'a>(category: &Category, reason: &str, names: &'a Names) -> Option<&'a Renames> {
    match category {
        Category::CreditPackPurchase | Category::CreditPackRefund => Some(&names.packs),
        // A payment of either is disputed.
        Category::Dispute | Category::DisputeReversal if names.packs.named(reason).is_some() => {
            Some(&names.packs)
        }
        category => category.names_its_item().then_some(&names.plans),
    }
}

/// A plan by its present name, with its subscription.
pub(crate) fn present(ledger: &Core, by: &CoveredBy) -> CoveredBy {
    CoveredBy { plan: ledger.names().plans.present(&by.plan).to_owned(), ..by.clone() }
}

/// The present name of an operation.
pub(crate) fn operation_name(ledger: &Core, operation: OperationId) -> String {
    let terms = ledger.terms(operation.catalogue);
    let known = terms.as_ref().and_then(|terms| terms.data.operations.get(usize::from(operation.index)));
    known.map_or_else(
        || format!("operation {}/{}", operation.catalogue, operation.index),
        |known| ledger.names().operations.present(&known.name).to_owned(),
    )
}

/// The inputs of a charge in words.
pub(crate) fn inputs(ledger: &Core, charge: &Charge) -> Vec<String> {
    let terms = ledger.terms(charge.operation.catalogue);
    let operation =
        terms.as_ref().and_then(|terms| terms.data.operations.get(usize::from(charge.operation.index)));
    operation.map(|operation| in_words(operation, &charge.inputs)).unwrap_or_default()
}

pub(crate) fn receipt(ledger: &Core, outcome: &Outcome) -> Result<Receipt, Error> {
    Ok(Receipt { entry: result_entry(ledger, outcome)?, replayed: outcome.replayed })
}

pub(crate) fn settled(ledger: &Core, outcome: &Outcome) -> Result<Settled, Error> {
    let late = outcome
        .frame
        .facts
        .iter()
        .any(|fact| matches!(&fact.body, Body::Charged { settles: Some(settled), .. } if settled.late));
    Ok(Settled { entry: result_entry(ledger, outcome)?, late, replayed: outcome.replayed })
}

/// The new limit of an extended hold.
pub(crate) fn extended(outcome: &Outcome) -> Result<Timestamp, Error> {
    let booked = &outcome.frame;
    if let Some((_, Fact { body: Body::Extended { until, .. }, .. })) = booked.outcome() {
        return Ok(*until);
    }
    Err(LedgerError::damaged(format!("the frame of fact {} extends no hold", booked.first())).into())
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that reads an outcome")]
pub(crate) fn released(outcome: &Outcome) -> Result<Released, Error> {
    Ok(Released { replayed: outcome.replayed })
}

/// The entry that is the result of a write.
fn result_entry(ledger: &Core, outcome: &Outcome) -> Result<Entry, Error> {
    let entry = outcome.frame.outcome().and_then(|(number, _)| Entry::of(ledger, &outcome.frame, number));
    entry.ok_or_else(|| {
        LedgerError::damaged(format!("the frame of fact {} has no entry", outcome.frame.first())).into()
    })
}

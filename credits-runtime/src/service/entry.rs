//! Entries and receipts: facts as an application reads them.

use std::sync::Arc;

use credits_core::Wording;
use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::explain::{Explanation, Terms, explain};
use crate::domain::fact::{Allocation, Body, Fact, Kind, Part, Record};
use crate::domain::ids::{FactNumber, HoldId, Key, Owner, TransferId};
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::time::Timestamp;
use crate::engine::journal::Numbered;
use crate::engine::ledger::Core;
use crate::engine::reply::Outcome;
use crate::error::{Error, LedgerError};

/// One immutable line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its place in the ledger; of entries that gave credits also the number of their grant.
    pub number: FactNumber,
    /// Of what it is: `credits`, or the name of another asset.
    pub asset: String,
    /// What it added to the balance; negative where credits left.
    pub amount: Amount,
    /// What it was for.
    pub category: Category,
    /// The balance before it.
    pub balance_before: Amount,
    /// The balance after it.
    pub balance_after: Amount,
    /// From which grants it took what.
    pub allocations: Vec<Allocation>,
    /// The operation that was charged.
    pub operation: Option<String>,
    /// The price of the operation; what was charged unless there was a shortfall.
    pub price: Option<Amount>,
    /// What the price was more than could be taken, when a hold was settled.
    pub shortfall: Amount,
    /// What of it is owed since.
    pub owed: Amount,
    /// The hold that was settled.
    pub hold: Option<HoldId>,
    /// The transfer that it is a side of.
    pub transfer: Option<TransferId>,
    /// The other side's owner.
    pub counterparty: Option<Owner>,
    /// Why, in the application's words.
    pub reason: Option<String>,
    /// When credits that were given expire.
    pub expires_at: Option<Timestamp>,
    /// The idempotency key, if the caller chose one.
    pub key: Option<Key>,
    /// What the application wrote on it.
    pub metadata: Metadata,
    /// When it was booked; never decreases.
    pub recorded_at: Timestamp,
    /// When it took effect: the same, but for an expiry that was booked later.
    pub effective_at: Timestamp,
    /// What was charged, and under which terms.
    #[serde(skip)]
    charge: Option<(Arc<Terms>, Charge)>,
    #[serde(skip)]
    wording: Wording<'static>,
}

/// The answer of a write that made an entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The entry.
    pub entry: Entry,
    /// Whether an earlier write with the same key made it.
    pub replayed: bool,
}

/// The answer of settling a hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Settled {
    /// The entry.
    pub entry: Entry,
    /// Whether the hold had lapsed before.
    pub late: bool,
    /// Whether it was settled before.
    pub replayed: bool,
}

/// The answer of releasing a hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Released {
    /// Whether it was released before.
    pub replayed: bool,
}

impl Entry {
    /// What the entry was for, in a word or two: the operation, the reason, or the category.
    pub fn description(&self) -> &str {
        self.operation.as_deref().or(self.reason.as_deref()).unwrap_or(self.category.name())
    }

    /// What it added to the balance, in words: `+100 credits`, `-1 credit`.
    pub fn formatted_amount(&self) -> String {
        let sign = if self.amount.is_positive() { "+" } else { "" };
        format!("{sign}{}", self.wording.amount(self.amount.get(), self.asset_name()))
    }

    /// The balance after it, in words: `1,250 credits`.
    pub fn formatted_balance_after(&self) -> String {
        self.wording.amount(self.balance_after.get(), self.asset_name()).to_string()
    }

    /// Why a charge was what it was; `None` if the entry is no charge.
    pub fn explanation(&self) -> Option<Explanation> {
        let (terms, charge) = self.charge.as_ref()?;
        explain(terms, charge)
    }

    fn asset_name(&self) -> &str {
        if self.asset == "credits" { "" } else { &self.asset }
    }

    /// The entry that a fact is; `None` if it is none.
    pub(crate) fn of(ledger: &Core, (first, frame): &Numbered, place: usize) -> Option<Self> {
        let Fact { record: Record::Wallet(wallet), body, .. } = frame.facts.get(place)? else { return None };
        let (amount, balance_after) = body.movement()?;
        let answers = frame.answer().is_some_and(|(answer, _)| answer == place);
        let blank = Self {
            number: first.plus(place),
            asset: wallet.asset.shown(),
            amount,
            category: body.category()?,
            balance_before: balance_after.minus(amount),
            balance_after,
            allocations: Vec::new(),
            operation: None,
            price: None,
            shortfall: Amount::ZERO,
            owed: Amount::ZERO,
            hold: None,
            transfer: None,
            counterparty: None,
            reason: None,
            expires_at: None,
            // A reversal's own key is its transfer's number.
            key: (answers && frame.key.is_given() && frame.kind != Kind::Reverse).then(|| frame.key.clone()),
            metadata: Metadata::default(),
            recorded_at: frame.at,
            effective_at: body.effective_at(frame.at),
            charge: None,
            wording: ledger.wording(),
        };
        Some(blank.filled(ledger, body))
    }

    fn filled(self, ledger: &Core, body: &Body) -> Self {
        match body {
            Body::Given { terms, reason, metadata, .. } => Self {
                reason: reason.clone(),
                expires_at: terms.expires_at,
                metadata: metadata.clone(),
                ..self
            },
            Body::Charged { charge, allocations, settles, shortfall, metadata, owed, .. } => Self {
                owed: *owed,
                allocations: allocations.clone(),
                operation: Some(operation_name(ledger, charge.operation)),
                price: Some(charge.price),
                charge: ledger
                    .terms(charge.operation.catalogue)
                    .map(|terms| (Arc::clone(terms), charge.clone())),
                shortfall: *shortfall,
                hold: settles.as_ref().map(|settled| settled.hold),
                // A settling's own key is its hold's number; the caller's was given to the hold.
                key: match settles {
                    Some(settled) => settled.key.as_ref().map(|chosen| chosen.key.clone()),
                    None => self.key,
                },
                metadata: metadata.clone(),
                ..self
            },
            Body::Deducted { reason, allocations, metadata, owed, .. } => Self {
                owed: *owed,
                reason: Some(reason.clone()),
                allocations: allocations.clone(),
                metadata: metadata.clone(),
                ..self
            },
            Body::Expired { grant, amount, .. } => {
                Self { allocations: vec![Allocation { grant: *grant, amount: *amount }], ..self }
            }
            Body::TakenBack { parts, owed, reason, .. } => {
                Self { owed: *owed, reason: Some(reason.clone()), allocations: allocations(parts), ..self }
            }
            Body::GivenBack { reason, .. } => Self { reason: Some(reason.clone()), ..self },
            Body::DebtRepaid { allocations, .. } => Self { allocations: allocations.clone(), ..self },
            Body::Sent { to, parts, metadata, .. } => Self {
                transfer: Some(TransferId(self.number)),
                counterparty: Some(to.owner.clone()),
                allocations: allocations(parts),
                metadata: metadata.clone(),
                ..self
            },
            Body::Received { from, transfer, terms, metadata, .. } => Self {
                transfer: Some(*transfer),
                counterparty: Some(from.owner.clone()),
                expires_at: terms.expires_at,
                metadata: metadata.clone(),
                ..self
            },
            Body::Returned { to, transfer, allocations, owed, metadata, .. } => Self {
                transfer: Some(*transfer),
                counterparty: Some(to.owner.clone()),
                allocations: allocations.clone(),
                owed: *owed,
                metadata: metadata.clone(),
                ..self
            },
            Body::Reclaimed { from, transfer, parts, metadata, .. } => Self {
                transfer: Some(*transfer),
                counterparty: Some(from.owner.clone()),
                allocations: allocations(parts),
                metadata: metadata.clone(),
                ..self
            },
            Body::Restored { grant, amount, terms, .. } => Self {
                allocations: vec![Allocation { grant: *grant, amount: *amount }],
                expires_at: terms.expires_at,
                ..self
            },
            // No entries.
            _ => self,
        }
    }
}

fn allocations(parts: &[Part]) -> Vec<Allocation> {
    parts.iter().map(|part| Allocation { grant: part.grant, amount: part.amount }).collect()
}

/// The name of an operation, as declared when it was priced.
pub(crate) fn operation_name(ledger: &Core, operation: OperationId) -> String {
    let name = ledger
        .terms(operation.catalogue)
        .and_then(|terms| terms.data.operations.get(usize::from(operation.index)));
    name.map_or_else(
        || format!("operation {}/{}", operation.catalogue, operation.index),
        |known| known.name.clone(),
    )
}

pub(crate) fn receipt(ledger: &Core, outcome: &Outcome) -> Result<Receipt, Error> {
    Ok(Receipt { entry: answer(ledger, outcome)?, replayed: outcome.replayed })
}

pub(crate) fn settled(ledger: &Core, outcome: &Outcome) -> Result<Settled, Error> {
    let late = outcome
        .frame
        .1
        .facts
        .iter()
        .any(|fact| matches!(&fact.body, Body::Charged { settles: Some(settled), .. } if settled.late));
    Ok(Settled { entry: answer(ledger, outcome)?, late, replayed: outcome.replayed })
}

/// When an extended hold lapses.
pub(crate) fn extended(outcome: &Outcome) -> Result<Timestamp, Error> {
    match outcome.frame.1.answer().map(|(_, fact)| &fact.body) {
        Some(Body::Extended { until, .. }) => Ok(*until),
        _ => {
            Err(LedgerError::damaged(format!("the frame of fact {} extends no hold", outcome.frame.0)).into())
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for everything that reads an outcome")]
pub(crate) fn released(outcome: &Outcome) -> Result<Released, Error> {
    Ok(Released { replayed: outcome.replayed })
}

/// The entry that answers a write.
fn answer(ledger: &Core, outcome: &Outcome) -> Result<Entry, Error> {
    let entry = outcome.frame.1.answer().and_then(|(place, _)| Entry::of(ledger, &outcome.frame, place));
    entry.ok_or_else(|| {
        LedgerError::damaged(format!("the frame of fact {} has no entry", outcome.frame.0)).into()
    })
}

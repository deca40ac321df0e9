//! Reversals of charges, in whole or in part.

use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::body::Body;
use crate::domain::command::{Action, ChargeReversal};
use crate::domain::fact::Scope;
use crate::domain::ids::{FactNumber, Key, WalletId};
use crate::engine::core::Core;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::service::entry::{self, Entry, Receipt};
use crate::service::write::{Write, not_sent, write_options};

/// Builder of a charge's reversal: finish with `.now()`.
#[must_use = "nothing is reversed until `.now()`"]
pub struct ReverseCharge {
    write: Write,
    charge: FactNumber,
    amount: Option<Amount>,
    reason: Option<String>,
}

impl ReverseCharge {
    pub(crate) fn new(write: Write, charge: FactNumber) -> Self {
        Self { write, charge, amount: None, reason: None }
    }

    write_options!();

    /// The amount to reverse, instead of everything that is left of the charge.
    pub fn amount(mut self, amount: impl IntoAmount) -> Self {
        self.amount = Some(self.write.amount(amount));
        self
    }

    /// The reason, which the entry shows.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Returns the credits as a `charge_reversed` entry. The sum of a charge's reversals never exceeds the charge.
    ///
    /// Debt that the charge made is undone first; the part of it that was repaid returns as paid credits that never
    /// expire. Then its allocations return to their grants, the last used one first. Each grant has the terms it was
    /// given with, and lasts from now on at least as long as it had left when it was charged. Credits of an award
    /// whose payment was returned are taken for that refund in the same commit.
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`,
    /// `AmountOutOfRange`, `MetadataTooLarge`, `MetadataTooDeep`, `ReasonTooLong`, `ReasonInvalid`, `AmountNotPositive`,
    /// `EntryUnknown`, `NotACharge`, `ChargeOfAnotherWallet`, `ReversalExceedsCharge`, `OpenGrantsLimit`,
    /// `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        let Self { write, charge, amount, reason } = self;
        let reversal = ChargeReversal { charge, amount, reason };
        write.send(Action::ReverseCharge(reversal), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

not_sent!(ReverseCharge => Receipt);

/// The reversals of a charge, oldest first.
pub(crate) fn reversals(ledger: &Core, wallet: &WalletId, charge: FactNumber) -> Result<Vec<Entry>, Error> {
    let mut next = ledger.keyed(&Scope::Charges(wallet.clone()), &Key::of_charge(charge))?;
    let (mut entries, mut journal) = (Vec::new(), ledger.journal()?);
    while let Some(booked) = next {
        let reversal = booked.numbered().find_map(|(number, fact)| match &fact.body {
            Body::ChargeReversed { charge: of, previous, .. } if *of == charge => Some((number, *previous)),
            _ => None,
        });
        let Some((number, previous)) = reversal else { break };
        entries.extend(Entry::of(ledger, &booked, number));
        next = previous.map(|previous| journal.frame(previous)).transpose()?;
    }
    entries.reverse();
    Ok(entries)
}

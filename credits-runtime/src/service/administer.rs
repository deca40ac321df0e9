//! Writes of administrators, each with a reason: deductions, corrections, revocations of grants.

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::command::{Action, Deduction, Expiry, Gift, TakeFrom};
use crate::domain::fact::Kind;
use crate::domain::grant::{Class, GrantTerms};
use crate::domain::ids::FactNumber;
use crate::domain::rejection::Rejection;
use crate::engine::request::reply::Reply;
use crate::service::entry::{self, Receipt};
use crate::service::write::{Write, not_sent, write_options};

/// Builder of a deduction: finish with `.now()`.
#[must_use = "nothing is taken until `.now()`"]
pub struct Deduct {
    write: Write,
    amount: Amount,
    reason: String,
    with_debt: bool,
    category: Option<Category>,
}

impl Deduct {
    pub(crate) fn new(write: Write, amount: Amount, reason: String) -> Self {
        Self { write, amount, reason, with_debt: false, category: None }
    }

    write_options!();

    /// Allows an amount above the available credits: the rest becomes debt.
    pub fn with_debt(mut self) -> Self {
        self.with_debt = true;
        self
    }

    /// The category, instead of `credit_deducted`: one of the ledger's, or one of the `categories` in the
    /// settings.
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.category = Some(self.write.category(category));
        self
    }

    /// Takes the credits. An amount above the available ones needs [`with_debt`](Self::with_debt).
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`, `AmountOutOfRange`,
    /// `CategoryUnknown`, `MetadataTooLarge`, `MetadataTooDeep`, `ReasonTooLong`, `ReasonInvalid`, `AmountNotPositive`,
    /// `InsufficientCredits`, `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        let from = TakeFrom::Any { amount: self.amount, with_debt: self.with_debt };
        let taking = Deduction { kind: Kind::Deduct, from, reason: self.reason, category: self.category };
        self.write.send(Action::Take(taking), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

/// Builder of a correction of the balance: finish with `.now()`.
#[must_use = "nothing is corrected until `.now()`"]
pub struct Adjust {
    write: Write,
    amount: Amount,
    reason: String,
    with_debt: bool,
}

impl Adjust {
    pub(crate) fn new(write: Write, amount: Amount, reason: String) -> Self {
        Self { write, amount, reason, with_debt: false }
    }

    write_options!();

    /// Allows a deduction above the available credits: the rest becomes debt.
    pub fn with_debt(mut self) -> Self {
        self.with_debt = true;
        self
    }

    /// Corrects the balance: up by credits that never expire, down by a deduction. Both are
    /// `manual_adjustment` entries.
    ///
    /// Rejections in order: `AmountZero`, `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`,
    /// `AmountOutOfRange`, `MetadataTooLarge`, `MetadataTooDeep`, `ReasonTooLong`, `ReasonInvalid`, `InsufficientCredits`,
    /// `OpenGrantsLimit`, `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        let Self { mut write, amount, reason, with_debt } = self;
        let category = Some(Category::ManualAdjustment);
        let action = if amount.is_positive() {
            Action::Give(Gift {
                amount,
                reason: Some(reason),
                category,
                class: Some(Class::Paid),
                expiry: Expiry::Never,
                priority: GrantTerms::PRIORITY_DEFAULT,
                scope: Vec::new(),
                kind: Kind::Adjust,
            })
        } else if amount.is_zero() {
            return Reply::failed(Rejection::AmountZero);
        } else {
            // The negative of the least amount is out of range.
            let amount = Amount::ZERO.checked_sub(amount).unwrap_or_else(|| {
                let given = i128::from(amount.get()).saturating_neg().to_string();
                write.refuse(Rejection::AmountOutOfRange { given });
                Amount::MAX
            });
            let from = TakeFrom::Any { amount, with_debt };
            Action::Take(Deduction { kind: Kind::Adjust, from, reason, category })
        };
        write.send(action, |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

/// Builder of a grant's revocation: finish with `.now()`.
#[must_use = "nothing is revoked until `.now()`"]
pub struct Revoke {
    write: Write,
    grant: FactNumber,
    reason: String,
}

impl Revoke {
    pub(crate) fn new(write: Write, grant: FactNumber, reason: String) -> Self {
        Self { write, grant, reason }
    }

    write_options!();

    /// Takes the free part of the grant. The parts that holds have set aside stay with the holds.
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`, `MetadataTooLarge`,
    /// `MetadataTooDeep`, `ReasonTooLong`, `ReasonInvalid`, `GrantUnknown`,
    /// `GrantNotFree`, also for a gift whose credits joined another grant.
    pub fn now(self) -> Reply<Receipt> {
        let from = TakeFrom::Grant(self.grant);
        let taking = Deduction { kind: Kind::Revoke, from, reason: self.reason, category: None };
        self.write.send(Action::Take(taking), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

not_sent!(Deduct => Receipt);
not_sent!(Adjust => Receipt);
not_sent!(Revoke => Receipt);

//! Giving credits.

use std::time::Duration;

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::command::{Action, Expiry, Gift};
use crate::domain::fact::{Class, GrantTerms, Kind};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::reply::Reply;
use crate::service::entry::{self, Receipt};
use crate::service::write::{Write, not_sent, write_options};

/// Credits about to be given.
#[must_use = "nothing is given until `.now()`"]
pub struct Give {
    write: Write,
    gift: Gift,
}

impl Give {
    pub(crate) fn new(write: Write, amount: Amount) -> Self {
        Self {
            write,
            gift: Gift {
                amount,
                reason: None,
                category: None,
                class: None,
                expiry: Expiry::Never,
                priority: GrantTerms::PRIORITY_DEFAULT,
                scope: Vec::new(),
                kind: Kind::Give,
            },
        }
    }

    write_options!();

    /// Why, in the application's words: `signup` and `referral` have categories of their own, anything with
    /// `bonus` is a bonus, everything else is given by hand. At most 1,000 bytes.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.gift.reason = Some(reason.into());
        self
    }

    /// The category, whatever the reason: one of the ledger's, or one of the `categories` in the settings.
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.gift.category = Some(self.write.category(category));
        self
    }

    /// Can be used before this instant, which must be in the future.
    pub fn expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.gift.expiry = Expiry::At(at.into());
        self
    }

    /// Can be used for this long.
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.gift.expiry = Expiry::In(duration);
        self
    }

    /// Used before paid credits of the same expiry. Signup and referral gifts are promotional unless said
    /// otherwise.
    pub fn promotional(mut self) -> Self {
        self.gift.class = Some(Class::Promotional);
        self
    }

    /// Used like credits that were paid for, as every gift is but signup and referral ones.
    pub fn paid(mut self) -> Self {
        self.gift.class = Some(Class::Paid);
        self
    }

    /// Used in this order: those of a lower priority first. 50 unless said otherwise.
    pub fn priority(mut self, priority: u16) -> Self {
        self.gift.priority = priority;
        self
    }

    /// Can be used for these operations alone, by the names that they are declared with. Credits for fewer
    /// operations are used first.
    pub fn only_for(mut self, operations: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for name in operations {
            if let Some(operation) = self.write.ledger.operation(name.as_ref()) {
                self.gift.scope.push(operation);
            } else {
                let operation = name.as_ref().to_owned();
                self.write.refuse(Rejection::OperationUnknown { operation });
            }
        }
        self.gift.scope.sort_unstable();
        self.gift.scope.dedup();
        self
    }

    /// Gives them.
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `IdempotencyKeyReused`, `AmountOutOfRange`, `OperationUnknown`,
    /// `CategoryUnknown`, `MetadataTooLarge`,
    /// `MetadataTooDeep`, `ReasonTooLong`, `AmountNotPositive`, `ExpiryInPast`, `OpenGrantsLimit`,
    /// `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        self.write.send(Action::Give(self.gift), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

not_sent!(Give => Receipt);

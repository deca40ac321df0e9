//! Gifts: credits that the application gives to an owner.

use std::time::Duration;

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::command::{Action, Expiry, Gift};
use crate::domain::fact::Kind;
use crate::domain::grant::{Class, GrantTerms};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::request::reply::Reply;
use crate::service::entry::{self, Receipt};
use crate::service::write::{Write, not_sent, write_options};

/// Builder of a gift: finish with `.now()`.
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

    /// The reason, up to 1,000 bytes. It decides the category unless [`category`](Self::category) sets one:
    /// `signup` and `referral` have their own, any text with `bonus` in it is a bonus, and any other is a
    /// manual adjustment.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.gift.reason = Some(reason.into());
        self
    }

    /// The category, regardless of the reason: one of the ledger's, or one of the `categories` in the
    /// settings.
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.gift.category = Some(self.write.category(category));
        self
    }

    /// The expiry: the credits can be used before this instant, which must be in the future.
    pub fn expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.gift.expiry = Expiry::At(at.into());
        self
    }

    /// The lifetime: the credits expire this long after they are given.
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.gift.expiry = Expiry::In(duration);
        self
    }

    /// Gives promotional credits, which are used before paid ones of the same scope, priority and expiry.
    /// Signup and referral gifts are promotional by default.
    pub fn promotional(mut self) -> Self {
        self.gift.class = Some(Class::Promotional);
        self
    }

    /// Gives credits of the paid class, the default of all gifts but signup and referral ones.
    pub fn paid(mut self) -> Self {
        self.gift.class = Some(Class::Paid);
        self
    }

    /// The priority: among grants for equally many operations, a lower priority is used first. 50 unless set.
    pub fn priority(mut self, priority: u16) -> Self {
        self.gift.priority = priority;
        self
    }

    /// Restricts the credits to these operations of the pricing, by their names or former names. Credits for fewer
    /// operations are used first.
    pub fn only_for(mut self, operations: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for name in operations {
            let name = name.as_ref();
            // An operation that is gone stays in the scope, by which a replay is recognised.
            self.gift.scope.extend(self.write.ledger.operation(name));
            if !self.write.ledger.declares(name) {
                self.write.refuse(Rejection::OperationUnknown { operation: name.to_owned() });
            }
        }
        self.gift.scope.sort_unstable();
        self.gift.scope.dedup();
        self
    }

    /// Gives the credits.
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`, `AmountOutOfRange`,
    /// `OperationUnknown`, `CategoryUnknown`, `MetadataTooLarge`, `MetadataTooDeep`, `ReasonTooLong`, `ReasonInvalid`,
    /// `AmountNotPositive`, `ExpiryInPast`, `ExpiryOutOfRange`, `OpenGrantsLimit`, `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        self.write.send(Action::Give(self.gift), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

not_sent!(Give => Receipt);

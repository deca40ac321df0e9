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
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let entry = user.give_credits(20).reason("signup").now().wait()?.entry;
    /// assert_eq!(entry.category.label(), "Signup bonus");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.gift.reason = Some(reason.into());
        self
    }

    /// The category, regardless of the reason: one of the ledger's, or one of the `categories` in the
    /// settings.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { settings { categories contest } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let entry = user.give_credits(20).reason("week 14").category("contest").now().wait()?.entry;
    /// assert_eq!(entry.category.to_string(), "contest");
    /// # Ok(())
    /// # }
    /// ```
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.gift.category = Some(self.write.category(category));
        self
    }

    /// The expiry: the credits can be used before this instant, which must be in the future.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let friday = credits.now().after(std::time::Duration::from_secs(3 * 86_400));
    /// user.give_credits(20).expires_at(friday).now().wait()?;
    /// assert_eq!(user.open_grants()?[0].expires_at, Some(friday));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.gift.expiry = Expiry::At(at.into());
        self
    }

    /// The lifetime: the credits expire this long after they are given.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let day = std::time::Duration::from_secs(86_400);
    /// let entry = user.give_credits(20).expires_in(day).now().wait()?.entry;
    /// assert_eq!(entry.expires_at, Some(entry.recorded_at.after(day)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.gift.expiry = Expiry::In(duration);
        self
    }

    /// Gives promotional credits, which are used before paid ones of the same scope, priority and expiry.
    /// Signup and referral gifts are promotional by default.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.give_credits(5).promotional().now().wait()?;
    /// assert!(user.open_grants()?[0].is_promotional, "they are used before the 100 paid ones");
    /// # Ok(())
    /// # }
    /// ```
    pub fn promotional(mut self) -> Self {
        self.gift.class = Some(Class::Promotional);
        self
    }

    /// Gives credits of the paid class, the default of all gifts but signup and referral ones.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// user.give_credits(20).reason("signup").paid().now().wait()?;
    /// assert!(!user.open_grants()?[0].is_promotional);
    /// # Ok(())
    /// # }
    /// ```
    pub fn paid(mut self) -> Self {
        self.gift.class = Some(Class::Paid);
        self
    }

    /// The priority: among grants for equally many operations, a lower priority is used first. 50 unless set.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.give_credits(20).priority(10).now().wait()?;
    /// assert_eq!(user.open_grants()?[0].free, 20, "they are used before the 100 of priority 50");
    /// # Ok(())
    /// # }
    /// ```
    pub fn priority(mut self, priority: u16) -> Self {
        self.gift.priority = priority;
        self
    }

    /// Restricts the credits to these operations of the pricing, by their names or former names. Credits for fewer
    /// operations are used first.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// user.give_credits(30).only_for(["render"]).now().wait()?;
    /// assert_eq!(user.open_grants()?[0].only_for, ["render"]);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let receipt = user.give_credits(100).reason("signup").key("welcome").now().wait()?;
    /// assert_eq!((receipt.entry.amount.get(), receipt.replayed), (100, false));
    /// # Ok(())
    /// # }
    /// ```
    pub fn now(self) -> Reply<Receipt> {
        self.write.send(Action::Give(self.gift), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}

not_sent!(Give => Receipt);

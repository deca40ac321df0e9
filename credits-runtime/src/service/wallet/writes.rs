//! Writes to a wallet that need no price list: credits come, go, move and return, and holds end.

use std::sync::Arc;
use std::time::Duration;

use credits_core::TransferExpiration;

use super::Wallet;
use crate::domain::amount::IntoAmount;
use crate::domain::command::{Action, Command, SettleAt};
use crate::domain::ids::{FactNumber, GivenKey, HoldId, TransferId};
use crate::domain::metadata::Metadata;
use crate::domain::time::Timestamp;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::service::administer::{Adjust, Deduct, Revoke};
use crate::service::entry::{self, Entry, Extended, Released};
use crate::service::give::Give;
use crate::service::reverse::{self, ReverseCharge};
use crate::service::settle::Settle;
use crate::service::transfer::{self, Reverse, Reversed, Transfer};
use crate::service::write::Write;

impl<C> Wallet<C> {
    /// Gives credits: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let receipt = user.give_credits(100).reason("signup").key("welcome").now().wait()?;
    /// assert_eq!(receipt.entry.balance_after, 100);
    /// assert!(user.give_credits(100).reason("signup").key("welcome").now().wait()?.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn give_credits(&self, amount: impl IntoAmount) -> Give {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Give::new(write, amount)
    }

    /// Takes credits on behalf of an administrator, with a reason: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let entry = user.deduct_credits(30, "given by mistake").now().wait()?.entry;
    /// assert_eq!((entry.amount.get(), entry.reason.as_deref()), (-30, Some("given by mistake")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn deduct_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Deduct {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Deduct::new(write, amount, reason.into())
    }

    /// Corrects the balance up or down on behalf of an administrator, with a reason: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.adjust_credits(-30, "counted twice").now().wait()?;
    /// user.adjust_credits(5, "counted once too few").now().wait()?;
    /// assert_eq!(user.credits()?, 75);
    /// # Ok(())
    /// # }
    /// ```
    pub fn adjust_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Adjust {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Adjust::new(write, amount, reason.into())
    }

    /// Takes the free part of a grant on behalf of an administrator, with a reason: finish with `.now()`. The
    /// grant has the number of its entry.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let grant = user.give_credits(50).now().wait()?.entry.number;
    /// user.revoke_grant(grant, "the offer was withdrawn").now().wait()?;
    /// assert_eq!(user.credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_grant(&self, grant: FactNumber, reason: impl Into<String>) -> Revoke {
        Revoke::new(Write::new(&self.ledger, &self.id), grant, reason.into())
    }

    /// Moves credits to another wallet of the same asset: finish with `.now()`.
    ///
    /// Idempotency keys are those of the sender's wallet.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).key("share-1").now().wait()?;
    /// assert_eq!((user.credits()?.get(), team.credits()?.get()), (60, 40));
    /// # Ok(())
    /// # }
    /// ```
    pub fn transfer_to(&self, receiver: &Self, amount: impl IntoAmount) -> Transfer {
        let of_this_ledger = Arc::ptr_eq(&self.ledger, &receiver.ledger);
        let keeps_expiry = self.ledger.policy().transfer_expiration == TransferExpiration::Preserve;
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Transfer::new(write, &receiver.id, amount, (of_this_ledger, keeps_expiry))
    }

    /// Reverses a transfer that this wallet sent: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// let transfer = user.transfer_to(&team, 40).now().wait()?.id;
    /// user.reverse_transfer(transfer).now().wait()?;
    /// assert_eq!((user.credits()?.get(), team.credits()?.get()), (100, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reverse_transfer(&self, transfer: TransferId) -> Reverse {
        Reverse::new(Write::new(&self.ledger, &self.id), transfer)
    }

    /// The reversal of a transfer that this wallet sent; `None` if it was not reversed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let (user, team) = (credits.wallet("user:42"), credits.wallet("team:7"));
    /// # user.give_credits(100).now().wait()?;
    /// let transfer = user.transfer_to(&team, 60).now().wait()?.id;
    /// assert_eq!(user.reversal_of_transfer(transfer)?, None);
    /// user.reverse_transfer(transfer).now().wait()?;
    /// assert_eq!(user.reversal_of_transfer(transfer)?.map(|reversed| reversed.reclaimed.amount.get()), Some(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reversal_of_transfer(&self, transfer: TransferId) -> Result<Option<Reversed>, Error> {
        transfer::reversal(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, transfer)
    }

    /// Reverses a charge of this wallet by the number of its entry, in whole or in part: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// let charge = user.spend_credits_on(Operation::render()).now().wait()?.entry.number;
    /// let half = user.reverse_charge(charge).amount(5).reason("blurred").key("ticket-7").now().wait()?;
    /// assert_eq!(half.entry.reverses, Some(charge));
    /// user.reverse_charge(charge).now().wait()?;
    /// assert_eq!(user.credits()?, 100);
    /// assert!(user.reverse_charge(charge).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn reverse_charge(&self, charge: FactNumber) -> ReverseCharge {
        ReverseCharge::new(Write::new(&self.ledger, &self.id), charge)
    }

    /// The reversals of a charge of this wallet, by the number of its entry, oldest first; empty if nothing of it was
    /// reversed.
    ///
    /// It reads a frame for each reversal. Errors: `OwnerInvalid`, then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let charge = user.spend_credits_on(Operation::render()).now().wait()?.entry.number;
    /// user.reverse_charge(charge).amount(4).now().wait()?;
    /// assert_eq!(user.reversals_of(charge)?[0].amount, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reversals_of(&self, charge: FactNumber) -> Result<Vec<Entry>, Error> {
        reverse::reversals(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, charge)
    }

    /// Settles a hold by its number, from [`Hold::into_id`](crate::Hold::into_id): charges the amount set
    /// aside. Another call returns the first outcome.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// // Later, or in another process that opens the ledger then:
    /// assert_eq!(user.settle(hold).wait()?.entry.amount, -10);
    /// assert!(user.settle(hold).wait()?.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle(&self, hold: HoldId) -> Settle {
        Settle::new(&self.ledger, self.id.clone(), hold, SettleAt::Held)
    }

    /// Settles a hold by its number for this amount, like
    /// [`Hold::settle_amount`](crate::Hold::settle_amount).
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released, `AmountOutOfRange`, `AmountNegative`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// assert_eq!(user.settle_amount(hold, 4).wait()?.entry.amount, -4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_amount(&self, hold: HoldId, amount: impl IntoAmount) -> Settle {
        Settle::new(&self.ledger, self.id.clone(), hold, SettleAt::Amount(amount.into_amount()))
    }

    /// Extends a hold by its number, like [`Hold::extend`](crate::Hold::extend).
    ///
    /// Rejections: `OwnerInvalid`, `HoldUnknown`, `HoldClosed` if it has ended, `HoldLimitInvalid`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let (until, hold) = (hold.until(), hold.into_id());
    /// assert_eq!(user.extend_hold(hold, minute).wait()?, until.after(minute));
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend_hold(&self, hold: HoldId, by: Duration) -> Reply<Timestamp> {
        Write::new(&self.ledger, &self.id)
            .send(Action::Extend { hold, by }, |_, _, outcome| entry::extended(&outcome))
    }

    /// Extends a hold by its number, once for an idempotency key: another call under the same key returns the first
    /// outcome.
    ///
    /// Rejections: `OwnerInvalid`, `KeyInvalid`, `IdempotencyKeyReused`, `HoldUnknown`, `HoldClosed` if it has ended,
    /// `HoldLimitInvalid`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let minute = Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let (until, hold) = (hold.until(), hold.into_id());
    /// let extended = user.extend_hold_once(hold, minute, "job-7").wait()?;
    /// let again = user.extend_hold_once(hold, minute, "job-7").wait()?;
    /// assert_eq!((extended.until, again.until), (until.after(minute), until.after(minute)));
    /// assert!(again.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend_hold_once(&self, hold: HoldId, by: Duration, key: impl Into<GivenKey>) -> Reply<Extended> {
        let mut write = Write::new(&self.ledger, &self.id);
        write.key(key.into());
        write.send(Action::Extend { hold, by }, |_, _, outcome| {
            Ok(Extended { until: entry::extended(&outcome)?, replayed: outcome.replayed })
        })
    }

    /// Releases a hold by its number, from [`Hold::into_id`](crate::Hold::into_id) or from
    /// [`open_holds`](Self::open_holds) for work that was cut off.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was settled or has lapsed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// user.release(hold).wait()?;
    /// assert_eq!((user.credits()?.get(), user.held()?.get()), (100, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn release(&self, hold: HoldId) -> Reply<Released> {
        match &self.id {
            Err(rejection) => Reply::failed(rejection.clone()),
            Ok(id) => {
                let action = Action::Release(hold);
                let command = Command::closing_hold(id.clone(), hold, action, Metadata::default());
                self.ledger.submit(command, |outcome| entry::released(&outcome))
            }
        }
    }
}

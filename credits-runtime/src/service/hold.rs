//! Holds: credits set aside for work under way.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::command::{Action, Command, SettleAt};
use crate::domain::fact::Body;
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::time::Timestamp;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::reply::{HoldGuard, Outcome, Reply};
use crate::error::{Error, LedgerError};
use crate::generated::{Pricing, quote};
use crate::service::entry::{self, Released, Settled};

/// Credits set aside for work under way: settle it when the work is done, release it when it failed.
///
/// Dropping it releases it as best it can; its limit is the guarantee. Settling takes the hold, so settling
/// twice does not compile.
#[must_use = "a dropped hold is released: settle it when the work is done"]
pub struct Hold<C> {
    // Dropped before the handle on the ledger, which may be the last one and close it.
    guard: HoldGuard,
    ledger: Arc<Ledger>,
    id: HoldId,
    wallet: WalletId,
    amount: Amount,
    until: Timestamp,
    replayed: bool,
    pricing: PhantomData<fn() -> C>,
}

impl<C> Hold<C> {
    pub(crate) fn of(ledger: &Arc<Ledger>, wallet: &WalletId, outcome: Outcome) -> Result<Self, Error> {
        let Outcome { frame: (first, frame), replayed, guard } = outcome;
        let missing = || LedgerError::damaged(format!("the frame of fact {first} has no hold"));
        let (place, fact) = frame.answer().ok_or_else(missing)?;
        let Body::Held(held) = &fact.body else { return Err(missing().into()) };
        let id = HoldId(first.plus(place));
        let guard = guard.unwrap_or_else(|| {
            // Somebody else's hold: dropping this handle on it releases nothing.
            let mut guard = ledger.guard(wallet, id);
            guard.disarm();
            guard
        });
        Ok(Self {
            guard,
            ledger: Arc::clone(ledger),
            id,
            wallet: wallet.clone(),
            amount: held.charge.price,
            until: held.until,
            replayed,
            pricing: PhantomData,
        })
    }

    /// What is set aside.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// When it lapses, unless it was extended since it was opened.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether an earlier `.hold(..)` with the same key opened it.
    pub fn replayed(&self) -> bool {
        self.replayed
    }

    /// Charges it. After its limit what is free is charged, and what is missing is the entry's shortfall.
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere.
    pub fn settle(self) -> Reply<Settled> {
        self.close(|hold| Action::Settle { hold, at: SettleAt::Held }, entry::settled)
    }

    /// Charges what the work came to: less than was set aside frees the rest, more is taken from what is
    /// available, and what is still missing is the shortfall, or owed if the settings say `overrun debt`.
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere, those of the operation's cost.
    pub fn settle_for(self, operation: impl Borrow<C::Operation>) -> Reply<Settled>
    where
        C: Pricing,
    {
        let quote = Box::new(quote::<C>(operation.borrow(), &self.ledger));
        self.close(|hold| Action::Settle { hold, at: SettleAt::Quote(quote) }, entry::settled)
    }

    /// Charges this much, as [`settle_for`](Self::settle_for).
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere, `AmountOutOfRange`, `AmountNegative`.
    pub fn settle_amount(self, amount: impl IntoAmount) -> Reply<Settled> {
        let at = SettleAt::Amount(amount.into_amount());
        self.close(|hold| Action::Settle { hold, at }, entry::settled)
    }

    /// Lets it be open for longer, `hold_limit_max` of the settings in all; answers when it lapses now.
    ///
    /// Rejections: `HoldClosed` if it has ended, `HoldLimitInvalid`.
    pub fn extend(&mut self, by: Duration) -> Reply<Timestamp> {
        let key = self.ledger.generated_key();
        let action = Action::Extend { hold: self.id, by };
        let command = Command::new(self.wallet.clone(), key, action, Metadata::default());
        self.ledger.submit(command, |outcome| entry::extended(&outcome))
    }

    /// Gives it up.
    ///
    /// Rejections: `HoldClosed` if it was settled elsewhere or has lapsed.
    pub fn release(self) -> Reply<Released> {
        self.close(Action::Release, |_, outcome| entry::released(outcome))
    }

    /// Its number.
    pub(crate) fn id(&self) -> HoldId {
        self.id
    }

    /// Its number, to settle or release it elsewhere with [`Wallet::settle`](crate::Wallet::settle). The hold
    /// stays open until then, or until its limit.
    pub fn into_id(mut self) -> HoldId {
        self.guard.disarm();
        self.id
    }

    fn close<T: 'static>(
        mut self,
        action: impl FnOnce(HoldId) -> Action,
        read: fn(&Core, &Outcome) -> Result<T, Error>,
    ) -> Reply<T> {
        // Disarmed before it is sent: from here on the command's own outcome counts.
        self.guard.disarm();
        let command = Ledger::close_hold(self.wallet.clone(), self.id, action(self.id));
        let ledger = Arc::clone(&self.ledger);
        self.ledger.submit(command, move |outcome| read(&ledger, &outcome))
    }
}

impl<C> fmt::Debug for Hold<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("id", &self.id)
            .field("amount", &self.amount)
            .field("until", &self.until)
            .field("replayed", &self.replayed)
            .finish_non_exhaustive()
    }
}

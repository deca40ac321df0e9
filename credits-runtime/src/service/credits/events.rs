//! Handlers and subscribers of a ledger's events.

use super::Credits;
use crate::error::Error;
use crate::service::events::{self, Subscriber};

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident $event:ident)*) => {$(
        $(#[$doc])*
        ///
        /// The handler runs after the commit, in the order of the journal, on a background thread, for events
        /// from now on. Events that this process has not delivered before it ends are lost; a
        /// [`subscriber`](Self::subscriber) receives every event across restarts. A panic of the handler is
        /// logged and has no other effect. The handler may call the ledger; a handle that it captures keeps
        /// the ledger open until [`close`](Self::close) is called.
        ///
        /// ```
        /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let credits = Credits::in_memory()?;
        #[doc = concat!("credits.", stringify!($name), "(|event| println!(\"{event:?}\"))?;")]
        /// # Ok(())
        /// # }
        /// ```
        pub fn $name(&self, handler: impl Fn(&events::$event) + Send + Sync + 'static) -> Result<(), Error> {
            self.handlers.add(&self.ledger, move |event| {
                if let events::Event::$event(event) = event {
                    handler(event);
                }
            })
        }
    )*};
}

impl<C> Credits<C> {
    handlers! {
        /// Adds a handler for credits that came into a wallet: given, received, bought or awarded.
        on_credits_added CreditsAdded
        /// Adds a handler for credits that left a wallet: charged, sent, deducted or taken back.
        on_credits_deducted CreditsDeducted
        /// Adds a handler for the free part of a grant that expired.
        on_credits_expired CreditsExpired
        /// Adds a handler for a balance that fell below a `low_balance_threshold` of the settings.
        on_low_balance_reached LowBalanceReached
        /// Adds a handler for a balance that fell to zero or below.
        on_balance_depleted BalanceDepleted
        /// Adds a handler for a balance that rose above zero.
        on_balance_recovered BalanceRecovered
        /// Adds a handler for completed transfers.
        on_transfer_completed TransferCompleted
        /// Adds a handler for a hold that reached its limit before it was settled or released.
        on_hold_lapsed HoldLapsed
        /// Adds a handler for a pack that was paid, with its credits given.
        on_credit_pack_purchased CreditPackPurchased
        /// Adds a handler for credits of a subscription: of a cycle, a rise within one, a trial, or a bonus.
        on_subscription_credits_awarded SubscriptionCreditsAwarded
        /// Adds a handler for changes of a subscription's state.
        on_subscription_changed SubscriptionChanged
        /// Adds a handler for payments that a refund, a credit note or a dispute returned, so that credits
        /// were taken back, and for returns that were undone, so that credits were given back. It also runs
        /// when credited time takes credits back, and when a subscription's invoice is returned in part, for
        /// which nothing is taken.
        on_refund Refund
        /// Adds a handler for entries that need an administrator: see [`unresolved`](Credits::unresolved). An
        /// entry of an owner's billing is reported after an hour on that list, an event of an unknown owner
        /// at once.
        on_unresolved UnresolvedReported
    }

    /// Adds a handler for spends and holds that were rejected for insufficient credits. Delivery is best
    /// effort, because a rejection is not in the journal: up to 1,024 wait for their handlers, beyond that
    /// the oldest are dropped, and a crash loses all of them.
    ///
    /// Otherwise like [`on_credits_deducted`](Self::on_credits_deducted).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.on_insufficient_credits(|event| println!("{event:?}"))?;
    /// assert!(credits.wallet("user:42").spend_credits_on(Operation::render()).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_insufficient_credits(
        &self,
        handler: impl Fn(&events::InsufficientCredits) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.ledger.feed().want_refusals();
        self.handlers.add(&self.ledger, move |event| {
            if let events::Event::InsufficientCredits(event) = event {
                handler(event);
            }
        })
    }

    /// Returns a named subscriber, which receives every event at least once, across crashes: finish with
    /// `.start(handler)`. The ledger stores its position in the journal under this name.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::events::Event;
    ///
    /// # fn send(_: &Event) -> Result<(), std::io::Error> { Ok(()) }
    /// credits.subscriber("mailer").start(|event| match event {
    ///     Event::LowBalanceReached(_) => send(event),
    ///     _ => Ok(()),
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscriber(&self, name: &str) -> Subscriber {
        Subscriber::new(&self.ledger, &self.handlers, name)
    }
}

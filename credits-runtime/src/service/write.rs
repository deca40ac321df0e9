//! The part that all writes share: a wallet, an optional key, metadata.

use std::sync::Arc;

use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::category::Category;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{GivenKey, Key, WalletId, excerpt};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;
use crate::engine::request::slot::Outcome;
use crate::error::Error;

/// A write that is not sent yet.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    key: Option<Result<Key, Rejection>>,
    metadata: Metadata,
    /// The rejection that building it met, such as an unknown category. A replay takes precedence.
    refused: Option<Rejection>,
}

impl Write {
    pub(crate) fn new(ledger: &Arc<Ledger>, wallet: &Result<WalletId, Rejection>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            wallet: wallet.clone(),
            key: None,
            metadata: Metadata::default(),
            refused: None,
        }
    }

    pub(crate) fn key(&mut self, GivenKey(key): GivenKey) {
        self.key = Some(key);
    }

    pub(crate) fn metadata(&mut self, metadata: Metadata) {
        self.metadata = metadata;
    }

    /// Records a rejection; the first one counts.
    pub(crate) fn refuse(&mut self, rejection: Rejection) {
        self.refused.get_or_insert(rejection);
    }

    /// The amount. One out of range is recorded as a rejection.
    pub(crate) fn amount(&mut self, amount: impl IntoAmount) -> Amount {
        amount.into_amount().unwrap_or_else(|rejection| {
            self.refuse(rejection);
            Amount::MAX
        })
    }

    /// The category. One that the pricing does not declare is recorded as a rejection.
    pub(crate) fn category(&mut self, category: impl Into<Category>) -> Category {
        let category = category.into();
        if let Category::Application(name) = &category
            && !self.ledger.has_category(name)
        {
            self.refuse(Rejection::CategoryUnknown { category: excerpt(name) });
        }
        category
    }

    /// Sends the write under a key that the ledger chooses.
    pub(crate) fn send_as<T>(
        mut self,
        key: Key,
        action: Action,
        read: impl FnOnce(&Arc<Ledger>, &WalletId, Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.key = Some(Ok(key));
        self.send(action, read)
    }

    /// Sends the write to the ledger.
    pub(crate) fn send<T>(
        self,
        action: Action,
        read: impl FnOnce(&Arc<Ledger>, &WalletId, Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        let Self { ledger, wallet, key, metadata, refused } = self;
        let key = key.unwrap_or_else(|| Ok(ledger.generated_key()));
        match (wallet, key) {
            (Err(rejection), _) | (_, Err(rejection)) => Reply::failed(rejection),
            (Ok(wallet), Ok(key)) => {
                let mut command = Command::new(wallet.clone(), key, action, metadata);
                command.refused = refused.map(Box::new);
                command.words = ledger.wording().names(wallet.asset.as_str());
                let reader = Arc::clone(&ledger);
                ledger.submit(command, move |outcome| read(&reader, &wallet, outcome))
            }
        }
    }
}

/// A marker that no builder implements: the unmet bound reports a forgotten `.now()`.
#[diagnostic::on_unimplemented(
    message = "nothing is done until `.now()`: write `.now().wait()`",
    label = "`{Self}` is a write that was not sent",
    note = "a spend may also be sent by `.run(..)` or `.hold(..)`"
)]
pub trait Sent {}

/// Defines a `wait` that no call can satisfy, so that the compiler reports a forgotten `.now()`.
macro_rules! not_sent {
    ($builder:ty $(, $pricing:ident)? => $answer:ty) => {
        impl$(<$pricing: $crate::generated::Pricing>)? $builder {
            /// Does not compile: call `.now()` first.
            #[doc(hidden)]
            pub fn wait(self) -> Result<$answer, $crate::error::Error>
            where
                for<'sent> Self: $crate::service::write::Sent,
            {
                self.now().wait()
            }
        }
    };
}
pub(crate) use not_sent;

/// The options of every write's builder.
macro_rules! write_options {
    () => {
        /// The idempotency key, which makes the write safe to repeat: the same command under the same key
        /// returns the first outcome. Each wallet has its own keys.
        ///
        /// ```
        /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let credits = Credits::in_memory()?;
        /// # let user = credits.wallet("user:42");
        /// user.give_credits(100).key("welcome").now().wait()?;
        /// assert!(user.give_credits(100).key("welcome").now().wait()?.replayed);
        /// assert_eq!(user.credits()?, 100);
        /// # Ok(())
        /// # }
        /// ```
        pub fn key(mut self, key: impl Into<$crate::domain::ids::GivenKey>) -> Self {
            self.write.key(key.into());
            self
        }

        /// Metadata that is stored with the entry: text, or JSON of up to 4,096 bytes.
        ///
        /// ```
        /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let credits = Credits::in_memory()?;
        /// # let user = credits.wallet("user:42");
        /// # user.give_credits(100).now().wait()?;
        /// let spend = user.spend_credits_on(Operation::render());
        /// let entry = spend.metadata(serde_json::json!({ "job": 17 })).now().wait()?.entry;
        /// assert_eq!(entry.metadata.value()["job"], 17);
        /// # Ok(())
        /// # }
        /// ```
        pub fn metadata(mut self, metadata: impl Into<$crate::domain::metadata::Metadata>) -> Self {
            self.write.metadata(metadata.into());
            self
        }
    };
}
pub(crate) use write_options;

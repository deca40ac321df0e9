//! What every write has in common: a wallet, an optional key, metadata.

use std::sync::Arc;

use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::category::Category;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{GivenKey, Key, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::engine::reply::{Outcome, Reply};
use crate::error::Error;

/// A write that is being described.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    key: Option<Result<Key, Rejection>>,
    metadata: Metadata,
    /// Why it is refused, unless it was done before: something in it is not known.
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

    /// The first refusal counts.
    pub(crate) fn refuse(&mut self, rejection: Rejection) {
        self.refused.get_or_insert(rejection);
    }

    /// The amount, if it fits.
    pub(crate) fn amount(&mut self, amount: impl IntoAmount) -> Amount {
        amount.into_amount().unwrap_or_else(|rejection| {
            self.refuse(rejection);
            Amount::MAX
        })
    }

    /// The category, if the pricing has it.
    pub(crate) fn category(&mut self, category: impl Into<Category>) -> Category {
        let category = category.into();
        if let Category::Application(name) = &category
            && !self.ledger.has_category(name)
        {
            self.refuse(Rejection::CategoryUnknown { category: name.chars().take(40).collect() });
        }
        category
    }

    /// Sends it under a key of the ledger's own.
    pub(crate) fn send_as<T>(
        mut self,
        key: Key,
        action: Action,
        read: impl FnOnce(&Arc<Ledger>, &WalletId, Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.key = Some(Ok(key));
        self.send(action, read)
    }

    /// Sends it.
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
                let reader = Arc::clone(&ledger);
                ledger.submit(command, move |outcome| read(&reader, &wallet, outcome))
            }
        }
    }
}

/// A write that was sent, which no builder is: its bound is the error of a forgotten `.now()`.
#[diagnostic::on_unimplemented(
    message = "nothing is done until `.now()`: write `.now().wait()`",
    label = "`{Self}` is a write that was not sent",
    note = "a spend may also be sent by `.run(..)` or `.hold(..)`"
)]
pub trait Sent {}

/// What a reply has and a builder has not, to say that `.now()` was forgotten.
macro_rules! not_sent {
    ($builder:ty $(, $pricing:ident)? => $answer:ty) => {
        impl$(<$pricing: $crate::generated::Pricing>)? $builder {
            /// Not before `.now()`.
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

/// The options that every write's builder has.
macro_rules! write_options {
    () => {
        /// Makes the write safe to send again: the same key and command are answered with the first outcome.
        /// Keys are the wallet's own.
        pub fn key(mut self, key: impl Into<$crate::domain::ids::GivenKey>) -> Self {
            self.write.key(key.into());
            self
        }

        /// Written on the entry, for ever.
        pub fn metadata(mut self, metadata: impl Into<$crate::domain::metadata::Metadata>) -> Self {
            self.write.metadata(metadata.into());
            self
        }
    };
}
pub(crate) use write_options;

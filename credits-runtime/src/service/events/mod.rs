//! Events of committed facts. They are delivered after the commit is durable, in the order of the journal,
//! outside of any lock.

mod billing;
mod derive;
mod event;
mod follow;
mod subscriber;

pub use event::{
    BalanceDepleted, BalanceRecovered, CreditPackPurchased, CreditsAdded, CreditsDeducted, CreditsExpired,
    Event, EventId, EventIdError, HoldLapsed, InsufficientCredits, LowBalanceReached, PurchasePrice, Refund,
    SubscriptionChanged, SubscriptionCreditsAwarded, TransferCompleted, UnresolvedReported,
};
pub use follow::Handlers;
pub use subscriber::Subscriber;

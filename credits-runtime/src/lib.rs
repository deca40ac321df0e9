//! Usage credits for Rust applications: pricing checked by the compiler, spent from a durable ledger inside the
//! application's own binary.
//!
//! Declare the pricing with [`usage_credits!`], open a ledger file with the `Credits` that it generates, and spend
//! with [`Wallet::spend_credits_on`].

mod domain;
mod engine;
mod error;
pub mod generated;
mod service;
#[cfg(feature = "testing")]
pub mod testing;

pub use credits_macros::usage_credits;

pub use domain::amount::Amount;
pub use domain::category::Category;
pub use domain::fact::Allocation;
pub use domain::ids::{FactNumber, GivenKey, HoldId, Key};
pub use domain::limits;
pub use domain::metadata::Metadata;
pub use domain::quantity::{Bytes, Quantity, units};
pub use domain::rejection::{HoldClosing, Rejection};
pub use domain::time::{Timestamp, TimestampError};
pub use engine::clock::{Clock, SystemClock};
pub use engine::ledger::Statistics;
pub use engine::reply::Reply;
pub use error::{Error, LedgerError, LedgerErrorKind};
pub use service::credits::{Credits, CreditsBuilder};
pub use service::deduct::Deduct;
pub use service::entry::{Entry, Receipt, Released, Settled};
pub use service::give::Give;
pub use service::history::{Cursor, History, HistoryPage};
pub use service::hold::Hold;
pub use service::spend::{RunError, Spend};
pub use service::wallet::{HoldSummary, Wallet};

/// The catalogue of a pricing as data: what `Pricing::CATALOGUE` holds.
pub mod catalogue {
    pub use credits_core::{
        Catalogue, Clause, CreditsName, Currency, Dimension, Limit, Money, OperationSpec, PackSpec, Period,
        PeriodUnit, PlanSpec, Rounding, StripePrice, Unit, UnusedCredits,
    };
}

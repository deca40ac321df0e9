//! Usage credits for Rust applications: a price list that the compiler checks, and a durable ledger that runs inside
//! the application's binary. There is no server, no external database and no background job.
//!
//! ```
//! use credits_runtime::usage_credits;
//!
//! usage_credits! {
//!     subscription_plan pro {
//!         stripe_price "price_xyz"
//!         gives 10_000.credits.every(month)
//!     }
//!     operation generate_image { costs 50.credits }
//! }
//!
//! # fn paint(subject: &str) -> Result<String, std::io::Error> { Ok(format!("a picture of {subject}")) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("credits.redb");
//! let credits = Credits::open(path)?; // "credits.redb"
//! let user = credits.wallet("user:42");
//! user.give_credits(100).reason("signup").key("welcome").now().wait()?;
//!
//! // Only charged if the work succeeds
//! let image = user.spend_credits_on(Operation::GenerateImage).run(|| paint("a cat"))?;
//! assert_eq!((image.as_str(), user.credits()?.get()), ("a picture of a cat", 50));
//! # Ok(())
//! # }
//! ```
//!
//! [`usage_credits!`] generates `Credits`, `Wallet`, `Hold`, `Operation`, `Plan`, `Pack` and `Asset`. The first three are
//! [`Credits`], [`Wallet`] and [`Hold`] of this crate for your pricing.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `stripe` | checkouts, webhooks, reconciliation: the module `stripe` |
//! | `axum` | [`OperationCall`] and [`Problem`] as extractor and response of axum 0.8; with `stripe` the types of a webhook's route |
//! | `testing` | a clock that is set by hand, the lock of a price list, a simulated Stripe account: the module `testing` |
//!
//! None is on by default. A dashboard and a JSON API are in the crate `credits-web`.
//!
//! # Cookbook
//!
//! | to | see |
//! |---|---|
//! | declare prices | [`usage_credits!`] |
//! | open, share, back up and verify a ledger | [`Credits::open`], [`Credits::shared`], [`Credits::backup`], [`Credits::verify`] |
//! | give, with expiry, priority and scope | [`Wallet::give_credits`], [`Give`] |
//! | show a price before it is charged | [`Wallet::estimate_credits_to`], [`Wallet::explain_credits_to`], [`Wallet::has_enough_credits_to`] |
//! | charge at once, or for work that succeeds | [`Spend::now`], [`Spend::run`], [`Spend::run_async`] |
//! | return one receipt for each request of a key | [`Spend::run_for_receipt`], [`Spend::run_async_for_receipt`] |
//! | set aside, and settle at the actual cost | [`Spend::hold`], [`Hold::settle_for`], [`Wallet::settle_for`] |
//! | reverse, transfer, correct | [`Wallet::reverse_charge`], [`Wallet::transfer_to`], [`Wallet::adjust_credits`] |
//! | read a balance, its grants and its history | [`Wallet::credits`], [`Wallet::read`], [`Wallet::credit_history`] |
//! | explain a charge | [`Entry::explanation`] |
//! | give a plan without a payment | [`Credits::subscribe`] |
//! | hear of events | [`Credits::on_low_balance_reached`], [`Credits::subscriber`] |
//! | list owners, low balances and due work | [`Credits::owners`], [`Credits::low`], [`Credits::due`] |
//! | try another price list on real charges | [`Credits::what_if`] |
//! | write code for any application | [`generated::Pricing`], [`Credits::without_pricing`] |
//!
//! Every write returns a [`Reply`]: block on it with `.wait()` or use `.await` on any executor; it resolves when the write is
//! durable. A business "no" is a [`Rejection`] with the numbers behind it and the remedy; a failure of the world is a
//! [`LedgerError`] with a kind to act on.
//!
//! # Guides
//!
//! The module `guides` has them: from an empty crate to the first credit, the concepts, recipes for axum, actix, threads,
//! Stripe, free plans, AI tokens and marketplaces, and how to operate a ledger.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod domain;
mod engine;
mod error;
pub mod generated;
mod keywords;
mod service;
#[cfg(feature = "stripe")]
pub mod stripe;
#[cfg(feature = "testing")]
pub mod testing;
mod web;

pub use credits_core::{Fraction, NotAFraction};
pub use credits_macros::usage_credits;

/// Items that generated code names. They are no part of the public interface, and change in any release: the macro and the
/// runtime depend on each other's exact version.
/// A client of PostgreSQL, as the import of the command line uses it.
#[cfg(feature = "postgres")]
#[doc(hidden)]
pub mod postgres {
    pub use crate::engine::postgres::failure::in_words;
    pub use crate::engine::postgres::server::{AddressError, PostgresServer};
}

#[doc(hidden)]
pub mod __private {
    pub use crate::__known as known;
    pub use crate::domain::pricing::{Input, Inputs};
    pub use crate::generated::json::{JsonInputs, NotReadable, Parameter};
    pub use crate::generated::prices::cost;
    pub use crate::generated::shared::Shared;
    pub use credits_core::assert_unique_prices;

    /// Checked arithmetic of costs in braces.
    pub mod checked {
        pub use crate::generated::checked::*;
    }

    /// The keywords of the language, for editors.
    pub mod keywords {
        pub use crate::keywords::*;
    }
}

/// Compares the catalogue with a lock file. It needs the feature `testing`.
#[cfg(not(feature = "testing"))]
#[macro_export]
macro_rules! assert_catalog_unchanged {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`assert_catalog_unchanged!` needs the feature `testing` of `credits-runtime`\n\
             help: run `cargo add --dev credits-runtime --features testing`"
        )
    };
}

#[cfg(all(doc, feature = "axum", feature = "stripe", feature = "testing"))]
pub mod guides;

/// Compiles the example of the crate's page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the code of the guide to migrating.
#[cfg(doctest)]
#[doc = include_str!("../../docs/MIGRATING.md")]
struct Migrating;

pub use domain::amount::{Amount, IntoAmount};
pub use domain::category::Category;
pub use domain::cover::CoveredBy;
pub use domain::explanation::{ExplainedQuantity, ExplainedRate, Explanation, ExplanationLine};
pub use domain::grant::Allocation;
pub use domain::ids::{FactNumber, FactNumberError, GivenKey, HoldId, Key, Owner, TransferId};
pub use domain::limits;
pub use domain::metadata::Metadata;
pub use domain::quantity::{Bytes, IntoQuantity, Quantity, units};
pub use domain::rejection::{HoldClosing, MissingCredits, Rejection, RejectionClass};
pub use domain::time::{Timestamp, TimestampError};
pub use engine::clock::{Clock, SystemClock};
pub use engine::request::reply::Reply;
pub use engine::statistics::Statistics;
pub use engine::verify::{Verified, VerifyProgress};
pub use error::{Error, LedgerError, LedgerErrorKind};
pub use generated::InputError;
pub use service::administer::{Adjust, Deduct, Revoke};
pub use service::credits::{Credits, CreditsBuilder};
pub use service::entry::{Entry, Extended, Receipt, Released, Settled};
pub use service::events::Subscriber;
pub use service::export::ExportFormat;
pub use service::give::Give;
pub use service::history::{BalancePoint, Cursor, CursorError, History, HistoryPage};
pub use service::hold::Hold;
pub use service::lifetime::WeakCredits;
#[cfg(feature = "postgres")]
pub use service::moving::{MoveProgress, MoveStep, Moved};
pub use service::reads::activity::{AccountActivity, DayActivity};
pub use service::reads::catalogues::DeclaredCatalogue;
pub use service::reads::due::{DueItem, DueNext, DuePage};
pub use service::reads::entries::{Entries, EntriesPage, OwnedEntry};
pub use service::reads::low::{LowBalance, LowBalances, LowBalancesPage};
pub use service::reads::owners::{Owners, OwnersPage};
pub use service::reads::what_if::{OperationWhatIf, WhatIf, WhatIfProgress, WhatIfReport};
pub use service::report::{AccountTotal, Head, HeadError};
pub use service::reverse::ReverseCharge;
pub use service::settle::Settle;
pub use service::spend::{RunError, Spend, Work, WorkCharge};
pub use service::subscribe::{Subscribe, Unsubscribe};
pub use service::transfer::{Reverse, Reversed, Transfer, Transferred};
pub use service::wallet::{GrantSummary, HoldSummary, Wallet, WalletState};
pub use web::{OperationCall, Problem};

/// Billing: the events of any payment processor in one vocabulary, and the subscriptions, purchases and unresolved
/// entries that follow from them.
///
/// A translator turns the processor's events into [`BillingEvent`](billing::BillingEvent)s for [`Credits::receive`].
/// Lines of paid invoices decide the credits of subscriptions. A payment or return that cannot be applied becomes an
/// [`Unresolved`](billing::Unresolved) entry. The recipe for Stripe has a table of cases.
pub mod billing {
    pub use crate::domain::billing::award::{AwardId, Basis};
    pub use crate::domain::billing::due::{PartialReturn, UnpaidUpgrade};
    pub use crate::domain::billing::event::{
        Before, BillingEvent, CreditedLines, Happening, Interval, Invoice, Line, Offer, OwnSpan,
        OwnSubscription, PackPayment, ScheduledEnd, Status, SubscriptionState,
    };
    pub use crate::domain::billing::purchases::PurchaseProblem;
    pub use crate::domain::billing::terms::{Length, LengthUnit, PackPrice, PackTerms, PlanTerms, Unused};
    pub use crate::domain::ids::ObjectId;
    pub use crate::service::billing::{CycleUse, GivenBefore, Purchase, Received, Subscription, Unresolved};
    pub use crate::service::reads::billing_events::{BillingEvents, BillingEventsPage, BookedEvent};
}

/// Events for handlers and subscribers.
pub mod events {
    pub use crate::service::events::{
        BalanceDepleted, BalanceRecovered, CreditPackPurchased, CreditsAdded, CreditsDeducted,
        CreditsExpired, Event, EventId, EventIdError, HoldLapsed, InsufficientCredits, LowBalanceReached,
        PurchasePrice, Refund, SubscriptionChanged, SubscriptionCreditsAwarded, TransferCompleted,
        UnresolvedReported,
    };
}

/// The catalogue of a pricing: the types of the constant `Pricing::CATALOGUE`, and data to serialise or show.
pub mod catalogue {
    pub use credits_core::{
        AssetSpec, Catalogue, Clause, CreditsName, Currency, Dimension, Gives, InputKind, InputSpec, Limit,
        Meta, Money, OnUpgrade, OperationSpec, Overrun, PackSpec, Period, PeriodUnit, PlanCost, PlanSpec,
        ProcessorPrice, RefundedButSpent, Rounding, Settings, StripePrice, SubscriptionRefunds, Threshold,
        Tier, TransferExpiration, Unit, Unlimited, UnusedCredits, Upgrades, price_list,
    };

    pub use crate::domain::catalogue::{
        AssetData, AssetWords, CatalogueData, ClauseData, GivesData, LimitData, MetaData, OperationData,
        PackData, PackPriceData, PlanCostData, PlanData, ProcessorPriceData, SettingsData, StripePriceData,
        ThresholdData, UnitData,
    };
    pub use crate::domain::inputs::{InputData, InputValues};
}

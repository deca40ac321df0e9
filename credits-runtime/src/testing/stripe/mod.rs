//! A make-believe Stripe account: what happens in it becomes events as Stripe writes them, in any of its shapes, signed
//! and delivered as well or as badly as you like.
//!
//! ```
//! use std::time::Duration;
//!
//! use credits_runtime::testing::stripe::{Account, Disorder, Shape};
//!
//! let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse()?);
//! let subscription = account.subscribe("user:42", "price_pro", 900);
//! account.pass(Duration::from_hours(30 * 24));
//! account.cancel_at_period_end(subscription);
//! for delivery in Disorder::new(7).of(account.deliveries()) {
//!     let header = delivery.signature("whsec_test", delivery.at);
//!     assert!(header.starts_with("t="));
//! }
//! # Ok::<(), credits_runtime::TimestampError>(())
//! ```

mod account;
mod deliveries;
mod shape;

pub use account::{Account, DisputeId, PaymentId, RefundId, SubscriptionId};
pub use deliveries::{Delivery, Disorder};
pub use shape::Shape;

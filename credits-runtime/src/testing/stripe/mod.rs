//! A simulated Stripe account. Its changes become events as Stripe writes them, in any of its API versions;
//! they are signed, and delivered in order or in disorder.
//!
//! An [`Account`] has subscriptions of one or more items with every kind of [`Price`], changes of them with
//! [`Prorations`], trials, invoices that are paid, unpaid, voided and credited, customer balances, packs
//! through sessions and payment links, refunds and disputes. It moves money as Stripe does, and does not know
//! credits.
//!
//! An upgrade that replaces the item, and a refund:
//!
//! ```
//! # mod app {
//! credits_runtime::usage_credits! {
//!     subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
//!     subscription_plan max { stripe_price "price_max" gives 3_000.credits.every(month) }
//!     operation step { costs 1.credit }
//! }
//! # }
//! # use app::*;
//! use std::time::Duration;
//!
//! use credits_runtime::testing::ManualClock;
//! use credits_runtime::testing::stripe::{Account, Billed, Price, Prorations, Shape};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = ManualClock::at("2026-01-31T00:00:00Z".parse()?);
//! let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse()?);
//! let credits = Credits::builder().clock(clock.clone()).in_memory()?;
//! let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport()).build()?;
//!
//! let pro = Price::monthly("price_pro", 900);
//! let subscription = account.subscribe_with("user:42", [pro.into()], Billed::at_once());
//! account.deliver(&stripe, &clock);
//! assert_eq!(credits.wallet("user:42").credits()?, 1_000);
//!
//! account.pass(Duration::from_hours(14 * 24));
//! let item = account.items_of(subscription).remove(0);
//! let max = Price::monthly("price_max", 2_700);
//! account.replace_item(subscription, &item, max, Prorations::Invoiced);
//! account.deliver(&stripe, &clock);
//!
//! let upgrade = account.payment_of(subscription).ok_or("the upgrade was paid")?;
//! assert_eq!(account.amount_of(&upgrade), 900);
//! account.refund(&upgrade, 900);
//! assert_eq!(account.deliver(&stripe, &clock), 2);
//! credits.verify()?;
//! # Ok(())
//! # }
//! ```
//!
//! Deliveries that arrive twice, late and in another order:
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
mod changes;
mod charging;
mod checkouts;
mod collecting;
mod credit_notes;
mod deliveries;
mod invoices;
mod items;
mod lines;
mod payments;
mod prices;
mod purchases;
mod renewals;
mod shape;
mod subscribing;
mod subscriptions;
#[cfg(test)]
mod tests;
mod transport;

pub use account::Account;
pub use checkouts::Completed;
pub use credit_notes::{CreditNoteId, CreditTo};
pub use deliveries::{Delivery, Disorder};
pub use invoices::{Extra, InvoiceId};
pub use items::{Item, ItemId, Prorations, Update};
pub use payments::{DisputeId, PaymentId, RefundId};
pub use prices::{Price, Tier};
pub use purchases::Purchase;
pub use shape::Shape;
pub use subscriptions::{Billed, SubscriptionId, Uncollected};
pub use transport::Served;

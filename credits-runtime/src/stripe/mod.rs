//! Stripe: verifies webhooks and translates them into billing events, begins checkouts, and reads missed
//! events again.
//!
//! The ledger below does not know Stripe: another processor is one more translator.

#[cfg(feature = "axum")]
mod axum;
mod background;
mod checkout;
mod client;
mod confirm;
mod error;
mod lists;
mod receive;
mod reconcile;
mod refund;
mod secret;
mod settings;
mod shape;
mod signature;
mod translate;

#[cfg(feature = "axum")]
pub use axum::WebhookRequest;
pub use checkout::{Checkout, PackCheckout, PlanCheckout, SellPack, SellPlan, Session};
pub use client::{Request, Response, Transport};
pub use confirm::Confirmed;
pub use error::StripeError;
pub use receive::{SIGNATURE_HEADER, WebhookResponse};
pub use reconcile::Reconciled;
pub use refund::{Refund, Refunded};
pub use settings::{Stripe, StripeBuilder};

#[cfg(feature = "testing")]
pub(crate) use signature::sign;

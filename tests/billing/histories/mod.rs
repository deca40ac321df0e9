//! Histories of money as customers, sellers and finance see them, in every shape of Stripe's API.
//!
//! A history is text. A line is an instant, an event, and ann's credits after it:
//!
//! ```text
//! 2026-01-31  subscribe s1 pro ..2026-02-28                               -> 1000
//! 2026-02-14  change s1 max
//! .           paid in_2 s1 pro -450 rest and max 1350 rest                -> 2000
//! 2026-02-15  refund re_1 pi_in_2 900                                     -> 1000
//! ```
//!
//! `text` has the verbs. The expected values follow from the money alone: no owner has more credits than were
//! paid for, and no payment is without credits.

mod anchors;
mod changes;
mod lines;
mod owners;
mod packs;
pub(super) mod payload;
mod returns;
mod stage;
mod terms;
mod text;
mod trials;

use super::{Credits, Operation, Pricing, Wallet};

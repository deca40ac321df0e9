//! The bodies of the API's responses, for programs in Rust that read them. Other bodies are types of `credits-runtime`: `Receipt`,
//! `Transferred`, `Reversed`, `OwnersPage`, `LowBalancesPage`, `DuePage`, `WhatIfReport`, `Verified`, `Problem`.
//!
//! ```
//! use credits_web::responses::PastBalance;
//!
//! let body = r#"{ "at": "2026-11-27T00:00:00Z", "balance": 100, "formatted": "100 credits" }"#;
//! let past: PastBalance = serde_json::from_str(body)?;
//! assert_eq!(past.balance, 100);
//! # Ok::<(), serde_json::Error>(())
//! ```

pub use super::catalogue::{ShownCatalogue, ShownOperation};
pub use super::chain::{AgreedHead, ShownHead};
pub use super::entries::{HistoryEntries, NewestEntries, PastBalance};
pub use super::estimate::Estimated;
pub use super::hold::ReleasedHold;
pub use super::reports::{ActivityReport, LedgerFigures, TotalsReport};
pub use super::shown::{Explained, ShownEntry, ShownOwnedEntry};
pub use super::unresolved::{ShownUnresolved, UnresolvedPage};
pub use super::wallet::Wallet;

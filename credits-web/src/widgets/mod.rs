//! Widgets: fragments of HTML for an application's own pages.
//!
//! A widget is plain HTML: no script, no inline style, no ids. Its elements have classes that begin with `credits-`;
//! [`STYLESHEET`] styles them, and an application may write its own instead. Text of users is escaped and stands in `<bdi>`.
//! Instants are in UTC.
//!
//! The functions read the ledger on the calling thread, from the file if the wallet is not in memory. In asynchronous code run
//! them on a thread that may block:
//!
//! ```
//! use credits_runtime::usage_credits;
//! use credits_web::widgets;
//!
//! usage_credits! {
//!     operation generate_image { costs 5.credits }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credits = Credits::in_memory()?;
//! credits.wallet("user:42").give_credits(1_240).now().await?;
//! let user = credits.wallet("user:42");
//! let badge = tokio::task::spawn_blocking(move || widgets::badge(&user)).await??;
//! assert_eq!(badge.to_string(), r#"<span class="credits-badge">1,240 credits</span>"#);
//! # Ok(())
//! # }
//! ```
//!
//! In maud `(badge)` inserts it, in askama `{{ badge|safe }}`, in tera `{{ badge | safe }}` with
//! [`badge.into_string()`](Widget::into_string) in the context.

mod balance;
mod grants;
mod history;
mod meter;
mod names;
mod pricing;
mod widget;

pub use balance::{badge, balance};
pub use grants::grants;
pub use history::{history, receipt};
pub use meter::meter;
pub use pricing::pricing;
pub use widget::Widget;

/// A stylesheet for the widgets, to serve from an address of the application. It is dark only where the page is: where its
/// `color-scheme` has `dark` and the reader prefers it.
///
/// Its colours are custom properties that the application's stylesheet can set: `--credits-text`, `--credits-muted`,
/// `--credits-line`, `--credits-card`, `--credits-accent`, `--credits-on-accent`, `--credits-low` and `--credits-empty`.
pub const STYLESHEET: &str = include_str!("../widgets.css");

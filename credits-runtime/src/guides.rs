//! Guides by reader. They are in the documentation alone; their code is compiled and run by its tests.
//!
//! New to the library: [`start`], then [`concepts`]. Recipes: [`axum`], [`actix`], [`threads`], [`stripe`], [`free_plans`],
//! [`ai_tokens`], [`marketplaces`]. For the person who keeps a ledger running: [`operate`].
// The files are links into the repository's folder `docs`, so that a package has their text.

#[doc = include_str!("../guides/start.md")]
pub mod start {}
#[doc = include_str!("../guides/concepts.md")]
pub mod concepts {}
#[doc = include_str!("../guides/axum.md")]
pub mod axum {}
#[doc = include_str!("../guides/actix.md")]
pub mod actix {}
#[doc = include_str!("../guides/threads.md")]
pub mod threads {}
#[doc = include_str!("../guides/stripe.md")]
pub mod stripe {}
#[doc = include_str!("../guides/free-plans.md")]
pub mod free_plans {}
#[doc = include_str!("../guides/ai-tokens.md")]
pub mod ai_tokens {}
#[doc = include_str!("../guides/marketplaces.md")]
pub mod marketplaces {}
#[doc = include_str!("../guides/operate.md")]
pub mod operate {}

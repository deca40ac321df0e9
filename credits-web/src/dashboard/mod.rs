//! The dashboard: pages for the people who run an application. They need no JavaScript.

mod access;
mod app;
mod entries;
mod overview;
mod service;
mod visit;

pub use access::Access;
pub use service::{Dashboard, dashboard};

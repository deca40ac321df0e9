//! The dashboard: pages for the people who run an application. They need no JavaScript.

mod access;
mod administer;
mod app;
mod entries;
mod entry;
mod instants;
mod overview;
mod owner;
mod owners;
mod service;
mod visit;

pub use access::Access;
pub use service::{Dashboard, dashboard};

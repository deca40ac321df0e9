//! The ways to a ledger: its file, the socket of the program that has it open, an address. All take the requests of the API of
//! `credits-web`, so no command knows which way it goes.

mod client;
mod file;
mod place;
mod request;
mod response;
#[cfg(unix)]
mod socket;
mod transport;
mod url;

pub(crate) use client::{Client, Reply};
pub(crate) use file::{Opened, Opener, OwnPrices};
pub(crate) use place::{Access, LedgerFile, Place};
pub(crate) use request::{Path, Request};
pub(crate) use response::Response;

//! The ways to a ledger: its file or its database, the socket of the program that has the file open, an address. All take the requests of the API of
//! `credits-web`, so no command knows which way it goes.

mod address;
mod client;
mod in_process;
mod place;
mod request;
mod response;
#[cfg(unix)]
mod socket;
mod transport;
mod url;

pub(crate) use address::{LedgerAddress, database_of, shown};
pub(crate) use client::{Client, Reply};
pub(crate) use in_process::{Opened, Opener, OwnPrices};
pub(crate) use place::{Access, Place};
pub(crate) use request::{Path, Request};
pub(crate) use response::Response;

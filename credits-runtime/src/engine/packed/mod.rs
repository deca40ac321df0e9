//! Few bytes: how frames are written in the journal, and how wallets are kept in memory.

pub(crate) mod frame;
#[cfg(test)]
mod tests;
mod values;
mod wallet;

pub(crate) use wallet::{names_of, pack, packed_names, unpack};

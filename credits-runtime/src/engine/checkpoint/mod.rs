//! Checkpoints: a background thread writes published rows, and the rows of dirty wallets, to the ledger's file.

pub(crate) mod checkpointer;
pub(crate) mod pass;
pub(crate) mod work;

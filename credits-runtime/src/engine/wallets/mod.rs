//! Wallets in memory: a cache of packed wallets, and the parts of their histories that no row has yet.

pub(crate) mod budget;
pub(crate) mod cache;
pub(crate) mod due_index;
pub(crate) mod milestones;
pub(crate) mod packed;
pub(crate) mod unwritten;

//! The rules of the ledger, as tables.

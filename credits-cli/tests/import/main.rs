//! The import from the Ruby gems: databases with the gems' own schemas, filled from what the gems did.
#![cfg(feature = "import")]

#[path = "../../../tests/postgres/cluster.rs"]
mod cluster;
mod databases;
mod history;
mod recorded;
mod tables;

credits_runtime::usage_credits! {
    settings {
        categories credit, debit, refund, reward, purchase, top_up, adjustment, credit_added, credit_pack
    }
    asset gem
    operation step { costs 1.credit }
}

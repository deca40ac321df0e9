//! The import from the Ruby gems: databases with the gems' own schemas, filled from what the gems did.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says that it did not run"
)]

mod balances;
mod billing;
#[path = "../../../tests/postgres/cluster.rs"]
mod cluster;
mod command;
mod databases;
mod encryption;
mod history;
mod interruption;
mod recorded;
mod refusals;
mod repeated;
mod tables;

credits_runtime::usage_credits! {
    settings {
        categories credit, debit, refund, reward, purchase, top_up, adjustment, credit_added, credit_pack
    }
    asset gem
    subscription_plan pro {
        stripe_price "price_pro"
        gives 1_000.credits.every(month)
        signup_bonus 200.credits
        trial_includes 50.credits
    }
    subscription_plan studio {
        stripe_price "price_studio_year"
        gives 100.credits.every(month)
        unused_credits rollover
    }
    operation step { costs 1.credit }
}

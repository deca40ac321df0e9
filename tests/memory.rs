//! Wallets beyond the memory budget: they are evicted and read from the file again, without a visible
//! difference.

use credits_runtime::testing::ManualClock;
use credits_runtime::{Timestamp, usage_credits};

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

const WALLETS: usize = 300;
const ROUNDS: i64 = 8;

#[test]
fn wallets_without_a_place_in_memory_are_as_any_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let open = || Credits::builder().clock(clock.clone()).stress_maintenance().memory(1).open(&path).unwrap();
    let credits = open();
    let wallet = |number: usize| credits.wallet(format!("user:{number}"));
    let mut expected = vec![0; WALLETS];
    for round in 0..ROUNDS {
        let mut replies = Vec::new();
        for (number, balance) in expected.iter_mut().enumerate() {
            // A third of the wallets is idle in each round.
            if number % 3 != usize::try_from(round % 3).unwrap() {
                let given = wallet(number).give_credits(round + 5).key(format!("gift {round}")).now();
                let spend = wallet(number).spend_credits_on(Operation::step(2)).key(format!("job {round}"));
                replies.push((given, spend.now()));
                *balance += round + 3;
            }
        }
        for (given, spent) in replies {
            drop(given.wait().unwrap());
            drop(spent.wait().unwrap());
        }
        for (number, balance) in expected.iter().enumerate() {
            assert_eq!(wallet(number).credits().unwrap(), *balance, "user:{number} after round {round}");
        }
    }
    credits.verify().unwrap();
    credits.close().unwrap();
    let credits = open();
    for (number, balance) in expected.iter().enumerate() {
        assert_eq!(credits.wallet(format!("user:{number}")).credits().unwrap(), *balance);
    }
}

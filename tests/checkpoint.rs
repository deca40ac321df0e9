//! Rows of wallets that lag behind the journal, as an opening after a kill finds them.

use credits_runtime::testing::ManualClock;
use credits_runtime::{Timestamp, usage_credits};

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

const WALLETS: usize = 10;

/// A command that is rejected looks at its wallet and changes nothing. When a commit wrote the wallet's row besides, the
/// wallet was no longer listed and yet said to lag, so that what changed in it afterwards was neither written nor replayed:
/// an opening after a kill found a row that lacked facts.
#[test]
fn a_wallet_that_a_rejected_command_looked_at_is_written_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let (path, image) = (folder.path().join("credits.redb"), folder.path().join("killed.redb"));
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let open = |path| Credits::builder().clock(clock.clone()).hurried().open(path).unwrap();
    let credits = open(&path);
    for round in 0..200 {
        let given = credits.wallet(format!("user:{}", round % WALLETS)).give_credits(1).now();
        let refused = (0..WALLETS).map(|number| {
            let wallet = credits.wallet(format!("user:{number}"));
            wallet.spend_credits_on(Operation::step(1_000)).now()
        });
        let refused: Vec<_> = refused.collect();
        drop(given.wait().unwrap());
        assert!(refused.into_iter().all(|reply| reply.wait().is_err()));
        if round % 20 == 19 {
            std::fs::copy(&path, &image).unwrap();
            let found = open(&image);
            found.verify().unwrap();
            let sum: i64 = (0..WALLETS)
                .map(|number| found.wallet(format!("user:{number}")).credits().unwrap().get())
                .sum();
            assert_eq!(sum, i64::try_from(round).unwrap() + 1);
            found.close().unwrap();
        }
    }
}

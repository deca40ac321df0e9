//! Rows that were changed by hand: each is found, and the owner's verification alone finds it.

use std::time::Duration;

use super::cluster::Cluster;
use super::connect;
use crate::pricing::Operation;

/// A change by hand, and whether the owner's records show it. The others are of a lane.
const CHANGES: [(&str, &str, bool); 18] = [
    ("a balance", "UPDATE wallets SET balance = balance + 1 WHERE owner = 'ann'", true),
    ("a held amount", "UPDATE wallets SET held = held + 1 WHERE owner = 'ann'", true),
    ("a due instant", "UPDATE wallets SET due = 1 WHERE owner = 'ann'", true),
    (
        "the body of a wallet",
        "UPDATE wallets SET body = (SELECT body FROM wallets WHERE owner = 'bob') WHERE owner = 'ann'",
        true,
    ),
    ("the head of a wallet", "UPDATE wallets SET head = sha256('x') WHERE owner = 'ann'", true),
    (
        "a frame",
        "UPDATE journal SET body = (SELECT body FROM journal WHERE owner = 'bob' LIMIT 1) WHERE owner = 'ann' AND ordinal = 2",
        true,
    ),
    (
        "a balance of the journal",
        "UPDATE journal SET balance = balance + 1 WHERE owner = 'ann' AND ordinal = 2",
        true,
    ),
    ("a missing frame", "DELETE FROM journal WHERE owner = 'ann' AND ordinal = 2", true),
    ("a missing last frame", "DELETE FROM journal WHERE owner = 'ann' AND ordinal = 4", true),
    ("a missing key", "UPDATE journal SET key = NULL WHERE owner = 'ann' AND ordinal = 2", true),
    (
        "another key",
        "UPDATE journal SET key = substr(sha256('x'), 1, 16) WHERE owner = 'ann' AND ordinal = 2",
        true,
    ),
    ("the missing last use of a key", "DELETE FROM keys WHERE owner = 'ann'", true),
    (
        "the first use of a key in place of the last one",
        "UPDATE keys SET number = (SELECT min(number) FROM journal WHERE owner = 'ann' AND key = keys.key) WHERE owner = 'ann'",
        true,
    ),
    (
        "a last use of a key that was used once",
        "INSERT INTO keys SELECT owner, key, lane, number FROM journal WHERE owner = 'ann' AND ordinal = 2",
        true,
    ),
    ("the lane of a key", "UPDATE keys SET lane = lane + 1 WHERE owner = 'ann'", true),
    (
        "a key that no frame has",
        "INSERT INTO keys SELECT owner, substr(sha256('x'), 1, 16), lane, number FROM keys WHERE owner = 'ann'",
        true,
    ),
    ("the head of a lane", "UPDATE lanes SET head = sha256('x') WHERE last > 0", false),
    ("a total", "UPDATE totals SET entries = entries + 1", false),
];

#[test]
fn rows_that_were_changed_by_hand_are_found() {
    let Some(cluster) = Cluster::start() else { return };
    for (name, change, is_of_owner) in CHANGES {
        let url = cluster.database();
        let credits = connect(&url);
        for owner in ["ann", "bob"] {
            let wallet = credits.wallet(owner);
            wallet.give_credits(100).expires_in(Duration::from_hours(9)).key("gift").now().wait().unwrap();
            for number in 0..3 {
                wallet.spend_credits_on(Operation::tick()).key(format!("job {number}")).now().wait().unwrap();
            }
            let hold = wallet.spend_credits_on(Operation::tick()).key("held").hold(Duration::from_hours(1));
            wallet.settle(hold.wait().unwrap().into_id()).wait().unwrap();
        }
        credits.verify().unwrap();
        assert_eq!(credits.verify_owner("ann").unwrap().wallets, 1);
        cluster.run(&url, change);
        let found = credits.verify().unwrap_err().to_string();
        assert!(found.contains("the ledger is damaged"), "{name}: {found}");
        assert_eq!(credits.verify_owner("ann").is_err(), is_of_owner, "{name}");
        credits.verify_owner("bob").unwrap();
    }
}

#[test]
fn the_database_refuses_what_contradicts_the_rules() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = connect(&url);
    let ann = credits.wallet("ann");
    ann.give_credits(10).key("gift").now().wait().unwrap();
    let hold = ann.spend_credits_on(Operation::tick()).key("held").hold(Duration::from_hours(1));
    ann.settle(hold.wait().unwrap().into_id()).wait().unwrap();
    for (name, change) in [
        ("a balance below its floor", "UPDATE wallets SET balance = -1"),
        ("a negative hold", "UPDATE wallets SET held = -1"),
        ("more held than there is", "UPDATE wallets SET held = 11"),
        (
            "a key that is used for the first time twice",
            "INSERT INTO journal SELECT owner, record, ordinal + 9, facts, lane, number + 2560, first, at, balance, key, body FROM journal WHERE ordinal = 1 AND owner = 'ann'",
        ),
        ("two last uses of a key", "INSERT INTO keys SELECT * FROM keys"),
        (
            "two frames at one place of a wallet",
            "INSERT INTO journal SELECT owner, record, ordinal, facts, lane, number + 2560, first, at, balance, NULL, body FROM journal WHERE owner = 'ann'",
        ),
        (
            "two frames at one place of a lane",
            "INSERT INTO journal SELECT owner, record, ordinal + 9, facts, lane, number, first, at, balance, NULL, body FROM journal WHERE owner = 'ann'",
        ),
        ("a debt below zero", "UPDATE wallets SET debt = -1"),
    ] {
        let refused = cluster.try_run(&url, change).expect_err(name);
        assert!(refused.code().is_some_and(|code| code.code().starts_with("23")), "{name}: {refused}");
    }
    credits.verify().unwrap();
}

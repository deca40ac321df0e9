//! A pricing that changes between two openings: earlier charges and holds stay as they were.

use std::time::Duration;

use credits_runtime::{Entry, Error, RunError};

mod before {
    credits_runtime::usage_credits! {
        operation print { costs 2.credits_per(page) }
        operation scan { costs 1.credit }
    }
}

mod after {
    credits_runtime::usage_credits! {
        operation send { costs 4.credits }
        operation print { costs 9.credits_per(page) limit pages <= 1 }
    }
}

#[test]
fn a_replay_is_answered_before_limits_and_price() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let open = before::Credits::open(&path).unwrap();
    let wallet = open.wallet("alice");
    wallet.give_credits(100).now().wait().unwrap();
    let spent = wallet.spend_credits_on(before::Operation::print(3)).key("spent").now().wait().unwrap();
    wallet.spend_credits_on(before::Operation::print(4)).key("run").run(|| Ok::<_, Error>(())).unwrap();
    let hold = wallet.spend_credits_on(before::Operation::print(5)).key("hold");
    let hold = hold.hold(Duration::from_hours(1)).wait().unwrap().into_id();
    wallet.spend_credits_on(before::Operation::Scan).now().wait().unwrap();
    open.close().unwrap();

    let open = after::Credits::open(&path).unwrap();
    let wallet = open.wallet("alice");
    let print = |pages: i64| wallet.spend_credits_on(after::Operation::print(pages));
    let again = print(3).key("spent").now().wait().unwrap();
    assert!(again.replayed);
    assert_eq!(again.entry, spent.entry);
    match print(4).key("run").run(|| Ok::<_, Error>(())) {
        Err(RunError::AlreadyCharged(receipt)) => assert_eq!(receipt.entry.amount, -8),
        other => panic!("{other:?}"),
    }
    let replayed = print(5).key("hold").hold(Duration::from_hours(1)).wait().unwrap();
    assert!(replayed.replayed());
    assert_eq!(replayed.amount(), 10);
    // A new command gets the new limit and price.
    let refused = print(3).key("new").now().wait().unwrap_err();
    assert_eq!(refused.to_string(), "`print` was asked for 3 pages: its limit is 1 pages");
    assert_eq!(print(1).key("new").now().wait().unwrap().entry.amount, -9);

    assert_eq!(wallet.spend_credits_on(after::Operation::Send).now().wait().unwrap().entry.amount, -4);

    // A hold is charged the amount that it set aside, and old entries keep the names of their operations.
    assert_eq!(wallet.settle(hold).wait().unwrap().entry.amount, -10);
    let page = wallet.credit_history().page().unwrap();
    let name = |entry: &Entry| entry.operation.clone().unwrap_or_else(|| entry.category.name().to_owned());
    let lines: Vec<_> = page.entries.iter().map(|entry| (name(entry), entry.amount.get())).collect();
    let expected = [
        ("print", -10),
        ("send", -4),
        ("print", -9),
        ("scan", -1),
        ("print", -8),
        ("print", -6),
        ("manual_adjustment", 100),
    ];
    assert_eq!(lines, expected.map(|(name, amount)| (name.to_owned(), amount)));
    assert_eq!(wallet.credits().unwrap(), 62);
}

mod with_categories {
    credits_runtime::usage_credits! {
        settings { categories contest, refund_by_hand, moved }
        operation scan { costs 1.credit }
    }
}

mod without_categories {
    credits_runtime::usage_credits! {
        operation scan { costs 1.credit }
    }
}

/// A command that is sent again after an update has its first result, whatever the new pricing declares.
#[test]
fn a_replay_is_answered_before_categories_are_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let open = with_categories::Credits::open(&path).unwrap();
    let (ann, bob) = (open.wallet("ann"), open.wallet("bob"));
    let given = ann.give_credits(50).category("contest").key("give").now().wait().unwrap();
    let taken = ann.deduct_credits(5, "error").category("refund_by_hand").key("deduct").now().wait().unwrap();
    let sent =
        ann.transfer_to(&bob, 10).category("moved").including_promotional().key("send").now().wait().unwrap();
    open.close().unwrap();

    let open = without_categories::Credits::open(&path).unwrap();
    let (ann, bob) = (open.wallet("ann"), open.wallet("bob"));
    let give =
        |amount: i64, key: &'static str| ann.give_credits(amount).category("contest").key(key).now().wait();
    let deduct =
        |key: &'static str| ann.deduct_credits(5, "error").category("refund_by_hand").key(key).now().wait();
    let send = |key: &'static str| {
        ann.transfer_to(&bob, 10).category("moved").including_promotional().key(key).now().wait()
    };
    let (again, taken_again, sent_again) =
        (give(50, "give").unwrap(), deduct("deduct").unwrap(), send("send").unwrap());
    assert!(again.replayed && taken_again.replayed && sent_again.replayed);
    assert_eq!((again.entry, taken_again.entry, sent_again.id), (given.entry, taken.entry, sent.id));
    // Under a new key it is a new command, which the pricing rejects. Another command under a used key is
    // rejected too.
    let refused = [give(50, "new").unwrap_err(), deduct("new").unwrap_err(), send("new").unwrap_err()];
    assert!(refused.iter().all(|error| error.to_string().contains("category")), "{refused:?}");
    let reused = give(51, "give").unwrap_err();
    assert!(
        matches!(reused, Error::Rejected(credits_runtime::Rejection::IdempotencyKeyReused { .. })),
        "{reused}"
    );
    assert_eq!(ann.credits().unwrap(), 35);
}

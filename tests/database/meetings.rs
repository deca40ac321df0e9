//! Programs that meet at a wallet or at a key: the orders in which one could charge twice, refuse what was done, or reject what
//! was possible.

use std::thread;

use credits_runtime::{Error, Receipt, Rejection};
use tokio_postgres::Client;

use super::cluster::Cluster;
use super::orders::wait_until;
use super::spent_keys;
use crate::pricing::{Credits, Operation};

mod chests {
    credits_runtime::usage_credits! {
        asset gem, gems
        operation tick { costs 1.credit }
        operation open_chest { costs 1.gem }
    }
}

/// A program with one lane.
fn program(url: &str) -> Credits {
    Credits::builder().migrate().lanes(1).connect(url).unwrap()
}

fn spend(credits: &Credits, operation: Operation, key: &str) -> Result<Receipt, Error> {
    credits.wallet("ann").spend_credits_on(operation).key(key).now().wait()
}

fn waiting(cluster: &Cluster, url: &str) -> i64 {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    cluster.count(url, waiting)
}

fn deadlocks(cluster: &Cluster, url: &str) -> i64 {
    cluster.count(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
}

/// A session in a transaction that has run a statement.
fn session_with(cluster: &Cluster, url: &str, statement: &str) -> Client {
    let session = cluster.session(url);
    cluster.run_in(&session, &format!("BEGIN; {statement}"));
    session
}

fn is_reused(refused: &Result<Receipt, Error>) -> bool {
    matches!(refused, Err(Error::Rejected(Rejection::IdempotencyKeyReused { .. })))
}

fn is_insufficient(refused: &Result<Receipt, Error>) -> bool {
    matches!(refused, Err(Error::Rejected(Rejection::InsufficientCredits { .. })))
}

#[test]
fn a_spend_whose_wallet_is_empty_by_now_is_answered_with_its_first_outcome() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = program(&url);
    credits.wallet("ann").give_credits(3).now().wait().unwrap();
    let first = spend(&credits, Operation::upscale(), "k").unwrap();
    assert!(!first.replayed);
    for credits in [credits, program(&url)] {
        let again = spend(&credits, Operation::upscale(), "k").unwrap();
        assert_eq!((again.entry, again.replayed), (first.entry.clone(), true));
        credits.close().unwrap();
    }
    let reused = spend(&program(&url), Operation::tick(), "k");
    assert!(is_reused(&reused), "{reused:?}");
    let refused = spend(&program(&url), Operation::tick(), "other");
    assert!(is_insufficient(&refused), "{refused:?}");
}

#[test]
fn a_used_key_is_not_charged_again_though_the_wallet_has_credits() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = program(&url);
    credits.wallet("ann").give_credits(10).now().wait().unwrap();
    let first = spend(&credits, Operation::upscale(), "k").unwrap();
    credits.close().unwrap();
    let again = spend(&program(&url), Operation::upscale(), "k").unwrap();
    assert_eq!((again.entry, again.replayed), (first.entry, true));
    let reused = spend(&program(&url), Operation::tick(), "k");
    assert!(is_reused(&reused), "{reused:?}");
    assert_eq!(program(&url).wallet("ann").credits().unwrap(), 7);
}

#[test]
fn a_batch_answers_replays_rejections_and_spends_by_what_is_so() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = program(&url);
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    spend(&credits, Operation::upscale(), "k").unwrap();
    credits.close().unwrap();
    let credits = program(&url);
    // What comes while the lane waits for its row is one batch.
    let lane = session_with(&cluster, &url, "SELECT 1 FROM lanes FOR UPDATE");
    let gift = credits.wallet("bob").give_credits(1).now();
    wait_until(|| waiting(&cluster, &url) == 1);
    let asked = [
        (Operation::tick(), "new"),
        (Operation::upscale(), "k"),
        (Operation::tick(), "new"),
        (Operation::upscale(), "new"),
        (Operation::upscale(), "too much"),
        (Operation::tick(), "last"),
        (Operation::tick(), "none is left"),
    ];
    let ann = credits.wallet("ann");
    let replies = asked.map(|(operation, key)| ann.spend_credits_on(operation).key(key).now());
    cluster.run_in(&lane, "COMMIT");
    gift.wait().unwrap();
    let told = replies.map(|reply| match reply.wait() {
        Ok(receipt) => if receipt.replayed { "replayed" } else { "charged" }.to_owned(),
        refused if is_reused(&refused) => "reused".to_owned(),
        refused if is_insufficient(&refused) => "insufficient".to_owned(),
        other => format!("{other:?}"),
    });
    let expected = ["charged", "replayed", "replayed", "reused", "insufficient", "charged", "insufficient"];
    assert_eq!(told, expected);
    credits.verify().unwrap();
}

#[test]
fn programs_that_spend_from_one_wallet_take_what_there_is_and_no_more() {
    const GIVEN: i64 = 3_000;
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let programs = [program(&url), program(&url)];
    programs[0].wallet("ann").give_credits(1_000_000).now().wait().unwrap();
    programs[0].wallet("bob").give_credits(GIVEN).now().wait().unwrap();
    let spent = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let credits = &programs[thread % 2];
                scope.spawn(move || {
                    let spend = |owner: &str, number: usize| {
                        let key = format!("{owner}/{thread}/{number}");
                        credits.wallet(owner).spend_credits_on(Operation::tick()).key(key).now()
                    };
                    let replies: Vec<_> = (0..500)
                        .flat_map(|number| ["ann", "bob"].map(|owner| spend(owner, number)))
                        .collect();
                    let (mut anns, mut bobs) = (0, 0);
                    for (place, reply) in replies.into_iter().enumerate() {
                        match reply.wait() {
                            Ok(receipt) => {
                                assert!(!receipt.replayed && receipt.entry.balance_after >= 0);
                                *(if place % 2 == 0 { &mut anns } else { &mut bobs }) += 1;
                            }
                            refused => assert!(place % 2 == 1 && is_insufficient(&refused), "{refused:?}"),
                        }
                    }
                    (anns, bobs)
                })
            })
            .collect();
        let spent = threads.into_iter().map(|thread| thread.join().unwrap());
        spent.fold((0, 0), |sum: (i64, i64), (anns, bobs)| (sum.0 + anns, sum.1 + bobs))
    });
    assert_eq!(spent, (4_000, GIVEN));
    assert_eq!(spent_keys(&programs[1], "ann").len(), 4_000);
    assert_eq!(programs[1].wallet("bob").credits().unwrap(), 0);
    programs[1].verify().unwrap();
    assert_eq!(deadlocks(&cluster, &url), 0);
}

/// Both programs wait for the wallet.
#[test]
fn a_key_that_two_programs_use_at_once_is_charged_once() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    program(&url).wallet("ann").give_credits(10).now().wait().unwrap();
    for (second, key) in [(Operation::upscale(), "same"), (Operation::tick(), "other")] {
        let programs = [program(&url), program(&url)];
        let wallet = session_with(&cluster, &url, "SELECT 1 FROM wallets FOR UPDATE");
        let replies = [(&programs[0], Operation::upscale()), (&programs[1], second)]
            .map(|(credits, of)| credits.wallet("ann").spend_credits_on(of).key(key).now());
        wait_until(|| waiting(&cluster, &url) == 2);
        cluster.run_in(&wallet, "COMMIT");
        let mut told = replies.map(|reply| match reply.wait() {
            Ok(receipt) => receipt.replayed.to_string(),
            refused if is_reused(&refused) => "reused".to_owned(),
            other => format!("{other:?}"),
        });
        told.sort_unstable();
        assert_eq!(told, ["false", if key == "same" { "true" } else { "reused" }]);
        programs[0].verify().unwrap();
    }
    assert_eq!(deadlocks(&cluster, &url), 0);
    assert_eq!(cluster.count(&url, "SELECT count(DISTINCT key) FROM journal"), 3);
}

#[test]
fn a_key_is_of_one_wallet_also_when_two_programs_use_it_at_once() {
    use chests::{Asset, Credits, Operation};
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let program = || Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let programs = [program(), program()];
    let [ann, gems] = [programs[0].wallet("ann"), programs[1].wallet("ann").of(Asset::Gems)];
    ann.give_credits(5).now().wait().unwrap();
    gems.give_credits(5).now().wait().unwrap();
    let wallets = session_with(&cluster, &url, "SELECT 1 FROM wallets FOR UPDATE");
    let replies = [
        ann.spend_credits_on(Operation::tick()).key("k").now(),
        programs[1].wallet("ann").spend_credits_on(Operation::open_chest()).key("k").now(),
    ];
    wait_until(|| waiting(&cluster, &url) == 2);
    cluster.run_in(&wallets, "COMMIT");
    for reply in replies {
        assert!(!reply.wait().unwrap().replayed);
    }
    assert_eq!((ann.credits().unwrap(), gems.credits().unwrap()), (4.into(), 4.into()));
    programs[0].verify().unwrap();
}

/// Both programs have found no wallet when one of them adds it.
#[test]
fn a_wallet_that_two_programs_add_at_once_has_what_both_gave() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let [one, other] = [program(&url), program(&url)];
    let third = session_with(
        &cluster,
        &url,
        "INSERT INTO wallets (owner, asset, facts, last, balance, held, debt, floor, at, head, body)
        VALUES ('ann', '', 1, 1, 1, 0, 0, 0, 0, '', '')",
    );
    let gifts =
        [(&one, 3), (&other, 4)].map(|(credits, amount)| credits.wallet("ann").give_credits(amount).now());
    wait_until(|| waiting(&cluster, &url) == 2);
    cluster.run_in(&third, "ROLLBACK");
    for gift in gifts {
        assert!(!gift.wait().unwrap().replayed);
    }
    assert_eq!(one.wallet("ann").credits().unwrap(), 7);
    one.verify().unwrap();
    assert_eq!(deadlocks(&cluster, &url), 0);
}

//! Awards that were given before, by another system: nothing is given for them again, and later events find them.

use credits_runtime::billing::{AwardId, Length, LengthUnit};
use credits_runtime::{Error, FactNumber, Rejection};

use super::script::{Stage, begin, instant, object, play};

const MONTHLY: Length = Length { count: 1, unit: LengthUnit::Month };

/// Gives the rest of an award, and marks it.
fn mark(stage: &Stage, award: AwardId, amount: i64, left: i64) -> FactNumber {
    let grant = stage.ann.give_credits(left).now().wait().unwrap().entry.number;
    let marked = stage.credits.given_before("ann", award, amount).grant(grant).now().wait().unwrap();
    assert!(marked.is_new);
    grant
}

fn cycle(start: &str) -> AwardId {
    AwardId::cycle(object("si_s1"), instant(start), MONTHLY)
}

#[test]
fn a_running_cycle_and_its_bonus_are_not_given_again() {
    let stage = begin("2026-01-10");
    mark(&stage, cycle("2026-01-01"), 500, 300);
    let bonus = AwardId::SignupBonus("starter".to_owned());
    stage.credits.given_before("ann", bonus, 100).now().wait().unwrap();
    play(
        &stage,
        "2026-01-10   state s1 starter anchor=2026-01-01
         .            paid in1 s1 starter 2026-01-01..2026-02-01 at=2026-01-01 by=pi1  -> 300
         # The next cycle is given, and the credits that were left end like those of any cycle.
         2026-02-01   paid in2 s1 starter 2026-02-01..2026-03-01                       -> 800
         2026-02-03   look                                                             -> 500",
    );
    stage.credits.verify().unwrap();
}

#[test]
fn a_mark_alone_takes_and_gives_nothing() {
    let stage = begin("2026-01-10");
    mark(&stage, cycle("2026-01-01"), 500, 300);
    mark(&stage, AwardId::Pack(object("cs1")), 1_100, 40);
    play(
        &stage,
        "2026-01-10   pack cs9 pi9 boost    -> 1440
         2026-01-20   look                  -> 1440",
    );
    stage.credits.verify().unwrap();
}

#[test]
fn a_refund_finds_what_is_left_of_a_pack() {
    for (left, owed) in [(1_100, 0), (400, 700)] {
        let stage = begin("2026-01-10");
        stage.ann.give_credits(50).now().wait().unwrap();
        mark(&stage, AwardId::Pack(object("cs1")), 1_100, left);
        play(
            &stage,
            &format!(
                "2026-01-10   pack cs1 pi1 boost           -> {both}
                 +1d          refund pi1 re1 900           -> {after}
                 +1d          refund pi1 re1 900 failed    -> {both}",
                both = 50 + left,
                after = 50 - owed
            ),
        );
        stage.credits.verify().unwrap();
    }
}

#[test]
fn what_expired_of_a_linked_grant_counts_as_returned() {
    let stage = begin("2026-01-10");
    let give = stage.ann.give_credits(1_100).expires_at(instant("2026-01-20"));
    let grant = give.now().wait().unwrap().entry.number;
    let pack = AwardId::Pack(object("cs1"));
    stage.credits.given_before("ann", pack, 1_100).grant(grant).now().wait().unwrap();
    play(
        &stage,
        "2026-01-10   pack cs1 pi1 boost    -> 1100
         2026-01-21   look                  -> 0
         +1d          refund pi1 re1 900    -> 0",
    );
    assert_eq!(stage.ann.debt().unwrap(), 0);
    stage.credits.verify().unwrap();
}

#[test]
fn what_expired_after_a_reversed_charge_counts_as_returned_too() {
    let stage = begin("2026-01-10");
    let give = stage.ann.give_credits(300).expires_at(instant("2026-01-20"));
    let grant = give.now().wait().unwrap().entry.number;
    let pack = AwardId::Pack(object("cs1"));
    stage.credits.given_before("ann", pack, 1_100).grant(grant).now().wait().unwrap();
    play(
        &stage,
        "2026-01-10   pack cs1 pi1 boost    -> 300
         2026-01-12   spend 300             -> 0
         2026-01-13   reverse               -> 300
         2026-01-20T23 look                 -> 300
         2026-01-22   look                  -> 0
         +1d          refund pi1 re1 900    -> -800",
    );
    assert_eq!(stage.ann.debt().unwrap(), 800);
    stage.credits.verify().unwrap();
}

#[test]
fn an_invoice_that_is_returned_takes_the_cycle_that_was_given_before() {
    let stage = begin("2026-01-10");
    mark(&stage, cycle("2026-01-01"), 1_000, 600);
    play(
        &stage,
        "2026-01-10   state s1 pro anchor=2026-01-01
         .            paid in1 s1 pro 2026-01-01..2026-02-01 at=2026-01-01 by=pi1   -> 600
         +1d          refund pi1 re1 1000                                           -> 0
         +1d          refund pi1 re1 1000 failed                                    -> 600",
    );
    stage.credits.verify().unwrap();
}

#[test]
fn another_amount_than_the_terms_say_stays() {
    for amount in [800, 1_300] {
        let stage = begin("2026-01-10");
        mark(&stage, cycle("2026-01-01"), amount, amount);
        play(
            &stage,
            &format!(
                "2026-01-10   state s1 pro anchor=2026-01-01
                 .            paid in1 s1 pro 2026-01-01..2026-02-01 at=2026-01-01            -> {amount}
                 # Half of the cycle is credited, in exchange for as much of a smaller plan.
                 2026-01-16T12 state s1 hobby was=pro anchor=2026-01-01
                 .            paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1 hobby 2026-01-16T12..2026-02-01 amount=50 proration -> {}",
                amount - 450
            ),
        );
        stage.credits.verify().unwrap();
    }
}

#[test]
fn a_mark_is_made_once_and_refused_by_name() {
    let stage = begin("2026-01-10");
    let pack = || AwardId::Pack(object("cs1"));
    let rejected = |amount: i64, grant: Option<FactNumber>| {
        let mark = stage.credits.given_before("ann", pack(), amount);
        let mark = match grant {
            Some(grant) => mark.grant(grant),
            None => mark,
        };
        match mark.now().wait() {
            Err(Error::Rejected(rejection)) => rejection,
            other => panic!("not rejected: {other:?}"),
        }
    };
    assert_eq!(rejected(0, None), Rejection::AmountNotPositive { amount: 0.into() });
    let bob = stage.credits.wallet("bob");
    let of_bob = bob.give_credits(5).now().wait().unwrap().entry.number;
    for grant in [of_bob, FactNumber::new(0), FactNumber::new(1_000)] {
        assert_eq!(rejected(5, Some(grant)), Rejection::GrantUnknown { grant });
    }
    mark(&stage, pack(), 1_100, 40);
    let gift = stage.ann.give_credits(5).now().wait().unwrap().entry.number;
    let second = AwardId::Pack(object("cs3"));
    stage.credits.given_before("ann", second, 5).grant(gift).now().wait().unwrap();
    let third = stage.credits.given_before("ann", AwardId::Pack(object("cs4")), 5).grant(gift).now().wait();
    assert!(
        matches!(third, Err(Error::Rejected(Rejection::GrantOfAward { grant })) if grant == gift),
        "{third:?}"
    );
    // The same award again, also with another amount, changes nothing.
    assert!(!stage.credits.given_before("ann", pack(), 7).now().wait().unwrap().is_new);
    // One that this ledger gave is no longer given before.
    play(&stage, "2026-01-10   pack cs2 pi2 boost -> 1145");
    let given = AwardId::Pack(object("cs2"));
    assert!(!stage.credits.given_before("ann", given, 1_100).now().wait().unwrap().is_new);
    stage.credits.verify().unwrap();
}

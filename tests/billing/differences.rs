//! Intended differences from the Ruby gems `usage_credits` and `wallets`: at least one test for each line of
//! the table in `docs/MIGRATING.md`, in its order.

use std::cell::Cell;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Amount, Bytes, Error, Rejection, RunError};
use redb::{Database, ReadableDatabase as _, TableDefinition};

use super::script::{What, check, instant, steps};
use crate::power::disk::Disk;

credits_runtime::usage_credits! {
    settings { low_balance_threshold 10.credits }
    operation convert { costs 1.credit_per(mb) + 1.credit_per(minute) }
    operation peek { costs 0.credits }
    operation write_text {
        costs 2.credits
        with prompt: String
        validate prompt.len() <= 5, "prompt too long"
    }
}

mod at_once {
    credits_runtime::usage_credits! {
        settings { renewal_wait 0.hours fulfillment_grace_period 1.second }
        subscription_plan keep {
            stripe_price "price_keep"
            gives 100.credits.every(month)
            unused_credits rollover
            expire_after 0.days
        }
        subscription_plan pro {
            stripe_price "price_pro"
            gives 1_000.credits.every(month)
        }
    }
}

mod edited {
    credits_runtime::usage_credits! {
        credit_pack boost { stripe_price "price_boost" gives 5_000.credits costs 9.dollars }
    }
}

/// Timeout of a wait for a handler.
const PATIENCE: Duration = Duration::from_mins(1);

fn open() -> (ManualClock, Credits, Wallet) {
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    (clock, credits, ann)
}

#[test]
fn sizes_are_exact_and_the_total_is_rounded_once() {
    let half = Operation::convert(Bytes(512 * 1_024), Duration::from_secs(30));
    assert_eq!(half.cost().unwrap(), 1, "and not one for each half");
}

#[test]
fn all_units_work_and_a_negative_size_is_rejected() {
    assert_eq!(Operation::convert(0, Duration::from_mins(90)).cost().unwrap(), 90);
    let negative = Operation::convert(-1, Duration::ZERO).cost();
    assert_eq!(negative.unwrap_err().code(), "quantity_negative");
}

#[test]
fn what_costs_nothing_is_booked() {
    let (_, _, ann) = open();
    let receipt = ann.spend_credits_on(Operation::Peek).now().wait().unwrap();
    assert_eq!((receipt.entry.amount, ann.credit_history().page().unwrap().entries.len()), (Amount::ZERO, 1));
}

#[test]
fn a_validation_says_what_was_written() {
    let (_, _, ann) = open();
    let refused = ann.spend_credits_on(Operation::write_text("too long a text")).now().wait().unwrap_err();
    assert_eq!(refused.to_string(), "prompt too long");
}

#[test]
fn late_renewals_award_once_and_leave_nobody_at_zero() {
    check(
        "2026-01-10   state s1 pro
         .            paid in1 s1 pro 2026-01-10..2026-02-10 begins  -> 1000
         2026-02-12   look                                           -> 1000
         .            paid in2 s1 pro 2026-02-10..2026-03-10         -> 2000
         .            paid in2 s1 pro 2026-02-10..2026-03-10         -> 2000
         +5m          look                                           -> 1000",
    );
}

#[test]
fn quarterly_credits_on_monthly_billing_come_once_a_quarter() {
    check(
        "2026-01-01   state s1 quarterly
         .            paid in1 s1 quarterly 2026-01-01..2026-02-01 begins    -> 900
         2026-02-01   paid in2 s1 quarterly 2026-02-01..2026-03-01           -> 900",
    );
}

#[test]
fn toggling_plans_mints_no_credits() {
    let mut script =
        "2026-01-01 state s1 pro\n. paid in0 s1 pro 2026-01-01..2026-02-01 begins -> 1000\n".to_owned();
    for day in 10..20 {
        let (from, to) = if day % 2 == 0 { ("pro", "max") } else { ("max", "pro") };
        let period = format!("2026-01-{day}..2026-02-01 proration");
        let line = format!(
            "2026-01-{day} paid in{day} s1 {from} {period} amount=-300 and s1 {to} {period} amount=300\n"
        );
        script.push_str(&line);
    }
    // After ten changes five days of max were paid for: 1,000 + floor(2,000 x 5 / 31).
    check(&format!("{script}+1m look -> 1322"));
}

#[test]
fn anchors_at_the_end_of_a_month_do_not_drift() {
    check(
        "2026-01-31   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-31..2027-01-31 begins   -> 1000
         2026-02-28   look                                                 -> 2000
         2026-03-30   look                                                 -> 1000
         2026-03-31   look                                                 -> 2000",
    );
}

#[test]
fn what_passed_while_nobody_looked_is_given() {
    check(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2027-01-01 begins  -> 100
         2026-12-31   look                                            -> 1200",
    );
}

#[test]
fn past_due_time_gives_nothing() {
    check(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01 begins  -> 100
         2026-02-01   state s1 keep past_due                          -> 100
         2026-05-01   state s1 keep past_due                          -> 100",
    );
}

#[test]
fn expire_after_expires_what_was_kept() {
    check(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01 begins  -> 100
         2026-02-01   state s1 keep ended ends=2026-02-01             -> 100
         2026-03-03   look                                            -> 0",
    );
}

/// Ann's credits after each of these events, and at the end.
fn at_once(script: &str, look: &str) -> Vec<i64> {
    let clock = ManualClock::at(instant("2026-01-01"));
    let credits = at_once::Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let mut balances = Vec::new();
    for step in steps(script) {
        clock.set(step.at);
        if let What::Event(event) = step.what {
            credits.receive(*event).wait().unwrap();
        }
        balances.push(credits.wallet("ann").credits().unwrap().get());
    }
    clock.set(instant(look));
    balances.push(credits.wallet("ann").credits().unwrap().get());
    credits.verify().unwrap();
    balances
}

#[test]
fn credits_that_expire_at_once_end_with_the_subscription() {
    let balances = at_once(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01 begins
         2026-02-01   state s1 keep ended ends=2026-02-01",
        "2026-02-02",
    );
    assert_eq!(balances, [0, 100, 0, 0]);
}

#[test]
fn without_a_wait_credits_end_with_their_cycle() {
    let script = "2026-01-01   state s1 pro
                  .            paid in1 s1 pro 2026-01-01..2026-02-01 begins";
    assert_eq!(at_once(script, "2026-01-31T23:59"), [0, 1_000, 1_000]);
    assert_eq!(at_once(script, "2026-02-01T00:01"), [0, 1_000, 0]);
}

#[test]
fn a_downgrade_brings_its_own_period() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins   -> 1000
         2026-02-01   paid in2 s1 half 2026-02-01..2026-03-01         -> 1010
         +5m          look                                            -> 10
         2026-02-16   look                                            -> 20",
    );
}

#[test]
fn a_converted_trial_gives_the_bonus() {
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
         2026-01-15   paid in1 s1 starter 2026-01-15..2026-02-15                                 -> 650",
    );
}

#[test]
fn a_quantity_counts() {
    check("2026-01-01 state s1 prox3\n. paid in1 s1 prox3 2026-01-01..2026-02-01 begins -> 3000");
}

#[test]
fn a_refund_of_spent_credits_is_owed_and_never_an_error() {
    check(
        "2026-01-01   pack cs1 pi1 boost  -> 1100
         .            spend 1100          -> 0
         .            refund pi1 re1 900  -> -1100",
    );
}

#[test]
fn a_refund_takes_exactly_its_share() {
    // A third of 1,100 credits is 366 and two thirds, rounded up to 367. Floats make 367.00000000000006 of
    // it, and so 368.
    check(
        "2026-01-01   pack cs1 pi1 boost  -> 1100
         .            refund pi1 re1 300  -> 733",
    );
}

#[test]
fn a_refund_takes_the_purchases_own_credits_first() {
    check(
        "2026-01-01   pack cs1 pi1 brief  -> 300
         .            give 50             -> 350
         .            refund pi1 re1 900  -> 50
         2026-03-01   look                -> 50",
    );
}

#[test]
fn an_edited_pack_does_not_change_the_refunds_of_old_purchases() {
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = super::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    let receive = |step: super::script::Step| match step.what {
        What::Event(event) => *event,
        other => panic!("{other:?} is no event"),
    };
    for step in steps("2026-01-01 pack cs1 pi1 boost") {
        credits.receive(receive(step)).wait().unwrap();
    }
    credits.close().unwrap();
    let credits = edited::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    for step in steps("2026-01-01 refund pi1 re1 450") {
        credits.receive(receive(step)).wait().unwrap();
    }
    assert_eq!(credits.wallet("ann").credits().unwrap(), 550);
}

#[test]
fn what_was_paid_is_checked() {
    check("2026-01-01 pack cs1 pi1 boost subtotal=1 -> 0");
}

#[test]
fn debt_is_remembered_and_expiry_is_an_entry() {
    let (clock, credits, ann) = open();
    ann.give_credits(5).expires_in(Duration::from_hours(1)).now().wait().unwrap();
    clock.advance(Duration::from_hours(2));
    assert_eq!(ann.balance().unwrap(), 0);
    credits.book_due().unwrap();
    assert_eq!(ann.credit_history().page().unwrap().entries[0].category.name(), "expired");
    ann.deduct_credits(7, "a fee").with_debt().now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), ann.debt().unwrap()), ((-7).into(), 7.into()));
}

#[test]
fn the_work_runs_outside_of_every_lock_and_a_retry_charges_once() {
    let (_, _, ann) = open();
    ann.give_credits(100).now().wait().unwrap();
    let ran = Cell::new(0);
    let work = || {
        ran.set(ran.get() + 1);
        // The work itself may use the ledger.
        ann.spend_credits_on(Operation::write_text("b")).now().wait().map(|_| "done")
    };
    let spend = || ann.spend_credits_on(Operation::write_text("a")).key("job-1");
    assert_eq!(spend().run(work).unwrap(), "done");
    let again = spend().run(work).unwrap_err();
    assert!(matches!(again, RunError::AlreadyCharged(_)), "{again}");
    assert_eq!((ran.get(), ann.credits().unwrap().get()), (1, 96));
}

#[test]
fn a_handler_runs_after_the_commit_and_may_use_the_ledger() {
    let (_, credits, ann) = open();
    let (sender, receiver) = channel();
    let wallet = credits.wallet("ann");
    credits
        .on_credits_added(move |event| {
            if event.entry.amount == 10 {
                wallet.give_credits(1).now().wait().unwrap();
            }
            sender.send(wallet.credits().unwrap().get()).unwrap();
        })
        .unwrap();
    ann.give_credits(10).now().wait().unwrap();
    assert_eq!([11, 11], [(); 2].map(|()| receiver.recv_timeout(PATIENCE).unwrap()));
}

#[test]
fn of_many_spends_at_once_no_more_are_done_than_there_are_credits_for() {
    let (_, _, ann) = open();
    ann.give_credits(5).now().wait().unwrap();
    let spend = || ann.spend_credits_on(Operation::write_text("a")).now().wait().is_ok();
    let done = thread::scope(|scope| {
        let spends: Vec<_> = (0..8).map(|_| scope.spawn(spend)).collect();
        spends.into_iter().map(|spend| spend.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!((done, ann.credits().unwrap()), (2, 1.into()));
}

#[test]
fn an_upgrade_gives_its_share_once_it_is_paid() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01                         -> 1000
         2026-01-16   state s1 max was=pro                                           -> 1000
         # 2,000 x 16 / 31.
         .            paid in2 s1 pro 2026-01-16..2026-02-01 amount=-465 proration and s1 max 2026-01-16..2026-02-01 amount=1395 proration  -> 2032",
    );
}

#[test]
fn an_upgrade_brings_the_new_plans_bonus_with_its_first_whole_cycle() {
    check(
        "2026-01-01   state s1 seats
         .            paid in1 s1 seats 2026-01-01..2026-02-01                       -> 100
         2026-01-16   state s1 starter was=seats
         # 100 + floor(400 x 16 / 31).
         .            paid in2 s1 seats 2026-01-16..2026-02-01 amount=-50 proration and s1 starter 2026-01-16..2026-02-01 amount=250 proration  -> 306
         2026-02-01   paid in3 s1 starter 2026-02-01..2026-03-01                     -> 906",
    );
}

#[test]
fn credits_outlive_their_cycle_while_the_renewal_is_charged() {
    check(
        "2026-01-10   state s1 pro
         .            paid in1 s1 pro 2026-01-10..2026-02-10  -> 1000
         2026-02-13   look                                    -> 1000
         +5m          look                                    -> 0",
    );
}

#[test]
fn the_low_balance_threshold_fires_below_it_and_not_at_it() {
    let (_, credits, ann) = open();
    let (sender, receiver) = channel();
    credits
        .on_low_balance_reached(move |event| {
            sender.send((event.balance_before.get(), event.balance_after.get())).unwrap();
        })
        .unwrap();
    ann.give_credits(12).now().wait().unwrap();
    for amount in [2, 1] {
        ann.deduct_credits(amount, "a fee").now().wait().unwrap();
    }
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), (10, 9));
}

#[test]
fn insufficient_credits_are_told_for_operations_alone() {
    let (_, credits, ann) = open();
    let (sender, receiver) = channel();
    credits.on_insufficient_credits(move |event| sender.send(event.needed.get()).unwrap()).unwrap();
    let insufficient = |error: Error| {
        assert!(matches!(error, Error::Rejected(Rejection::InsufficientCredits { .. })), "{error}");
    };
    insufficient(ann.deduct_credits(7, "a fee").now().wait().unwrap_err());
    insufficient(ann.transfer_to(&credits.wallet("bob"), 8).now().wait().unwrap_err());
    insufficient(ann.spend_credits_on(Operation::write_text("a")).now().wait().unwrap_err());
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), 2);
}

#[test]
fn promotional_credits_are_used_first_and_stay_at_a_transfer() {
    let (_, credits, ann) = open();
    let bob = credits.wallet("bob");
    ann.give_credits(10).now().wait().unwrap();
    ann.give_credits(10).promotional().now().wait().unwrap();
    ann.spend_credits_on(Operation::write_text("a")).now().wait().unwrap();
    // The other 8 credits are promotional, and stay.
    ann.transfer_to(&bob, 11).now().wait().unwrap_err();
    ann.transfer_to(&bob, 10).now().wait().unwrap();
    ann.transfer_to(&bob, 8).including_promotional().now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), bob.credits().unwrap()), (0.into(), 18.into()));
}

#[test]
fn a_pack_with_a_bonus_is_two_entries_and_the_newest_is_first() {
    let stage = check("2026-01-01 pack cs1 pi1 boost -> 1100");
    let entries = stage.ann.credit_history().page().unwrap().entries;
    let amounts: Vec<i64> = entries.iter().map(|entry| entry.amount.get()).collect();
    assert_eq!(amounts, [100, 1_000]);
}

#[test]
fn entries_are_never_changed_and_it_can_be_shown() {
    let (_, credits, ann) = open();
    ann.give_credits(100).now().wait().unwrap();
    let (head, before) = (credits.head().unwrap(), ann.credit_history().page().unwrap().entries);
    ann.spend_credits_on(Operation::write_text("a")).now().wait().unwrap();
    credits.check_head(&head).unwrap();
    assert_eq!(ann.credit_history().page().unwrap().entries[1..], before);
}

#[test]
fn a_wallet_does_not_grow_with_its_history() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let mut sizes = Vec::new();
    for spends in [10, 2_000] {
        let credits = Credits::open(&path).unwrap();
        let ann = credits.wallet("ann");
        ann.give_credits(10_000).now().wait().unwrap();
        let replies: Vec<_> =
            (0..spends).map(|_| ann.spend_credits_on(Operation::write_text("a")).now()).collect();
        for reply in replies {
            reply.wait().unwrap();
        }
        credits.close().unwrap();
        let database = Database::open(&path).unwrap();
        let read = database.begin_read().unwrap();
        let views = read.open_table(TableDefinition::<&[u8], &[u8]>::new("views")).unwrap();
        let row = views.get(&[&[2, 0][..], b"ann"].concat()[..]).unwrap().unwrap();
        sizes.push(row.value().len());
    }
    assert!(sizes[1] < sizes[0] + 40, "{sizes:?}: one more grant, and no more");
}

#[test]
fn a_refusal_changes_nothing() {
    let (_, _, ann) = open();
    let refused = ann.spend_credits_on(Operation::write_text("a")).now().wait().unwrap_err();
    let expected = "2 credits needed for `write_text`, 0 available: give or buy at least 2 more";
    assert_eq!(refused.to_string(), expected);
    assert!(ann.credit_history().page().unwrap().entries.is_empty());
}

//! Order of use, scopes, debt, and holds settled at another amount.

use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Amount, Category, Clock as _, Error, Rejection, Timestamp, usage_credits};

usage_credits! {
    settings { allow_negative_balance up_to 20.credits hold_limit_max 1.hour }
    operation step { costs 1.credit_per(page) }
    operation draw { costs 1.credit_per(image) }
}

/// A pricing in which an overrun becomes debt, and spending does not.
mod strict {
    credits_runtime::usage_credits! {
        settings { overrun debt }
        operation step { costs 1.credit_per(page) }
        operation draw { costs 1.credit_per(image) }
    }
}

/// A pricing in which neither spending nor an overrun becomes debt.
mod plain {
    credits_runtime::usage_credits! {
        operation step { costs 1.credit_per(page) }
        operation draw { costs 1.credit_per(image) }
    }
}

const HOUR: Duration = Duration::from_hours(1);

fn open() -> (ManualClock, Credits) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    (clock, credits)
}

fn give(wallet: &Wallet, amount: i64) {
    wallet.give_credits(amount).now().wait().unwrap();
}

/// Available, held, owed and balance. The balance is the sum of the first two.
fn figures(wallet: &Wallet) -> [i64; 4] {
    let figures = [wallet.credits(), wallet.held(), wallet.debt(), wallet.balance()];
    let figures = figures.map(|figure| figure.unwrap().get());
    assert_eq!(figures[0] + figures[1], figures[3]);
    figures
}

fn rejection<T: std::fmt::Debug>(result: Result<T, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn narrower_scope_then_priority_then_expiry_then_class_is_used_first() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    let now = |give: credits_runtime::Give| give.now().wait().unwrap().entry.number;
    let paid = now(ann.give_credits(1));
    let promotional = now(ann.give_credits(1).promotional());
    let later = now(ann.give_credits(1).expires_in(2 * HOUR));
    let sooner = now(ann.give_credits(1).expires_in(HOUR));
    let preferred = now(ann.give_credits(1).priority(10));
    let both = now(ann.give_credits(1).only_for(["step", "draw"]));
    let one = now(ann.give_credits(1).only_for(["step"]).priority(90));
    let other = now(ann.give_credits(1).only_for(["draw"]));
    assert_eq!(ann.credits().unwrap(), 8);
    assert_eq!(ann.credits_for(Operation::step(1)).unwrap(), 7);
    let entry = ann.spend_credits_on(Operation::step(7)).now().wait().unwrap().entry;
    let used: Vec<_> = entry.allocations.iter().map(|part| part.grant).collect();
    assert_eq!(used, [one, both, preferred, sooner, later, promotional, paid]);
    assert_eq!(
        ann.spend_credits_on(Operation::draw(1)).now().wait().unwrap().entry.allocations[0].grant,
        other
    );
    let unknown = rejection(ann.give_credits(1).only_for(["stpe"]).now().wait());
    assert_eq!(unknown.code(), "operation_unknown");
}

#[test]
fn credits_for_one_operation_do_not_count_for_another() {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = plain::Credits::builder().clock(clock).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(5).only_for(["draw"]).now().wait().unwrap();
    ann.give_credits(2).now().wait().unwrap();
    let step = plain::Operation::step(3);
    assert!(!ann.has_enough_credits_to(&step).unwrap());
    let refused = rejection(ann.spend_credits_on(step).now().wait());
    assert_eq!(refused.to_string(), "3 credits needed for `step`, 2 available: give or buy at least 1 more");
    assert!(ann.has_enough_credits_to(plain::Operation::draw(7)).unwrap());
}

/// A refused spend names the least gift after which it succeeds, also where credits of the wallet are for another operation.
#[test]
fn the_missing_credits_are_the_least_that_suffice() {
    for (scoped, given, price, missing) in [(0, 0, 35, 15), (0, 4, 35, 11), (9, 0, 35, 6), (30, 0, 60, 10)] {
        for short in [1, 0] {
            let (_, credits) = open();
            let ann = credits.wallet("ann");
            if scoped > 0 {
                ann.give_credits(scoped).only_for(["draw"]).now().wait().unwrap();
            }
            if given > 0 {
                give(&ann, given);
            }
            let refused = rejection(ann.spend_credits_on(Operation::step(price)).now().wait());
            let Rejection::InsufficientCredits { missing: said, .. } = &refused else { panic!("{refused}") };
            assert_eq!(*said, missing);
            give(&ann, missing - short);
            assert_eq!(
                ann.spend_credits_on(Operation::step(price)).now().wait().is_ok(),
                short == 0,
                "{refused}"
            );
        }
    }
}

#[test]
fn spending_runs_into_debt_up_to_its_bound_and_gifts_repay_it() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 5);
    let entry = ann.spend_credits_on(Operation::step(12)).now().wait().unwrap().entry;
    assert_eq!((entry.amount, entry.owed, entry.balance_after), ((-12).into(), 7.into(), (-7).into()));
    assert_eq!(figures(&ann), [-7, 0, 7, -7]);
    assert!(ann.has_enough_credits_to(Operation::step(13)).unwrap());
    assert!(!ann.has_enough_credits_to(Operation::step(14)).unwrap());
    let refused = rejection(ann.spend_credits_on(Operation::step(14)).now().wait());
    assert_eq!(
        refused.to_string(),
        "14 credits needed for `step`, -7 available: give or buy at least 1 more"
    );
    // A spend of 0 credits is always allowed.
    ann.spend_credits_on(Operation::step(0)).now().wait().unwrap();
    give(&ann, 3);
    assert_eq!(figures(&ann), [-4, 0, 4, -4]);
    give(&ann, 10);
    assert_eq!(figures(&ann), [6, 0, 0, 6]);
    let history = ann.credit_history().page().unwrap().entries;
    let repaid: Vec<_> = history
        .iter()
        .filter(|entry| entry.category == Category::DebtRepaid)
        .map(|entry| (entry.amount.get(), entry.allocations[0].amount.get(), entry.balance_after.get()))
        .collect();
    assert_eq!(repaid, [(0, 4, 6), (0, 3, -4)]);
}

#[test]
fn credits_for_another_operation_repay_a_debt_in_the_same_command() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(6).only_for(["draw"]).now().wait().unwrap();
    let entry = ann.spend_credits_on(Operation::step(10)).now().wait().unwrap().entry;
    assert_eq!((entry.owed, entry.allocations.len()), (10.into(), 0));
    assert_eq!(figures(&ann), [-4, 0, 4, -4]);
}

#[test]
fn a_hold_may_set_aside_what_is_not_there_and_a_release_gives_it_back() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 5);
    let hold = ann.spend_credits_on(Operation::step(12)).hold(HOUR).wait().unwrap();
    assert_eq!(figures(&ann), [-7, 12, 0, 5]);
    // Holds count toward the bound.
    assert!(!ann.has_enough_credits_to(Operation::step(14)).unwrap());
    hold.release().wait().unwrap();
    assert_eq!(figures(&ann), [5, 0, 0, 5]);
    let hold = ann.spend_credits_on(Operation::step(12)).hold(HOUR).wait().unwrap();
    give(&ann, 4);
    // The gift made in between covers a part of the hold's overdraft.
    let settled = hold.settle().wait().unwrap();
    assert_eq!((settled.entry.owed, settled.entry.shortfall), (3.into(), Amount::ZERO));
    assert_eq!(figures(&ann), [-3, 0, 3, -3]);
}

#[test]
fn a_deduction_beyond_what_is_available_is_owed_only_if_it_says_so() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 5);
    let refused = rejection(ann.deduct_credits(9, "a mistake").now().wait());
    assert_eq!(refused.code(), "insufficient_credits");
    let entry = ann.deduct_credits(90, "a mistake").with_debt().now().wait().unwrap().entry;
    assert_eq!((entry.amount, entry.owed), ((-90).into(), 85.into()));
    assert_eq!(figures(&ann), [-85, 0, 85, -85]);
    let too_much = rejection(ann.deduct_credits(i64::MAX, "all").with_debt().now().wait());
    assert_eq!(too_much.code(), "balance_out_of_range");
}

#[test]
fn what_a_release_frees_repays_a_debt_first() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 10);
    let hold = ann.spend_credits_on(Operation::step(8)).hold(HOUR).wait().unwrap();
    ann.deduct_credits(5, "a mistake").with_debt().now().wait().unwrap();
    assert_eq!(figures(&ann), [-3, 8, 3, 5]);
    hold.release().wait().unwrap();
    assert_eq!(figures(&ann), [5, 0, 0, 5]);
}

#[test]
fn a_lapse_repays_a_debt_before_the_rest_expires() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(10).expires_in(HOUR).now().wait().unwrap();
    ann.spend_credits_on(Operation::step(8)).hold(HOUR / 2).wait().unwrap().into_id();
    ann.deduct_credits(5, "a mistake").with_debt().now().wait().unwrap();
    clock.advance(2 * HOUR);
    // 3 of the 8 repaid; the other 5 expired.
    assert_eq!(figures(&ann), [0, 0, 0, 0]);
    give(&ann, 1);
    let history = ann.credit_history().page().unwrap().entries;
    let amounts: Vec<_> = history.iter().map(|entry| (entry.category.clone(), entry.amount.get())).collect();
    assert_eq!(
        amounts,
        [
            (Category::ManualAdjustment, 1),
            (Category::Expired, -5),
            (Category::DebtRepaid, 0),
            (Category::CreditDeducted, -5),
            (Category::ManualAdjustment, 10),
        ]
    );
}

#[test]
fn a_hold_is_settled_for_what_the_work_came_to() {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = plain::Credits::builder().clock(clock).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(20).now().wait().unwrap();
    let hold = || ann.spend_credits_on(plain::Operation::step(8)).hold(HOUR).wait().unwrap();
    let entry = hold().settle_for(plain::Operation::step(3)).wait().unwrap().entry;
    assert_eq!((entry.amount, entry.price), ((-3).into(), Some(3.into())));
    let entry = hold().settle_amount(10).wait().unwrap().entry;
    assert_eq!((entry.amount, entry.balance_after), ((-10).into(), 7.into()));
    let entry = ann.spend_credits_on(plain::Operation::step(5)).hold(HOUR).wait().unwrap();
    let entry = entry.settle_amount(30).wait().unwrap().entry;
    assert_eq!((entry.amount, entry.shortfall, entry.owed), ((-7).into(), 23.into(), 0.into()));
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (0.into(), 0.into()));
    let free = ann.spend_credits_on(plain::Operation::step(0)).hold(HOUR).wait().unwrap();
    assert_eq!(rejection(free.settle_amount(-1).wait()).code(), "amount_negative");
    // A rejected settlement leaves the hold open.
    assert_eq!(ann.open_holds().unwrap().len(), 1);
}

#[test]
fn an_overrun_is_owed_where_the_settings_say_so() {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = strict::Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(10).now().wait().unwrap();
    let hold = ann.spend_credits_on(strict::Operation::step(8)).hold(HOUR).wait().unwrap();
    let entry = hold.settle_amount(15).wait().unwrap().entry;
    assert_eq!((entry.amount, entry.owed, entry.shortfall), ((-15).into(), 5.into(), 0.into()));
    assert_eq!((ann.credits().unwrap(), ann.debt().unwrap()), ((-5).into(), 5.into()));
    // Spending itself cannot run into debt.
    assert_eq!(
        rejection(ann.spend_credits_on(strict::Operation::draw(1)).now().wait()).code(),
        "insufficient_credits"
    );
}

#[test]
fn a_hold_can_be_extended_within_its_limit() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 10);
    let start = clock.now();
    let mut hold = ann.spend_credits_on(Operation::step(8)).hold(HOUR / 4).wait().unwrap();
    clock.advance(HOUR / 6);
    assert_eq!(hold.extend(HOUR / 4).wait().unwrap(), start.after(HOUR / 2));
    clock.advance(HOUR / 4);
    assert_eq!(figures(&ann), [2, 8, 0, 10]);
    assert_eq!(rejection(hold.extend(HOUR).wait()).code(), "hold_limit_invalid");
    assert_eq!(rejection(hold.extend(Duration::ZERO).wait()).code(), "hold_limit_invalid");
    clock.advance(HOUR / 4);
    assert_eq!(figures(&ann), [10, 0, 0, 10]);
    assert_eq!(rejection(hold.extend(HOUR / 8).wait()).code(), "hold_closed");
}

/// A debt at the limit of 64 bits, beside a hold, made every read of the wallet panic.
#[test]
fn nobody_owes_more_than_64_bits_hold() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 40);
    let _held = ann.spend_credits_on(Operation::step(40)).hold(HOUR).wait().unwrap().into_id();
    let owe = |amount| ann.deduct_credits(amount, "by hand").with_debt().now().wait();
    owe(i64::MAX).unwrap();
    assert_eq!(figures(&ann), [-i64::MAX, 40, i64::MAX, 40 - i64::MAX]);
    // The available amount would still fit in 64 bits; the debt would not.
    let refused = rejection(owe(1));
    assert!(matches!(refused, Rejection::BalanceOutOfRange { .. }), "{refused}");
    assert_eq!(figures(&ann), [-i64::MAX, 40, i64::MAX, 40 - i64::MAX]);
}

/// Two holds, partly covered by the allowed overdraft, could together set aside more than 64 bits hold.
#[test]
fn nobody_sets_aside_more_than_64_bits_hold() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, i64::MAX);
    let hold = |amount: u64| ann.spend_credits_on(Operation::step(amount)).hold(HOUR).wait();
    let _most = hold(i64::MAX.unsigned_abs()).unwrap().into_id();
    let refused = rejection(hold(20));
    assert!(matches!(refused, Rejection::BalanceOutOfRange { .. }), "{refused}");
    assert_eq!(figures(&ann), [0, i64::MAX, 0, i64::MAX]);
}

/// Settling a lapsed hold restored its expired credits into a balance that had become full in between.
#[test]
fn a_late_settle_of_a_full_wallet_takes_other_credits() {
    let (clock, credits) = open();
    let ann = credits.wallet("ann");
    ann.give_credits(5).expires_in(HOUR / 2).now().wait().unwrap();
    let hold = ann.spend_credits_on(Operation::step(5)).hold(HOUR).wait().unwrap();
    clock.advance(2 * HOUR);
    give(&ann, i64::MAX - 3);
    let entry = hold.settle().wait().unwrap().entry;
    // Of the five credits that expired with the hold, three came back: the balance has no room for more.
    assert_eq!((entry.amount, entry.shortfall, entry.owed), ((-5).into(), 0.into(), 0.into()));
    assert_eq!(figures(&ann), [i64::MAX - 5, 0, 0, i64::MAX - 5]);
}

//! Large wallets: merged gifts, limits of open grants and holds, pages of history.

use std::collections::BTreeSet;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Cursor, Entry, Error, limits};

use crate::pricing::{Credits, Operation, Wallet};

/// A ledger with a manual clock.
fn ledger() -> (ManualClock, Credits) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    (clock, credits)
}

/// Gives one credit for each of these expiries, in days.
fn give_each(wallet: &Wallet, days: impl IntoIterator<Item = u64>) {
    let replies: Vec<_> = days
        .into_iter()
        .map(|days| wallet.give_credits(1).expires_in(Duration::from_hours(24 * days)).now())
        .collect();
    for reply in replies {
        reply.wait().unwrap();
    }
}

fn rejection<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Rejected(rejection)) => format!("{}: {rejection}", rejection.code()),
        other => panic!("no rejection: {other:?}"),
    }
}

/// Deducts everything available. Returns the amount from each grant.
fn grants_emptied(wallet: &Wallet) -> Vec<i64> {
    let all = wallet.credits().unwrap();
    let entry = wallet.deduct_credits(all, "emptied").now().wait().unwrap().entry;
    entry.allocations.iter().map(|part| part.amount.get()).collect()
}

#[test]
fn gifts_of_the_same_terms_are_merged_beyond_64_open_grants() {
    let (_, credits) = ledger();
    let wallet = credits.wallet("alice");
    // The 65th gift finds 64 open grants, which is not above the limit. Later gifts join.
    give_each(&wallet, [10; 70]);
    let receipt = wallet.give_credits(5).expires_in(Duration::from_hours(240)).now().wait().unwrap();
    assert_eq!((receipt.entry.amount.get(), receipt.entry.balance_after.get()), (5, 75));
    let mut parts = grants_emptied(&wallet);
    assert_eq!((parts.len(), parts.iter().sum::<i64>()), (65, 75));
    parts.sort_unstable();
    assert_eq!(parts.last(), Some(&11), "the later ones joined one grant");
}

#[test]
fn gifts_of_other_terms_are_not_merged() {
    let (_, credits) = ledger();
    let wallet = credits.wallet("alice");
    give_each(&wallet, [10; 65]);
    let day = Duration::from_hours(24);
    for give in [
        wallet.give_credits(1).expires_in(9 * day),
        wallet.give_credits(1),
        wallet.give_credits(1).expires_in(10 * day).promotional(),
        wallet.give_credits(1).expires_in(10 * day).reason("spring bonus"),
        // This one joins: a reason alone is no term.
        wallet.give_credits(1).expires_in(10 * day).reason("sorry"),
    ] {
        give.now().wait().unwrap();
    }
    let parts = grants_emptied(&wallet);
    assert_eq!((parts.len(), parts.iter().sum::<i64>()), (69, 70));
}

#[test]
fn merged_credits_expire_together_as_one_entry() {
    let (clock, credits) = ledger();
    let wallet = credits.wallet("alice");
    give_each(&wallet, (1..=65).chain([10, 10, 10]));
    clock.advance(Duration::from_hours(24 * 10));
    assert_eq!(wallet.credits().unwrap(), 55);
    let entry = wallet.spend_credits_on(Operation::Look).now().wait().unwrap().entry;
    assert_eq!(entry.balance_after, 55);
    let page = wallet.credit_history().limit(2).page().unwrap();
    assert_eq!(page.entries.last().unwrap().amount, -4);
}

#[test]
fn a_wallet_has_at_most_1000_open_grants() {
    let (clock, credits) = ledger();
    let wallet = credits.wallet("alice");
    give_each(&wallet, 1..=1_000);
    let give = |days: u64| wallet.give_credits(1).expires_in(Duration::from_hours(24 * days)).now().wait();
    assert_eq!(
        rejection(give(1_001)),
        "open_grants_limit: the wallet has 1000 open grants, the most there may be: spend or let some expire first"
    );
    // A gift of the same terms joins. A grant that was emptied or has expired makes room.
    give(7).unwrap();
    wallet.spend_credits_on(Operation::Tick).now().wait().unwrap();
    give(1_001).unwrap();
    rejection(give(1_002));
    clock.advance(Duration::from_hours(48));
    give(1_002).unwrap();
    assert_eq!(wallet.credits().unwrap(), 1_001);
}

#[test]
fn a_wallet_has_at_most_1000_open_holds() {
    let (clock, credits) = ledger();
    let wallet = credits.wallet("alice");
    wallet.give_credits(2_000).now().wait().unwrap();
    let hold = || wallet.spend_credits_on(Operation::Tick).hold(Duration::from_mins(15));
    let replies: Vec<_> = (0..1_000).map(|_| hold()).collect();
    let mut holds: Vec<_> = replies.into_iter().map(|reply| reply.wait().unwrap()).collect();
    assert_eq!(
        rejection(hold().wait()),
        "open_holds_limit: the wallet has 1000 open holds, the most there may be: settle or release some first"
    );
    holds.pop().unwrap().release().wait().unwrap();
    holds.push(hold().wait().unwrap());
    assert_eq!(wallet.held().unwrap(), 1_000);
    // All of them lapse before the next fact.
    clock.advance(Duration::from_mins(15));
    let last = hold().wait().unwrap();
    assert_eq!((wallet.credits().unwrap().get(), wallet.held().unwrap().get()), (1_999, 1));
    assert_eq!(last.settle().wait().unwrap().entry.balance_after, 1_999);
}

#[test]
fn all_that_can_be_due_in_a_wallet_is_booked_before_its_next_fact() {
    let (clock, credits) = ledger();
    // The longest name makes the longest facts.
    let wallet = credits.wallet("o".repeat(limits::NAME_BYTES_MAX));
    give_each(&wallet, 1..=1_000);
    // Each takes the last credit of the grant that it pins, so that all grants stay open.
    let replies: Vec<_> =
        (0..1_000).map(|_| wallet.spend_credits_on(Operation::Tick).hold(Duration::from_hours(1))).collect();
    for reply in replies {
        reply.wait().unwrap().into_id();
    }
    assert_eq!((wallet.credits().unwrap().get(), wallet.held().unwrap().get()), (0, 1_000));
    clock.advance(Duration::from_hours(24 * 1_000));
    assert_eq!((wallet.credits().unwrap().get(), wallet.held().unwrap().get()), (0, 0));
    let entry = wallet.give_credits(7).now().wait().unwrap().entry;
    assert_eq!((entry.balance_before.get(), entry.balance_after.get()), (0, 7));
    let expired = by_pages(&wallet, 1_000, || ()).into_iter().filter(|entry| entry.amount == -1);
    assert!(expired.clone().is_sorted_by_key(|entry| std::cmp::Reverse(entry.effective_at)));
    assert_eq!(expired.count(), 1_000);
}

#[test]
fn a_page_that_looked_at_many_facts_ends_early_and_goes_on() {
    let (_, credits) = ledger();
    let wallet = credits.wallet("alice");
    wallet.give_credits(10).now().wait().unwrap();
    // Holds are facts and no entries.
    for _ in 0..6 {
        let replies: Vec<_> =
            (0..450).map(|_| wallet.spend_credits_on(Operation::Look).hold(Duration::from_mins(1))).collect();
        let holds: Vec<_> = replies.into_iter().map(|reply| reply.wait().unwrap()).collect();
        let replies: Vec<_> = holds.into_iter().map(credits_runtime::Hold::release).collect();
        for reply in replies {
            reply.wait().unwrap();
        }
    }
    let page = wallet.credit_history().page().unwrap();
    assert_eq!((page.entries.len(), page.next.is_some()), (0, true));
    let entries = by_pages(&wallet, 50, || ());
    assert_eq!(entries.iter().map(|entry| entry.amount.get()).collect::<Vec<_>>(), [10]);
}

/// Every entry of a wallet, read in pages of this size.
fn by_pages(wallet: &Wallet, size: usize, mut between: impl FnMut()) -> Vec<Entry> {
    let (mut entries, mut next): (Vec<Entry>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = wallet.credit_history().limit(size).after(next).page().unwrap();
        assert!(page.entries.len() <= size);
        entries.extend(page.entries);
        // A cursor can be stored as a number.
        next = page.next.map(|cursor| Cursor::new(cursor.get()));
        if next.is_none() {
            return entries;
        }
        between();
    }
}

#[test]
fn pages_are_stable_while_entries_are_added() {
    let (clock, credits) = ledger();
    let (alice, bob) = (credits.wallet("alice"), credits.wallet("bob"));
    for amount in 1..=40 {
        alice.give_credits(amount).expires_in(Duration::from_hours(24)).now().wait().unwrap();
        bob.give_credits(1).now().wait().unwrap();
        alice.spend_credits_on(Operation::Tick).hold(Duration::from_mins(1)).wait().unwrap().into_id();
        clock.advance(Duration::from_mins(2));
    }
    let whole = alice.credit_history().limit(limits::HISTORY_PAGE_MAX).page().unwrap();
    assert_eq!(whole.next, None);
    let amounts: Vec<_> = whole.entries.iter().map(|entry| entry.amount.get()).collect();
    assert_eq!(amounts, (1..=40).rev().collect::<Vec<_>>());
    for size in [1, 2, 7, 39, 40, 41] {
        let before = alice.credit_history().limit(1_000).page().unwrap().entries;
        let paged = by_pages(&alice, size, || {
            alice.give_credits(100).now().wait().unwrap();
            bob.give_credits(100).now().wait().unwrap();
        });
        assert_eq!(paged, before, "pages of {size}");
    }
}

#[test]
fn a_cursor_of_another_wallet_or_of_nothing_shows_nothing_foreign() {
    let (_, credits) = ledger();
    let (alice, bob) = (credits.wallet("alice"), credits.wallet("bob"));
    for _ in 0..3 {
        alice.give_credits(1).now().wait().unwrap();
        bob.give_credits(2).now().wait().unwrap();
    }
    let theirs: BTreeSet<_> =
        bob.credit_history().page().unwrap().entries.iter().map(|entry| entry.number).collect();
    for number in (0..20).chain([u64::MAX]) {
        let page = alice.credit_history().after(Cursor::new(number)).page().unwrap();
        assert!(page.entries.iter().all(|entry| !theirs.contains(&entry.number)), "cursor {number}");
    }
}

#[test]
fn a_page_has_one_to_a_thousand_entries() {
    let (_, credits) = ledger();
    let wallet = credits.wallet("alice");
    let replies: Vec<_> = (0..1_010).map(|_| wallet.spend_credits_on(Operation::Look).now()).collect();
    for reply in replies {
        reply.wait().unwrap();
    }
    for (limit, entries) in [(0, 1), (1, 1), (1_000, 1_000), (5_000, 1_000)] {
        let page = wallet.credit_history().limit(limit).page().unwrap();
        assert_eq!((page.entries.len(), page.next.is_some()), (entries, true), "limit {limit}");
    }
    assert_eq!(wallet.credit_history().page().unwrap().entries.len(), 50);
    assert_eq!(by_pages(&wallet, 1_000, || ()).len(), 1_010);
}

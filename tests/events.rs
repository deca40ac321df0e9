//! Events: their kinds, order and number, as delivered to handlers and named subscribers.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
use credits_runtime::events::{Event, EventId};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, LedgerErrorKind, Rejection, Timestamp, usage_credits};

usage_credits! {
    settings { low_balance_threshold 100.credits, 10.credits, 10.gems }
    asset gem
    operation step { costs 1.credit_per(page) }
    operation polish { costs 1.gem_per(piece) }
}

/// Timeout of a wait for an event. It arrives at once or never.
const PATIENCE: Duration = Duration::from_mins(1);

fn open() -> (ManualClock, Credits) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    (clock, credits)
}

/// Starts a subscriber that sends every event as a line.
fn lines(credits: &Credits, name: &str) -> Receiver<String> {
    let (sender, receiver) = channel();
    let tell = move |event: &Event| sender.send(line(event));
    credits.subscriber(name).start(tell).unwrap();
    receiver
}

fn line(event: &Event) -> String {
    match event {
        Event::CreditsAdded(event) => format!("{} {}", event.owner, event.entry.formatted_amount()),
        Event::CreditsDeducted(event) => format!("{} {}", event.owner, event.entry.formatted_amount()),
        Event::CreditsExpired(event) => format!("{} {} expired", event.owner, event.entry.formatted_amount()),
        Event::LowBalanceReached(event) => {
            format!(
                "{} below {}: {} -> {}",
                event.owner, event.threshold, event.balance_before, event.balance_after
            )
        }
        Event::BalanceDepleted(event) => format!("{} depleted at {}", event.owner, event.balance_after),
        Event::BalanceRecovered(event) => format!("{} recovered at {}", event.owner, event.balance_after),
        Event::TransferCompleted(event) => format!("{} to {}", event.sender, event.receiver),
        Event::HoldLapsed(event) => {
            format!(
                "{} lapsed {} {} of {}",
                event.owner,
                event.amount,
                event.operation,
                event.inputs.join(", ")
            )
        }
        other => format!("{other:?}"),
    }
}

/// Checks that exactly these lines come next.
fn told(receiver: &Receiver<String>, expected: &[&str]) {
    let lines: Vec<_> = expected.iter().map(|_| receiver.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(lines, expected);
    assert_eq!(receiver.try_recv().ok(), None);
}

fn give(wallet: &Wallet, amount: i64) {
    wallet.give_credits(amount).now().wait().unwrap();
}

#[test]
fn thresholds_fire_from_at_least_to_less_and_arm_again() {
    let (_, credits) = open();
    let lines = lines(&credits, "log");
    let ann = credits.wallet("ann");
    let take = |amount| ann.spend_credits_on(Operation::step(amount)).now().wait().unwrap();
    give(&ann, 150);
    take(50);
    take(1);
    take(1);
    give(&ann, 2);
    take(100);
    told(
        &lines,
        &[
            "ann +150 credits",
            "ann recovered at 150",
            "ann -50 credits",
            "ann -1 credit",
            "ann below 100: 100 -> 99",
            "ann -1 credit",
            "ann +2 credits",
            "ann -100 credits",
            "ann below 100: 100 -> 0",
            "ann below 10: 100 -> 0",
            "ann depleted at 0",
        ],
    );
}

#[test]
fn holds_cause_no_threshold_and_expiry_does() {
    let (clock, credits) = open();
    let lines = lines(&credits, "log");
    let ann = credits.wallet("ann");
    ann.give_credits(120).expires_in(Duration::from_hours(1)).now().wait().unwrap();
    give(&ann, 5);
    let hold = ann.spend_credits_on(Operation::step(119)).hold(Duration::from_mins(10)).wait().unwrap();
    let _hold = hold.into_id();
    clock.advance(Duration::from_hours(1));
    credits.book_due().unwrap();
    told(
        &lines,
        &[
            "ann +120 credits",
            "ann recovered at 120",
            "ann +5 credits",
            "ann lapsed 119 step of 119 pages",
            "ann -120 credits expired",
            "ann below 100: 125 -> 5",
            "ann below 10: 125 -> 5",
        ],
    );
}

#[test]
fn both_sides_of_a_transfer_are_told_and_so_is_the_transfer() {
    let (_, credits) = open();
    let lines = lines(&credits, "log");
    let [ann, bob] = ["ann", "bob"].map(|owner| credits.wallet(owner));
    give(&ann, 50);
    let made = ann.transfer_to(&bob, 20).now().wait().unwrap();
    ann.reverse_transfer(made.id).now().wait().unwrap();
    told(
        &lines,
        &[
            "ann +50 credits",
            "ann recovered at 50",
            "ann -20 credits",
            "ann to bob",
            "bob +20 credits",
            "bob recovered at 20",
            "bob -20 credits",
            "ann +20 credits",
            "bob below 10: 20 -> 0",
            "bob depleted at 0",
        ],
    );
}

#[test]
fn a_balance_of_gems_passes_their_threshold_and_depletes() {
    let (_, credits) = open();
    let lines = lines(&credits, "log");
    let gems = credits.wallet("ann").of(Asset::Gems);
    give(&gems, 200);
    credits.wallet("ann").spend_credits_on(Operation::polish(200)).now().wait().unwrap();
    told(
        &lines,
        &[
            "ann +200 gems",
            "ann recovered at 200",
            "ann -200 gems",
            "ann below 10: 200 -> 0",
            "ann depleted at 0",
        ],
    );
}

#[test]
fn handlers_are_told_of_their_kind_alone_from_when_they_came() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    give(&ann, 10);
    let (sender, receiver) = channel();
    let added = sender.clone();
    credits.on_credits_added(move |event| added.send(event.entry.amount.get()).unwrap()).unwrap();
    credits.on_balance_depleted(move |event| sender.send(event.balance_after.get()).unwrap()).unwrap();
    give(&ann, 20);
    ann.spend_credits_on(Operation::step(30)).now().wait().unwrap();
    assert_eq!([20, 0], [(); 2].map(|()| receiver.recv_timeout(PATIENCE).unwrap()));
    assert_eq!(receiver.try_recv().ok(), None);
}

#[test]
fn a_refused_spending_is_told_to_handlers_and_to_no_subscriber() {
    let (_, credits) = open();
    let lines = lines(&credits, "log");
    let (sender, receiver) = channel();
    credits.on_insufficient_credits(move |event| sender.send(event.clone()).unwrap()).unwrap();
    let ann = credits.wallet("ann");
    give(&ann, 3);
    ann.spend_credits_on(Operation::step(4)).now().wait().unwrap_err();
    ann.spend_credits_on(Operation::step(5)).run(|| Ok::<_, Error>(())).unwrap_err();
    // A rejected deduction by hand is no rejected spend.
    ann.deduct_credits(6, "by hand").now().wait().unwrap_err();
    for needed in [4, 5] {
        let event = receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!((event.needed.get(), event.available.get(), event.owner.as_str()), (needed, 3, "ann"));
    }
    assert!(receiver.try_recv().is_err());
    told(&lines, &["ann +3 credits", "ann recovered at 3"]);
}

#[test]
fn a_handler_that_panics_harms_nobody_and_one_that_calls_the_ledger_works() {
    let (_, credits) = open();
    let (sender, receiver) = channel();
    credits.on_credits_added(|_| panic!("a bug of the application's")).unwrap();
    let caller = credits.clone();
    credits
        .on_credits_added(move |event| {
            let wallet = caller.wallet(event.owner.as_str());
            if event.entry.amount == 10 {
                give(&wallet, 1);
            }
            sender.send(wallet.credits().unwrap().get()).unwrap();
        })
        .unwrap();
    give(&credits.wallet("ann"), 10);
    assert_eq!([11, 11], [(); 2].map(|()| receiver.recv_timeout(PATIENCE).unwrap()));
    // The handler's clone of the handle keeps the ledger open, so close it here.
    credits.close().unwrap();
}

#[test]
fn a_subscriber_that_fails_is_told_again_and_others_go_on() {
    let (_, credits) = open();
    let (sender, receiver) = channel();
    let mut attempts = 0;
    let fails_at_first = move |event: &Event| {
        attempts += 1;
        match attempts {
            1 => Err("the mail server is down"),
            2 => panic!("a bug of the application's"),
            _ => {
                sender.send(line(event)).unwrap();
                Ok(())
            }
        }
    };
    credits.subscriber("mail").start(fails_at_first).unwrap();
    let others = lines(&credits, "log");
    give(&credits.wallet("ann"), 10);
    told(&others, &["ann +10 credits", "ann recovered at 10"]);
    told(&receiver, &["ann +10 credits", "ann recovered at 10"]);
}

#[test]
fn a_subscriber_goes_on_where_it_was_in_whichever_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let credits = Credits::open(&path).unwrap();
    give(&credits.wallet("ann"), 1);
    let first = lines(&credits, "log");
    give(&credits.wallet("ann"), 2);
    told(&first, &["ann +2 credits"]);
    credits.close().unwrap();
    drop(credits);

    // A write while no subscriber runs.
    let credits = Credits::open(&path).unwrap();
    give(&credits.wallet("ann"), 3);
    credits.close().unwrap();
    drop(credits);

    let credits = Credits::open(&path).unwrap();
    told(&lines(&credits, "log"), &["ann +3 credits"]);
    let (sender, everything) = channel();
    let tell = move |event: &Event| sender.send(line(event));
    credits.subscriber("archive").from_the_beginning().start(tell).unwrap();
    told(&everything, &["ann +1 credit", "ann recovered at 1", "ann +2 credits", "ann +3 credits"]);
}

/// The threads that deliver events held the ledger while they read it, so dropping the last handle did not
/// close the file at once.
#[test]
fn dropping_the_last_handle_closes_a_ledger_that_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    for _ in 0..20 {
        let credits = Credits::open(&path).unwrap();
        credits.on_credits_added(|_| ()).unwrap();
        credits.subscriber("log").start(|_: &Event| Ok::<_, Error>(())).unwrap();
        give(&credits.wallet("ann"), 1);
    }
}

#[test]
fn events_have_ids_that_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let mut told = Vec::new();
    for name in ["first", "second"] {
        let credits = Credits::open(&path).unwrap();
        if name == "first" {
            give(&credits.wallet("ann"), 150);
            credits.wallet("ann").spend_credits_on(Operation::step(145)).now().wait().unwrap();
        }
        let (sender, receiver) = channel();
        let tell = move |event: &Event| sender.send((event.id().unwrap(), event.name()));
        credits.subscriber(name).from_the_beginning().start(tell).unwrap();
        told.push([(); 5].map(|()| receiver.recv_timeout(PATIENCE).unwrap()));
    }
    assert_eq!(told[0], told[1]);
    for (id, _) in &told[0] {
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!(serde_json::from_str::<EventId>(&serde_json::to_string(id).unwrap()).unwrap(), *id);
    }
    for text in [
        "",
        "credits/ann/2",
        "credits/ann/2/credits_subtracted",
        "credits//2/credits_added",
        "a/b/c/credits_added",
    ] {
        let error = text.parse::<EventId>().unwrap_err().to_string();
        assert_eq!(error, format!("`{text}` is no id of an event: use the text that `Event::id` gave"));
    }
    let slashes: EventId = "credits/team/7/3/credits_added".parse().unwrap();
    assert_eq!(slashes.to_string(), "credits/team/7/3/credits_added");
    let ids: Vec<_> = told[0].iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(
        ids,
        [
            "credits/ann/2/credits_added",
            "credits/ann/2/balance_recovered",
            "credits/ann/3/credits_deducted",
            "credits/ann/3/low_balance_reached/100",
            "credits/ann/3/low_balance_reached/10",
        ]
    );
}

#[test]
fn a_threshold_is_of_its_own_asset() {
    let (_, credits) = open();
    let ann = credits.wallet("ann");
    let (sender, receiver) = channel();
    let deliver = move |event: &Event| match event {
        Event::LowBalanceReached(reached) => {
            sender.send((event.id().unwrap().to_string(), reached.asset.clone(), reached.threshold.get()))
        }
        _ => Ok(()),
    };
    credits.subscriber("mailer").start(deliver).unwrap();
    ann.of(Asset::Gems).give_credits(12).now().wait().unwrap();
    ann.spend_credits_on(Operation::polish(3)).now().wait().unwrap();
    give(&ann, 101);
    ann.spend_credits_on(Operation::step(2)).now().wait().unwrap();
    for (wallet, asset, threshold) in [(ann.of(Asset::Gems), "gem", 10), (ann, "credits", 100)] {
        let number = wallet.credit_history().limit(1).page().unwrap().entries[0].number;
        let id = format!("{asset}/ann/{number}/low_balance_reached/{threshold}");
        assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), (id, asset.to_owned(), threshold));
    }
}

#[test]
fn an_event_of_an_unknown_owner_has_an_id_without_one() {
    let (_, credits) = open();
    let (sender, receiver) = channel();
    let deliver = move |event: &Event| sender.send(event.id().unwrap().to_string());
    credits.subscriber("log").start(deliver).unwrap();
    let objects = vec![ObjectId::new("cus_1").unwrap()];
    let what = Happening::OwnerNamed;
    credits.receive(BillingEvent { at: credits.now(), objects, owner: None, what }).wait().unwrap();
    let fact = credits.billing_events().page().unwrap().events[0].number;
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), format!("-/-/{fact}/unresolved"));
}

#[test]
fn a_subscribers_name_is_printable_and_its_own() {
    let (_, credits) = open();
    let start = |name: &str| credits.subscriber(name).start(|_: &Event| Ok::<_, Error>(()));
    start("log").unwrap();
    let refused = |name: &str| match start(name) {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    };
    assert!(matches!(refused("log"), Rejection::SubscriberTaken { .. }));
    for name in ["", "a\nb", &"n".repeat(256)] {
        assert!(matches!(refused(name), Rejection::SubscriberInvalid { .. }), "{name:?}");
    }
}

#[test]
fn a_ledger_is_closed_though_a_handler_does_not_return() {
    let (_clock, credits) = open();
    let (release, held) = channel::<()>();
    let (sender, began) = channel();
    let held = std::sync::Mutex::new(held);
    let handler = move |_: &_| {
        sender.send(()).unwrap();
        _ = held.lock().unwrap().recv();
    };
    credits.on_credits_added(handler).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    began.recv_timeout(PATIENCE).unwrap();
    let Err(Error::Ledger(blocked)) = credits.close() else { panic!("nothing is said of the handler") };
    assert_eq!(blocked.kind(), LedgerErrorKind::HandlerBlocked);
    assert!(credits.wallet("ann").give_credits(1).now().wait().is_err(), "it is not closed");
    drop(release);
}

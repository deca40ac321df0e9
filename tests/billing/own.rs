//! Subscriptions of the application's own: no processor, no invoices, and the cycles of a paid subscription.

use std::time::Duration;

use credits_runtime::billing::Status;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::parts::billing_bytes;
use credits_runtime::{Amount, DueItem, Error, Owner, Rejection, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::script::{Stage, begin, check, day, instant, listed, month, play};
use super::{Operation, Plan};

#[test]
fn a_plan_without_a_processor_has_the_cycles_of_a_paid_one() {
    for script in [
        // Days of the month are kept, and unused credits expire with the next cycle.
        "2026-01-31 join basic   -> 100
         . spend 30              -> 70
         2026-02-27 look         -> 70
         2026-02-28 look         -> 170
         +6m look                -> 100
         2026-03-31T01 look      -> 100
         2026-04-30 look         -> 200",
        // Unused credits roll over, without bound and up to one.
        "2026-01-31 join keep    -> 100
         2026-03-01 look         -> 200",
        "2026-01-31 join capped  -> 100
         2026-02-28T01 look      -> 200
         2026-04-01 look         -> 250",
        // The bonus is given once, and trial credits never.
        "2026-01-01 join starter -> 600
         2026-02-02 look         -> 600",
        "2026-01-01 join gems    -> 0 10 gems
         2026-02-02 look         -> 0 10 gems",
        "2026-01-01 join free    -> 0
         2026-06-01 join basic   -> 100",
        // A cycle that is longer than a billing period.
        "2026-01-01 join quarterly -> 900
         2026-03-31 look           -> 900
         2026-04-02 look           -> 900",
    ] {
        let stage = check(script);
        assert_eq!(listed(&stage), [""; 0], "{script}");
    }
}

#[test]
fn an_anchor_places_the_cycles() {
    for script in [
        // In the past: this month's credits at once, the next ones on the first.
        "2026-01-20 join basic anchor=2026-01-01 -> 100
         2026-02-01T01 look                      -> 100
         2026-02-20 spend 40                     -> 60
         2026-03-01T01 look                      -> 100",
        // The day of the anchor is kept, months later too.
        "2026-02-28T12 join keep anchor=2025-12-31 -> 100
         2026-03-30 look                         -> 100
         2026-03-31 look                         -> 200",
        "2026-02-28T12 join keep anchor=1971-01-31 -> 100
         2026-03-30 look                         -> 100
         2026-03-31 look                         -> 200",
        // In the future.
        "2026-01-20 join basic anchor=2026-02-01 -> 0
         2026-01-31 look                         -> 0
         2026-02-01 look                         -> 100
         2026-03-01T01 look                      -> 100",
        // It has no effect on a subscription that exists.
        "2026-01-20 join basic anchor=2026-01-01 -> 100
         . spend 100                             -> 0
         2026-01-25 join basic anchor=2026-01-25 -> 0
         2026-02-01 look                         -> 100",
    ] {
        check(script);
    }
}

#[test]
fn an_end_before_now_is_refused_also_with_an_earlier_anchor() {
    let stage = begin("2026-04-20");
    let until = instant("2026-04-10");
    for anchor in ["2026-04-01", "2026-03-15", "2026-04-20"] {
        let asked = stage.credits.subscribe("ann", Plan::Basic).anchor(instant(anchor)).until(until);
        match asked.now().wait() {
            Err(Error::Rejected(Rejection::SubscriptionEndInPast { ends_at, starts_at })) => {
                assert_eq!((ends_at, starts_at), (until, instant("2026-04-20")));
            }
            other => panic!("not rejected: {other:?}"),
        }
    }
    assert_eq!(stage.ann.credits().unwrap(), 0);
    // An anchor far ahead costs no time.
    let far = stage.credits.subscribe("ann", Plan::Daily).complimentary().anchor(instant("9990-01-01"));
    assert!(far.now().wait().unwrap().is_new);
}

#[test]
fn the_next_award_is_found_beside_many_others() {
    let stage = begin("2026-04-01");
    for (name, plan) in [("a", Plan::Daily), ("main", Plan::Basic), ("b", Plan::Weekly)] {
        stage.credits.subscribe("ann", plan).id(name).complimentary().now().wait().unwrap();
    }
    let next: Vec<_> = stage
        .ann
        .subscriptions()
        .unwrap()
        .into_iter()
        .map(|it| (it.next_award_at.unwrap().to_string(), it.next_award.unwrap().get()))
        .collect();
    for expected in [("2026-04-02T00:00:00Z", 1), ("2026-05-01T00:00:00Z", 100), ("2026-04-08T00:00:00Z", 7)]
    {
        assert!(next.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {next:?}");
    }
}

#[test]
fn a_request_that_is_repeated_changes_nothing() {
    let stage = begin("2026-01-01");
    let ask = |plan: Plan| stage.credits.subscribe("ann", plan).now().wait().unwrap().is_new;
    let leave = || stage.credits.unsubscribe("ann").now().wait().unwrap().is_new;
    assert!(ask(Plan::Basic));
    assert!(!ask(Plan::Basic));
    stage.go_to(instant("2026-05-15"));
    assert!(!ask(Plan::Basic));
    assert!(leave());
    assert!(!leave());
    // Asked for again, it goes on; its month was given.
    assert!(ask(Plan::Basic));
    assert_eq!(stage.says(), "100");
    assert!(leave());
    stage.go_to(instant("2026-08-01"));
    assert!(!leave());
    assert_eq!(stage.says(), "0");
    stage.credits.verify().unwrap();
}

#[test]
fn a_change_takes_nothing_back_and_the_higher_one_counts() {
    for script in [
        // A rise gives its share of the running cycle, a fall begins with the next one.
        "2026-04-01 join basic     -> 100
         2026-04-16 join pro       -> 550
         2026-05-02 look           -> 1000
         2026-05-16 join basic     -> 1000
         2026-05-31 look           -> 1000
         2026-06-02 look           -> 100",
        // So does the quantity.
        "2026-04-01 join basicx2   -> 200
         2026-04-16 join basicx4   -> 300
         2026-04-20 join basic     -> 300
         2026-05-02 look           -> 100",
        // `on_upgrade full`
        "2026-04-01 join basic     -> 100
         2026-04-16 join full      -> 3100
         2026-05-02 look           -> 3000",
        // A plan with other cycles that gives more begins at once, beside the running cycle.
        "2026-04-01 join basic     -> 100
         2026-04-11 join quarterly -> 1000
         2026-05-02 look           -> 900
         2026-07-12 look           -> 900",
        // One that gives less begins with the end of the running cycle.
        "2026-04-01 join pro       -> 1000
         2026-04-11 join weekly    -> 1000
         2026-05-01T01 look        -> 7
         2026-05-08T01 look        -> 7",
        // Also after leaving and coming back to it.
        "2026-04-01 join pro       -> 1000
         2026-04-11 join weekly    -> 1000
         2026-04-12 leave          -> 1000
         . join weekly             -> 1000
         2026-04-30T23 look        -> 1000
         2026-05-01T01 look        -> 7
         2026-05-08T01 look        -> 7",
        // Before it began, the fall is taken back, and a rise counts at once.
        "2026-04-01 join pro       -> 1000
         2026-04-11 join weekly    -> 1000
         2026-04-12 join pro       -> 1000
         2026-05-02 look           -> 1000",
        "2026-04-01 join pro       -> 1000
         2026-04-11 join weekly    -> 1000
         2026-04-16 join max       -> 2000
         2026-05-02 look           -> 3000",
        // Before anything began, another plan takes its place.
        "2026-04-01 join pro anchor=2026-04-10 -> 0
         2026-04-02 join basic     -> 0
         2026-04-10 look           -> 100
         2026-05-11 look           -> 100",
        // Another asset.
        "2026-04-01 join basic     -> 100
         2026-04-11 join gems      -> 100 10 gems
         2026-05-02 look           -> 0 10 gems",
        // To a plan without credits, and back within the cycle.
        "2026-04-01 join basic     -> 100
         2026-04-11 join free      -> 100
         2026-04-12 join basic     -> 100
         2026-05-02 look           -> 100
         . join free               -> 100
         2026-06-02 look           -> 0",
    ] {
        let stage = check(script);
        assert_eq!(listed(&stage), [""; 0], "{script}");
    }
}

#[test]
fn changing_back_and_forth_mints_nothing() {
    for (plans, most) in [
        (["basic", "pro"], 1_000),
        (["basic", "basicx5"], 500),
        (["basic", "weekly"], 100 + 5 * 7),
        (["weekly", "pro"], 1_000 + 7),
        (["kept", "quarterly"], 1_000 + 900),
    ] {
        let stage = begin("2026-04-01");
        for hour in 0..100_u32 {
            let plan = plans[usize::from(hour % 2 == 1)];
            play(&stage, &format!("{}T{:02} join {plan}", day("2026-04-01", hour / 24), hour % 24));
            let credits = stage.ann.credits().unwrap().get();
            assert!(credits <= most, "{plans:?}: {credits} after {hour} hours");
        }
        // Leaving and coming back gives nothing either.
        for hour in 0..20 {
            let at = format!("2026-04-06T{hour:02}");
            play(&stage, &format!("{at} leave at_once\\n{at} join {}", plans[0]).replace("\\n", "\n"));
            assert!(stage.ann.credits().unwrap().get() <= most, "{plans:?} after leaving");
        }
        stage.credits.verify().unwrap();
        assert_eq!(listed(&stage), [""; 0], "{plans:?}");
    }
}

#[test]
fn it_ends_with_the_running_cycle_or_at_once() {
    for script in [
        "2026-04-01 join basic        -> 100
         2026-04-16 leave             -> 100
         2026-04-30T23 look           -> 100
         2026-05-01T01 look           -> 0
         2026-09-01 look              -> 0",
        // At once: given credits stay for their cycle.
        "2026-04-01 join basic        -> 100
         2026-04-16 leave at_once     -> 100
         2026-04-30T23 look           -> 100
         2026-05-01T01 look           -> 0",
        // Also if the cycle began at that instant.
        "2026-04-01 join basic        -> 100
         . leave at_once              -> 100
         . join quarterly             -> 1000
         2026-05-01T01 leave at_once  -> 900
         2026-06-30T23 look           -> 900
         2026-07-02 look              -> 0",
        "2026-04-01 join keep         -> 100
         2026-05-01 look              -> 200
         . leave at_once              -> 200
         2026-06-02 look              -> 0",
        // `expire_after` counts from the end.
        "2026-04-01 join keep         -> 100
         2026-04-16 leave at_once     -> 100
         2026-05-15T23 look           -> 100
         2026-05-17 look              -> 0",
        // The cycle that still runs after a change of plan is kept too, and leaving again changes nothing.
        "2026-04-01 join keep         -> 100
         2026-04-11 join free         -> 100
         2026-04-12 leave             -> 100
         2026-05-30T23 look           -> 100
         2026-06-01 look              -> 0",
        "2026-04-01 join keep         -> 100
         2026-04-11 join weekly       -> 100
         2026-04-12 leave             -> 100
         . leave                      -> 100
         2026-05-30T23 look           -> 100
         2026-06-01 look              -> 0",
        "2026-04-01 join weekly       -> 7
         2026-04-03 join keep         -> 107
         2026-04-04 leave             -> 107
         . leave                      -> 107
         2026-06-01 look              -> 100
         2026-06-03 look              -> 0",
        // At the instant at which cycles begin or end.
        "2026-04-01 join keep         -> 100
         2026-04-11 join weekly       -> 100
         2026-05-01 leave             -> 107
         . leave                      -> 107
         2026-05-08T01 look           -> 100
         2026-06-06T23 look           -> 100
         2026-06-08 look              -> 0",
        // Coming back in time keeps them.
        "2026-04-01 join keep         -> 100
         2026-04-16 leave at_once     -> 100
         2026-05-10 join keep         -> 200
         2026-06-30 look              -> 300",
        // An end that is known from the beginning, and one that is moved.
        "2026-04-01 join basic until=2026-05-15 -> 100
         2026-05-02 look              -> 100
         2026-06-02 look              -> 0",
        "2026-04-01 join basic until=2026-05-15 -> 100
         2026-04-02 join basic until=2026-06-15 -> 100
         2026-06-02 look              -> 100
         2026-07-02 look              -> 0",
        "2026-04-01 join basic until=2026-05-15 -> 100
         2026-04-02 join basic        -> 100
         2026-07-02 look              -> 100",
        // Before it began, nothing is left of it.
        "2026-04-01 join basic anchor=2026-04-10 -> 0
         2026-04-02 leave             -> 0
         2026-04-11 look              -> 0
         2026-04-12 join basic        -> 100",
        // After its end it begins anew, with new cycles.
        "2026-04-01 join basic        -> 100
         2026-04-16 leave             -> 100
         2026-06-10 join basic        -> 100
         2026-06-30 look              -> 100
         2026-07-10T01 look           -> 100",
    ] {
        let stage = check(script);
        assert_eq!(listed(&stage), [""; 0], "{script}");
    }
}

#[test]
fn several_are_told_apart_by_their_names() {
    let stage = check(
        "2026-04-01 join basic                -> 100
         . join basic id=seat-7               -> 200
         . join basic id=2/seat-7             -> 300
         2026-04-05 leave id=seat-7
         2026-05-02 look                      -> 200",
    );
    let subscriptions = stage.ann.subscriptions().unwrap();
    let ids: Vec<_> = subscriptions.iter().map(|it| (it.id.as_str(), it.status)).collect();
    let expected =
        [("own/1/2/seat-7", Status::Active), ("own/1/main", Status::Active), ("own/1/seat-7", Status::Ended)];
    assert_eq!(ids, expected);
}

/// Plan, end, paid time and next credits of ann's subscription.
fn shown(stage: &Stage) -> String {
    let date = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| at.to_string()[..10].to_owned());
    let subscriptions = stage.ann.subscriptions().unwrap();
    let it = subscriptions.last().unwrap();
    let next = it.next_award.map_or("nothing".to_owned(), |amount| amount.to_string());
    let plan = it.plan.as_deref().unwrap();
    format!(
        "{plan} {:?} ends {} paid {} then {next} {}",
        it.status,
        date(it.ends_at),
        date(it.paid_until),
        date(it.next_award_at)
    )
}

#[test]
fn it_is_listed_as_other_subscriptions_are() {
    for (script, expected) in [
        ("2026-04-01 join basic", "basic Active ends - paid - then 100 2026-05-01"),
        (
            "2026-04-01 join basic until=2026-06-15",
            "basic Active ends 2026-06-15 paid 2026-06-15 then 100 2026-05-01",
        ),
        (
            "2026-04-01 join basic\n2026-04-02 leave",
            "basic Active ends 2026-05-01 paid 2026-05-01 then nothing -",
        ),
        (
            "2026-04-01 join basic\n2026-04-02 leave at_once",
            "basic Ended ends 2026-04-02 paid 2026-05-01 then nothing -",
        ),
        (
            "2026-04-01 join basic\n2026-04-02 leave\n2026-06-01 look",
            "basic Ended ends 2026-05-01 paid 2026-05-01 then nothing -",
        ),
        ("2026-04-01 join free", "free Active ends - paid - then nothing -"),
        ("2026-04-01 join pro\n2026-04-02 join weekly", "weekly Active ends - paid - then 7 2026-05-01"),
    ] {
        assert_eq!(shown(&check(script)), expected, "{script}");
    }
}

#[test]
fn its_next_credits_are_due_at_their_instant() {
    let stage = check("2026-04-01 join basic -> 100");
    let credits = &stage.credits;
    let billing_due = || {
        let page = credits.due().until(instant("2026-12-31")).page().unwrap();
        let due = page.items.into_iter().filter(|item| matches!(item, DueItem::BillingDue { .. }));
        due.map(|item| (item.owner().as_str().to_owned(), item.at())).collect::<Vec<_>>()
    };
    let cycles = ["2026-05-01", "2026-06-01", "2026-07-01"].map(instant);
    for cycle in cycles {
        let subscriptions = stage.ann.subscriptions().unwrap();
        let it = subscriptions.last().unwrap();
        let next = it.next_award.map(Amount::get);
        assert_eq!((it.paid_until, it.next_award_at, next), (None, Some(cycle), Some(100)));
        assert_eq!(billing_due(), [("ann".to_owned(), cycle)]);
        stage.go_to(cycle);
    }
    // What is given is read as other credits are, and another price list changes charges alone.
    let owners = credits.owners().page().unwrap().owners;
    assert_eq!(owners.iter().map(Owner::as_str).collect::<Vec<_>>(), ["ann"]);
    let given = credits.entries().page().unwrap().entries.into_iter();
    let given = given.filter(|owned| owned.entry.category.name() == "subscription_credits");
    assert_eq!(given.count(), 4);
    stage.ann.spend_credits_on(Operation::step(30)).now().wait().unwrap();
    let report = credits.what_if(&old::Pricing::catalog(), Timestamp::MIN).run().unwrap();
    assert_eq!(report.operations.len(), 1);
    // Its end is the last instant that is looked at.
    play(&stage, "2026-07-02 leave");
    let subscriptions = stage.ann.subscriptions().unwrap();
    let end = Some(instant("2026-08-01"));
    assert_eq!((subscriptions[0].paid_until, subscriptions[0].next_award_at), (end, None));
    stage.go_to(instant("2026-08-01"));
    assert_eq!(billing_due(), []);
}

#[test]
fn a_request_that_makes_no_sense_names_the_rule() {
    let stage = begin("2026-04-01");
    let credits = &stage.credits;
    let refused = [
        credits.subscribe("", Plan::Basic).now().wait(),
        credits.subscribe("ann", Plan::Basic).id("").now().wait(),
        credits.subscribe("ann", Plan::Basic).id("x".repeat(201)).now().wait(),
        credits.subscribe("ann", Plan::Basic).quantity(0).now().wait(),
        credits.subscribe("ann", Plan::Pro).now().wait(),
        credits.subscribe("ann", Plan::Dated).now().wait(),
        credits.subscribe("ann", Plan::Basic).until(instant("2026-04-01")).now().wait(),
        credits.unsubscribe("ann").now().wait(),
    ];
    let codes = refused.map(|refused| match refused.unwrap_err() {
        Error::Rejected(rejection) => rejection.code(),
        error => panic!("{error}"),
    });
    let expected = [
        "owner_invalid",
        "subscription_invalid",
        "subscription_invalid",
        "subscription_quantity_zero",
        "plan_has_price",
        "plan_retired",
        "subscription_end_in_past",
        "subscription_unknown",
    ];
    assert_eq!(codes, expected);
    assert_eq!(credits.wallet("ann").subscriptions().unwrap(), []);
}

mod shown_price {
    credits_runtime::usage_credits! {
        subscription_plan club {
            gives 5.credits.every(month)
            costs 9.dollars.per(month)
        }
        operation step { costs 1.credit }
    }
}

#[test]
fn a_plan_that_shows_a_price_is_not_given_by_mistake() {
    let credits = shown_price::Credits::in_memory().unwrap();
    let club = || credits.subscribe("ann", shown_price::Plan::Club);
    let refused = club().now().wait().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "plan `club` has a price: sell it by a checkout, or give it without payment with `.complimentary()`"
    );
    club().complimentary().now().wait().unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 5);
}

#[test]
fn a_change_is_told_to_handlers() {
    let stage = begin("2026-04-01");
    let (sender, receiver) = std::sync::mpsc::channel();
    let handler = move |event: &credits_runtime::events::SubscriptionChanged| {
        sender.send(format!("{} {} {:?}", event.owner, event.state.price, event.state.status)).unwrap();
    };
    stage.credits.on_subscription_changed(handler).unwrap();
    play(&stage, "2026-04-01 join basic\n. join basic\n2026-04-02 join pro\n2026-04-03 leave at_once");
    let told: Vec<_> = (0..3).map(|_| receiver.recv_timeout(Duration::from_mins(1)).unwrap()).collect();
    assert_eq!(told, ["ann plan/basic/1 Active", "ann plan/pro/1 Active", "ann plan/pro/1 Ended"]);
}

/// The size of ann's record after some years of a plan whose credits are used, with a change every month.
fn sizes(plan: &str, other: &str, cycles: u32, date: impl Fn(u32) -> String) -> Vec<usize> {
    let stage = begin("2026-01-01");
    let mut sizes = Vec::new();
    for cycle in 0..cycles {
        let plan = if cycle % 3 == 2 { other } else { plan };
        play(&stage, &format!("{} join {plan}", date(cycle)));
        let free = stage.ann.credits().unwrap().get();
        stage.ann.spend_credits_on(Operation::step(free)).now().wait().unwrap();
        if cycle % 60 == 59 {
            sizes.push(billing_bytes(&stage.credits, &Owner::new("ann").unwrap()).unwrap());
        }
    }
    stage.credits.verify().unwrap();
    assert_eq!(listed(&stage), [""; 0]);
    sizes
}

#[test]
fn the_record_does_not_grow_with_time() {
    for sizes in [
        sizes("basic", "basic", 600, month),
        sizes("basic", "pro", 600, month),
        sizes("basic", "basicx2", 600, month),
        sizes("weekly", "weekly", 600, |week| day("2026-01-01", 7 * week)),
    ] {
        // The size depends on how much was closed last, so that the largest ones are compared.
        let (early, late) = sizes.split_at(sizes.len() / 2);
        let largest = |sizes: &[usize]| *sizes.iter().max().unwrap();
        assert!(largest(late) * 4 <= largest(early) * 5, "{sizes:?}");
    }
}

/// Ann buys passes of a week, one after the other, and uses the credits of each. The sizes of her record.
fn buys_passes(stage: &Stage, passes: std::ops::Range<u32>, id: impl Fn(u32) -> String) -> Vec<usize> {
    let mut sizes = Vec::new();
    for pass in passes {
        stage.go_to(instant(&day("2026-01-01", 7 * pass)));
        let end = instant(&day("2026-01-01", 7 * pass + 7));
        let request = stage.credits.subscribe("ann", Plan::Weekly).complimentary();
        request.id(id(pass)).until(end).now().wait().unwrap();
        assert_eq!(stage.ann.credits().unwrap(), 7, "pass {pass}");
        stage.ann.spend_credits_on(Operation::step(7)).now().wait().unwrap();
        sizes.push(billing_bytes(&stage.credits, &Owner::new("ann").unwrap()).unwrap());
    }
    sizes
}

#[test]
fn subscriptions_that_are_over_leave_the_record() {
    for id in [|_| "main".to_owned(), |pass: u32| format!("order-{pass}")] {
        let stage = begin("2026-01-01");
        let sizes = buys_passes(&stage, 0..300, id);
        let (early, late) = sizes.split_at(150);
        let largest = |sizes: &[usize]| *sizes.iter().max().unwrap();
        assert!(largest(late) * 20 <= largest(early) * 21, "{sizes:?}");
        let listed = stage.ann.subscriptions().unwrap();
        assert!((32..=64).contains(&listed.len()), "{} are listed", listed.len());
        // The last ones stay, so that ending one again is no error.
        assert!(!stage.credits.unsubscribe("ann").id(id(290)).now().wait().unwrap().is_new);
        stage.credits.verify().unwrap();
    }
}

#[test]
fn credits_that_are_left_keep_their_subscription() {
    let stage = check("2026-01-01 join kept until=2026-01-03 id=first -> 1000");
    for pass in 0..150 {
        stage.go_to(instant(&day("2026-02-02", pass)));
        let request = stage.credits.subscribe("ann", Plan::Free).complimentary().id(format!("order-{pass}"));
        request.until(instant(&day("2026-02-02", pass + 1))).now().wait().unwrap();
    }
    let is_listed = |id: &str| stage.ann.subscriptions().unwrap().iter().any(|it| it.id.as_str() == id);
    assert!(is_listed("own/1/first") && !is_listed("own/1/order-0"));
    assert_eq!(stage.ann.credits().unwrap(), 1_000);
    // Once they are used, it goes with the next ones.
    stage.ann.spend_credits_on(Operation::step(1_000)).now().wait().unwrap();
    buys_passes(&stage, 100..200, |pass| format!("pass-{pass}"));
    assert!(!is_listed("own/1/first"));
    stage.credits.verify().unwrap();
}

/// Opens a subscription that somebody pays for elsewhere.
fn open(stage: &Stage, plan: Plan, id: &str, until: Option<Timestamp>) -> Result<(), Error> {
    let request = stage.credits.subscribe("ann", plan).complimentary().id(id);
    let request = match until {
        Some(until) => request.until(until),
        None => request,
    };
    request.now().wait().map(drop)
}

#[test]
fn an_owner_has_a_limited_number_of_subscriptions_that_run() {
    let stage = begin("2026-01-01");
    for number in 0..200 {
        open(&stage, Plan::Basic, &format!("seat-{number}"), None).unwrap();
    }
    for number in 0..56 {
        let until = Some(instant("2026-02-01"));
        open(&stage, Plan::Basic, &format!("pass-{number}"), until).unwrap();
    }
    let refused = open(&stage, Plan::Basic, "new", None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`ann` has 256 subscriptions of the application's own that have not ended, the most there may be: end some first"
    );
    // Those that exist can be changed, and ended.
    stage.credits.subscribe("ann", Plan::Basic).id("seat-7").quantity(2).now().wait().unwrap();
    // Those that ended do not count, whether they have left the record or not.
    stage.go_to(instant("2026-02-01"));
    for number in 0..56 {
        open(&stage, Plan::Basic, &format!("new-{number}"), None).unwrap();
    }
    open(&stage, Plan::Basic, "new", None).unwrap_err();
    stage.credits.unsubscribe("ann").id("seat-1").at_once().now().wait().unwrap();
    open(&stage, Plan::Basic, "new", None).unwrap();
    // One that was ended at once goes on only within the limit.
    open(&stage, Plan::Basic, "seat-1", None).unwrap_err();
    stage.credits.verify().unwrap();
}

#[test]
fn the_id_of_a_removed_subscription_is_not_used_again() {
    let stage = begin("2026-01-01");
    buys_passes(&stage, 0..1, |_| "order".to_owned());
    buys_passes(&stage, 1..100, |pass| format!("pass-{pass}"));
    let ids =
        || stage.ann.subscriptions().unwrap().into_iter().map(|it| it.id.to_string()).collect::<Vec<_>>();
    assert!(!ids().contains(&"own/1/order".to_owned()));
    // It was ended, and ending it again changes nothing.
    assert!(!stage.credits.unsubscribe("ann").id("order").now().wait().unwrap().is_new);
    open(&stage, Plan::Weekly, "order", None).unwrap();
    assert!(ids().contains(&"own/2/order".to_owned()), "{:?}", ids());
    stage.credits.verify().unwrap();
}

#[test]
fn many_cycles_and_long_names_leave_the_record_too() {
    let stage = begin("2026-01-01");
    for number in 0..80 {
        let id = format!("{}{number:04}", "s".repeat(180));
        open(&stage, Plan::Daily, &id, Some(instant("2026-02-15"))).unwrap();
    }
    stage.go_to(instant("2026-03-01"));
    for number in 0..16 {
        open(&stage, Plan::Free, &format!("n{number}"), None).unwrap();
    }
    let left = stage.ann.subscriptions().unwrap().len();
    assert!(left <= 80, "{left} are listed");
    stage.credits.verify().unwrap();
}

#[test]
fn credits_that_a_late_event_restores_are_all_restored() {
    for passes in [40, 100] {
        let stage = begin("2026-01-01");
        for number in 0..passes {
            open(&stage, Plan::Keep, &format!("p{number}"), Some(instant("2026-02-01"))).unwrap();
        }
        stage.go_to(instant("2026-03-05"));
        assert_eq!(stage.ann.credits().unwrap(), 0, "the plan ended 30 days before");
        play(
            &stage,
            "2026-03-05 state s1 keep happened=2026-02-20
             . paid in1 s1 keep 2026-02-20..2026-03-20 begins at=2026-02-20",
        );
        assert_eq!(stage.ann.credits().unwrap(), 100 * (passes + 1));
        stage.credits.verify().unwrap();
    }
}

#[test]
fn credits_that_return_after_the_end_of_their_plan_expire_with_it() {
    for passes in [2, 100] {
        let stage = check(
            "2026-01-01 join keep id=a -> 100
             2026-01-02 spend 100      -> 0
             2026-01-03 leave id=a",
        );
        let charges = stage.ann.credit_history().category("operation_charge").page().unwrap();
        for number in 0..passes {
            open(&stage, Plan::Free, &format!("p{number}"), Some(instant("2026-03-02"))).unwrap();
        }
        stage.go_to(instant("2026-03-05"));
        stage.ann.reverse_charge(charges.entries[0].number).now().wait().unwrap();
        open(&stage, Plan::Free, "z", None).unwrap();
        assert_eq!(stage.ann.credits().unwrap(), 0, "{passes} passes");
        stage.credits.verify().unwrap();
    }
}

mod old {
    credits_runtime::usage_credits! {
        subscription_plan basic { gives 100.credits.every(month) }
        operation step { costs 1.credit_per(page) }
    }
}

mod new {
    credits_runtime::usage_credits! {
        subscription_plan basic { gives 30.credits.every(week) version 2 }
        operation step { costs 1.credit_per(page) }
    }
}

mod without {
    credits_runtime::usage_credits! {
        subscription_plan other { gives 1.credit.every(month) }
        operation step { costs 1.credit_per(page) }
    }
}

#[test]
fn a_new_version_reaches_subscribers_who_are_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-04-01"));
    let credits = old::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.subscribe("ann", old::Plan::Basic).now().wait().unwrap();
    credits.close().unwrap();
    drop(credits);

    clock.set(instant("2026-04-10"));
    let credits = new::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    let ann = credits.wallet("ann");
    assert!(!credits.subscribe("ann", new::Plan::Basic).now().wait().unwrap().is_new);
    assert_eq!(ann.subscriptions().unwrap()[0].version, Some(1));
    assert_eq!(credits.migrate_subscribers(new::Plan::Basic).unwrap(), 1);
    assert_eq!(ann.credits().unwrap(), 100);
    for date in ["2026-04-30", "2026-05-01T01", "2026-05-08T01", "2026-05-15T01"] {
        clock.set(instant(date));
        credits.book_due().unwrap();
        assert_eq!(ann.credits().unwrap(), if date == "2026-04-30" { 100 } else { 30 }, "{date}");
    }
    // A plan with subscribers is declared, until the last of them has left.
    credits.close().unwrap();
    let reopen = || without::Credits::builder().clock(clock.clone()).open(&path);
    let refused = reopen().unwrap_err().to_string();
    assert!(refused.contains("plan `basic` is no longer declared and `ann` subscribes to it"), "{refused}");
    let credits = new::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.unsubscribe("ann").now().wait().unwrap();
    credits.verify().unwrap();
    credits.close().unwrap();
    assert!(reopen().is_err());
    clock.set(instant("2026-05-22"));
    reopen().unwrap().verify().unwrap();
}

/// A request, or nothing but time.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Join(Plan, u64),
    Leave,
    LeaveAtOnce,
    Nothing,
}

/// Credits a month of the largest request.
const MOST: i64 = 4_000;

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        (prop_oneof![Just(Plan::Basic), Just(Plan::Pro), Just(Plan::Kept)], 1..=4_u64)
            .prop_map(|(plan, quantity)| Asked::Join(plan, quantity)),
        Just(Asked::Leave),
        Just(Asked::LeaveAtOnce),
        Just(Asked::Nothing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However often plans and quantities change, and whatever is spent, a month gives no more than the highest
    /// request, and a repeated request changes nothing.
    #[test]
    fn no_change_gives_more_than_the_highest_request(steps in vec((0..200_u64, asked(), any::<bool>()), 1..20)) {
        let stage = begin("2026-01-15");
        for (hours, asked, spends) in steps {
            stage.go_to(stage.credits.now().after(Duration::from_hours(hours)));
            let ask = || match asked {
                Asked::Join(plan, quantity) => {
                    let request = stage.credits.subscribe("ann", plan).quantity(quantity).complimentary();
                    request.now().wait().map(|received| received.is_new)
                }
                Asked::Leave => stage.credits.unsubscribe("ann").now().wait().map(|received| received.is_new),
                Asked::LeaveAtOnce => {
                    stage.credits.unsubscribe("ann").at_once().now().wait().map(|received| received.is_new)
                }
                Asked::Nothing => Ok(false),
            };
            let is_known = !stage.ann.subscriptions().unwrap().is_empty();
            let answer = ask();
            prop_assert!(answer.is_ok() || !is_known, "{answer:?}");
            prop_assert!(!matches!(ask(), Ok(true)), "{asked:?} is repeated");
            let free = stage.ann.credits().unwrap().get();
            prop_assert!(free >= 0);
            if spends {
                stage.ann.spend_credits_on(Operation::step(free)).now().wait().unwrap();
            }
        }
        let entries = stage.ann.credit_history().limit(1_000).page().unwrap().entries;
        let given: i64 = entries.iter().map(|entry| entry.amount.get()).filter(|amount| *amount > 0).sum();
        let taken = entries.iter().filter(|entry| entry.category.name() == "subscription_refund").count();
        let hours = stage.credits.now().since(instant("2026-01-15")).as_secs() / 3_600;
        // A month has at least 28 days, and a subscription begins anew only when its month is over.
        let months = i64::try_from(hours / (28 * 24)).unwrap() + 1;
        prop_assert!(given <= months * MOST, "{given} in {months} months");
        prop_assert_eq!(taken, 0);
        stage.credits.verify().unwrap();
        prop_assert_eq!(listed(&stage), [""; 0]);
    }
}

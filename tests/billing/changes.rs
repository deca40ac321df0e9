//! Subscribers after a change of the pricing.

use credits_runtime::billing::{BillingEvent, Happening, Offer, PackPrice, PackTerms};
use credits_runtime::testing::ManualClock;
use credits_runtime::{LedgerErrorKind, Owner};

use super::script::{What, instant, object, steps};
use crate::power::disk::Disk;

macro_rules! pricing {
    ($name:ident { $($item:tt)* }) => {
        mod $name {
            credits_runtime::usage_credits! { $($item)* }
        }
    };
}

pricing!(first {
    subscription_plan pro {
        stripe_price "price_pro"
        gives 1_000.credits.every(month)
        signup_bonus 50.credits
    }
    credit_pack boost { stripe_price "price_boost" gives 1_000.credits bonus 100.credits costs 9.dollars }
});
pricing!(more {
    subscription_plan pro {
        stripe_price "price_pro"
        gives 2_000.credits.every(month)
        signup_bonus 50.credits
    }
});
pricing!(second {
    subscription_plan pro {
        stripe_price "price_pro"
        gives 2_000.credits.every(month)
        signup_bonus 70.credits
        version 2
    }
    subscription_plan late { stripe_price "price_late" gives 300.credits.every(month) }
    credit_pack boost { stripe_price "price_boost" gives 5_000.credits costs 9.dollars }
});
pricing!(without { operation step { costs 1.credit } });

const SUBSCRIBED: &str = "2026-01-01   state s1 pro
    .            paid in1 s1 pro 2026-01-01..2026-02-01 begins";

macro_rules! play {
    ($credits:expr, $clock:expr, $script:expr) => {
        for step in steps($script) {
            $clock.set(step.at);
            match step.what {
                What::Event(event) => drop($credits.receive(*event).wait().unwrap()),
                _ => $credits.book_due().unwrap(),
            }
        }
    };
}

#[test]
fn a_plan_with_subscribers_cannot_change_or_go_without_saying_so() {
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = first::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(credits, clock, SUBSCRIBED);
    credits.close().unwrap();
    let error = more::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plan `pro` has other terms than version 1 had, to which `ann` subscribes: write `version 2`"
    );
    let credits_runtime::Error::Ledger(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), LedgerErrorKind::PlanChanged);
    let error = without::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plan `pro` is no longer declared and `ann` subscribes to it: declare it again, with `retired` if it is no longer sold"
    );
    // The refused catalogue changed nothing, and a subscriber who has left blocks no catalogue.
    let credits = first::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(credits, clock, "2026-01-20 state s1 pro ended ends=2026-01-20");
    credits.close().unwrap();
    more::Credits::builder().clock(clock).open_on(&disk).unwrap();
}

#[test]
fn a_pack_that_is_offered_cannot_go_while_it_can_be_paid() {
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = first::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    let offer = |session: &str| {
        let pack = PackTerms {
            pack: "boost".to_owned(),
            credits: 1_000,
            bonus: 100,
            asset: String::new(),
            prices: vec![PackPrice { currency: "usd".to_owned(), unit_amount: 900 }],
            expires_after: None,
            only_for: Vec::new(),
        };
        let offer = Offer { session: object(session), pack, quantity: 1, currency: None };
        let (at, what) = (instant("2026-01-01"), Happening::PackOffered(offer));
        let owner = Some(Owner::new("ann").unwrap());
        credits.receive(BillingEvent { at, objects: vec![object(session)], owner, what }).wait().unwrap();
    };
    offer("cs1");
    offer("cs2");
    play!(credits, clock, "2026-01-01 pack cs1 pi1 boost");
    credits.close().unwrap();
    clock.set(instant("2026-01-01T23"));
    let error = without::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pack `boost` is no longer declared and the checkout `cs2` offers it until 2026-01-02T00:00:00Z: declare it until then"
    );
    // The offer that was not paid is over, and a paid offer blocks no opening.
    clock.set(instant("2026-01-02"));
    without::Credits::builder().clock(clock).open_on(&disk).unwrap();
}

#[test]
fn subscribers_keep_their_version_until_they_are_migrated() {
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = first::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(credits, clock, SUBSCRIBED);
    play!(
        credits,
        clock,
        "2026-01-05 state s2 late
        . paid in9 s2 late 2026-01-05..2026-02-05 begins"
    );
    assert_eq!(
        (credits.wallet("ann").credits().unwrap().get(), credits.unresolved().unwrap().len()),
        (1_050, 1)
    );
    credits.close().unwrap();
    let credits = second::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    let ann = credits.wallet("ann");
    // The unknown price is declared now, so its credits are given.
    assert_eq!((ann.credits().unwrap().get(), credits.unresolved().unwrap().len()), (1_350, 0));
    play!(credits, clock, "2026-02-01 paid in2 s1 pro 2026-02-01..2026-03-01\n+10m look");
    assert_eq!(ann.credits().unwrap(), 50 + 1_000 + 300);
    assert_eq!(credits.migrate_subscribers(second::Plan::Pro).unwrap(), 1);
    assert_eq!(credits.migrate_subscribers(second::Plan::Pro).unwrap(), 0);
    assert_eq!(ann.credits().unwrap(), 50 + 1_000 + 300, "not before the next cycle");
    assert_eq!(ann.subscriptions().unwrap()[0].version, Some(2));
    play!(credits, clock, "2026-03-01 paid in3 s1 pro 2026-03-01..2026-04-01\n+10m look");
    assert_eq!(ann.credits().unwrap(), 50 + 2_000, "and no other bonus");
    credits.verify().unwrap();
}

#[test]
fn a_long_gap_is_caught_up_with_in_bounded_commits() {
    use super::{Credits, Operation};
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(
        credits,
        clock,
        "2026-01-01   state s1 daily
        .            paid in1 s1 daily 2026-01-01..2027-01-01 begins
        .            state s2 keep
        .            paid in2 s2 keep 2026-01-01..2027-01-01 begins"
    );
    credits.wallet("ann").spend_credits_on(Operation::step(1)).now().wait().unwrap();
    credits.close().unwrap();
    clock.set(instant("2026-10-28T00:10"));
    let credits = Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    let ann = credits.wallet("ann");
    // 100 credits of each of ten months are kept; of the daily credits the last is left.
    assert_eq!(ann.credits().unwrap(), 1_000 + 1);
    let awarded = credits.totals().unwrap().into_iter().find(|total| total.account == "subscription_credits");
    assert_eq!(awarded.map(|total| (total.entries, total.amount)), Some((301 + 10, 301 + 1_000)));
    let commits = credits.statistics().commits;
    assert!((5..20).contains(&commits), "{commits} commits");
    credits.verify().unwrap();
    // From here on it is booked day by day.
    clock.set(instant("2026-10-29"));
    credits.book_due().unwrap();
    assert_eq!(ann.credits().unwrap(), 1_000 + 2);
    clock.advance(std::time::Duration::from_mins(5));
    assert_eq!(ann.credits().unwrap(), 1_000 + 1);
}

#[test]
fn a_pack_that_was_bought_is_what_it_was() {
    let (disk, clock) = (Disk::empty(), ManualClock::at(instant("2026-01-01")));
    let credits = first::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(credits, clock, "2026-01-01 pack cs1 pi1 boost");
    credits.close().unwrap();
    let credits = second::Credits::builder().clock(clock.clone()).open_on(&disk).unwrap();
    play!(credits, clock, "2026-01-02 refund pi1 re1 450");
    assert_eq!(credits.wallet("ann").credits().unwrap(), 550);
}

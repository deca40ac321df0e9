//! A year of every kind of plan, billed monthly and yearly, against a hand-written calendar. It begins on the
//! last of January of a leap year.

use std::fmt::Write as _;
use std::sync::mpsc::channel;
use std::time::Duration;

use credits_runtime::billing::AwardId;
use credits_runtime::events::Event;
use credits_runtime::{Clock as _, Timestamp};

use super::script::{Stage, instant, steps};

/// Turns of months that are counted from the last of January.
const MONTHS: &str =
    "2028-01-31 2028-02-29 2028-03-31 2028-04-30 2028-05-31 2028-06-30 2028-07-31 2028-08-31 2028-09-30
    2028-10-31 2028-11-30 2028-12-31 2029-01-31";
const QUARTERS: &str = "2028-01-31 2028-04-30 2028-07-31 2028-10-31";
const HALVES: &str = "2028-01-31 2028-02-15 2028-03-01 2028-03-16 2028-03-31 2028-04-15 2028-04-30 2028-05-15 2028-05-30
    2028-06-14 2028-06-29 2028-07-14 2028-07-29 2028-08-13 2028-08-28 2028-09-12 2028-09-27 2028-10-12 2028-10-27
    2028-11-11 2028-11-26 2028-12-11 2028-12-26 2029-01-10 2029-01-25";
const WEEKS: &str =
    "2028-01-31 2028-02-07 2028-02-14 2028-02-21 2028-02-28 2028-03-06 2028-03-13 2028-03-20 2028-03-27
    2028-04-03 2028-04-10 2028-04-17 2028-04-24 2028-05-01 2028-05-08 2028-05-15 2028-05-22 2028-05-29
    2028-06-05 2028-06-12 2028-06-19 2028-06-26 2028-07-03 2028-07-10 2028-07-17 2028-07-24 2028-07-31
    2028-08-07 2028-08-14 2028-08-21 2028-08-28 2028-09-04 2028-09-11 2028-09-18 2028-09-25
    2028-10-02 2028-10-09 2028-10-16 2028-10-23 2028-10-30 2028-11-06 2028-11-13 2028-11-20 2028-11-27
    2028-12-04 2028-12-11 2028-12-18 2028-12-25 2029-01-01 2029-01-08 2029-01-15 2029-01-22 2029-01-29";
/// Last day of each month; of the last one, the day before the year ends.
const DAYS: [(&str, u32); 13] = [
    ("2028-01", 31),
    ("2028-02", 29),
    ("2028-03", 31),
    ("2028-04", 30),
    ("2028-05", 31),
    ("2028-06", 30),
    ("2028-07", 31),
    ("2028-08", 31),
    ("2028-09", 30),
    ("2028-10", 31),
    ("2028-11", 30),
    ("2028-12", 31),
    ("2029-01", 30),
];

fn days() -> String {
    let of_month = |(month, last): (&'static str, u32)| {
        let first = if month == "2028-01" { 31 } else { 1 };
        (first..=last).map(move |day| format!("{month}-{day:02}"))
    };
    DAYS.into_iter().flat_map(of_month).collect::<Vec<_>>().join(" ")
}

fn instants(calendar: &str) -> Vec<Timestamp> {
    calendar.split_whitespace().map(instant).collect()
}

/// Lives through the year, and a little beyond. Returns the starts of cycles, whose number is checked unless
/// `cycles` is zero, and whether the balance was ever zero before the year was over.
fn year(price: &str, turns: &[Timestamp], late: Duration, cycles: usize) -> (Vec<Timestamp>, bool) {
    let stage = Stage::new(turns[0]);
    let (sender, receiver) = channel();
    let tell = move |event: &Event| match event {
        Event::SubscriptionCreditsAwarded(it) => match &it.award {
            AwardId::Cycle { start, .. } => sender.send(*start),
            other => panic!("{other:?}"),
        },
        _ => Ok(()),
    };
    stage.credits.subscriber("calendar").start(tell).unwrap();
    let mut was_zero = false;
    let mut script = format!("{} state s1 {price}\n", turns[0]);
    for (number, turn) in turns.windows(2).enumerate() {
        let (begins, charged) = if number == 0 { ("begins", turn[0]) } else { ("", turn[0].after(late)) };
        writeln!(script, "{charged} paid in{number} s1 {price} {}..{} {begins}", turn[0], turn[1]).unwrap();
    }
    let end = turns[turns.len() - 1];
    for step in steps(&script) {
        // Look every six hours, and just before the next event.
        while stage.clock.now() < step.at {
            let next = stage.clock.now().after(Duration::from_hours(6)).min(step.at);
            stage.go_to(next);
            was_zero |= next < step.at && stage.ann.credits().unwrap() == 0;
        }
        stage.play(&step);
        was_zero |= step.at > turns[0] && stage.ann.credits().unwrap() == 0;
    }
    while stage.clock.now() < end.after(Duration::from_hours(1)) {
        stage.go_to(stage.clock.now().after(Duration::from_hours(6)));
    }
    stage.credits.verify().unwrap();
    let totals = stage.credits.totals().unwrap();
    let given = totals.iter().find(|total| total.account == "subscription_credits").unwrap().entries;
    assert!(cycles == 0 || given == cycles as u64, "{price}: {given} cycles were given, not {cycles}");
    // Subscribers run on another thread.
    let told = (0..cycles).map_while(|_| receiver.recv_timeout(Duration::from_mins(1)).ok());
    let starts: Vec<Timestamp> = told.collect();
    stage.credits.close().unwrap();
    (starts, was_zero)
}

#[test]
fn cycles_start_where_the_calendar_says() {
    let (months, days) = (instants(MONTHS), instants(&days()));
    assert_eq!(days.len(), 366);
    let yearly = [months[0], months[12]];
    let plans = [
        ("pro", instants(MONTHS)[..12].to_vec()),
        ("quarterly", instants(QUARTERS)),
        ("half", instants(HALVES)),
        ("weekly", instants(WEEKS)),
        ("daily", days),
    ];
    for (price, expected) in &plans {
        let (starts, _) = year(price, &yearly, Duration::ZERO, expected.len());
        assert_eq!(starts, *expected, "{price}, billed yearly");
        let (starts, was_zero) = year(price, &months, Duration::from_hours(1), expected.len());
        assert_eq!(starts, *expected, "{price}, billed monthly");
        assert!(!was_zero, "{price}, billed monthly, an hour late");
    }
}

#[test]
fn nobodys_balance_drops_to_zero_while_a_renewal_is_charged() {
    let months = instants(MONTHS);
    for (price, late) in [
        ("pro", 24),
        ("pro", 72),
        ("quarterly", 24),
        ("quarterly", 72),
        ("half", 24),
        ("half", 72),
        ("weekly", 24),
    ] {
        let (_, was_zero) = year(price, &months, Duration::from_hours(late), 0);
        assert!(!was_zero, "{price}, {late} hours late");
    }
    // The credits of a day stay for a quarter of a day after its end, which is shorter than this delay.
    assert!(year("daily", &months, Duration::from_hours(24), 0).1);
}

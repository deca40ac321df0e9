//! What a subscription is paid until, and its next credits.

use super::script::{Stage, check, instant};

/// Paid time and next credits of ann's subscriptions: `pro until 2026-02-28, then 1000 at 2026-02-28`.
fn upcoming(stage: &Stage) -> Vec<String> {
    let date = |at: credits_runtime::Timestamp| at.to_string().split('T').next().unwrap().to_owned();
    let mut found: Vec<_> = stage
        .ann
        .subscriptions()
        .unwrap()
        .into_iter()
        .map(|subscription| {
            let until = subscription.paid_until.map_or("never".to_owned(), date);
            let next = subscription.next_award_at.map_or("nothing".to_owned(), |at| {
                format!("{} at {}", subscription.next_award.unwrap(), date(at))
            });
            format!("{} until {until}, then {next}", subscription.plan.unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_subscription_says_what_it_is_paid_until_and_what_comes_next() {
    for (script, expected) in [
        // Nothing is paid yet.
        ("2026-01-31 state s1 pro", "pro until never, then nothing"),
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins",
            "pro until 2026-02-28, then 1000 at 2026-02-28",
        ),
        // A year is paid, and gives monthly.
        (
            "2026-01-31 state s1 pro_year
             . paid in1 s1 pro_year 2026-01-31..2027-01-31 begins
             2026-03-05 look",
            "pro until 2027-01-31, then 1000 at 2026-03-31",
        ),
        (
            "2026-01-31 state s1 pro_year
             . paid in1 s1 pro_year 2026-01-31..2027-01-31 begins
             2027-01-05 look",
            "pro until 2027-01-31, then 1000 at 2027-01-31",
        ),
        // Several are paid, and each gives.
        (
            "2026-01-31 state s1 hobbyx3
             . paid in1 s1 hobbyx3 2026-01-31..2026-02-28 begins",
            "hobby until 2026-02-28, then 300 at 2026-02-28",
        ),
        // It ends with its paid time, was not renewed, or ended before: no cycle starts after the end.
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             2026-02-03 state s1 pro ends=2026-02-28",
            "pro until 2026-02-28, then nothing",
        ),
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             2026-03-01 state s1 pro past_due",
            "pro until 2026-02-28, then nothing",
        ),
        (
            "2026-01-31 state s1 pro_year
             . paid in1 s1 pro_year 2026-01-31..2027-01-31 begins
             2026-03-05 state s1 pro_year ended ends=2026-03-05",
            "pro until 2027-01-31, then nothing",
        ),
        // The plan gives nothing.
        (
            "2026-01-31 state s1 free
             . paid in1 s1 free 2026-01-31..2026-02-28 begins",
            "free until 2026-02-28, then nothing",
        ),
        // The next cycle is paid already.
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             2026-02-20 paid in2 s1 pro 2026-02-28..2026-03-31",
            "pro until 2026-03-31, then 1000 at 2026-02-28",
        ),
    ] {
        assert_eq!(upcoming(&check(script)), [expected], "{script}");
    }
}

#[test]
fn the_next_credits_are_given_when_and_as_announced() {
    let stage = check(
        "2026-01-31 state s1 pro_year
         . paid in1 s1 pro_year 2026-01-31..2027-01-31 begins",
    );
    for _ in 0..11 {
        let subscription = &stage.ann.subscriptions().unwrap()[0];
        let (at, amount) = (subscription.next_award_at.unwrap(), subscription.next_award.unwrap());
        stage.go_to(at.before(std::time::Duration::from_secs(1)));
        let before = stage.ann.credit_history().limit(1_000).page().unwrap().entries.len();
        stage.go_to(at);
        let entries = stage.ann.credit_history().limit(1_000).page().unwrap().entries;
        let given: Vec<_> = entries[..entries.len() - before].iter().map(|entry| entry.amount).collect();
        assert_eq!(given, [amount], "at {at}");
    }
    let last = &stage.ann.subscriptions().unwrap()[0];
    assert_eq!(last.next_award_at, Some(instant("2027-01-31")));
}

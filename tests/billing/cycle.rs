//! What is used of the running cycle.

use super::script::{Stage, check};

/// The running cycle of ann's credits: `300 of 1000, next 1000 at 2026-02-28`.
fn running(stage: &Stage) -> String {
    let Some(cycle) = stage.ann.cycle().unwrap() else { return "none".to_owned() };
    let date = |at: credits_runtime::Timestamp| at.to_string().split('T').next().unwrap().to_owned();
    let next =
        cycle.next_at.map_or("nothing".to_owned(), |at| format!("{} at {}", cycle.next.unwrap(), date(at)));
    format!("{} of {}, next {next}", cycle.used(), cycle.given)
}

#[test]
fn the_used_credits_are_those_of_the_running_cycle() {
    for (script, expected) in [
        ("2026-01-31 look", "none"),
        ("2026-01-31 state s1 pro", "none"),
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             2026-02-05 spend 300
             2026-02-06 hold 50",
            "300 of 1000, next 1000 at 2026-02-28",
        ),
        // All of it is spent, and the gift is not of the cycle.
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             . give 500
             2026-02-05 spend 1200",
            "1000 of 1000, next 1000 at 2026-02-28",
        ),
        // The credits of earlier cycles that rolled over are used first.
        (
            "2026-01-31 state s1 kept
             . paid in1 s1 kept 2026-01-31..2026-02-28 begins
             2026-02-28 paid in2 s1 kept 2026-02-28..2026-03-31
             2026-03-05 spend 900",
            "0 of 1000, next 1000 at 2026-03-31",
        ),
        // A rise adds to the cycle.
        (
            "2026-01-01 state s1 pro
             . paid in1 s1 pro 2026-01-01..2026-02-01 begins
             2026-01-16T12 state s1 max was=pro anchor=2026-01-01
             +1m paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1 max 2026-01-16T12..2026-02-01 amount=1500 proration
             2026-01-17 spend 100",
            "100 of 2000, next 3000 at 2026-02-01",
        ),
        // Two subscriptions count together; the next credits are those that come first.
        (
            "2026-01-01 state s1 pro
             . paid in1 s1 pro 2026-01-01..2026-02-01 begins
             2026-01-10 state s2 addon
             . paid in2 s2 addon 2026-01-10..2026-02-10 begins
             2026-01-11 spend 1200",
            "1200 of 1500, next 1000 at 2026-02-01",
        ),
        // It gives gems, and ann's credits have no cycle.
        (
            "2026-01-31 state s1 gems
             . paid in1 s1 gems 2026-01-31..2026-02-28 begins",
            "none",
        ),
        // The paid time is over.
        (
            "2026-01-31 state s1 pro
             . paid in1 s1 pro 2026-01-31..2026-02-28 begins
             2026-03-01 state s1 pro past_due",
            "none",
        ),
    ] {
        assert_eq!(running(&check(script)), expected, "{script}");
    }
}

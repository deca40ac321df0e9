//! A pricing inside another macro: names and numbers arrive as fragments.

#![deny(missing_docs, warnings, clippy::pedantic)]

use credits_runtime::usage_credits;

macro_rules! pricing {
    ($name:ident, $credits:literal, $unit:ident) => {
        usage_credits! {
            operation $name {
                costs $credits.credits_per($unit)
            }
        }
    };
}

pricing!(summarize, 3, page);

#[test]
fn a_fragment_is_what_it_stands_for() {
    assert_eq!(Operation::summarize(2).cost().unwrap(), credits_runtime::Amount::new(6));
}

#[test]
fn a_pricing_may_stand_in_a_function() {
    usage_credits! {
        operation translate {
            costs 1.credit_per(100.words)
        }
    }
    assert_eq!(Operation::translate(150).cost().unwrap(), credits_runtime::Amount::new(2));
}

//! Costs in braces are exact or rejected, whether overflow checks are on or off.
//!
//! `credits-tests` runs these with overflow checks, `credits-ui-tests` without.

#![deny(missing_docs, warnings)]
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "what casts lose and indexes miss is tested"
)]

use credits_runtime::{Rejection, usage_credits};
use proptest::prelude::*;

/// Credits by level.
const RATES: [i128; 3] = [1, 5, 25];
const NESTED: &[&[i64]] = &[&[1, 2], &[3]];

fn doubled(pages: i128) -> i128 {
    pages.wrapping_mul(2)
}

fn unlucky(pages: i128) -> i128 {
    assert!(pages != 13, "thirteen");
    pages
}

struct Page;

impl std::ops::Mul<i128> for Page {
    type Output = String;

    fn mul(self, count: i128) -> String {
        "p".repeat(usize::try_from(count).unwrap_or_default())
    }
}

usage_credits! {
    operation product { costs { a * b * c } with a: u64, b: u64, c: u64 }
    operation sum { costs { a + b + 1 } with a: i128, b: i128 }
    operation difference { costs { a - b } with a: i128, b: i128 }
    operation quotient { costs { a / b } with a: i128, b: i128 }
    operation rest { costs { a % b } with a: i128, b: i128 }
    operation shifted { costs { a << b } with a: i128, b: i128 }
    operation shifted_back { costs { a >> b } with a: i128, b: i128 }
    operation negated { costs { -a } with a: i128 }
    operation power { costs { a.pow(3) + i128::pow(a, 2) } with a: i128 }
    operation absolute { costs { a.abs() } with a: i128 }
    operation euclid { costs { a.div_euclid(b) + i128::rem_euclid(a, b) } with a: i128, b: i128 }
    operation indexed { costs { RATES[a as usize] + [10, 20][a as usize] } with a: i128 }
    operation nested { costs { i128::from(NESTED[a as usize][b as usize]) } with a: i128, b: i128 }
    operation narrowed { costs { i128::from(a as u8) } with a: i128 }
    operation of_floats { costs { (a as f64 / b as f64) as i128 } with a: i32, b: i32 }
    operation assigned {
        costs {
            let mut total = 1;
            total += a;
            total *= b;
            total -= 2;
            total <<= 3;
            total /= a;
            total
        }
        with a: i128, b: i128
    }
    operation looped {
        costs {
            let mut total = 1;
            let mut steps = 0;
            while steps < a {
                total *= b;
                steps += 1;
            }
            total
        }
        with a: i128, b: i128
    }
    operation in_closures {
        costs {
            let tripled = |x: i128| x * 3;
            (0..3).map(|step| (a * b + step) / a).map(tripled).fold(0, |sum, x| sum + x)
        }
        with a: i128, b: i128
    }
    operation in_iterators {
        costs { [a, b].iter().sum::<i128>() + [a, b, 2].into_iter().product::<i128>() + vec![a * b].len() as i128 }
        with a: i128, b: i128
    }
    operation in_functions {
        costs {
            fn area(a: i128, b: i128) -> i128 {
                a * b
            }
            area(a, b)
        }
        with a: i128, b: i128
    }
    operation wide { costs { a / 2 } with a: u128 at_most 9.credits }
    operation unsigned { costs { i128::from(a as u32 - 5) } with a: i128 }
    operation calls { costs { unlucky(a) + doubled(a) } with a: i128 }
    operation returning {
        costs {
            if is_draft {
                return a;
            }
            a * 2
        }
        with a: i128, is_draft: bool
    }

    /// Rust that checks must not disturb.
    operation ordinary {
        costs by size { small => 1.credit, large => 2.credits } + {
            let base = if is_draft { 1 } else { 10 };
            let bounded = std::cmp::min(pages, 100).max(2).clamp(1, 50);
            let by_match = match pages {
                0 => 0,
                1..=9 => 2 * 3 * pages,
                n if n % 2 == 0 => n / 2,
                _ => (1 + 2) * copies,
            };
            let text = "a".to_owned() + "b" + &(Page * copies);
            let time = std::time::Duration::from_secs(4) * 2 + std::time::Duration::from_secs(1) / 2;
            let references = [1, 2].iter().map(|x| x * pages + *x).max().unwrap_or(0);
            let scaled = (pages as f64 * 1.5).ceil() as i128;
            let table = [[1, 2], [3, 4]];
            let mut row = vec![0; 2];
            row[usize::from(!is_draft)] += copies;
            let last = row[row.len() - 1];
            let bits = 1 << 3 | (pages & 3) ^ 1;
            let from_str = "12".parse::<i128>().map_or(0, |x| x + 1);
            let sized = size as i128 * 2 + i128::from(size == OrdinarySize::Large);
            let mask = !1 & !pages;
            for _ in 0..pages {}
            base + bounded + by_match + i128::try_from(text.len()).unwrap_or(0) + time.as_secs() as i128
                + references + scaled + table[1][0] + last + bits + from_str + sized - mask - -pages
        }
        with pages: u32, copies: u8, is_draft: bool
    }
}

/// What an operation costs; none if that is rejected as out of range.
#[track_caller]
fn cost(operation: &Operation) -> Option<i128> {
    match operation.cost() {
        Ok(amount) => Some(amount.get().into()),
        Err(Rejection::CostOutOfRange { .. }) => None,
        // It has a value, and that is below zero.
        Err(Rejection::CostNegative { .. }) => Some(-1),
        Err(other) => panic!("{other}"),
    }
}

/// What can be a cost. The least `i128` is no fraction, because its negative is none.
fn in_range(value: Option<i128>) -> Option<i128> {
    let fits = |value: &i128| *value > i128::MIN && *value <= i64::MAX.into();
    value.filter(fits).map(|value| value.max(-1))
}

/// The limits of arithmetic, and values between them.
const VALUES: &[i128] = &[
    i128::MIN + 1,
    i128::MIN / 2,
    -(1 << 64),
    i64::MIN as i128,
    -200,
    -3,
    -1,
    0,
    1,
    2,
    3,
    7,
    63,
    64,
    126,
    127,
    128,
    255,
    256,
    1 << 31,
    1 << 32,
    i64::MAX as i128,
    1 << 63,
    1 << 64,
    1 << 100,
    i128::MAX / 2,
    i128::MAX,
];

fn left_shifted(a: i128, b: i128) -> Option<i128> {
    let bits = u32::try_from(b).ok()?;
    a.checked_shl(bits).filter(|shifted| shifted >> bits == a)
}

#[test]
fn two_operands_come_to_what_they_are_or_to_no_cost() {
    for &a in VALUES {
        for &b in VALUES {
            two_operands(a, b);
        }
    }
}

#[test]
fn one_operand_comes_to_what_it_is_or_to_no_cost() {
    for a in VALUES {
        one_operand(*a);
    }
}

/// Numbers of every length.
fn number() -> impl Strategy<Value = i128> {
    (any::<i128>(), 0..127_u32).prop_map(|(number, bits)| number >> bits)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operands_come_to_what_they_are_or_to_no_cost(a in number(), b in number()) {
        two_operands(a, b);
        one_operand(a);
    }
}

fn two_operands(a: i128, b: i128) {
    let right = |b: i128| u32::try_from(b).ok();
    for (operation, expected) in [
        (Operation::sum(a, b), a.checked_add(b).and_then(|sum| sum.checked_add(1))),
        (Operation::difference(a, b), a.checked_sub(b)),
        (Operation::quotient(a, b), a.checked_div(b)),
        (Operation::rest(a, b), a.checked_rem(b)),
        (Operation::shifted(a, b), left_shifted(a, b)),
        (Operation::shifted_back(a, b), right(b).and_then(|b| a.checked_shr(b))),
        (
            Operation::euclid(a, b),
            a.checked_div_euclid(b).and_then(|quotient| quotient.checked_add(a.checked_rem_euclid(b)?)),
        ),
        (Operation::in_functions(a, b), a.checked_mul(b)),
        (Operation::assigned(a, b), assigned(a, b)),
        (Operation::in_closures(a, b), in_closures(a, b)),
        (Operation::in_iterators(a, b), in_iterators(a, b)),
    ] {
        assert_eq!(cost(&operation), in_range(expected), "{operation:?}");
    }
}

fn assigned(a: i128, b: i128) -> Option<i128> {
    let total = a.checked_add(1)?.checked_mul(b)?.checked_sub(2)?;
    left_shifted(total, 3)?.checked_div(a)
}

fn in_closures(a: i128, b: i128) -> Option<i128> {
    (0..3).try_fold(0_i128, |sum, step| {
        sum.checked_add(a.checked_mul(b)?.checked_add(step)?.checked_div(a)?.checked_mul(3)?)
    })
}

fn in_iterators(a: i128, b: i128) -> Option<i128> {
    let product = a.checked_mul(b)?;
    a.checked_add(b)?.checked_add(product.checked_mul(2)?)?.checked_add(1)
}

fn one_operand(a: i128) {
    let place = usize::try_from(a).ok();
    for (operation, expected) in [
        (Operation::negated(a), a.checked_neg()),
        (Operation::absolute(a), a.checked_abs()),
        (Operation::power(a), a.checked_pow(3).and_then(|cube| cube.checked_add(a.checked_pow(2)?))),
        (Operation::indexed(a), place.and_then(|place| [11, 25].get(place).copied())),
        (Operation::narrowed(a), u8::try_from(a).ok().map(i128::from)),
        (Operation::unsigned(a), u32::try_from(a).ok().and_then(|a| a.checked_sub(5)).map(i128::from)),
        (Operation::returning(a, true), Some(a)),
        (Operation::returning(a, false), a.checked_mul(2)),
    ] {
        assert_eq!(cost(&operation), in_range(expected), "{operation:?}");
    }
}

#[test]
fn three_factors_do_not_wrap() {
    assert_eq!(cost(&Operation::product(1 << 63, 1 << 63, 4)), None);
    assert_eq!(cost(&Operation::product(u64::MAX, u64::MAX, u64::MAX)), None);
    assert_eq!(cost(&Operation::product(3, 4, 5)), Some(60));
    // A step on the way does not fit.
    assert_eq!(cost(&Operation::product(u64::MAX, u64::MAX, 0)), None);
}

#[test]
fn what_is_wider_than_128_bits_with_a_sign_is_not_cut() {
    assert_eq!(cost(&Operation::wide(u128::MAX)), None);
    assert_eq!(cost(&Operation::wide(40)), Some(9));
    assert_eq!(cost(&Operation::wide(8)), Some(4));
}

#[test]
fn an_index_outside_and_a_loop_that_grows_end() {
    assert_eq!(cost(&Operation::nested(0, 1)), Some(2));
    assert_eq!(cost(&Operation::nested(1, 1)), None);
    assert_eq!(cost(&Operation::nested(2, 0)), None);
    assert_eq!(cost(&Operation::nested(-1, 0)), None);
    assert_eq!(cost(&Operation::looped(3, 7)), Some(343));
    assert_eq!(cost(&Operation::looped(i128::MAX, 3)), None);
}

#[test]
fn a_float_that_is_no_number_is_no_cost() {
    assert_eq!(cost(&Operation::of_floats(7, 2)), Some(3));
    assert_eq!(cost(&Operation::of_floats(1, 0)), None);
    assert_eq!(cost(&Operation::of_floats(0, 0)), None);
}

#[test]
fn a_panic_of_a_function_is_no_panic_of_the_caller() {
    assert_eq!(cost(&Operation::calls(4)), Some(12));
    assert_eq!(cost(&Operation::calls(13)), None);
    // Nothing of it is left for the next one.
    assert_eq!(cost(&Operation::calls(5)), Some(15));
}

#[test]
fn other_rust_is_what_it_was() {
    let (small, large) = (OrdinarySize::Small, OrdinarySize::Large);
    for (pages, copies, is_draft, size) in
        [(4_u32, 2_u8, true, small), (12, 3, false, large), (13, 1, true, large)]
    {
        let operation = Operation::ordinary(size, pages, copies, is_draft);
        assert_eq!(
            cost(&operation),
            Some(ordinary(pages.into(), copies.into(), is_draft, size)),
            "{operation:?}"
        );
    }
}

fn ordinary(pages: i128, copies: i128, is_draft: bool, size: OrdinarySize) -> i128 {
    let is_large = i128::from(size == OrdinarySize::Large);
    let by_match = match pages {
        0 => 0,
        1..=9 => 6 * pages,
        _ if pages % 2 == 0 => pages / 2,
        _ => 3 * copies,
    };
    let bounded = pages.clamp(2, 50);
    let bits = 8 | (pages & 3) ^ 1;
    let last = if is_draft { 0 } else { copies };
    let base = if is_draft { 1 } else { 10 };
    // The text, the time, the table, the number that was text.
    let others = (2 + copies) + 8 + 3 + 13;
    let scaled = pages + (pages + 1) / 2;
    let sized = is_large * 2 + is_large;
    1 + is_large + base + bounded + by_match + others + (2 * pages + 2) + scaled + last + bits + sized
        - (!1 & !pages)
        + pages
}

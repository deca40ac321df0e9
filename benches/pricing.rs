//! Pricings of any size.

use std::fmt::Write;

/// Source of a pricing with this many operations, and a tenth as many plans and packs.
pub(crate) fn of(operations: usize) -> String {
    let mut source = "settings { currency eur rounding round }\n".to_owned();
    for number in 0..operations {
        writeln!(
            source,
            "/// Does work number {number}.\noperation work_{number} {{\n    costs {number}.credits + 1.credit_per(page) + 2.credits_per(1_000.tokens)\n    limit pages <= 500\n}}",
            number = number + 1,
        )
        .expect("writing to a string");
    }
    for number in 0..operations / 10 {
        writeln!(
            source,
            "subscription_plan plan_{number} {{\n    stripe_price month: \"price_m{number}\", year: \"price_y{number}\"\n    gives 1_000.credits.every(month)\n    unused_credits rollover\n}}\ncredit_pack pack_{number} {{\n    gives 100.credits\n    bonus 10.credits\n    costs 9.99.euros\n}}"
        )
        .expect("writing to a string");
    }
    source
}

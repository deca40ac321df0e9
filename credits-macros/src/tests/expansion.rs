//! Golden expansions: what a definition becomes.
//!
//! `expansion/*.txt` is written anew with `UPDATE_EXPECT=1`.

use expect_test::{ExpectFile, expect_file};

fn check(source: &str, expected: &ExpectFile) {
    expected.assert_eq(&super::expansion(source));
}

#[test]
fn a_pricing_becomes_types_with_its_price_list() {
    check(
        r#"
        settings { currency usd }

        subscription_plan pro {
            stripe_price month: "price_a", year: "price_b"
            gives 10_000.credits.every(month)
            unused_credits :rollover
            unlimited generate_image
        }

        credit_pack small {
            gives 1_000.credits
            bonus 100.credits
            costs 9.dollars
        }

        /// Reads a document.
        operation process_document {
            costs 5.credits + 1.credit_per(page)
            limit pages <= 500
        }

        operation generate_image {
            costs 50.credits
        }
        "#,
        &expect_file!["./expansion/sample.txt"],
    );
}

#[test]
fn operators_in_braces_are_tried_first() {
    check(
        r"
        operation export_report {
            costs { pages.pow(2) + RATES[level as usize] }
            with pages: u32, level: u8
        }
        ",
        &expect_file!["./expansion/braces.txt"],
    );
}

#[test]
fn an_empty_pricing_has_all_types() {
    check("", &expect_file!["./expansion/empty.txt"]);
}

#[test]
fn a_mistake_leaves_every_name_declared() {
    check(
        r#"
        operation generate_image {
            costs 50 apples
        }

        operation transcribe {
            costs 1.5.credits_per(minute)
        }

        subscription_plan pro {
            stripe_price "price_xyz"
        }
        "#,
        &expect_file!["./expansion/broken.txt"],
    );
}

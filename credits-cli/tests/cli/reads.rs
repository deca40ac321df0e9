//! Commands that read: their output at 80 columns, and that every way and both binaries have the same.

use expect_test::{Expect, expect};

use crate::fixture::Shop;
use crate::run::Binary;
use crate::ways::{Reached, WAYS, Way};

/// Runs a command on every way, for people and for programs, and compares the first output with what is expected.
fn check(rows: &[(&[&str], Expect)]) {
    let shop = Shop::new();
    let mut first: Vec<(String, String)> = Vec::new();
    for way in WAYS {
        let reached = Reached::on(&shop, way);
        for binary in [Binary::Credits, Binary::Shop] {
            for (place, (arguments, expected)) in rows.iter().enumerate() {
                let text = reached.run(binary, arguments);
                let mut with_json = arguments.to_vec();
                with_json.push("--json");
                let json = reached.run(binary, &with_json);
                assert_eq!(text.err, reached.note(), "{way:?} {binary:?} {arguments:?}");
                let found = (text.done().to_owned(), json.done().to_owned());
                if way == Way::File && binary == Binary::Credits {
                    expected.assert_eq(&found.0);
                    serde_json::from_str::<serde_json::Value>(&found.1).unwrap();
                    first.push(found);
                } else {
                    // Terms of a ledger without its pricing have no inputs.
                    let is_same = first[place].1 == found.1 || arguments[0] == "prices";
                    assert!(
                        first[place].0 == found.0 && is_same,
                        "{way:?} {binary:?} {arguments:?}: {found:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn wallets() {
    check(&[
        (
            &["balance", "user:ben"],
            expect![[r#"
            user:ben has 45 credits

            GRANT  FREE  HELD  GIVEN FOR     EXPIRES           ONLY FOR
            3        35     0  Signup bonus  2100-02-06 12:00
            7        10     0  Transfer in   never
        "#]],
        ),
        (
            &["balance", "user:ada", "--at", "2100-01-08"],
            expect![[r#"
            user:ada had 300 credits at 2100-01-08 00:00 UTC
        "#]],
        ),
        (
            &["balance", "user:ada", "--asset", "gem"],
            expect![[r#"
            user:ada has 0 gems
        "#]],
        ),
        (
            &["history", "user:ada"],
            expect![[r#"
            ENTRY  WHEN              WHAT                  AMOUNT  BALANCE
            6      2100-01-09 12:00  Transfer to user:ben     -10      153
            5      2100-01-09 12:00  Print video             -137      163
            2      2100-01-07 12:00  signup                  +300      300
        "#]],
        ),
        (
            &["history", "user:ada", "--limit", "1", "--oldest-first", "--explain"],
            expect![[r#"
            ENTRY  WHEN              WHAT    AMOUNT  BALANCE  SUM
            2      2100-01-07 12:00  signup    +300      300

            More with --after 5
        "#]],
        ),
        (
            &["history", "user:ada", "--operation", "print_video", "--explain"],
            expect![[r#"
            ENTRY  WHEN              WHAT         AMOUNT  BALANCE  SUM
            5      2100-01-09 12:00  Print video    -137      163  100 + 10 x 3.65 s =
                                                                   136.5, rounded up: 137
        "#]],
        ),
        (
            &["history", "user:ada", "--since", "2100-01-10"],
            expect![[r#"
            no entries
        "#]],
        ),
        (
            &["history", "user:ben", "--key", "job-1"],
            expect![[r#"
            ENTRY  WHEN              WHAT         AMOUNT  BALANCE
            4      2100-01-08 12:00  Print image     -25       35
        "#]],
        ),
        (
            &["explain", "5"],
            expect![[r#"
            -137 credits of user:ada: Print video
            entry 5, 2100-01-09 12:00 UTC, key video-1
            balance 300 -> 163

            100 + 10 x 3.65 s = 136.5, rounded up: 137

            TERM         QUANTITY  RATE  CREDITS
            fixed                            100
            seconds  3.65 seconds    10     36.5

            taken from grant 2: 137
            price list 6021226f4a85538850376e8ebbc3b913fbe4cfc51939ac4d272187638bedf72d
            computed again: equal
        "#]],
        ),
        (
            &["explain", "6"],
            expect![[r#"
            -10 credits of user:ada: Transfer to user:ben
            entry 6, 2100-01-09 12:00 UTC, key thanks
            balance 163 -> 153

            grants grant 2: 10
        "#]],
        ),
        (
            &["owners"],
            expect![[r#"
            user:ada
            user:ben
        "#]],
        ),
        (
            &["owners", "user:b"],
            expect![[r#"
            user:ben
        "#]],
        ),
        (
            &["owners", "--low"],
            expect![[r#"
            OWNER     BALANCE  BELOW
            user:ben       45     50
        "#]],
        ),
        (
            &["holds"],
            expect![[r#"
            AT                OWNER     WHAT                           AMOUNT  ASSET
            2100-01-10 14:00  user:ada  hold 8 for print_image lapses      25  credits
        "#]],
        ),
        (
            &["due", "--until", "2100-02-28"],
            expect![[r#"
            AT                OWNER     WHAT                           AMOUNT  ASSET
            2100-01-10 14:00  user:ada  hold 8 for print_image lapses      25  credits
            2100-02-06 12:00  user:ben  grant 3 expires                    35  credits
        "#]],
        ),
        (
            &["due", "--until", "2100-02-28", "--limit", "1"],
            expect![[r#"
            AT                OWNER     WHAT                           AMOUNT  ASSET
            2100-01-10 14:00  user:ada  hold 8 for print_image lapses      25  credits

            There are more: raise --limit, or lower --until.
        "#]],
        ),
        (
            &["unresolved"],
            expect![[r#"
            nothing needs an administrator
        "#]],
        ),
    ]);
}

#[test]
fn reports() {
    check(&[
        (
            &["activity", "--days", "4"],
            expect![[r#"
            DAY         GIVEN  TAKEN  SPENT
            2100-01-07    360      0      0
            2100-01-08      0      0     25  ######
            2100-01-09      0      0    137  ################################
            2100-01-10      0      0      0
        "#]],
        ),
        (
            &["totals"],
            expect![[r#"
            ASSET    ACCOUNT       ENTRIES  AMOUNT
            credits  print_image         1     -25
            credits  print_video         1    -137
            credits  signup_bonus        2     360
            credits  transfer_in         1      10
            credits  transfer_out        1     -10

            198 credits in all wallets
        "#]],
        ),
        (
            &["top", "--days", "10", "--limit", "1"],
            expect![[r#"
            OPERATION    ENTRIES  SPENT
            print_video        1    137  ################################
        "#]],
        ),
        (
            &["prices"],
            expect![[r#"
            OPERATION    COSTS
            print_image  by quality: draft 5 credits, hd 25 credits
            print_video  100 credits + 10 credits per second (at most 600 seconds)

            PLAN   GIVES                                    COSTS
            hobby  300 credits every month, unused: expire

            PACK   GIVES                             COSTS
            boost  1,000 credits, 100 credits bonus  $9
        "#]],
        ),
        (
            &["verify"],
            expect![[r#"
            the ledger is sound
            8 facts in 7 commits, 2 wallets, 3 grants, 6 keys
        "#]],
        ),
    ]);
}

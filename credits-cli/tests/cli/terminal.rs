//! Questions on a terminal, and their answers.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::fixture::Shop;
use crate::run::{Binary, Ran, ran};

/// A run whose standard input is a terminal on which a line is typed.
fn answered(shop: &Shop, line: &str, arguments: &[&str]) -> Ran {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap();
    let name = std::ffi::OsStr::from_bytes(name.as_bytes());
    let terminal = OpenOptions::new().read(true).write(true).open(name).unwrap();
    writeln!(File::from(keyboard.try_clone().unwrap()), "{line}").unwrap();
    let mut all = vec!["--ledger", shop.ledger().to_str().unwrap()];
    all.extend(arguments);
    ran(Binary::Shop.command(&all).stdin(terminal))
}

#[test]
fn a_terminal_is_asked_before_a_write() {
    let shop = Shop::new();
    let give = ["give", "user:ada", "1000", "--reason", "sorry"];
    let question =
        "user:ada now has 128 credits.\nGive 1,000 credits to user:ada, for the reason `sorry`? [y/N] ";
    for no in ["n", "", "yess"] {
        let refused = answered(&shop, no, &give);
        assert_eq!(refused.failed(1), format!("{question}error: nothing was changed\n"));
    }
    for (place, yes) in ["y", "YES"].into_iter().enumerate() {
        let given = answered(&shop, yes, &give);
        let (before, after) = (place * 1_000 + 153, (place + 1) * 1_000 + 153);
        let grouped = |amount: usize| {
            if amount < 1_000 {
                amount.to_string()
            } else {
                format!("{},{:03}", amount / 1_000, amount % 1_000)
            }
        };
        let line = format!(
            "entry {}: user:ada +1,000 credits, balance {} -> {}\n",
            9 + place,
            grouped(before),
            grouped(after)
        );
        assert_eq!(given.done(), line);
        assert!(given.err.contains("? [y/N] "), "{}", given.err);
    }
}

#[test]
fn a_question_has_every_option_and_amount() {
    let shop = Shop::new();
    for (arguments, question) in [
        (
            &["take", "user:ada", "500", "--reason", "x", "--with-debt"][..],
            "Take 500 credits from user:ada, for the reason `x`, and what is missing becomes a debt? [y/N] ",
        ),
        (
            &[
                "give",
                "user:ada",
                "5",
                "--reason",
                "x",
                "--paid",
                "--category",
                "refund",
                "--expires-at",
                "2100-03-01",
                "--only-for",
                "print_image",
            ],
            "Give 5 credits to user:ada, for the reason `x`, in the category `refund`, expiring 2100-03-01 00:00 UTC, \
             as paid credits, only for print_image? [y/N] ",
        ),
        (
            &["transfer", "user:ada", "user:ben", "5", "--reason", "x", "--including-promotional"],
            "Transfer 5 credits from user:ada to user:ben, for the reason `x`, promotional credits too? [y/N] ",
        ),
        (
            &["revoke", "user:ada", "2", "--reason", "x"],
            "Take the 128 credits that are free of grant 2 from user:ada, for the reason `x`? [y/N] ",
        ),
        (
            &["reverse", "5", "--reason", "x"],
            "Return all that is not returned yet of the 137 credits of entry 5 (",
        ),
        (
            &["reverse", "5", "--reason", "x", "--amount", "37"],
            "Return 37 credits of the 137 credits of entry 5 (",
        ),
        (
            &["reverse", "6", "--reason", "x", "--with-debt"],
            "Move the 10 credits of transfer 6 back to user:ada, for the reason `x`, and what is missing becomes a debt? ",
        ),
        (
            &["reverse", "7", "--reason", "x", "--as-far-as-possible"],
            "Move the 10 credits of transfer 6 back to user:ada, for the reason `x`, as far as the receiver still has them? ",
        ),
        (
            &["unresolved", "link", "cus_1", "user:ada"],
            "user:ada now has 128 credits.\nLink cus_1 to user:ada, who gets what it has paid for? [y/N] ",
        ),
        (
            &["unresolved", "dismiss", "payment pi_1"],
            "Take the entry `payment pi_1` off the list, with no credits changed? [y/N] ",
        ),
    ] {
        let refused = answered(&shop, "n", arguments);
        assert!(refused.failed(1).contains(question), "{arguments:?}: {refused:?}");
    }
    assert_eq!(Binary::Shop.on(shop.ledger(), &["stats", "--json"]).json()["facts"], 8);
}

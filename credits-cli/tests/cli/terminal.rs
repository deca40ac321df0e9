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

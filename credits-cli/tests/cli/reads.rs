//! Commands that read: their output at 80 columns as a transcript, and that every way and both binaries have the same.

use std::fmt::Write;

use expect_test::{ExpectFile, expect_file};

use crate::fixture::Shop;
use crate::run::Binary;
use crate::ways::{Reached, WAYS};

/// Runs commands on every way and with both binaries, and compares each transcript with the expected one.
fn check(commands: &[&str], expected: &ExpectFile) {
    let (shop, mut first) = (Shop::new(), None);
    for way in WAYS {
        let reached = Reached::on(&shop, way);
        for binary in [Binary::Credits, Binary::Shop] {
            let mut transcript = String::new();
            for line in commands {
                let arguments: Vec<&str> = line.split(' ').collect();
                let ran = reached.run(binary, &arguments);
                assert_eq!(ran.err, reached.note(), "{way:?} {binary:?} {line}");
                writeln!(transcript, "$ credits {line}\n{}", ran.done()).unwrap();
            }
            if first.is_none() {
                expected.assert_eq(&transcript);
            }
            assert_eq!(*first.get_or_insert_with(|| transcript.clone()), transcript, "{way:?} {binary:?}");
        }
    }
}

#[test]
fn wallets() {
    let commands = [
        "balance user:ben",
        "balance user:ada --at 2100-01-08",
        "balance user:ada --asset gem",
        "history user:ada",
        "history user:ada --limit 1 --oldest-first --explain",
        "history user:ada --limit 1 --after 6",
        "history user:ada --operation print_video --explain",
        "history user:ada --since 2100-01-10",
        "history user:ada --category signup_bonus --until 2100-01-08",
        "history user:ben --key job-1",
        "history user:ben --with-shortfall",
        "explain 5",
        "explain 6",
        "owners",
        "owners user:b",
        "owners --limit 1",
        "owners --after user:ada",
        "owners --low",
        "holds",
        "due --until 2100-02-28",
        "due --until 2100-02-28 --limit 1",
        "unresolved",
    ];
    check(&commands, &expect_file!["wallets.txt"]);
}

#[test]
fn reports() {
    let commands = ["activity --days 4", "totals", "top --days 10 --limit 1", "verify"];
    check(&commands, &expect_file!["reports.txt"]);
}

#[test]
fn json_for_programs() {
    let commands = [
        "balance user:ada --json",
        "balance user:ada --at 2100-01-08 --json",
        "history user:ada --limit 1 --json",
        "explain 5 --json",
        "owners --json",
        "owners --low --json",
        "holds --json",
        "due --json",
        "unresolved --json",
        "activity --days 1 --json",
        "totals --json",
        "verify --json",
    ];
    check(&commands, &expect_file!["json.txt"]);
}

#[test]
fn figures_of_the_ledger_are_there_on_every_way() {
    let shop = Shop::new();
    for way in WAYS {
        let reached = Reached::on(&shop, way);
        let figures = reached.run(Binary::Credits, &["stats", "--json"]).json();
        assert_eq!(
            (&figures["facts"], &figures["now"]),
            (&8.into(), &"2100-01-10T12:00:00Z".into()),
            "{way:?}"
        );
        assert_eq!(reached.run(Binary::Credits, &["stats"]).done().lines().count(), 11);
        let head = reached.run(Binary::Credits, &["head", "--json"]).json();
        assert_eq!(head["last_fact"], 8);
        let text = reached.run(Binary::Credits, &["head"]);
        assert_eq!(text.done().trim(), head["head"].as_str().unwrap(), "{way:?}");
        reached.run(Binary::Credits, &["check-head", text.out.trim()]).done();
    }
}

//! The ways to a ledger: its file, the socket of a running program.

use crate::fixture::Shop;
use crate::run::{Binary, Running};

/// The shop that keeps this ledger open.
fn open(shop: &Shop) -> Running {
    let ledger = shop.ledger().to_str().unwrap();
    Running::until(&mut Binary::Shop.command(&["--ledger", ledger, "run"]), "open")
}

const BALANCE: &str = "\
user:ada has 128 credits
25 set aside by holds

GRANT  FREE  HELD  GIVEN FOR     EXPIRES  ONLY FOR
2       128    25  Signup bonus  never

HOLD  AMOUNT  FOR          LAPSES
8         25  print_image  2100-01-10 14:00
";

#[test]
fn a_command_finds_its_way_before_while_and_after_the_program_runs() {
    let shop = Shop::new();
    let balance = ["balance", "user:ada"];
    for binary in [Binary::Credits, Binary::Shop] {
        let alone = binary.on(shop.ledger(), &balance);
        assert_eq!(alone.done(), BALANCE);
        assert!(alone.err.contains("which no other program has open"), "{}", alone.err);

        let running = open(&shop);
        let through = binary.on(shop.ledger(), &balance);
        assert_eq!(through.done(), alone.out);
        assert_eq!(through.err, format!("through the running program, pid {}\n", running.pid()));
        running.kill();

        let after = binary.on(shop.ledger(), &balance);
        assert_eq!(after.done(), alone.out);
        assert_eq!(after.err, alone.err);
    }
}

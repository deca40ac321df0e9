//! Commands that write: their output, that every way has the same, and the author on each entry.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::run::{Binary, ran};
use crate::ways::{Reached, WAYS};

/// Commands in order, each with its exit code and its line of output or of the error.
const WRITES: &[(&[&str], i32, &str)] = &[
    (
        &["give", "user:ada", "100", "--reason", "sorry", "--key", "g1", "--yes"],
        0,
        "entry 9: user:ada +100 credits, balance 153 -> 253",
    ),
    (
        &["give", "user:ada", "100", "--reason", "sorry", "--key", "g1", "--yes"],
        0,
        "entry 9: user:ada +100 credits, balance 153 -> 253\nIt was done before under this key, and not again.",
    ),
    (
        &["give", "user:ada", "99", "--reason", "sorry", "--key", "g1", "--yes"],
        1,
        "error: key `g1` was used by give, fact 9",
    ),
    (
        &["give", "user:ada", "5", "--reason", "prize", "--asset", "gem", "--expires-at", "2100-03-01", "-y"],
        0,
        "entry 10: user:ada +5 gem, balance 0 -> 5",
    ),
    (&["give", "user:ada", "5", "--reason", "x", "--asset", "moon", "-y"], 3, "error: "),
    (
        &["take", "user:ada", "53", "--reason", "given twice", "-y"],
        0,
        "entry 11: user:ada -53 credits, balance 253 -> 200",
    ),
    (
        &["take", "user:ben", "1000", "--reason", "fraud", "-y"],
        1,
        "error: 1,000 credits needed, 45 available",
    ),
    (
        &["transfer", "user:ada", "user:cleo", "20", "--reason", "share", "-y"],
        0,
        "transfer 12\nentry 12: user:ada -20 credits, balance 200 -> 180\n\
         entry 13: user:cleo +20 credits, balance 0 -> 20",
    ),
    (
        &["reverse", "12", "--reason", "mistake", "-y"],
        0,
        "entry 15: user:ada +20 credits, balance 180 -> 200\nentry 14: user:cleo -20 credits, balance 20 -> 0",
    ),
    (
        &["reverse", "5", "--amount", "37", "--reason", "blurred", "-y"],
        0,
        "entry 16: user:ada +37 credits, balance 200 -> 237",
    ),
    (&["reverse", "5", "--amount", "137", "--reason", "blurred", "-y"], 1, "error: "),
    (&["reverse", "999", "--reason", "blurred", "-y"], 3, "error: there is no entry 999"),
    (&["reverse", "5", "--with-debt", "--reason", "x", "-y"], 2, "error: entry 5 is no transfer"),
    (&["release", "user:ada", "8", "-y"], 0, "hold 8 of user:ada is released"),
    (&["release", "user:ada", "8", "-y"], 0, "hold 8 of user:ada had been released before"),
    (&["release", "user:ada", "77", "-y"], 3, "error: "),
    (
        &["revoke", "user:ada", "9", "--reason", "given twice", "-y"],
        0,
        "entry 18: user:ada -100 credits, balance 237 -> 137",
    ),
    (&["unresolved", "dismiss", "payment pi_1 900", "-y"], 3, "error: no entry of this owner"),
    (&["unresolved", "link", "cus_1", "user:ada", "--yes"], 0, "cus_1 is linked to user:ada"),
    (
        &["spend", "user:ada", "print_image", "quality=hd", "--key", "s1"],
        0,
        "entry 20: user:ada -25 credits, balance 137 -> 112",
    ),
    (
        &["estimate", "user:ada", "print_video", "seconds=3.65"],
        0,
        "137\n100 + 10 x 3.65 s = 136.5, rounded up: 137\nuser:ada cannot pay it",
    ),
    (
        &["spend", "user:ada", "print_video", "seconds=3.65"],
        1,
        "error: 137 credits needed for `print_video`, 112 available",
    ),
    (
        &["spend", "user:ada", "print_video", "sec=3"],
        2,
        "error: `print_video` has no input `sec`: write `seconds`",
    ),
    (
        &["spend", "user:ada", "print_image", "quality=best"],
        2,
        "error: `print_image` cannot read the input `quality`",
    ),
    (
        &["spend", "user:ada", "paint"],
        3,
        "error: `paint` is no operation: write `print_image` or `print_video`",
    ),
];

#[test]
fn writes_have_the_same_outcome_on_every_way() {
    for way in WAYS {
        let shop = Shop::new();
        let reached = Reached::on(&shop, way);
        let mut wrong = Vec::new();
        for (arguments, exit, line) in WRITES {
            let ran = reached.run(Binary::Shop, arguments);
            let (note, error) = (reached.note(), &ran.err);
            let error = error.strip_prefix(&note).unwrap_or(error);
            let is_right = match exit {
                0 => ran.out.trim_end() == *line,
                _ => ran.out.is_empty() && error.starts_with(line),
            };
            if !is_right || ran.exit != *exit {
                wrong.push((arguments, ran));
            }
        }
        assert!(wrong.is_empty(), "{way:?}: {wrong:#?}");
        let entry = reached.run(Binary::Credits, &["explain", "9", "--json"]).json();
        assert_eq!((&entry["metadata"]["by"], &entry["key"]), (&json!(reached.author()), &json!("g1")));
        reached.run(Binary::Credits, &["verify"]).done();
    }
}

#[test]
fn the_ledger_of_any_application_is_administered_without_its_pricing() {
    let shop = Shop::new();
    let on = |arguments: &[&str]| Binary::Credits.on(shop.ledger(), arguments);
    let given =
        on(&["give", "user:ada", "10", "--reason", "sorry", "--only-for", "print_image", "-y", "--json"])
            .json();
    assert_eq!(given["entry"]["amount"], 10);
    on(&["take", "user:ada", "5", "--reason", "given twice", "-y"]).done();
    on(&["revoke", "user:ada", "9", "--reason", "given twice", "-y"]).done();
    for call in ["estimate", "spend"] {
        let refused = on(&[call, "user:ada", "print_image", "quality=hd"]);
        assert!(refused.failed(2).contains("opened without its pricing"), "{refused:?}");
    }
    on(&["verify"]).done();
    // The application finds its ledger as it left it: no other catalogue was declared.
    let spent =
        Binary::Shop.on(shop.ledger(), &["spend", "user:ada", "print_image", "quality=hd", "--json"]).json();
    assert_eq!(spent["entry"]["amount"], -25);
    let facts: Vec<Value> = [Binary::Shop, Binary::Credits]
        .map(|binary| binary.on(shop.ledger(), &["stats", "--json"]).json()["facts"].clone())
        .into();
    assert_eq!(facts[0], facts[1]);
    on(&["verify"]).done();
}

#[test]
fn a_write_asks_and_a_script_says_yes() {
    let shop = Shop::new();
    for arguments in [
        &["give", "user:ada", "1", "--reason", "x"][..],
        &["take", "user:ada", "1", "--reason", "x"],
        &["transfer", "user:ada", "user:ben", "1", "--reason", "x"],
        &["revoke", "user:ada", "2", "--reason", "x"],
        &["release", "user:ada", "8"],
        &["reverse", "5", "--reason", "x"],
        &["unresolved", "link", "cus_1", "user:ada"],
        &["unresolved", "dismiss", "payment pi_1 900"],
    ] {
        let refused = Binary::Shop.on(shop.ledger(), arguments);
        assert!(refused.failed(2).contains("add --yes"), "{arguments:?}: {refused:?}");
        // A reason is required where the history has it.
        let without: Vec<&str> = arguments.iter().copied().take_while(|part| *part != "--reason").collect();
        assert_eq!(Binary::Shop.on(shop.ledger(), &without).exit, 2, "{without:?}");
    }
    assert_eq!(Binary::Shop.on(shop.ledger(), &["stats", "--json"]).json()["facts"], 8);
}

#[test]
#[cfg(target_os = "linux")]
fn a_write_whose_output_cannot_be_written_says_that_it_is_done() {
    let shop = Shop::new();
    let give = |key: &str, rest: &[&str]| {
        let ledger = shop.ledger().to_str().unwrap();
        let give = ["--ledger", ledger, "give", "user:ada", "1", "--reason", "x", "-y", "--key", key];
        let mut command = Binary::Shop.command(&[&give[..], rest].concat());
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        ran(command.stdout(full))
    };
    let unseen = give("full-1", &[]);
    assert!(unseen.failed(6).contains("error: done, but the output could not be written ("), "{unseen:?}");
    assert!(unseen.err.ends_with("; its key is full-1\n"), "{unseen:?}");
    let unseen = give("full-2", &["--json", "--quiet"]);
    let problem: Value = serde_json::from_str(unseen.failed(6)).unwrap();
    assert_eq!(problem["send_again_with"], "full-2");
    assert_eq!(Binary::Shop.on(shop.ledger(), &["stats", "--json"]).json()["facts"], 10);
    // A reader that went away is no failure.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ledger = shop.ledger().to_str().unwrap();
    let give = ["--ledger", ledger, "give", "user:ada", "1", "--reason", "x", "-y"];
    ran(Binary::Shop.command(&give).stdout(writer)).done();
}

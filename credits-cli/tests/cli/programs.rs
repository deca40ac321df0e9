//! What programs and people get beside the commands: help, completions, `serve`, `watch`, price lists in files.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use expect_test::expect_file;

use crate::fixture::Shop;
use crate::run::{Binary, Running, ran};
use crate::ways::{address, serve};

#[test]
fn the_help_lists_every_command_in_its_group() {
    let help = Binary::Shop.run(&["--help"]);
    expect_file!["help.txt"].assert_eq(help.done());
    assert!(Binary::Credits.run(&["--help"]).done().contains("`credits <COMMAND> --help` has examples."));
    let words = help.out.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = words.filter_map(|line| line.split_whitespace().next()).collect();
    let own = ["run", "import"];
    let commands = names.iter().filter(|name| !name.starts_with('-') && !own.contains(name));
    let mut count = 0;
    for name in commands {
        let help = Binary::Shop.run(&[name, "--help"]).out;
        assert!(help.contains("Examples:\n  shop "), "{name}: {help}");
        count += 1;
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn completions_name_the_program_and_its_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Binary::Shop.run(&["completions", shell]);
        for word in ["shop", "balance", "check-head", "--ledger"] {
            assert!(script.done().contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
}

#[test]
fn a_served_dashboard_asks_for_the_printed_password() {
    let shop = Shop::new();
    let server = serve(&shop);
    let line = server.lines.iter().find(|line| line.starts_with("dashboard")).unwrap();
    let (_, password) = line.trim_end().trim_end_matches(')').rsplit_once(' ').unwrap();
    assert!(password.len() > 20, "{line}");
    let api = address(&server);
    let host = api.trim_start_matches("http://").split('/').next().unwrap();
    let get = |authorization: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "GET /admin/credits HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{authorization}\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    assert!(get("").starts_with("HTTP/1.1 401"));
    assert!(get("authorization: Basic YWRtaW46YWRtaW4=\r\n").starts_with("HTTP/1.1 401"));
    let page = get(&format!("authorization: Basic {}\r\n", base64(&format!("admin:{password}"))));
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("shop"), "{page}");

    let away = Binary::Shop.on(shop.ledger(), &["serve", "--bind", "192.0.2.1:80"]);
    assert!(away.failed(4).starts_with("warning: 192.0.2.1:80 is seen by other machines"), "{away:?}");
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> =
        text.bytes().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)).collect();
    let digits = bits.chunks(6).map(|six| {
        let value = six.iter().fold(0, |value, bit| value << 1 | usize::from(*bit)) << (6 - six.len());
        char::from(DIGITS[value])
    });
    let mut encoded: String = digits.collect();
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}

#[test]
fn watch_shows_entries_as_they_come() {
    let shop = Shop::new();
    let server = serve(&shop);
    let on = |arguments: &[&str]| Binary::Shop.on(shop.ledger(), arguments);
    let ledger = shop.ledger().to_str().unwrap();
    let watch = ["--ledger", ledger, "watch", "--after", "8", "--every", "1", "--count", "3", "--json"];
    let mut command = Binary::Shop.command(&watch);
    on(&["give", "user:ada", "1", "--reason", "first", "-y"]).done();
    let watching = Running::until(&mut command, "\"number\":9,");
    on(&["give", "user:ada", "2", "--reason", "second", "-y"]).done();
    on(&["take", "user:ada", "2", "--reason", "third", "-y"]).done();
    watching.end();
    drop(server);
    // Without a program there are no new entries, and those of before are shown.
    let past = on(&["watch", "--after", "0", "--count", "9"]);
    let lines: Vec<&str> = past.done().lines().collect();
    assert_eq!(lines.len(), 9);
    assert!(
        lines[0].starts_with("2100-01-07 12:00         2  user:ada  +300 credits, balance 300  signup"),
        "{lines:?}"
    );
}

#[test]
fn price_lists_in_files_are_compared() {
    let shop = Shop::new();
    let on = |arguments: &[&str]| Binary::Shop.on(shop.ledger(), arguments);
    let next = shop.beside("next.json");
    let file = next.to_str().unwrap();
    let prices = on(&["prices", "--json"]);
    fs::write(&next, prices.done()).unwrap();
    assert_eq!(on(&["diff-prices", file]).done(), "the price lists have the same terms\n");
    let dearer = prices.out.replace("\"hd\",\n              25", "\"hd\",\n              30");
    assert_ne!(dearer, prices.out);
    fs::write(&next, dearer.replace("\"overrun\": \"deny\"", "\"overrun\": \"debt\"")).unwrap();
    for binary in [Binary::Shop, Binary::Credits] {
        let differing = binary.on(shop.ledger(), &["diff-prices", file, "--json"]).json();
        assert_eq!(differing[0]["now"], "by quality: draft 5 credits, hd 25 credits");
        assert_eq!(differing[0]["then"], "by quality: draft 5 credits, hd 30 credits");
        assert_eq!(differing[1]["name"], "overrun");
        let report = binary.on(shop.ledger(), &["what-if", file, "--json"]).json();
        let image = &report["operations"][0];
        assert_eq!((&image["charged"], &image["would_be"]), (&25.into(), &30.into()), "{report}");
    }
    let text = on(&["what-if", file]);
    assert!(
        text.done().starts_with("OPERATION    ASSET    CHARGES  CHARGED  WOULD BE  DEARER  CHEAPER\n"),
        "{text:?}"
    );
}

#[test]
fn terms_without_words_of_their_own_are_compared_too() {
    let shop = Shop::new();
    let on = |arguments: &[&str]| Binary::Shop.on(shop.ledger(), arguments);
    let next = shop.beside("next.json");
    let mut prices = on(&["prices", "--json"]).json();
    prices["plans"][0]["version"] = 2.into();
    prices["packs"][0]["stripe_prices"] =
        serde_json::json!([{ "environment": null, "period": null, "id": "price_1" }]);
    fs::write(&next, prices.to_string()).unwrap();
    let found = on(&["diff-prices", next.to_str().unwrap(), "--json"]).json();
    let then = |place: usize| found[place]["then"].as_str().unwrap().to_owned();
    assert!(then(0).ends_with("(other terms: version)"), "{found}");
    assert!(then(1).ends_with("(other terms: stripe_prices)"), "{found}");
    // The ledger alone does not keep ids.
    let kept = Binary::Credits.on(shop.ledger(), &["diff-prices", next.to_str().unwrap(), "--json"]).json();
    assert_eq!(kept.as_array().unwrap().len(), 1, "{kept}");
}

#[test]
fn an_application_prints_its_own_price_list() {
    let shop = Shop::new();
    let of = |binary: Binary, arguments: &[&str]| binary.on(shop.ledger(), arguments).done().to_owned();
    let text = of(Binary::Shop, &["prices"]);
    expect_file!["prices.txt"].assert_eq(&text);
    assert_eq!(of(Binary::Credits, &["prices"]), text);
    let markdown = of(Binary::Shop, &["prices", "--md"]);
    expect_file!["prices.md"].assert_eq(&markdown);
    assert_eq!(of(Binary::Credits, &["prices", "--md"]), markdown);
    // The list is the program's, with another application's ledger or none.
    let missing = shop.beside("missing.redb");
    let own = Binary::Shop.on(&missing, &["prices"]);
    assert_eq!((own.done(), own.err.as_str()), (text.as_str(), "the price list of this program\n"));
    Binary::Credits.on(&missing, &["prices"]).failed(3);
    assert!(!missing.exists());
}

#[test]
fn a_taken_port_leaves_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("new.redb");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Binary::Shop.on(&ledger, &["serve", "--bind", &address]);
    assert!(refused.failed(4).contains("give another address with --bind"), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_application_has_its_own_commands_and_its_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("own.redb");
    // `run` is the shop's own, and `--ledger` stands on either side of it.
    for arguments in
        [["--ledger", ledger.to_str().unwrap(), "run"], ["run", "--ledger", ledger.to_str().unwrap()]]
    {
        let started = Running::until(&mut Binary::Shop.command(&arguments), "open");
        assert!(ledger.exists(), "{arguments:?}");
        started.end();
    }
    let by_name = ran(Binary::Shop.command(&["owners", "--quiet"]).env("CREDITS_LEDGER", &ledger));
    assert_eq!((by_name.done(), by_name.err.as_str()), ("no owners\n", ""));
}

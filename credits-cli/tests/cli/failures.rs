//! Failures and their exit codes: no ledger, one that is open elsewhere, a wrong token, damage, a response that never comes.

use std::fs;
use std::path::Path;

use crate::fixture::Shop;
use crate::pricing::Credits;
use crate::run::{Binary, ran};
use crate::server;
use crate::ways::{address, serve};

#[test]
fn a_ledger_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typo.redb");
    for binary in [Binary::Credits, Binary::Shop] {
        for arguments in [&["balance", "user:ada"][..], &["give", "user:ada", "1", "--reason", "x", "-y"]] {
            let failed = binary.on(&path, arguments);
            assert!(failed.failed(3).starts_with("error: there is no ledger `"), "{failed:?}");
        }
    }
    assert!(!path.exists());
    fs::write(&path, "notes\n").unwrap();
    Binary::Credits.on(&path, &["balance", "user:ada"]).failed(3);
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes\n");
}

#[test]
fn a_ledger_that_is_open_in_a_program_without_a_socket_says_what_to_add() {
    let shop = Shop::new();
    let credits = Credits::open(shop.ledger()).unwrap();
    for arguments in
        [&["balance", "user:ada"][..], &["verify"], &["give", "user:ada", "1", "--reason", "x", "-y"]]
    {
        let failed = Binary::Credits.on(shop.ledger(), arguments);
        let error = failed.failed(4);
        assert!(
            error.contains(
                "open in another program that offers no socket: add `credits_web::socket(&credits)?`"
            ),
            "{error}"
        );
    }
    credits.close().unwrap();
    Binary::Credits.on(shop.ledger(), &["verify"]).done();
}

#[test]
fn a_token_is_needed_and_must_be_right() {
    let shop = Shop::new();
    let server = serve(&shop);
    let url = address(&server);
    let get = |token: Option<&str>, arguments: &[&str]| {
        let mut command = Binary::Credits.command(&["--url", &url]);
        if let Some(token) = token {
            command.env("CREDITS_TOKEN", token);
        }
        ran(command.args(arguments))
    };
    let balance = ["balance", "user:ada"];
    assert!(get(None, &balance).failed(1).contains("has no token"));
    assert!(get(Some("uc_1_2"), &balance).failed(1).contains("unknown, revoked or expired"));
    let token = Binary::Credits.on(shop.ledger(), &["token", "new", "reader", "--scope", "read"]);
    let token = token.done().trim();
    get(Some(token), &balance).done();
    assert!(get(Some(token), &["head"]).failed(1).contains("one with the scope `admin`"));
    let listed = Binary::Credits.on(shop.ledger(), &["token", "list", "--json"]).json();
    let id = listed[0]["id"].as_str().unwrap();
    assert!(token.starts_with(&format!("uc_{id}_")) && !listed.to_string().contains("sha256"), "{listed}");
    Binary::Credits.on(shop.ledger(), &["token", "revoke", id]).done();
    get(Some(token), &balance).failed(1);
    Binary::Credits.on(shop.ledger(), &["token", "revoke", id]).failed(3);
    Binary::Credits.on(shop.ledger(), &["token", "new", "two words", "--scope", "read"]).failed(2);
    Binary::Credits.run(&["token", "list", "--url", &url]).failed(2);
}

#[test]
fn an_address_without_the_api_is_unreachable() {
    let closed = server::closed();
    let failed = Binary::Credits.run(&["--url", &closed, "give", "user:ada", "1", "--reason", "x", "-y"]);
    assert!(failed.failed(4).contains("cannot be reached"), "{failed:?}");
    let page = server::responding("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html");
    assert!(
        Binary::Credits.run(&["--url", &page, "balance", "user:ada"]).failed(4).contains("cannot be read")
    );
    let missing = server::responding("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnope");
    assert!(Binary::Credits.run(&["--url", &missing, "head"]).failed(4).contains("is no problem of the API"));
}

#[test]
fn a_write_without_a_response_says_how_to_send_it_again() {
    let give = ["give", "user:ada", "1", "--reason", "x", "-y"];
    let cut = server::responding("");
    let sent =
        |url: &str, rest: &[&str]| Binary::Credits.run(&[&["--url", url][..], &give[..], rest].concat());
    let lost = sent(&cut, &["--key", "g7"]);
    assert!(lost.failed(6).contains("send it again with --key g7, which does it once"), "{lost:?}");
    // A key is made where none is given.
    let cut = server::responding("HTTP/1.1 201 Created\r\ncontent-length: 900\r\n\r\n{\"entry\"");
    let lost = sent(&cut, &[]);
    assert!(lost.failed(6).contains("send it again with --key cli-"), "{lost:?}");
    let problem = r#"{"title":"Outcome unknown","status":503,"code":"outcome_unknown","detail":"it may have happened"}"#;
    let text = format!("HTTP/1.1 503 Unavailable\r\ncontent-length: {}\r\n\r\n{problem}", problem.len());
    let unknown = server::responding(&text);
    let lost = sent(&unknown, &["--key", "g8"]);
    assert!(lost.failed(6).contains("it may have happened; send it again with --key g8"), "{lost:?}");
    let read = server::responding("");
    Binary::Credits.run(&["--url", &read, "balance", "user:ada"]).failed(4);
}

#[test]
fn a_failing_server_leaves_the_outcome_of_a_write_unknown() {
    let give = ["give", "user:ada", "1", "--reason", "x", "-y", "--key", "g9"];
    let responding = |status: &str, body: &str| {
        server::responding(&format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    };
    let internal =
        r#"{"title":"Internal error","status":500,"code":"internal_error","detail":"the server failed"}"#;
    for (status, body) in [
        ("502 Bad Gateway", "<html>bad gateway</html>"),
        ("504 Gateway Timeout", ""),
        ("408 Request Timeout", ""),
        ("500 Internal Server Error", internal),
        ("200 OK", "<html>log in</html>"),
        ("201 Created", ""),
        ("201 Created", r#"{"made":true}"#),
    ] {
        let url = responding(status, body);
        let lost = Binary::Credits.run(&[&["--url", &url][..], &give[..]].concat());
        assert!(
            lost.failed(6).contains("send it again with --key g9, which does it once"),
            "{status}: {lost:?}"
        );
        let url = responding(status, body);
        let lost = Binary::Credits.run(&[&["--url", &url, "--json", "--quiet"][..], &give[..]].concat());
        let problem: serde_json::Value = serde_json::from_str(lost.failed(6)).unwrap();
        assert_eq!(problem["send_again_with"], "g9", "{status}: {problem}");
        assert!(problem["code"].is_string() && problem["detail"].is_string(), "{problem}");
        let url = responding(status, body);
        assert_ne!(Binary::Credits.run(&["--url", &url, "balance", "user:ada"]).exit, 6, "{status}");
    }
    let full = r#"{"title":"Queue full","status":503,"code":"queue_full","detail":"too many requests"}"#;
    let url = responding("503 Service Unavailable", full);
    let refused = Binary::Credits.run(&[&["--url", &url][..], &give[..]].concat());
    assert!(refused.failed(4).ends_with("error: too many requests\n"), "{refused:?}");
}

#[test]
fn a_damaged_ledger_is_reported_as_such() {
    let shop = Shop::new();
    damage(shop.ledger());
    let failed = Binary::Credits.on(shop.ledger(), &["verify"]);
    assert!(failed.failed(5).contains("damaged"), "{failed:?}");
    assert_eq!(Binary::Shop.on(shop.ledger(), &["history", "user:ada"]).exit, 5);
}

/// Changes the key of a charge in the journal.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let key = b"video-1";
    let places: Vec<usize> =
        (0..bytes.len() - key.len()).filter(|at| bytes[*at..].starts_with(key)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] = b'V';
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_head_that_disagrees_is_damage() {
    let shop = Shop::new();
    let head = Binary::Credits.on(shop.ledger(), &["head"]).done().trim().to_owned();
    Binary::Credits.on(shop.ledger(), &["give", "user:ada", "1", "--reason", "x", "-y"]).done();
    let agreed = Binary::Credits.on(shop.ledger(), &["check-head", &head]);
    assert!(agreed.done().contains("no fact up to 8 was changed"), "{agreed:?}");
    let (start, last) = head.split_at(head.len() - 1);
    let other = format!("{start}{}", if last == "0" { "1" } else { "0" });
    assert!(
        Binary::Credits.on(shop.ledger(), &["check-head", &other]).failed(5).contains("is not this ledger's")
    );
    Binary::Credits.on(shop.ledger(), &["check-head", "nonsense"]).failed(2);
}

#[test]
fn a_wrong_command_line_is_usage() {
    let shop = Shop::new();
    for arguments in [
        &[][..],
        &["balanc", "user:ada"],
        &["balance"],
        &["balance", "user:ada", "--at", "yesterday"],
        &["history", "user:ada", "--limit", "0"],
        &["history", "user:ada", "--after", "nonsense"],
        &["export", "--csv", "--jsonl"],
        &["prices", "--md", "--json"],
        &["spend", "user:ada", "print_image", "hd"],
        &["watch", "--every", "0"],
        &["what-if", "Cargo.toml"],
        &["completions", "tcl"],
    ] {
        assert_eq!(Binary::Shop.on(shop.ledger(), arguments).exit, 2, "{arguments:?}");
    }
    Binary::Shop.on(shop.ledger(), &["explain", "12345"]).failed(3);
    Binary::Shop.on(shop.ledger(), &["what-if", "missing.json"]).failed(3);
    // Programs get the problem as it is.
    let failed = Binary::Shop.on(shop.ledger(), &["explain", "12345", "--json", "--quiet"]);
    let problem: serde_json::Value = serde_json::from_str(failed.failed(3)).unwrap();
    assert_eq!(problem["code"], "entry_unknown");
    let failed = Binary::Shop.on(shop.ledger(), &["what-if", "missing.json", "--json", "--quiet"]);
    let problem: serde_json::Value = serde_json::from_str(failed.failed(3)).unwrap();
    assert_eq!(problem["code"], "not_found");
}

#[test]
fn what_a_server_says_cannot_steer_the_terminal() {
    let problem = r#"{"title":"Denied","status":403,"code":"denied","detail":"\u001b]0;x\u0007 \u202eno"}"#;
    let text = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{problem}", problem.len());
    let failed = Binary::Credits.run(&["--url", &server::responding(&text), "head"]);
    assert!(failed.failed(1).ends_with("error: \\u001b]0;x\\u0007 \\u202eno\n"), "{failed:?}");
}

#[test]
fn a_list_of_holds_that_is_not_complete_says_so() {
    let page = r#"{"items":[{"due":"grant_expires"}],"is_complete":false}"#;
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    let listed = Binary::Credits.run(&["--url", &server::responding(&text), "holds"]);
    assert!(listed.done().starts_with("no open holds among the first 1,000 items"), "{listed:?}");
    assert!(listed.out.contains("there may be more holds"), "{listed:?}");
}

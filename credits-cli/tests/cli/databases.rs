//! Ledgers in a database.

use crate::cluster::Cluster;
use crate::fixture::Shop;
use crate::run::{Binary, Ran, Running, ran};

/// A run on the ledger that this address names.
fn on(binary: Binary, ledger: &str, arguments: &[&str]) -> Ran {
    ran(binary.command(arguments).env("CREDITS_LEDGER", ledger))
}

#[test]
fn a_ledger_in_a_database_has_the_commands_of_one_in_a_file() {
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let url = cluster.database().replacen("credits@", "credits:secret@", 1);
    let (shop, credits) = (Binary::Shop, Binary::Credits);
    let missing = on(shop, &url, &["balance", "user:ada"]);
    assert!(missing.failed(3).contains("`credits migrate`"), "{missing:?}");
    for _ in 0..2 {
        let made = on(credits, &url, &["migrate"]);
        assert!(
            made.done().contains("has the tables of a ledger") && !made.out.contains("secret"),
            "{made:?}"
        );
    }
    let unpriced = on(credits, &url, &["balance", "user:ada"]);
    assert!(unpriced.failed(3).contains("never opened with a pricing"), "{unpriced:?}");
    on(shop, &url, &["give", "user:ada", "100", "--reason", "a prize", "--key", "a", "--yes"]).done();
    let spent = on(shop, &url, &["spend", "user:ada", "print_image", "quality=hd", "--key", "b", "--json"]);
    let cost = -spent.json()["entry"]["amount"].as_i64().unwrap();
    on(credits, &url, &["give", "user:ada", "1", "--reason", "more", "--key", "c", "--yes"]).done();
    for binary in [shop, credits] {
        let balance = on(binary, &url, &["balance", "user:ada", "--json"]);
        assert_eq!(balance.json()["credits"], 101 - cost, "{balance:?}");
        assert!(
            balance.err.starts_with("in postgres://credits@/") && !balance.err.contains("secret"),
            "{balance:?}"
        );
        assert_eq!(
            on(binary, &url, &["history", "user:ada", "--json"]).json()["entries"].as_array().unwrap().len(),
            3
        );
        assert!(on(binary, &url, &["verify"]).done().contains("the ledger is sound"));
        assert_eq!(on(binary, &url, &["export"]).done().lines().count(), 3);
    }
    let head = on(credits, &url, &["head"]).done().trim().to_owned();
    on(credits, &url, &["check-head", &head]).done();

    assert!(on(credits, &url, &["backup", "copy.redb"]).failed(4).contains("pg_dump"));
    assert!(on(credits, &url, &["restore", "copy.redb"]).failed(2).contains("is a database"));
    assert!(on(shop, &url, &["import", "gem.sqlite3"]).failed(2).contains("fills a file"));
    assert!(on(credits, "studio.redb", &["migrate"]).failed(2).contains("is a file"));
    let away = on(credits, "postgres://credits@127.0.0.1:1/none", &["balance", "user:ada"]);
    assert!(away.failed(4).contains("cannot be reached"), "{away:?}");
}

#[test]
fn a_ledger_moves_from_its_file_into_a_database() {
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let shop = Shop::new();
    let file = shop.ledger().to_str().unwrap();
    let url = cluster.database().replacen("credits@", "credits:secret@", 1);
    let before = on(Binary::Credits, file, &["export"]).done().to_owned();

    let moved = on(Binary::Credits, file, &["move", file, &url]);
    let text = moved.done();
    assert!(
        text.contains("sound, with 8 facts and 2 wallets") && !format!("{moved:?}").contains("secret"),
        "{moved:?}"
    );
    assert_eq!(on(Binary::Shop, &url, &["export"]).done(), before);
    assert!(on(Binary::Credits, &url, &["verify"]).done().contains("the ledger is sound"));
    let again = on(Binary::Credits, file, &["move", file, &url]);
    assert!(again.failed(3).contains("was completed"), "{again:?}");

    for (from, to) in [(file, file), (&*url, &*url)] {
        assert!(on(Binary::Credits, file, &["move", from, to]).failed(2).contains("a file into a database"));
    }
    let missing = on(Binary::Credits, file, &["move", "none.redb", &url]);
    assert!(missing.failed(4).contains("none.redb"), "{missing:?}");

    // And back.
    let exists = on(Binary::Credits, file, &["move", &url, file]);
    assert!(exists.failed(4).contains("is left as it is"), "{exists:?}");
    let back = shop.ledger().with_file_name("back.redb");
    let back = back.to_str().unwrap();
    let moved = on(Binary::Credits, file, &["move", &url, back]);
    let text = moved.done();
    assert!(
        text.contains("sound, with 8 facts and 2 wallets") && text.contains("do not write to it again"),
        "{moved:?}"
    );
    assert!(!format!("{moved:?}").contains("secret"), "{moved:?}");
    assert_eq!(on(Binary::Shop, back, &["export"]).done(), before);
    assert!(on(Binary::Credits, back, &["verify"]).done().contains("the ledger is sound"));
}

#[test]
fn reading_commands_need_a_role_that_may_read() {
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let url = cluster.database();
    on(Binary::Shop, &url, &["migrate"]).done();
    on(Binary::Shop, &url, &["give", "user:ada", "100", "--reason", "a prize", "--yes"]).done();
    cluster.run(&url, "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    let reader = url.replacen("credits@", "reader@", 1);
    for binary in [Binary::Shop, Binary::Credits] {
        for command in [&["balance", "user:ada"][..], &["verify"], &["totals"], &["due"], &["prices"]] {
            on(binary, &reader, command).done();
        }
        let refused = on(binary, &reader, &["give", "user:ada", "1", "--reason", "more", "--yes"]);
        assert!(refused.failed(4).contains("permission denied"), "{refused:?}");
    }
}

#[test]
fn a_server_over_a_database_has_no_socket_beside_a_file() {
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let (url, folder) = (cluster.database(), tempfile::tempdir().unwrap());
    on(Binary::Shop, &url, &["migrate"]).done();
    let mut serve = Binary::Shop.command(&["serve", "--bind", "127.0.0.1:0"]);
    let server = Running::until(serve.env("CREDITS_LEDGER", &url).current_dir(folder.path()), "Ctrl-C");
    let line = server.lines.iter().find(|line| line.starts_with("API")).unwrap();
    assert!(line.contains("credits.tokens"), "{line}");
    let address = line.split_whitespace().nth(1).unwrap();
    let mut new = Binary::Credits.command(&["token", "new", "ops", "--scope", "admin"]);
    let token = ran(new.env("CREDITS_LEDGER", &url).current_dir(folder.path())).done().trim().to_owned();
    let given = ["--url", address, "give", "user:ada", "7", "--reason", "a prize", "--yes"];
    ran(Binary::Credits.command(&given).env("CREDITS_TOKEN", token)).done();
    assert!(on(Binary::Shop, &url, &["balance", "user:ada"]).done().contains("7 credits"));
}

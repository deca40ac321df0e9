//! Commands while 64 clients write through the running program, and after it was killed.

use crate::fixture::Shop;
use crate::run::Binary;
use crate::ways::open;

#[test]
fn commands_work_while_64_clients_write() {
    let shop = Shop::new();
    let running = open(&shop, "64");
    let on = |arguments: &[&str]| Binary::Credits.on(shop.ledger(), arguments);
    for round in 0..5 {
        let key = format!("load-{round}");
        on(&["give", "user:ada", "10", "--reason", "load", "--key", &key, "--yes"]).done();
        on(&["spend", "user:ada", "print_image", "quality=draft", "--key", &format!("{key}-print")]).done();
        on(&["balance", "user:ada"]).done();
    }
    on(&["verify"]).done();
    let copy = shop.beside("copy.redb");
    on(&["backup", copy.to_str().unwrap()]).done();
    on(&["export", "--to", shop.beside("entries.jsonl").to_str().unwrap()]).done();
    let watched = on(&["watch", "--after", "9", "--count", "100"]);
    assert_eq!(watched.done().lines().count(), 100);
    running.kill();

    // Everything that a command was told is there after the crash.
    let balance = on(&["balance", "user:ada", "--json"]).json();
    assert_eq!(balance["credits"], 128 + 5 * (10 - 5));
    on(&["verify"]).done();
    Binary::Credits.on(&copy, &["verify"]).done();
    let customers = on(&["owners", "customer:", "--limit", "1000", "--json"]).json();
    assert_eq!(customers["owners"].as_array().unwrap().len(), 64);
}

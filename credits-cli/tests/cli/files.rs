//! Backups, restores and exports, on every way, whole or not at all.

use std::fs;

use crate::fixture::Shop;
use crate::run::Binary;
use crate::server;
use crate::ways::{Reached, WAYS};

#[test]
fn a_backup_is_a_ledger_that_is_restored() {
    for way in WAYS {
        let shop = Shop::new();
        let reached = Reached::on(&shop, way);
        let (copy, restored) = (shop.beside("copy.redb"), shop.beside("restored.redb"));
        let made = reached.run(Binary::Credits, &["backup", copy.to_str().unwrap()]);
        assert!(made.done().contains("has the ledger, "), "{way:?} {made:?}");
        let again = reached.run(Binary::Credits, &["backup", copy.to_str().unwrap()]);
        assert!(again.failed(1).contains("is not overwritten"), "{way:?} {again:?}");

        let done = Binary::Credits.on(&restored, &["restore", copy.to_str().unwrap()]);
        assert!(done.done().contains("is restored, sound, with 8 facts"), "{way:?} {done:?}");
        let balance = |path| Binary::Credits.on(path, &["balance", "user:ada"]).out;
        assert_eq!(balance(&restored), balance(&copy));
        assert!(balance(&restored).starts_with("user:ada has 128 credits"), "{way:?}");
        // A restore works on files, whether the ledger there is open or not.
        let refused = Binary::Credits.on(shop.ledger(), &["restore", copy.to_str().unwrap()]);
        assert!(
            refused.failed(1).contains("stop the program that has it open and move it away"),
            "{way:?} {refused:?}"
        );
        Binary::Credits.on(&restored, &["restore", "missing.redb"]).failed(3);
    }
    Binary::Credits.run(&["restore", "copy.redb", "--url", "http://127.0.0.1:9"]).failed(2);
}

#[test]
fn an_export_has_every_entry_on_every_way() {
    let shop = Shop::new();
    let mut first: Option<[String; 2]> = None;
    for way in WAYS {
        let reached = Reached::on(&shop, way);
        let exported = [&["export", "--csv"][..], &["export"]].map(|arguments| {
            let ran = reached.run(Binary::Credits, arguments);
            ran.done().to_owned()
        });
        assert_eq!(exported.each_ref().map(|text| text.lines().count()), [7, 6], "{way:?}");
        let file = shop.beside(&format!("{way:?}.csv"));
        reached.run(Binary::Credits, &["export", "--csv", "--to", file.to_str().unwrap()]).done();
        assert_eq!(fs::read_to_string(&file).unwrap(), exported[0], "{way:?}");
        assert_eq!(*first.get_or_insert_with(|| exported.clone()), exported, "{way:?}");
    }
}

#[test]
fn a_download_that_ends_early_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.redb");
    for text in [
        "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nredb",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nredb\r\n",
    ] {
        let cut = server::responding(text);
        let failed = Binary::Credits.run(&["--url", &cut, "backup", to.to_str().unwrap()]);
        assert!(failed.failed(4).contains("is not kept"), "{failed:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

//! The command: its arguments, its report and its exit code.

use std::path::Path;
use std::process::ExitCode;

use credits_cli::Exit;

use crate::databases::{sqlite, statements};
use crate::recorded::Rows;
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

/// The exit code of a command line of the application.
fn run(arguments: &[&str]) -> String {
    line(&[&["import"], arguments].concat())
}

fn line(arguments: &[&str]) -> String {
    let line = ["shop"].iter().chain(arguments).copied();
    format!("{:?}", credits_cli::app::<Pricing>().run_with(line))
}

fn exit(exit: Exit) -> String {
    format!("{:?}", ExitCode::from(exit))
}

#[test]
fn a_database_is_imported_by_a_command() {
    let rows = Rows::of("credits");
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("production.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &statements(&rows, Schema::UsageCredits05, System::Sqlite));
    let (file, path) = (file.to_str().unwrap(), ledger.to_str().unwrap());
    assert_eq!(run(&[file, "--ledger", path, "--dry-run"]), exit(Exit::Done));
    assert!(!ledger.exists(), "a dry run writes no ledger");
    assert_eq!(run(&[file, "--ledger", path]), exit(Exit::Done));
    let facts = || Credits::open_read_only(&ledger).unwrap().statistics().facts;
    let imported = facts();
    assert_eq!(run(&[file, "--json", "--ledger", path]), exit(Exit::Done));
    assert_eq!(facts(), imported, "a second run changes nothing");
}

#[test]
fn what_cannot_be_imported_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.sqlite3");
    sqlite(&file, "CREATE TABLE users (id INTEGER)");
    assert_eq!(run(&[file.to_str().unwrap()]), exit(Exit::Refused));
    assert_eq!(run(&[]), exit(Exit::Usage));
    assert_eq!(run(&["--help"]), exit(Exit::Done));
}

/// A database with one wallet, and the path of its ledger.
fn one_wallet(folder: &Path) -> (String, String) {
    let file = folder.join("production.sqlite3");
    let at = "'2026-01-01 00:00:00'";
    let rows = format!(
        "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, created_at, updated_at) VALUES (1, 'User', 1, {at}, {at}); \
         INSERT INTO usage_credits_transactions (id, wallet_id, amount, category, created_at, updated_at) \
         VALUES (1, 1, 100, 'bonus', {at}, {at});"
    );
    sqlite(&file, &(Schema::UsageCredits05.create(System::Sqlite) + &rows));
    (file.display().to_string(), folder.join("credits.redb").display().to_string())
}

#[test]
fn options_for_every_command_stand_anywhere() {
    for arguments in [
        &["import", "--json", "DB", "--ledger", "X"][..],
        &["--json", "--ledger", "X", "import", "DB"],
        &["import", "DB", "--ledger", "X", "--quiet"],
        &["--ledger", "X", "import", "DB"],
        &["import", "--ledger", "X", "--dry-run", "DB", "--json"],
        &["--ledger", "elsewhere.redb", "import", "DB", "--ledger=X"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = one_wallet(folder.path());
        let place = |word: &&str| match *word {
            "DB" => file.clone(),
            "X" => ledger.clone(),
            "--ledger=X" => format!("--ledger={ledger}"),
            word => word.to_owned(),
        };
        let words: Vec<String> = arguments.iter().map(place).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(line(&words), exit(Exit::Done), "{words:?}");
        assert_eq!(Path::new(&ledger).exists(), !words.contains(&"--dry-run"), "{words:?}");
    }
}

#[test]
fn an_address_and_wrong_names_are_mistakes_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = one_wallet(folder.path());
    for arguments in [
        &["import", &file, "--url", "http://127.0.0.1:9"][..],
        &["--url", "http://127.0.0.1:9", "import", &file],
        &["import", &file, "--owners", "user"],
        &["import", &file, "--gem", "wallets"],
        &["import", &file, "--gem", "rails"],
        &["import", &file, "--table-prefix", "a'"],
    ] {
        let all = [&["--ledger", ledger.as_str()], arguments].concat();
        assert_eq!(line(&all), exit(Exit::Usage), "{all:?}");
        assert!(!Path::new(&ledger).exists(), "{all:?}");
    }
}

#[test]
fn each_failure_has_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = one_wallet(folder.path());
    let imported = || run(&[&file, "--ledger", &ledger]);
    assert_eq!(run(&["there-is-none.sqlite3", "--ledger", &ledger]), exit(Exit::NotFound));
    assert_eq!(imported(), exit(Exit::Done));
    let credits = Credits::open(&ledger).unwrap();
    assert_eq!(imported(), exit(Exit::Unreachable), "the ledger is open");
    credits.wallet("user:1").give_credits(5).now().wait().unwrap();
    credits.close().unwrap();
    assert_eq!(imported(), exit(Exit::Refused), "a balance differs");
    assert_eq!(run(&[&file, "--ledger", &ledger, "--balances-only"]), exit(Exit::Refused));
    damage(&ledger);
    assert_eq!(imported(), exit(Exit::Damaged));
    std::fs::write(&ledger, "no ledger").unwrap();
    assert_eq!(imported(), exit(Exit::NotFound), "the file is no ledger");
}

/// Changes the key of an entry in the journal.
fn damage(ledger: &str) {
    let mut bytes = std::fs::read(ledger).unwrap();
    let key = b"tx:1";
    let places: Vec<usize> =
        (0..bytes.len() - key.len()).filter(|at| bytes[*at..].starts_with(key)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] = b'T';
    }
    std::fs::write(ledger, bytes).unwrap();
}

//! The command: its arguments, its report and its exit code.

use std::process::ExitCode;

use credits_cli::Exit;

use crate::databases::{sqlite, statements};
use crate::recorded::Rows;
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

/// The exit code of a command line of the application.
fn run(arguments: &[&str]) -> String {
    let line = ["shop", "import"].iter().chain(arguments).copied();
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

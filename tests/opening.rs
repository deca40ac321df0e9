//! Files that are refused, and the messages about them.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use credits_runtime::{Error, LedgerErrorKind, usage_credits};
use redb::{Database, ReadableDatabase, TableDefinition};

usage_credits! {
    operation step { costs 1.credit }
}

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// A temporary folder, and the path of a ledger in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    (folder, path)
}

/// A closed ledger with a few hundred entries.
fn filled(path: &Path) {
    let credits = Credits::open(path).unwrap();
    for owner in ["ann", "bob"] {
        let wallet = credits.wallet(owner);
        wallet.give_credits(1_000).now().wait().unwrap();
        let replies: Vec<_> = (0..200).map(|_| wallet.spend_credits_on(Operation::Step).now()).collect();
        for reply in replies {
            reply.wait().unwrap();
        }
    }
    credits.close().unwrap();
}

/// Checks that opening fails with this kind and message, in which `PATH` stands for the file, and changes no
/// file.
fn check_refused(path: &Path, kind: LedgerErrorKind, message: &str) {
    let before = fs::read(path).ok();
    let refused = Credits::open(path).unwrap_err();
    assert_eq!(refused.to_string().replace(&path.display().to_string(), "PATH"), message);
    let Error::Ledger(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.kind(), kind);
    assert!(fs::read(path).ok() == before, "a refused file was changed");
}

#[test]
fn a_ledger_is_open_once() {
    let (_folder, path) = place();
    let credits = Credits::open(&path).unwrap();
    let message =
        "the ledger `PATH` is open elsewhere: close the other program, or share one handle within this one";
    let refused = Credits::open(&path).unwrap_err();
    assert_eq!(refused.to_string().replace(&path.display().to_string(), "PATH"), message);
    drop(credits);
    Credits::open(&path).unwrap();
}

#[test]
fn what_is_no_ledger_is_refused_and_left_alone() {
    let (folder, path) = place();
    fs::write(&path, "").unwrap();
    check_refused(
        &path,
        LedgerErrorKind::Empty,
        "`PATH` is empty, which a ledger never is: restore a backup, or remove the file to begin a new ledger",
    );
    fs::write(&path, "dear diary, ".repeat(1_000)).unwrap();
    check_refused(&path, LedgerErrorKind::NotALedger, "`PATH` is no ledger: name another file");
    let missing = folder.path().join("missing/credits.redb");
    let message = format!(
        "cannot create the ledger `PATH`, because there is no folder `{}`: make it first",
        missing.parent().unwrap().display()
    );
    check_refused(&missing, LedgerErrorKind::Io, &message);
    check_refused(
        folder.path(),
        LedgerErrorKind::Io,
        "cannot open the ledger `PATH` (Is a directory (os error 21)): name a file that this program may write",
    );
}

#[test]
fn another_programs_database_is_refused() {
    let (_folder, path) = place();
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(TableDefinition::<u64, u64>::new("numbers")).unwrap().insert(1, 2).unwrap();
    write.commit().unwrap();
    drop(database);
    check_refused(
        &path,
        LedgerErrorKind::NotALedger,
        "`PATH` is a redb database but no ledger: name another file",
    );
    let database = Database::open(&path).unwrap();
    let read = database.begin_read().unwrap();
    let numbers = read.open_table(TableDefinition::<u64, u64>::new("numbers")).unwrap();
    assert_eq!(numbers.get(1).unwrap().unwrap().value(), 2);
    assert_eq!(read.list_tables().unwrap().count(), 1, "nothing was added");
}

#[test]
fn a_ledger_of_a_newer_version_is_refused() {
    let (_folder, path) = place();
    filled(&path);
    let database = Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("format", &7_u32.to_be_bytes()[..]).unwrap();
    write.commit().unwrap();
    drop(database);
    check_refused(
        &path,
        LedgerErrorKind::NewerVersion,
        "`PATH` has format 7, this version reads 1: use the version of the program that wrote it",
    );
}

#[test]
fn creating_a_ledger_leaves_its_log_and_nothing_else() {
    let (folder, path) = place();
    drop(Credits::open(&path).unwrap());
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names, [path.clone(), path.with_extension("redb-log")]);
}

#[test]
fn threads_that_create_one_ledger_at_once_get_one() {
    for _ in 0..10 {
        let (_folder, path) = place();
        let opened: Vec<Result<Credits, Error>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Credits::open(&path))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (opened, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
        assert_eq!(opened.len(), 1, "{refused:?}");
        for refused in refused {
            let Err(Error::Ledger(refused)) = refused else { panic!("{refused:?}") };
            assert_eq!(refused.kind(), LedgerErrorKind::Locked);
        }
        opened[0].as_ref().unwrap().wallet("ann").give_credits(5).now().wait().unwrap();
        drop(opened);
        assert_eq!(Credits::open(&path).unwrap().wallet("ann").credits().unwrap(), 5);
    }
}

/// Balances and histories of the wallets, as text.
fn answers(path: &Path) -> Result<Vec<String>, Error> {
    let credits = Credits::open(path)?;
    let mut answers = Vec::new();
    for owner in ["ann", "bob", "eve"] {
        let wallet = credits.wallet(owner);
        answers.push(wallet.credits()?.to_string());
        let mut cursor = None;
        loop {
            let page = wallet.credit_history().limit(100).after(cursor).page()?;
            answers.extend(page.entries.iter().map(|entry| format!("{entry:?}")));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(answers)
}

/// Returns whether a damaged copy reports an error. Panics on a wrong value and on a panic of the ledger.
fn check_damaged(sound: &[String], bytes: &[u8], what: &str) -> bool {
    let (_folder, path) = place();
    fs::write(&path, bytes).unwrap();
    let Ok(found) = catch_unwind(AssertUnwindSafe(|| answers(&path))) else {
        panic!("{what}: a panic out of the ledger");
    };
    match found {
        Ok(found) => {
            assert!(found == sound, "{what}: a wrong answer in silence");
            false
        }
        Err(Error::Ledger(_)) => true,
        Err(other) => panic!("{what}: {other}"),
    }
}

#[test]
fn a_damaged_file_never_answers_wrong_in_silence() {
    let (_folder, path) = place();
    filled(&path);
    let sound = answers(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let mut noticed = 0;
    for sample in 0..160 {
        let place = sample * bytes.len() / 160 + (sample * 37) % 64;
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (sample % 8);
        noticed += usize::from(check_damaged(&sound, &damaged, &format!("a bit of byte {place} flipped")));
    }
    assert!(noticed > 0, "no flip was noticed: are they where the ledger is?");
    // Flips behind each place that names an owner: wallet rows, blocks and names.
    let named: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place..].starts_with(b"ann")).collect();
    assert!(named.len() > 10, "the ledger names its owner {} times", named.len());
    let noticed = named.iter().step_by(named.len() / 10).enumerate().filter(|(sample, place)| {
        let mut damaged = bytes.clone();
        let place = **place + 3 + sample * 3;
        damaged[place] ^= 1 << (sample % 8);
        check_damaged(&sound, &damaged, &format!("a bit of byte {place} flipped, near an owner"))
    });
    assert!(noticed.count() > 0, "no flip near an owner was noticed");
    // A zeroed sector, as a disk may leave it.
    for sample in 0..24 {
        let mut damaged = bytes.clone();
        let place = sample * bytes.len() / 24 / 512 * 512;
        damaged[place..place + 512].fill(0);
        check_damaged(&sound, &damaged, &format!("the sector at {place} zeroed"));
    }
    for eighths in 0..8 {
        let length = bytes.len() * eighths / 8 + 1;
        let cut = check_damaged(&sound, &bytes[..length], &format!("cut to {length} bytes"));
        assert!(cut, "a file cut to {length} bytes was not noticed");
    }
}

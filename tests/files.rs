//! The two files of a ledger: which ones belong together, and damage to the log, removed files, read-only
//! files and other paths to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, LedgerErrorKind as Kind, RunError, Timestamp, usage_credits};
use tempfile::TempDir;

use crate::power::disk::{Disk, Image, LEDGER, LOG};
use crate::power::random::Random;

usage_credits! {
    operation step { costs 1.credit }
}

/// Bytes before the log's first record.
const HEADER_BYTES: usize = 2 * 4_096;
/// Flipped bits that are tried.
const FLIPS: usize = 4_000;

fn clock() -> ManualClock {
    ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap())
}

/// A temporary folder, and the path of a ledger in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    (folder, path)
}

fn log(path: &Path) -> PathBuf {
    path.with_extension("redb-log")
}

fn give(credits: &Credits, times: usize) {
    for _ in 0..times {
        credits.wallet("ann").give_credits(1).now().wait().unwrap();
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Ledger(error) => error.kind(),
        rejected => panic!("{rejected}"),
    }
}

/// Contents of a ledger's file and its log.
type Files = [Option<Vec<u8>>; 2];

fn read(path: &Path) -> Files {
    [fs::read(path).ok(), fs::read(log(path)).ok()]
}

fn write(path: &Path, files: &Files) {
    for (path, bytes) in [path.to_owned(), log(path)].iter().zip(files) {
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => drop(fs::remove_file(path)),
        }
    }
}

/// The files of one ledger's life.
struct Life {
    /// Left by a killed process, in the first session.
    killed: Files,
    /// Left by a close in the second session, which began with the files above.
    closed: Files,
    /// Left by a killed process, in the third session.
    later: Files,
    /// Left by a close in the third session.
    last: Files,
}

/// Ann has 3, 5, 9 and 9 credits in these files.
fn life() -> Life {
    let (_folder, path) = place();
    let open = || Credits::builder().clock(clock()).open(&path).unwrap();
    let credits = open();
    give(&credits, 3);
    let killed = read(&path);
    drop(credits);
    write(&path, &killed);
    let credits = open();
    give(&credits, 2);
    credits.close().unwrap();
    let closed = read(&path);
    let credits = open();
    give(&credits, 4);
    let later = read(&path);
    credits.close().unwrap();
    Life { killed, closed, later, last: read(&path) }
}

#[test]
fn files_are_opened_together_if_they_belong_together() {
    let (one, other) = (life(), life());
    let pair = |ledger: &Files, log: &Files| [ledger[LEDGER].clone(), log[LOG].clone()];
    let none: Files = [None, None];
    let empty: Files = [Some(Vec::new()), Some(Vec::new())];
    let headless: Files =
        [None, one.killed[LOG].as_ref().map(|log| [&[0; HEADER_BYTES], &log[HEADER_BYTES..]].concat())];
    let refused = |kind| Err(kind);
    let cases: [(&str, Files, Result<i64, Kind>); 20] = [
        ("a killed ledger", one.killed.clone(), Ok(3)),
        ("a closed ledger", one.closed.clone(), Ok(5)),
        ("a ledger that was killed later", one.later.clone(), Ok(9)),
        ("a closed ledger without its log", pair(&one.closed, &none), Ok(5)),
        ("a closed ledger with an empty log", pair(&one.closed, &empty), Ok(5)),
        ("a killed ledger without its log", pair(&one.killed, &none), refused(Kind::LogMissing)),
        ("a killed ledger with an empty log", pair(&one.killed, &empty), refused(Kind::Damaged)),
        ("a killed ledger whose log has no header", pair(&one.killed, &headless), refused(Kind::Damaged)),
        ("a killed ledger with another's log", pair(&one.killed, &other.killed), refused(Kind::LogDisagrees)),
        ("a closed ledger with another's log", pair(&one.closed, &other.killed), refused(Kind::LogDisagrees)),
        (
            "a closed ledger with another's closed log",
            pair(&one.closed, &other.closed),
            refused(Kind::LogDisagrees),
        ),
        ("a closed ledger with a later log", pair(&one.closed, &one.later), refused(Kind::LogDisagrees)),
        (
            "a closed ledger with a later closed log",
            pair(&one.closed, &one.last),
            refused(Kind::LogDisagrees),
        ),
        ("a later ledger with an earlier log", pair(&one.later, &one.killed), refused(Kind::LogDisagrees)),
        ("a later closed ledger with an earlier log", pair(&one.last, &one.killed), Ok(9)),
        ("a killed ledger with its closed log", pair(&one.killed, &one.closed), refused(Kind::LogDisagrees)),
        (
            "a killed ledger with a later closed log",
            pair(&one.killed, &one.last),
            refused(Kind::LogDisagrees),
        ),
        ("a later ledger with its closed log", pair(&one.later, &one.last), refused(Kind::LogDisagrees)),
        ("a log alone", pair(&none, &one.killed), refused(Kind::LogDisagrees)),
        ("nothing", none.clone(), Ok(0)),
    ];
    for (what, files, expected) in &cases {
        let (_folder, path) = place();
        write(&path, files);
        match (Credits::builder().clock(clock()).open(&path), expected) {
            (Ok(credits), Ok(balance)) => {
                assert_eq!(credits.wallet("ann").credits().unwrap(), *balance, "{what}");
                credits.verify().unwrap();
                give(&credits, 1);
                credits.close().unwrap();
                let again = Credits::builder().clock(clock()).open(&path).unwrap();
                assert_eq!(again.wallet("ann").credits().unwrap(), *balance + 1, "{what}");
            }
            (Err(error), Err(expected)) => {
                assert_eq!(kind(&error), *expected, "{what}: {error}");
                assert!(read(&path) == *files, "{what}: a refused file was changed");
            }
            (Ok(_), Err(expected)) => panic!("{what}: opened, but it is {expected:?}"),
            (Err(error), Ok(_)) => panic!("{what}: {error}"),
        }
    }
}

/// The ledger's file is opened alone, and its log is kept under another name.
#[test]
fn a_ledger_without_its_log_is_opened_if_that_is_accepted() {
    let (one, other) = (life(), life());
    for log_file in [&None, &other.killed[LOG]] {
        let (folder, path) = place();
        write(&path, &[one.later[LEDGER].clone(), log_file.clone()]);
        assert!(Credits::builder().clock(clock()).open(&path).is_err());
        let accepted = Credits::builder().clock(clock()).accept_restored().open(&path).unwrap();
        assert_eq!(accepted.wallet("ann").credits().unwrap(), 5);
        give(&accepted, 1);
        drop(accepted);
        assert_eq!(
            Credits::builder().clock(clock()).open(&path).unwrap().wallet("ann").credits().unwrap(),
            6
        );
        let aside = fs::read(folder.path().join("credits.redb-log.lost-1")).ok();
        assert!(aside == *log_file, "the log that was there is not kept");
    }
}

/// Sends six large events that wait for an owner. Linking the returned object books all of them in one
/// commit.
fn wait_for_an_owner(credits: &Credits) -> ObjectId {
    let mut at = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    let object = ObjectId::new("cus_1").unwrap();
    for number in 0..6 {
        let filler = (0..200).map(|place| format!("obj_{number}_{place}_{}", "x".repeat(200)));
        let filler = filler.map(|id| ObjectId::new(&id).unwrap());
        let objects = std::iter::once(object.clone()).chain(filler).collect();
        let (owner, what) = (None, Happening::OwnerNamed);
        credits.receive(BillingEvent { at, objects, owner, what }).wait().unwrap();
        at = at.after(Duration::from_secs(1));
    }
    object
}

/// A commit larger than a segment of the log, and than all its segments, stays one commit.
#[test]
fn a_commit_that_is_larger_than_the_log_is_one_commit() {
    let disk = Disk::empty();
    let credits = Credits::builder().clock(clock()).stress_maintenance().open_on(&disk).unwrap();
    let object = wait_for_an_owner(&credits);
    let before = disk.files()[LOG].len();
    credits.link(object, "ann").wait().unwrap();
    give(&credits, 1);
    assert!(disk.files()[LOG].len() > before, "they fit the log that there was");
    let found =
        Credits::builder().clock(clock()).stress_maintenance().open_on(&Disk::holding(disk.files())).unwrap();
    found.verify().unwrap();
    assert_eq!(found.wallet("ann").credits().unwrap(), 1);
    let head = |credits: &Credits| credits.head().unwrap().last_fact();
    assert_eq!(head(&found), head(&credits));
}

/// Records of a torn commit stay in the log. Later openings do not take the commit's lost record for damage.
#[test]
fn a_torn_commit_of_several_parts_is_left_over() {
    let disk = Disk::empty();
    let credits = Credits::builder().clock(clock()).stress_maintenance().open_on(&disk).unwrap();
    give(&credits, 3);
    let object = wait_for_an_owner(&credits);
    let before = disk.files()[LOG].clone();
    credits.link(object, "bob").wait().unwrap();
    let image = disk.files();
    let is_new = |at: &usize| image[LOG][*at] != 0 && before.get(*at) != Some(&image[LOG][*at]);
    let changed = (HEADER_BYTES..image[LOG].len()).filter(is_new);
    let last_page = changed.max().unwrap() / 4_096 * 4_096;
    let mut torn = image;
    torn[LOG][last_page..][..4_096].fill(0);
    let mut disk = Disk::holding(torn);
    for session in 0..4 {
        let credits = Credits::builder().clock(clock()).stress_maintenance().open_on(&disk).unwrap();
        assert_eq!(credits.wallet("ann").credits().unwrap(), 3 + 2 * session);
        give(&credits, 2);
        disk = Disk::holding(disk.files());
    }
}

/// The last commits of a ledger may be in its log alone, which a restoration does not read.
#[test]
fn a_ledger_that_was_not_closed_is_no_backup() {
    let life = life();
    let (_folder, path) = place();
    let restored = path.with_file_name("restored.redb");
    write(&path, &life.later);
    let error = Credits::restore(&path, &restored).unwrap_err();
    assert_eq!(kind(&error), Kind::LogMissing, "{error}");
    assert!(!restored.exists());
    write(&path, &life.last);
    // The log of an earlier ledger at this path is kept under another name.
    write(&restored, &[None, life.later[LOG].clone()]);
    Credits::restore(&path, &restored).unwrap();
    assert!(path.with_file_name("restored.redb-log.lost-1").exists());
    let credits = Credits::builder().clock(clock()).open(&restored).unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 9);
}

/// Files of a ledger whose process was killed after this many commits of 1 credit each.
fn killed_image(commits: usize) -> Image {
    let disk = Disk::empty();
    let credits = Credits::builder().clock(clock()).open_on(&disk).unwrap();
    give(&credits, commits);
    disk.files()
}

/// A damaged record of an acknowledged commit is not taken for the torn end of the log.
#[test]
fn a_flip_in_any_record_but_the_last_is_noticed() {
    const COMMITS: u32 = 12;
    let image = killed_image(COMMITS as usize);
    let written: Vec<usize> = (HEADER_BYTES..image[LOG].len()).filter(|at| image[LOG][*at] != 0).collect();
    let last_record = written.last().unwrap() / 4_096 * 4_096;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<(usize, usize)> = thread::scope(|scope| {
        let share = |first: usize| {
            let (image, written) = (&image, &written);
            scope.spawn(move || {
                let (mut damaged, mut shorter) = (0, 0);
                for flip in (first..FLIPS).step_by(threads) {
                    let mut random = Random::new(21, flip as u64);
                    // Most flips are where something was written, one in eight is anywhere.
                    let anywhere = HEADER_BYTES + random.below(image[LOG].len() - HEADER_BYTES);
                    let at = if random.once_in(8) { anywhere } else { random.choose(written) };
                    let mut flipped = image.clone();
                    flipped[LOG][at] ^= 1 << random.below(8);
                    let disk = Disk::holding(flipped.clone());
                    match Credits::builder().clock(clock()).open_on(&disk) {
                        Ok(credits) => {
                            let found = credits.wallet("ann").credits().unwrap();
                            let is_last = at >= last_record && found == i64::from(COMMITS) - 1;
                            assert!(found == i64::from(COMMITS) || is_last, "byte {at}: {found} credits");
                            shorter += usize::from(is_last);
                        }
                        Err(error) => {
                            assert_eq!(kind(&error), Kind::Damaged, "byte {at}: {error}");
                            assert!(disk.files() == flipped, "a refused file was changed");
                            damaged += 1;
                        }
                    }
                }
                (damaged, shorter)
            })
        };
        let shares: Vec<_> = (0..threads).map(share).collect();
        shares.into_iter().map(|share| share.join().unwrap()).collect()
    });
    let (damaged, shorter) = outcomes.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    assert!(damaged > FLIPS / 2 && shorter > FLIPS / 100, "{damaged} damaged, {shorter} shorter");
}

/// A zeroed page of the log costs at most the last commit or is reported, whichever segments were used
/// before. Swapped pages change nothing, because the place of a record does not matter.
#[test]
fn a_page_that_is_lost_or_moved_is_noticed() {
    for commits in [8, 60, 200] {
        let disk = Disk::empty();
        let credits = Credits::builder().clock(clock()).stress_maintenance().open_on(&disk).unwrap();
        give(&credits, commits);
        let image = disk.files();
        let open = |image: &Image| {
            let credits =
                Credits::builder().clock(clock()).stress_maintenance().open_on(&Disk::holding(image.clone()));
            credits
                .map(|credits| credits.wallet("ann").credits().unwrap().get())
                .map_err(|error| kind(&error))
        };
        let all = i64::try_from(commits).unwrap();
        assert_eq!(open(&image), Ok(all));
        let pages = image[LOG].len() / 4_096;
        let is_sound = |outcome: Result<i64, Kind>| match outcome {
            Ok(found) => found == all || found == all - 1,
            Err(kind) => kind == Kind::Damaged,
        };
        for page in 2..pages {
            let mut zeroed = image.clone();
            zeroed[LOG][page * 4_096..][..4_096].fill(0);
            assert!(is_sound(open(&zeroed)), "page {page} of {pages} zeroed: {:?}", open(&zeroed));
            let mut moved = image.clone();
            let other = 2 + (page * 7) % (pages - 2);
            for byte in 0..4_096 {
                moved[LOG].swap(page * 4_096 + byte, other * 4_096 + byte);
            }
            assert_eq!(open(&moved), Ok(all), "the place of a record does not matter");
        }
    }
}

#[test]
fn a_ledger_whose_file_is_removed_writes_no_more() {
    for removed in [LEDGER, LOG] {
        let (_folder, path) = place();
        let clock = clock();
        let credits = Credits::builder().clock(clock.clone()).open(&path).unwrap();
        give(&credits, 1);
        fs::remove_file([path.clone(), log(&path)][removed].clone()).unwrap();
        clock.advance(Duration::from_secs(2));
        let error = credits.wallet("ann").give_credits(1).now().wait().unwrap_err();
        assert_eq!(kind(&error), Kind::FileGone, "{error}");
        assert!(error.to_string().contains("credits.redb"), "{error}");
        assert_eq!(credits.wallet("ann").credits().unwrap(), 1);
        drop(credits);
    }
}

/// A failed charge returns the value of the work, and its message names the hold to settle.
#[test]
fn the_value_of_work_that_cannot_be_charged_is_given_back() {
    let (_folder, path) = place();
    let credits = Credits::builder().clock(clock()).open(&path).unwrap();
    give(&credits, 1);
    let image = read(&path);
    let work = || {
        fs::remove_file(log(&path)).unwrap();
        Ok::<_, &str>("a picture")
    };
    let failed = credits.wallet("ann").spend_credits_on(Operation::Step).key("job").run(work).unwrap_err();
    let shown = format!("{failed:?}");
    let RunError::Unsettled { value, error, .. } = failed else { panic!("{failed}") };
    assert_eq!((value, kind(&error)), ("a picture", Kind::FileGone));
    assert!(
        shown.starts_with("the work was done and not charged (") && shown.contains("settle hold"),
        "{shown}"
    );
    drop(credits);
    // The restored files lack the hold, so the work is charged under its key.
    write(&path, &image);
    let credits = Credits::builder().clock(clock()).open(&path).unwrap();
    assert_eq!(
        credits.wallet("ann").spend_credits_on(Operation::Step).key("job").now().wait().unwrap().entry.amount,
        -1
    );
}

#[test]
fn a_ledger_that_is_only_read_shows_everything_and_changes_nothing() {
    let life = life();
    for (files, balance) in [(&life.killed, 3), (&life.closed, 5), (&life.later, 9)] {
        let (_folder, path) = place();
        write(&path, files);
        for path in [path.clone(), log(&path)] {
            let mut permissions = fs::metadata(&path).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(path, permissions).unwrap();
        }
        let credits = Credits::builder().clock(clock()).open_read_only(&path).unwrap();
        let ann = credits.wallet("ann");
        assert_eq!(ann.credits().unwrap(), balance);
        assert_eq!(ann.credit_history().page().unwrap().entries.len(), usize::try_from(balance).unwrap());
        assert!(credits.verify().unwrap().facts > 0);
        let refused = ann.give_credits(1).now().wait().unwrap_err();
        assert_eq!(kind(&refused), Kind::ReadOnly, "{refused}");
        assert_eq!(kind(&credits.book_due().unwrap_err()), Kind::ReadOnly);
        let copy = path.with_file_name("copy.redb");
        credits.backup(&copy).unwrap();
        drop(credits);
        assert!(read(&path) == *files, "a ledger that is only read was changed");
        let copied = Credits::builder().clock(clock()).open(&copy).unwrap();
        assert_eq!(copied.wallet("ann").credits().unwrap(), balance);
    }
    let (_folder, path) = place();
    let error = Credits::open_read_only(&path).unwrap_err();
    assert_eq!(kind(&error), Kind::Io, "{error}");
    assert!(!path.exists());
}

#[test]
fn a_ledger_that_a_program_writes_is_not_read_by_another_handle() {
    let (_folder, path) = place();
    let credits = Credits::open(&path).unwrap();
    assert_eq!(kind(&Credits::open_read_only(&path).unwrap_err()), Kind::Locked);
    credits.close().unwrap();
    Credits::open_read_only(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn the_log_lies_beside_the_file_that_a_link_leads_to() {
    let (folder, path) = place();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("real.redb");
    Credits::open(&target).unwrap().close().unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let credits = Credits::builder().clock(clock()).open(&path).unwrap();
    give(&credits, 2);
    assert!(log(&target).exists() && !log(&path).exists());
    credits.close().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn drafts_that_a_killed_program_left_are_removed() {
    let (folder, path) = place();
    Credits::open(&path).unwrap().close().unwrap();
    let names =
        ["credits.redb.abc.new", "credits.redb-log.def.new", "other.redb.abc.new", "credits.redb.kept"];
    let [draft, log_draft, other, kept] = names.map(|name| folder.path().join(name));
    for file in [&draft, &log_draft, &other, &kept] {
        fs::write(file, b"left").unwrap();
    }
    Credits::open(&path).unwrap().close().unwrap();
    assert!(!draft.exists() && !log_draft.exists() && other.exists() && kept.exists());
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let (folder, _) = place();
    let path = folder.path().join("data").join("credits.redb");
    let error = Credits::open(&path).unwrap_err();
    let expected = format!(
        "cannot create the ledger `{}`, because there is no folder `{}`: make it first",
        path.display(),
        path.parent().unwrap().display()
    );
    assert_eq!((kind(&error), error.to_string()), (Kind::Io, expected));
}

#[test]
fn a_ledger_is_opened_without_a_lock_if_that_is_asked_for() {
    let (_folder, path) = place();
    let first = Credits::open(&path).unwrap();
    first.close().unwrap();
    let held = Credits::open_read_only(&path).unwrap();
    assert_eq!(kind(&Credits::open(&path).unwrap_err()), Kind::Locked);
    Credits::builder().without_lock().open(&path).unwrap().close().unwrap();
    drop(held);
}

/// The log reuses its segments and does not grow.
#[test]
fn the_log_is_used_again() {
    let disk = Disk::empty();
    let credits = Credits::builder().clock(clock()).stress_maintenance().open_on(&disk).unwrap();
    let mut longest = 0;
    for _ in 0..2_000 {
        give(&credits, 1);
        longest = longest.max(disk.files()[LOG].len());
    }
    assert!(longest <= HEADER_BYTES + 8 * 4 * 4_096, "{longest} bytes of log");
    credits.verify().unwrap();
    credits.close().unwrap();
    assert_eq!(disk.files()[LOG].len(), HEADER_BYTES);
}

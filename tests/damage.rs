//! Bit flips in a closed file: they are reported, or every read returns the sound values. `CREDITS_NIGHTLY=1`
//! runs forty times as many.

use std::env;
use std::fs;
use std::path::Path;
use std::thread;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, ExportFormat, LedgerErrorKind as Kind, Timestamp};

use crate::format::{Credits, fixture};
use crate::power::random::Random;

const FLIPS: usize = 2_000;
const FLIPS_NIGHTLY: usize = 80_000;

/// Every entry and figure of a ledger.
fn read(credits: &Credits) -> Result<(Vec<u8>, Vec<i64>), Error> {
    let mut lines = Vec::new();
    credits.export(ExportFormat::JsonLines, &mut lines)?;
    let mut figures = Vec::new();
    for owner in ["user:ann", "user:bob"] {
        let wallet = credits.wallet(owner);
        for figure in [wallet.credits(), wallet.held(), wallet.debt(), wallet.balance()] {
            figures.push(figure?.get());
        }
        // Pages forwards start from milestones, pages backwards follow the facts.
        let forwards = wallet.credit_history().oldest_first().limit(1_000).page()?.entries;
        let mut backwards = wallet.credit_history().limit(1_000).page()?.entries;
        backwards.reverse();
        figures.push(i64::from(forwards == backwards));
    }
    Ok((lines, figures))
}

fn opened(path: &Path) -> Result<Credits, Error> {
    let clock = ManualClock::at("2026-01-01T01:00:00Z".parse::<Timestamp>().unwrap());
    Credits::builder().clock(clock).accept_restored().open(path)
}

/// Returns whether the damage was reported. Panics on a wrong value without an error.
fn judge(path: &Path, sound: &(Vec<u8>, Vec<i64>), what: &str) -> bool {
    let noticed = |error: Error| match error {
        Error::Ledger(error) => {
            let expected = [Kind::Damaged, Kind::NotALedger, Kind::NewerVersion, Kind::Io];
            assert!(expected.contains(&error.kind()), "{what}: {error:?}");
            true
        }
        other => panic!("{what}: {other}"),
    };
    let credits = match opened(path) {
        Err(error) => return noticed(error),
        Ok(credits) => credits,
    };
    match read(&credits) {
        Err(error) => noticed(error),
        Ok(shown) => {
            assert!(shown == *sound, "{what}: something else is shown in silence");
            credits.verify().map_or_else(noticed, |_| false)
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_or_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(fixture("wallets.redb")).unwrap();
    let sound = {
        let path = folder.path().join("sound.redb");
        fs::write(&path, &bytes).unwrap();
        let credits = opened(&path).unwrap();
        credits.verify().unwrap();
        read(&credits).unwrap()
    };
    let written: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] != 0).collect();
    let flips = if env::var_os("CREDITS_NIGHTLY").is_some() { FLIPS_NIGHTLY } else { FLIPS };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let noticed: usize = thread::scope(|scope| {
        let share = |thread: usize| {
            let (bytes, written, sound, folder) = (&bytes, &written, &sound, folder.path());
            scope.spawn(move || {
                let path = folder.join(format!("damaged-{thread}.redb"));
                let flip = |flip: &usize| {
                    let mut random = Random::new(11, *flip as u64);
                    // Half of the flips are anywhere in the file, half where something was written.
                    let place =
                        if random.once_in(2) { random.below(bytes.len()) } else { random.choose(written) };
                    let mut damaged = bytes.clone();
                    let change = if random.once_in(2) { 1 << random.below(8) } else { 1 + random.below(255) };
                    damaged[place] ^= u8::try_from(change).unwrap();
                    fs::write(&path, &damaged).unwrap();
                    judge(&path, sound, &format!("byte {place} changed by {change}"))
                };
                (thread..flips).step_by(threads).filter(flip).count()
            })
        };
        let shares: Vec<_> = (0..threads).map(share).collect();
        shares.into_iter().map(|share| share.join().unwrap()).sum()
    });
    // Many pages belong to earlier commits, where a flip changes nothing.
    assert!(
        noticed > flips / 10,
        "only {noticed} of {flips} flips were noticed: are they where the ledger is?"
    );
}

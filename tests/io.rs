//! Disks that fail at every operation: the error is the right one, nothing panics, and every acknowledged
//! write is found once the disk works again.

mod faulty;
mod session;

use std::thread;

use crate::power::STEPS;
use crate::power::checker::{Fault, open};
use crate::power::crash::Powered;
use crate::power::disk::{Change, Disk, LEDGER, Operation};
use crate::power::random::Random;
use crate::power::recording::{History, record};
use faulty::{Faulty, Plan};
use session::{End, Session};

/// Plays a life under a plan, then opens a working disk with its files: as they are, and after a loss of
/// power.
fn check(history: &History, plan: Plan, seed: u64) -> End {
    let disk = Disk::holding(history.base.clone());
    let (bounds, end) = Session::live(history, Faulty::new(disk.clone(), plan));
    let mut powered = Powered::new(history.base.clone());
    for operation in disk.log() {
        powered.take(&operation);
    }
    for image in [disk.files(), powered.image(&mut Random::new(seed, 0))] {
        let found = open(history, bounds, Disk::holding(image));
        if let Err(fault) = found.and_then(|found| found.send_everything_again()) {
            panic!("{plan:?}, {end:?} after {bounds:?} steps: {fault}");
        }
    }
    end
}

/// Number of disk operations in a life.
fn operations(history: &History) -> usize {
    let disk = Faulty::new(Disk::holding(history.base.clone()), Plan::Never);
    let (bounds, end) = Session::live(history, disk.clone());
    assert_eq!((bounds, end), ((history.steps.len(), history.steps.len()), End::Whole));
    disk.operations()
}

/// Checks every plan, on all processors. Some lives must end whole, and some as expected.
fn check_all(history: &History, plans: &[Plan], expected: End) -> Vec<End> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let ends: Vec<End> = thread::scope(|scope| {
        let shares = plans.chunks(plans.len().div_ceil(threads)).map(|plans| {
            scope.spawn(move || {
                plans.iter().zip(0..).map(|(plan, seed)| check(history, *plan, seed)).collect::<Vec<_>>()
            })
        });
        let shares: Vec<_> = shares.collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    assert!(ends.contains(&End::Whole) && ends.contains(&expected), "{ends:?}");
    ends
}

#[test]
fn an_operation_that_fails_once_loses_nothing() {
    let history = record(1, STEPS);
    let plans: Vec<_> = (0..operations(&history)).map(Plan::Once).collect();
    check_all(&history, &plans, End::Unknown);
}

#[test]
fn a_disk_that_fails_for_good_loses_nothing() {
    let history = record(2, STEPS);
    let plans: Vec<_> = (0..operations(&history)).map(Plan::ForGood).collect();
    check_all(&history, &plans, End::Unknown);
}

#[test]
fn a_full_disk_loses_nothing() {
    let history = record(3, 120);
    let sizes = history.log.iter().filter_map(|operation| match operation.change {
        Change::SetLength(length) => Some(length),
        Change::Write { .. } | Change::Sync | Change::LostSync => None,
    });
    let most = sizes.max().unwrap();
    let sizes = (history.base[LEDGER].len()..most).step_by(16_384).chain([2 * most]);
    let plans: Vec<_> = sizes.flat_map(|size| [Plan::NoLonger(size), Plan::NothingBeyond(size)]).collect();
    // A write that does not fit is refused before anything is written, and can be sent again.
    let ends = check_all(&history, &plans, End::NotDone);
    assert!(!ends.contains(&End::Unknown), "{ends:?}");
}

/// Lives until a sync fails, is opened again with what the system's cache has, and loses power.
fn lose_sync(history: &History, number: usize) -> End {
    let disk = Disk::holding(history.base.clone());
    let (bounds, end) = Session::live(history, Faulty::new(disk.clone(), Plan::LosesSync(number)));
    let all = (history.steps.len(), history.steps.len());
    let judged = || {
        open(history, bounds, disk.clone())?.send_everything_again()?;
        let mut powered = Powered::new(history.base.clone());
        disk.log().iter().for_each(|operation| powered.take(operation));
        for image in [powered.durable(), powered.image(&mut Random::new(1, number as u64))] {
            open(history, all, Disk::holding(image))?.send_everything_again()?;
        }
        Ok::<_, Fault>(())
    };
    if let Err(fault) = judged() {
        panic!("sync {number}, {end:?} after {bounds:?} steps: {fault}");
    }
    end
}

#[test]
fn a_failed_sync_is_not_believed() {
    let history = record(4, STEPS);
    let counted = Faulty::new(Disk::holding(history.base.clone()), Plan::Never);
    Session::live(&history, counted.clone());
    let ends: Vec<_> = (0..counted.syncs()).map(|number| lose_sync(&history, number)).collect();
    assert!(ends.contains(&End::Unknown) && ends.contains(&End::NotDone), "{ends:?}");
}

#[test]
fn a_lost_sync_that_is_believed_is_caught() {
    // A disk that reports success where it loses the writes: something acknowledged is missing after the loss of power.
    let history = record(4, STEPS);
    let is_sync = |operation: &&Operation| matches!(operation.change, Change::Sync);
    let syncs = history.log.iter().filter(is_sync).count();
    let is_caught = |lost: usize| {
        let (mut powered, mut number) = (Powered::new(history.base.clone()), 0);
        for operation in &history.log {
            let is_lost = is_sync(&operation) && number == lost;
            number += usize::from(is_sync(&operation));
            let change = if is_lost { Change::LostSync } else { operation.change.clone() };
            powered.take(&Operation { file: operation.file, change });
        }
        let all = (history.steps.len(), history.steps.len());
        open(&history, all, Disk::holding(powered.durable())).and_then(|found| found.verify()).is_err()
    };
    assert!((0..syncs).any(is_caught));
}

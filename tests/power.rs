//! Loss of power at every moment: every acknowledged write is found, and nothing is found twice or by half.
//!
//! Ledgers work on disks that record. For every moment of their lives, power loss images are made, opened and
//! judged. `CREDITS_NIGHTLY=1` makes many more.

pub(crate) mod batch;
pub(crate) mod checker;
pub(crate) mod commands;
mod controls;
pub(crate) mod crash;
pub(crate) mod disk;
pub(crate) mod gate;
pub(crate) mod picture;
pub(crate) mod random;
pub(crate) mod recording;

use std::env;
use std::thread;

use checker::{Bounds, Fault, open};
use crash::Powered;
use disk::{Disk, Image, Operation};
use random::Random;
use recording::{History, record};

/// Power loss images to judge, and those of a nightly run.
const CRASHES: usize = 2_000;
const CRASHES_NIGHTLY: usize = 200_000;
/// Power loss images of each moment.
const DISKS_OF_A_MOMENT: usize = 3;
/// Steps of a life.
pub(crate) const STEPS: usize = 10;
/// Most crashes of a ledger while it recovers.
const RELAPSES_MAX: usize = 3;

#[test]
fn after_a_loss_of_power_everything_acknowledged_is_found() {
    let crashes = if env::var("CREDITS_NIGHTLY").is_ok() { CRASHES_NIGHTLY } else { CRASHES };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                let mut seeds = (first..).step_by(threads);
                let mut judged = 0;
                while judged < crashes / threads {
                    judged += crash_everywhere(seeds.next().unwrap() as u64);
                }
            });
        }
    });
}

/// Crashes a ledger at every moment of its life. Returns the number of judged images.
fn crash_everywhere(seed: u64) -> usize {
    let history = record(seed, STEPS);
    let mut judged = 0;
    for (asked, disk) in moments(&history, &history.log) {
        for _ in 0..DISKS_OF_A_MOMENT {
            let mut random = Random::new(seed, judged);
            let image = disk.image(&mut random);
            if let Err(fault) = judge(&history, history.between(asked), image, &mut random) {
                panic!("seed {seed}, moment {asked}, disk {judged}: {fault}");
            }
            judged += 1;
        }
    }
    usize::try_from(judged).unwrap()
}

/// The disk before the first operation, and after each.
fn moments<'a>(history: &History, log: &'a [Operation]) -> impl Iterator<Item = (usize, Powered)> + use<'a> {
    let mut disk = Powered::new(history.base.clone());
    (0..=log.len()).map(move |asked| {
        if let Some(operation) = asked.checked_sub(1).and_then(|last| log.get(last)) {
            disk.take(operation);
        }
        (asked, disk.clone())
    })
}

/// Opens a power loss image, sometimes after further crashes during recovery, and sends every command again.
fn judge(history: &History, mut bounds: Bounds, mut image: Image, random: &mut Random) -> Result<(), Fault> {
    for _ in 0..RELAPSES_MAX {
        if !random.once_in(4) {
            break;
        }
        (bounds, image) = relapse(history, bounds, image, random)?;
    }
    let found = open(history, bounds, Disk::holding(image))?;
    found.verify()?;
    found.send_everything_again()?;
    Ok(())
}

/// Crashes at any moment of recovery or of the life after it. Returns the new bounds and image.
fn relapse(
    history: &History,
    bounds: Bounds,
    image: Image,
    random: &mut Random,
) -> Result<(Bounds, Image), Fault> {
    let disk = Disk::holding(image.clone());
    let found = open(history, bounds, disk.clone())?;
    let (steps, opened) = (found.steps, disk.asked());
    let rest = found.send_everything_again()?;
    drop(found);

    let mut powered = Powered::new(image);
    let log = disk.log();
    let moments = if random.once_in(2) { opened } else { log.len() };
    let asked = random.below(moments + 1);
    for operation in &log[..asked] {
        powered.take(operation);
    }
    let bounds = if asked < opened {
        bounds
    } else {
        let acknowledged = rest.partition_point(|(_, acknowledged)| *acknowledged <= asked);
        let begun = rest.partition_point(|(begun, _)| *begun < asked);
        (steps + acknowledged, steps + acknowledged.max(begun))
    };
    Ok((bounds, powered.image(random)))
}

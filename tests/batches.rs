//! Commands of one batch have the outcomes of commands that wait for each other, and a batch that fails has none.

mod gated;

use std::time::Duration;

use credits_runtime::testing::{ManualClock, Storage};
use credits_runtime::{Amount, LedgerErrorKind, Timestamp};

use self::gated::{Gate, GatedDisk};
use crate::power::commands::{Answered, Command, Credits, Hold, Known, Operation, Sent};
use crate::power::disk::Disk;
use crate::power::picture::Picture;
use crate::power::random::Random;

/// Lives to compare.
const LIVES: u64 = 30;
const COMMANDS: usize = 240;

/// Results of commands that wait for each other, with a picture of the ledger after each.
struct Life {
    commands: Vec<Command>,
    answers: Vec<Answered>,
    pictures: Vec<Picture>,
}

fn clock() -> ManualClock {
    ManualClock::at(at())
}

fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn open(clock: &ManualClock, disk: &impl Storage, memory: usize) -> Credits {
    Credits::builder().clock(clock.clone()).stress_maintenance().memory(memory).open_on(disk).unwrap()
}

/// Plays a life in which each command waits for the one before.
fn live(seed: u64) -> Life {
    let credits = open(&clock(), &Disk::empty(), usize::MAX);
    let mut random = Random::new(seed, 9);
    let mut known = Known::default();
    let mut life =
        Life { commands: Vec::new(), answers: Vec::new(), pictures: vec![Picture::of(&credits).unwrap()] };
    for number in 0..COMMANDS {
        let again = number > 4 && random.once_in(4);
        let command =
            if again { random.choose(&life.commands) } else { Command::draw(number, &known, &mut random) };
        let answered = command.send(&credits).wait().unwrap();
        known.add(&command, &answered);
        life.commands.push(command);
        life.answers.push(answered);
        life.pictures.push(Picture::of(&credits).unwrap());
    }
    life
}

/// Sends every command while the first batch is in flight.
fn send(life: &Life, credits: &Credits, gate: &Gate) -> Vec<Sent> {
    let sent = life.commands.iter().map(|command| command.send(credits)).collect();
    gate.open();
    sent
}

#[test]
fn commands_of_a_batch_have_the_outcomes_of_commands_that_wait() {
    for seed in 0..LIVES {
        let (life, gate) = (live(seed), Gate::default());
        let memory = if seed.is_multiple_of(2) { usize::MAX } else { 1 };
        let credits = open(&clock(), &GatedDisk::new(&gate, usize::MAX), memory);
        let sent = send(&life, &credits, &gate);
        let answers: Vec<_> = sent.into_iter().map(|sent| sent.wait().unwrap()).collect();
        assert!(answers == life.answers, "life {seed} has other answers");
        assert_eq!(Some(&Picture::of(&credits).unwrap()), life.pictures.last(), "life {seed}");
        credits.verify().unwrap();
        assert!(credits.statistics().largest_batch > COMMANDS as u64 / 3);
    }
}

#[test]
fn commands_of_a_batch_that_fails_have_no_effect() {
    let mut unknowns = 0;
    for seed in 0..LIVES {
        let (life, gate) = (live(seed), Gate::default());
        let disk = GatedDisk::new(&gate, 1 + usize::try_from(seed % 3).unwrap());
        let credits = open(&clock(), &disk, usize::MAX);
        let sent = send(&life, &credits, &gate);
        let answers: Vec<_> = sent.into_iter().map(Sent::wait).collect();
        let done = answers.iter().take_while(|answer| answer.is_ok()).count();
        let (done_answers, failed) = answers.split_at(done);
        assert!(
            done_answers.iter().zip(&life.answers).all(|(answer, lived)| answer.as_ref().ok() == Some(lived))
        );
        let kinds: Vec<_> = failed.iter().map(|answer| answer.as_ref().unwrap_err().kind()).collect();
        let unknown = kinds.iter().take_while(|kind| **kind == LedgerErrorKind::OutcomeUnknown).count();
        unknowns += unknown;
        assert!(
            kinds[unknown..].iter().all(|kind| *kind == LedgerErrorKind::Stopped),
            "life {seed}: {kinds:?}"
        );
        drop(credits.close());
        drop(credits);

        let again = open(&clock(), &Disk::holding(disk.files()), usize::MAX);
        again.verify().unwrap();
        let picture = Picture::of(&again).unwrap();
        let may_be = [&life.pictures[done], &life.pictures[done + unknown]];
        assert!(may_be.contains(&&picture), "life {seed}: more than the batch that failed is there, or less");
    }
    assert!(unknowns > 30, "the outcomes of {unknowns} commands are unknown");
}

/// Credits expire, and a hold lapses, while the batch that used them is in flight.
#[test]
fn credits_that_expire_during_a_commit_expire_after_it() {
    let (mut charged, minutes) = (0, Duration::from_mins);
    for _ in 0..LIVES {
        let (clock, gate) = (clock(), Gate::default());
        let credits = open(&clock, &GatedDisk::new(&gate, usize::MAX), usize::MAX);
        let ann = credits.wallet("ann");
        gate.open();
        ann.give_credits(100).expires_in(minutes(10)).now().wait().unwrap();
        gate.close();
        let spend = |key: &str| ann.spend_credits_on(Operation::process(8)).key(key);
        let (hold, first) = (spend("hold").hold(minutes(5)), spend("in time").now());
        gate.reached();
        clock.set(at().after(minutes(11)));
        let late = spend("too late").now();
        gate.open();

        let (hold, first, late) = (hold.wait().map(Hold::into_id), first.wait(), late.wait());
        // `first` may be in the second batch, which is decided too late.
        assert!(hold.is_ok() && late.is_err());
        charged += i64::from(first.is_ok());
        // The rejected command may have left due facts unbooked.
        credits.book_due().unwrap();
        let entries = ann.credit_history().limit(10).page().unwrap().entries;
        let amounts: Vec<i64> = entries.iter().rev().map(|entry| entry.amount.get()).collect();
        assert_eq!(amounts, if first.is_ok() { vec![100, -10, -90] } else { vec![100, -100] });
        assert_eq!((ann.balance().unwrap(), ann.held().unwrap()), (Amount::ZERO, Amount::ZERO));
        credits.verify().unwrap();
    }
    assert!(charged > 0, "nothing was decided in time");
}

//! A batch is decided while the one before it is on its way to the disk: what comes of it is what would have come had each
//! command waited for the one before.

mod slow;

use std::time::Duration;

use credits_runtime::{Amount, HoldId, LedgerErrorKind, Timestamp};

use self::slow::{SlowDisk, Watch};
use crate::power::commands::{Answer, Answered, Command, Credits, Hold, Operation, Sent};
use crate::power::disk::Disk;
use crate::power::picture::Picture;
use crate::power::random::Random;

/// Lives that are compared.
const LIVES: u64 = 30;
const COMMANDS: usize = 240;
const GROUP: usize = 5;

/// What one command after the other came to, with what the ledger shows after each.
struct Life {
    commands: Vec<Command>,
    answers: Vec<Answered>,
    pictures: Vec<Picture>,
}

fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn open(watch: &Watch, disk: &SlowDisk, memory: usize) -> Credits {
    Credits::builder().clock(watch.clone()).hurried().memory(memory).open_on(disk).unwrap()
}

/// A life in which everybody waits.
fn live(seed: u64) -> Life {
    let watch = Watch::at(at());
    let credits = open(&watch, &SlowDisk::quick(&watch), usize::MAX);
    let mut random = Random::new(seed, 9);
    let mut holds: Vec<(&'static str, HoldId)> = Vec::new();
    let mut life =
        Life { commands: Vec::new(), answers: Vec::new(), pictures: vec![Picture::of(&credits).unwrap()] };
    for number in 0..COMMANDS {
        let again = number > 4 && random.once_in(4);
        let command =
            if again { random.choose(&life.commands) } else { Command::draw(number, &holds, &mut random) };
        let answered = command.send(&credits).wait().unwrap();
        if let Answered { answer: Answer::Held(hold), replayed: false } = answered {
            holds.push((command.owner, hold));
        }
        life.commands.push(command);
        life.answers.push(answered);
        life.pictures.push(Picture::of(&credits).unwrap());
    }
    life
}

/// Sends it in groups, each as soon as the one before is decided.
fn send(life: &Life, credits: &Credits, watch: &Watch) -> Vec<Sent> {
    let group = |commands: &[Command]| -> Vec<Sent> {
        let send = || commands.iter().map(|command| command.send(credits)).collect();
        watch.until_looked(commands.len(), send)
    };
    let sent = life.commands.chunks(GROUP).flat_map(group).collect();
    watch.all_are_sent();
    sent
}

#[test]
fn what_is_decided_meanwhile_is_what_would_have_been_decided_later() {
    let mut overlaps = 0;
    for seed in 0..LIVES {
        let life = live(seed);
        let watch = Watch::at(at());
        let memory = if seed.is_multiple_of(2) { usize::MAX } else { 1 };
        let credits = open(&watch, &SlowDisk::slow(&watch, usize::MAX), memory);
        let sent = send(&life, &credits, &watch);
        let answers: Vec<_> = sent.into_iter().map(|sent| sent.wait().unwrap()).collect();
        assert!(answers == life.answers, "life {seed} has other answers");
        assert_eq!(Some(&Picture::of(&credits).unwrap()), life.pictures.last(), "life {seed}");
        credits.verify().unwrap();
        overlaps += watch.overlaps();
    }
    assert!(overlaps > 80, "only {overlaps} batches were decided while another was on its way");
}

#[test]
fn what_is_decided_after_a_batch_that_fails_did_not_happen() {
    let mut unknowns = 0;
    for seed in 0..LIVES {
        let life = live(seed);
        let watch = Watch::at(at());
        let failing = 1 + usize::try_from(seed % 9).unwrap();
        let disk = SlowDisk::slow(&watch, failing);
        let credits = open(&watch, &disk, usize::MAX);
        let sent = send(&life, &credits, &watch);
        let answers: Vec<_> = sent.into_iter().map(Sent::wait).collect();
        let done = answers.iter().take_while(|answer| answer.is_ok()).count();
        let (done_answers, failed) = answers.split_at(done);
        assert!(
            done_answers.iter().zip(&life.answers).all(|(answer, lived)| answer.as_ref().ok() == Some(lived))
        );
        // A batch that is known not to be done leaves the ledger as it was: a command may still be rejected, or replayed.
        let is_written =
            |answered: &Answered| !answered.replayed && !matches!(answered.answer, Answer::Rejected(_));
        assert!(!failed.iter().flatten().any(is_written), "life {seed}: {failed:?}");
        let kinds: Vec<_> = failed.iter().filter_map(|answer| Some(answer.as_ref().err()?.kind())).collect();
        let unknown = kinds.iter().take_while(|kind| **kind == LedgerErrorKind::OutcomeUnknown).count();
        unknowns += unknown;
        // What was decided while that was on its way, and what came later.
        let is_refused = |kind: &LedgerErrorKind| match unknown {
            0 => *kind == LedgerErrorKind::NotDone,
            _ => *kind == LedgerErrorKind::Stopped,
        };
        assert!(kinds[unknown..].iter().all(is_refused), "life {seed}: {kinds:?}");
        drop(credits.close());
        drop(credits);

        let again = open(&Watch::at(at()), &SlowDisk::over(&watch, Disk::holding(disk.files())), usize::MAX);
        again.verify().unwrap();
        let picture = Picture::of(&again).unwrap();
        let may_be = [&life.pictures[done], &life.pictures[done + unknown]];
        assert!(may_be.contains(&&picture), "life {seed}: more than the batch that failed is there, or less");
    }
    assert!(unknowns > 30, "the outcomes of {unknowns} commands are unknown");
}

/// Credits expire, and a hold lapses, while the batch that used them is on its way.
#[test]
fn what_falls_due_while_a_batch_is_on_its_way_is_booked_after_it() {
    let (mut charged, minutes) = (0, Duration::from_mins);
    for _ in 0..LIVES {
        let watch = Watch::at(at());
        let credits = open(&watch, &SlowDisk::slow(&watch, usize::MAX), usize::MAX);
        watch.all_are_sent();
        let ann = credits.wallet("ann");
        ann.give_credits(100).expires_in(minutes(10)).now().wait().unwrap();
        let spend = |key: &str| ann.spend_credits_on(Operation::process(8)).key(key);
        let (hold, first) =
            watch.until_looked(2, || (spend("hold").hold(minutes(5)), spend("in time").now()));
        watch.set(at().after(minutes(11)));
        let late = spend("too late").now();

        let (hold, first) = (hold.wait().map(Hold::into_id), first.wait());
        assert!(late.wait().is_err());
        // Whichever of them was decided before the time had come.
        assert!(hold.is_ok() || first.is_err());
        charged += i64::from(first.is_ok());
        // A rejection books nothing.
        credits.book_due().unwrap();
        let entries = ann.credit_history().limit(10).page().unwrap().entries;
        let amounts: Vec<i64> = entries.iter().rev().map(|entry| entry.amount.get()).collect();
        assert_eq!(amounts, if first.is_ok() { vec![100, -10, -90] } else { vec![100, -100] });
        assert_eq!((ann.balance().unwrap(), ann.held().unwrap()), (Amount::ZERO, Amount::ZERO));
        credits.verify().unwrap();
    }
    assert!(charged > 0, "nothing was decided in time");
}

/// When something is due in a wallet that is on its way, the agenda knows of it only once that is durable.
#[test]
fn what_falls_due_in_a_batch_that_is_on_its_way_is_not_forgotten() {
    for _ in 0..LIVES {
        let watch = Watch::at(at());
        let credits = open(&watch, &SlowDisk::slow(&watch, usize::MAX), usize::MAX);
        watch.all_are_sent();
        let ann = credits.wallet("ann");
        let given = watch
            .until_looked(1, || ann.give_credits(100).expires_in(Duration::from_mins(10)).key("given").now());
        watch.set(at().after(Duration::from_mins(11)));
        credits.wallet("bob").give_credits(1).now().wait().unwrap();
        given.wait().unwrap();
        // Had it not been decided in time, it would expire later.
        watch.set(at().after(Duration::from_mins(22)));
        credits.book_due().unwrap();
        let entries = ann.credit_history().limit(10).page().unwrap().entries;
        assert_eq!(entries.iter().map(|entry| entry.amount.get()).collect::<Vec<_>>(), [-100, 100]);
    }
}

//! Recordings of a ledger at work: its commands, their results, and the disk operations in between.
//!
//! A group of commands is one batch, so that the states between commits are known. It does not know of
//! crashes.

use std::time::Duration;

use credits_runtime::{HoldId, Timestamp};

use super::batch::together;
use super::commands::{Answered, Command, Credits, Known, OWNERS, Ran};
use super::disk::{Disk, Image, Operation};
use super::gate::GatedClock;
use super::picture::Picture;
use super::random::Random;

/// Pricing under which the ledger was created, so that the recording begins with a change of the pricing.
mod before {
    credits_runtime::usage_credits! {
        operation outdated { costs 1.credit }
    }
}

const GROUP_COMMANDS_MAX: usize = 5;

/// A recorded life, against which crashes are judged.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Files before the recording.
    pub(crate) base: Image,
    /// Recorded disk operations.
    pub(crate) log: Vec<Operation>,
    /// Picture before the first step.
    pub(crate) beginning: Picture,
    pub(crate) steps: Vec<Step>,
}

/// A step: at most one commit.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) what: What,
    /// The ledger's time.
    pub(crate) at: Timestamp,
    /// Number of disk operations before the step.
    pub(crate) asked: usize,
    /// Number of disk operations when every caller had its reply.
    pub(crate) acknowledged: usize,
    /// Picture after the step.
    pub(crate) picture: Picture,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Batch(Vec<(Command, Answered)>),
    /// The hold of work was opened.
    WorkBegins,
    /// Work was charged, or its hold released.
    WorkEnds(Command, HoldId, Ran),
    /// Work was not begun.
    WorkRefused(Command, Ran),
    /// Due facts were booked, because time passed.
    BookedDue,
    Reopened,
}

impl History {
    /// Picture and time after this many steps.
    pub(crate) fn state(&self, steps: usize) -> (&Picture, Timestamp) {
        match steps.checked_sub(1) {
            Some(last) => (&self.steps[last].picture, self.steps[last].at),
            None => (&self.beginning, birth()),
        }
    }

    /// Numbers of steps that were acknowledged, and begun, after this many disk operations.
    pub(crate) fn between(&self, asked: usize) -> (usize, usize) {
        let acknowledged = self.steps.partition_point(|step| step.acknowledged <= asked);
        // A rejected step has no disk operations, so it may be acknowledged without having begun.
        (acknowledged, acknowledged.max(self.steps.partition_point(|step| step.asked < asked)))
    }
}

fn birth() -> Timestamp {
    Timestamp::from_microseconds(1_700_000_000_000_000)
}

struct Recorder {
    disk: Disk,
    clock: GatedClock,
    credits: Option<Credits>,
    /// Memory budget of wallets.
    memory: usize,
    now: Timestamp,
    steps: Vec<Step>,
    known: Known,
    /// Commands that were sent, except work.
    commands: Vec<Command>,
    keys: usize,
    random: Random,
}

/// Records a life of this many steps. The same seed gives the same life.
pub(crate) fn record(seed: u64, steps: usize) -> History {
    let base = Disk::empty();
    let clock = GatedClock::at(birth());
    let old = before::Credits::builder().clock(clock.clone()).open_on(&base).unwrap();
    for owner in OWNERS {
        old.wallet(owner).give_credits(100).key("welcome").now().wait().unwrap();
    }
    old.wallet("ann").spend_credits_on(before::Operation::Outdated).now().wait().unwrap();
    old.close().unwrap();
    let base = base.files();

    let disk = Disk::holding(base.clone());
    // Every third life has memory for dirty wallets alone.
    let memory = if seed.is_multiple_of(3) { 1 } else { usize::MAX };
    let credits =
        Credits::builder().clock(clock.clone()).stress_maintenance().memory(memory).open_on(&disk).unwrap();
    let beginning = Picture::of(&credits).unwrap();
    let mut recorder = Recorder {
        disk,
        clock,
        credits: Some(credits),
        memory,
        now: birth(),
        steps: Vec::new(),
        known: Known::default(),
        commands: Vec::new(),
        keys: 0,
        random: Random::new(seed, 0),
    };
    for step in 1..=steps {
        recorder.pass_time();
        match step % 5 {
            3 => recorder.run(),
            0 => recorder.reopen(),
            _ => recorder.batch(),
        }
    }
    recorder.credits().close().unwrap();
    History { base, log: recorder.disk.log(), beginning, steps: recorder.steps }
}

impl Recorder {
    fn credits(&self) -> &Credits {
        self.credits.as_ref().unwrap()
    }

    fn pass_time(&mut self) {
        let minutes = if self.random.once_in(2) { self.random.below(12) } else { 0 };
        self.now = self.now.after(Duration::from_mins(minutes as u64));
        self.clock.set(self.now);
        let asked = self.disk.asked();
        self.credits().book_due().unwrap();
        self.done(asked, What::BookedDue);
    }

    /// Sends a group of commands in one commit, some of them for the second time.
    fn batch(&mut self) {
        let count = 1 + self.random.below(GROUP_COMMANDS_MAX);
        let mut commands = Vec::new();
        for _ in 0..count {
            let again = self.commands.len() > 4 && self.random.once_in(8);
            let command = if again {
                self.random.choose(&self.commands)
            } else {
                self.keys += 1;
                Command::draw(self.keys, &self.known, &mut self.random)
            };
            self.commands.push(command.clone());
            commands.push(command);
        }
        let asked = self.disk.asked();
        let answers = together(self.credits(), &self.clock, &commands).into_iter();
        let answers: Vec<_> = answers.map(Result::unwrap).collect();
        for (command, answered) in commands.iter().zip(&answers) {
            self.known.add(command, answered);
        }
        self.done(asked, What::Batch(commands.into_iter().zip(answers).collect()));
    }

    /// Runs work: one commit before it, one after it.
    fn run(&mut self) {
        self.keys += 1;
        let command = Command::draw_run(self.keys, &mut self.random);
        let asked = self.disk.asked();
        let mut meanwhile = None;
        let ran = command.run(self.credits(), || {
            meanwhile = Some((self.disk.asked(), Picture::of(self.credits()).unwrap()));
        });
        let ran = ran.unwrap();
        let Some((acknowledged, picture)) = meanwhile else {
            return self.done(asked, What::WorkRefused(command, ran));
        };
        let before = self.steps.last().unwrap().picture.clone();
        let hold = picture.holds().find(|hold| before.holds().all(|open| open.id != hold.id)).unwrap().id;
        self.steps.push(Step { what: What::WorkBegins, at: self.now, asked, acknowledged, picture });
        self.done(acknowledged, What::WorkEnds(command, hold, ran));
    }

    fn reopen(&mut self) {
        let asked = self.disk.asked();
        self.credits().close().unwrap();
        self.credits = None;
        let builder = Credits::builder().clock(self.clock.clone()).stress_maintenance().memory(self.memory);
        self.credits = Some(builder.open_on(&self.disk).unwrap());
        self.done(asked, What::Reopened);
    }

    fn done(&mut self, asked: usize, what: What) {
        let acknowledged = self.disk.asked();
        let picture = Picture::of(self.credits()).unwrap();
        self.steps.push(Step { what, at: self.now, asked, acknowledged, picture });
    }
}

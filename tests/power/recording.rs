//! A ledger under work on a disk that remembers: what was asked and acknowledged, and when.
//!
//! A group of commands is one batch, so that the states between commits are known. It knows of no crash.

use std::time::Duration;

use credits_runtime::{HoldId, Timestamp};

use super::batch::together;
use super::commands::{Answer, Answered, Command, Credits, OWNERS, Ran};
use super::disk::{Disk, Image, Operation};
use super::gate::GatedClock;
use super::picture::Picture;
use super::random::Random;

/// The pricing under which the ledger was made: the recording begins with the declaration of another.
mod before {
    credits_runtime::usage_credits! {
        operation outdated { costs 1.credit }
    }
}

const GROUP_COMMANDS_MAX: usize = 5;

/// Everything about a ledger's life that a crash is judged by.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// The disk before everything.
    pub(crate) base: Image,
    /// What was asked of the disk.
    pub(crate) log: Vec<Operation>,
    /// What the ledger showed before the first step.
    pub(crate) beginning: Picture,
    pub(crate) steps: Vec<Step>,
}

/// At most one commit.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) what: What,
    /// The ledger's time.
    pub(crate) at: Timestamp,
    /// What the disk had been asked before.
    pub(crate) asked: usize,
    /// What the disk had been asked when everybody had an answer.
    pub(crate) acknowledged: usize,
    /// What the ledger showed then.
    pub(crate) picture: Picture,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Batch(Vec<(Command, Answered)>),
    /// A hold for work was opened.
    WorkBegins,
    /// Work was charged, or its hold released.
    WorkEnds(Command, HoldId, Ran),
    /// Work was not begun.
    WorkRefused(Command, Ran),
    /// What was due was booked, because time passed.
    BookedDue,
    Reopened,
}

impl History {
    /// What the ledger shows after so many steps, and its time.
    pub(crate) fn state(&self, steps: usize) -> (&Picture, Timestamp) {
        match steps.checked_sub(1) {
            Some(last) => (&self.steps[last].picture, self.steps[last].at),
            None => (&self.beginning, birth()),
        }
    }

    /// How many steps were acknowledged, and how many asked for, when the disk had been asked so much.
    pub(crate) fn between(&self, asked: usize) -> (usize, usize) {
        let acknowledged = self.steps.partition_point(|step| step.acknowledged <= asked);
        // A step that was rejected asked nothing of the disk.
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
    /// What wallets may take of it.
    memory: usize,
    now: Timestamp,
    steps: Vec<Step>,
    holds: Vec<(&'static str, HoldId)>,
    /// What was sent, but work.
    commands: Vec<Command>,
    keys: usize,
    random: Random,
}

/// The life of a ledger, of so many steps; the same for the same seed.
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
    // Every third life has no memory for wallets but for those whose rows lag.
    let memory = if seed.is_multiple_of(3) { 1 } else { usize::MAX };
    let credits = Credits::builder().clock(clock.clone()).hurried().memory(memory).open_on(&disk).unwrap();
    let beginning = Picture::of(&credits).unwrap();
    let mut recorder = Recorder {
        disk,
        clock,
        credits: Some(credits),
        memory,
        now: birth(),
        steps: Vec::new(),
        holds: Vec::new(),
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

    /// A group of commands in one commit, some of them sent before.
    fn batch(&mut self) {
        let count = 1 + self.random.below(GROUP_COMMANDS_MAX);
        let mut commands = Vec::new();
        for _ in 0..count {
            let again = self.commands.len() > 4 && self.random.once_in(8);
            let command = if again {
                self.random.choose(&self.commands)
            } else {
                self.keys += 1;
                Command::draw(self.keys, &self.holds, &mut self.random)
            };
            self.commands.push(command.clone());
            commands.push(command);
        }
        let asked = self.disk.asked();
        let answers = together(self.credits(), &self.clock, &commands).into_iter();
        let answers: Vec<_> = answers.map(Result::unwrap).collect();
        for (command, answered) in commands.iter().zip(&answers) {
            if let Answered { answer: Answer::Held(hold), replayed: false } = answered {
                self.holds.push((command.owner, *hold));
            }
        }
        self.done(asked, What::Batch(commands.into_iter().zip(answers).collect()));
    }

    /// Work: one commit before it, one after it.
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
        let builder = Credits::builder().clock(self.clock.clone()).hurried().memory(self.memory);
        self.credits = Some(builder.open_on(&self.disk).unwrap());
        self.done(asked, What::Reopened);
    }

    fn done(&mut self, asked: usize, what: What) {
        let acknowledged = self.disk.asked();
        let picture = Picture::of(self.credits()).unwrap();
        self.steps.push(Step { what, at: self.now, asked, acknowledged, picture });
    }
}

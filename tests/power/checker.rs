//! Checker of a ledger after a crash: does it keep its promises? It does not know how the disk was harmed.

use std::fmt::{self, Debug, Display, Formatter};

use credits_runtime::{Entry, HoldId, Rejection};

use super::batch::together;
use super::commands::{Answer, Answered, Command, Credits, Ran};
use super::disk::Disk;
use super::gate::GatedClock;
use super::picture::{Picture, Shown};
use super::recording::{History, What};

/// A broken promise.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The ledger cannot be opened or read.
    Unreadable(String),
    /// Its sums contradict themselves.
    Contradiction(String),
    /// An acknowledged write is missing.
    Lost(String),
    /// An entry is there that no command made.
    NeverAsked(String),
    /// The state is none of those between two commits.
    HalfDone(String),
    /// A command that was sent again had another result.
    AnsweredOtherwise(String),
    /// Commands that were sent again led to another state.
    EndsOtherwise(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(what) => write!(f, "unreadable: {what}"),
            Self::Contradiction(what) => write!(f, "sums contradict: {what}"),
            Self::Lost(what) => write!(f, "lost: {what}"),
            Self::NeverAsked(what) => write!(f, "never asked: {what}"),
            Self::HalfDone(what) => write!(f, "half done: {what}"),
            Self::AnsweredOtherwise(what) => write!(f, "answered otherwise: {what}"),
            Self::EndsOtherwise(what) => write!(f, "ends otherwise: {what}"),
        }
    }
}

/// Steps that a ledger has done, at least and at most.
pub(crate) type Bounds = (usize, usize);

/// Numbers of disk operations before a step, and at its acknowledgement.
pub(crate) type Asked = (usize, usize);

/// A ledger that was opened after a crash, in the state between two steps.
pub(crate) struct Found<'a> {
    /// Number of steps that it has done.
    pub(crate) steps: usize,
    history: &'a History,
    disk: Disk,
    clock: GatedClock,
    credits: Credits,
}

/// Opens a disk, and finds the state within the bounds that it is in.
pub(crate) fn open(history: &History, bounds: Bounds, disk: Disk) -> Result<Found<'_>, Fault> {
    let (acknowledged, asked) = bounds;
    let clock = GatedClock::at(history.state(acknowledged).1);
    let credits =
        Credits::builder().clock(clock.clone()).stress_maintenance().open_on(&disk).map_err(unreadable)?;
    let mut found = Found { steps: acknowledged, history, disk, clock, credits };
    let shown = found.picture()?;
    if shown == *history.state(acknowledged).0 {
        return Ok(found);
    }
    for steps in acknowledged + 1..=asked {
        let (picture, at) = history.state(steps);
        found.clock.set(at);
        if found.picture()? == *picture {
            found.steps = steps;
            return Ok(found);
        }
    }
    Err(difference(history, bounds, &shown))
}

/// Names the fault of a ledger that is in none of the allowed states.
fn difference(history: &History, (acknowledged, asked): Bounds, shown: &Picture) -> Fault {
    let lacks = |picture: &Picture, other: &Picture| -> Option<Entry> {
        picture.entries().find(|entry| other.entries().all(|known| known != *entry)).cloned()
    };
    if let Some(lost) = lacks(history.state(acknowledged).0, shown) {
        return Fault::Lost(format!("{lost:?}"));
    }
    if let Some(other) = lacks(shown, history.state(asked).0) {
        return Fault::NeverAsked(format!("{other:?}"));
    }
    // Holds are no entries: being in an earlier state shows that they are lost.
    match (0..acknowledged).find(|earlier| history.state(*earlier).0 == shown) {
        Some(earlier) => Fault::Lost(format!("{earlier} of {acknowledged} steps are there")),
        None => Fault::HalfDone(format!("after {acknowledged} to {asked} steps: {shown:#?}")),
    }
}

impl Found<'_> {
    /// Checks that rows match the journal.
    pub(crate) fn verify(&self) -> Result<(), Fault> {
        self.credits.verify().map(drop).map_err(unreadable)
    }

    fn picture(&self) -> Result<Picture, Fault> {
        let picture = Picture::of(&self.credits).map_err(unreadable)?;
        match picture.wallets.iter().find_map(Shown::contradiction) {
            Some(contradiction) => Err(Fault::Contradiction(contradiction)),
            None => Ok(picture),
        }
    }

    /// Sends every command again: done ones are replayed, and the rest is done as it was the first time.
    /// Returns when each step of the rest was sent and acknowledged.
    pub(crate) fn send_everything_again(&self) -> Result<Vec<Asked>, Fault> {
        self.send_what_is_there()?;
        if self.picture()? != *self.history.state(self.steps).0 {
            return Err(Fault::EndsOtherwise("what was there was done again".to_owned()));
        }
        let mut rest = Vec::new();
        for (place, step) in self.history.steps.iter().enumerate().skip(self.steps) {
            self.clock.set(step.at);
            let asked = self.disk.asked();
            match self.send_what_is_missing(place == self.steps, &step.what)? {
                Some(began) => rest.extend([(asked, began), (began, self.disk.asked())]),
                None if matches!(step.what, What::WorkBegins) => {}
                None => rest.push((asked, self.disk.asked())),
            }
        }
        if self.picture()? != *self.history.state(self.history.steps.len()).0 {
            return Err(Fault::EndsOtherwise("what was missing was done otherwise".to_owned()));
        }
        self.verify()?;
        self.credits.close().map_err(unreadable)?;
        Ok(rest)
    }

    /// Sends done commands again, all at once: every reply must be a replay.
    fn send_what_is_there(&self) -> Result<(), Fault> {
        let mut sent = Vec::new();
        for step in &self.history.steps[..self.steps] {
            match &step.what {
                What::Batch(commands) => {
                    for (command, first) in commands {
                        // A rejected command left nothing behind, and may be accepted by now.
                        if !matches!(first.answer, Answer::Rejected(_)) {
                            sent.push((command, &first.answer, command.send(&self.credits)));
                        }
                    }
                }
                What::WorkEnds(command, _, Ran::Done) => self.run_again(command)?,
                // Failed work left nothing behind, and may be tried again.
                What::WorkEnds(..)
                | What::WorkBegins
                | What::WorkRefused(..)
                | What::BookedDue
                | What::Reopened => {}
            }
        }
        for (command, first, sent) in sent {
            let again = sent.wait().map_err(unreadable)?;
            if !self.repeats(first, &again) {
                return Err(otherwise(command, first, &again));
            }
        }
        Ok(())
    }

    /// Whether a repeated command has the right result: the first one, or that its hold is closed.
    fn repeats(&self, first: &Answer, again: &Answered) -> bool {
        match (first, &again.answer) {
            (Answer::Held(opened), Answer::Rejected(Rejection::HoldClosed { hold, .. })) => {
                hold == opened && self.history.state(self.steps).0.holds().all(|open| open.id != *opened)
            }
            (first, answer) => again.replayed && first == answer,
        }
    }

    fn run_again(&self, command: &Command) -> Result<(), Fault> {
        let mut worked = false;
        match command.run(&self.credits, || worked = true).map_err(unreadable)? {
            Ran::ChargedBefore(entry) if !worked && command.is_on(&entry) => Ok(()),
            ran => Err(otherwise(command, &Ran::Done, &ran)),
        }
    }

    /// Does a step of the rest. For work that runs whole, returns the number of disk operations at its
    /// beginning.
    fn send_what_is_missing(&self, is_first: bool, what: &What) -> Result<Option<usize>, Fault> {
        match what {
            What::Batch(commands) => {
                let group = commands.iter().map(|(command, _)| command);
                let answers = together(&self.credits, &self.clock, group);
                for ((command, first), again) in commands.iter().zip(answers) {
                    let again = again.map_err(unreadable)?;
                    if again != *first {
                        return Err(otherwise(command, first, &again));
                    }
                }
                Ok(None)
            }
            What::WorkEnds(command, hold, ran) if is_first => {
                self.end_work(command, *hold, ran)?;
                Ok(None)
            }
            What::WorkEnds(command, _, ran) | What::WorkRefused(command, ran) => {
                let mut began = None;
                let again = command.run(&self.credits, || began = Some(self.disk.asked()));
                let again = again.map_err(unreadable)?;
                if again == *ran { Ok(began) } else { Err(otherwise(command, ran, &again)) }
            }
            What::BookedDue => self.credits.book_due().map(|()| None).map_err(unreadable),
            What::WorkBegins | What::Reopened => Ok(None),
        }
    }

    /// Ends interrupted work: its key is in progress, and its hold is closed by its number.
    fn end_work(&self, command: &Command, hold: HoldId, ran: &Ran) -> Result<(), Fault> {
        let again = command.run(&self.credits, || {}).map_err(unreadable)?;
        let Ran::Rejected(Rejection::InProgress { .. }) = again else {
            return Err(otherwise(command, &"that it is in progress", &again));
        };
        let wallet = self.credits.wallet(command.owner);
        let ended = match ran {
            Ran::Done => wallet.settle(hold).wait().map(drop),
            _ => wallet.release(hold).wait().map(drop),
        };
        ended.map_err(unreadable)
    }
}

fn unreadable(error: impl Display) -> Fault {
    Fault::Unreadable(error.to_string())
}

fn otherwise(command: &Command, first: &impl Debug, again: &impl Debug) -> Fault {
    Fault::AnsweredOtherwise(format!("{command:?} was answered {first:?}, and now {again:?}"))
}

//! Replay of a recorded life on a failing disk, as far as it comes: the steps that may be done at its end.
//!
//! Every result on the way must be the recorded one, or an error of the right kind. It does not know the
//! disk.

use credits_runtime::{Error, LedgerError, LedgerErrorKind as Kind};

use super::faulty::Faulty;
use crate::power::batch::together;
use crate::power::checker::Bounds;
use crate::power::commands::{Answered, Command, Credits, Ran};
use crate::power::gate::GatedClock;
use crate::power::picture::Picture;
use crate::power::recording::{History, Step, What};

/// Attempts of a command that fails as not done.
const ATTEMPTS: usize = 3;

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every step was done.
    Whole,
    /// Nothing was done beyond the acknowledged steps.
    NotDone,
    /// One more step may have been done.
    Unknown,
    /// Work failed, and its hold is still open: the release was not done, or may be done later.
    Unreleased,
}

/// A ledger on a failing disk, in the middle of a life.
pub(crate) struct Session<'a> {
    history: &'a History,
    disk: Faulty,
    clock: GatedClock,
    /// Number of steps that were done.
    steps: usize,
}

impl<'a> Session<'a> {
    /// Plays the life. Returns the steps that may be done, at least and at most, and how it ended.
    pub(crate) fn live(history: &'a History, disk: Faulty) -> (Bounds, End) {
        let clock = GatedClock::at(history.state(0).1);
        let mut session = Self { history, disk, clock, steps: 0 };
        let end = session.go_on();
        let more = usize::from(matches!(end, End::Unknown | End::Unreleased));
        ((session.steps, session.steps + more), end)
    }

    fn go_on(&mut self) -> End {
        let Some(mut credits) = self.open() else { return End::NotDone };
        while let Some(step) = self.history.steps.get(self.steps) {
            self.clock.set(step.at);
            let end = match &step.what {
                What::Batch(commands) => self.batch(&credits, commands),
                What::WorkBegins => {
                    let What::WorkEnds(command, _, ran) = &self.history.steps[self.steps + 1].what else {
                        panic!("work that begins ends")
                    };
                    self.work(&credits, command, ran)
                }
                What::WorkEnds(..) => panic!("the end of work is done with its beginning"),
                What::WorkRefused(command, ran) => self.work(&credits, command, ran),
                What::BookedDue => self.book_due(&credits),
                What::Reopened => {
                    check_closing(credits.close());
                    drop(credits);
                    let Some(opened) = self.open() else { return End::NotDone };
                    credits = opened;
                    self.steps += 1;
                    End::Whole
                }
            };
            self.check_shown(&credits, end);
            if end != End::Whole {
                self.check_stopped(&credits, end);
                check_closing(credits.close());
                return end;
            }
        }
        check_closing(credits.close());
        End::Whole
    }

    fn open(&self) -> Option<Credits> {
        match Credits::builder().clock(self.clock.clone()).stress_maintenance().open_on(&self.disk) {
            Ok(credits) => Some(credits),
            Err(Error::Ledger(error)) => {
                assert_eq!(error.kind(), Kind::Io, "{error:?}");
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Sends a group of commands as one batch: all of it is done, or nothing.
    fn batch(&mut self, credits: &Credits, commands: &[(Command, Answered)]) -> End {
        for _ in 0..ATTEMPTS {
            let answers = together(credits, &self.clock, commands.iter().map(|(command, _)| command));
            let failures: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
            let Some(failure) = failures.first() else {
                for ((command, first), again) in commands.iter().zip(answers) {
                    assert_eq!(again.unwrap(), *first, "{command:?}");
                }
                self.steps += 1;
                return End::Whole;
            };
            assert_eq!(failures.len(), commands.len(), "a part of a batch was done: {failures:?}");
            if end_of(failure) == End::Unknown {
                return End::Unknown;
            }
        }
        End::NotDone
    }

    /// Books due facts, again if nothing was booked.
    fn book_due(&mut self, credits: &Credits) -> End {
        for _ in 0..ATTEMPTS {
            match credits.book_due() {
                Ok(()) => {
                    self.steps += 1;
                    return End::Whole;
                }
                Err(Error::Ledger(error)) if end_of(&error) == End::Unknown => return End::Unknown,
                Err(Error::Ledger(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        End::NotDone
    }

    /// Runs work, whose beginning and end are two steps.
    fn work(&mut self, credits: &Credits, command: &Command, first: &Ran) -> End {
        let mut began = 0;
        let ran = command.run(credits, || began = 1);
        self.steps += began;
        match ran {
            Err(error) => end_of(&error),
            // Failed work does not report whether its hold was released; if not, the hold lapses.
            Ok(Ran::Failed)
                if Picture::of(credits).ok().as_ref() != Some(self.history.state(self.steps + 1).0) =>
            {
                End::Unreleased
            }
            Ok(ran) => {
                assert_eq!(ran, *first, "{command:?}");
                self.steps += 1;
                End::Whole
            }
        }
    }

    /// The ledger shows exactly the acknowledged steps, or reports that it cannot be read.
    fn check_shown(&self, credits: &Credits, end: End) {
        self.clock.set(self.history.state(self.steps).1);
        match Picture::of(credits) {
            Ok(shown) => assert!(
                shown == *self.history.state(self.steps).0,
                "after {} steps, {end:?}, something else is shown: {shown:#?}",
                self.steps
            ),
            Err(Error::Ledger(error)) => assert_eq!(error.kind(), Kind::Io, "{error:?}"),
            Err(other) => panic!("{other}"),
        }
    }

    /// After an unknown outcome every write is refused.
    fn check_stopped(&self, credits: &Credits, end: End) {
        let Some(Step { what: What::Batch(commands), .. }) = self.history.steps.get(self.steps) else {
            return;
        };
        for (command, _) in commands.iter().filter(|_| end == End::Unknown) {
            let error = command.send(credits).wait().unwrap_err();
            assert_eq!(error.kind(), Kind::Stopped, "{error:?}");
        }
    }
}

/// End of a life after this error of a write.
fn end_of(error: &LedgerError) -> End {
    let is_bug = std::error::Error::source(error).is_none();
    match error.kind() {
        // `Stopped` if a checkpoint failed before.
        Kind::NotDone | Kind::Stopped if !is_bug => End::NotDone,
        Kind::OutcomeUnknown if !is_bug => End::Unknown,
        Kind::Io => End::NotDone,
        _ => panic!("a disk that fails is no reason for {error:?}"),
    }
}

fn check_closing(closed: Result<(), Error>) {
    match closed {
        Ok(()) => {}
        Err(Error::Ledger(error)) => assert_eq!(error.kind(), Kind::Io, "{error:?}"),
        Err(other) => panic!("{other}"),
    }
}

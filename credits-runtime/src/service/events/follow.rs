//! Threads that follow the journal: one for all handlers, one for each named subscriber. Each waits for
//! commits, reads their frames and delivers the events. A panic of a handler is logged.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::derive::events;
use super::{Event, InsufficientCredits};
use crate::engine::core::Core;
use crate::engine::feed::{Followed, Refusal};
use crate::engine::journal_reader::{JournalPosition, JournalReader};
use crate::engine::ledger::Ledger;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::entry::{inputs, operation_name};

/// Frames that are delivered from one snapshot, so that a slow handler keeps no snapshot for long.
pub(super) const FRAMES_PER_SNAPSHOT: usize = 256;
/// The first and the longest pause before a retry.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The pause before the next retry. It doubles with each failure in a row.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(PAUSE_FIRST)
    }

    /// Pauses after a failure; returns whether the ledger was closed meanwhile.
    pub(super) fn pause(&mut self, ledger: &Core) -> bool {
        let pause = self.0;
        self.0 = pause.saturating_mul(2).min(PAUSE_MAX);
        ledger.feed().pause(pause)
    }
}

/// A reader of the journal for the next frames, if it may be kept: one of a file keeps a snapshot.
#[derive(Default)]
pub(super) struct KeptReader(Option<JournalReader>);

impl KeptReader {
    /// The kept reader, which goes on where it was, or a new one.
    pub(super) fn take(&mut self, ledger: &Core) -> Result<JournalReader, LedgerError> {
        self.0.take().map_or_else(|| ledger.journal(), Ok)
    }

    pub(super) fn put_back(&mut self, journal: JournalReader) {
        self.0 = Some(journal).filter(|journal| !journal.keeps_snapshot());
    }
}

type Handler = Arc<dyn Fn(&Event) + Send + Sync>;

/// The handlers of an open ledger, which all of its handles share.
#[derive(Default)]
pub struct Handlers {
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    /// Each with the first fact whose events it gets.
    handlers: Vec<(JournalPosition, Handler)>,
    /// The names of running subscribers.
    subscribers: HashSet<String>,
    started: bool,
}

impl Handlers {
    /// Adds a handler for events from now on.
    pub(crate) fn add(
        self: &Arc<Self>,
        ledger: &Arc<Ledger>,
        handler: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let next = ledger.own_end()?;
        let mut contents = self.lock();
        contents.handlers.push((next.clone(), Arc::new(handler)));
        if !std::mem::replace(&mut contents.started, true) {
            let handlers = Arc::clone(self);
            let followed =
                follow(ledger, "credits-events", move |ledger| handlers.deliver_from(ledger, next));
            if followed.is_err() {
                contents.handlers.pop();
                contents.started = false;
            }
            followed?;
        }
        Ok(())
    }

    /// Reserves a subscriber's name; returns whether it was available.
    pub(super) fn take_name(&self, name: &str) -> bool {
        self.lock().subscribers.insert(name.to_owned())
    }

    /// Makes a subscriber's name available again.
    pub(super) fn release_name(&self, name: &str) {
        self.lock().subscribers.remove(name);
    }

    fn deliver_from(&self, ledger: &Core, mut next: JournalPosition) {
        let (mut backoff, mut reader) = (Backoff::new(), KeptReader::default());
        loop {
            match ledger.wait(&next, true, None) {
                Followed::Closed => return,
                Followed::TimedOut | Followed::Refusals => {}
                Followed::Facts => match self.deliver_some(ledger, &mut reader, &mut next) {
                    Ok(()) => backoff = Backoff::new(),
                    Err(error) => {
                        tracing::error!(%error, "events could not be read; they are read again");
                        if backoff.pause(ledger) {
                            return;
                        }
                    }
                },
            }
            for refusal in ledger.feed().take_refusals() {
                self.deliver(|_| true, &refused(ledger, refusal));
            }
        }
    }

    /// Delivers the events of some frames after a position, and advances it.
    fn deliver_some(
        &self,
        ledger: &Core,
        reader: &mut KeptReader,
        next: &mut JournalPosition,
    ) -> Result<(), Error> {
        let mut journal = reader.take(ledger)?;
        for _ in 0..FRAMES_PER_SNAPSHOT {
            let Some((booked, after)) = journal.after(next)? else { break };
            for event in &events(ledger, &mut journal, &booked)? {
                if ledger.feed().is_closed() {
                    return Ok(());
                }
                self.deliver(|from| from.is_before(&booked), event);
            }
            *next = after;
        }
        reader.put_back(journal);
        Ok(())
    }

    /// Calls the handlers that were added in time.
    fn deliver(&self, is_in_time: impl Fn(&JournalPosition) -> bool, event: &Event) {
        // Outside of the lock, because a handler may add handlers.
        let handlers = self.lock().handlers.clone();
        for (_, handler) in handlers.iter().filter(|(from, _)| is_in_time(from)) {
            if catch_unwind(AssertUnwindSafe(|| handler(event))).is_err() {
                tracing::error!(event = event.name(), "a handler panicked");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // No code under the lock panics midway, so the contents are valid after a poisoning.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a thread that follows the journal until the ledger is closed. It does not keep the ledger open.
pub(super) fn follow(
    ledger: &Arc<Ledger>,
    name: &str,
    work: impl FnOnce(&Core) + Send + 'static,
) -> Result<(), Error> {
    let core = Arc::clone(ledger.core());
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&core));
    let thread = thread.map_err(|error| {
        LedgerError::caused(LedgerErrorKind::Io, "cannot start a thread that delivers events", error)
    })?;
    ledger.keep(thread);
    Ok(())
}

fn refused(ledger: &Core, refusal: Refusal) -> Event {
    let Refusal { wallet, needed, available, charge, at } = refusal;
    let (owner, asset) = (wallet.owner.clone(), wallet.asset.shown());
    let (operation, inputs) = (operation_name(ledger, charge.operation), inputs(ledger, &charge));
    let event = InsufficientCredits { owner, asset, operation, inputs, needed, available, at };
    Event::InsufficientCredits(event)
}

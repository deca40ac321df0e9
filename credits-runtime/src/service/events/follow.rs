//! Threads that follow the journal: one for all handlers, one for each named subscriber. Each waits for
//! commits, reads their frames and delivers the events. A panic of a handler is logged.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::derive::events;
use super::{Event, InsufficientCredits};
use crate::engine::core::{Core, JournalPosition};
use crate::engine::feed::{Followed, Refusal};
use crate::engine::ledger::Ledger;
use crate::error::{Error, LedgerError, LedgerErrorKind};

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
        let next = ledger.end();
        let mut contents = self.lock();
        contents.handlers.push((next, Arc::new(handler)));
        if !std::mem::replace(&mut contents.started, true) {
            let handlers = Arc::clone(self);
            follow(ledger, "credits-events", move |ledger| handlers.deliver_from(ledger, next))?;
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
        loop {
            match ledger.wait(next, true, None) {
                Followed::Closed => return,
                Followed::TimedOut => {}
                Followed::Refusals(refusals) => {
                    for refusal in refusals {
                        self.deliver(|_| true, &refused(refusal));
                    }
                }
                Followed::Facts => match self.deliver_all(ledger, next) {
                    Ok(end) => next = end,
                    Err(error) => {
                        tracing::error!(%error, "events cannot be read; handlers get no more events");
                        return;
                    }
                },
            }
        }
    }

    /// Delivers the events of all frames after a position; returns the position after them.
    fn deliver_all(&self, ledger: &Core, mut next: JournalPosition) -> Result<JournalPosition, Error> {
        let mut journal = ledger.journal()?;
        while let Some((booked, after)) = journal.after(next)? {
            for event in &events(ledger, &mut journal, &booked)? {
                self.deliver(|from| from.is_before(&booked), event);
            }
            next = after;
        }
        Ok(next)
    }

    /// Calls the handlers that were added in time.
    fn deliver(&self, is_in_time: impl Fn(JournalPosition) -> bool, event: &Event) {
        // Outside of the lock, because a handler may add handlers.
        let handlers = self.lock().handlers.clone();
        for (_, handler) in handlers.iter().filter(|(from, _)| is_in_time(*from)) {
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

fn refused(Refusal { wallet, needed, available, at }: Refusal) -> Event {
    let (owner, asset) = (wallet.owner.clone(), wallet.asset.shown());
    Event::InsufficientCredits(InsufficientCredits { owner, asset, needed, available, at })
}

//! Following the journal: one thread for all handlers, one for each named subscriber. They wait, read, tell, and go
//! on; what they are told by panics they log.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::derive::events;
use super::{Event, InsufficientCredits};
use crate::domain::ids::FactNumber;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::news::{Found, News, Refusal};
use crate::error::{Error, LedgerError, LedgerErrorKind};

type Handler = Arc<dyn Fn(&Event) + Send + Sync>;

/// The handlers of an open ledger, whichever handle they were given to.
#[derive(Default)]
pub struct Handlers {
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    /// Each with the first fact that it is told of.
    handlers: Vec<(FactNumber, Handler)>,
    /// The names of subscribers that are followed.
    subscribers: HashSet<String>,
    started: bool,
}

impl Handlers {
    /// Adds a handler, which is told of what happens from now on.
    pub(crate) fn add(
        self: &Arc<Self>,
        ledger: &Arc<Ledger>,
        handler: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let next = ledger.news().next_fact();
        let mut contents = self.lock();
        contents.handlers.push((next, Arc::new(handler)));
        if !std::mem::replace(&mut contents.started, true) {
            let handlers = Arc::clone(self);
            follow(ledger, "credits-events", move |ledger, news| handlers.tell_on(ledger, news, next))?;
        }
        Ok(())
    }

    /// Takes a subscriber's name, unless it is taken.
    pub(super) fn take_name(&self, name: &str) -> bool {
        self.lock().subscribers.insert(name.to_owned())
    }

    fn tell_on(&self, ledger: &Core, news: &News, mut next: FactNumber) {
        loop {
            match news.wait(next, true, None) {
                Found::Closed => return,
                Found::Nothing => {}
                Found::Refusals(refusals) => {
                    for refusal in refusals {
                        self.tell(news.next_fact(), &refused(refusal));
                    }
                }
                Found::Facts => {
                    let told = walk(ledger, next, |from, events| {
                        for event in events {
                            self.tell(from, event);
                        }
                    });
                    match told {
                        Ok(end) => next = end,
                        Err(error) => {
                            tracing::error!(%error, "events cannot be read; handlers are told nothing more");
                            return;
                        }
                    }
                }
            }
        }
    }

    fn tell(&self, fact: FactNumber, event: &Event) {
        // Taken out of the lock: a handler may add handlers.
        let handlers = self.lock().handlers.clone();
        for (_, handler) in handlers.iter().filter(|(first, _)| *first <= fact) {
            if catch_unwind(AssertUnwindSafe(|| handler(event))).is_err() {
                tracing::error!(event = event.name(), "a handler panicked");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing under the lock can panic half-way.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a thread that follows the journal until the ledger is closed, which it does not prevent.
pub(super) fn follow(
    ledger: &Arc<Ledger>,
    name: &str,
    work: impl FnOnce(&Core, &News) + Send + 'static,
) -> Result<(), Error> {
    let core = Arc::clone(ledger.core());
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&core, core.news()));
    let thread = thread.map_err(|error| {
        LedgerError::caused(LedgerErrorKind::Io, "cannot start a thread that tells of events", error)
    })?;
    ledger.keep(thread);
    Ok(())
}

/// Reads what is committed from here on, frame by frame; answers where it ended.
fn walk(
    ledger: &Core,
    from: FactNumber,
    mut tell: impl FnMut(FactNumber, &[Event]),
) -> Result<FactNumber, Error> {
    let (mut next, end) = (from, ledger.news().next_fact());
    let mut journal = ledger.journal()?;
    while next < end {
        let frame = journal.frame(next)?;
        tell(frame.0, &events(ledger, &mut journal, &frame)?);
        next = frame.0.plus(frame.1.facts.len());
    }
    Ok(next)
}

fn refused(Refusal { wallet, needed, available, at }: Refusal) -> Event {
    let (owner, asset) = (wallet.owner.clone(), wallet.asset.shown());
    Event::InsufficientCredits(InsufficientCredits { owner, asset, needed, available, at })
}

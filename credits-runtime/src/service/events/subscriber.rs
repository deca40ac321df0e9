//! Named subscribers. The ledger stores their positions in the journal, so that they miss no event across
//! crashes.

use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Event;
use super::derive::events;
use super::follow::{Backoff, FRAMES_PER_SNAPSHOT, Handlers, KeptReader, follow};
use crate::domain::ids::excerpt;
use crate::domain::printable::check_name;
use crate::domain::rejection::Rejection;
use crate::engine::core::Core;
use crate::engine::feed::{Followed, Following};
use crate::engine::journal_reader::JournalPosition;
use crate::engine::ledger::Ledger;
use crate::error::{Error, LedgerError};

/// How often a subscriber that another program tells looks whether that one still does.
const ELSEWHERE_EVERY: Duration = Duration::from_secs(1);

/// Builder of a named subscriber, which receives every event at least once: finish with `.start(handler)`.
#[must_use = "no event is delivered until `.start(..)`"]
pub struct Subscriber {
    ledger: Arc<Ledger>,
    handlers: Arc<Handlers>,
    name: String,
    from_the_beginning: bool,
}

impl Subscriber {
    pub(crate) fn new(ledger: &Arc<Ledger>, handlers: &Arc<Handlers>, name: &str) -> Self {
        let (ledger, handlers) = (Arc::clone(ledger), Arc::clone(handlers));
        Self { ledger, handlers, name: name.to_owned(), from_the_beginning: false }
    }

    /// Lets a new subscriber begin with the first event of the ledger, not with events from now on.
    pub fn from_the_beginning(mut self) -> Self {
        self.from_the_beginning = true;
        self
    }

    /// Starts a thread that calls the handler with every event at least once, in order, from the stored
    /// position on, across crashes. If the handler fails or panics, the event is delivered again after a
    /// pause of 100 ms, doubled up to a minute; the ledger and other subscribers are not affected. An event
    /// that is delivered again has the same [`id`](Event::id).
    ///
    /// Where several programs have the ledger of a database open, one of them receives the events of a name at a time. When it closes,
    /// another one goes on; when it was killed, another one goes on after 20 s. A handler that takes longer than 15 s for an event
    /// may find that another program receives it too.
    ///
    /// The thread ends when the ledger is closed. A handle that the handler captures keeps the ledger open
    /// until [`close`](crate::Credits::close) is called.
    ///
    /// Rejections in order: `SubscriberInvalid`, `SubscriberTaken` if this ledger has one of the name
    /// already.
    pub fn start<E: Into<Box<dyn StdError + Send + Sync>>>(
        self,
        mut handler: impl FnMut(&Event) -> Result<(), E> + Send + 'static,
    ) -> Result<(), Error> {
        let Self { ledger, handlers, name, from_the_beginning } = self;
        if let Some(rule) = check_name(&name) {
            return Err(Rejection::SubscriberInvalid { name: excerpt(&name), rule: rule.into() }.into());
        }
        if !handlers.take_name(&name) {
            return Err(Rejection::SubscriberTaken { name }.into());
        }
        let taken = name.clone();
        let started = begin(&ledger, &name, from_the_beginning).and_then(|next| {
            let mut deliver = move |event: &Event| handler(event).map_err(Into::into);
            follow(&ledger, "credits-subscriber", move |ledger| {
                let (backoff, reader) = (Backoff::new(), KeptReader::default());
                let mut progress = Progress { name, next, delivered: 0, backoff, reader };
                while progress.deliver_next(ledger, &mut deliver) {}
            })
        });
        if started.is_err() {
            handlers.release_name(&taken);
        }
        started
    }
}

/// The position from which a subscriber continues. It is durable when this returns, so that a crash skips no events
/// of a running subscriber: one that is found may be of a start that failed before it was.
fn begin(ledger: &Core, name: &str, from_the_beginning: bool) -> Result<JournalPosition, Error> {
    if let Some(next) = ledger.cursor(name)? {
        ledger.save_cursors()?;
        return Ok(next);
    }
    Ok(ledger.begin_cursor(name, if from_the_beginning { JournalPosition::START } else { ledger.end()? })?)
}

/// Whether a program tells a subscriber.
enum Follows {
    /// From where it was.
    On,
    /// From another position.
    Anew,
    Not,
}

/// The progress of a subscriber.
struct Progress {
    name: String,
    /// The position of the next frame.
    next: JournalPosition,
    /// The number of that frame's events that were delivered.
    delivered: usize,
    backoff: Backoff,
    reader: KeptReader,
}

type Deliver<'a> = &'a mut dyn FnMut(&Event) -> Result<(), Box<dyn StdError + Send + Sync>>;

impl Progress {
    /// Waits for frames and delivers their events; returns false once the ledger is closed.
    fn deliver_next(&mut self, ledger: &Core, deliver: Deliver<'_>) -> bool {
        match self.follows(ledger) {
            Ok(Follows::On | Follows::Anew) => {}
            Ok(Follows::Not) => return !ledger.feed().pause(ELSEWHERE_EVERY),
            Err(error) => {
                tracing::error!(subscriber = self.name, %error, "events cannot be read; it is tried again");
                return !self.backoff.pause(ledger);
            }
        }
        match ledger.wait(&self.next, false, None) {
            Followed::Closed => return false,
            Followed::TimedOut | Followed::Refusals => return true,
            Followed::Facts => {}
        }
        match self.deliver_all(ledger, deliver) {
            Ok(()) => {
                self.backoff = Backoff::new();
                true
            }
            Err(error) => {
                tracing::error!(subscriber = self.name, %error, "an event could not be delivered; it is retried");
                !self.backoff.pause(ledger)
            }
        }
    }

    /// Whether this program tells the subscriber, from which position on.
    fn follows(&mut self, ledger: &Core) -> Result<Follows, LedgerError> {
        match ledger.follow(&self.name)? {
            Following::Here => Ok(Follows::On),
            Following::Elsewhere => Ok(Follows::Not),
            Following::Begun(next) if next == self.next => Ok(Follows::On),
            Following::Begun(next) => {
                // Another program has delivered events meanwhile.
                (self.next, self.delivered, self.reader) = (next, 0, KeptReader::default());
                Ok(Follows::Anew)
            }
        }
    }

    fn deliver_all(
        &mut self,
        ledger: &Core,
        deliver: Deliver<'_>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let end = ledger.end()?;
        while !self.next.has_reached(&end) && !ledger.feed().is_closed() {
            let before = self.next.clone();
            let delivered = self.deliver_some(ledger, deliver);
            ledger.save_cursors_soon();
            match delivered? {
                Follows::On => {}
                Follows::Anew => continue,
                Follows::Not => return Ok(()),
            }
            if self.next == before && !ledger.feed().is_closed() {
                return Err(LedgerError::damaged("frames before its end are missing").into());
            }
        }
        Ok(())
    }

    /// Delivers the events of some frames, so that a slow handler keeps no snapshot for long. Returns whether this program
    /// delivers the events still, and whether from another position.
    fn deliver_some(
        &mut self,
        ledger: &Core,
        deliver: Deliver<'_>,
    ) -> Result<Follows, Box<dyn StdError + Send + Sync>> {
        let mut journal = self.reader.take(ledger)?;
        for _ in 0..FRAMES_PER_SNAPSHOT {
            let Some((booked, next)) = journal.after(&self.next)? else { break };
            for event in events(ledger, &mut journal, &booked)?.iter().skip(self.delivered) {
                if ledger.feed().is_closed() {
                    return Ok(Follows::On);
                }
                match self.follows(ledger)? {
                    Follows::On => {}
                    other => return Ok(other),
                }
                let delivered = catch_unwind(AssertUnwindSafe(|| deliver(event)));
                delivered.map_err(|_| format!("the handler panicked at event {}", event.name()))??;
                self.delivered = self.delivered.saturating_add(1);
            }
            ledger.advance(&self.name, &next);
            (self.next, self.delivered) = (next, 0);
        }
        self.reader.put_back(journal);
        Ok(Follows::On)
    }
}

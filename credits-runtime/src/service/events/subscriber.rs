//! A named subscriber: its place in the journal is kept in the ledger, so that it misses nothing, whatever ends.

use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Event;
use super::derive::events;
use super::follow::{Handlers, follow};
use crate::domain::ids::{FactNumber, check_name};
use crate::domain::rejection::Rejection;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::news::{Found, News};
use crate::error::Error;

/// How long a subscriber waits before it is told again what it failed at: at first, and at most.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Somebody who is told of every event at least once.
#[must_use = "nobody is told of anything until `.start(..)`"]
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

    /// One that was never there before is told of everything that ever happened, not from now on only.
    pub fn from_the_beginning(mut self) -> Self {
        self.from_the_beginning = true;
        self
    }

    /// Tells it of every event at least once, on a thread of its own: in order, across crashes, from where it had
    /// come to. Of an event that it fails at or panics at it is told again, after a pause; the ledger and other
    /// subscribers are not harmed. Events told twice have the same [`id`](Event::id).
    ///
    /// It ends when the ledger is closed. A handle that it captures keeps the ledger open until
    /// [`close`](crate::Credits::close) is called.
    ///
    /// Rejections in order: `SubscriberInvalid`, `SubscriberTaken` if this ledger has one of the name already.
    pub fn start<E: Into<Box<dyn StdError + Send + Sync>>>(
        self,
        mut handler: impl FnMut(&Event) -> Result<(), E> + Send + 'static,
    ) -> Result<(), Error> {
        let Self { ledger, handlers, name, from_the_beginning } = self;
        if let Some(rule) = check_name(&name) {
            return Err(Rejection::SubscriberInvalid { name: name.chars().take(40).collect(), rule }.into());
        }
        if !handlers.take_name(&name) {
            return Err(Rejection::SubscriberTaken { name }.into());
        }
        let next = if let Some(next) = ledger.cursor(&name)? {
            next
        } else {
            let next = if from_the_beginning { FactNumber::FIRST } else { ledger.news().next_fact() };
            // Durable before anybody counts on it.
            ledger.advance(&name, next);
            ledger.book_due()?;
            next
        };
        let mut tell = move |event: &Event| handler(event).map_err(Into::into);
        follow(&ledger, "credits-subscriber", move |ledger, news| {
            let mut following = Following { name, next, told: 0, pause: PAUSE_FIRST };
            while following.tell_next(ledger, news, &mut tell) {}
        })
    }
}

/// Where a subscriber stands.
struct Following {
    name: String,
    /// The first fact of the next frame.
    next: FactNumber,
    /// Of how many of its events it was told.
    told: usize,
    pause: Duration,
}

type Tell<'a> = &'a mut dyn FnMut(&Event) -> Result<(), Box<dyn StdError + Send + Sync>>;

impl Following {
    /// Tells of what is there, or waits; answers whether to go on.
    fn tell_next(&mut self, ledger: &Core, news: &News, tell: Tell<'_>) -> bool {
        match news.wait(self.next, false, None) {
            Found::Closed => return false,
            Found::Nothing | Found::Refusals(_) => return true,
            Found::Facts => {}
        }
        match self.tell_all(ledger, news, tell) {
            Ok(()) => {
                self.pause = PAUSE_FIRST;
                true
            }
            Err(error) => {
                tracing::error!(subscriber = self.name, %error, "an event could not be told; it is told again");
                let closed = news.pause(self.pause);
                self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
                !closed
            }
        }
    }

    fn tell_all(
        &mut self,
        ledger: &Core,
        news: &News,
        tell: Tell<'_>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let end = news.next_fact();
        let mut journal = ledger.journal()?;
        while self.next < end {
            let frame = journal.frame(self.next)?;
            for event in events(ledger, &mut journal, &frame)?.iter().skip(self.told) {
                let told = catch_unwind(AssertUnwindSafe(|| tell(event)));
                told.map_err(|_| format!("the handler panicked at event {}", event.name()))??;
                self.told = self.told.saturating_add(1);
            }
            self.next = frame.0.plus(frame.1.facts.len());
            self.told = 0;
            ledger.advance(&self.name, self.next);
        }
        ledger.write_cursors_when_idle();
        Ok(())
    }
}

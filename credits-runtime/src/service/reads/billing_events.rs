//! Billing events: the newest that the ledger booked, with the entries that followed from each.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::billing::event::BillingEvent;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::fact::RecordId;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::limits::HISTORY_PAGE_MAX;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::billing::Unresolved;
use crate::service::credits::Credits;
use crate::service::entry::Entry;
use crate::service::history::Cursor;
use crate::service::reads::entries::newest_facts;

/// A query of the booked billing events, newest first: finish with [`page`](Self::page).
#[must_use = "nothing is read until `.page()`"]
pub struct BillingEvents {
    ledger: Arc<Ledger>,
    before: Option<Cursor>,
    limit: usize,
}

/// A billing event that the ledger booked. An event that waited for its owner has two of these: one without an owner for
/// its arrival, and one with its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BookedEvent {
    /// The position in the journal.
    pub number: FactNumber,
    /// When it was booked, by the ledger's time.
    pub recorded_at: Timestamp,
    /// The owner to whose billing it was applied; `None` if it waits for its owner.
    pub owner: Option<Owner>,
    /// The event.
    pub event: BillingEvent,
    /// The entries of the owner's wallets that were booked with it. Credits that come later, such as those of the next
    /// cycle, are not part of them.
    pub entries: Vec<Entry>,
    /// Entries that it added to the list of [unresolved](crate::Credits::unresolved) ones.
    pub listed: Vec<Unresolved>,
    /// Keys of entries that it removed from that list.
    pub resolved: Vec<String>,
}

/// A page of booked billing events, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BillingEventsPage {
    /// The events, up to the [`limit`](BillingEvents::limit) of the query.
    pub events: Vec<BookedEvent>,
    /// The position to continue [`before`](BillingEvents::before); `None` after the last page. A page may be shorter than
    /// the limit and still have a next one.
    pub next: Option<Cursor>,
}

impl<C> Credits<C> {
    /// A query of the booked billing events, newest first: those of payment processors, and those of subscriptions of the
    /// application's own. A replayed event is booked once.
    ///
    /// ```
    /// # mod app {
    /// # credits_runtime::usage_credits! {
    /// #     subscription_plan free { gives 100.credits.every(month) }
    /// #     operation step { costs 1.credit }
    /// # }
    /// # }
    /// # use app::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// let newest = &credits.billing_events().page()?.events[0];
    /// assert_eq!(newest.owner.as_ref().map(|owner| owner.as_str()), Some("user:42"));
    /// assert_eq!(newest.entries[0].amount, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn billing_events(&self) -> BillingEvents {
        BillingEvents { ledger: Arc::clone(&self.ledger), before: None, limit: 50 }
    }
}

impl BillingEvents {
    /// Continues before the events of an earlier page; `None` begins with the newest.
    pub fn before(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.before = cursor.into();
        self
    }

    /// The maximum number of events on a page, from 1 to 1,000; 50 unless set. Other values are clamped.
    pub fn limit(mut self, events: usize) -> Self {
        self.limit = events.clamp(1, HISTORY_PAGE_MAX);
        self
    }

    /// Reads the page. It scans up to 5,000 facts of any kind.
    ///
    /// Errors: the ledger's.
    pub fn page(self) -> Result<BillingEventsPage, Error> {
        let Self { ledger, before, limit } = self;
        let mut events = Vec::new();
        let next = newest_facts(&ledger, before, |booked, number| {
            events.extend(BookedEvent::of(&ledger, booked, number));
            events.len() < limit
        })?;
        Ok(BillingEventsPage { events, next })
    }
}

impl BookedEvent {
    fn of(ledger: &Core, booked: &Booked, number: FactNumber) -> Option<Self> {
        let fact = booked.fact(number)?;
        let (owner, event) = match (&fact.record, &fact.body) {
            (RecordId::Billing(owner), Body::Billed { event }) => (Some(owner.clone()), event.clone()),
            (_, Body::Waits { event, .. }) => (None, event.clone()),
            _ => return None,
        };
        let mut booked_event = Self {
            number,
            recorded_at: booked.at,
            owner: owner.clone(),
            event,
            entries: Vec::new(),
            listed: Vec::new(),
            resolved: Vec::new(),
        };
        // A frame has one event, and its facts are about one owner.
        if let Some(owner) = owner {
            booked_event.follow(ledger, booked, &owner);
        }
        Some(booked_event)
    }

    /// Notes the other facts of the frame.
    fn follow(&mut self, ledger: &Core, booked: &Booked, owner: &Owner) {
        for (number, fact) in booked.numbered() {
            if let Body::Listed { added, removed, .. } = &fact.body {
                self.listed.extend(added.iter().map(|entry| Unresolved::of(owner, entry)));
                self.resolved.extend(removed.iter().cloned());
            }
            // Expiries were due before the event.
            let entry = Entry::of(ledger, booked, number).filter(|entry| entry.category != Category::Expired);
            self.entries.extend(entry);
        }
    }
}

//! The inboxes of a ledger: one for each thread that writes.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::request::inbox::{Inbox, Request};
use crate::domain::ids::Owner;

/// The inboxes of the threads that write. All requests about one owner go to one of them, so that they are decided in
/// their order.
pub(crate) struct Inboxes {
    first: Arc<Inbox>,
    others: Vec<Arc<Inbox>>,
}

impl Inboxes {
    /// One inbox, for one writer.
    pub(crate) fn one(inbox: Inbox) -> Self {
        Self { first: Arc::new(inbox), others: Vec::new() }
    }

    /// This many inboxes, and at least one.
    #[cfg(feature = "postgres")]
    pub(crate) fn several(count: usize, inbox: impl Fn() -> Inbox) -> Self {
        Self { first: Arc::new(inbox()), others: (1..count).map(|_| Arc::new(inbox())).collect() }
    }

    /// All but the first.
    #[cfg(feature = "postgres")]
    pub(crate) fn others(&self) -> &[Arc<Inbox>] {
        &self.others
    }

    /// The inbox of requests that are about no owner, or about an owner who is not known yet.
    pub(crate) fn first(&self) -> &Arc<Inbox> {
        &self.first
    }

    /// The inbox of an owner's requests.
    pub(crate) fn of(&self, owner: &Owner) -> &Arc<Inbox> {
        let place = self.place(owner);
        place.and_then(|place| self.others.get(place)).unwrap_or(&self.first)
    }

    /// The inbox of a request.
    pub(crate) fn of_request(&self, request: &Request) -> &Arc<Inbox> {
        let owner = match request {
            Request::Command(command) => Some(&command.wallet.owner),
            Request::Bill(bill, _) => bill.owner(),
        };
        owner.map_or(&self.first, |owner| self.of(owner))
    }

    /// The number of requests that wait.
    pub(crate) fn len(&self) -> usize {
        self.all().map(|inbox| inbox.len()).sum()
    }

    /// Closes all.
    pub(crate) fn close(&self) {
        self.all().for_each(|inbox| inbox.close());
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Inbox>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The place of an owner's inbox among the others; `None` for the first.
    fn place(&self, owner: &Owner) -> Option<usize> {
        let count = self.others.len() as u64;
        if count == 0 {
            return None;
        }
        let hash = FixedState::default().hash_one(owner);
        usize::try_from(hash.checked_rem(count.saturating_add(1))?).ok()?.checked_sub(1)
    }
}

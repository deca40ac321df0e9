//! Owners within a batch: finds the owner of an event, books the namings of its objects, and frees the events that
//! waited for them.
//!
//! It does not know how an event changes its owner's billing.

use std::collections::{BTreeMap, BTreeSet};

use super::codec;
use super::described::Described;
use super::overlay::{Batch, LoadedObject};
use super::store::Snapshot;
use crate::domain::billing::event::{BillingEvent, Happening};
use crate::domain::billing::objects::{Claim, Naming, Object, Tenure};
use crate::domain::fact::{Body, Kind, Record};
use crate::domain::ids::{FactNumber, ObjectId, Owner};
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// An event whose owner is known.
pub(super) struct Owned {
    pub(super) owner: Owner,
    pub(super) event: BillingEvent,
}

/// Events to be booked, and the subscriptions with a new naming.
#[derive(Default)]
pub(super) struct Settled {
    /// In the order in which they happened, so that any order of arrival books the same.
    pub(super) events: Vec<Owned>,
    /// Subscriptions that were named by their own events.
    subscriptions: BTreeSet<ObjectId>,
}

/// Events that were freed, in the order in which they happened.
type Freed = BTreeMap<(Timestamp, FactNumber), BillingEvent>;

impl Batch<'_> {
    /// The owner of an event: the first of an administrator's link of any of its objects, the owner that it names, and
    /// the owner of the most specific of its objects that had one then.
    pub(super) fn owner_of(&mut self, event: &BillingEvent) -> Result<Option<Owner>, LedgerError> {
        for id in &event.objects {
            self.load_object(id)?;
        }
        let mut objects = event.objects.iter().map(|id| self.object(id));
        let linked = objects.clone().find_map(|object| object.linked.as_ref());
        let owner = linked.or(event.owner.as_ref());
        Ok(owner.or_else(|| objects.find_map(|object| object.owner_at(event.at))).cloned())
    }

    /// Other owners whose billing may have the event already, because it was booked before the naming that decides now
    /// was known; none for an event that names its owner itself, unless an administrator linked one of its objects.
    pub(super) fn former_owners(&self, Owned { owner, event }: &Owned) -> BTreeSet<Owner> {
        let objects = event.objects.iter().map(|id| self.object(id));
        if event.owner.as_ref() == Some(owner) && objects.clone().all(|object| object.linked.is_none()) {
            return BTreeSet::new();
        }
        let owners = event.owner.iter().chain(objects.flat_map(Object::owners));
        owners.filter(|former| *former != owner).cloned().collect()
    }

    /// Books the owner of an event's objects, and frees every event that waited for one of them.
    pub(super) fn settle(&mut self, owned: Owned, now: Timestamp) -> Result<Settled, LedgerError> {
        let (mut settled, mut freed) = (Settled::default(), Freed::new());
        self.claim(&owned, None, (&mut settled, &mut freed), now)?;
        settled.events.push(owned);
        self.settle_freed(settled, freed, now)
    }

    /// Books an administrator's link, and frees every event that waited for it.
    pub(super) fn link(
        &mut self,
        id: &ObjectId,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<Settled, LedgerError> {
        self.load_object(id)?;
        let mut freed = Freed::new();
        self.free(id, &mut freed)?;
        if self.object(id).linked.as_ref() != Some(owner) {
            let link = (Record::Object(id.clone()), Body::Linked { owner: owner.clone() });
            self.book(Described::own(Kind::Bill), [link], now);
        }
        self.settle_freed(Settled::default(), freed, now)
    }

    /// An event for each owner of the named subscriptions: handed over at an instant, or back since then.
    pub(super) fn handovers(&self, settled: &Settled) -> Vec<Owned> {
        let of = |id: &ObjectId| {
            let handover = |(owner, tenure): (&Owner, Tenure)| {
                let subscription = id.clone();
                let (at, what) = match tenure {
                    Tenure::Until(at) => (at, Happening::HandedOver { subscription }),
                    Tenure::Since(at) => (at, Happening::HandedBack { subscription }),
                };
                let event = BillingEvent { at, objects: vec![id.clone()], owner: Some(owner.clone()), what };
                Owned { owner: owner.clone(), event }
            };
            self.object(id).tenures().into_iter().map(handover).collect::<Vec<_>>()
        };
        settled.subscriptions.iter().flat_map(of).collect()
    }

    fn settle_freed(
        &mut self,
        mut settled: Settled,
        mut freed: Freed,
        now: Timestamp,
    ) -> Result<Settled, LedgerError> {
        while let Some(((_, number), event)) = freed.pop_first() {
            let Some(owner) = self.owner_of(&event)? else { continue };
            let owned = Owned { owner, event };
            self.claim(&owned, Some(number), (&mut settled, &mut freed), now)?;
            settled.events.push(owned);
        }
        settled.events.sort_by_key(|owned| owned.event.at);
        Ok(settled)
    }

    /// Books the namings of an event's objects; an event that was waiting leaves the waiting room.
    fn claim(
        &mut self,
        Owned { owner, event }: &Owned,
        waits_as: Option<FactNumber>,
        (settled, freed): (&mut Settled, &mut Freed),
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let naming = Naming { at: event.at, owner: owner.clone() };
        let mut facts = Vec::new();
        for id in &event.objects {
            let claim = match &event.owner {
                Some(_) if is_own(event, id) => Claim::Own,
                Some(_) => Claim::Beside,
                None => Claim::Inferred,
            };
            if !self.object(id).is_changed_by(claim, &naming) {
                continue;
            }
            if !self.object(id).has_owner() {
                self.free(id, freed)?;
            }
            if claim == Claim::Own
                && matches!(&event.what, Happening::SubscriptionChanged(state) if state.subscription == *id)
            {
                settled.subscriptions.insert(id.clone());
            }
            facts.push((Record::Object(id.clone()), Body::Named { naming: naming.clone(), claim }));
        }
        if let Some(event) = waits_as {
            self.load_waiting_event(event)?;
            freed.remove(&(naming.at, event));
            facts.push((Record::WaitingRoom, Body::Freed { event }));
        }
        if !facts.is_empty() {
            self.book(Described::own(Kind::Bill), facts, now);
        }
        Ok(())
    }

    /// Frees the events that wait for the owner of an object.
    fn free(&mut self, id: &ObjectId, freed: &mut Freed) -> Result<(), LedgerError> {
        let waiting = self.waiting_for(id)?;
        freed.extend(waiting.into_iter().map(|(number, event)| ((event.at, number), event)));
        Ok(())
    }

    pub(super) fn load_object(&mut self, id: &ObjectId) -> Result<(), LedgerError> {
        if !self.objects.contains_key(id) {
            let object = stored_object(self.snapshot()?, id)?;
            self.objects.insert(id.clone(), LoadedObject { object, changed: false });
        }
        Ok(())
    }

    pub(super) fn object(&self, id: &ObjectId) -> &Object {
        match self.objects.get(id) {
            Some(loaded) => &loaded.object,
            None => panic!("an object is used that was not loaded"),
        }
    }
}

/// Whether an object is the event's own. The state of a subscription is its item's own event too: the item would
/// otherwise stay with the first owner, and outweigh the subscription.
fn is_own(event: &BillingEvent, id: &ObjectId) -> bool {
    let is_item = matches!(&event.what, Happening::SubscriptionChanged(state) if state.item == *id);
    is_item || event.objects.first() == Some(id)
}

/// An object of a payment processor in a snapshot.
pub(crate) fn stored_object(snapshot: &Snapshot, id: &ObjectId) -> Result<Object, LedgerError> {
    match snapshot.view(&codec::object_key(id))? {
        None => Ok(Object::default()),
        Some(row) => codec::object_from_bytes(&row),
    }
}

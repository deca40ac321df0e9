//! Owners in a batch: books the owners of an event's objects, and frees events that wait for them.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::Batch;
use super::header::FrameHeader;
use super::source::Source;
use super::state::LoadedObject;
use crate::domain::billing::event::BillingEvent;
use crate::domain::billing::objects::{Claim, Naming, Object};
use crate::domain::billing::ownership::{self, OwnedEvent};
use crate::domain::body::Body;
use crate::domain::fact::{Kind, RecordId};
use crate::domain::ids::{FactNumber, ObjectId, Owner};
use crate::domain::time::Timestamp;

/// Events that got an owner.
#[derive(Default)]
pub(super) struct Claimed {
    /// In the order of their times, so that the result does not depend on the order of arrival.
    events: Vec<OwnedEvent>,
    /// Subscriptions whose own events changed their owner.
    subscriptions: BTreeSet<ObjectId>,
    /// Freed events that are not claimed yet, in the order of their times.
    freed: BTreeMap<(Timestamp, FactNumber), BillingEvent>,
}

impl Claimed {
    /// The events to book. Handovers come first, so that no credits are granted and revoked at once.
    pub(super) fn into_events<S: Source>(self, batch: &Batch<'_, S>) -> Vec<OwnedEvent> {
        let handovers = self.subscriptions.iter().flat_map(|id| ownership::handovers(id, batch.object(id)));
        handovers.chain(self.events).collect()
    }
}

impl<S: Source> Batch<'_, S> {
    /// The owner of an event. Loads its objects.
    pub(super) fn owner_of(&mut self, event: &BillingEvent) -> Result<Option<Owner>, S::Error> {
        for id in &event.objects {
            self.load_object(id)?;
        }
        Ok(ownership::owner_of(event, event.objects.iter().map(|id| self.object(id))).cloned())
    }

    /// Books the owner of an event's objects, and frees every event that waited for one of them.
    pub(super) fn claim_all(&mut self, owned: OwnedEvent, now: Timestamp) -> Result<Claimed, S::Error> {
        let mut claimed = Claimed::default();
        self.claim(&owned, None, &mut claimed, now)?;
        claimed.events.push(owned);
        self.claim_freed(claimed, now)
    }

    /// Books an administrator's link, and frees every event that waited for it.
    pub(super) fn link(&mut self, id: &ObjectId, owner: &Owner, now: Timestamp) -> Result<Claimed, S::Error> {
        self.load_object(id)?;
        let mut claimed = Claimed::default();
        self.free(id, &mut claimed)?;
        if self.object(id).linked.as_ref() != Some(owner) {
            let link = (RecordId::Object(id.clone()), Body::Linked { owner: owner.clone() });
            self.book(FrameHeader::internal(Kind::Bill), [link], now);
        }
        self.claim_freed(claimed, now)
    }

    fn claim_freed(&mut self, mut claimed: Claimed, now: Timestamp) -> Result<Claimed, S::Error> {
        while let Some(((_, number), event)) = claimed.freed.pop_first() {
            let Some(owner) = self.owner_of(&event)? else { continue };
            let owned = OwnedEvent { owner, event };
            self.claim(&owned, Some(number), &mut claimed, now)?;
            claimed.events.push(owned);
        }
        claimed.events.sort_by_key(|owned| owned.event.at);
        Ok(claimed)
    }

    /// Books the namings of an event's objects; a waiting event leaves the waiting room.
    fn claim(
        &mut self,
        OwnedEvent { owner, event }: &OwnedEvent,
        waits_as: Option<FactNumber>,
        claimed: &mut Claimed,
        now: Timestamp,
    ) -> Result<(), S::Error> {
        let naming = Naming { at: event.at, owner: owner.clone() };
        let mut facts = Vec::new();
        for id in &event.objects {
            let claim = event.claim_of(id);
            if !self.object(id).is_changed_by(claim, &naming) {
                continue;
            }
            if !self.object(id).has_owner() {
                self.free(id, claimed)?;
            }
            if claim == Claim::Own && event.is_state_of(id) {
                claimed.subscriptions.insert(id.clone());
            }
            facts.push((RecordId::Object(id.clone()), Body::Named { naming: naming.clone(), claim }));
        }
        if let Some(event) = waits_as {
            self.load_waiting_event(event)?;
            claimed.freed.remove(&(naming.at, event));
            facts.push((RecordId::WaitingRoom, Body::Freed { event }));
        }
        if !facts.is_empty() {
            self.book(FrameHeader::internal(Kind::Bill), facts, now);
        }
        Ok(())
    }

    /// Frees the events that wait for the owner of an object.
    fn free(&mut self, id: &ObjectId, claimed: &mut Claimed) -> Result<(), S::Error> {
        let waiting = self.waiting_for(id)?;
        claimed.freed.extend(waiting.into_iter().map(|(number, event)| ((event.at, number), event)));
        Ok(())
    }

    pub(super) fn load_object(&mut self, id: &ObjectId) -> Result<(), S::Error> {
        if !self.objects.contains_key(id) {
            let object = self.source.object(id)?;
            self.objects.insert(id.clone(), LoadedObject { object, is_changed: false });
        }
        Ok(())
    }

    pub(super) fn object(&self, id: &ObjectId) -> &Object {
        match self.objects.get(id) {
            Some(loaded) => &loaded.object,
            None => panic!("an object is used that was not loaded"),
        }
    }

    pub(super) fn loaded_object(&mut self, id: &ObjectId) -> &mut LoadedObject {
        match self.objects.get_mut(id) {
            Some(loaded) => loaded,
            None => panic!("an object is changed that was not loaded"),
        }
    }
}

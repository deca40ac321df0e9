//! Ownership of events: the owner of an event by its objects, and what an event says about the owners of its objects.

use std::collections::BTreeSet;

use super::event::{BillingEvent, Happening};
use super::objects::{Claim, Object, Tenure};
use crate::domain::ids::{ObjectId, Owner};

/// An event whose owner is known.
pub struct OwnedEvent {
    /// The owner.
    pub owner: Owner,
    /// The event.
    pub event: BillingEvent,
}

/// The owner of an event with these objects, the most specific first: an administrator's link of any of them, else the owner
/// that the event names, else the owner of the first object that had one then.
pub fn owner_of<'a>(
    event: &'a BillingEvent,
    mut objects: impl Iterator<Item = &'a Object> + Clone,
) -> Option<&'a Owner> {
    let linked = objects.clone().find_map(|object| object.linked.as_ref());
    let owner = linked.or(event.owner.as_ref());
    owner.or_else(|| objects.find_map(|object| object.owner_at(event.at)))
}

impl OwnedEvent {
    /// Other owners whose billing may have the event, because it was booked before the deciding naming was known. None for an
    /// event that names its owner, unless an administrator linked one of its objects.
    pub fn former_owners<'a>(&'a self, objects: impl Iterator<Item = &'a Object> + Clone) -> BTreeSet<Owner> {
        let Self { owner, event } = self;
        if event.owner.as_ref() == Some(owner) && objects.clone().all(|object| object.linked.is_none()) {
            return BTreeSet::new();
        }
        let owners = event.owner.iter().chain(objects.flat_map(Object::owners));
        owners.filter(|former| *former != owner).cloned().collect()
    }
}

impl BillingEvent {
    /// How the event names the owner of one of its objects.
    pub fn claim_of(&self, id: &ObjectId) -> Claim {
        match &self.owner {
            Some(_) if self.is_of(id) => Claim::Own,
            Some(_) => Claim::Beside,
            None => Claim::Inferred,
        }
    }

    /// Whether the event is about the state of this subscription.
    pub fn is_state_of(&self, id: &ObjectId) -> bool {
        matches!(&self.what, Happening::SubscriptionChanged(state) if state.subscription == *id)
    }

    /// Whether an object is the event's own. The state of a subscription is its item's own event too: the item would otherwise
    /// stay with its first owner, and outweigh the subscription.
    fn is_of(&self, id: &ObjectId) -> bool {
        let is_item = matches!(&self.what, Happening::SubscriptionChanged(state) if state.item == *id);
        is_item || self.objects.first() == Some(id)
    }
}

/// An event for each owner of a subscription: handed over at an instant, or back since then.
pub fn handovers(id: &ObjectId, subscription: &Object) -> Vec<OwnedEvent> {
    let handover = |(owner, tenure): (&Owner, Tenure)| {
        let subscription = id.clone();
        let (at, what) = match tenure {
            Tenure::Until(at) => (at, Happening::HandedOver { subscription }),
            Tenure::Since(at) => (at, Happening::HandedBack { subscription }),
        };
        let event = BillingEvent { at, objects: vec![id.clone()], owner: Some(owner.clone()), what };
        OwnedEvent { owner: owner.clone(), event }
    };
    subscription.tenures().into_iter().map(handover).collect()
}

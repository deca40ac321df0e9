//! The processor's objects and their owners, ordered by the processor's time, so that the order of arrival
//! does not matter.
//!
//! It does not know how an object changes, nor which events wait for its owner.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::domain::body::Body;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::limits::NAMINGS_MAX;
use crate::domain::record::{Applied, Record};
use crate::domain::time::Timestamp;

/// An owner that an event named for an object. Two namings of one instant are ordered by the owner's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Naming {
    /// When, by the processor's clock.
    #[n(0)]
    pub at: Timestamp,
    /// The owner from then on.
    #[n(1)]
    pub owner: Owner,
}

/// The rank of an event's naming of an object; earlier variants outweigh later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Claim {
    /// The event names an owner, and this is the event's own object. The latest naming counts.
    #[n(0)]
    Own,
    /// The event names an owner, and this is another of its objects. The earliest naming counts.
    #[n(1)]
    Beside,
    /// The event names no owner; this object gets the owner of another of its objects. The earliest naming
    /// counts.
    #[n(2)]
    Inferred,
}

/// The time during which an object belongs to an owner, as named by its own events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// Until this instant, when it was handed over to another owner.
    Until(Timestamp),
    /// From this instant on.
    Since(Timestamp),
}

/// An object at a payment processor, with its owners.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Object {
    /// The last applied fact; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// Number of applied facts.
    #[n(0)]
    pub facts: u64,
    /// Owner linked by an administrator; outweighs every event.
    #[n(1)]
    pub linked: Option<Owner>,
    /// Namings by its own events, in order.
    #[n(2)]
    pub named: Vec<Naming>,
    /// The earliest naming by events of other objects.
    #[n(3)]
    pub named_beside: Option<Naming>,
    /// The earliest naming by an event that names no owner.
    #[n(4)]
    pub inferred: Option<Naming>,
}

impl Object {
    /// Whether it has an owner.
    pub fn has_owner(&self) -> bool {
        self.owner_at(Timestamp::MAX).is_some()
    }

    /// The owner at an instant; before the first naming by its own events, the owner of that naming.
    pub fn owner_at(&self, at: Timestamp) -> Option<&Owner> {
        if self.linked.is_some() {
            return self.linked.as_ref();
        }
        let held = self.named.iter().rev().find(|naming| naming.at <= at);
        let naming = held.or(self.named.first()).or(self.named_beside.as_ref()).or(self.inferred.as_ref());
        naming.map(|naming| &naming.owner)
    }

    /// All owners that events gave it.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        let namings = self.named.iter().chain(&self.named_beside).chain(&self.inferred);
        namings.map(|naming| &naming.owner)
    }

    /// Whether a naming would change the object.
    pub fn is_changed_by(&self, claim: Claim, naming: &Naming) -> bool {
        let is_first = |known: &Option<Naming>| known.as_ref().is_none_or(|known| naming < known);
        let by_others = self.linked.is_none() && self.named.is_empty();
        match claim {
            Claim::Own => {
                let is_forgotten = self.named.len() >= NAMINGS_MAX && is_first(&self.named.first().cloned());
                self.linked.is_none() && !is_forgotten && !self.named.contains(naming)
            }
            Claim::Beside => by_others && is_first(&self.named_beside),
            Claim::Inferred => by_others && self.named_beside.is_none() && is_first(&self.inferred),
        }
    }

    /// The tenure of each owner; empty unless its own events named more than one.
    pub fn tenures(&self) -> BTreeMap<&Owner, Tenure> {
        let (mut tenures, mut latest) = (BTreeMap::new(), None);
        for (naming, next) in self.named.iter().zip(self.named.iter().skip(1)) {
            if naming.owner != next.owner {
                tenures.insert(&naming.owner, Tenure::Until(next.at));
                latest = Some((&next.owner, Tenure::Since(next.at)));
            }
        }
        tenures.extend(latest);
        tenures
    }
}

impl Record for Object {
    const NAME: &'static str = "object";

    fn applied(&mut self) -> Applied<'_> {
        Applied { last_fact: &mut self.last_fact, facts: &mut self.facts }
    }

    fn change(&mut self, number: FactNumber, body: &Body) {
        match body {
            Body::Linked { owner } => self.linked = Some(owner.clone()),
            Body::Named { naming, claim } => self.name(*claim, naming.clone()),
            _ => panic!("fact {number} is no fact about an object"),
        }
    }
}

impl Object {
    fn name(&mut self, claim: Claim, naming: Naming) {
        match claim {
            Claim::Own => {
                let place = self.named.partition_point(|known| *known < naming);
                self.named.insert(place, naming);
                if self.named.len() > NAMINGS_MAX {
                    self.forget_a_naming();
                }
            }
            Claim::Beside => self.named_beside = Some(naming),
            Claim::Inferred => self.inferred = Some(naming),
        }
    }

    /// Forgets the oldest naming between two of the same owner, or else the oldest one.
    fn forget_a_naming(&mut self) {
        let owners = self.named.iter().map(|naming| &naming.owner);
        let next = owners.clone().skip(1);
        let after_next = owners.clone().skip(2).map(Some).chain([None]);
        let within = owners.zip(next).zip(after_next).position(|((before, owner), after)| {
            before == owner && after.is_some_and(|after| after == owner)
        });
        self.named.remove(within.map_or(0, |place| place.saturating_add(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(at: i64, owner: &str) -> Naming {
        Naming { at: Timestamp::from_microseconds(at), owner: Owner::new(owner).unwrap() }
    }

    /// An object named by these events, in order of arrival.
    fn named(namings: &[(i64, &str)]) -> Object {
        let mut object = Object::default();
        for (at, owner) in namings {
            let naming = naming(*at, owner);
            if object.is_changed_by(Claim::Own, &naming) {
                object.name(Claim::Own, naming);
            }
        }
        object
    }

    fn owner_at(object: &Object, at: i64) -> &str {
        object.owner_at(Timestamp::from_microseconds(at)).map_or("", Owner::as_str)
    }

    #[test]
    fn an_owner_holds_from_its_naming_to_the_next() {
        for namings in [[(1, "ann"), (5, "bob"), (7, "bob")], [(7, "bob"), (1, "ann"), (5, "bob")]] {
            let object = named(&namings);
            assert_eq!([0, 1, 4, 5, 9].map(|at| owner_at(&object, at)), ["ann", "ann", "ann", "bob", "bob"]);
            let at = Timestamp::from_microseconds(5);
            let tenures: Vec<_> =
                object.tenures().into_iter().map(|(owner, tenure)| (owner.as_str(), tenure)).collect();
            assert_eq!(tenures, [("ann", Tenure::Until(at)), ("bob", Tenure::Since(at))]);
        }
    }

    #[test]
    fn an_object_that_came_back_is_handed_over_no_more() {
        let object = named(&[(1, "ann"), (2, "bob"), (3, "ann")]);
        let (at, owner) = (Timestamp::from_microseconds(3), Owner::new("ann").unwrap());
        assert_eq!(object.tenures().len(), 2);
        assert_eq!(object.tenures().get(&owner), Some(&Tenure::Since(at)));
        assert!(named(&[(1, "ann"), (2, "ann")]).tenures().is_empty());
    }

    #[test]
    fn namings_that_repeat_the_one_before_are_forgotten_first() {
        let many: Vec<_> = (0..100).map(|at| (at, if at < 10 { "ann" } else { "bob" })).collect();
        let object = named(&many);
        assert_eq!(object.named.len(), NAMINGS_MAX);
        assert_eq!((owner_at(&object, 9), owner_at(&object, 10)), ("ann", "bob"));
        let alternating: Vec<_> = (0..100).map(|at| (at, if at % 2 == 0 { "ann" } else { "bob" })).collect();
        let object = named(&alternating);
        assert_eq!((object.named.len(), owner_at(&object, 98)), (NAMINGS_MAX, "ann"));
        // A forgotten naming is not added again.
        assert!(!object.is_changed_by(Claim::Own, &naming(0, "cy")));
    }

    #[test]
    fn claims_outweigh_one_another_whatever_their_order() {
        let claims = [
            (Claim::Inferred, naming(1, "ann")),
            (Claim::Beside, naming(9, "bob")),
            (Claim::Beside, naming(8, "cy")),
            (Claim::Own, naming(5, "dan")),
        ];
        for first in 0..claims.len() {
            let mut object = Object::default();
            for (claim, naming) in claims.iter().cycle().skip(first).take(claims.len()) {
                if object.is_changed_by(*claim, naming) {
                    object.name(*claim, naming.clone());
                }
            }
            assert_eq!(owner_at(&object, 0), "dan");
            object.named.clear();
            if object.named_beside.is_some() {
                assert_ne!(owner_at(&object, 0), "ann");
            }
        }
    }
}

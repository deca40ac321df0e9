//! Billing in a batch: loads the records of a billing command, and books the domain's decision.

use std::collections::{BTreeMap, HashSet};

use super::batch::{Batch, Submitted, Verdict};
use super::header::FrameHeader;
use super::source::Source;
use super::state::LoadedBilling;
use crate::domain::billing::decide::{BillingDraft, closed_grant};
use crate::domain::billing::event::{BillingEvent, Happening};
use crate::domain::billing::joining::{Join, Leave};
use crate::domain::billing::mark::AwardMark;
use crate::domain::billing::ownership::OwnedEvent;
use crate::domain::billing::record::Billing;
use crate::domain::billing::sale::Sale;
use crate::domain::billing::terms::PlanTerms;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::fact::Kind;
use crate::domain::ids::{ObjectId, Owner, WalletId};
use crate::domain::limits::EVENT_BYTES_MAX;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::journal::cbor;
use crate::engine::rows::BillingRow;
use crate::error::LedgerError;

/// A command about billing.
#[derive(Clone, Debug)]
pub(crate) enum Bill {
    /// Receive an event of a payment processor.
    Receive(Box<BillingEvent>),
    /// Link an object to an owner, for an administrator.
    Link(ObjectId, Owner),
    /// Remove a number of dropped events, counted since an instant, from the list for attention.
    DismissGaveWay(u64, Timestamp),
    /// Book all credits due to an owner.
    Fulfil(Owner),
    /// Mark an award as given before.
    GivenBefore(Box<AwardMark>),
    /// Open or change a subscription of the application's own.
    Join(Box<Join>),
    /// End a subscription of the application's own.
    Leave(Box<Leave>),
    /// Move the owner's subscriptions to a plan to these terms, from their next cycle on.
    Migrate(Owner, Box<PlanTerms>),
}

impl Bill {
    /// The owner that it is about, if it names one.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Receive(_) | Self::Link(..) | Self::DismissGaveWay(..) => None,
            Self::Fulfil(owner) | Self::Migrate(owner, _) => Some(owner),
            Self::GivenBefore(mark) => Some(&mark.owner),
            Self::Join(join) => Some(&join.owner),
            Self::Leave(leave) => Some(&leave.owner),
        }
    }
}

impl<S: Source> Batch<'_, S> {
    /// Books a command, with the credits due because of it. A replay changes nothing.
    pub(crate) fn bill(&mut self, bill: &Bill, sale: &Sale, clock: Timestamp) -> Result<Verdict, S::Error> {
        let now = self.position.last_at.max(clock);
        let before = self.booked();
        match bill {
            Bill::Receive(event) => {
                if let Err(rejection) = self.receive(event, sale, now)? {
                    return Ok(Err(rejection));
                }
            }
            Bill::Link(object, owner) => {
                let claimed = self.link(object, owner, now)?;
                self.book_events(claimed.into_events(self), sale, now)?;
            }
            Bill::GivenBefore(mark) => {
                if let Err(rejection) = self.mark(mark, sale, now)? {
                    return Ok(Err(rejection));
                }
            }
            Bill::Fulfil(owner) => self.fulfil(owner, sale, now)?,
            Bill::DismissGaveWay(count, since) => self.dismiss_gave_way(*count, *since, now)?,
            Bill::Join(join) => {
                self.load_billing(&join.owner)?;
                let change = self.billing(&join.owner).join(join, &sale.prices, now);
                if let Err(rejection) = self.change_own(&join.owner, change, sale, now)? {
                    return Ok(Err(rejection));
                }
            }
            Bill::Leave(leave) => {
                self.load_billing(&leave.owner)?;
                let change = self.billing(&leave.owner).leave(leave, now);
                if let Err(rejection) = self.change_own(&leave.owner, change, sale, now)? {
                    return Ok(Err(rejection));
                }
            }
            Bill::Migrate(owner, terms) => self.migrate(owner, terms, sale, now)?,
        }
        Ok(Ok(self.booked_since(before, now)))
    }

    /// The last frame booked since the batch had this many, or an empty frame if there is none.
    fn booked_since(&mut self, before: usize, now: Timestamp) -> Submitted {
        if let Some(frame) = self.last_frame().filter(|_| self.booked() > before) {
            return Submitted::Booked(frame, None);
        }
        let nothing = FrameHeader::internal(Kind::Bill).frame(now, Vec::new());
        Submitted::Replayed(Booked::new(self.position.next, nothing))
    }

    fn receive(
        &mut self,
        event: &BillingEvent,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<Result<(), Rejection>, S::Error> {
        let bytes = cbor::encode(event).len();
        if bytes > EVENT_BYTES_MAX {
            return Ok(Err(Rejection::BillingEventTooLarge { bytes, max: EVENT_BYTES_MAX }));
        }
        let mut event = event.clone();
        let mut known = HashSet::new();
        event.objects.retain(|id| known.insert(id.clone()));
        match self.owner_of(&event)? {
            None => self.wait(&event, now)?,
            Some(owner) => {
                let owned = OwnedEvent { owner, event };
                if !self.is_booked_elsewhere(&owned)? {
                    let claimed = self.claim_all(owned, now)?;
                    self.book_events(claimed.into_events(self), sale, now)?;
                }
            }
        }
        Ok(Ok(()))
    }

    /// Books a change of a subscription of the application's own, if there is one.
    fn change_own(
        &mut self,
        owner: &Owner,
        change: Result<Option<BillingEvent>, Rejection>,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<Result<(), Rejection>, S::Error> {
        match change {
            Err(rejection) => return Ok(Err(rejection)),
            Ok(Some(event)) => self.settle(owner, Some(Body::Billed { event }), sale, now)?,
            Ok(None) => {}
        }
        Ok(Ok(()))
    }

    /// Whether a former owner's billing has the event, so that a replay does not move it.
    fn is_booked_elsewhere(&mut self, owned: &OwnedEvent) -> Result<bool, S::Error> {
        if owned.event.what == Happening::OwnerNamed {
            return Ok(false);
        }
        for former in owned.former_owners(owned.event.objects.iter().map(|id| self.object(id))) {
            self.load_billing(&former)?;
            let former = self.billing(&former);
            if former.knows(&owned.event) || former.has_closed(&owned.event) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Books events, with the credits due because of them. Each event has a separate frame, because together they may
    /// exceed the limit of a frame; one commit has all frames.
    fn book_events(&mut self, events: Vec<OwnedEvent>, sale: &Sale, now: Timestamp) -> Result<(), S::Error> {
        for OwnedEvent { owner, event } in events {
            self.load_billing(&owner)?;
            if !self.billing(&owner).knows(&event) {
                self.settle(&owner, Some(Body::Billed { event }), sale, now)?;
            }
        }
        Ok(())
    }

    /// Books the credits due to an owner.
    pub(crate) fn fulfil(&mut self, owner: &Owner, sale: &Sale, now: Timestamp) -> Result<(), S::Error> {
        self.load_billing(owner)?;
        self.settle(owner, None, sale, now)
    }

    /// Marks an award as given before, and books the credits that are due then.
    fn mark(
        &mut self,
        mark: &AwardMark,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<Result<(), Rejection>, S::Error> {
        let wallet = mark.wallet();
        self.load_billing(&mark.owner)?;
        self.load(&wallet)?;
        let opened = mark.grant.map(|grant| self.frame(grant)).transpose()?.flatten();
        let (billing, numbers) = (self.billing(&mark.owner), self.position.next);
        let facts = match mark.facts(billing, self.wallet(&wallet), opened.as_ref(), (numbers, now)) {
            Ok(facts) => facts,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if !facts.is_empty() {
            self.book(FrameHeader::internal(Kind::Bill), facts, now);
            self.fulfil(&mark.owner, sale, now)?;
        }
        Ok(Ok(()))
    }

    fn migrate(
        &mut self,
        owner: &Owner,
        terms: &PlanTerms,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<(), S::Error> {
        self.load_billing(owner)?;
        let plans = self.billing(owner).migration(terms, now);
        let body = (!plans.is_empty()).then(|| Body::Priced { plans, packs: Vec::new() });
        self.settle(owner, body, sale, now)
    }

    /// Books a fact about an owner's billing, with the credits due because of it, in one frame.
    fn settle(
        &mut self,
        owner: &Owner,
        body: Option<Body>,
        sale: &Sale,
        now: Timestamp,
    ) -> Result<(), S::Error> {
        let (billing, numbers) = (self.billing(owner).clone(), self.position.next);
        let settling = BillingDraft::new(owner, billing, body, (sale, self.policy), numbers, now);
        let mut ids = BTreeMap::new();
        for asset in settling.assets() {
            let id = WalletId::of_asset(asset.clone(), owner.clone());
            self.load(&id)?;
            ids.insert(asset, id);
        }
        let mut closed = Vec::new();
        for grant in settling.closed_grants(ids.values().map(|id| self.wallet(id))) {
            let missing = || LedgerError::damaged(format!("the frame of grant {grant} is missing"));
            closed.extend(closed_grant(grant, &self.frame(grant)?.ok_or_else(missing)?));
        }
        let wallets = ids.iter().map(|(asset, id)| (asset.clone(), self.wallet(id))).collect();
        let settled = settling.settle(&wallets, &closed);
        if !settled.facts.is_empty() {
            self.book(FrameHeader::internal(Kind::Bill), settled.facts, now);
        }
        let loaded = self.loaded_billing(owner);
        let before = loaded.filing;
        (loaded.filing.due, loaded.filing.needs_attention) = (settled.due_at, settled.needs_attention);
        loaded.is_changed |= loaded.filing != before;
        Ok(())
    }

    pub(super) fn load_billing(&mut self, owner: &Owner) -> Result<(), S::Error> {
        if !self.billings.contains_key(owner) {
            let BillingRow { billing, filing } = self.source.billing(owner)?;
            let loaded = LoadedBilling { billing, is_changed: false, filed: filing, filing };
            self.billings.insert(owner.clone(), loaded);
        }
        Ok(())
    }

    pub(super) fn billing(&self, owner: &Owner) -> &Billing {
        match self.billings.get(owner) {
            Some(loaded) => &loaded.billing,
            None => panic!("a billing is used that was not loaded"),
        }
    }

    pub(super) fn loaded_billing(&mut self, owner: &Owner) -> &mut LoadedBilling {
        match self.billings.get_mut(owner) {
            Some(loaded) => loaded,
            None => panic!("a billing is changed that was not loaded"),
        }
    }
}

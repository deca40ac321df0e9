//! Opening: what the file says is checked where it is used, and records that lack facts get them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::billing::stored_billing;
use super::clock::{Clock, LedgerClock};
use super::codec::{self, Covered};
use super::journal::{Block, Head, Tail, frame_of};
use super::keys::Keys;
use super::keys::upkeep::KeysPlan;
use super::memory::Memory;
use super::overlay::{Batch, Position};
use super::store::{Cursors, LedgerId, Snapshot, Store};
use super::views::Views;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::declarations::Catalogues;
use crate::domain::explain::Terms;
use crate::domain::fact::Body;
use crate::domain::ids::FactNumber;
use crate::domain::limits::AGENDA_RECORDS_MAX;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::error::{LedgerError, LedgerErrorKind};

/// The terms of every catalogue that the journal's facts name, by number.
pub(crate) type TermsByNumber = HashMap<u32, Arc<Terms>>;

/// A ledger that is ready to write.
pub(crate) struct Recovered {
    pub(crate) id: LedgerId,
    pub(crate) views: Views,
    pub(crate) position: Position,
    pub(crate) terms: TermsByNumber,
    /// The number of the application's catalogue.
    pub(crate) catalogue: u32,
    pub(crate) clock: LedgerClock,
    /// When something is due next in any wallet.
    pub(crate) next_due: Option<Timestamp>,
}

/// Where a journal without facts stands.
pub(crate) fn beginning() -> Position {
    let block = Block::after(Head::default(), FactNumber::FIRST);
    let totals = Arc::default();
    Position { next_fact: FactNumber::FIRST, tail: Tail::new(block), last_at: Timestamp::MIN, totals }
}

/// Brings a store's ledger up to date and declares the application's catalogue in it.
pub(crate) fn recover(
    store: &Store,
    (terms, prices): (&CatalogueData, &PriceList),
    (policy, memory): (&Policy, Memory),
    clock: (Arc<dyn Clock>, bool),
) -> Result<Recovered, LedgerError> {
    // Facts that contradict their record panic, and so may redb over a damaged file.
    catch_unwind(AssertUnwindSafe(|| recover_unguarded(store, (terms, prices), (policy, memory), clock)))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

fn recover_unguarded(
    store: &Store,
    (terms, prices): (&CatalogueData, &PriceList),
    (policy, memory): (&Policy, Memory),
    clock: (Arc<dyn Clock>, bool),
) -> Result<Recovered, LedgerError> {
    let snapshot = store.snapshot()?;
    let position = position(&snapshot)?;
    let last = (position.next_fact > FactNumber::FIRST).then_some(position.last_at);
    let clock = LedgerClock::new(clock.0, last, clock.1);
    let views = Views::new(position.last_at, Keys::stored(&snapshot)?, memory);
    let mut catalogues = match snapshot.view(codec::CATALOGUES_KEY)? {
        None => Catalogues::default(),
        Some(bytes) => {
            let (last_fact, mut catalogues) = codec::record_from_bytes::<Catalogues>(&bytes)?;
            catalogues.last_fact = last_fact;
            catalogues
        }
    };
    let covered = snapshot.covered()?;
    let mut batch = Batch::new((store, &views, policy), &position);
    replay(&snapshot, &mut batch, &mut catalogues)?;
    let mut terms_by_number = declared_terms(&snapshot, &catalogues)?;
    if catalogues.declared().last().is_some_and(|last| last.fingerprint != terms.terms_fingerprint()) {
        check_plans(&snapshot, prices, clock.now())?;
    }
    let catalogue = batch.declare(&mut catalogues, terms, clock.now());
    terms_by_number.insert(catalogue, Arc::new(Terms::of(terms.clone())));
    let id = snapshot.id()?;
    let (is_empty, changed) = (batch.is_empty(), batch.changed());
    let sealed = batch.sealed(&changed);
    if !is_empty {
        let keys = KeysPlan::unchanged(&views.keys);
        let changes = sealed.changes((covered.replay_from, sealed.position.next_fact), &keys);
        store.commit(&changes, &Cursors::new()).map_err(|failure| {
            let message = format!("cannot declare the pricing in the ledger: {failure:?}");
            LedgerError::new(LedgerErrorKind::Io, message)
        })?;
    }
    let position = sealed.after();
    views.publish_rest(position.last_at, &position.totals);
    views.keys.publish(sealed.room.keys);
    let next_due = store.snapshot()?.agenda(1)?.first().map(|(due, _)| *due);
    Ok(Recovered { id, views, position, terms: terms_by_number, catalogue, clock, next_due })
}

/// Refuses a pricing that contradicts what anybody subscribes to or is offered.
fn check_plans(snapshot: &Snapshot, prices: &PriceList, now: Timestamp) -> Result<(), LedgerError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = snapshot.view_keys(codec::BILLING_KEYS, after.as_deref(), AGENDA_RECORDS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.clone());
        for owner in rows.iter().filter_map(|row| codec::billing_from_key(row)) {
            let (billing, _) = stored_billing(snapshot, &owner)?;
            billing
                .check_plans(&owner, prices, now)
                .map_err(|changed| LedgerError::new(LedgerErrorKind::PlanChanged, changed.to_string()))?;
        }
    }
}

/// Where the journal ends, which is nowhere before what rows cover.
pub(super) fn position(snapshot: &Snapshot) -> Result<Position, LedgerError> {
    let Covered { replay_from, keys } = snapshot.covered()?;
    let covered = replay_from.max(keys.from);
    let Some(block) = snapshot.last_block()? else {
        return if covered == FactNumber::FIRST { Ok(beginning()) } else { Err(disagree()) };
    };
    let frames = block.decode()?;
    let (first, last) = frames.last().ok_or_else(disagree)?;
    let next_fact = first.plus(last.facts.len());
    if covered > next_fact {
        return Err(disagree());
    }
    let totals = match snapshot.view(codec::TOTALS_KEY)? {
        None => Totals::default(),
        Some(bytes) => {
            let (last_fact, mut totals) = codec::record_from_bytes::<Totals>(&bytes)?;
            totals.last_fact = last_fact;
            totals
        }
    };
    Ok(Position { next_fact, last_at: last.at, tail: Tail::new(block), totals: Arc::new(totals) })
}

fn disagree() -> LedgerError {
    LedgerError::damaged("its journal ends before what its rows cover")
}

/// Applies every fact that the rows of their records may lack, and notes every key that no segment has.
fn replay(
    snapshot: &Snapshot,
    batch: &mut Batch<'_>,
    catalogues: &mut Catalogues,
) -> Result<(), LedgerError> {
    let (end, covered) = (batch.position.next_fact, snapshot.covered()?);
    let mut next = covered.replay_from.min(covered.keys.from);
    while next < end {
        for numbered in snapshot.block(next)?.decode()? {
            let (first, frame) = &numbered;
            if *first >= covered.keys.from {
                batch.use_keys(*first, frame);
            }
            next = first.plus(frame.facts.len());
            if *first < covered.replay_from {
                continue;
            }
            for (place, fact) in frame.facts.iter().enumerate() {
                if matches!(fact.body, Body::CatalogueDeclared { .. }) {
                    catalogues.apply(first.plus(place), fact);
                }
            }
            batch.replay(&numbered)?;
        }
    }
    Ok(())
}

fn declared_terms(snapshot: &Snapshot, catalogues: &Catalogues) -> Result<TermsByNumber, LedgerError> {
    let terms = catalogues.declared().iter().map(|declared| {
        let broken = || LedgerError::damaged(format!("catalogue {} cannot be read", declared.number));
        let frames = snapshot.block(declared.fact)?.decode()?;
        let (_, frame) = frame_of(&frames, declared.fact).ok_or_else(broken)?;
        let (_, fact) = frame.answer().ok_or_else(broken)?;
        let Body::CatalogueDeclared { data, .. } = &fact.body else { return Err(broken()) };
        Ok((declared.number, Arc::new(Terms::of(codec::decode(data)?))))
    });
    terms.collect()
}

//! Opening: what the file says is checked where it is used, and records that lack facts get them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::billing::stored_billing;
use super::clock::{Clock, LedgerClock};
use super::codec::{self, Covered};
use super::commit_log::Group;
use super::journal::{Block, Head, Tail, frame_of};
use super::keys::Keys;
use super::keys::upkeep::KeysPlan;
use super::memory::Memory;
use super::opening::FoundLog;
use super::overlay::{Batch, Position};
use super::packed;
use super::sealed::Sealed;
use super::store::{Changes, Cursors, LedgerId, Snapshot, Store};
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
    let block = Arc::new(Block::after(Head::default(), FactNumber::FIRST));
    let totals = Arc::default();
    Position { next_fact: FactNumber::FIRST, tail: Tail::new(block), last_at: Timestamp::MIN, totals }
}

/// What an opening brings to a ledger.
pub(crate) struct Recovery<'a> {
    pub(crate) terms: &'a CatalogueData,
    pub(crate) prices: &'a PriceList,
    pub(crate) policy: &'a Policy,
    pub(crate) memory: Memory,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_confirmed: bool,
    /// Whether files are only read: what rows lack is applied in memory, and nothing is declared.
    pub(crate) is_read_only: bool,
}

/// Brings a store's ledger up to date and declares the application's catalogue in it.
pub(crate) fn recover(
    store: &Store,
    groups: &[Group],
    log: Option<&mut FoundLog>,
    recovery: Recovery<'_>,
) -> Result<Recovered, LedgerError> {
    // Facts that contradict their record panic, and so may redb over a damaged file.
    catch_unwind(AssertUnwindSafe(|| recover_unguarded(store, groups, log, recovery)))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

fn recover_unguarded(
    store: &Store,
    groups: &[Group],
    log: Option<&mut FoundLog>,
    recovery: Recovery<'_>,
) -> Result<Recovered, LedgerError> {
    let Recovery { terms, prices, policy, memory, is_read_only, .. } = recovery;
    let snapshot = store.snapshot()?;
    let position = position(&snapshot)?;
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
    replay_log(groups, &mut batch, &mut catalogues)?;
    let last = (batch.position.next_fact > FactNumber::FIRST).then_some(batch.position.last_at);
    let clock = LedgerClock::new(recovery.clock, last, recovery.clock_confirmed);
    batch.reschedule_billing();
    let replayed = publish(store, batch, covered.replay_from);
    // With everything that the log had.
    let snapshot = store.snapshot()?;
    let mut terms_by_number = declared_terms(&snapshot, &catalogues)?;
    let mut batch = Batch::new((store, &views, policy), &replayed.after());
    let catalogue = if is_read_only {
        catalogues.number_of(&terms.terms_fingerprint()).unwrap_or_else(|| catalogues.declaration(terms).0)
    } else {
        if catalogues.declared().last().is_some_and(|last| last.fingerprint != terms.terms_fingerprint()) {
            check_plans(&snapshot, prices, clock.now())?;
        }
        batch.declare(&mut catalogues, terms, clock.now())
    };
    terms_by_number.insert(catalogue, Arc::new(Terms::of(terms.clone())));
    let declared = publish(store, batch, replayed.position.next_fact);
    let next_fact = declared.position.next_fact;
    if !is_read_only {
        if log.as_ref().is_some_and(|log| log.is_restored) {
            // Facts of these numbers were lost, and will be others.
            store.publish(Changes::of_cursors(snapshot.cursors_beyond(next_fact)?));
        }
        store.set_log(log.as_ref().map(|log| log.state).unwrap_or_default());
        if let Some(log) = log {
            log.announce().map_err(|error| LedgerError::io(store.path(), error))?;
        }
        // Pages that were read may be in the system's cache alone: the log is reused only after this commit.
        store.checkpoint()?;
    }
    let (id, position) = (snapshot.id()?, declared.after());
    views.publish_rest(position.last_at, &position.totals);
    views.keys.publish(replayed.room.keys);
    let next_due = store.snapshot()?.agenda(1)?.first().map(|(due, _)| *due);
    Ok(Recovered { id, views, position, terms: terms_by_number, catalogue, clock, next_due })
}

/// Publishes all that a batch changed; rows lacked facts from this one on, and lack none after it.
fn publish(store: &Store, batch: Batch<'_>, replay_from: FactNumber) -> Sealed {
    let (changed, next_fact) = (batch.changed(), batch.position.next_fact);
    let mut keys = KeysPlan::unchanged(batch.published_keys());
    let sealed = batch.sealed(&changed);
    store.publish(sealed.changes((replay_from, next_fact), &mut keys, &Cursors::new(), None));
    sealed
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

/// Applies every fact of the log, all of which the ledger's file lacks.
fn replay_log(
    groups: &[Group],
    batch: &mut Batch<'_>,
    catalogues: &mut Catalogues,
) -> Result<(), LedgerError> {
    for Group { first, next_fact, frames, .. } in groups {
        let (mut rest, mut next) = (&frames[..], *first);
        while !rest.is_empty() {
            let before = rest;
            let broken =
                || LedgerError::damaged(format!("the frame of fact {next} in the log cannot be read"));
            let frame = packed::frame::read(&mut rest).ok_or_else(broken)?;
            let bytes = before.get(..before.len().saturating_sub(rest.len())).unwrap_or_default();
            let numbered = (next, Arc::new(frame));
            next = next.plus(numbered.1.facts.len());
            batch.use_keys(numbered.0, &numbered.1);
            for (place, fact) in numbered.1.facts.iter().enumerate() {
                if matches!(fact.body, Body::CatalogueDeclared { .. }) {
                    catalogues.apply(numbered.0.plus(place), fact);
                }
            }
            batch.append(&numbered, bytes)?;
        }
        if next != *next_fact {
            return Err(LedgerError::damaged("a record of the log has other facts than it says"));
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

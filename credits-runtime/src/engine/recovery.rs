//! Recovery: replays facts of the journal and of the log that rows lack, before any new commit.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::batch::batch::{Batch, Position};
use super::batch::file_source::FileSource;
use super::batch::sealed::SealedBatch;
use super::clock::{Clock, LedgerClock};
use super::commit_log::CommitGroup;
use super::journal::block::Tail;
use super::journal::frame;
use super::keys::Keys;
use super::opening::FoundLog;
use super::published::Published;
use super::relist::{begin_relisting, relist};
use super::rows::{self, CheckpointState};
use super::store::{Changes, LedgerId, Snapshot, Store};
use super::tuning::ROWS_AT_ONCE;
use super::wallets::budget::MemoryBudget;
use crate::domain::billing::record::Billing;
use crate::domain::billing::terms::PriceList;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::catalogue::CatalogueData;
use crate::domain::declarations::Catalogues;
use crate::domain::explain::Terms;
use crate::domain::ids::{FactNumber, Owner};
use crate::domain::low_balances::LowBalances;
use crate::domain::names::Names;
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::error::{LedgerError, LedgerErrorKind};

/// The terms of every declared catalogue, by its number.
pub(crate) type TermsByNumber = HashMap<u32, Arc<Terms>>;

/// The state of a recovered ledger.
pub(crate) struct Recovered {
    pub(crate) id: LedgerId,
    pub(crate) published: Published,
    pub(crate) position: Position,
    /// The state that the first checkpoint continues.
    pub(crate) state: CheckpointState,
    pub(crate) terms: TermsByNumber,
    /// The number of the application's catalogue.
    pub(crate) catalogue: u32,
    pub(crate) names: Names,
    pub(crate) clock: LedgerClock,
    /// The earliest due instant of any record.
    pub(crate) next_due: Option<Timestamp>,
}

/// Options of a recovery.
pub(crate) struct Recovery<'a> {
    pub(crate) terms: &'a CatalogueData,
    pub(crate) prices: &'a PriceList,
    pub(crate) policy: &'a Policy,
    pub(crate) memory: MemoryBudget,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clock_confirmed: bool,
    /// Whether the files are only read: facts are replayed in memory, and no catalogue is declared.
    pub(crate) is_read_only: bool,
}

/// Brings a ledger's rows up to date, and declares the application's catalogue.
pub(crate) fn recover(
    store: &Store,
    groups: &[CommitGroup],
    log: Option<&mut FoundLog>,
    recovery: Recovery<'_>,
) -> Result<Recovered, LedgerError> {
    // Facts that contradict their record panic, and redb may panic over a damaged file.
    catch_unwind(AssertUnwindSafe(|| recover_unguarded(store, groups, log, recovery)))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

fn recover_unguarded(
    store: &Store,
    groups: &[CommitGroup],
    log: Option<&mut FoundLog>,
    recovery: Recovery<'_>,
) -> Result<Recovered, LedgerError> {
    let Recovery { terms, prices, policy, memory, is_read_only, .. } = recovery;
    let snapshot = store.snapshot()?;
    let (stored, state) = (position(&snapshot)?, snapshot.checkpoint_state()?);
    let published = {
        let facts = snapshot.first_fact()?..stored.next.first();
        let limits = (memory, LowBalances::of(policy.low_balance_thresholds));
        Published::new(facts, stored.last_at, Keys::stored(&snapshot)?, limits)
    };
    let mut catalogues = snapshot.catalogues()?;
    let mut batch = Batch::new(FileSource::new(store, &published), policy, &stored);
    replay_journal(&snapshot, &state, stored.next.first(), &mut batch, &mut catalogues)?;
    replay_log(groups, &mut batch, &mut catalogues)?;
    batch.refile_billing();
    let replayed = batch.sealed();
    let next_fact = replayed.position.next.first();
    let last = (next_fact > FactNumber::FIRST).then_some(replayed.position.last_at);
    let clock = LedgerClock::new(recovery.clock, last, recovery.clock_confirmed);
    let state = CheckpointState { replay_from: next_fact, ..state };
    let is_relisted = begin_relisting(store, &published.low_balances)?;
    store.publish(all_changes(&replayed, &state, &published.low_balances));
    published.keys.publish(&replayed.keys);
    // This snapshot has the replayed facts of the log.
    let snapshot = store.snapshot()?;
    let mut terms_by_number = declared_terms(&snapshot, &catalogues)?;
    let mut batch = Batch::new(FileSource::new(store, &published), policy, &replayed.after());
    let declared = catalogues.number_of(&terms.terms_fingerprint());
    let number = declared.unwrap_or_else(|| catalogues.declaration(terms).0);
    if declared.is_none() && !is_read_only {
        check_names(&names(&terms_by_number, None), terms)?;
    }
    terms_by_number.insert(number, Arc::new(Terms::of(terms.clone())));
    let names = names(&terms_by_number, Some(number));
    let catalogue = if is_read_only {
        number
    } else {
        if catalogues.declared().last().is_some_and(|last| last.fingerprint != terms.terms_fingerprint()) {
            let page = |after: Option<&Owner>, max| snapshot.billed_owners(after, max);
            let billing = |owner: &Owner| Ok(snapshot.billing(owner)?.billing);
            check_plans(page, billing, &prices.clone().kept_as(&names), clock.now())?;
        }
        batch.declare(&mut catalogues, terms, clock.now())
    };
    let declared = batch.sealed();
    let next_fact = declared.position.next.first();
    let state = CheckpointState { replay_from: next_fact, ..state };
    store.publish(all_changes(&declared, &state, &published.low_balances));
    if !is_read_only {
        if snapshot.covers()? != Some(catalogue) {
            // On disk before the first cover that is changed.
            let mut changes = Changes::default();
            changes.put_covers(None);
            store.publish(changes);
        }
        if log.as_ref().is_some_and(|log| log.is_restored) {
            // New facts reuse the numbers of lost ones, so subscribers beyond the end go back to it.
            let mut changes = Changes::default();
            changes.put_cursors(snapshot.cursors_beyond(next_fact)?);
            store.publish(changes);
        }
        store.set_log(log.as_ref().map(|log| log.state).unwrap_or_default());
        if let Some(log) = log {
            log.announce().map_err(|error| LedgerError::io(store.path(), error))?;
        }
        // The pages that were read may not be on disk yet, only in the system's cache. The log is reused after this
        // commit.
        store.checkpoint()?;
    }
    if is_relisted {
        relist(store, &published.low_balances, is_read_only)?;
    }
    let position = declared.after();
    published.publish_totals(position.last_at, &position.totals);
    published.wallets.became_dirty([], next_fact);
    let (id, next_due) = (snapshot.id()?, store.snapshot()?.agenda(1)?.first().map(|(due, _)| *due));
    Ok(Recovered {
        id,
        published,
        position,
        state,
        terms: terms_by_number,
        catalogue,
        names,
        clock,
        next_due,
    })
}

/// The terms of the newest catalogue in the file; `None` if none was declared.
pub(crate) fn last_terms(store: &Store) -> Result<Option<CatalogueData>, LedgerError> {
    let read = || {
        let snapshot = store.snapshot()?;
        let catalogues = snapshot.catalogues()?;
        let mut terms = declared_terms(&snapshot, &catalogues)?;
        let last = catalogues.declared().last().and_then(|last| terms.remove(&last.number));
        Ok(last.map(|terms| terms.data.clone()))
    };
    // A damaged file panics, as in a recovery.
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

/// All rows of a batch, including those of its wallets.
pub(super) fn all_changes(
    batch: &SealedBatch,
    state: &CheckpointState,
    low_balances: &LowBalances,
) -> Changes {
    let mut changes = batch.changes(None);
    for (id, loaded) in batch.wallets.changed() {
        let milestones = batch.milestones.get(id).map(Vec::as_slice).unwrap_or_default();
        let is_low = low_balances.has(id, &loaded.wallet);
        changes.put_wallet(id, &loaded.wallet, (loaded.filed, is_low), milestones);
    }
    changes.put_totals(&batch.position.totals);
    changes.put_state(state.clone());
    changes
}

/// The names of the declared catalogues. Those of the application are the present ones.
pub(super) fn names(terms: &TermsByNumber, application: Option<u32>) -> Names {
    let mut numbers: Vec<u32> = terms.keys().copied().collect();
    numbers.sort_unstable();
    // A catalogue of the past may be the application's again; its names are added once more, as the last.
    let numbers = numbers.into_iter().chain(application);
    Names::of(numbers.filter_map(|number| Some((number, &terms.get(&number)?.data))))
}

/// Fails if the new catalogue renames an item to one that the ledger knows as another.
pub(super) fn check_names(names: &Names, terms: &CatalogueData) -> Result<(), LedgerError> {
    match names.clash(terms) {
        None => Ok(()),
        Some(clash) => Err(LedgerError::new(LedgerErrorKind::NameClash, clash.to_string())),
    }
}

/// Fails if the new prices contradict a subscription or an offer. `page` returns owners with billing after one, up to a number
/// of them.
pub(super) fn check_plans(
    page: impl Fn(Option<&Owner>, usize) -> Result<Vec<Owner>, LedgerError>,
    billing: impl Fn(&Owner) -> Result<Billing, LedgerError>,
    prices: &PriceList,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let mut after: Option<Owner> = None;
    loop {
        let owners = page(after.as_ref(), ROWS_AT_ONCE)?;
        let Some(last) = owners.last() else { return Ok(()) };
        after = Some(last.clone());
        for owner in &owners {
            billing(owner)?
                .check_plans(owner, prices, now)
                .map_err(|changed| LedgerError::new(LedgerErrorKind::PlanChanged, changed.to_string()))?;
        }
    }
}

/// The end of the journal; fails if rows have later facts.
pub(super) fn position(snapshot: &Snapshot) -> Result<Position, LedgerError> {
    let CheckpointState { replay_from, keys } = snapshot.checkpoint_state()?;
    let covered = replay_from.max(keys.from);
    let Some(block) = snapshot.last_block()? else {
        return if covered == FactNumber::FIRST { Ok(Position::start()) } else { Err(journal_too_short()) };
    };
    let frames = block.decode()?;
    let last = frames.last().ok_or_else(journal_too_short)?;
    let next_fact = last.next();
    if covered > next_fact {
        return Err(journal_too_short());
    }
    let totals = Arc::new(snapshot.totals()?);
    Ok(Position { next: Numbers::from(next_fact), last_at: last.at, tail: Some(Tail::new(block)), totals })
}

fn journal_too_short() -> LedgerError {
    LedgerError::damaged("its journal ends before the facts that its rows have")
}

/// Replays every fact before `end` that rows may lack, and adds every key that no segment has.
fn replay_journal(
    snapshot: &Snapshot,
    state: &CheckpointState,
    end: FactNumber,
    batch: &mut Batch<'_, FileSource<'_>>,
    catalogues: &mut Catalogues,
) -> Result<(), LedgerError> {
    let mut next = state.replay_from.min(state.keys.from);
    while next < end {
        for booked in snapshot.block(next)?.decode()? {
            if booked.first() >= state.keys.from {
                batch.use_keys(&booked);
            }
            next = booked.next();
            if booked.first() >= state.replay_from {
                apply_declarations(catalogues, &booked);
                batch.replay(&booked)?;
            }
        }
    }
    Ok(())
}

/// Appends the frames of the log, which the ledger's file lacks, and replays their facts.
fn replay_log(
    groups: &[CommitGroup],
    batch: &mut Batch<'_, FileSource<'_>>,
    catalogues: &mut Catalogues,
) -> Result<(), LedgerError> {
    for CommitGroup { first, next_fact, frames, .. } in groups {
        let (mut rest, mut next) = (&frames[..], *first);
        while !rest.is_empty() {
            let before = rest;
            let broken =
                || LedgerError::damaged(format!("the frame of fact {next} in the log cannot be read"));
            let frame = frame::read(&mut rest).ok_or_else(broken)?;
            let bytes = before.get(..before.len().saturating_sub(rest.len())).unwrap_or_default();
            let booked = Booked::new(Numbers::from(next), frame);
            next = booked.next();
            batch.use_keys(&booked);
            apply_declarations(catalogues, &booked);
            batch.append(&booked, bytes)?;
        }
        if next != *next_fact {
            return Err(LedgerError::damaged("a record of the log has other facts than its header counts"));
        }
    }
    Ok(())
}

fn apply_declarations(catalogues: &mut Catalogues, booked: &Booked) {
    for (number, fact) in booked.numbered() {
        if matches!(fact.body, Body::CatalogueDeclared { .. }) {
            catalogues.apply(number, fact);
        }
    }
}

fn declared_terms(snapshot: &Snapshot, catalogues: &Catalogues) -> Result<TermsByNumber, LedgerError> {
    let terms = catalogues.declared().iter().map(|declared| {
        let broken = || LedgerError::damaged(format!("catalogue {} cannot be read", declared.number));
        let booked = snapshot.block(declared.fact)?.frame(declared.fact)?.ok_or_else(broken)?;
        let (_, fact) = booked.outcome().ok_or_else(broken)?;
        let Body::CatalogueDeclared { data, .. } = &fact.body else { return Err(broken()) };
        Ok((declared.number, Arc::new(Terms::of(rows::decode(data)?))))
    });
    terms.collect()
}

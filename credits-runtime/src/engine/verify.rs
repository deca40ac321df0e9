//! Verification: replays the journal, and compares every row with its result, every grant with its audit, and the
//! hash chain.
//!
//! It reads one snapshot, so that concurrent commits do not disturb it.

mod waiting;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::journal::block::{Block, Head};
use super::keys::segment::KeyEntries;
use super::keys::{Keys, frames_under, key_rows};
use super::rows::{self, BillingRow, Filing, KeysState, Milestone, Scheduled, WalletRow};
use super::store::Snapshot;
use crate::domain::audit::Audit;
use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::declarations::Catalogues;
use crate::domain::explain::{Terms, recomputed};
use crate::domain::fact::{Fact, RecordId};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{Asset, FactNumber, ObjectId, Owner, WalletId};
use crate::domain::limits::MILESTONE_FACTS;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;
use waiting::{WaitingAudit, WaitingRows};

/// Counts of the verified parts of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verified {
    /// Facts of the journal.
    pub facts: u64,
    /// Frames of the journal; each is one commit of facts.
    pub frames: u64,
    /// Wallets, each equal to the result of its facts.
    pub wallets: u64,
    /// Grants, each equal to an independent audit of its facts.
    pub grants: u64,
    /// Uses of idempotency keys, each indexed with its frame.
    pub keys: u64,
}

/// The progress of a verification: facts of the journal that are replayed. The stored records are compared after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifyProgress {
    /// Replayed facts.
    pub facts: u64,
    /// Facts of the journal.
    pub of: u64,
}

/// Follows the chain to the block of a fact; returns the head of the chain as of that fact, or `None` if no frame
/// ends with it.
pub(crate) fn head_at(snapshot: &Snapshot, last: FactNumber) -> Result<Option<Head>, LedgerError> {
    let (mut next, mut head) = (snapshot.first_fact()?, Head::default());
    if last < next {
        return Ok(None);
    }
    while next <= last {
        let block = chained(snapshot, next, head)?;
        let (end, frames) = block.end_of(last)?;
        head = Block::of(block.first, block.previous_head, frames).head();
        next = end;
    }
    Ok((next == last.plus(1)).then_some(head))
}

fn wrong_milestone(number: FactNumber) -> LedgerError {
    LedgerError::damaged(format!("the milestone of fact {number} is not what it was"))
}

fn chained(snapshot: &Snapshot, first: FactNumber, head: Head) -> Result<Arc<Block>, LedgerError> {
    let block = snapshot.block(first)?;
    if block.first != first || block.previous_head != head || block.frames.is_empty() {
        return Err(LedgerError::damaged(format!("the chain of blocks breaks before fact {first}")));
    }
    Ok(block)
}

/// Verifies everything; the first contradiction is the error. `progress` is called after each block of frames.
pub(crate) fn verify(
    snapshot: &Snapshot,
    mut progress: impl FnMut(VerifyProgress),
) -> Result<Verified, LedgerError> {
    // A panic of `progress` is the caller's: it is no contradiction.
    let mut panicked = None;
    let mut watched = |step| {
        if panicked.is_none() {
            panicked = catch_unwind(AssertUnwindSafe(|| progress(step))).err();
        }
    };
    // Facts that contradict their record panic when they are applied.
    let verified = catch_unwind(AssertUnwindSafe(|| Verification::of(snapshot)?.run(snapshot, &mut watched)))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")));
    if let Some(panic) = panicked {
        resume_unwind(panic);
    }
    verified
}

/// A fact of a wallet whose row may lack it.
struct LaggingFact {
    number: FactNumber,
    at: Timestamp,
    fact: Fact,
}

struct Verification {
    /// The index of the segments.
    keys: Keys,
    sealed_keys: u64,
    recent_keys: HashSet<Hash128>,
    /// Keys that are missing in the segments, with their frames, until a later frame takes the key over.
    missing_keys: HashMap<Hash128, FactNumber>,
    wallets: HashMap<WalletId, (Wallet, Audit)>,
    billings: HashMap<Owner, Billing>,
    objects: HashMap<ObjectId, Object>,
    waiting: WaitingAudit,
    /// Facts since `replay_from`, which rows of wallets may lack.
    lagging: HashMap<WalletId, Vec<LaggingFact>>,
    replay_from: Option<FactNumber>,
    catalogues: Catalogues,
    terms: HashMap<u32, Terms>,
    totals: Totals,
    last_at: Option<Timestamp>,
    frames: u64,
    milestones: u64,
    /// The first fact of each wallet whose milestone is not stored. The wallet's row must not have that fact.
    unwritten_milestones: HashMap<WalletId, FactNumber>,
}

/// What the rows of records say about the agenda and the list for attention.
#[derive(Default)]
struct FiledRecords {
    due: BTreeMap<Scheduled, Option<Timestamp>>,
    /// The keys of the list for attention that were not seen yet.
    listed: BTreeSet<Vec<u8>>,
}

impl FiledRecords {
    fn add(&mut self, key: &[u8], record: Scheduled, filing: Filing) {
        self.due.insert(record, filing.due);
        if filing.needs_attention {
            self.listed.insert(rows::attention_key(key));
        }
    }
}

impl Verification {
    fn of(snapshot: &Snapshot) -> Result<Self, LedgerError> {
        Ok(Self {
            keys: Keys::stored(snapshot)?,
            sealed_keys: 0,
            recent_keys: HashSet::new(),
            missing_keys: HashMap::new(),
            wallets: HashMap::new(),
            billings: HashMap::new(),
            objects: HashMap::new(),
            waiting: WaitingAudit::default(),
            lagging: HashMap::new(),
            replay_from: None,
            catalogues: Catalogues::default(),
            terms: HashMap::new(),
            totals: Totals::default(),
            last_at: None,
            frames: 0,
            milestones: 0,
            unwritten_milestones: HashMap::new(),
        })
    }

    fn run(
        mut self,
        snapshot: &Snapshot,
        progress: &mut dyn FnMut(VerifyProgress),
    ) -> Result<Verified, LedgerError> {
        let (end, state, first) = (snapshot.end()?, snapshot.checkpoint_state()?, snapshot.first_fact()?);
        let facts_before = |next: FactNumber| next.get().saturating_sub(first.get());
        self.replay_from = Some(state.replay_from);
        let (mut next, mut head) = (first, Head::default());
        while next < end.next_fact {
            let block = chained(snapshot, next, head)?;
            for booked in block.decode()? {
                self.frame(snapshot, &booked)?;
                next = booked.next();
            }
            head = block.head();
            progress(VerifyProgress { facts: facts_before(next), of: facts_before(end.next_fact) });
        }
        if next != end.next_fact || head != end.head {
            return Err(LedgerError::damaged("its journal does not end with its last block"));
        }
        self.views(snapshot)?;
        self.segments(snapshot)?;
        self.sums()?;
        let grants = self.wallets.values().map(|(_, audit)| audit.grants() as u64).sum();
        Ok(Verified {
            facts: facts_before(next),
            frames: self.frames,
            wallets: self.wallets.len() as u64,
            grants,
            keys: self.sealed_keys.saturating_add(self.recent_keys.len() as u64),
        })
    }

    fn frame(&mut self, snapshot: &Snapshot, booked: &Booked) -> Result<(), LedgerError> {
        let first = booked.first();
        if self.last_at.is_some_and(|last| last > booked.at) {
            return Err(LedgerError::damaged(format!("time goes back at fact {first}")));
        }
        self.last_at = Some(booked.at);
        self.frames = self.frames.saturating_add(1);
        for (number, fact) in booked.numbered() {
            self.fact(snapshot, number, fact, booked.at)?;
        }
        for (hash, _) in key_rows(booked) {
            self.key(snapshot, hash, first, booked.kind.key_lapses())?;
        }
        Ok(())
    }

    /// Counts a key of a frame, which must be in a segment. Exceptions are recent keys, lapsed keys, and keys that a
    /// later frame takes over.
    fn key(
        &mut self,
        snapshot: &Snapshot,
        hash: Hash128,
        first: FactNumber,
        lapses: bool,
    ) -> Result<(), LedgerError> {
        self.missing_keys.remove(&hash);
        let KeysState { from, lapsed, .. } = self.keys.state();
        if first >= from {
            self.recent_keys.insert(hash);
            return Ok(());
        }
        if frames_under(snapshot, &self.keys.segments_with(&hash), &hash)?.contains(&first) {
            self.sealed_keys = self.sealed_keys.saturating_add(1);
        } else if !(lapses && first < lapsed) {
            self.missing_keys.insert(hash, first);
        }
        Ok(())
    }

    /// Checks that no key is missing, and that segments have no other keys.
    fn segments(&self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        if let Some(first) = self.missing_keys.values().min() {
            return Err(LedgerError::damaged(format!("a key of fact {first} is missing")));
        }
        let mut keys = 0_u64;
        for segment in self.keys.state().segments {
            let (mut after, mut count, mut last) = (None, 0_u64, None);
            while let Some((first, bytes)) = snapshot.segment_page_after(segment.number, after)? {
                let entries = KeyEntries::of(first, &bytes, segment.from).collect::<Result<Vec<_>, _>>()?;
                if last.is_some_and(|last| last >= first) {
                    return Err(LedgerError::damaged("the pages of a segment of keys are not in order"));
                }
                last = entries.last().map(|(prefix, _)| *prefix);
                count = count.saturating_add(entries.len() as u64);
                after = Some(first);
            }
            if count != segment.keys {
                let number = segment.number;
                return Err(LedgerError::damaged(format!("segment {number} of keys is not complete")));
            }
            keys = keys.saturating_add(count);
        }
        if keys == self.sealed_keys {
            return Ok(());
        }
        Err(LedgerError::damaged("there are keys that no frame has"))
    }

    fn fact(
        &mut self,
        snapshot: &Snapshot,
        number: FactNumber,
        fact: &Fact,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.totals.apply(number, fact, at);
        let id = match &fact.record {
            RecordId::Wallet(id) => id,
            RecordId::Billing(owner) => {
                self.billings.entry(owner.clone()).or_default().apply(number, fact);
                return Ok(());
            }
            RecordId::Object(id) => {
                self.objects.entry(id.clone()).or_default().apply(number, fact);
                return Ok(());
            }
            RecordId::WaitingRoom => return self.waiting.add(number, fact),
            RecordId::Catalogues => {
                let Body::CatalogueDeclared { number: catalogue, data, .. } = &fact.body else {
                    return Err(LedgerError::damaged(format!("fact {number} declares no catalogue")));
                };
                self.catalogues.apply(number, fact);
                self.terms.insert(*catalogue, Terms::of(rows::decode(data)?));
                return Ok(());
            }
        };
        if let Body::Charged { charge, settles, .. } = &fact.body {
            let terms = self.terms.get(&charge.operation.catalogue);
            let recomputed = terms.and_then(|terms| recomputed(terms, charge));
            // The application may settle a hold at any amount.
            let own = settles.is_some();
            if recomputed.is_some_and(|price| price != charge.price && !own) {
                return Err(LedgerError::damaged(format!(
                    "the price of fact {number} is not what its terms say"
                )));
            }
        }
        let (wallet, audit) = self.wallets.entry(id.clone()).or_default();
        audit.add(number, fact).map_err(|what| LedgerError::damaged(format!("in `{}`, {what}", id.owner)))?;
        wallet.apply(number, fact);
        if self.replay_from.is_some_and(|from| number >= from) {
            self.lagging.entry(id.clone()).or_default().push(LaggingFact { number, at, fact: fact.clone() });
        }
        if fact.ordinal.is_multiple_of(MILESTONE_FACTS) {
            let effective_at = fact.body.effective_at(at);
            let expected = Milestone { fact: number, effective_at, balance: wallet.balance };
            match snapshot.milestone(id, fact.ordinal)? {
                Some(milestone) if milestone == expected => {
                    self.milestones = self.milestones.saturating_add(1);
                }
                None => _ = self.unwritten_milestones.entry(id.clone()).or_insert(number),
                Some(_) => return Err(wrong_milestone(number)),
            }
        }
        Ok(())
    }

    /// Checks that the views have exactly the rows that the journal leads to.
    fn views(&self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        let broken =
            |what: &str| LedgerError::damaged(format!("a row of {what} is not what the journal says"));
        let (mut wallets, mut agenda, mut milestones, mut single) = (0_usize, Vec::new(), 0_u64, 0);
        let (mut billings, mut objects) = (0_usize, 0_usize);
        let mut waiting = WaitingRows::default();
        let thresholds = snapshot.low_balances()?.ok_or_else(|| broken("low balances"))?;
        let (mut filed, mut totals) = (FiledRecords::default(), Totals::default());
        // Wallets without facts before `replay_from`, which may have no row yet.
        let all_lags = |id: &&WalletId| {
            let lagging = self.lagging.get(*id).map_or(0, Vec::len);
            self.wallets.get(*id).is_some_and(|(wallet, _)| wallet.facts == lagging as u64)
        };
        let mut unwritten: HashSet<WalletId> = self.wallets.keys().filter(all_lags).cloned().collect();
        snapshot.each_view(|key, value| {
            match key.first() {
                Some(1) if key == rows::CATALOGUES_KEY => {
                    let kept = rows::record_from_bytes::<Catalogues>(value)?;
                    if kept != self.catalogues {
                        return Err(broken("catalogues"));
                    }
                    single += 1;
                }
                Some(2) => {
                    let id = rows::wallet_from_key(key).ok_or_else(|| broken("a wallet"))?;
                    let kept = rows::wallet_from_bytes(value)?;
                    filed.add(key, Scheduled::Wallet(id.clone()), kept.filed);
                    if thresholds.has(&id, &kept.wallet) != kept.filed.needs_attention {
                        return Err(broken("low balances"));
                    }
                    self.wallet(&id, kept)?;
                    unwritten.remove(&id);
                    wallets = wallets.saturating_add(1);
                }
                Some(3) => milestones = milestones.saturating_add(1),
                Some(4) => {
                    agenda.push(rows::agenda_from_key(key)?);
                }
                Some(5) if key == rows::TOTALS_KEY => {
                    totals = rows::totals_from_bytes(value)?;
                    single += 1;
                }
                Some(6) => {
                    let owner = rows::billing_from_key(key).ok_or_else(|| broken("billing"))?;
                    let BillingRow { billing: kept, filing } = rows::billing_from_bytes(value)?;
                    filed.add(key, Scheduled::Billing(owner.clone()), filing);
                    // Billing without facts may have a row, which equals the default.
                    let rebuilt = self.billings.get(&owner).cloned().unwrap_or_default();
                    if rebuilt != kept {
                        return Err(broken("billing"));
                    }
                    billings = billings.saturating_add(usize::from(self.billings.contains_key(&owner)));
                }
                Some(7) => {
                    let id = rows::object_from_key(key).ok_or_else(|| broken("an object"))?;
                    let kept = rows::record_from_bytes::<Object>(value)?;
                    if self.objects.get(&id) != Some(&kept) {
                        return Err(broken("an object"));
                    }
                    objects = objects.saturating_add(1);
                }
                Some(8) if [rows::LOW_BALANCES_KEY, rows::COVERS_KEY].contains(&key) => {}
                // In key order, rows of wallets and of billing precede the list for attention.
                Some(8) if value.is_empty() && filed.listed.remove(key) => {}
                Some(9..=11) => {
                    if !self.waiting.has(&mut waiting, key, value)? {
                        return Err(broken("the waiting room"));
                    }
                }
                Some(12) => {
                    let day = rows::day_from_key(key).ok_or_else(|| broken("a day"))?;
                    // The row of the totals precedes the days.
                    totals.days.0.insert(day, rows::decode(value)?);
                }
                _ => return Err(broken("something unknown")),
            }
            Ok(())
        })?;
        let mut lagging: Vec<_> = self.lagging.values().flatten().collect();
        lagging.sort_unstable_by_key(|lagging| lagging.number);
        for LaggingFact { number, at, fact } in lagging {
            totals.apply(*number, fact, *at);
        }
        if totals != self.totals {
            return Err(broken("the totals"));
        }
        if agenda.iter().any(|(due, record)| filed.due.get(record) != Some(&Some(*due))) {
            return Err(broken("the agenda"));
        }
        let due = filed.due.values().flatten().count();
        // Every opening and checkpoint writes the totals, and the first opening declares a catalogue.
        let singles = if self.frames > 0 { 2 } else { 0 };
        if single != singles
            || wallets.saturating_add(unwritten.len()) != self.wallets.len()
            || agenda.len() != due
            || billings != self.billings.len()
            || objects != self.objects.len()
            || !self.waiting.has_all(&waiting)
            || !filed.listed.is_empty()
            || milestones != self.milestones
        {
            return Err(LedgerError::damaged("rows are missing that the journal leads to"));
        }
        Ok(())
    }

    fn wallet(
        &self,
        id: &WalletId,
        WalletRow { wallet: mut kept, filed }: WalletRow,
    ) -> Result<(), LedgerError> {
        let differs = |what: &str| LedgerError::damaged(format!("the wallet of `{}`: {what}", id.owner));
        let (rebuilt, audit) = self.wallets.get(id).ok_or_else(|| differs("nothing happened to it"))?;
        let is_late = |due: Timestamp| filed.due.is_none_or(|filed| filed > due);
        if kept.next_due_at().is_some_and(is_late) {
            return Err(differs("the agenda is late"));
        }
        if let Some(number) =
            self.unwritten_milestones.get(id).filter(|number| kept.last_fact >= Some(**number))
        {
            return Err(wrong_milestone(*number));
        }
        for LaggingFact { number, fact, .. } in self.lagging.get(id).into_iter().flatten() {
            kept.apply(*number, fact);
        }
        audit.compare(&kept).map_err(|what| differs(&what))?;
        if *rebuilt != kept {
            return Err(differs("it is kept otherwise than its facts say"));
        }
        Ok(())
    }

    /// Checks that the wallets and the counter-accounts of each asset sum to zero.
    fn sums(&self) -> Result<(), LedgerError> {
        let mut sums: BTreeMap<&Asset, i128> = BTreeMap::new();
        for (asset, _, total) in self.totals.iter().filter(|(_, account, _)| account.is_of_wallets()) {
            let sum = sums.entry(asset).or_default();
            *sum = sum.saturating_add(total.amount);
        }
        for (id, (_, audit)) in &self.wallets {
            let sum = sums.entry(&id.asset).or_default();
            *sum = sum.saturating_sub(i128::from(audit.balance().get()));
        }
        match sums.iter().find(|(_, sum)| **sum != 0) {
            None => Ok(()),
            Some((asset, sum)) => Err(LedgerError::damaged(format!(
                "wallets and accounts of {} differ by {sum}",
                asset.shown()
            ))),
        }
    }
}

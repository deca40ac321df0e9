//! Fulfilling: what is due less what was awarded, booked. What is missing is given, what is too much is taken back as
//! far as the rules go, and lifetimes that changed are written down.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use credits_core::{RefundedButSpent, SubscriptionRefunds};

use super::award::{Award, AwardId, Taken, Taking};
use super::due::{Due, Wanted};
use super::purchases::{Retake, invoice_purchase};
use super::record::Billing;
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::{Body, GrantTerms, Origin, Part, Record};
use crate::domain::ids::{Asset, FactNumber, ObjectId, Owner, WalletId};
use crate::domain::limits::{AWARDS_MAX, HELD_ASKED_AFTER, UNSOLVED_TOLD_AFTER};
use crate::domain::metadata::Metadata;
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Draft, Gone, Grant, Wallet};

/// What the settings decide of taking back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retaking {
    /// What a refunded subscription invoice takes.
    pub subscription_refunds: SubscriptionRefunds,
    /// What becomes of refunded credits that were spent.
    pub refunded_but_spent: RefundedButSpent,
}

/// How often advances go back and what they were of is taken again, until nothing moves.
const ADVANCE_ROUNDS_MAX: usize = 8;

/// Whose billing is fulfilled, and what is known besides it.
#[derive(Clone, Copy, Debug)]
pub struct Fulfilling<'a> {
    /// The owner.
    pub owner: &'a Owner,
    /// The owner's wallets of every asset that is concerned.
    pub wallets: &'a BTreeMap<Asset, &'a Wallet>,
    /// Operations as scopes name them.
    pub operations: &'a HashMap<String, OperationId>,
    /// What the settings decide.
    pub retaking: Retaking,
    /// The ledger's time.
    pub now: Timestamp,
}

/// What fulfilling comes to.
#[derive(Clone, Debug, Default)]
pub struct Fulfilled {
    /// Facts about wallets and the billing.
    pub facts: Vec<(Record, Body)>,
    /// Whether more is due than one commit may hold.
    pub has_more: bool,
    /// When to look again, because holds have ended by then that keep credits from being taken back.
    pub again_at: Option<Timestamp>,
    /// Awards that do not fit into the wallet's 64 bits; they are given as soon as they do.
    pub unfit: BTreeSet<AwardId>,
}

/// The assets that anything is due in, or was awarded in.
pub fn assets(billing: &Billing, due: &Due) -> Vec<Asset> {
    let wanted = due.awards.values().map(|wanted| Asset::of(&wanted.asset));
    let mut assets: Vec<_> = billing.awards.values().map(|award| award.asset.clone()).chain(wanted).collect();
    assets.sort();
    assets.dedup();
    assets
}

/// Books the difference between what is due and what was awarded; the first fact will have the number `first`.
pub fn fulfil<'a>(billing: &Billing, due: &'a Due, with: Fulfilling<'a>, first: FactNumber) -> Fulfilled {
    let mut fulfilled = Fulfilled::default();
    let mut said = Vec::new();
    for (asset, wallet) in with.wallets {
        let mut wanted: Vec<_> = due
            .awards
            .iter()
            .filter(|(id, wanted)| asset_of(billing, id, wanted) == *asset && !is_closed(billing, id))
            .map(|(id, wanted)| (wanted.effective_at, id, Some(wanted)))
            .collect();
        wanted.sort_by_key(|(at, id, _)| (*at, *id));
        let unwanted = billing.awards.iter().filter(|(id, award)| {
            award.asset == *asset
                && !due.awards.contains_key(id)
                && award.taken() < award.given
                && !award.is_closed
        });
        // What is taken goes last: what replaces it is there by then.
        wanted.extend(unwanted.map(|(id, _)| (Timestamp::MAX, id, None)));
        let place = first.plus(fulfilled.facts.len());
        let draft = Draft::at(wallet, place, with.now);
        let mut booking = Booking {
            billing: billing.clone(),
            due,
            with,
            draft,
            said: Vec::new(),
            given: 0,
            again_at: None,
            unfit: BTreeSet::new(),
        };
        booking.note_gone(asset);
        // What is given first can be taken, whatever it is taken for.
        for (_, id, wanted) in &wanted {
            booking.give_missing(id, *wanted);
        }
        for (_, id, wanted) in &wanted {
            booking.take_excess(id, *wanted);
        }
        // An advance is made up from what is left of other awards; one that is needed no more goes back first, and may be
        // what another award has to give back itself.
        for _ in 0..ADVANCE_ROUNDS_MAX {
            let returned =
                wanted.iter().filter(|(_, id, wanted)| booking.return_advance(id, *wanted)).count();
            if returned == 0 {
                break;
            }
            for (_, id, wanted) in &wanted {
                booking.take_excess(id, *wanted);
            }
        }
        for (_, id, wanted) in &wanted {
            booking.take_advance(id, *wanted);
        }
        booking.trim();
        fulfilled.has_more |= booking.given >= AWARDS_MAX;
        fulfilled.again_at = fulfilled.again_at.into_iter().chain(booking.again_at).min();
        if !booking.unfit.is_empty() {
            let again_at = with.now.after(UNSOLVED_TOLD_AFTER);
            fulfilled.again_at = fulfilled.again_at.into_iter().chain([again_at]).min();
        }
        fulfilled.unfit.append(&mut booking.unfit);
        if booking.said.is_empty() && booking.draft.is_unchanged() {
            continue;
        }
        let wallet = Record::Wallet(WalletId::of_asset(asset.clone(), with.owner.clone()));
        fulfilled.facts.extend(booking.draft.finish().into_iter().map(|body| (wallet.clone(), body)));
        said.extend(booking.said);
    }
    let record = Record::Billing(with.owner.clone());
    fulfilled.facts.extend(said.into_iter().map(|body| (record.clone(), body)));
    fulfilled
}

/// The asset that an award is in: that it was given in, if it was.
fn asset_of(billing: &Billing, id: &AwardId, wanted: &Wanted) -> Asset {
    billing.awards.get(id).map_or_else(|| Asset::of(&wanted.asset), |award| award.asset.clone())
}

fn is_closed(billing: &Billing, id: &AwardId) -> bool {
    billing.awards.get(id).is_some_and(|award| award.is_closed)
}

/// One wallet's share of a fulfilment.
struct Booking<'a> {
    /// The billing as of what was said of it so far.
    billing: Billing,
    due: &'a Due,
    with: Fulfilling<'a>,
    draft: Draft<'a>,
    /// What the billing remembers of it.
    said: Vec<Body>,
    given: usize,
    again_at: Option<Timestamp>,
    unfit: BTreeSet<AwardId>,
}

impl Booking<'_> {
    /// Takes note of what is gone of the awards' grants: the wallet remembers the newest alone.
    fn note_gone(&mut self, asset: &Asset) {
        let mut noted = Vec::new();
        for (id, award) in self.billing.awards.iter().filter(|(_, award)| award.asset == *asset) {
            for grant in &award.grants {
                let known = award.gone.iter().find(|gone| gone.grant == *grant);
                if let Some(gone) = self.draft.wallet.gone_of(*grant).filter(|gone| known != Some(gone)) {
                    noted.push(Body::GoneNoted { award: id.clone(), gone });
                }
            }
        }
        for body in noted {
            self.say(body);
        }
    }

    /// What is gone of an award's grant without being used.
    fn gone_of(&self, id: &AwardId, grant: FactNumber) -> Gone {
        let noted = || {
            let bonus = match id {
                AwardId::Pack(session) => Some(AwardId::PackBonus(session.clone())),
                _ => None,
            };
            let awards = [Some(id), bonus.as_ref()].into_iter().flatten();
            let mut gone = awards.filter_map(|id| self.billing.awards.get(id)).flat_map(|award| &award.gone);
            gone.find(|gone| gone.grant == grant).copied()
        };
        self.draft.wallet.gone_of(grant).or_else(noted).unwrap_or(Gone::nothing(grant))
    }

    fn give_missing(&mut self, id: &AwardId, wanted: Option<&Wanted>) {
        let Some(wanted) = wanted else { return };
        let given = self.billing.awards.get(id).map_or(Amount::ZERO, |award| award.given);
        let due = Amount::new(wanted.amount);
        // What has more than 64 bits is cut to their end, and never fits.
        if due == Amount::MAX {
            self.unfit.insert(id.clone());
        } else if due > given {
            self.give(id, wanted, due.minus(given));
        }
    }

    fn take_excess(&mut self, id: &AwardId, wanted: Option<&Wanted>) {
        let Some(award) = self.billing.awards.get(id).cloned() else { return };
        let due = Amount::new(wanted.map_or(0, |wanted| wanted.amount));
        let retake = wanted.and_then(|wanted| wanted.retake.clone());
        let target = match (&retake, id) {
            (Some(retake), _) => Amount::new(retake.amount),
            // An invoice gave the pack before the checkout that made the invoice was known, which gives it too.
            (None, AwardId::Pack(session)) if wanted.is_none() => {
                let bonus = self.billing.awards.get(&AwardId::PackBonus(session.clone()));
                award.given.plus(bonus.map_or(Amount::ZERO, |bonus| bonus.given))
            }
            (None, AwardId::Pack(_) | AwardId::PackBonus(_)) => Amount::ZERO,
            // What is too much of it.
            (None, _) => award.given.minus(due.min(award.given)),
        };
        let taken = award.taken();
        let retake = retake.unwrap_or_else(|| Retake::of_award(id, target));
        if target > taken {
            let credited = self.credited(id, &award, wanted).min(target.minus(taken));
            self.take(id, target.minus(taken), credited, &retake.category);
        } else if target < taken {
            self.give_back(id, &award, wanted, taken.minus(target), &retake.given_back);
        }
        if let Some(wanted) = wanted.filter(|wanted| wanted.origin == Origin::Subscription) {
            self.reschedule(id, &award, wanted);
        }
    }

    /// Remembers what the billing is told.
    fn say(&mut self, body: Body) {
        self.billing.change(FactNumber::FIRST, &body);
        self.said.push(body);
    }

    fn give(&mut self, id: &AwardId, wanted: &Wanted, amount: Amount) {
        // The rest is given by the next commit.
        if self.given >= AWARDS_MAX {
            return;
        }
        let Some(grant) = self.open(wanted, amount, wanted.category.clone()) else {
            self.unfit.insert(id.clone());
            return;
        };
        self.given = self.given.saturating_add(1);
        let asset = Asset::of(&wanted.asset);
        let basis = wanted.basis.clone();
        let at = self.with.now;
        self.say(Body::Awarded { award: id.clone(), asset, grant, amount, basis, at });
    }

    /// A grant of its own; none if the wallet would have more than 64 bits hold.
    fn open(&mut self, wanted: &Wanted, amount: Amount, category: Category) -> Option<FactNumber> {
        let balance_after = self.draft.wallet.balance.checked_add(amount)?;
        let grant = self.draft.next();
        self.draft.push(Body::Given {
            amount,
            category,
            terms: self.terms(wanted, grant),
            reason: Some(wanted.reason.clone()),
            joins: None,
            metadata: Metadata::default(),
            balance_after,
        });
        Some(grant)
    }

    fn terms(&self, wanted: &Wanted, grant: FactNumber) -> GrantTerms {
        let scope = wanted.scope.iter().filter_map(|name| self.with.operations.get(name).copied());
        GrantTerms {
            expires_at: wanted.expires_at,
            priority: GrantTerms::PRIORITY_DEFAULT,
            class: wanted.class,
            scope: scope.collect(),
            origin: wanted.origin,
            purchase: (wanted.origin == Origin::Purchase).then_some(grant),
        }
    }

    /// Trims what rolled over at plans that say how much: of each subscription, beyond its newest cycle that was given.
    fn trim(&mut self) {
        let trimmed = self.billing.awards.keys().filter(|id| matches!(id, AwardId::Cycle { .. }));
        let trimmed = trimmed.filter_map(|id| {
            let most = self.due.awards.get(id)?.trims_to?;
            let (subscription, start) = self.cycle_of(id)?;
            Some((subscription, (start, most)))
        });
        let mut newest: BTreeMap<ObjectId, (Timestamp, i64)> = BTreeMap::new();
        for (subscription, cycle) in trimmed {
            let known = newest.entry(subscription).or_insert(cycle);
            *known = (*known).max(cycle);
        }
        for (subscription, (start, most)) in newest {
            self.trim_before(&subscription, start, Amount::new(most));
        }
    }

    /// Lets what is free of a subscription's cycles before an instant expire beyond this many, oldest first.
    fn trim_before(&mut self, subscription: &ObjectId, start: Timestamp, most: Amount) {
        let is_trimmed = |id| self.due.awards.get(id).is_some_and(|wanted| wanted.trims_to.is_some());
        let earlier = self.billing.awards.iter().filter(|(id, _)| {
            let cycle = self.cycle_of(id);
            cycle.is_some_and(|(other, begun)| other == *subscription && begun < start) && is_trimmed(id)
        });
        let mut grants: Vec<_> = earlier.flat_map(|(_, award)| award.grants.iter().copied()).collect();
        grants.sort_unstable();
        let free = |wallet: &Wallet, grant| wallet.grant_left(grant).0;
        let sum = Amount::sum(grants.iter().map(|grant| free(&self.draft.wallet, *grant)));
        let mut excess = sum.minus(most.min(sum));
        for grant in grants {
            let amount = free(&self.draft.wallet, grant).min(excess);
            if amount.is_positive() {
                excess = excess.minus(amount);
                let balance_after = self.draft.wallet.balance.minus(amount);
                let effective_at = self.with.now;
                self.draft.push(Body::Expired { grant, amount, effective_at, balance_after });
            }
        }
    }

    /// The subscription and the start of an award's cycle.
    fn cycle_of(&self, id: &AwardId) -> Option<(ObjectId, Timestamp)> {
        match id {
            AwardId::Cycle { item, start, .. } => {
                Some((self.billing.subscriptions.get(item)?.id()?.clone(), *start))
            }
            AwardId::Rise { subscription, start, .. } => Some((subscription.clone(), *start)),
            _ => None,
        }
    }

    /// Takes an excess back from the award's own grants; of a pack from other credits too. `credited` of it was credited
    /// by the processor: what is gone of that is left to be made up.
    fn take(&mut self, id: &AwardId, amount: Amount, credited: Amount, category: &Category) {
        let (own, is_pack) = self.own_grants(id);
        let (mut missing, mut taken) = (amount, Vec::new());
        let mut gone = Amount::ZERO;
        for grant in &own {
            let free = self.draft.wallet.grant_left(*grant).0.min(missing);
            if let Some(part) = self.draft.wallet.part(*grant, free) {
                missing = missing.minus(free);
                taken.push(Taken::Part(part));
            }
            let of_this = self.gone_of(id, *grant);
            gone = gone.plus(of_this.expired).plus(of_this.revoked);
        }
        let settings = self.with.retaking;
        // What expired or was revoked is returned already.
        let gone = gone.minus(self.counted_as_gone(id).min(gone)).min(missing);
        missing = missing.minus(gone);
        taken.push(Taken::Gone(gone));
        if is_pack {
            let others = self.draft.wallet.allocate(missing, |grant| !own.contains(&grant.number));
            for part in others {
                missing = missing.minus(part.amount);
                taken.extend(self.draft.wallet.part(part.grant, part.amount).map(Taken::Part));
            }
        }
        let held = Amount::sum(own.iter().map(|grant| self.draft.wallet.grant_left(*grant).1));
        let owed = match (is_pack, settings) {
            (true, Retaking { refunded_but_spent: RefundedButSpent::Debt, .. })
            | (false, Retaking { subscription_refunds: SubscriptionRefunds::Debt, .. }) => missing,
            // What is held is taken when it is released.
            (true, _) => missing.min(held),
            (false, _) => Amount::ZERO,
        };
        let mut left = missing.minus(owed);
        if !is_pack && owed.is_zero() {
            // Whether what is held becomes free shows when its holds end.
            if held.is_positive() {
                left = left.minus(left.min(held));
                let soon = self.with.now.after(HELD_ASKED_AFTER);
                let until = self.draft.wallet.held_until(&own).map_or(soon, |until| until.min(soon));
                self.again_at = Some(self.again_at.map_or(until, |again_at| again_at.min(until)));
            }
            left = left.minus(left.min(credited));
        }
        self.book_taking(id, taken, (owed, left), category);
    }

    /// By how much an award is lower because paid time was credited, or given by other awards.
    fn credited(&self, id: &AwardId, award: &Award, wanted: Option<&Wanted>) -> Amount {
        match wanted {
            Some(wanted) => Amount::new(wanted.credited),
            None if self.due.superseded.contains(id) => award.given,
            None => Amount::ZERO,
        }
    }

    /// What of an award was credited and is neither in it nor held: spent, transferred, repaid as debt.
    fn advance_needed(&self, id: &AwardId, wanted: Option<&Wanted>) -> Amount {
        let Some(award) = self.billing.awards.get(id) else { return Amount::ZERO };
        if !matches!(id, AwardId::Cycle { .. } | AwardId::Rise { .. }) {
            return Amount::ZERO;
        }
        let due = Amount::new(wanted.map_or(0, |wanted| wanted.amount));
        let target = award.given.minus(due.min(award.given));
        let missing = target.minus(award.taken().min(target)).min(self.credited(id, award, wanted));
        let (own, _) = self.own_grants(id);
        let held = Amount::sum(own.iter().map(|grant| self.draft.wallet.grant_left(*grant).1));
        missing.minus(missing.min(held))
    }

    /// Gives other awards back what makes up for more than is needed; returns whether there was any.
    fn return_advance(&mut self, id: &AwardId, wanted: Option<&Wanted>) -> bool {
        let Some(award) = self.billing.awards.get(id) else { return false };
        let needed = self.advance_needed(id, wanted);
        let amount = award.advance().minus(needed.min(award.advance()));
        if !amount.is_positive() {
            return false;
        }
        let takings = award.clone().return_advance(amount);
        let parts = takings.into_iter().filter_map(|taking| match taking.what {
            Taken::Part(part) => Some(self.returning(part, taking.at)),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let Some(balance_after) = self.draft.wallet.balance.checked_add(Part::total(&parts)) else {
            return false;
        };
        let (category, reason) = (Category::SubscriptionRefund, self.reason(id));
        self.draft.push(Body::GivenBack { category, parts, reason, balance_after });
        self.say(Body::AdvanceReturned { award: id.clone(), amount });
        true
    }

    /// Takes what was credited of an award and is no longer in it from the owner's other credits of subscriptions.
    fn take_advance(&mut self, id: &AwardId, wanted: Option<&Wanted>) {
        let Some(award) = self.billing.awards.get(id) else { return };
        let needed = self.advance_needed(id, wanted);
        let missing = needed.minus(award.advance().min(needed));
        let (own, _) = self.own_grants(id);
        let is_of_a_cycle = |grant: &Grant| {
            grant.terms.origin == Origin::Subscription
                && matches!(grant.category, Category::SubscriptionCredits | Category::SubscriptionUpgrade)
                && !own.contains(&grant.number)
        };
        let parts = self.draft.wallet.allocate(missing, is_of_a_cycle);
        let parts = parts.into_iter().filter_map(|part| self.draft.wallet.part(part.grant, part.amount));
        let parts: Vec<_> = parts.collect();
        let Ok(balance_after) = self.draft.wallet.balance_after_taking(Part::total(&parts)) else { return };
        if parts.is_empty() {
            return;
        }
        let at = self.with.now;
        let taken = parts.iter().map(|part| Taking { at, what: Taken::Part(part.clone()) }).collect();
        let (category, reason) = (Category::SubscriptionRefund, self.reason(id));
        self.draft.push(Body::TakenBack { category, parts, owed: Amount::ZERO, reason, balance_after });
        self.say(Body::AdvanceTaken { award: id.clone(), taken });
    }

    /// A part that goes back to its grant, with at least the lifetime that it had left when it was taken.
    fn returning(&self, part: Part, taken_at: Timestamp) -> Part {
        let left = part.terms.expires_at.map(|expires_at| expires_at.since(taken_at));
        let expires_at = part
            .terms
            .expires_at
            .zip(left)
            .map(|(expires_at, left)| expires_at.max(self.with.now.after(left)));
        // It may be open, and until later.
        let open = self.draft.wallet.grant(part.grant).map(|grant| grant.terms.expires_at);
        let expires_at = open.map_or(expires_at, |open| open.zip(expires_at).map(|(a, b)| a.max(b)));
        Part { terms: GrantTerms { expires_at, ..part.terms }, ..part }
    }

    fn book_taking(
        &mut self,
        id: &AwardId,
        mut taken: Vec<Taken>,
        (owed, left): (Amount, Amount),
        category: &Category,
    ) {
        let parts = taken.iter().filter_map(|taken| match taken {
            Taken::Part(part) => Some(part.clone()),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let of_parts = Part::total(&parts);
        // More than a balance can owe is left.
        let (owed, left, balance_after) = match self.draft.wallet.balance_after_taking(of_parts.plus(owed)) {
            Ok(balance_after) => (owed, left, balance_after),
            Err(_) => (Amount::ZERO, left.plus(owed), self.draft.wallet.balance.minus(of_parts)),
        };
        if of_parts.is_positive() || owed.is_positive() {
            let (category, reason) = (category.clone(), self.reason(id));
            self.draft.push(Body::TakenBack { category, parts, owed, reason, balance_after });
        }
        taken.extend([Taken::Owed(owed), Taken::Left(left)]);
        let at = self.with.now;
        let taken = taken.into_iter().map(|what| Taking { at, what });
        let taken: Vec<_> = taken.filter(|taken| taken.amount().is_positive()).collect();
        if !taken.is_empty() {
            self.say(Body::TookBack { award: id.clone(), taken });
        }
    }

    fn give_back(
        &mut self,
        id: &AwardId,
        award: &Award,
        wanted: Option<&Wanted>,
        amount: Amount,
        category: &Category,
    ) {
        let (mut parts, mut owed) = (Vec::new(), Amount::ZERO);
        for Taking { at, what } in award.clone().untake(amount) {
            match what {
                Taken::Part(part) => parts.push(self.returning(part, at)),
                Taken::Owed(amount) => owed = owed.plus(amount),
                Taken::Gone(_) | Taken::Left(_) => {}
            }
        }
        let Some(balance_after) = self.draft.wallet.balance.checked_add(Part::total(&parts)) else { return };
        if !parts.is_empty() {
            let (category, reason) = (category.clone(), self.reason(id));
            self.draft.push(Body::GivenBack { category, parts, reason, balance_after });
        }
        let grant = match wanted {
            Some(wanted) if owed.is_positive() => self.open(wanted, owed, category.clone()),
            _ => None,
        };
        self.say(Body::GaveBack { award: id.clone(), amount, grant });
    }

    fn reschedule(&mut self, id: &AwardId, award: &Award, wanted: &Wanted) {
        let expires_at = wanted.expires_at;
        // What expired before it was known that it lasts longer is there again; what was trimmed is not, nor what was
        // counted as taken.
        let is_over =
            wanted.trims_to.is_some() || expires_at.is_some_and(|expires_at| expires_at <= self.with.now);
        let gone = award.grants.iter().map(|grant| self.gone_of(id, *grant));
        let (expired, revoked) = gone.fold((Amount::ZERO, Amount::ZERO), |(expired, revoked), gone| {
            (expired.plus(gone.expired), revoked.plus(gone.revoked))
        });
        let counted = self.counted_as_gone(id);
        let counted = counted.minus(counted.min(revoked));
        let mut restorable = expired.minus(expired.min(counted));
        for grant in award.grants.iter().filter(|_| !is_over) {
            let amount = self.gone_of(id, *grant).expired.min(restorable);
            restorable = restorable.minus(amount);
            if amount.is_positive()
                && let Some(balance_after) = self.draft.wallet.balance.checked_add(amount)
            {
                let (category, terms) = (wanted.category.clone(), self.terms(wanted, *grant));
                self.draft.push(Body::Restored { grant: *grant, amount, category, terms, balance_after });
                let gone = self.gone_of(id, *grant);
                let expired = if self.draft.wallet.gone_of(*grant).is_some() {
                    gone.expired
                } else {
                    gone.expired.minus(amount)
                };
                self.say(Body::GoneNoted { award: id.clone(), gone: Gone { expired, ..gone } });
            }
        }
        for grant in &award.grants {
            let open = self.draft.wallet.grant(*grant);
            if open.is_some_and(|open| open.terms.expires_at != expires_at) {
                self.draft.push(Body::Rescheduled { grant: *grant, expires_at });
            }
        }
    }

    /// The grants of an award; of a pack, those of its bonus after them.
    fn own_grants(&self, id: &AwardId) -> (Vec<FactNumber>, bool) {
        let of =
            |id: &AwardId| self.billing.awards.get(id).into_iter().flat_map(|award| award.grants.clone());
        match id {
            AwardId::Pack(session) => {
                (of(id).chain(of(&AwardId::PackBonus(session.clone()))).collect(), true)
            }
            _ => (of(id).collect(), false),
        }
    }

    /// What was counted as gone by earlier takings.
    fn counted_as_gone(&self, id: &AwardId) -> Amount {
        let taken = self.billing.awards.get(id).into_iter().flat_map(|award| &award.taken);
        Amount::sum(taken.filter(|taken| matches!(taken.what, Taken::Gone(_))).map(Taking::amount))
    }

    /// What the entry of an award says: the pack's checkout, the plan's item.
    fn reason(&self, id: &AwardId) -> String {
        match id {
            AwardId::Trial(plan) | AwardId::SignupBonus(plan) => plan.clone(),
            AwardId::Rise { subscription, .. } => self.name_of_subscription(subscription),
            AwardId::Cycle { item: object, .. } | AwardId::Pack(object) | AwardId::PackBonus(object) => {
                self.name_of(object)
            }
        }
    }

    /// The plan of the newest item of a subscription.
    fn name_of_subscription(&self, subscription: &ObjectId) -> String {
        let items = self.billing.subscriptions.iter().filter(|(_, item)| item.id() == Some(subscription));
        let newest = items.max_by_key(|(id, item)| (item.states.last().map(|(at, _)| *at), (*id).clone()));
        newest.map_or_else(|| subscription.to_string(), |(item, _)| self.name_of(item))
    }

    fn name_of(&self, object: &ObjectId) -> String {
        let pack = self.billing.offers.get(object).map(|(_, offer)| offer.pack.pack.clone()).or_else(|| {
            self.billing.purchases.get(object)?.terms.as_ref().map(|(pack, _)| pack.pack.clone())
        });
        let of_invoice = || {
            let mut sold = self.billing.sold.iter();
            let found = sold.find(|((invoice, price), _)| invoice_purchase(invoice, price) == *object);
            found.map(|(_, pack)| pack.pack.clone())
        };
        let plan = || {
            let state = self.billing.subscriptions.get(object)?.latest()?;
            let terms = self.billing.terms(&state.subscription, &state.price, self.with.now);
            terms.map(|terms| terms.plan.clone())
        };
        pack.or_else(of_invoice).or_else(plan).unwrap_or_else(|| object.to_string())
    }
}

//! Fulfilment: books the difference between due and given awards. Missing credits are given, excess is taken
//! back within the rules, and changed lifetimes are booked.
//!
//! It does not know why an award is due, nor how facts are stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use credits_core::{RefundedButSpent, SubscriptionRefunds};

use super::award::{Award, AwardId, Mark};
use super::due::{Due, Wanted};
use super::record::Billing;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::fact::RecordId;
use crate::domain::grant::{GrantTerms, Origin};
use crate::domain::ids::{Asset, FactNumber, Owner, WalletId};
use crate::domain::limits::{AWARDS_MAX, UNSOLVED_REPORTED_AFTER};
use crate::domain::metadata::Metadata;
use crate::domain::numbers::Numbers;
use crate::domain::pricing::OperationId;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Draft, Forfeited, Wallet};

mod advance;
mod closed;
mod reason;
mod reschedule;
mod taking;
mod trim;

pub use closed::ClosedGrant;

/// Settings for taking credits back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retaking {
    /// Credits taken back when a subscription invoice is returned.
    pub subscription_refunds: SubscriptionRefunds,
    /// Treatment of refunded credits that were spent.
    pub refunded_but_spent: RefundedButSpent,
}

/// Maximum rounds of returning advances and taking excess again.
const ADVANCE_ROUNDS_MAX: usize = 8;

/// The owner whose billing is fulfilled, with the state that fulfilment reads.
#[derive(Clone, Copy, Debug)]
pub struct Fulfilling<'a> {
    /// The owner.
    pub owner: &'a Owner,
    /// Wallets of the owner, one for each asset in [`assets`].
    pub wallets: &'a BTreeMap<Asset, &'a Wallet>,
    /// Operations by the names that scopes use.
    pub operations: &'a HashMap<String, OperationId>,
    /// Settings for taking credits back.
    pub retaking: Retaking,
    /// Open grants of closed awards.
    pub closed: &'a [ClosedGrant],
    /// Current time of the ledger.
    pub now: Timestamp,
}

/// Result of a fulfilment.
#[derive(Clone, Debug, Default)]
pub struct Fulfilled {
    /// Facts about wallets, then facts about the billing.
    pub facts: Vec<(RecordId, Body)>,
    /// Whether more is due than one commit may hold.
    pub has_more: bool,
    /// When to fulfil again: when holds on credits to be taken back end, or to retry awards that do not fit.
    pub again_at: Option<Timestamp>,
    /// Awards that would take the balance beyond 64 bits; they are given once they fit.
    pub unfit: BTreeSet<AwardId>,
}

/// The assets of all awards, due, given or closed.
pub fn assets(billing: &Billing, due: &Due) -> Vec<Asset> {
    let wanted = due.awards.values().map(|wanted| Asset::of(&wanted.asset));
    let closed =
        if billing.closed_periods.is_empty() { None } else { Some(billing.plans.values().flatten()) };
    let closed = closed.into_iter().flatten().map(|(_, terms)| Asset::of(&terms.asset));
    let given = billing.awards.values().map(|award| award.asset.clone());
    let mut assets: Vec<_> = given.chain(wanted).chain(closed).collect();
    assets.sort();
    assets.dedup();
    assets
}

/// Books the difference between due and given awards. The facts get these numbers.
pub fn fulfil<'a>(billing: &Billing, due: &'a Due, with: Fulfilling<'a>, numbers: Numbers) -> Fulfilled {
    let mut fulfilled = Fulfilled::default();
    let mut recorded = Vec::new();
    for (asset, wallet) in with.wallets {
        let draft = Draft::at(wallet, numbers.after(fulfilled.facts.len()), with.now);
        let mut booking = Booking::new(billing.clone(), due, with, draft);
        booking.note_forfeited(asset);
        booking.book(&compared(billing, due, asset));
        fulfilled.has_more |= booking.given >= AWARDS_MAX;
        let unfit_again_at = (!booking.unfit.is_empty()).then(|| with.now.after(UNSOLVED_REPORTED_AFTER));
        fulfilled.again_at =
            fulfilled.again_at.into_iter().chain(booking.again_at).chain(unfit_again_at).min();
        fulfilled.unfit.append(&mut booking.unfit);
        if booking.recorded.is_empty() && booking.draft.is_unchanged() {
            continue;
        }
        let wallet = RecordId::Wallet(WalletId::of_asset(asset.clone(), with.owner.clone()));
        fulfilled.facts.extend(booking.draft.finish().into_iter().map(|body| (wallet.clone(), body)));
        recorded.extend(booking.recorded);
    }
    let record = RecordId::Billing(with.owner.clone());
    fulfilled.facts.extend(recorded.into_iter().map(|body| (record.clone(), body)));
    fulfilled
}

/// An award that is due, was given, or both.
#[derive(Clone, Copy)]
struct Compared<'a> {
    id: &'a AwardId,
    /// The due award; `None` for a given award that is no longer due.
    wanted: Option<&'a Wanted>,
}

/// The open awards of an asset in the order of booking: due awards by their instant, then awards that are no
/// longer due, because their replacements have been given by then.
fn compared<'a>(billing: &'a Billing, due: &'a Due, asset: &Asset) -> Vec<Compared<'a>> {
    let wanted = due.awards.iter().filter(|(id, wanted)| match billing.awards.get(id) {
        Some(award) => award.asset == *asset && !award.is_closed,
        None => Asset::of(&wanted.asset) == *asset,
    });
    let mut wanted: Vec<_> = wanted.collect();
    wanted.sort_by_key(|(id, wanted)| (wanted.effective_at, *id));
    let unwanted = billing.awards.iter().filter(|(id, award)| {
        award.asset == *asset
            && !due.awards.contains_key(id)
            && (award.taken() < award.given || award.forgiven().is_positive())
            && !award.is_closed
            && award.mark != Some(Mark::Unconfirmed)
    });
    let wanted = wanted.into_iter().map(|(id, wanted)| Compared { id, wanted: Some(wanted) });
    wanted.chain(unwanted.map(|(id, _)| Compared { id, wanted: None })).collect()
}

/// Fulfilment of one wallet.
struct Booking<'a> {
    /// The billing with the facts of `recorded` applied.
    billing: Billing,
    due: &'a Due,
    with: Fulfilling<'a>,
    draft: Draft<'a>,
    /// Facts about the billing.
    recorded: Vec<Body>,
    /// Grants opened for awards, up to `AWARDS_MAX`.
    given: usize,
    again_at: Option<Timestamp>,
    unfit: BTreeSet<AwardId>,
}

/// The grants of an award.
struct OwnGrants {
    /// The grants of a pack's bonus come last.
    grants: Vec<FactNumber>,
    is_pack: bool,
}

impl<'a> Booking<'a> {
    fn new(billing: Billing, due: &'a Due, with: Fulfilling<'a>, draft: Draft<'a>) -> Self {
        let (recorded, given, again_at, unfit) = (Vec::new(), 0, None, BTreeSet::new());
        Self { billing, due, with, draft, recorded, given, again_at, unfit }
    }

    /// Gives before it takes, so that credits given now can be taken for any award.
    fn book(&mut self, awards: &[Compared<'_>]) {
        self.adopt();
        for award in awards {
            self.confirm(*award);
            self.give_missing(*award);
        }
        for award in awards {
            self.take_excess(*award);
        }
        // Return unneeded advances before taking new ones: other awards may have to give the returned credits
        // back themselves.
        for _ in 0..ADVANCE_ROUNDS_MAX {
            let returned = awards.iter().filter(|award| self.return_advance(**award)).count();
            if returned == 0 {
                break;
            }
            for award in awards {
                self.take_excess(*award);
            }
        }
        for award in awards {
            self.take_advance(*award);
        }
        self.reschedule_closed();
        self.trim();
    }

    /// Adopts grants of awards that were given before. A charge that is reversed may open such a grant again, with the
    /// terms of the gift that it was.
    fn adopt(&mut self) {
        let mut adopted = Vec::new();
        for (id, award) in self.billing.awards.iter().filter(|(_, award)| award.mark.is_some()) {
            let open = award.grants.iter().filter_map(|grant| self.draft.wallet.grant(*grant));
            for grant in open.filter(|grant| grant.terms.origin != id.origin()) {
                adopted.push(id.adopts(grant.number));
            }
        }
        for body in adopted {
            self.draft.push(body);
        }
    }

    /// Copies expired and revoked amounts of the awards' grants into the billing, because the wallet keeps
    /// only the newest.
    fn note_forfeited(&mut self, asset: &Asset) {
        let mut noted = Vec::new();
        for (id, award) in self.billing.awards.iter().filter(|(_, award)| award.asset == *asset) {
            for grant in &award.grants {
                let known = award.forfeited.iter().find(|known| known.grant == *grant);
                let unknown = self.draft.wallet.forfeited_of(*grant).filter(|now| known != Some(now));
                noted.extend(unknown.map(|forfeited| Body::ForfeitureNoted { award: id.clone(), forfeited }));
            }
        }
        for body in noted {
            self.record(body);
        }
    }

    /// Expired and revoked credits of an award's grant.
    fn forfeited_of(&self, id: &AwardId, grant: FactNumber) -> Forfeited {
        let noted = || {
            let bonus = match id {
                AwardId::Pack(session) => Some(AwardId::PackBonus(session.clone())),
                _ => None,
            };
            let awards = [Some(id), bonus.as_ref()].into_iter().flatten();
            let mut known =
                awards.filter_map(|id| self.billing.awards.get(id)).flat_map(|award| &award.forfeited);
            known.find(|known| known.grant == grant).copied()
        };
        self.draft.wallet.forfeited_of(grant).or_else(noted).unwrap_or(Forfeited::nothing(grant))
    }

    fn give_missing(&mut self, Compared { id, wanted }: Compared<'_>) {
        let Some(wanted) = wanted else { return };
        let known = self.billing.awards.get(id);
        let given = known.map_or(Amount::ZERO, |award| award.given);
        let due = known.map_or(Amount::new(wanted.amount), |award| award.due(wanted.amount));
        // Amounts beyond 64 bits are cut to `Amount::MAX` and never fit.
        if self.is_part_of_one_given_before(id) {
            return;
        }
        if due == Amount::MAX {
            self.unfit.insert(id.clone());
        } else if due > given {
            self.give(id, wanted, due.minus(given));
        }
    }

    /// Notes the amount that is due for an award that was given before, once it is.
    fn confirm(&mut self, Compared { id, wanted }: Compared<'_>) {
        let mark = self.billing.awards.get(id).and_then(|award| award.mark);
        if let (Some(Mark::Unconfirmed), Some(wanted)) = (mark, wanted) {
            let due = wanted.amount.saturating_add(wanted.credited);
            self.record(Body::Confirmed { award: id.clone(), due });
        }
    }

    /// Whether it is the bonus of a pack that was given before: the mark of the pack covers it.
    fn is_part_of_one_given_before(&self, id: &AwardId) -> bool {
        let AwardId::PackBonus(session) = id else { return false };
        let pack = self.billing.awards.get(&AwardId::Pack(session.clone()));
        pack.is_some_and(|pack| pack.mark.is_some())
    }

    /// Applies a fact to the billing and keeps it for the commit.
    fn record(&mut self, body: Body) {
        self.billing.change(FactNumber::FIRST, &body);
        self.recorded.push(body);
    }

    fn give(&mut self, id: &AwardId, wanted: &Wanted, amount: Amount) {
        // The next commit gives the rest.
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
        self.record(Body::Awarded { award: id.clone(), asset, grant, amount, basis, at });
    }

    /// Opens a grant; `None` if the balance would exceed 64 bits.
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

    fn own_grants(&self, id: &AwardId) -> OwnGrants {
        let of =
            |id: &AwardId| self.billing.awards.get(id).into_iter().flat_map(|award| award.grants.clone());
        match id {
            AwardId::Pack(session) => {
                let grants = of(id).chain(of(&AwardId::PackBonus(session.clone()))).collect();
                OwnGrants { grants, is_pack: true }
            }
            _ => OwnGrants { grants: of(id).collect(), is_pack: false },
        }
    }

    /// Held credits of these grants.
    fn held_of(&self, grants: &[FactNumber]) -> Amount {
        Amount::sum(grants.iter().map(|grant| self.draft.wallet.grant_left(*grant).1))
    }
}

impl Award {
    /// Credits given beyond the due amount.
    fn beyond(&self, wanted: Option<&Wanted>) -> Amount {
        let due = wanted.map_or(Amount::ZERO, |wanted| self.due(wanted.amount));
        self.given.minus(due.min(self.given))
    }
}

//! Whether plans and packs can pay for the operations.
//!
//! Awards add up and an application may give credits itself, so that nothing is refused: it is a warning.

use credits_core::{Gives, PackSpec, PlanSpec, Unlimited, UnusedCredits};

use super::proof::least;
use super::{Checker, Pricing};
use crate::messages;

impl Checker<'_> {
    /// Warns of operations whose least cost is above all that a plan or a pack gives at once.
    pub(super) fn payable(&mut self, pricing: &Pricing) {
        let plans: Option<Vec<&PlanSpec>> =
            pricing.plans.iter().map(|plan| plan.terms.as_ref().ok().map(|sale| &sale.terms)).collect();
        let packs: Option<Vec<&PackSpec>> =
            pricing.packs.iter().map(|pack| pack.terms.as_ref().ok().map(|sale| &sale.terms)).collect();
        let (Some(plans), Some(packs), None) = (plans, packs, pricing.unreadable) else { return };
        let debt = pricing.settings.terms.negative_balance_max.unwrap_or(0);
        for (place, operation) in (0_u16..).zip(&pricing.operations) {
            let Ok(price) = &operation.price else { continue };
            if plans.iter().any(|plan| is_unlimited(plan, &operation.name.text)) {
                continue;
            }
            let asset = price.terms.asset;
            let is_meant = |pack: &&&PackSpec| pack.only_for.is_empty() || pack.only_for.contains(&place);
            let awards = packs.iter().filter(|pack| pack.asset == asset);
            let of_packs = awards.filter(is_meant).map(|pack| pack.gives.saturating_add(pack.bonus));
            let of_plans = plans.iter().filter_map(|plan| at_once(plan, asset));
            let Some(most) = of_packs.chain(of_plans).max() else { continue };
            let most = if asset.is_empty() { most.saturating_add(debt) } else { most };
            if let Some(least) = least(&price.terms).filter(|least| *least > most) {
                let name = &operation.name;
                self.diagnostics.warn(name.span, messages::payable_by_nothing(&name.text, least, most));
            }
        }
    }
}

/// Whether an operation costs a plan's subscribers nothing.
fn is_unlimited(plan: &PlanSpec, operation: &str) -> bool {
    match plan.unlimited {
        Unlimited::Nothing => false,
        Unlimited::Everything => true,
        Unlimited::Operations(names) => names.contains(&operation),
    }
}

/// The most that a plan's subscriber has of its awards; all there is, if they roll over without a bound.
fn at_once(plan: &PlanSpec, asset: &str) -> Option<i64> {
    let Gives { amount, .. } = plan.gives.filter(|gives| gives.asset == asset)?;
    let kept = match plan.unused_credits {
        UnusedCredits::Expire => 0,
        UnusedCredits::RolloverUpTo(most) => most,
        UnusedCredits::Rollover | UnusedCredits::RolloverFor(_) => return Some(i64::MAX),
    };
    Some(amount.saturating_add(kept).saturating_add(plan.signup_bonus))
}

//! Takes credits: charges of operations at once, and takings by an administrator.

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::command::{Command, Deduction, Quote, TakeFrom};
use crate::domain::cover::CoveredBy;
use crate::domain::grant::Allocation;
use crate::domain::hold::Settled;
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::rejection::{MissingCredits, Rejection};
use crate::domain::time::Timestamp;
use crate::domain::wallet::decide::command::Prior;
use crate::domain::wallet::state::Wallet;

pub(super) fn spend(
    wallet: &Wallet,
    quote: &Quote,
    command: &Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    if let Some(covered_by) = wallet.covered_by(quote.usable_as, now) {
        let metadata = command.metadata.clone();
        return Ok(covered(CoveredCharge { charge, covered_by, metadata, settles: None }, wallet.balance));
    }
    let (allocations, owed) = taken(wallet, (charge.price, quote.usable_as), command, policy)?;
    Ok(Body::Charged {
        expiries: wallet.expiries(&allocations),
        balance_after: wallet.balance.minus(charge.price),
        charge,
        allocations,
        settles: None,
        shortfall: Amount::ZERO,
        metadata: command.metadata.clone(),
        owed,
        covered_by: None,
    })
}

/// A charge that costs nothing because of a plan.
pub(super) struct CoveredCharge {
    /// With the price that it would have had.
    pub(super) charge: Charge,
    pub(super) covered_by: CoveredBy,
    pub(super) metadata: Metadata,
    pub(super) settles: Option<Settled>,
}

/// The entry of a covered charge.
pub(super) fn covered(charge: CoveredCharge, balance: Amount) -> Body {
    let CoveredCharge { charge, covered_by, metadata, settles } = charge;
    Body::Charged {
        charge,
        allocations: Vec::new(),
        settles,
        shortfall: Amount::ZERO,
        metadata,
        balance_after: balance,
        owed: Amount::ZERO,
        expiries: Vec::new(),
        covered_by: Some(covered_by),
    }
}

/// Whether a charge causes no debt.
pub(super) fn owes_nothing(charged: &Body) -> bool {
    matches!(charged, Body::Charged { owed, .. } if owed.is_zero())
}

/// The allocations of a price, and the part that becomes debt, where debt is allowed.
pub(super) fn taken(
    wallet: &Wallet,
    (price, operation): (Amount, OperationId),
    command: &Command,
    policy: &Policy,
) -> Result<(Vec<Allocation>, Amount), Rejection> {
    if !wallet.affords(price, operation, policy) {
        let available = wallet.available_for(operation);
        let missing = wallet.missing_for(price, operation, policy);
        return Err(command.lacks_only(missing, price, available, MissingCredits::GiveOrBuy));
    }
    let allocations = wallet.allocate(price, |grant| grant.is_for(Some(operation)));
    let owed = price.minus(Allocation::total(&allocations));
    Ok((allocations, owed))
}

/// Takes credits for an administrator: from any grants, or the free part of one.
pub(super) fn by_hand(
    wallet: &Wallet,
    taking: &Deduction,
    command: &Command,
    prior: &Prior,
) -> Result<Body, Rejection> {
    let (allocations, owed) = match taking.from {
        TakeFrom::Grant(number) => {
            let opening = prior.opened_by.as_ref();
            if !opening.is_some_and(|booked| booked.gives(number, &command.wallet)) {
                return Err(Rejection::GrantUnknown { grant: number });
            }
            let grant = wallet.grant(number).filter(|grant| grant.free.is_positive());
            let free = grant.ok_or(Rejection::GrantNotFree { grant: number })?.free;
            (vec![Allocation { grant: number, amount: free }], Amount::ZERO)
        }
        TakeFrom::Any { amount, with_debt } => {
            let available = wallet.available();
            if amount > available && !with_debt {
                return Err(command.lacks(amount, available, MissingCredits::AllowDebt));
            }
            let allocations = wallet.allocate(amount, |_| true);
            let owed = amount.minus(Allocation::total(&allocations));
            (allocations, owed)
        }
    };
    let amount = Allocation::total(&allocations).plus(owed);
    Ok(Body::Deducted {
        category: taking.category.clone().unwrap_or(Category::CreditDeducted),
        reason: taking.reason.clone(),
        allocations,
        owed,
        revokes: matches!(taking.from, TakeFrom::Grant(_)),
        metadata: command.metadata.clone(),
        balance_after: wallet.balance_after_taking(amount)?,
    })
}

//! Takes credits: charges of operations at once, and takings by an administrator.

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::command::{Command, Deduction, Quote, TakeFrom};
use crate::domain::grant::Allocation;
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::rejection::{MissingCredits, Rejection};
use crate::domain::wallet::state::Wallet;

pub(super) fn spend(
    wallet: &Wallet,
    quote: &Quote,
    command: &Command,
    policy: &Policy,
) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    let (allocations, owed) = taken(wallet, (charge.price, quote.usable_as), command, policy)?;
    Ok(Body::Charged {
        balance_after: wallet.balance.minus(charge.price),
        charge,
        allocations,
        settles: None,
        shortfall: Amount::ZERO,
        metadata: command.metadata.clone(),
        owed,
    })
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
pub(super) fn by_hand(wallet: &Wallet, taking: &Deduction, command: &Command) -> Result<Body, Rejection> {
    let (allocations, owed) = match taking.from {
        TakeFrom::Grant(number) => {
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

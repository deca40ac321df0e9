//! Gives credits.

use crate::domain::body::Body;
use crate::domain::command::{Command, Gift};
use crate::domain::grant::{GrantTerms, Origin};
use crate::domain::ids::FactNumber;
use crate::domain::limits::{OPEN_GRANTS_MAX, OPEN_GRANTS_MERGE_ABOVE};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::state::{Grant, Wallet};

pub(super) fn give(
    wallet: &Wallet,
    gift: &Gift,
    command: &Command,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let expires_at = gift.expiry.checked_at(now)?;
    let category = gift.category();
    let terms = GrantTerms {
        expires_at,
        priority: gift.priority,
        class: gift.class(),
        scope: gift.scope.clone(),
        origin: Origin::Gift,
        purchase: None,
    };
    let joins = joinable(wallet, &terms, gift);
    if joins.is_none() && wallet.grants.len() >= OPEN_GRANTS_MAX {
        return Err(Rejection::OpenGrantsLimit { open: wallet.grants.len() });
    }
    let Some(balance_after) = wallet.balance.checked_add(gift.amount) else {
        return Err(Rejection::BalanceOutOfRange { balance: wallet.balance, amount: gift.amount });
    };
    Ok(Body::Given {
        amount: gift.amount,
        category,
        terms,
        reason: gift.reason.clone(),
        joins,
        metadata: command.metadata.clone(),
        balance_after,
    })
}

/// The open grant that a gift of these terms joins, if the wallet has many open grants.
fn joinable(wallet: &Wallet, terms: &GrantTerms, gift: &Gift) -> Option<FactNumber> {
    if wallet.grants.len() <= OPEN_GRANTS_MERGE_ABOVE {
        return None;
    }
    let same = |grant: &&Grant| grant.terms == *terms && grant.category == gift.category();
    wallet.grants.iter().find(same).map(|grant| grant.number)
}

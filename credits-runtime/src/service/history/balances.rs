//! Balances at many instants, as a chart needs them: each part of the history is read once.

use super::BalancePoint;
use super::walk::Walk;
use crate::domain::amount::Amount;
use crate::domain::ids::WalletId;
use crate::domain::limits::MILESTONE_FACTS;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::error::Error;

/// The balances of a wallet at instants that do not decrease.
pub(super) fn balances(
    ledger: &Core,
    id: &WalletId,
    instants: impl Iterator<Item = Timestamp>,
) -> Result<Vec<BalancePoint>, Error> {
    let wallet = ledger.wallet(id)?;
    let mut walk = Walk { journal: ledger.journal()?, ledger, id, wallet: &wallet };
    let (mut points, mut segment) = (Vec::new(), None::<Segment>);
    for at in instants {
        let milestone = walk.milestone_before(|effective_at| effective_at > at)?;
        if segment.as_ref().is_none_or(|segment| segment.milestone != milestone) {
            segment = Some(walk.segment(milestone)?);
        }
        let (balance, facts) = segment.as_ref().map_or((Amount::ZERO, 0), |segment| segment.balance(at));
        // If no booked fact is later, expiries that are due by then are counted.
        let is_newest = milestone.saturating_mul(MILESTONE_FACTS).saturating_add(facts) == wallet.facts;
        let balance = if is_newest { wallet.at(at.min(ledger.now())).balance } else { balance };
        points.push(BalancePoint { at, balance });
    }
    Ok(points)
}

/// The balances after the facts from one milestone to the next.
pub(super) struct Segment {
    /// The number of the milestone, from 0 for the beginning of the history.
    pub(super) milestone: u64,
    /// The balance at the milestone.
    pub(super) start: Amount,
    /// The effective time of each fact, and the balance after it.
    pub(super) balances: Vec<(Timestamp, Amount)>,
}

impl Segment {
    /// The balance at an instant, and the number of facts by then.
    fn balance(&self, at: Timestamp) -> (Amount, u64) {
        let count = self.balances.partition_point(|(effective_at, _)| *effective_at <= at);
        let last = count.checked_sub(1).and_then(|last| self.balances.get(last));
        (last.map_or(self.start, |(_, balance)| *balance), count as u64)
    }
}

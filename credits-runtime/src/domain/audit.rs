//! The audit: sums the movements of every grant from the facts, independently of how wallets are kept.
//!
//! given = free + held + spent + repaid + expired + transferred + returned. Credits that come back are
//! subtracted from the sum they had left. Over a ledger's life these sums exceed any amount, so they have 128
//! bits.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::body::Body;
use super::entry::EntryBody;
use super::fact::Fact;
use super::grant::Allocation;
use super::ids::{FactNumber, HoldId};
use super::wallet::Wallet;

/// Sums of one grant's movements.
#[derive(Clone, Copy, Debug, Default)]
struct Lot {
    given: i128,
    spent: i128,
    repaid: i128,
    expired: i128,
    transferred: i128,
    returned: i128,
    held: i128,
}

/// Sums of one wallet's movements, with the balance and holds that follow from them.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    lots: BTreeMap<FactNumber, Lot>,
    holds: BTreeMap<HoldId, Vec<Allocation>>,
    debt: i128,
    balance: Amount,
    facts: u64,
    last_fact: Option<FactNumber>,
}

impl Audit {
    /// Adds the wallet's next fact, with this number. Returns a description of the first error.
    pub fn add(&mut self, number: FactNumber, fact: &Fact) -> Result<(), String> {
        if fact.previous != self.last_fact || Some(fact.ordinal) != self.facts.checked_add(1) {
            return Err(format!("fact {number} does not follow its wallet's last"));
        }
        (self.facts, self.last_fact) = (fact.ordinal, Some(number));
        let entry = fact.body.entry();
        self.count(number, &fact.body, entry.as_ref())?;
        if let Some(entry) = entry {
            self.debt = add(self.debt, wide(entry.debt))?;
            self.balance = self.balance.checked_add(entry.amount).ok_or("a balance is over 64 bits")?;
            if self.balance != entry.balance_after {
                let (stated, is) = (entry.balance_after, self.balance);
                return Err(format!("fact {number} states a balance of {stated}, it is {is}"));
            }
        }
        Ok(())
    }

    fn count(
        &mut self,
        number: FactNumber,
        body: &Body,
        entry: Option<&EntryBody<'_>>,
    ) -> Result<(), String> {
        match body {
            Body::Given { amount, joins, .. } => {
                let lot = self.lots.entry(joins.unwrap_or(number)).or_default();
                lot.given = add(lot.given, wide(*amount))?;
            }
            Body::ChargeReversed { repaid, .. } if repaid.is_positive() => {
                self.lots.entry(number).or_default().given = wide(*repaid);
            }
            Body::Received { amount, .. } => self.lots.entry(number).or_default().given = wide(*amount),
            Body::Charged { covered_by: Some(_), allocations, owed, shortfall, .. }
                if !allocations.is_empty() || !owed.is_zero() || !shortfall.is_zero() =>
            {
                return Err(format!("the charge of fact {number} is covered and takes credits"));
            }
            Body::Charged { settles: Some(settled), .. } if !settled.late => self.close(settled.hold)?,
            Body::Held(held) => {
                self.add_to(|lot| &mut lot.held, &held.pins, 1)?;
                self.holds.insert(HoldId(number), held.pins.clone());
            }
            Body::Released { hold } | Body::Lapsed { hold, .. } => self.close(*hold)?,
            Body::Extended { hold, .. } if !self.holds.contains_key(hold) => {
                return Err(format!("hold {hold} is extended but was not open"));
            }
            Body::Rescheduled { grant, .. } | Body::Adopted { grant, .. }
                if !self.lots.contains_key(grant) =>
            {
                return Err(format!("the terms of grant {grant} change but it was never given"));
            }
            Body::Extended { .. }
            | Body::Rescheduled { .. }
            | Body::Adopted { .. }
            | Body::Covered { .. } => {}
            _ if entry.is_none() => return Err(format!("fact {number} is about no wallet")),
            _ => {}
        }
        let Some(EntryBody { taken, returned, .. }) = entry else { return Ok(()) };
        let sum: fn(&mut Lot) -> &mut i128 = match body {
            Body::DebtRepaid { .. } => |lot| &mut lot.repaid,
            Body::Expired { .. } | Body::Restored { .. } => |lot| &mut lot.expired,
            Body::Sent { .. } | Body::Reclaimed { .. } => |lot| &mut lot.transferred,
            Body::Returned { .. } | Body::TakenBack { .. } | Body::GivenBack { .. } => {
                |lot| &mut lot.returned
            }
            _ => |lot| &mut lot.spent,
        };
        self.add_to(sum, taken, 1)?;
        self.add_to(sum, returned, -1)
    }

    /// Adds these amounts, or subtracts them if the sign is -1, to one of the sums of their grants.
    fn add_to(
        &mut self,
        sum: fn(&mut Lot) -> &mut i128,
        parts: &[Allocation],
        sign: i128,
    ) -> Result<(), String> {
        for part in parts {
            let lot = self.lots.get_mut(&part.grant);
            let lot = lot.ok_or_else(|| format!("grant {} is used but was never given", part.grant))?;
            let sum = sum(lot);
            *sum = add(*sum, wide(part.amount).saturating_mul(sign))?;
            let sums = [lot.free()?, lot.held, lot.spent, lot.expired, lot.transferred, lot.returned];
            if sums.iter().any(|sum| *sum < 0) {
                return Err(format!("grant {} is overdrawn", part.grant));
            }
        }
        Ok(())
    }

    fn close(&mut self, hold: HoldId) -> Result<(), String> {
        let pins = self.holds.remove(&hold);
        let pins = pins.ok_or_else(|| format!("hold {hold} is closed but was not open"))?;
        self.add_to(|lot| &mut lot.held, &pins, -1)
    }

    /// Compares the sums with the stored wallet. Returns a description of the first difference.
    pub fn compare(&self, wallet: &Wallet) -> Result<(), String> {
        let differs = |what: &str, kept: i128, is: i128| {
            if kept == is { Ok(()) } else { Err(format!("its {what} is kept as {kept} and is {is}")) }
        };
        differs("balance", wide(wallet.balance), wide(self.balance))?;
        differs("debt", wide(wallet.debt), self.debt)?;
        let mut left = 0;
        for (number, lot) in &self.lots {
            let (free, held) = wallet.grant_left(*number);
            differs(&format!("grant {number}, free,"), wide(free), lot.free()?)?;
            differs(&format!("grant {number}, held,"), wide(held), lot.held)?;
            left = add(left, add(lot.free()?, lot.held)?)?;
        }
        differs("sum of grants", add(wide(self.balance), self.debt)?, left)?;
        let holds: Vec<_> = self.holds.keys().collect();
        if !wallet.holds.iter().map(|hold| &hold.id).eq(holds) {
            return Err("other holds are kept than are open".to_owned());
        }
        if wallet.last_fact != self.last_fact || wallet.facts != self.facts {
            return Err("it is kept as of another fact than its last".to_owned());
        }
        Ok(())
    }

    /// Number of grants that the wallet ever had.
    pub fn grants(&self) -> usize {
        self.lots.len()
    }

    /// The balance.
    pub fn balance(&self) -> Amount {
        self.balance
    }
}

impl Lot {
    fn free(&self) -> Result<i128, String> {
        let lost = [self.spent, self.repaid, self.expired, self.transferred, self.returned, self.held];
        lost.into_iter().try_fold(self.given, |left, part| add(left, part.saturating_neg()))
    }
}

fn wide(amount: Amount) -> i128 {
    amount.get().into()
}

fn add(sum: i128, more: i128) -> Result<i128, String> {
    sum.checked_add(more).ok_or_else(|| "a sum is over 128 bits".to_owned())
}

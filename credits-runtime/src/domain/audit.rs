//! The audit: sums the movements of every grant from the facts, independently of how wallets are kept.
//!
//! given = free + held + spent + repaid + expired + transferred + returned. Credits that come back are
//! subtracted from the sum they had left. Over a ledger's life these sums exceed any amount, so they have 128
//! bits.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::body::Body;
use super::fact::Fact;
use super::grant::{Allocation, Part};
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
    owed: i128,
    repaid: i128,
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
        self.count(number, &fact.body)?;
        if let Some((amount, balance_after)) = fact.body.movement() {
            self.balance = self.balance.checked_add(amount).ok_or("a balance is over 64 bits")?;
            if self.balance != balance_after {
                return Err(format!(
                    "fact {number} states a balance of {balance_after}, it is {}",
                    self.balance
                ));
            }
        }
        Ok(())
    }

    fn count(&mut self, number: FactNumber, body: &Body) -> Result<(), String> {
        match body {
            Body::Given { amount, joins, .. } => {
                let lot = self.lots.entry(joins.unwrap_or(number)).or_default();
                lot.given = add(lot.given, wide(*amount))?;
            }
            Body::Received { amount, .. } => self.lots.entry(number).or_default().given = wide(*amount),
            Body::Charged { allocations, settles, owed, .. } => {
                if let Some(settled) = settles.as_ref().filter(|settled| !settled.late) {
                    self.close(settled.hold)?;
                }
                self.each(allocations, |lot, amount| add_to(&mut lot.spent, amount))?;
                self.owed = add(self.owed, wide(*owed))?;
            }
            Body::Deducted { allocations, owed, .. } => {
                self.each(allocations, |lot, amount| add_to(&mut lot.spent, amount))?;
                self.owed = add(self.owed, wide(*owed))?;
            }
            Body::DebtRepaid { allocations, .. } => {
                self.each(allocations, |lot, amount| add_to(&mut lot.repaid, amount))?;
                for part in allocations {
                    self.repaid = add(self.repaid, wide(part.amount))?;
                }
            }
            Body::Expired { grant, amount, .. } => {
                self.each(&[Allocation { grant: *grant, amount: *amount }], |lot, amount| {
                    add_to(&mut lot.expired, amount)
                })?;
            }
            Body::Restored { grant, amount, .. } => {
                self.each(&[Allocation { grant: *grant, amount: *amount }], |lot, amount| {
                    add_to(&mut lot.expired, amount.saturating_neg())
                })?;
            }
            Body::Sent { parts, .. } => {
                self.each(&taken(parts), |lot, amount| add_to(&mut lot.transferred, amount))?;
            }
            Body::Reclaimed { parts, .. } => {
                self.each(&taken(parts), |lot, amount| {
                    add_to(&mut lot.transferred, amount.saturating_neg())
                })?;
            }
            Body::Returned { allocations, owed, .. } => {
                self.each(allocations, |lot, amount| add_to(&mut lot.returned, amount))?;
                self.owed = add(self.owed, wide(*owed))?;
            }
            Body::Held(held) => {
                self.each(&held.pins, |lot, amount| add_to(&mut lot.held, amount))?;
                self.holds.insert(HoldId(number), held.pins.clone());
            }
            Body::Released { hold } | Body::Lapsed { hold, .. } => self.close(*hold)?,
            Body::Extended { hold, .. } if self.holds.contains_key(hold) => {}
            Body::Extended { hold, .. } => return Err(format!("hold {hold} is extended but was not open")),
            Body::TakenBack { parts, owed, .. } => {
                self.each(&taken(parts), |lot, amount| add_to(&mut lot.returned, amount))?;
                self.owed = add(self.owed, wide(*owed))?;
            }
            Body::GivenBack { parts, .. } => {
                self.each(&taken(parts), |lot, amount| add_to(&mut lot.returned, amount.saturating_neg()))?;
            }
            Body::Rescheduled { grant, .. } if self.lots.contains_key(grant) => {}
            Body::Rescheduled { grant, .. } => {
                return Err(format!("grant {grant} is rescheduled but was never given"));
            }
            Body::CatalogueDeclared { .. }
            | Body::Linked { .. }
            | Body::Waits { .. }
            | Body::Named { .. }
            | Body::Freed { .. }
            | Body::GaveWay { .. }
            | Body::GaveWayDismissed { .. }
            | Body::Billed { .. }
            | Body::Priced { .. }
            | Body::Awarded { .. }
            | Body::TookBack { .. }
            | Body::Listed { .. }
            | Body::Reported { .. }
            | Body::GoneNoted { .. }
            | Body::Closed { .. }
            | Body::AdvanceTaken { .. }
            | Body::AdvanceReturned { .. }
            | Body::GaveBack { .. } => return Err(format!("fact {number} is about no wallet")),
        }
        Ok(())
    }

    fn each(
        &mut self,
        parts: &[Allocation],
        change: impl Fn(&mut Lot, i128) -> Result<(), String>,
    ) -> Result<(), String> {
        for part in parts {
            let lot = self.lots.get_mut(&part.grant);
            let lot = lot.ok_or_else(|| format!("grant {} is used but was never given", part.grant))?;
            change(lot, wide(part.amount))?;
            if lot.free()? < 0 || lot.held < 0 || lot.expired < 0 || lot.transferred < 0 || lot.returned < 0 {
                return Err(format!("grant {} is overdrawn", part.grant));
            }
        }
        Ok(())
    }

    fn close(&mut self, hold: HoldId) -> Result<(), String> {
        let pins = self.holds.remove(&hold);
        let pins = pins.ok_or_else(|| format!("hold {hold} is closed but was not open"))?;
        self.each(&pins, |lot, amount| add_to(&mut lot.held, amount.saturating_neg()))
    }

    /// Compares the sums with the stored wallet. Returns a description of the first difference.
    pub fn compare(&self, wallet: &Wallet) -> Result<(), String> {
        let differs = |what: &str, kept: i128, is: i128| {
            if kept == is { Ok(()) } else { Err(format!("its {what} is kept as {kept} and is {is}")) }
        };
        differs("balance", wide(wallet.balance), wide(self.balance))?;
        let debt = add(self.owed, self.repaid.saturating_neg())?;
        differs("debt", wide(wallet.debt), debt)?;
        let mut left = 0;
        for (number, lot) in &self.lots {
            let (free, held) = wallet.grant_left(*number);
            differs(&format!("grant {number}, free,"), wide(free), lot.free()?)?;
            differs(&format!("grant {number}, held,"), wide(held), lot.held)?;
            left = add(left, add(lot.free()?, lot.held)?)?;
        }
        differs("sum of grants", add(wide(self.balance), debt)?, left)?;
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
        let gone = [self.spent, self.repaid, self.expired, self.transferred, self.returned, self.held];
        gone.into_iter().try_fold(self.given, |left, part| add(left, part.saturating_neg()))
    }
}

fn wide(amount: Amount) -> i128 {
    amount.get().into()
}

fn add(sum: i128, more: i128) -> Result<i128, String> {
    sum.checked_add(more).ok_or_else(|| "a sum is over 128 bits".to_owned())
}

fn add_to(sum: &mut i128, more: i128) -> Result<(), String> {
    *sum = add(*sum, more)?;
    Ok(())
}

fn taken(parts: &[Part]) -> Vec<Allocation> {
    parts.iter().map(|part| Allocation { grant: part.grant, amount: part.amount }).collect()
}

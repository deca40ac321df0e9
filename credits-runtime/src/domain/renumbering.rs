//! New numbers for facts: replaces every number by which a frame or a wallet refers to a fact.
//!
//! It does not know which number replaces which. A field that is added to a statement must be named here, or the program does
//! not compile.

use super::billing::award::{Taken, Taking};
use super::body::Body;
use super::command::{Action, Missing, SettleAt};
use super::fact::{Fact, Frame, Kind, Scope};
use super::fingerprint::Hash64;
use super::grant::{Allocation, ExpiryThen, GrantTerms, Part, PinnedTerms};
use super::hold::{Held, Settled};
use super::ids::{FactNumber, HoldId, Key, TransferId};
use super::wallet::{Forfeited, Grant, OpenHold, Wallet};

#[cfg(test)]
mod tests;

/// The error of a number without a new one: no earlier fact has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberUnknown(pub FactNumber);

/// Facts, each with its new number.
pub trait NewNumbers {
    /// The new number of a fact; `None` if there is no such fact.
    fn of(&self, number: FactNumber) -> Option<FactNumber>;
}

/// Replaces the numbers of one value after another.
struct Renumbering<'a, N>(&'a N);

type Done = Result<(), NumberUnknown>;

/// The frame with new numbers. A key that a caller chose stays, with the fingerprint of its command. A key that is the number
/// of a hold or of a transfer is replaced, with the fingerprint of the same command about the new number.
pub fn renumbered(frame: &Frame, numbers: &impl NewNumbers) -> Result<Frame, NumberUnknown> {
    let new = Renumbering(numbers);
    let Frame { kind, scope, key, fingerprint, at, mut facts } = frame.clone();
    let (key, fingerprint) = match scope {
        Scope::Ledger | Scope::Wallet(_) => (key, fingerprint),
        Scope::Holds(_) | Scope::Transfers(_) | Scope::Charges(_) => {
            let mut number = key.as_str().parse().map_err(|_| NumberUnknown(FactNumber(0)))?;
            new.number(&mut number)?;
            (Key::of_charge(number), fingerprint_about(kind, number).unwrap_or(fingerprint))
        }
    };
    for Fact { record: _, previous, ordinal: _, body } in &mut facts {
        new.option(previous)?;
        new.body(body)?;
    }
    Ok(Frame { kind, scope, key, fingerprint, at, facts })
}

/// Replaces the numbers of a wallet.
pub fn renumber_wallet(wallet: &mut Wallet, numbers: &impl NewNumbers) -> Result<(), NumberUnknown> {
    let new = Renumbering(numbers);
    let Wallet {
        last_fact,
        facts: _,
        balance: _,
        grants,
        holds,
        debt: _,
        forfeited,
        covers: _,
        changes_of_covers: _,
    } = wallet;
    new.option(last_fact)?;
    for Grant { number, free: _, held: _, terms, category: _, moved: _ } in grants {
        new.number(number)?;
        new.terms(terms)?;
    }
    for OpenHold { id, held } in holds {
        new.hold(id)?;
        new.held(held)?;
    }
    forfeited.iter_mut().try_for_each(|forfeited| new.forfeited(forfeited))
}

/// The fingerprint of a command of a kind that names nothing but a hold or a transfer.
fn fingerprint_about(kind: Kind, number: FactNumber) -> Option<Hash64> {
    let action = match kind {
        Kind::Settle => Action::Settle { hold: HoldId(number), at: SettleAt::Held },
        Kind::Release => Action::Release(HoldId(number)),
        Kind::Reverse => Action::Reverse { transfer: TransferId(number), missing: Missing::Denied },
        _ => return None,
    };
    Some(action.fingerprint())
}

impl<N: NewNumbers> Renumbering<'_, N> {
    fn number(&self, number: &mut FactNumber) -> Done {
        *number = self.0.of(*number).ok_or(NumberUnknown(*number))?;
        Ok(())
    }

    fn option(&self, number: &mut Option<FactNumber>) -> Done {
        number.as_mut().map_or(Ok(()), |number| self.number(number))
    }

    fn hold(&self, HoldId(number): &mut HoldId) -> Done {
        self.number(number)
    }

    fn transfer(&self, TransferId(number): &mut TransferId) -> Done {
        self.number(number)
    }

    fn terms(
        &self,
        GrantTerms { expires_at: _, priority: _, class: _, scope: _, origin: _, purchase }: &mut GrantTerms,
    ) -> Done {
        self.option(purchase)
    }

    fn allocations(&self, allocations: &mut [Allocation]) -> Done {
        allocations.iter_mut().try_for_each(|Allocation { grant, amount: _ }| self.number(grant))
    }

    fn expiries(&self, expiries: &mut [ExpiryThen]) -> Done {
        expiries.iter_mut().try_for_each(|ExpiryThen { grant, expires_at: _ }| self.number(grant))
    }

    fn part(&self, Part { grant, amount: _, category: _, terms }: &mut Part) -> Done {
        self.number(grant)?;
        self.terms(terms)
    }

    fn parts(&self, parts: &mut [Part]) -> Done {
        parts.iter_mut().try_for_each(|part| self.part(part))
    }

    fn takings(&self, takings: &mut [Taking]) -> Done {
        takings.iter_mut().try_for_each(|Taking { at: _, what }| match what {
            Taken::Part(part) => self.part(part),
            Taken::Forfeited(_) | Taken::Owed(_) | Taken::Left(_) => Ok(()),
        })
    }

    fn forfeited(&self, Forfeited { grant, expired: _, revoked: _ }: &mut Forfeited) -> Done {
        self.number(grant)
    }

    fn held(&self, held: &mut Held) -> Done {
        let Held {
            charge: _,
            pins,
            until: _,
            purpose: _,
            key: _,
            metadata: _,
            usable_as: _,
            unpinned: _,
            opened_at: _,
            pinned,
            covered_by: _,
        } = held;
        self.allocations(pins)?;
        pinned.iter_mut().try_for_each(|PinnedTerms { grant, category: _, terms }| {
            self.number(grant)?;
            self.terms(terms)
        })
    }

    #[expect(clippy::too_many_lines, reason = "every field of every statement is named")]
    fn body(&self, body: &mut Body) -> Done {
        match body {
            Body::Given {
                amount: _,
                category: _,
                terms,
                reason: _,
                joins,
                metadata: _,
                balance_after: _,
            } => {
                self.terms(terms)?;
                self.option(joins)
            }
            Body::Charged {
                charge: _,
                allocations,
                settles,
                shortfall: _,
                metadata: _,
                balance_after: _,
                owed: _,
                expiries,
                covered_by: _,
            } => {
                self.allocations(allocations)?;
                if let Some(Settled { hold, late: _, key: _ }) = settles {
                    self.hold(hold)?;
                }
                self.expiries(expiries)
            }
            Body::Deducted {
                reason: _,
                allocations,
                metadata: _,
                balance_after: _,
                owed: _,
                category: _,
                revokes: _,
            }
            | Body::DebtRepaid { allocations, effective_at: _, balance_after: _ } => {
                self.allocations(allocations)
            }
            Body::Held(held) => self.held(held),
            Body::Released { hold } | Body::Lapsed { hold, at: _ } | Body::Extended { hold, until: _ } => {
                self.hold(hold)
            }
            Body::Expired { grant, amount: _, effective_at: _, balance_after: _ }
            | Body::Rescheduled { grant, expires_at: _ }
            | Body::Awarded { award: _, asset: _, grant, amount: _, basis: _, at: _ } => self.number(grant),
            Body::Restored { grant, amount: _, category: _, terms, balance_after: _ } => {
                self.number(grant)?;
                self.terms(terms)
            }
            Body::Sent { to: _, parts, category: _, metadata: _, balance_after: _ }
            | Body::TakenBack { category: _, parts, owed: _, reason: _, balance_after: _ }
            | Body::GivenBack { category: _, parts, reason: _, balance_after: _ } => self.parts(parts),
            Body::Received {
                from: _,
                transfer,
                amount: _,
                sources,
                category: _,
                terms,
                metadata: _,
                balance_after: _,
            } => {
                self.transfer(transfer)?;
                self.allocations(sources)?;
                self.terms(terms)
            }
            Body::Returned { to: _, transfer, allocations, owed: _, metadata: _, balance_after: _ } => {
                self.transfer(transfer)?;
                self.allocations(allocations)
            }
            Body::Reclaimed { from: _, transfer, parts, metadata: _, balance_after: _ } => {
                self.transfer(transfer)?;
                self.parts(parts)
            }
            Body::TookBack { award: _, taken }
            | Body::AdvanceTaken { award: _, taken }
            | Body::TookForgiven { award: _, taken } => self.takings(taken),
            Body::ForfeitureNoted { award: _, forfeited } => self.forfeited(forfeited),
            Body::GaveBack { award: _, amount: _, grant }
            | Body::GivenBefore { award: _, asset: _, amount: _, grant, at: _ } => self.option(grant),
            Body::Freed { event } | Body::GaveWay { event, at: _ } => self.number(event),
            Body::ChargeReversed {
                charge,
                parts,
                undone: _,
                repaid: _,
                reversed: _,
                previous,
                reason: _,
                metadata: _,
                balance_after: _,
            } => {
                self.number(charge)?;
                self.parts(parts)?;
                self.option(previous)
            }
            Body::Adopted { grant, origin: _, purchase } => {
                self.number(grant)?;
                self.option(purchase)
            }
            Body::CatalogueDeclared { number: _, fingerprint: _, data: _ }
            | Body::Linked { owner: _ }
            | Body::Waits { event: _, full: _ }
            | Body::Billed { event: _ }
            | Body::Priced { plans: _, packs: _ }
            | Body::Closed { closing: _ }
            | Body::Listed { at: _, added: _, removed: _ }
            | Body::Reported { entry: _ }
            | Body::AdvanceReturned { award: _, amount: _ }
            | Body::Named { naming: _, claim: _ }
            | Body::Confirmed { award: _, due: _ }
            | Body::Covered { covers: _ }
            | Body::GaveWayDismissed { count: _, at: _ } => Ok(()),
        }
    }
}

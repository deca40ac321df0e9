//! Look-ups of the earlier frames that a command refers to: of its key, its hold, or its transfer.

use super::batch::Batch;
use super::source::Source;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::command::{Action, ChargeReversal, Command, Deduction, TakeFrom};
use crate::domain::fact::{Kind, RecordId, Scope};
use crate::domain::fingerprint::{Hash64, Hash128, key_row};
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Prior, PriorCharge};
use crate::engine::keys::fingerprint_under;
use crate::error::LedgerError;

impl<S: Source> Batch<'_, S> {
    /// The earlier frames that the command's outcome depends on.
    pub(super) fn prior(&mut self, command: &Command, now: Timestamp) -> Result<Prior, S::Error> {
        let mut prior = Prior::default();
        match command.action {
            Action::Settle { hold: id, .. } | Action::Release(id) => {
                let open = self.wallet(&command.wallet).hold(id).map(|open| &open.held);
                let mut chosen = open.and_then(|held| held.key.clone());
                if open.is_none_or(|held| held.until <= now) {
                    prior.hold_closed_by = self.hold_closed_by(&command.wallet, id)?;
                    prior.opened_by = self.frame(id.0)?;
                    let opening = prior.opened_by.as_ref();
                    let held = opening.and_then(|booked| booked.held(id, &command.wallet));
                    chosen = chosen.or_else(|| held?.key.clone());
                }
                if let (Some(chosen), Action::Settle { .. }) = (chosen, &command.action) {
                    let row = key_row(&Scope::Wallet(command.wallet.clone()), chosen.key.as_str());
                    self.chosen = Some((chosen.key, row));
                    // If the frame that opened the hold is the last use of the key, nothing was charged under it.
                    let is_own = |frames: &[FactNumber]| frames.first() == Some(&id.0);
                    prior.by_key = self.keyed_unless(&command.wallet, &row, is_own)?;
                }
            }
            _ => {
                prior.by_key = self.keyed_unless(&command.wallet, &command.row, |_| false)?;
                let opened = prior.by_key.as_ref().and_then(|(_, booked)| {
                    let (number, _) = booked.outcome().filter(|_| booked.kind == Kind::Hold)?;
                    Some(HoldId(number))
                });
                if let Some(hold) = opened {
                    prior.hold_closed_by = self.hold_closed_by(&command.wallet, hold)?;
                }
                if let Action::ReverseCharge(ChargeReversal { charge, .. }) = command.action {
                    prior.charge = self.charge(&command.wallet, charge)?.map(Box::new);
                }
                if let Action::Reverse { transfer, .. } = command.action {
                    prior.opened_by = self.frame(transfer.0)?;
                }
                if let Action::Take(Deduction { from: TakeFrom::Grant(grant), .. }) = command.action {
                    prior.opened_by = self.frame(grant)?;
                }
                if let Action::Extend { hold, .. } = command.action {
                    prior.hold_closed_by = self.hold_closed_by(&command.wallet, hold)?;
                    prior.opened_by = self.frame(hold.0)?;
                }
            }
        }
        Ok(prior)
    }

    /// The frames that the reversal of a charge depends on; `None` if there is no such fact.
    fn charge(&mut self, wallet: &WalletId, number: FactNumber) -> Result<Option<PriorCharge>, S::Error> {
        let Some(frame) = self.frame(number)? else { return Ok(None) };
        let mut charge = PriorCharge { frame, reversal: None, grants: Vec::new() };
        let own = RecordId::Wallet(wallet.clone());
        let fact = charge.frame.fact(number).filter(|fact| fact.record == own);
        let Some(Body::Charged { allocations, .. }) = fact.map(|fact| &fact.body) else {
            return Ok(Some(charge));
        };
        for part in allocations {
            let missing = || LedgerError::damaged(format!("the frame of grant {} is missing", part.grant));
            charge.grants.push(self.frame(part.grant)?.ok_or_else(missing)?);
        }
        let row = key_row(&Scope::Charges(wallet.clone()), Key::of_charge(number).as_str());
        charge.reversal = self.keyed_unless(wallet, &row, |_| false)?.map(|(_, booked)| booked);
        Ok(Some(charge))
    }

    fn hold_closed_by(&mut self, wallet: &WalletId, hold: HoldId) -> Result<Option<Booked>, S::Error> {
        let row = key_row(&Scope::Holds(wallet.clone()), Key::of_hold(hold).as_str());
        Ok(self.keyed_unless(wallet, &row, |_| false)?.map(|(_, frame)| frame))
    }

    /// The use of a wallet's key: the fingerprint of its command, and the frame. Reads no frame if `is_irrelevant` holds for
    /// the first facts of the frames that may have used the key, newest first.
    fn keyed_unless(
        &mut self,
        wallet: &WalletId,
        hash: &Hash128,
        is_irrelevant: impl FnOnce(&[FactNumber]) -> bool,
    ) -> Result<Option<(Hash64, Booked)>, S::Error> {
        let frames = match self.keys.get(hash) {
            Some(used) => vec![used.frame],
            None => self.source.frames_of_key(wallet, hash)?,
        };
        if is_irrelevant(&frames) {
            return Ok(None);
        }
        for first in frames {
            let missing = || LedgerError::damaged(format!("frame {first} of a key is missing"));
            let frame = self.frame(first)?.ok_or_else(missing)?;
            // A segment has only a prefix of the key's hash, which another key may share.
            if let Some(fingerprint) = fingerprint_under(&frame, hash) {
                return Ok(Some((fingerprint, frame)));
            }
        }
        Ok(None)
    }

    /// The frame that has this fact, in this batch or committed; `None` if there is no such fact.
    pub(super) fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, S::Error> {
        if number < FactNumber::FIRST {
            return Ok(None);
        }
        if number < self.began || !self.position.next.is_of_sequence(number) {
            return self.source.frame(number);
        }
        let own = self.frames.frame(number)?;
        Ok(own.filter(|booked| booked.fact(number).is_some()))
    }
}

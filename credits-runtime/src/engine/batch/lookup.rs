//! What the journal knows about a command's key and hold: in the batch, in what is on its way, or in the file.

use super::Batch;
use crate::domain::command::{Action, Command};
use crate::domain::fact::{Kind, Scope};
use crate::domain::fingerprint::{Hash64, Hash128, key_row};
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Known;
use crate::engine::journal::Numbered;
use crate::engine::keys::{fingerprint_under, frames_under};
use crate::error::LedgerError;

impl Batch<'_> {
    /// What the journal knows about the command's key and hold.
    pub(super) fn known(&mut self, command: &Command, now: Timestamp) -> Result<Known, LedgerError> {
        let mut known = Known::default();
        match command.action {
            Action::Settle { hold: id, .. } | Action::Release(id) => {
                let open = self.wallet(&command.wallet).hold(id).map(|open| &open.held);
                let mut chosen = open.and_then(|held| held.key.clone());
                if open.is_none_or(|held| held.until <= now) {
                    known.closing = self.closing(&command.wallet, id)?;
                    known.opening = self.frame(id.0)?;
                    let opening = known.opening.as_ref();
                    let held = opening.and_then(|(first, frame)| frame.held(*first, id, &command.wallet));
                    chosen = chosen.or_else(|| held?.key.clone());
                }
                if let (Some(chosen), Action::Settle { .. }) = (chosen, &command.action) {
                    let row = key_row(&Scope::Wallet(command.wallet.clone()), chosen.key.as_str());
                    self.chosen = Some((chosen.key, row));
                    // What opened this very hold charged nothing: it need not be read.
                    let is_own = |frames: &[FactNumber]| frames.first() == Some(&id.0);
                    known.keyed = self.keyed_unless(&row, is_own)?;
                }
            }
            _ => {
                known.keyed = self.keyed_unless(&command.row, |_| false)?;
                let opened = known.keyed.as_ref().and_then(|(_, (first, frame))| {
                    let (place, _) = frame.answer().filter(|_| frame.kind == Kind::Hold)?;
                    Some(HoldId(first.plus(place)))
                });
                if let Some(hold) = opened {
                    known.closing = self.closing(&command.wallet, hold)?;
                }
                if let Action::Reverse { transfer, .. } = command.action {
                    known.opening = self.frame(transfer.0)?;
                }
                if let Action::Extend { hold, .. } = command.action {
                    known.closing = self.closing(&command.wallet, hold)?;
                    known.opening = self.frame(hold.0)?;
                }
            }
        }
        Ok(known)
    }

    fn closing(&mut self, wallet: &WalletId, hold: HoldId) -> Result<Option<Numbered>, LedgerError> {
        let row = key_row(&Scope::Holds(wallet.clone()), Key::of_hold(hold).as_str());
        Ok(self.keyed_unless(&row, |_| false)?.map(|(_, frame)| frame))
    }

    /// What a key was used for, unless the frames that may have used it, the newest first, are not worth reading.
    fn keyed_unless(
        &mut self,
        hash: &Hash128,
        is_idle: impl FnOnce(&[FactNumber]) -> bool,
    ) -> Result<Option<(Hash64, Numbered)>, LedgerError> {
        let keys = &self.views.keys;
        let before = self.before.as_ref();
        let used = self.room.keys.get(hash).or_else(|| before?.room.keys.get(hash));
        let recent = used.map(|used| used.frame).or_else(|| keys.recent(hash));
        let frames = if let Some(frame) = recent {
            vec![frame]
        } else {
            let mut segments = keys.segments_with(hash);
            if segments.is_empty() {
                return Ok(None);
            }
            // Keys may have been sealed since, and segments merged: what is in the file, it says itself.
            if !self.snapshot()?.has_segments(&segments)? {
                self.snapshot = None;
                segments = keys.segments_of(self.snapshot()?.segments()?, hash);
            }
            frames_under(self.snapshot()?, &segments, hash)?
        };
        if is_idle(&frames) {
            return Ok(None);
        }
        for first in frames {
            let missing = || LedgerError::damaged(format!("frame {first} of a key is missing"));
            let frame = self.frame(first)?.ok_or_else(missing)?;
            // Another key may begin alike.
            if let Some(fingerprint) = fingerprint_under(&frame, hash) {
                return Ok(Some((fingerprint, frame)));
            }
        }
        Ok(None)
    }

    /// The frame that holds this fact, of this batch or committed; `None` if there is no such fact.
    pub(in crate::engine) fn frame(&mut self, number: FactNumber) -> Result<Option<Numbered>, LedgerError> {
        if number >= self.position.next_fact || number < FactNumber::FIRST {
            return Ok(None);
        }
        if number >= self.began {
            return self.room.frames.frame(number);
        }
        if let Some(before) = self.before.as_ref().filter(|before| number >= before.began) {
            return before.room.frames.frame(number);
        }
        self.snapshot()?.block(number)?.frame(number)
    }
}

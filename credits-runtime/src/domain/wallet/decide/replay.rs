//! Commands that were done before, by their key or their hold.

use super::command::{Decision, Known, Numbered};
use crate::domain::command::{Action, Command};
use crate::domain::fact::{Body, Frame, Kind, Purpose, Settled};
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::rejection::{HoldClosing, Rejection};
use crate::domain::time::Timestamp;
use crate::domain::wallet::state::Wallet;

/// The first outcome, if the command was done before.
pub(super) fn replay(
    wallet: &Wallet,
    command: &Command,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    match &command.action {
        Action::Settle { hold, .. } => Ok(settled_before(*hold, known)),
        Action::Release(id) => Ok(released_before(*id, known)),
        action => {
            let Some((fingerprint, frame)) = &known.keyed else { return Ok(None) };
            if *fingerprint != command.fingerprint {
                return Err(Rejection::IdempotencyKeyReused { key: command.key.clone() });
            }
            match action {
                Action::Hold { purpose, .. } => held_before(wallet, command, *purpose, frame, known, now),
                _ => Ok(Some(Decision::Replay(frame.clone()))),
            }
        }
    }
}

/// A hold whose key was used: the work is charged, under way, or ended without a charge.
fn held_before(
    wallet: &Wallet,
    command: &Command,
    purpose: Purpose,
    frame: &Numbered,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    let (first, held) = frame;
    let Some(id) = hold_of(*first, held) else {
        // Settling used the key up: the row names the charge.
        return match (purpose, charged(held)) {
            (Purpose::Hold, Some(settled)) => {
                Err(Rejection::HoldClosed { hold: settled.hold, closing: HoldClosing::Settled })
            }
            _ => Ok(Some(Decision::Replay(frame.clone()))),
        };
    };
    let open = wallet.hold(id).filter(|hold| hold.held.until > now);
    match (purpose, open) {
        (Purpose::Run, Some(open)) => {
            Err(Rejection::InProgress { key: command.key.clone(), until: open.held.until })
        }
        (Purpose::Hold, Some(_)) => Ok(Some(Decision::Replay(frame.clone()))),
        // After release or lapse the work may be tried again.
        (Purpose::Run, None) => Ok(None),
        (Purpose::Hold, None) => Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) }),
    }
}

/// The hold that a frame opened.
fn hold_of(first: FactNumber, frame: &Frame) -> Option<HoldId> {
    match frame.kind {
        Kind::Hold => frame.answer().map(|(place, _)| HoldId(first.plus(place))),
        _ => None,
    }
}

/// What a frame says of the hold it settled.
fn charged(frame: &Frame) -> Option<&Settled> {
    match &frame.answer()?.1.body {
        Body::Charged { settles, .. } => settles.as_ref(),
        _ => None,
    }
}

/// How the hold was closed. The frame that closed it may be another hold's, with the lapse as something due
/// before it; a hold past its limit that nothing closed has lapsed too.
pub(super) fn closing_of(id: HoldId, known: &Known) -> HoldClosing {
    let mut closings =
        known.closing.iter().flat_map(|(_, frame)| &frame.facts).filter_map(|fact| match &fact.body {
            Body::Charged { settles: Some(settled), .. } if settled.hold == id => Some(HoldClosing::Settled),
            Body::Released { hold } if *hold == id => Some(HoldClosing::Released),
            _ => None,
        });
    closings.next_back().unwrap_or(HoldClosing::Lapsed)
}

/// The charge of this hold, or of another hold under the same key: one key is charged once.
fn settled_before(id: HoldId, known: &Known) -> Option<Decision> {
    let by_closing = known.closing.as_ref();
    let by_key = known.keyed.as_ref().map(|(_, frame)| frame);
    let frames =
        by_closing.into_iter().filter(|(_, frame)| charged(frame).is_some_and(|settled| settled.hold == id));
    let charge = frames.chain(by_key.into_iter().filter(|(_, frame)| charged(frame).is_some())).next()?;
    Some(Decision::Replay(charge.clone()))
}

fn released_before(id: HoldId, known: &Known) -> Option<Decision> {
    let closing = known.closing.as_ref().filter(|_| closing_of(id, known) == HoldClosing::Released)?;
    Some(Decision::Replay(closing.clone()))
}

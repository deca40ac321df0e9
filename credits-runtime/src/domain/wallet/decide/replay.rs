//! Replays: finds commands that were done before, by their key or their hold.

use super::command::{Decision, Prior};
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::command::{Action, Command};
use crate::domain::fact::Kind;
use crate::domain::hold::{Purpose, Settled};
use crate::domain::ids::HoldId;
use crate::domain::rejection::{HoldClosing, Rejection};
use crate::domain::time::Timestamp;
use crate::domain::wallet::state::Wallet;

/// The first outcome, if the command was done before.
pub(super) fn replay(
    wallet: &Wallet,
    command: &Command,
    prior: &Prior,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    match &command.action {
        Action::Settle { hold, .. } => Ok(settled_before(*hold, prior)),
        Action::Release(id) => Ok(released_before(*id, prior)),
        action => {
            let Some((fingerprint, booked)) = &prior.by_key else { return Ok(None) };
            if *fingerprint != command.fingerprint {
                let fact = booked.outcome().map_or_else(|| booked.first(), |(number, _)| number);
                let (key, command) = (command.key.clone(), booked.kind.word().into());
                return Err(Rejection::IdempotencyKeyReused { key, fact, command });
            }
            match action {
                Action::Hold { purpose, .. } => held_before(wallet, command, *purpose, booked, prior, now),
                _ => Ok(Some(Decision::Replay(booked.clone()))),
            }
        }
    }
}

/// A hold whose key was used: its work is charged, in progress, or ended without a charge.
fn held_before(
    wallet: &Wallet,
    command: &Command,
    purpose: Purpose,
    booked: &Booked,
    prior: &Prior,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    let Some(id) = hold_of(booked) else {
        // Settling used the key up, so its row refers to the charge.
        return match (purpose, charged(booked)) {
            (Purpose::Hold, Some(settled)) => {
                Err(Rejection::HoldClosed { hold: settled.hold, closing: HoldClosing::Settled })
            }
            _ => Ok(Some(Decision::Replay(booked.clone()))),
        };
    };
    let open = wallet.hold(id).filter(|hold| hold.held.until > now);
    match (purpose, open) {
        (Purpose::Run, Some(open)) => {
            Err(Rejection::InProgress { key: command.key.clone(), until: open.held.until })
        }
        (Purpose::Hold, Some(_)) => Ok(Some(Decision::Replay(booked.clone()))),
        // After a release or a lapse the work may be tried again.
        (Purpose::Run, None) => Ok(None),
        (Purpose::Hold, None) => Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, prior) }),
    }
}

/// The hold that a frame opened.
fn hold_of(booked: &Booked) -> Option<HoldId> {
    booked.outcome().filter(|_| booked.kind == Kind::Hold).map(|(number, _)| HoldId(number))
}

/// The settlement that a frame booked.
fn charged(booked: &Booked) -> Option<&Settled> {
    match &booked.outcome()?.1.body {
        Body::Charged { settles, .. } => settles.as_ref(),
        _ => None,
    }
}

/// How a hold was closed. Its lapse may be in the frame of a command about another hold, as a fact that was
/// due before it. A hold past its limit that no frame closed has lapsed too.
pub(super) fn closing_of(id: HoldId, prior: &Prior) -> HoldClosing {
    let mut closings =
        prior.hold_closed_by.iter().flat_map(|booked| &booked.facts).filter_map(|fact| match &fact.body {
            Body::Charged { settles: Some(settled), .. } if settled.hold == id => Some(HoldClosing::Settled),
            Body::Released { hold } if *hold == id => Some(HoldClosing::Released),
            _ => None,
        });
    closings.next_back().unwrap_or(HoldClosing::Lapsed)
}

/// The charge of this hold, or of another hold under the same key, because a key is charged once.
fn settled_before(id: HoldId, prior: &Prior) -> Option<Decision> {
    let by_closing = prior.hold_closed_by.as_ref();
    let by_key = prior.by_key.as_ref().map(|(_, booked)| booked);
    let frames =
        by_closing.into_iter().filter(|booked| charged(booked).is_some_and(|settled| settled.hold == id));
    let charge = frames.chain(by_key.into_iter().filter(|booked| charged(booked).is_some())).next()?;
    Some(Decision::Replay(charge.clone()))
}

fn released_before(id: HoldId, prior: &Prior) -> Option<Decision> {
    let closing = prior.hold_closed_by.as_ref().filter(|_| closing_of(id, prior) == HoldClosing::Released)?;
    Some(Decision::Replay(closing.clone()))
}

//! Replies of a batch: sends results to the slots of its requests after its commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::decider::DecidedRequest;
use super::renewals::Renewals;
use crate::domain::command::{Action, Command};
use crate::domain::hold::Purpose;
use crate::domain::ids::WalletId;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{OpenedHold, Submitted, Verdict};
use crate::engine::batch::frames::EncodedFrame;
use crate::engine::feed::{CommitFeed, Refusal};
use crate::engine::published::Counts;
use crate::engine::request::hold_guard::{Alive, HoldGuard};
use crate::engine::request::inbox::{Inbox, Request, Waiting};
use crate::engine::request::slot::{Sent, Slot};
use crate::error::{Error, LedgerError};

/// Sends results.
pub(crate) struct Replies {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) feed: Arc<CommitFeed>,
}

impl Replies {
    /// Sends the results of a durable batch, with its frames and the number of holds that it released.
    pub(crate) fn send(
        &self,
        decided: Vec<DecidedRequest>,
        releases: usize,
        frames: &Arc<Vec<u8>>,
        renewals: &mut Renewals,
        now: Timestamp,
    ) {
        let commands = decided.len().saturating_add(releases) as u64;
        let Self { counts, .. } = self;
        counts.commands.fetch_add(commands, Ordering::Relaxed);
        counts.largest_batch.fetch_max(commands, Ordering::Relaxed);
        for DecidedRequest { request, mut slot, verdict } in decided {
            if let Ok(Err(rejection)) = &verdict {
                self.feed_refusal(&request, rejection, now);
            }
            let result = self.result(&request, &mut slot, verdict, frames, renewals).map_err(Box::new);
            // Dropped before the caller runs, whose thread then frees the request that it allocated.
            drop(request);
            slot.send(result);
        }
    }

    /// Publishes a spend or hold that was rejected for want of credits.
    fn feed_refusal(&self, request: &Request, rejection: &Rejection, at: Timestamp) {
        if let Request::Command(command) = request
            && let Rejection::InsufficientCredits { needed, available, .. } = rejection
            && let Action::Spend(quote) | Action::Hold { quote, .. } = &command.action
            && let Ok(charge) = &quote.charge
        {
            let (wallet, charge) = (command.wallet.clone(), charge.clone());
            let (needed, available) = (*needed, *available);
            self.feed.refused(Refusal { wallet, needed, available, charge, at });
        }
    }

    /// The result of a durable request. Arms the guard of a hold that it opened: before the commit, another hold
    /// could get the hold's number if the commit failed.
    fn result(
        &self,
        request: &Request,
        slot: &mut Slot,
        verdict: Result<Verdict, LedgerError>,
        frames: &Arc<Vec<u8>>,
        renewals: &mut Renewals,
    ) -> Result<Sent, Error> {
        match (verdict.map_err(|error| error.of(request.key()))??, request) {
            (Submitted::Replayed(frame), Request::Command(command)) => {
                if let Action::Settle { hold, .. } = command.action {
                    // The key may have been charged through another hold. This hold is then not needed.
                    self.inbox.release(command.wallet.clone(), hold);
                }
                Ok(Sent::Replayed(frame))
            }
            (Submitted::Replayed(frame), _) => Ok(Sent::Replayed(frame)),
            (Submitted::Booked(range, Some(opened)), Request::Command(command)) if is_hold(command) => {
                let unarmed = || Box::new(HoldGuard::unarmed(&self.inbox, &command.wallet));
                let mut guard = slot.take_guard().unwrap_or_else(unarmed);
                guard.hold = Some(opened.hold);
                guard.alive = renew(&command.wallet, opened, renewals);
                Ok(Sent::Booked(EncodedFrame::new(range, frames), Some(guard)))
            }
            (Submitted::Booked(range, _), _) => Ok(Sent::Booked(EncodedFrame::new(range, frames), None)),
        }
    }
}

fn is_hold(command: &Command) -> bool {
    matches!(command.action, Action::Hold { .. })
}

/// Registers a hold of work in progress for renewal until the guard is dropped.
fn renew(wallet: &WalletId, opened: OpenedHold, renewals: &mut Renewals) -> Option<Alive> {
    if opened.purpose != Purpose::Run {
        return None;
    }
    let alive = Alive::default();
    renewals.add(wallet.clone(), opened.hold, opened.until, &alive);
    Some(alive)
}

/// Sends an error to requests.
pub(crate) fn refuse(requests: impl IntoIterator<Item = Waiting>, error: &LedgerError) {
    for Waiting { request, slot, .. } in requests {
        slot.send(Err(Box::new(error.of(request.key()).into())));
    }
}

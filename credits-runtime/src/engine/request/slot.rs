//! Slots: the writer's end of a reply.

use super::hold_guard::HoldGuard;
use crate::domain::booked::Booked;
use crate::engine::batch::frames::EncodedFrame;
use crate::error::{Error, LedgerError};

/// The result of a command, once it is durable.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The frame of the command.
    pub(crate) frame: Booked,
    /// Whether an earlier command with the key booked it.
    pub(crate) replayed: bool,
    /// Releases the hold that the command opened when dropped.
    pub(crate) guard: Option<HoldGuard>,
}

/// A result as the writer sends it: small, and decoded on the caller's thread.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The command is booked, with a guard of the hold that it opened.
    Booked(EncodedFrame, Option<Box<HoldGuard>>),
    /// An earlier command booked it.
    Replayed(Booked),
}

impl Sent {
    /// Decodes it.
    pub(crate) fn outcome(self) -> Result<Outcome, LedgerError> {
        match self {
            Self::Replayed(frame) => Ok(Outcome { frame, replayed: true, guard: None }),
            Self::Booked(frame, guard) => {
                let guard = guard.map(|guard| *guard);
                Ok(Outcome { frame: frame.decode()?, replayed: false, guard })
            }
        }
    }
}

pub(crate) type SlotResult = Result<Sent, Box<Error>>;

/// The sender of a result. A slot that is dropped without one makes the caller's outcome unknown, so that no caller
/// waits for ever.
pub(crate) struct Slot {
    sender: oneshot::Sender<SlotResult>,
    /// An unarmed guard for the hold that the command opens, allocated on the caller's thread.
    guard: Option<Box<HoldGuard>>,
}

impl Slot {
    /// A slot, and the receiver of its result.
    pub(crate) fn new() -> (Self, oneshot::Receiver<SlotResult>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, guard: None }, receiver)
    }

    /// The slot with a guard for the hold that its command opens.
    pub(crate) fn guarded(self, guard: HoldGuard) -> Self {
        Self { guard: Some(Box::new(guard)), ..self }
    }

    /// Takes the guard, to arm it.
    pub(crate) fn take_guard(&mut self) -> Option<Box<HoldGuard>> {
        self.guard.take()
    }

    /// Sends the result. If the caller has dropped its reply, the result is dropped, and its hold is released.
    pub(crate) fn send(self, result: SlotResult) {
        _ = self.sender.send(result);
    }
}

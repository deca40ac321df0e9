//! Replies: the answer of a write, to wait for on a thread or in a task of any executor.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::frames::Encoded;
use super::inbox::{Asked, Inbox, Refused, Waiting};
use super::journal::Numbered;
use super::runs::Alive;
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// What a command came to, once it is durable.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The frame that answers it.
    pub(crate) frame: Numbered,
    /// Whether it was done before.
    pub(crate) replayed: bool,
    /// Of a hold opened just now: releases it when dropped.
    pub(crate) guard: Option<HoldGuard>,
}

/// Asks for the release of a hold when dropped. Never blocks for long, awaits or panics.
pub(crate) struct HoldGuard {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) wallet: WalletId,
    pub(crate) hold: Option<HoldId>,
    /// While it is there, the hold of work is extended.
    pub(crate) alive: Option<Alive>,
}

impl HoldGuard {
    /// A guard for a hold that is not open yet.
    pub(crate) fn unarmed(inbox: &Arc<Inbox>, wallet: &WalletId) -> Self {
        Self { inbox: Arc::clone(inbox), wallet: wallet.clone(), hold: None, alive: None }
    }

    /// Lets the hold be.
    pub(crate) fn disarm(&mut self) {
        self.alive = None;
        self.hold = None;
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(hold) = self.hold.take() {
            self.inbox.release(self.wallet.clone(), hold);
        }
    }
}

impl std::fmt::Debug for HoldGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HoldGuard").field("hold", &self.hold).finish_non_exhaustive()
    }
}

/// What the writer answers: small, and decoded by whoever asked.
#[derive(Debug)]
pub(crate) enum Answered {
    /// It is done, with a guard of the hold that it opened.
    Now(Encoded, Option<Box<HoldGuard>>),
    /// It was done before.
    Before(Numbered),
}

impl Answered {
    fn outcome(self) -> Result<Outcome, LedgerError> {
        match self {
            Self::Before(frame) => Ok(Outcome { frame, replayed: true, guard: None }),
            Self::Now(frame, guard) => {
                let guard = guard.map(|guard| *guard);
                Ok(Outcome { frame: frame.decode()?, replayed: false, guard })
            }
        }
    }
}

type Answer = Result<Answered, Box<Error>>;

/// Where the writer puts an answer. Dropped without one it answers that the outcome is unknown, so that nobody
/// waits for ever.
pub(crate) struct Slot {
    sender: oneshot::Sender<Answer>,
    /// The guard of the hold that is to be opened, made where it is dropped: it releases nothing yet.
    guard: Option<Box<HoldGuard>>,
}

impl Slot {
    /// A slot, and where its answer arrives.
    pub(crate) fn new() -> (Self, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, guard: None }, receiver)
    }

    /// The same, with a guard for the hold that is opened.
    pub(crate) fn guarded(self, guard: HoldGuard) -> Self {
        Self { guard: Some(Box::new(guard)), ..self }
    }

    /// The guard, once there is a hold.
    pub(crate) fn take_guard(&mut self) -> Option<Box<HoldGuard>> {
        self.guard.take()
    }

    /// Answers; an answer that nobody waits for is dropped, and a hold in it released.
    pub(crate) fn answer(self, answer: Answer) {
        drop(self.sender.send(answer));
    }
}

/// The answer of a write: a future on any executor, or [`wait`](Self::wait) for it on this thread.
///
/// Dropping it does not undo the write, which may be under way. Only of a ledger that was opened with
/// [`wait_when_full`](crate::CreditsBuilder::wait_when_full) a write may have to wait for room before it begins; it does
/// so in `.wait()` or `.await`, and dropped before that it is not sent.
#[must_use = "the write may be under way; .wait() or .await says whether it is durable"]
pub struct Reply<T> {
    state: State,
    asked: Option<Arc<Asked>>,
    read: Option<Read<T>>,
}

type Read<T> = Box<dyn FnOnce(Outcome) -> Result<T, Error> + Send>;

enum State {
    Ready(Option<Error>),
    /// For room in the inbox.
    Queued(Box<Queued>),
    Waiting(oneshot::Receiver<Answer>),
    Polled(oneshot::AsyncReceiver<Answer>),
}

/// What could not be put in yet.
struct Queued {
    inbox: Arc<Inbox>,
    waiting: Waiting,
    receiver: oneshot::Receiver<Answer>,
}

impl Queued {
    /// Waits on this thread until it is in.
    fn submit(self) -> Result<oneshot::Receiver<Answer>, LedgerError> {
        self.inbox.submit_blocking(self.waiting).map(|()| self.receiver)
    }

    /// What the reply does next; the task is woken when it is worth another try.
    fn poll(self, context: &Context<'_>) -> Result<State, LedgerError> {
        let Self { inbox, waiting, receiver } = self;
        match inbox.poll_submit(waiting, context.waker()) {
            Ok(()) => Ok(State::Waiting(receiver)),
            Err(Refused::Full(waiting)) => Ok(State::Queued(Box::new(Self { inbox, waiting, receiver }))),
            Err(Refused::Closed) => Err(LedgerError::closed()),
        }
    }
}

impl<T> Reply<T> {
    /// Of what found no room: it is sent when somebody waits for it.
    pub(crate) fn queued(
        (inbox, waiting): (Arc<Inbox>, Waiting),
        receiver: oneshot::Receiver<Answer>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        let asked = Some(Arc::clone(&waiting.asked));
        let state = State::Queued(Box::new(Queued { inbox, waiting, receiver }));
        Self { state, asked, read: Some(Box::new(read)) }
    }

    pub(crate) fn waiting(
        receiver: oneshot::Receiver<Answer>,
        asked: Arc<Asked>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        Self { state: State::Waiting(receiver), asked: Some(asked), read: Some(Box::new(read)) }
    }

    pub(crate) fn failed(error: impl Into<Error>) -> Self {
        Self { state: State::Ready(Some(error.into())), asked: None, read: None }
    }

    /// Waits on this thread until the write is durable or has failed.
    pub fn wait(self) -> Result<T, Error> {
        let Self { state, asked, read } = self;
        let asked = asked.as_deref();
        match state {
            State::Ready(error) => Err(error.unwrap_or_else(|| unanswered(asked))),
            State::Queued(queued) => match queued.submit() {
                Ok(receiver) => received(receiver.recv().ok(), asked, read),
                Err(error) => Err(of(error, asked)),
            },
            State::Waiting(receiver) => received(receiver.recv().ok(), asked, read),
            State::Polled(receiver) => received(block_on(receiver).ok(), asked, read),
        }
    }
}

/// Runs a future on this thread until it is ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn received<T>(answer: Option<Answer>, asked: Option<&Asked>, read: Option<Read<T>>) -> Result<T, Error> {
    match (answer, read) {
        (Some(Ok(answered)), Some(read)) => read(answered.outcome()?),
        (Some(Err(error)), _) => Err(*error),
        _ => Err(unanswered(asked)),
    }
}

/// The error, of what was asked.
fn of(error: LedgerError, asked: Option<&Asked>) -> Error {
    match asked {
        Some(asked) => error.of(asked.key()).into(),
        None => error.into(),
    }
}

fn unanswered(asked: Option<&Asked>) -> Error {
    let key = asked.map_or_else(Key::none, |asked| asked.key().clone());
    let message =
        "the ledger stopped before it answered: open it again and send the command under the same key";
    LedgerError::new(LedgerErrorKind::OutcomeUnknown, message).of(&key).into()
}

impl<T> Future for Reply<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = &mut *self;
        loop {
            match std::mem::replace(&mut reply.state, State::Ready(None)) {
                State::Ready(error) => {
                    return Poll::Ready(Err(error.unwrap_or_else(|| unanswered(reply.asked.as_deref()))));
                }
                State::Queued(queued) => match queued.poll(context) {
                    Ok(State::Queued(queued)) => {
                        reply.state = State::Queued(queued);
                        return Poll::Pending;
                    }
                    Ok(state) => reply.state = state,
                    Err(error) => return Poll::Ready(Err(of(error, reply.asked.as_deref()))),
                },
                State::Waiting(receiver) => reply.state = State::Polled(receiver.into_future()),
                State::Polled(mut receiver) => match Pin::new(&mut receiver).poll(context) {
                    Poll::Ready(answer) => {
                        return Poll::Ready(received(answer.ok(), reply.asked.as_deref(), reply.read.take()));
                    }
                    Poll::Pending => {
                        reply.state = State::Polled(receiver);
                        return Poll::Pending;
                    }
                },
            }
        }
    }
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("key", &self.asked.as_deref().map(Asked::key)).finish_non_exhaustive()
    }
}

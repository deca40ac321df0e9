//! Replies: the result of a write, to wait for on a thread or in a task of any executor.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::inbox::{Inbox, Refused, Request, Waiting};
use super::slot::{Outcome, SlotResult};
use crate::domain::ids::Key;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// The result of a write: a future on any executor, or [`wait`](Self::wait) for it on this thread.
///
/// Dropping a reply does not undo its write, which may be under way. A ledger that was opened with
/// [`wait_when_full`](crate::CreditsBuilder::wait_when_full) may send a write only in `.wait()` or `.await`, once its queue has
/// room; a reply that is dropped before that sends nothing.
#[must_use = "the write may be under way; .wait() or .await says whether it is durable"]
pub struct Reply<T> {
    state: State,
    request: Option<Arc<Request>>,
    read: Option<Read<T>>,
}

type Read<T> = Box<dyn FnOnce(Outcome) -> Result<T, Error> + Send>;

enum State {
    Ready(Option<Error>),
    /// The inbox had no room.
    Queued(Box<Queued>),
    Waiting(oneshot::Receiver<SlotResult>),
    Polled(oneshot::AsyncReceiver<SlotResult>),
}

/// A request that is not in the inbox yet.
struct Queued {
    inbox: Arc<Inbox>,
    waiting: Waiting,
    receiver: oneshot::Receiver<SlotResult>,
}

impl Queued {
    /// Waits on this thread until the request is in.
    fn submit(self) -> Result<oneshot::Receiver<SlotResult>, LedgerError> {
        self.inbox.submit_blocking(self.waiting).map(|()| self.receiver)
    }

    /// The next state of the reply. The task is woken once there is room.
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
    /// The reply of a request that found no room: it is sent when the caller waits.
    pub(crate) fn queued(
        (inbox, waiting): (Arc<Inbox>, Waiting),
        receiver: oneshot::Receiver<SlotResult>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        let request = Some(Arc::clone(&waiting.request));
        let state = State::Queued(Box::new(Queued { inbox, waiting, receiver }));
        Self { state, request, read: Some(Box::new(read)) }
    }

    pub(crate) fn waiting(
        receiver: oneshot::Receiver<SlotResult>,
        request: Arc<Request>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        Self { state: State::Waiting(receiver), request: Some(request), read: Some(Box::new(read)) }
    }

    pub(crate) fn failed(error: impl Into<Error>) -> Self {
        Self { state: State::Ready(Some(error.into())), request: None, read: None }
    }

    /// Waits on this thread until the write is durable or has failed.
    pub fn wait(self) -> Result<T, Error> {
        let Self { state, request, read } = self;
        let request = request.as_deref();
        match state {
            State::Ready(error) => Err(error.unwrap_or_else(|| no_result(request))),
            State::Queued(queued) => match queued.submit() {
                Ok(receiver) => received(receiver.recv().ok(), request, read),
                Err(error) => Err(of(error, request)),
            },
            State::Waiting(receiver) => received(receiver.recv().ok(), request, read),
            State::Polled(receiver) => received(block_on(receiver).ok(), request, read),
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

fn received<T>(
    result: Option<SlotResult>,
    request: Option<&Request>,
    read: Option<Read<T>>,
) -> Result<T, Error> {
    match (result, read) {
        (Some(Ok(sent)), Some(read)) => read(sent.outcome()?),
        (Some(Err(error)), _) => Err(*error),
        _ => Err(no_result(request)),
    }
}

/// The error with the key of its request.
fn of(error: LedgerError, request: Option<&Request>) -> Error {
    match request {
        Some(request) => error.of(request.key()).into(),
        None => error.into(),
    }
}

fn no_result(request: Option<&Request>) -> Error {
    let key = request.map_or_else(Key::none, |request| request.key().clone());
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
                    return Poll::Ready(Err(error.unwrap_or_else(|| no_result(reply.request.as_deref()))));
                }
                State::Queued(queued) => match queued.poll(context) {
                    Ok(State::Queued(queued)) => {
                        reply.state = State::Queued(queued);
                        return Poll::Pending;
                    }
                    Ok(state) => reply.state = state,
                    Err(error) => return Poll::Ready(Err(of(error, reply.request.as_deref()))),
                },
                State::Waiting(receiver) => reply.state = State::Polled(receiver.into_future()),
                State::Polled(mut receiver) => match Pin::new(&mut receiver).poll(context) {
                    Poll::Ready(result) => {
                        return Poll::Ready(received(
                            result.ok(),
                            reply.request.as_deref(),
                            reply.read.take(),
                        ));
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
        f.debug_struct("Reply")
            .field("key", &self.request.as_deref().map(Request::key))
            .finish_non_exhaustive()
    }
}

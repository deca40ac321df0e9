//! Replies: the result of a write, for which a thread or a task of any executor waits.

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
/// [`wait_when_full`](crate::CreditsBuilder::wait_when_full) may send a write only in `.wait()` or `.await`, once its
/// queue has room; a reply that is dropped before that sends nothing.
#[must_use = "the write may be under way; .wait() or .await says whether it is durable"]
pub struct Reply<T> {
    state: ReplyState<T>,
    request: Option<Arc<Request>>,
    read: Option<Read<T>>,
}

type Read<T> = Box<dyn FnOnce(Outcome) -> Result<T, Error> + Send>;

enum ReplyState<T> {
    /// Boxed, so that a reply of any value can be moved while it is polled.
    Ready(Option<Box<Result<T, Error>>>),
    /// The inbox had no room.
    Queued(Box<Queued>),
    Waiting(oneshot::Receiver<SlotResult>),
    Polled(oneshot::AsyncReceiver<SlotResult>),
}

/// A request that waits for room in the inbox.
struct Queued {
    inbox: Arc<Inbox>,
    waiting: Waiting,
    receiver: oneshot::Receiver<SlotResult>,
}

impl Queued {
    /// Blocks this thread until the request is queued.
    fn submit(mut self) -> Result<oneshot::Receiver<SlotResult>, LedgerError> {
        self.waiting.is_sent_now();
        self.inbox.submit_blocking(self.waiting).map(|()| self.receiver)
    }

    /// Tries to queue the request; returns the next state of the reply. The task is woken once there is room.
    fn poll<T>(self, context: &Context<'_>) -> Result<ReplyState<T>, LedgerError> {
        let Self { inbox, mut waiting, receiver } = self;
        waiting.is_sent_now();
        match inbox.poll_submit(waiting, context.waker()) {
            Ok(()) => Ok(ReplyState::Waiting(receiver)),
            Err(Refused::Full(waiting)) => {
                Ok(ReplyState::Queued(Box::new(Self { inbox, waiting, receiver })))
            }
            Err(Refused::Closed) => Err(LedgerError::closed()),
        }
    }
}

impl<T> Reply<T> {
    /// The reply of a request without room in the inbox. The request is queued when the caller waits.
    pub(crate) fn queued(
        (inbox, waiting): (Arc<Inbox>, Waiting),
        receiver: oneshot::Receiver<SlotResult>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        let request = Some(Arc::clone(&waiting.request));
        let state = ReplyState::Queued(Box::new(Queued { inbox, waiting, receiver }));
        Self { state, request, read: Some(Box::new(read)) }
    }

    pub(crate) fn waiting(
        receiver: oneshot::Receiver<SlotResult>,
        request: Arc<Request>,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        Self { state: ReplyState::Waiting(receiver), request: Some(request), read: Some(Box::new(read)) }
    }

    /// The reply of a request that needed no writer.
    pub(crate) fn ready(result: Result<T, Error>) -> Self {
        Self { state: ReplyState::Ready(Some(Box::new(result))), request: None, read: None }
    }

    pub(crate) fn failed(error: impl Into<Error>) -> Self {
        Self { state: ReplyState::Ready(Some(Box::new(Err(error.into())))), request: None, read: None }
    }

    /// Waits on this thread until the write is durable or has failed.
    pub fn wait(self) -> Result<T, Error> {
        let Self { state, request, read } = self;
        let request = request.as_deref();
        match state {
            ReplyState::Ready(result) => result.map_or_else(|| Err(no_result(request)), |result| *result),
            ReplyState::Queued(queued) => match queued.submit() {
                Ok(receiver) => received(receiver.recv().ok(), request, read),
                Err(error) => Err(of(error, request)),
            },
            ReplyState::Waiting(receiver) => received(receiver.recv().ok(), request, read),
            ReplyState::Polled(receiver) => received(block_on(receiver).ok(), request, read),
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
            match std::mem::replace(&mut reply.state, ReplyState::Ready(None)) {
                ReplyState::Ready(result) => {
                    let none = || Err(no_result(reply.request.as_deref()));
                    return Poll::Ready(result.map_or_else(none, |result| *result));
                }
                ReplyState::Queued(queued) => match queued.poll(context) {
                    Ok(ReplyState::Queued(queued)) => {
                        reply.state = ReplyState::Queued(queued);
                        return Poll::Pending;
                    }
                    Ok(state) => reply.state = state,
                    Err(error) => return Poll::Ready(Err(of(error, reply.request.as_deref()))),
                },
                ReplyState::Waiting(receiver) => reply.state = ReplyState::Polled(receiver.into_future()),
                ReplyState::Polled(mut receiver) => match Pin::new(&mut receiver).poll(context) {
                    Poll::Ready(result) => {
                        return Poll::Ready(received(
                            result.ok(),
                            reply.request.as_deref(),
                            reply.read.take(),
                        ));
                    }
                    Poll::Pending => {
                        reply.state = ReplyState::Polled(receiver);
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

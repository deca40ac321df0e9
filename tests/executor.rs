//! The smallest executor: a future is polled on this thread, which parks between polls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        match poll_until(future.as_mut(), || false) {
            Poll::Ready(value) => return value,
            Poll::Pending => {}
        }
    }
}

/// Polls a future until it is ready or `enough` returns true.
pub(crate) fn poll_until<T>(
    mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    enough: impl Fn() -> bool,
) -> Poll<T> {
    let waker: Waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || enough() {
            return polled;
        }
        std::thread::park();
    }
}

//! Responses that are as long as the ledger, sent part by part from a thread that may block.
//!
//! A response is whole only if its source says so at the end. One whose source fails, panics or waits too long for its client
//! is cut off, so that a client does not take it for a whole one. It does not know what is sent.

use std::fmt::Display;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::limits::{CHUNK_BYTES, CHUNKS_MAX, CLIENT_WAIT_MAX};

/// The writer of a response, on a thread that may block.
pub(crate) struct Parts {
    /// Parts, then `None` at the end of a whole response.
    sender: Sender<Option<Bytes>>,
    runtime: Handle,
    part: Vec<u8>,
    wait_max: Duration,
}

impl Parts {
    fn send(&mut self, part: Option<Bytes>) -> io::Result<()> {
        let sent = self.runtime.block_on(tokio::time::timeout(self.wait_max, self.sender.send(part)));
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")),
        }
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::take(&mut self.part);
        self.send(Some(part.into()))
    }
}

/// The body that a thread writes.
pub(crate) fn streamed<E: Display>(write: impl FnOnce(&mut Parts) -> Result<(), E> + Send + 'static) -> Body {
    streamed_within(CLIENT_WAIT_MAX, write)
}

/// The same, with the longest time for which a part waits for its client.
fn streamed_within<E: Display>(
    wait_max: Duration,
    write: impl FnOnce(&mut Parts) -> Result<(), E> + Send + 'static,
) -> Body {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let mut parts = Parts { sender, runtime: Handle::current(), part: Vec::new(), wait_max };
    // Nothing waits for the thread: the end of the body is its end.
    drop(tokio::task::spawn_blocking(move || {
        if let Err(error) = write(&mut parts) {
            tracing::error!(%error, "a streamed response was cut off");
        } else if let Err(error) = parts.flush().and_then(|()| parts.send(None)) {
            tracing::error!(%error, "a streamed response was cut off at its end");
        }
    }));
    Body::new(Streamed(Some(receiver)))
}

/// The body of a response, until its end.
struct Streamed(Option<Receiver<Option<Bytes>>>);

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(receiver) = &mut self.0 else { return Poll::Ready(None) };
        let received = ready!(receiver.poll_recv(context));
        if let Some(Some(part)) = received {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        self.0 = None;
        // A sender that is gone without the end was not done.
        let is_whole = received.is_some();
        Poll::Ready((!is_whole).then(|| Err(io::Error::other("the response was cut off"))))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_response_is_whole_or_cut_off() {
        let whole = streamed(|parts| parts.write_all(&vec![7; 3 * CHUNK_BYTES + 1]));
        assert_eq!(whole.collect().await.unwrap().to_bytes().len(), 3 * CHUNK_BYTES + 1);
        assert!(streamed(|_| Ok::<(), io::Error>(())).collect().await.unwrap().to_bytes().is_empty());
        let failed = streamed(|parts| parts.write_all(b"part").and(Err(io::Error::other("damaged"))));
        assert!(failed.collect().await.unwrap_err().to_string().contains("cut off"));
        let panicked = streamed(|parts| -> io::Result<()> {
            parts.write_all(&vec![7; CHUNK_BYTES])?;
            panic!("a source may not do so")
        });
        assert!(panicked.collect().await.unwrap_err().to_string().contains("cut off"));
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (ended, end) = tokio::sync::oneshot::channel();
        let body = streamed_within(Duration::ZERO, move |parts| {
            let written = parts.write_all(&vec![7; CHUNK_BYTES]).and_then(|()| {
                loop {
                    parts.write_all(&vec![7; CHUNK_BYTES])?;
                }
            });
            let kind = written.as_ref().map_err(io::Error::kind).copied();
            ended.send(kind).map_err(|_| io::Error::other("unheard"))?;
            written
        });
        assert_eq!(end.await.unwrap(), Err(io::ErrorKind::TimedOut));
        assert!(body.collect().await.unwrap_err().to_string().contains("cut off"));
    }
}

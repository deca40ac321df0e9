//! Responses, whose bodies are read part by part on the caller's thread.

use std::io::{self, Read};
use std::rc::Rc;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

/// A response, before its body is read.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Whether an earlier request under the same key was carried out.
    pub(crate) is_replayed: bool,
    /// The bytes of the body, if they are known.
    pub(crate) bytes: Option<u64>,
    pub(crate) body: Box<dyn Read>,
}

/// The value of a header, if it is text.
pub(super) fn header<'a>(headers: &'a axum::http::HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Response {
    /// A response whose body arrives while this thread drives the runtime.
    pub(super) fn driven(runtime: &Rc<Runtime>, response: axum::http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status.as_u16(),
            is_replayed: header(&parts.headers, "idempotency-replayed").is_some(),
            bytes: header(&parts.headers, "content-length").and_then(|bytes| bytes.parse().ok()),
            body: Box::new(Driven { runtime: Rc::clone(runtime), body, part: Bytes::new() }),
        }
    }
}

/// The body of a response, read by driving its runtime.
struct Driven {
    runtime: Rc<Runtime>,
    body: Body,
    part: Bytes,
}

impl Read for Driven {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            let Some(frame) = self.runtime.block_on(self.body.frame()) else { return Ok(0) };
            self.part = frame.map_err(io::Error::other)?.into_data().unwrap_or_default();
        }
        let part = self.part.split_to(self.part.len().min(buffer.len()));
        if let Some(room) = buffer.get_mut(..part.len()) {
            room.copy_from_slice(&part);
        }
        Ok(part.len())
    }
}

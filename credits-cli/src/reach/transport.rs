//! What a transport does: it sends a request, and returns the response with a body that is read part by part.

use super::request::Request;
use super::response::Response;

/// A way on which requests are sent.
pub(super) trait Transport {
    /// Sends a request and waits for the head of its response.
    fn send(&self, request: &Request) -> Result<Response, Lost>;
}

/// Why a request has no response.
#[derive(Debug)]
pub(super) enum Lost {
    /// It was not sent.
    Unsent(String),
    /// It was sent, and may have been carried out.
    Unanswered(String),
}

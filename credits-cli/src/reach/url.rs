//! The way through an address: the API of a program anywhere, with a token.

use std::net::IpAddr;
use std::time::Duration;

use ureq::http;

use super::request::Request;
use super::response::{Response, header};
use super::transport::{Lost, Transport};

/// Longest time for which a connection is attempted.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(10);
/// Longest time for which a request waits for the head of its response. The API limits its requests to 10 seconds.
const RESPONSE_WAIT_MAX: Duration = Duration::from_secs(30);

/// An API at an address.
pub(super) struct Url {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

impl Url {
    pub(super) fn of(base: &str, token: Option<String>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A token is not sent to where a response points.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_WAIT_MAX))
            .build();
        Self { agent: config.into(), base: base.trim_end_matches('/').to_owned(), token }
    }
}

impl Transport for Url {
    fn send(&self, request: &Request) -> Result<Response, Lost> {
        let mut built =
            http::Request::builder().method(request.method).uri(format!("{}{}", self.base, request.path));
        for (name, value) in request.headers() {
            built = built.header(name, value);
        }
        if let Some(token) = &self.token {
            built = built.header("authorization", format!("Bearer {token}"));
        }
        let built = built.body(request.bytes()).map_err(|error| Lost::Unsent(error.to_string()))?;
        let wait = (!request.is_long).then_some(RESPONSE_WAIT_MAX);
        let configured = self.agent.configure_request(built).timeout_recv_response(wait).build();
        let response = self.agent.run(configured).map_err(|error| lost(&error))?;
        let (parts, body) = response.into_parts();
        Ok(Response {
            status: parts.status.as_u16(),
            is_replayed: header(&parts.headers, "idempotency-replayed").is_some(),
            bytes: header(&parts.headers, "content-length").and_then(|bytes| bytes.parse().ok()),
            body: Box::new(body.into_reader()),
        })
    }
}

/// Whether an address is one of plain HTTP on another machine.
pub(super) fn is_unencrypted(base: &str) -> bool {
    let Ok(uri) = base.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("http") && !is_loopback
}

/// Whether a request was sent before it failed.
fn lost(error: &ureq::Error) -> Lost {
    use ureq::{Error, Timeout};
    let message = error.to_string();
    match error {
        Error::BadUri(_)
        | Error::ConnectionFailed
        | Error::HostNotFound
        | Error::Http(_)
        | Error::Rustls(_)
        | Error::Tls(_)
        | Error::Timeout(Timeout::Connect | Timeout::Resolve) => Lost::Unsent(message),
        Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => Lost::Unsent(message),
        _ => Lost::Unanswered(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_another_machine_is_unencrypted() {
        for base in ["http://credits.example.com/api", "http://10.0.0.7:8080", "http://[2001:db8::1]/api"] {
            assert!(is_unencrypted(base), "{base}");
        }
        for base in
            ["https://example.com", "http://127.0.0.1:8080", "http://[::1]:80", "http://localhost:8080/api"]
        {
            assert!(!is_unencrypted(base), "{base}");
        }
    }
}

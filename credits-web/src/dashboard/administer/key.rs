//! Idempotency keys of forms: random, made with the page, so that a form sent twice writes once.

use std::fmt::Write as _;

use axum::http::StatusCode;

use crate::refusal::Refusal;

/// What keys of forms begin with, so that none is a key of the application.
const PREFIX: &str = "form:";
/// The random bytes of a key.
const BYTES: usize = 16;

/// A new key: `form:` and 32 hexadecimal digits.
pub(super) fn new() -> Result<String, Refusal> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gave no random bytes");
        let detail = "the server failed, and the request was not at fault";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    })?;
    let mut key = PREFIX.to_owned();
    for byte in bytes {
        // Writing to text cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    Ok(key)
}

/// The key of a form that was sent.
pub(super) fn checked(text: &str) -> Result<String, Refusal> {
    let digits = text.strip_prefix(PREFIX).unwrap_or_default();
    let is_own =
        digits.len() == 2 * BYTES && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_own {
        return Ok(text.to_owned());
    }
    Err(Refusal::invalid("key", text, "send the form of the page, which has a key of its own"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_a_key_of_its_own() {
        let (one, other) = (new().unwrap(), new().unwrap());
        assert_ne!(one, other);
        assert_eq!(checked(&one).unwrap(), one);
        for text in ["", "form:", "job-1", &one[5..], &one.to_uppercase(), &format!("{one}0")] {
            assert_eq!(checked(text).unwrap_err().0.status, 422, "{text}");
        }
    }
}

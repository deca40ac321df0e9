//! Signatures: checks that a webhook is Paddle's and current.
//! <https://developer.paddle.com/webhooks/signature-verification>
//!
//! It does not know what a webhook says.

use credits_runtime::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The maximum distance of a signature's time from now, before or after, in seconds.
const TOLERANCE_SECONDS: i64 = 60;
/// The maximum number of signatures of one header. Paddle writes several while a secret is replaced.
const SIGNATURES_MAX: usize = 8;

/// Whether a header `ts=1671552777;h1=eb4d..` is a current signature of this body, made with the secret.
pub fn is_paddles(secret: &str, header: Option<&[u8]>, body: &[u8], now: Timestamp) -> bool {
    let header = header.and_then(|header| std::str::from_utf8(header).ok()).unwrap_or_default();
    let parts = || header.split(';').filter_map(|part| part.trim().split_once('='));
    let Some(signed_at) = parts().find_map(|(name, value)| (name == "ts").then_some(value)) else {
        return false;
    };
    let Ok(seconds) = signed_at.parse::<i64>() else { return false };
    if (now.microseconds() / 1_000_000).saturating_sub(seconds).saturating_abs() > TOLERANCE_SECONDS {
        return false;
    }
    let signatures = parts().filter(|(name, _)| *name == "h1").take(SIGNATURES_MAX);
    let mac = signed(secret, signed_at, body);
    let mut signatures = signatures.filter_map(|(_, value)| bytes(value));
    // `verify_slice` compares in constant time.
    signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

/// The message authentication code of `ts:body`.
pub fn signed(secret: &str, signed_at: &str, body: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.unwrap_or_else(|_| panic!("a key of any length makes a signature"));
    mac.chain_update(signed_at.as_bytes()).chain_update(b":").chain_update(body)
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?)
        }
        _ => None,
    });
    pairs.collect()
}

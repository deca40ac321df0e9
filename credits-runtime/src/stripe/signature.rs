//! Signatures: that a delivery is Stripe's, and of now. <https://docs.stripe.com/webhooks#verify-manually>

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::domain::time::Timestamp;

/// How far the time that a signature names may be from now, in seconds, before and after.
pub(super) const TOLERANCE_SECONDS: i64 = 300;

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// There is no signature.
    #[error("it has no `Stripe-Signature`")]
    Missing,
    /// The signature names no time, or none of the known scheme.
    #[error("its signature cannot be read")]
    Unreadable,
    /// The signature is of another time.
    #[error("its signature is more than {TOLERANCE_SECONDS} s from now")]
    Stale,
    /// The signature is not one with any of the secrets.
    #[error("its signature is not made with any of the secrets")]
    Forged,
}

/// Whether any of the secrets signed this body, not long from now.
pub(super) fn verify(
    secrets: &[String],
    header: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refused> {
    let header = header.ok_or(Refused::Missing)?;
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
        match name {
            "t" => signed_at = Some(value),
            "v1" => signatures.extend(hexadecimal(value)),
            _ => {}
        }
    }
    let text = signed_at.ok_or(Refused::Unreadable)?;
    let seconds: i64 = text.parse().map_err(|_| Refused::Unreadable)?;
    if signatures.is_empty() {
        return Err(Refused::Unreadable);
    }
    // Constant in time for each pair, whichever of them is right.
    let is_signed = secrets.iter().any(|secret| {
        signatures.iter().any(|signature| mac(secret, text, body).verify_slice(signature).is_ok())
    });
    if !is_signed {
        return Err(Refused::Forged);
    }
    let away = now.microseconds() / 1_000_000 - seconds;
    if away.saturating_abs() > TOLERANCE_SECONDS { Err(Refused::Stale) } else { Ok(()) }
}

/// The header of a delivery that is signed now.
#[cfg(feature = "testing")]
pub(crate) fn sign(secret: &str, body: &[u8], now: Timestamp) -> String {
    let seconds = (now.microseconds() / 1_000_000).to_string();
    let signature: [u8; 32] = mac(secret, &seconds, body).finalize().into_bytes().into();
    format!("t={seconds},v1={}", crate::domain::explain::hexadecimal(&signature))
}

fn mac(secret: &str, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.unwrap_or_else(|_| panic!("a key of any length makes a signature"));
    mac.chain_update(seconds.as_bytes()).chain_update(b".").chain_update(body)
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1000000.{}' | openssl dgst -sha256 -hmac whsec_new`
    const BY_OPENSSL: &str = "7642a4b2bf6b7236a42b68a8c29e0ac0c950359f3f2e5fce0af7880e654e2691";
    const WRONG: &str = "7642a4b2bf6b7236a42b68a8c29e0ac0c950359f3f2e5fce0af7880e654e2690";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_microseconds(seconds * 1_000_000)
    }

    fn signed(secret: &str, seconds: i64, body: &[u8]) -> String {
        let signature: [u8; 32] = mac(secret, &seconds.to_string(), body).finalize().into_bytes().into();
        crate::domain::explain::hexadecimal(&signature)
    }

    fn check(header: Option<&str>, body: &[u8]) -> Result<(), Refused> {
        verify(&["whsec_new".to_owned(), "whsec_old".to_owned()], header, body, at(1_000_000))
    }

    #[test]
    fn any_of_the_secrets_and_any_of_the_signatures_will_do() {
        for secret in ["whsec_new", "whsec_old"] {
            let right = signed(secret, 1_000_000, b"{}");
            check(Some(&format!("t=1000000,v1={right}")), b"{}").unwrap();
            check(Some(&format!("t=1000000,v0=aa,v1={WRONG},v1={right}")), b"{}").unwrap();
        }
        check(Some(&format!("t=1000000,v1={BY_OPENSSL}")), b"{}").unwrap();
        assert_eq!(check(Some(&format!("t=1000000,v1={WRONG}")), b"{}"), Err(Refused::Forged));
    }

    #[test]
    fn what_is_tampered_with_is_refused() {
        let right = signed("whsec_new", 1_000_000, b"{}");
        assert_eq!(check(Some(&format!("t=1000000,v1={right}")), b"{ }"), Err(Refused::Forged));
        assert_eq!(check(Some(&format!("t=1000001,v1={right}")), b"{}"), Err(Refused::Forged));
        assert_eq!(check(Some(&format!("t=1000000,v0={right}")), b"{}"), Err(Refused::Unreadable));
        assert_eq!(check(Some(&format!("v1={right}")), b"{}"), Err(Refused::Unreadable));
        assert_eq!(check(Some(&format!("t=1000000,v1={}", &right[..63])), b"{}"), Err(Refused::Unreadable));
        assert_eq!(check(Some(""), b"{}"), Err(Refused::Unreadable));
        assert_eq!(check(None, b"{}"), Err(Refused::Missing));
    }

    #[test]
    fn the_time_may_be_five_minutes_away_before_and_after() {
        for (seconds, expected) in [
            (1_000_300, Ok(())),
            (999_700, Ok(())),
            (1_000_301, Err(Refused::Stale)),
            (999_699, Err(Refused::Stale)),
        ] {
            let right = signed("whsec_new", seconds, b"{}");
            assert_eq!(check(Some(&format!("t={seconds},v1={right}")), b"{}"), expected, "{seconds}");
        }
    }
}

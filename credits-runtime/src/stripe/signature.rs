//! Signatures: checks that a delivery is Stripe's and current.
//! <https://docs.stripe.com/webhooks#verify-manually>
//!
//! It does not know the ledger's time: a signature is compared with the clock, which may have been set back.

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::secret::Secret;
use crate::domain::time::Timestamp;

/// The maximum distance of a signature's time from now, before or after, in seconds.
pub(super) const TOLERANCE_SECONDS: i64 = 300;
/// The maximum number of bytes of a `Stripe-Signature` header.
pub(super) const HEADER_BYTES_MAX: usize = 4_096;
/// The maximum number of signatures of one header. Stripe writes one for each secret in use, at most two.
pub(super) const SIGNATURES_MAX: usize = 8;

/// Reason why a delivery is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// There is no signature.
    #[error("it has no `Stripe-Signature`")]
    Missing,
    /// The header is too long, names no time, or has no or too many signatures of the known scheme.
    #[error("its signature cannot be read")]
    Unreadable,
    /// The signature's time is too far from now.
    #[error("its signature is more than {TOLERANCE_SECONDS} s from now")]
    Stale,
    /// The signature was made with none of the secrets.
    #[error("its signature is not made with any of the secrets")]
    Forged,
}

/// Checks that any of the secrets signed this body, within [`TOLERANCE_SECONDS`] of now.
///
/// Cheap checks come first: the body is hashed once for each secret, and only for a short header with a
/// current time.
pub(super) fn verify(
    secrets: &[Secret],
    header: Option<&[u8]>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refused> {
    let header = Header::read(header.ok_or(Refused::Missing)?).ok_or(Refused::Unreadable)?;
    let away = (now.microseconds() / 1_000_000).saturating_sub(header.seconds).saturating_abs();
    if away > TOLERANCE_SECONDS {
        return Err(Refused::Stale);
    }
    let is_signed = secrets.iter().any(|secret| {
        let expected = mac(secret.expose(), header.signed_at, body).finalize();
        // `CtOutput` compares in constant time.
        header.signatures.contains(&expected)
    });
    if is_signed { Ok(()) } else { Err(Refused::Forged) }
}

/// The parsed parts of a header.
struct Header<'a> {
    /// The time as it was signed, which the signature covers.
    signed_at: &'a str,
    seconds: i64,
    signatures: Vec<CtOutput<Hmac<Sha256>>>,
}

impl<'a> Header<'a> {
    fn read(header: &'a [u8]) -> Option<Self> {
        if header.len() > HEADER_BYTES_MAX {
            return None;
        }
        let parts = std::str::from_utf8(header).ok()?.split(',');
        let parts: Vec<_> = parts.filter_map(|part| part.trim().split_once('=')).collect();
        let (_, signed_at) = parts.iter().rfind(|(name, _)| *name == "t")?;
        let written = parts.iter().filter(|(name, _)| *name == "v1").map(|(_, value)| *value);
        if written.clone().count() > SIGNATURES_MAX {
            return None;
        }
        let signatures: Vec<_> =
            written.filter_map(hexadecimal).map(|bytes| CtOutput::new(bytes.into())).collect();
        let seconds = signed_at.parse().ok()?;
        (!signatures.is_empty()).then_some(Self { signed_at, seconds, signatures })
    }
}

/// The signature header of a delivery, signed at this instant.
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
        let secrets = ["whsec_new", "whsec_old"].map(Secret::new);
        verify(&secrets, header.map(str::as_bytes), body, at(1_000_000))
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

    #[test]
    fn a_header_is_short_and_has_few_signatures() {
        let right = format!("v1={}", signed("whsec_old", 1_000_000, b"{}"));
        let after = |others: usize| format!("t=1000000,{}{right}", format!("v1={WRONG},").repeat(others));
        check(Some(&after(SIGNATURES_MAX - 1)), b"{}").unwrap();
        assert_eq!(check(Some(&after(SIGNATURES_MAX)), b"{}"), Err(Refused::Unreadable));
        // Unreadable signatures count too, those of another scheme do not.
        let unreadable = format!("t=1000000,{}{right}", "v1=0,".repeat(SIGNATURES_MAX));
        assert_eq!(check(Some(&unreadable), b"{}"), Err(Refused::Unreadable));
        check(Some(&format!("t=1000000,{}{right}", "v0=0,".repeat(SIGNATURES_MAX))), b"{}").unwrap();
        let padded = |bytes: usize| {
            let header = format!("t=1000000,{right},v0=");
            format!("{header}{}", "0".repeat(bytes - header.len()))
        };
        check(Some(&padded(HEADER_BYTES_MAX)), b"{}").unwrap();
        assert_eq!(check(Some(&padded(HEADER_BYTES_MAX + 1)), b"{}"), Err(Refused::Unreadable));
        let not_text = verify(&["whsec_new"].map(Secret::new), Some(b"t=1,v1=\xff"), b"{}", at(1));
        assert_eq!(not_text, Err(Refused::Unreadable));
    }

    /// `t=i64::MIN`, signed with the secret, once overflowed in the subtraction from now.
    #[test]
    fn the_time_is_compared_before_anything_is_hashed_and_never_overflows() {
        for seconds in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
            let header = format!("t={seconds},v1={}", signed("whsec_new", seconds, b"{}"));
            assert_eq!(check(Some(&header), b"{}"), Err(Refused::Stale), "{seconds}");
            // Stale although it is forged: no secret was used.
            assert_eq!(check(Some(&format!("t={seconds},v1={WRONG}")), b"{}"), Err(Refused::Stale));
        }
        let secrets = ["whsec_new"].map(Secret::new);
        for now in [i64::MIN, i64::MAX] {
            let header = format!("t={},v1={WRONG}", if now < 0 { i64::MAX } else { i64::MIN });
            let now = Timestamp::from_microseconds(now);
            assert_eq!(verify(&secrets, Some(header.as_bytes()), b"{}", now), Err(Refused::Stale));
        }
    }
}

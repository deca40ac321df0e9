//! Owner tokens: short-lived rights of one owner's browser to read that owner's wallet.
//!
//! A token is `uo_<payload>_<mac>` in hexadecimal digits. The payload is a version byte, the expiry in microseconds since 1970
//! as 8 bytes in big-endian order, and the owner's name; the mac is its HMAC-SHA256. Nothing is stored.

use credits_runtime::{Owner, Rejection, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::tokens::hexadecimal;
use crate::limits::{OWNER_SECRET_BYTES_MIN, OWNER_TOKEN_TIME_MAX};

/// The version of the payload.
const VERSION: u8 = 1;

/// The secret that signs owner tokens, of at least 32 random bytes. Every instance of the application has the same one.
///
/// ```
/// use std::time::Duration;
/// use credits_web::OwnerSecret;
///
/// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let credits = Credits::in_memory()?;
/// let secret = OwnerSecret::new("0123456789abcdef0123456789abcdef")?;
/// let token = secret.token("user:42", credits.now().after(Duration::from_mins(15)))?;
/// let api = credits_web::api(&credits).owner_secret(secret);
/// # drop((token, api));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OwnerSecret(Hmac<Sha256>);

/// The error of a secret that is too short to be safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of {0} bytes is too short: use at least 32 random ones, the same in every instance")]
pub struct OwnerSecretError(usize);

impl OwnerSecret {
    /// A secret of at least 32 bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, OwnerSecretError> {
        let secret = secret.as_ref();
        let short = OwnerSecretError(secret.len());
        if secret.len() < OWNER_SECRET_BYTES_MIN {
            return Err(short);
        }
        Hmac::new_from_slice(secret).map(Self).map_err(|_| short)
    }

    /// A token for this owner, until an instant at most 24 hours from the API's time.
    ///
    /// Errors: `OwnerInvalid`.
    pub fn token(&self, owner: impl AsRef<str>, expires_at: Timestamp) -> Result<String, Rejection> {
        let owner = Owner::new(owner.as_ref())?;
        let mut payload = vec![VERSION];
        let microseconds = u64::try_from(expires_at.since(Timestamp::MIN).as_micros()).unwrap_or(u64::MAX);
        payload.extend(microseconds.to_be_bytes());
        payload.extend(owner.as_str().as_bytes());
        let mac = self.0.clone().chain_update(&payload).finalize().into_bytes();
        Ok(format!("uo_{}_{}", hexadecimal(&payload), hexadecimal(&mac)))
    }

    /// The owner of a token that is valid now.
    pub(crate) fn owner(&self, token: &str, now: Timestamp) -> Option<String> {
        let (payload, mac) = token.strip_prefix("uo_")?.split_once('_')?;
        let (payload, mac) = (bytes(payload)?, bytes(mac)?);
        // Compared in constant time.
        self.0.clone().chain_update(&payload).verify_slice(&mac).ok()?;
        let (version, rest) = payload.split_first()?;
        let (expiry, owner) = rest.split_first_chunk::<8>()?;
        let expires_at = i64::try_from(u64::from_be_bytes(*expiry)).ok().map(Timestamp::from_microseconds)?;
        let is_valid =
            *version == VERSION && now < expires_at && expires_at <= now.after(OWNER_TOKEN_TIME_MAX);
        is_valid.then(|| String::from_utf8(owner.to_vec()).ok()).flatten()
    }
}

impl std::fmt::Debug for OwnerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnerSecret(..)")
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_token_is_of_one_owner_until_it_expires() {
        let secret = OwnerSecret::new([7; 32]).unwrap();
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let token = secret.token("user:\u{e4}/_ 1", now.after(Duration::from_mins(1))).unwrap();
        assert_eq!(secret.owner(&token, now).as_deref(), Some("user:\u{e4}/_ 1"));
        assert_eq!(secret.owner(&token, now.after(Duration::from_mins(1))), None);
        assert_eq!(OwnerSecret::new([8; 32]).unwrap().owner(&token, now), None);
        for place in 3..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            assert_eq!(secret.owner(&String::from_utf8(changed).unwrap(), now), None, "{place}");
        }
        let far =
            secret.token("user:1", now.after(Duration::from_hours(24) + Duration::from_micros(1))).unwrap();
        assert_eq!(secret.owner(&far, now), None);
        assert_eq!(OwnerSecret::new([7; 31]).unwrap_err(), OwnerSecretError(31));
    }
}

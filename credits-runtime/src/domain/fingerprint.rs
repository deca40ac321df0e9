//! Fingerprints: hashes that identify repeated commands, and rows of idempotency keys.

use sha2::{Digest, Sha256};

use super::fact::Scope;

/// The first 16 bytes of a SHA-256.
pub type Hash128 = [u8; 16];

/// The first 8 bytes of a SHA-256: enough to distinguish commands that were sent under one key.
pub type Hash64 = [u8; 8];

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Hashes fields, each prefixed with its length, so that different lists of fields have different inputs.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a field.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The first 16 bytes of the hash.
    pub fn hash(self) -> Hash128 {
        self.first()
    }

    /// The first 8 bytes of the hash.
    pub fn short_hash(self) -> Hash64 {
        self.first()
    }

    fn first<const N: usize>(self) -> [u8; N] {
        let digest = self.0.finalize();
        let mut hash = [0; N];
        hash.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
        hash
    }
}

/// The row of `keys` for a key within a scope.
pub fn key_row(scope: &Scope, key: &str) -> Hash128 {
    let (kind, wallet) = match scope {
        Scope::Ledger => (0, None),
        Scope::Wallet(wallet) => (1, Some(wallet)),
        Scope::Holds(wallet) => (2, Some(wallet)),
        Scope::Transfers(wallet) => (3, Some(wallet)),
        Scope::Charges(wallet) => (4, Some(wallet)),
    };
    let scoped = Fingerprint::default().field(&[kind]);
    let scoped = match wallet {
        Some(wallet) => {
            scoped.field(wallet.asset.as_str().as_bytes()).field(wallet.owner.as_str().as_bytes())
        }
        None => scoped,
    };
    scoped.field(key.as_bytes()).hash()
}

//! Tokens: secrets of programs that call the API, kept as hashes in a file.
//!
//! A token is `uc_<id>_<secret>`: 8 and 64 hexadecimal digits. The file has one JSON object a line, and is read again when it
//! changes. It does not know requests.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use credits_runtime::{Clock, SystemClock, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::TOKENS_BYTES_MAX;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Read everything.
    Read,
    /// What the application's own workers need: estimate, spend, hold, and read a wallet.
    App,
    /// Everything.
    Admin,
}

impl Scope {
    /// Its name: `read`, `app` or `admin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::App => "app",
            Self::Admin => "admin",
        }
    }
}

/// A token as it is kept: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenRecord {
    /// The id, which is part of the token: 8 hexadecimal digits.
    pub id: String,
    /// The name that is written on entries: `token:worker`.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret, as hexadecimal digits.
    sha256: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The tokens of an API: in a file, or in memory for tests.
///
/// ```
/// use credits_web::{Scope, Tokens};
/// let folder = tempfile::tempdir()?;
/// let tokens = Tokens::file(folder.path().join("credits.tokens"))?;
/// let secret = tokens.create("worker", &[Scope::App])?;
/// assert!(secret.starts_with("uc_"));
/// assert_eq!(tokens.list()?[0].label, "worker");
/// tokens.revoke(&tokens.list()?[0].id)?;
/// assert!(tokens.list()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tokens {
    file: Option<PathBuf>,
    known: Arc<Mutex<Known>>,
}

/// The records as they were last read.
#[derive(Default)]
struct Known {
    /// Modification time and length of the file.
    version: Option<(SystemTime, u64)>,
    records: Vec<TokenRecord>,
}

/// Why tokens cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// The file cannot be read or written.
    #[error("the token file `{path}` cannot be used: {error}")]
    Io {
        /// The path.
        path: String,
        /// The error of the system.
        error: io::Error,
    },
    /// A line of the file is no token.
    #[error(
        "line {line} of the token file `{path}` is no token, {error}: remove the line, and make a new token"
    )]
    Line {
        /// The path.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The error of the JSON.
        error: serde_json::Error,
    },
    /// The label breaks a rule.
    #[error(
        "the label `{0}` is not 1 to 64 letters, digits, `-`, `_` or `.`: name the program that uses the token"
    )]
    Label(String),
    /// The token may do nothing.
    #[error("a token without a scope may do nothing: give it `read`, `app` or `admin`")]
    NoScope,
    /// There is no token with this id.
    #[error("there is no token `{0}`: list them, and name one by its id")]
    Unknown(String),
    /// The system gives no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A digest that no secret has, so that an unknown id takes the time of a known one.
const NOBODY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Tokens {
    /// The tokens in this file, which the first [`create`](Self::create) makes, readable by its owner alone.
    ///
    /// Errors: [`TokensError::Io`], [`TokensError::Line`].
    pub fn file(path: impl AsRef<Path>) -> Result<Self, TokensError> {
        let tokens = Self { file: Some(path.as_ref().to_owned()), known: Arc::default() };
        tokens.list()?;
        Ok(tokens)
    }

    /// Tokens that are lost with this handle and its clones.
    pub fn in_memory() -> Self {
        Self { file: None, known: Arc::default() }
    }

    /// Makes a token and returns it. It is shown once: only its hash is kept.
    ///
    /// Errors in order: [`TokensError::Label`], [`TokensError::NoScope`], those of [`file`](Self::file),
    /// [`TokensError::Random`].
    pub fn create(&self, label: &str, scopes: &[Scope]) -> Result<String, TokensError> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if label.is_empty() || label.len() > 64 || !label.chars().all(is_plain) {
            return Err(TokensError::Label(label.chars().take(80).flat_map(char::escape_debug).collect()));
        }
        if scopes.is_empty() {
            return Err(TokensError::NoScope);
        }
        let (id, secret) = (random::<4>()?, random::<32>()?);
        let record = TokenRecord {
            id: id.clone(),
            label: label.to_owned(),
            scopes: scopes.to_vec(),
            sha256: digest(&secret),
            created_at: SystemClock.now(),
        };
        self.change(|records| {
            records.push(record);
            Ok(())
        })?;
        Ok(format!("uc_{id}_{secret}"))
    }

    /// The tokens, oldest first.
    ///
    /// Errors: those of [`file`](Self::file).
    pub fn list(&self) -> Result<Vec<TokenRecord>, TokensError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut known)?;
        Ok(known.records.clone())
    }

    /// Removes a token by its id. Requests with it are refused from now on.
    ///
    /// Errors: those of [`file`](Self::file), then [`TokensError::Unknown`].
    pub fn revoke(&self, id: &str) -> Result<(), TokensError> {
        self.change(|records| {
            let before = records.len();
            records.retain(|record| record.id != id);
            let unknown = || TokensError::Unknown(id.chars().take(80).flat_map(char::escape_debug).collect());
            if records.len() == before { Err(unknown()) } else { Ok(()) }
        })
    }

    /// The record of a token. A wrong one takes the time of a right one.
    pub(crate) fn find(&self, token: &str) -> Result<Option<TokenRecord>, TokensError> {
        let parts = token.strip_prefix("uc_").and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.unwrap_or(("", token));
        let given = digest(secret);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut known)?;
        let record = known.records.iter().find(|record| record.id == id);
        let expected = record.map_or(NOBODY, |record| &record.sha256);
        let is_right = bool::from(given.as_bytes().ct_eq(expected.as_bytes()));
        Ok(record.filter(|_| is_right && parts.is_some()).cloned())
    }

    /// Reads the file again if it changed.
    fn refresh(&self, known: &mut Known) -> Result<(), TokensError> {
        let Some(path) = &self.file else { return Ok(()) };
        let version = match fs::metadata(path) {
            Ok(found) => Some((found.modified().map_err(|error| io_error(path, error))?, found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io_error(path, error)),
        };
        if version.is_some() && version == known.version {
            return Ok(());
        }
        known.records = if version.is_some() { read(path)? } else { Vec::new() };
        known.version = version;
        Ok(())
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Vec<TokenRecord>) -> Result<(), TokensError>,
    ) -> Result<(), TokensError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.file.as_deref().map(locked).transpose()?;
        self.refresh(&mut known)?;
        let mut records = known.records.clone();
        change(&mut records)?;
        if let Some(path) = &self.file {
            write(path, &records).map_err(|error| io_error(path, error))?;
        }
        (known.records, known.version) = (records, None);
        Ok(())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("file", &self.file).finish_non_exhaustive()
    }
}

fn io_error(path: &Path, error: io::Error) -> TokensError {
    TokensError::Io { path: path.display().to_string(), error }
}

fn read(path: &Path) -> Result<Vec<TokenRecord>, TokensError> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| io_error(path, error))?;
    file.take(TOKENS_BYTES_MAX).read_to_string(&mut text).map_err(|error| io_error(path, error))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let record = |(place, line): (usize, &str)| {
        let path = path.display().to_string();
        serde_json::from_str(line).map_err(|error| TokensError::Line { path, line: place + 1, error })
    };
    lines.map(record).collect()
}

/// Keeps others from changing the file until it is dropped: a change of an older state would make a revoked token valid again.
/// The token file itself is replaced, so that a file beside it is locked.
fn locked(path: &Path) -> Result<File, TokensError> {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&lock).map_err(|error| io_error(path, error))?;
    file.lock().map_err(|error| io_error(path, error))?;
    Ok(file)
}

/// Replaces the file as a whole: a reader sees the old tokens or the new ones.
fn write(path: &Path, records: &[TokenRecord]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    // A draft of a killed process.
    drop(fs::remove_file(&draft));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    for record in records {
        serde_json::to_writer(&mut file, record)?;
        file.write_all(b"\n")?;
    }
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn random<const BYTES: usize>() -> Result<String, TokensError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(TokensError::Random)?;
    Ok(hexadecimal(&bytes))
}

fn digest(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret))
}

/// The bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        for half in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(u32::from(half), 16));
        }
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_until_it_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credits.tokens");
        let (here, there) = (Tokens::file(&path).unwrap(), Tokens::file(&path).unwrap());
        let worker = here.create("worker", &[Scope::App]).unwrap();
        let reader = there.create("reader", &[Scope::Read]).unwrap();
        for tokens in [&here, &there] {
            assert_eq!(tokens.find(&worker).unwrap().unwrap().label, "worker");
            assert_eq!(tokens.find(&reader).unwrap().unwrap().scopes, [Scope::Read]);
        }
        assert!(!fs::read_to_string(&path).unwrap().contains(worker.rsplit('_').next().unwrap()));
        for wrong in ["", "uc_", "uc__", &worker[..worker.len() - 1], &format!("{worker}0"), &worker[3..]] {
            assert!(here.find(wrong).unwrap().is_none(), "{wrong}");
        }
        let stranger = format!("uc_{}_{}", &reader[3..11], worker.rsplit('_').next().unwrap());
        assert!(here.find(&stranger).unwrap().is_none());
        there.revoke(&worker[3..11]).unwrap();
        assert!(here.find(&worker).unwrap().is_none());
        assert!(here.find(&reader).unwrap().is_some());
        assert!(matches!(here.revoke("nobody"), Err(TokensError::Unknown(_))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn changes_at_one_time_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credits.tokens");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let tokens = Tokens::file(&path).unwrap();
                    for _ in 0..8 {
                        let kept = tokens.create("kept", &[Scope::Read]).unwrap();
                        let revoked = tokens.create("revoked", &[Scope::Read]).unwrap();
                        tokens.revoke(&revoked[3..11]).unwrap();
                        assert!(tokens.find(&kept).unwrap().is_some());
                    }
                });
            }
        });
        let left = Tokens::file(&path).unwrap().list().unwrap();
        assert_eq!(left.len(), 32);
        assert!(left.iter().all(|record| record.label == "kept"));
    }

    #[test]
    fn a_broken_file_says_which_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credits.tokens");
        fs::write(&path, "\n{}\n").unwrap();
        let error = Tokens::file(&path).unwrap_err().to_string();
        assert!(error.starts_with("line 2 of the token file"), "{error}");
        assert!(Tokens::file(folder.path()).is_err());
    }

    #[test]
    fn labels_are_plain() {
        let tokens = Tokens::in_memory();
        for label in ["", "two words", "a\u{202e}b", &"x".repeat(65)] {
            assert!(matches!(tokens.create(label, &[Scope::Read]), Err(TokensError::Label(_))), "{label}");
        }
        assert!(matches!(tokens.create("idle", &[]), Err(TokensError::NoScope)));
    }
}

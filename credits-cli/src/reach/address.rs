//! What the command line names as the ledger: a file, or the address of a database.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// How the addresses of databases begin.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Where a ledger is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LedgerAddress {
    File(PathBuf),
    #[cfg(feature = "postgres")]
    Database(String),
}

impl LedgerAddress {
    /// The ledger of this name.
    #[cfg_attr(
        feature = "postgres",
        expect(clippy::unnecessary_wraps, reason = "a program may lack databases")
    )]
    pub(crate) fn of(name: PathBuf) -> Result<Self, Failure> {
        match database_of(&name) {
            None => Ok(Self::File(name)),
            #[cfg(feature = "postgres")]
            Some(url) => Ok(Self::Database(url.to_owned())),
            #[cfg(not(feature = "postgres"))]
            Some(_) => Err(Failure::usage(
                "this program was built without PostgreSQL: build it with the feature `postgres` of credits-cli, name the \
                 ledger's file with --ledger, or give --url",
            )),
        }
    }
}

/// The address of a database, if this is one.
pub(crate) fn database_of(name: &Path) -> Option<&str> {
    name.to_str().filter(|name| SCHEMES.iter().any(|scheme| name.starts_with(scheme)))
}

impl fmt::Debug for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LedgerAddress {
    /// Shows the address of a database without its password and its options.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Database(url) => f.write_str(&without_password(url)),
        }
    }
}

/// The name of a ledger for people: the address of a database without its password and its options.
pub(crate) fn shown(name: &Path) -> String {
    database_of(name).map_or_else(|| name.display().to_string(), without_password)
}

fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    // A password with a slash or a question mark that is not escaped hides where it ends.
    if user.contains('?') || host.contains('?') || (user.is_empty() && path.contains('@')) {
        return format!("{scheme}://..");
    }
    let user = user.split(':').next().unwrap_or_default();
    let (at, path) = (if user.is_empty() { "" } else { "@" }, path.split('?').next().unwrap_or_default());
    format!("{scheme}://{user}{at}{host}{path}")
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "postgres://app:secret@db.example.com:5432/app?sslmode=on",
                "postgres://app@db.example.com:5432/app",
            ),
            ("postgres://app:sec@ret@db.example.com/app", "postgres://app@db.example.com/app"),
            ("postgres://app:sec?ret@db.example.com/app", "postgres://.."),
            ("postgres://app:sec/ret@db.example.com/app", "postgres://.."),
            ("postgres://db.example.com?password=sec@ret", "postgres://.."),
            ("postgresql://localhost/app?password=secret", "postgresql://localhost/app"),
            ("postgres://app@/app?host=/run/postgresql", "postgres://app@/app"),
        ] {
            let address = LedgerAddress::of(url.into()).unwrap();
            assert_eq!(address, LedgerAddress::Database(url.to_owned()));
            assert_eq!(
                (address.to_string(), super::shown(Path::new(url))),
                (shown.to_owned(), shown.to_owned())
            );
        }
        assert_eq!(LedgerAddress::of("studio.redb".into()).unwrap().to_string(), "studio.redb");
    }
}

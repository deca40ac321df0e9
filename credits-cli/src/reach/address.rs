//! What the command line names as the ledger: a file, or the address of a database.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// How the addresses of databases begin.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Where a ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl fmt::Display for LedgerAddress {
    /// Shows the address of a database without its password and its options.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Database(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or_default();
                // A `?` before the `@` is part of a password.
                let (user, place) = match rest.split_once('@') {
                    Some((user, place)) => (user.split(':').next().map(|user| format!("{user}@")), place),
                    None => (None, rest),
                };
                let place = place.split('?').next().unwrap_or_default();
                write!(f, "{scheme}://{}{place}", user.unwrap_or_default())
            }
        }
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "postgres://app:pass?word@db.example.com:5432/app?sslmode=require",
                "postgres://app@db.example.com:5432/app",
            ),
            ("postgresql://localhost/app?password=secret", "postgresql://localhost/app"),
            ("postgres://app@/app?host=/run/postgresql", "postgres://app@/app"),
        ] {
            let address = LedgerAddress::of(url.into()).unwrap();
            assert_eq!(address, LedgerAddress::Database(url.to_owned()));
            assert_eq!(address.to_string(), shown);
        }
        assert_eq!(LedgerAddress::of("studio.redb".into()).unwrap().to_string(), "studio.redb");
    }
}

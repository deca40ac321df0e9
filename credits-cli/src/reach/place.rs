//! Where the ledger is, and which way leads to it now.

use std::path::Path;
use std::thread;
use std::time::Duration;

use credits_runtime::{Error, LedgerErrorKind as Kind};
use tokio::runtime::{Builder, Runtime};

use super::address::LedgerAddress;
use super::client::Client;
use super::in_process::{InProcess, Opener, OwnPrices};
#[cfg(unix)]
use super::socket::Socket;
use super::url::{Url, is_unencrypted};
use crate::exit::{Exit, Failure};

/// Attempts to open a ledger that another command may have open, and the time between two.
const ATTEMPTS_MAX: u32 = 40;
const ATTEMPT_EVERY: Duration = Duration::from_millis(50);

/// What a command does with the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It reads, and writes nothing.
    Read,
    /// It writes to a ledger that exists.
    Write,
    /// It serves the ledger, and creates it.
    Serve,
}

/// Where the ledger is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The ledger itself, and the price list of the application if this program is one.
    Ledger {
        address: LedgerAddress,
        opener: Opener,
        prices: Option<OwnPrices>,
    },
    Url {
        base: String,
        token: Option<String>,
    },
}

impl Place {
    /// A client on the way that is open now.
    pub(crate) fn client(&self, access: Access) -> Result<Client, Failure> {
        match self {
            Self::Url { base, token } => {
                Ok(Client::over(Url::of(base, token.clone()), format!("through {base}")))
            }
            Self::Ledger { address: address @ LedgerAddress::File(path), opener, .. } => {
                through_file((address, path), *opener, access)
            }
            #[cfg(feature = "postgres")]
            Self::Ledger { address: address @ LedgerAddress::Database(_), opener, .. } => {
                let opened = opener(address, access)?;
                Ok(Client::over(InProcess::of(opened, user(), runtime()?), format!("in {address}")))
            }
        }
    }

    /// What people should know about the way.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        let is_exposed = matches!(self, Self::Url { base, token: Some(_) } if is_unencrypted(base));
        is_exposed
            .then_some("warning: the token is sent without encryption: use an https address, or a tunnel")
    }

    /// A client of the price list: the program's own, else that of the ledger or of the address.
    pub(crate) fn prices(&self) -> Result<Client, Failure> {
        match self {
            Self::Ledger { prices: Some(open), .. } => Ok(Client::over(
                InProcess::of(open()?, user(), runtime()?),
                "the price list of this program".to_owned(),
            )),
            _ => self.client(Access::Read),
        }
    }

    /// The ledger itself, for commands that do not go through the API.
    pub(crate) fn ledger(&self, command: &str) -> Result<(&LedgerAddress, Opener), Failure> {
        match self {
            Self::Ledger { address, opener, .. } => Ok((address, *opener)),
            Self::Url { .. } => Err(Failure::usage(format!(
                "`{command}` works on the ledger itself: give --ledger in place of --url"
            ))),
        }
    }

    /// The ledger's file, for commands that work on files alone.
    pub(crate) fn file(&self, command: &str) -> Result<&Path, Failure> {
        match self.ledger(command)?.0 {
            LedgerAddress::File(path) => Ok(path),
            #[cfg(feature = "postgres")]
            address @ LedgerAddress::Database(_) => Err(Failure::usage(format!(
                "`{command}` works on files, and {address} is a database: name a file with --ledger, or use the tools of the \
                 database"
            ))),
        }
    }
}

fn through_file(
    (address, path): (&LedgerAddress, &Path),
    opener: Opener,
    access: Access,
) -> Result<Client, Failure> {
    if !path.exists() {
        return Err(absent(path));
    }
    for _ in 0..ATTEMPTS_MAX {
        match opener(address, access) {
            Ok(opened) => {
                let way = format!("in {}, which no other program has open", path.display());
                return Ok(Client::over(InProcess::of(opened, user(), runtime()?), way));
            }
            Err(Error::Ledger(error)) if error.kind() == Kind::Locked => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(client) = through_socket(path)? {
            return Ok(client);
        }
        // Another command has the ledger open, or a program that has no socket yet.
        thread::park_timeout(ATTEMPT_EVERY);
    }
    Err(closed(path))
}

/// A client through the socket of the program that has the ledger open; `None` if it has none.
#[cfg(unix)]
fn through_socket(path: &Path) -> Result<Option<Client>, Failure> {
    let Ok(socket) = Socket::of(path, runtime()?) else { return Ok(None) };
    let process = socket.process.map(|process| format!(", pid {process}")).unwrap_or_default();
    Ok(Some(Client::over(socket, format!("through the running program{process}"))))
}

#[cfg(not(unix))]
fn through_socket(_: &Path) -> Result<Option<Client>, Failure> {
    Ok(None)
}

fn absent(path: &Path) -> Failure {
    let message = format!(
        "there is no ledger `{}`: name its file with --ledger or CREDITS_LEDGER, or the address of its program with --url",
        path.display()
    );
    Failure::new(Exit::NotFound, message)
}

fn closed(path: &Path) -> Failure {
    let message = format!(
        "the ledger `{}` is open in another program that offers no socket: add `credits_web::socket(&credits)?` to it, \
         stop it, or give --url",
        path.display()
    );
    Failure::new(Exit::Unreachable, message)
}

/// A runtime that this thread drives.
fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::new(Exit::Unreachable, format!("no runtime can be started: {error}")))
}

/// The number of the user of this process.
#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Systems without numbers of users have one.
#[cfg(not(unix))]
fn user() -> u32 {
    0
}

//! What a command has: the ledger's place, the terminal, and requests to the one whose results go to the other.

use std::path::PathBuf;

use serde::de::DeserializeOwned;

use crate::exit::{Exit, Failure};
use crate::reach::{Access, Client, Place, Reply, Request};
use crate::show::Terminal;

/// A run of the command line.
#[derive(Debug)]
pub(crate) struct Session {
    /// The command line of the application.
    pub(crate) line: clap::Command,
    pub(crate) place: Place,
    pub(crate) terminal: Terminal,
    /// The file of the API's tokens.
    pub(crate) tokens: PathBuf,
}

impl Session {
    /// A client, with a note of the way on which its requests go.
    pub(crate) fn client(&self, access: Access) -> Result<Client, Failure> {
        Ok(self.noted(self.place.client(access)?))
    }

    /// A client of the price list, with a note of whose it is.
    pub(crate) fn prices(&self) -> Result<Client, Failure> {
        Ok(self.noted(self.place.prices()?))
    }

    fn noted(&self, client: Client) -> Client {
        self.terminal.note(&client.way);
        if let Some(warning) = self.place.warning() {
            self.terminal.note(warning);
        }
        client
    }

    /// Reads from the ledger.
    pub(crate) fn read(&self, request: &Request) -> Result<Reply, Failure> {
        self.client(Access::Read)?.send(request)
    }

    /// Reads from the ledger, and shows the result.
    pub(crate) fn show<T: DeserializeOwned>(
        &self,
        request: &Request,
        text: impl FnOnce(&T, Terminal) -> String,
    ) -> Result<(), Failure> {
        let reply = self.read(request)?;
        let result = reply.read()?;
        self.terminal.show(&reply.value, || text(&result, self.terminal))
    }

    /// Shows the result of a write, which is done whether it can be shown or not.
    pub(crate) fn receipt(&self, reply: &Reply, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.terminal.show(&reply.value, text).map_err(|failure| match (failure.exit, &reply.key) {
            (Exit::Done, _) | (_, None) => failure,
            (_, Some(key)) => done_unseen(failure, key),
        })
    }
}

/// The failure of a write that was done, and whose result could not be written.
fn done_unseen(failure: Failure, key: &str) -> Failure {
    let message = format!("done, but {}; its key is {key}", failure.message);
    Failure { exit: Exit::OutcomeUnknown, message, key: Some(key.to_owned()), ..failure }
}

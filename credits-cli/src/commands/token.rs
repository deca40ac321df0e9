//! `token`: secrets of programs that call the API, in the file that the API reads.

use clap::{Args, Subcommand, ValueEnum};
use credits_web::{Scope, TokenRecord, Tokens, TokensError};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::show::{Table, Terminal, time};

/// The arguments of `token`.
#[derive(Debug, Args)]
#[command(after_help = "A program that serves the API sees a change of the file with its next request.\n\n\
    Examples:\n  \
    credits token new image-worker --scope app\n  \
    credits token list\n  \
    credits token revoke 4f1c09ab")]
pub(crate) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token, and show it once
    New {
        /// The name that entries have as their author
        name: String,
        /// What it may do: read everything; app: estimate, spend, hold; admin: everything
        #[arg(long, required = true)]
        scope: Vec<Allowed>,
    },
    /// List the tokens, without their secrets
    List,
    /// Remove a token
    Revoke {
        /// Its id, as the list has it
        id: String,
    },
}

/// A scope on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Allowed {
    Read,
    App,
    Admin,
}

impl From<Allowed> for Scope {
    fn from(allowed: Allowed) -> Self {
        match allowed {
            Allowed::Read => Self::Read,
            Allowed::App => Self::App,
            Allowed::Admin => Self::Admin,
        }
    }
}

impl From<TokensError> for Failure {
    fn from(error: TokensError) -> Self {
        let exit = match error {
            TokensError::Unknown(_) => Exit::NotFound,
            TokensError::Label(_) | TokensError::NoScope => Exit::Usage,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}

impl Token {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.place.ledger("token")?;
        let (tokens, terminal) = (Tokens::file(&session.tokens)?, session.terminal);
        match &self.action {
            Action::New { name, scope } => {
                let scopes: Vec<Scope> = scope.iter().copied().map(Into::into).collect();
                let secret = tokens.create(name, &scopes)?;
                terminal.note(&format!("in {}; it is shown once", session.tokens.display()));
                terminal.show(&json!({ "token": secret }), || secret.clone())
            }
            Action::List => {
                let records = tokens.list()?;
                terminal.show(&records.iter().map(value).collect(), || listed(&records, terminal))
            }
            Action::Revoke { id } => {
                tokens.revoke(id)?;
                terminal.show(&json!({ "revoked": id }), || format!("token {id} is revoked"))
            }
        }
    }
}

/// A token without what is kept of its secret.
fn value(record: &TokenRecord) -> Value {
    let TokenRecord { id, label, scopes, created_at, .. } = record;
    json!({ "id": id, "label": label, "scopes": scopes, "created_at": created_at })
}

fn listed(records: &[TokenRecord], terminal: Terminal) -> String {
    let mut table = Table::new(&["ID", "NAME", "SCOPES", "MADE"]);
    for record in records {
        let scopes: Vec<&str> = record.scopes.iter().map(|scope| scope.name()).collect();
        table.row([record.id.clone(), record.label.clone(), scopes.join(", "), time(record.created_at)]);
    }
    table.shown(terminal.width, "no tokens")
}

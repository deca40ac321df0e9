//! Consent to writes by hand: a question on a terminal, `--yes` in scripts, and an idempotency key in any case.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use credits_web::responses::Wallet;

use crate::exit::{Exit, Failure};
use crate::reach::{Access, Path, Reply, Request};
use crate::session::Session;
use crate::show::{escaped, figure};

/// The options of every write by hand.
#[derive(Debug, Args)]
pub(super) struct Consent {
    /// Do it without a question, as scripts must
    #[arg(long, short)]
    yes: bool,
    /// The idempotency key: a write that is sent again under its key is done once
    #[arg(long)]
    key: Option<String>,
}

/// A write before it is sent.
pub(super) struct Proposed<'a> {
    /// The owner whose credits are shown before the question, if there is one.
    pub(super) owner: Option<&'a str>,
    pub(super) asset: Option<&'a str>,
    /// The question without its mark: `Give 100 credits to user:42`.
    pub(super) question: String,
    pub(super) request: Request,
}

/// A question with what its options add to it.
pub(super) fn with_options(question: String, options: impl IntoIterator<Item = Option<String>>) -> String {
    options.into_iter().flatten().fold(question, |question, option| format!("{question}, {option}"))
}

impl Consent {
    /// Whether a question is asked, for questions that take a request to put.
    pub(super) fn asks(&self) -> bool {
        !self.yes
    }

    /// Sends a write once it is agreed to. The ledger is not held while the question is open.
    pub(super) fn write(&self, session: &Session, proposed: Proposed<'_>) -> Result<Reply, Failure> {
        if !self.yes {
            ask(session, &proposed)?;
        }
        let key = self.key.clone().map_or_else(random_key, Ok)?;
        session.client(Access::Write)?.send(&proposed.request.keyed(key))
    }
}

/// Asks on the terminal, after the wallet's credits.
fn ask(session: &Session, proposed: &Proposed<'_>) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("standard input is no terminal on which to ask: add --yes"));
    }
    let has = proposed.owner.map(|owner| credits_of(session, owner, proposed.asset)).transpose()?;
    let question = format!("{}{}? [y/N] ", has.unwrap_or_default(), proposed.question);
    let mut err = io::stderr().lock();
    let asked = write!(err, "{}", escaped(&question));
    let mut line = String::new();
    let read = asked.and_then(|()| err.flush()).and_then(|()| io::stdin().lock().read_line(&mut line));
    read.map_err(|error| Failure::usage(format!("the terminal cannot be read: {error}")))?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Refused, "nothing was changed")),
    }
}

/// The line that says what an owner has.
fn credits_of(session: &Session, owner: &str, asset: Option<&str>) -> Result<String, Failure> {
    let path = Path::of(["wallets", owner]).option("asset", asset);
    let wallet: Wallet = session.place.client(Access::Read)?.send(&Request::get(path))?.read()?;
    Ok(format!("{} now has {} {}.\n", wallet.owner, figure(wallet.credits.get()), wallet.asset))
}

/// A key that no other write has.
pub(super) fn random_key() -> Result<String, Failure> {
    Ok(format!("cli-{}", random_digits()?))
}

/// 24 hexadecimal digits that cannot be guessed.
pub(super) fn random_digits() -> Result<String, Failure> {
    let mut bytes = [0; 12];
    let filled = getrandom::fill(&mut bytes);
    filled
        .map_err(|error| Failure::new(Exit::Refused, format!("the system gave no random bytes: {error}")))?;
    Ok(format!("{:024x}", bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte))))
}

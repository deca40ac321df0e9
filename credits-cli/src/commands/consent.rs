//! Consent to writes by hand: a question on a terminal, `--yes` in scripts, and an idempotency key in any case.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use credits_web::responses::Wallet;

use crate::exit::{Exit, Failure};
use crate::reach::{Access, Path, Reply, Request};
use crate::session::Session;
use crate::show::figure;

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
    pub(super) owner: &'a str,
    pub(super) asset: Option<&'a str>,
    /// The question without its mark: `Give 100 credits to user:42`.
    pub(super) question: String,
    pub(super) request: Request,
}

impl Consent {
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
    let wallet = Path::of(["wallets", proposed.owner]).option("asset", proposed.asset);
    let reply = session.place.client(Access::Read)?.send(&Request::get(wallet))?;
    let wallet: Wallet = reply.read()?;
    let (has, owner) = (figure(wallet.credits.get()), &wallet.owner);
    let mut err = io::stderr().lock();
    let asked = write!(err, "{} now has {has} {}.\n{}? [y/N] ", owner, wallet.asset, proposed.question);
    let mut line = String::new();
    let read = asked.and_then(|()| err.flush()).and_then(|()| io::stdin().lock().read_line(&mut line));
    read.map_err(|error| Failure::usage(format!("the terminal cannot be read: {error}")))?;
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Refused, "nothing was changed")),
    }
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

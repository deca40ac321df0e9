//! `revoke`, `release` and `reverse`: what undoes a grant, a hold, a charge or a transfer.

use clap::Args;
use credits_runtime::{Category, Reversed};
use credits_web::responses::{ReleasedHold, ShownOwnedEntry};
use serde_json::{Map, Value, json};

use super::consent::{Consent, Proposed};
use super::receipt;
use crate::exit::{Exit, Failure};
use crate::reach::{Access, Path, Request};
use crate::session::Session;
use crate::show::{counted, figure};

/// The arguments of `revoke`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits revoke user:42 17 --reason \"given twice\"")]
pub(crate) struct Revoke {
    /// The owner, such as user:42
    owner: String,
    /// The grant, by its number in `balance`
    grant: u64,
    /// The reason, which the history shows
    #[arg(long)]
    reason: String,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Revoke {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let (owner, asset) = (self.owner.as_str(), self.asset.as_deref());
        let path = Path::of(["wallets", owner, "grants", &self.grant.to_string(), "revoke"]);
        let question = format!("Take what is free of grant {} from {owner}", self.grant);
        let request = Request::post(path.option("asset", asset), json!({ "reason": self.reason }));
        let reply = self.consent.write(session, Proposed { owner, asset, question, request })?;
        receipt::show(session, owner, &reply)
    }
}

/// The arguments of `release`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits holds\n  credits release user:42 23")]
pub(crate) struct Release {
    /// The owner, such as user:42
    owner: String,
    /// The hold, by its number in `holds`
    hold: u64,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Release {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let (owner, asset) = (self.owner.as_str(), self.asset.as_deref());
        let path = Path::of(["wallets", owner, "holds", &self.hold.to_string(), "release"]);
        let question = format!("Release hold {} of {owner}, so that its work cannot be charged", self.hold);
        let request = Request::post(path.option("asset", asset), json!({}));
        let reply = self.consent.write(session, Proposed { owner, asset, question, request })?;
        let released: ReleasedHold = reply.read()?;
        session.terminal.show(&reply.value, || {
            let before = if released.replayed { " had been released before" } else { " is released" };
            format!("hold {} of {owner}{before}", released.id)
        })
    }
}

/// The arguments of `reverse`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits reverse 1234 --reason \"the picture was blurred\"\n  \
    credits reverse 1234 --amount 20 --reason \"a part was blurred\" --yes")]
pub(crate) struct Reverse {
    /// The entry of a charge or of a transfer, by its number in `history`
    entry: u64,
    /// The reason, which the history shows
    #[arg(long)]
    reason: String,
    /// The credits to return of a charge; all unless given
    #[arg(long)]
    amount: Option<i64>,
    /// Of a transfer, return what the receiver still has
    #[arg(long)]
    as_far_as_possible: bool,
    /// Of a transfer, what the receiver does not have becomes a debt
    #[arg(long, conflicts_with = "as_far_as_possible")]
    with_debt: bool,
    #[command(flatten)]
    consent: Consent,
}

impl Reverse {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let entry = Request::get(Path::of(["entries", &self.entry.to_string()]));
        let found: ShownOwnedEntry = session.place.client(Access::Read)?.send(&entry)?.read()?;
        let is_transfer = [Category::TransferIn, Category::TransferOut].contains(&found.entry.entry.category);
        if is_transfer { self.transfer(session, &found) } else { self.charge(session, &found) }
    }

    fn charge(&self, session: &Session, found: &ShownOwnedEntry) -> Result<(), Failure> {
        if self.as_far_as_possible || self.with_debt {
            return Err(Failure::usage(format!(
                "entry {} is no transfer: leave --as-far-as-possible and --with-debt out",
                self.entry
            )));
        }
        let entry = &found.entry.entry;
        let (owner, asset) = (found.owner.as_str(), Some(entry.asset.as_str()));
        let path = Path::of(["wallets", owner, "charges", &self.entry.to_string(), "reverse"]);
        let mut body = Map::from_iter([("reason".to_owned(), Value::from(self.reason.as_str()))]);
        body.extend(self.amount.map(|amount| ("amount".to_owned(), amount.into())));
        let part =
            self.amount.map_or("what was charged".to_owned(), |amount| counted_of(amount, &entry.asset));
        let question =
            format!("Return {part} of entry {} ({}) to {owner}", self.entry, found.entry.description);
        let request = Request::post(path.option("asset", asset), Value::Object(body));
        let reply = self.consent.write(session, Proposed { owner, asset, question, request })?;
        receipt::show(session, owner, &reply)
    }

    fn transfer(&self, session: &Session, found: &ShownOwnedEntry) -> Result<(), Failure> {
        let entry = &found.entry.entry;
        let is_sent = entry.category == Category::TransferOut;
        let other = entry.counterparty.as_ref().filter(|_| !is_sent).unwrap_or(&found.owner);
        let Some(transfer) = entry.transfer.filter(|_| self.amount.is_none()) else {
            let message = format!("entry {} is of a transfer, which is reversed as a whole", self.entry);
            return Err(Failure::new(Exit::Usage, message));
        };
        let (owner, asset) = (other.as_str(), Some(entry.asset.as_str()));
        let path = Path::of(["wallets", owner, "transfers", &transfer.to_string(), "reverse"]);
        let body = json!({
            "as_far_as_possible": self.as_far_as_possible,
            "with_debt": self.with_debt,
            "metadata": { "reason": self.reason },
        });
        let question = format!("Move the credits of transfer {transfer} back to {owner}");
        let request = Request::post(path.option("asset", asset), body);
        let reply = self.consent.write(session, Proposed { owner, asset, question, request })?;
        let reversed: Reversed = reply.read()?;
        session.terminal.show(&reply.value, || {
            let receiver =
                reversed.reclaimed.counterparty.as_ref().map_or("receiver", |owner| owner.as_str());
            let lines =
                [receipt::line(owner, &reversed.reclaimed), receipt::line(receiver, &reversed.returned)];
            lines.join("\n") + receipt::replayed(&reply)
        })
    }
}

fn counted_of(amount: i64, asset: &str) -> String {
    match u64::try_from(amount) {
        Ok(amount) if asset == "credits" => counted(amount, "credit", "credits"),
        _ => format!("{} {asset}", figure(amount)),
    }
}

//! `revoke`, `release` and `reverse`: what undoes a grant, a hold, a charge or a transfer.

use clap::Args;
use credits_runtime::{Category, Reversed, TransferId};
use credits_web::responses::{ReleasedHold, ShownOwnedEntry, Wallet};
use serde_json::{Map, Value, json};

use super::consent::{Consent, Proposed, with_options};
use super::gifts::owed;
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
        let free = if self.consent.asks() { self.free(session)? } else { String::new() };
        let question =
            format!("Take {free} of grant {} from {owner}, for the reason `{}`", self.grant, self.reason);
        let request = Request::post(path.option("asset", asset), json!({ "reason": self.reason }));
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        receipt::show(session, owner, &reply)
    }
}

impl Revoke {
    /// What is free of the grant now, in words.
    fn free(&self, session: &Session) -> Result<String, Failure> {
        let path = Path::of(["wallets", &self.owner]).option("asset", self.asset.as_ref());
        let wallet: Wallet = session.place.client(Access::Read)?.send(&Request::get(path))?.read()?;
        let grant = wallet.grants.iter().find(|grant| grant.id.to_string() == self.grant.to_string());
        let unit = self.asset.as_deref().unwrap_or("credits");
        Ok(grant.map_or("what is free".to_owned(), |grant| {
            format!("the {} that are free", counted_of(grant.free.get(), unit))
        }))
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
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        let released: ReleasedHold = reply.read()?;
        session.receipt(&reply, || {
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
        let charged = counted_of(entry.amount.get().saturating_abs(), &entry.asset);
        let part = self.amount.map_or_else(
            || format!("all that is not returned yet of the {charged}"),
            |amount| format!("{} of the {charged}", counted_of(amount, &entry.asset)),
        );
        let question = format!(
            "Return {part} of entry {} ({}) to {owner}, for the reason `{}`",
            self.entry, found.entry.description, self.reason
        );
        let request = Request::post(path.option("asset", asset), Value::Object(body));
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
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
        let sent = if self.consent.asks() { sent(session, found, transfer)? } else { String::new() };
        let question =
            format!("Move {sent} of transfer {transfer} back to {owner}, for the reason `{}`", self.reason);
        let partly = self.as_far_as_possible.then(|| "as far as the receiver still has them".to_owned());
        let question = with_options(question, [partly, self.with_debt.then(owed)]);
        let request = Request::post(path.option("asset", asset), body);
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        let reversed: Reversed = reply.read()?;
        session.receipt(&reply, || {
            let receiver =
                reversed.reclaimed.counterparty.as_ref().map_or("receiver", |owner| owner.as_str());
            let lines =
                [receipt::line(owner, &reversed.reclaimed), receipt::line(receiver, &reversed.returned)];
            lines.join("\n") + receipt::replayed(&reply)
        })
    }
}

/// What was sent by a transfer, in words. The receiver's entries may be parts of it.
fn sent(session: &Session, found: &ShownOwnedEntry, transfer: TransferId) -> Result<String, Failure> {
    let whole: ShownOwnedEntry;
    let entry = if found.entry.entry.category == Category::TransferOut {
        &found.entry.entry
    } else {
        let path = Path::of(["entries", &transfer.to_string()]);
        whole = session.place.client(Access::Read)?.send(&Request::get(path))?.read()?;
        &whole.entry.entry
    };
    Ok(format!("the {}", counted_of(entry.amount.get().saturating_abs(), &entry.asset)))
}

fn counted_of(amount: i64, asset: &str) -> String {
    match u64::try_from(amount) {
        Ok(amount) if asset == "credits" => counted(amount, "credit", "credits"),
        _ => format!("{} {asset}", figure(amount)),
    }
}

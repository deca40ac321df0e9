//! `give`, `take` and `transfer`: credits that come, go and move by hand.

use clap::Args;
use credits_runtime::{Timestamp, Transferred};
use serde_json::{Map, Value, json};

use super::consent::{Consent, Proposed, with_options};
use super::instant::instant;
use super::receipt;
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{figure, list, time};

/// The arguments of `give`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits give user:42 100 --reason \"sorry for the outage\"\n  \
    credits give user:42 100 --reason contest --expires-at 2027-01-01 --key contest-7 --yes")]
pub(crate) struct Give {
    /// The owner, such as user:42
    owner: String,
    /// The credits
    amount: i64,
    /// The reason, which the history shows
    #[arg(long)]
    reason: String,
    /// The category; that of a manual adjustment unless given
    #[arg(long)]
    category: Option<String>,
    /// When the credits expire; never unless given
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    expires_at: Option<Timestamp>,
    /// The credits were paid for, and are no promotion
    #[arg(long)]
    paid: bool,
    /// An operation that the credits can be used for; all unless given
    #[arg(long, value_name = "OPERATION")]
    only_for: Vec<String>,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Give {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let body = given(json!({
            "amount": self.amount,
            "reason": self.reason,
            "category": self.category,
            "expires_at": self.expires_at,
            "promotional": self.paid.then_some(false),
            "only_for": self.only_for,
        }));
        let (owner, asset) = (self.owner.as_str(), self.asset.as_deref());
        let path = Path::of(["wallets", owner, "give"]).option("asset", asset);
        let (amount, unit) = (figure(self.amount), asset.unwrap_or("credits"));
        let question = format!("Give {amount} {unit} to {owner}, for the reason `{}`", self.reason);
        let question = with_options(question, self.options());
        let request = Request::post(path, body);
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        receipt::show(session, owner, &reply)
    }
}

impl Give {
    fn options(&self) -> [Option<String>; 4] {
        [
            self.category.as_ref().map(|category| format!("in the category `{category}`")),
            self.expires_at.map(expiring),
            self.paid.then(|| "as paid credits".to_owned()),
            (!self.only_for.is_empty()).then(|| format!("only for {}", list(&self.only_for))),
        ]
    }
}

fn expiring(at: Timestamp) -> String {
    format!("expiring {} UTC", time(at))
}

/// The arguments of `take`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits take user:42 100 --reason \"given twice\"\n  \
    credits take user:42 100 --reason fraud --with-debt --yes")]
pub(crate) struct Take {
    /// The owner, such as user:42
    owner: String,
    /// The credits
    amount: i64,
    /// The reason, which the history shows
    #[arg(long)]
    reason: String,
    /// Credits that the owner does not have become a debt
    #[arg(long)]
    with_debt: bool,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Take {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let body = json!({ "amount": self.amount, "reason": self.reason, "with_debt": self.with_debt });
        let (owner, asset) = (self.owner.as_str(), self.asset.as_deref());
        let path = Path::of(["wallets", owner, "deduct"]).option("asset", asset);
        let (amount, unit) = (figure(self.amount), asset.unwrap_or("credits"));
        let question = format!("Take {amount} {unit} from {owner}, for the reason `{}`", self.reason);
        let question = with_options(question, [self.with_debt.then(owed)]);
        let request = Request::post(path, body);
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        receipt::show(session, owner, &reply)
    }
}

/// What `--with-debt` adds to a question.
pub(super) fn owed() -> String {
    "and what is missing becomes a debt".to_owned()
}

/// The arguments of `transfer`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits transfer user:42 user:7 50 --reason \"moved to the new account\"\n  \
    credits transfer team:1 user:7 50 --reason share --including-promotional --key share-1 --yes")]
pub(crate) struct Transfer {
    /// The owner who sends
    from: String,
    /// The owner who receives
    to: String,
    /// The credits
    amount: i64,
    /// The reason, which the metadata of both entries keeps
    #[arg(long)]
    reason: String,
    /// Promotional credits may be moved too
    #[arg(long)]
    including_promotional: bool,
    /// When the credits expire at the receiver; as at the sender unless given
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    expires_at: Option<Timestamp>,
    /// The asset; credits unless given
    #[arg(long)]
    asset: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Transfer {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let body = given(json!({
            "to": self.to,
            "amount": self.amount,
            "expires_at": self.expires_at,
            "including_promotional": self.including_promotional,
            "metadata": { "reason": self.reason },
        }));
        let (owner, asset) = (self.from.as_str(), self.asset.as_deref());
        let path = Path::of(["wallets", owner, "transfers"]).option("asset", asset);
        let (amount, unit) = (figure(self.amount), asset.unwrap_or("credits"));
        let (to, reason) = (&self.to, &self.reason);
        let question = format!("Transfer {amount} {unit} from {owner} to {to}, for the reason `{reason}`");
        let promotional = self.including_promotional.then(|| "promotional credits too".to_owned());
        let question = with_options(question, [promotional, self.expires_at.map(expiring)]);
        let request = Request::post(path, body);
        let reply = self.consent.write(session, Proposed { owner: Some(owner), asset, question, request })?;
        let transferred: Transferred = reply.read()?;
        session.receipt(&reply, || {
            let sent = format!("transfer {}\n{}", transferred.id, receipt::line(owner, &transferred.sent));
            let received = transferred.received.iter().map(|entry| receipt::line(&self.to, entry));
            received.fold(sent, |text, line| format!("{text}\n{line}")) + receipt::replayed(&reply)
        })
    }
}

/// An object without the members that are not given.
fn given(object: Value) -> Value {
    let Value::Object(members) = object else { return object };
    Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

//! `verify`, `head`, `check-head` and `stats`: the ledger as a whole.

use clap::Args;
use credits_runtime::Verified;
use credits_web::responses::{AgreedHead, LedgerFigures, ShownHead};
use serde_json::json;

use crate::exit::Failure;
use crate::reach::{Access, Path, Request};
use crate::session::Session;
use crate::show::{Progress, Terminal, bytes, counted, figure, time};

/// The arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits verify\n  credits verify --ledger copy.redb --json")]
pub(crate) struct Verify {}

impl Verify {
    #[expect(clippy::unused_self, reason = "every command is called alike")]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let client = session.client(Access::Read)?;
        let progress = Progress::counted(session.terminal, "verifying");
        let request = Request::post(Path::of(["verify"]), json!({})).at_length();
        let reply = client.send_watched(&request, |report| progress.report(report));
        drop(progress);
        let reply = reply?;
        let verified: Verified = reply.read()?;
        session.terminal.show(&reply.value, || {
            let Verified { facts, frames, wallets, grants, keys, .. } = verified;
            format!(
                "the ledger is sound\n{} in {}, {}, {}, {}",
                counted(facts, "fact", "facts"),
                counted(frames, "commit", "commits"),
                counted(wallets, "wallet", "wallets"),
                counted(grants, "grant", "grants"),
                counted(keys, "key", "keys"),
            )
        })
    }
}

/// The arguments of `head`.
#[derive(Debug, Args)]
#[command(after_help = "Keep the head where nobody can change it who can change the ledger.\n\n\
    Examples:\n  credits head >> heads.txt")]
pub(crate) struct Head {}

impl Head {
    #[expect(clippy::unused_self, reason = "every command is called alike")]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.show(&Request::get(Path::of(["head"])), |shown: &ShownHead, _| shown.head.to_string())
    }
}

/// The arguments of `check-head`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits check-head \"$(tail -1 heads.txt)\"")]
pub(crate) struct CheckHead {
    /// A head that `head` printed earlier
    head: String,
}

impl CheckHead {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let body = json!({ "head": self.head.trim() });
        let request = Request::post(Path::of(["head", "check"]), body).at_length();
        session.show(&request, |agreed: &AgreedHead, _| {
            format!("the ledger goes through this head: no fact up to {} was changed", agreed.last_fact)
        })
    }
}

/// The arguments of `stats`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credits stats\n  credits stats --json")]
pub(crate) struct Stats {}

impl Stats {
    #[expect(clippy::unused_self, reason = "every command is called alike")]
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        session.show(&Request::get(Path::of(["statistics"])), stats)
    }
}

fn stats(LedgerFigures { ledger, now, statistics, .. }: &LedgerFigures, _: Terminal) -> String {
    let checkpointed = statistics.checkpointed_at.map_or("not since the opening".to_owned(), time);
    let rows = [
        ("ledger", ledger.clone()),
        ("now", time(*now)),
        ("opened", time(statistics.opened_at)),
        ("facts", figure(statistics.facts)),
        ("commits since then", figure(statistics.commits)),
        ("commands since then", figure(statistics.commands)),
        ("waiting commands", figure(u64::try_from(statistics.queued).unwrap_or(u64::MAX))),
        ("last checkpoint", checkpointed),
        ("file", bytes(statistics.file_bytes)),
        ("log", bytes(statistics.log_bytes)),
        ("memory", bytes(statistics.memory_bytes)),
    ];
    rows.iter().map(|(name, value)| format!("{name:<20} {value}")).collect::<Vec<_>>().join("\n")
}

//! `unresolved`: payments that need an administrator, and what resolves them.

use clap::{Args, Subcommand};
use credits_runtime::billing::Received;
use credits_web::responses::UnresolvedPage;
use serde_json::{Value, json};

use super::consent::{Consent, Proposed};
use crate::exit::Failure;
use crate::reach::{Path, Request};
use crate::session::Session;
use crate::show::{Table, Terminal, counted};

/// The arguments of `unresolved`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    credits unresolved\n  \
    credits unresolved link cus_NffrFeUfNV2Hib user:42\n  \
    credits unresolved dismiss \"payment pi_1 900\" --owner user:42")]
pub(crate) struct Unresolved {
    #[command(subcommand)]
    decision: Option<Decision>,
    /// The most entries, up to 1000
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum Decision {
    /// Say whose a customer, subscription, session or payment of the processor is
    Link {
        /// The object, by the processor's id
        object: String,
        /// Its owner
        owner: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Take an entry off the list; no credits change
    Dismiss {
        /// The key of the entry, as the list has it
        #[arg(value_name = "KEY")]
        entry: String,
        /// Its owner, as the list has it
        #[arg(long)]
        owner: Option<String>,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Unresolved {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        match &self.decision {
            None => {
                let path = Path::of(["unresolved"]).option("limit", Some(self.limit));
                session.show(&Request::get(path), shown)
            }
            Some(Decision::Link { object, owner, consent }) => {
                let request = decision("link", json!({ "object": object, "owner": owner }));
                let question = format!("Link {object} to {owner}, who gets what it has paid for");
                let proposed = Proposed { owner: Some(owner), asset: None, question, request };
                decided(session, consent, proposed, &format!("{object} is linked to {owner}"))
            }
            Some(Decision::Dismiss { entry, owner, consent }) => {
                let request = decision("dismiss", json!({ "key": entry, "owner": owner }));
                let of = owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
                let question = format!("Take the entry `{entry}`{of} off the list, with no credits changed");
                let proposed = Proposed { owner: owner.as_deref(), asset: None, question, request };
                decided(session, consent, proposed, &format!("`{entry}` is dismissed"))
            }
        }
    }
}

fn decision(name: &str, body: Value) -> Request {
    Request::post(Path::of(["unresolved", name]), body)
}

fn decided(session: &Session, consent: &Consent, proposed: Proposed<'_>, done: &str) -> Result<(), Failure> {
    let reply = consent.write(session, proposed)?;
    let received: Received = reply.read()?;
    session.receipt(&reply, || {
        let before = if received.is_new { "" } else { ", as it was before" };
        format!("{done}{before}")
    })
}

fn shown(page: &UnresolvedPage, terminal: Terminal) -> String {
    let mut table = Table::new(&["OWNER", "KEY", "REMEDY"]);
    for shown in &page.unresolved {
        let owner = shown.entry.owner().map(ToString::to_string).unwrap_or_default();
        table.row([owner, shown.key.clone().unwrap_or_default(), shown.remedy.clone()]);
    }
    let count = u64::try_from(page.count).unwrap_or(u64::MAX);
    let all = if page.count > page.unresolved.len() {
        format!("\n\n{} in all: raise --limit", counted(count, "entry", "entries"))
    } else {
        String::new()
    };
    table.shown(terminal.width, "nothing needs an administrator") + &all
}

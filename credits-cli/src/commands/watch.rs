//! `watch`: new entries as they come, by asking for them again and again.

use std::num::NonZeroU64;
use std::thread;
use std::time::Duration;

use clap::Args;
use credits_runtime::FactNumber;
use credits_web::responses::{NewestEntries, ShownOwnedEntry};

use crate::exit::Failure;
use crate::reach::{Access, Client, Path, Request};
use crate::session::Session;
use crate::show::{change, figure, print, time};

/// Entries that a request asks for.
const PAGE: usize = 200;
/// Entries of one round. Older ones are left out, with a note.
const ROUND_ENTRIES_MAX: usize = 10_000;

/// The arguments of `watch`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  credits watch\n  credits watch --every 10 --json\n  credits watch --after 1200 --count 5"
)]
pub(crate) struct Watch {
    /// Seconds between two requests, up to 3600
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    every: u64,
    /// End after this many entries
    #[arg(long)]
    count: Option<NonZeroU64>,
    /// Begin after the entry of this number; with the next new one unless given
    #[arg(long, value_name = "ENTRY")]
    after: Option<u64>,
}

impl Watch {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let mut client = Some(session.client(Access::Read)?);
        let mut seen = self.after.map(FactNumber::new);
        let mut left = self.count.map(NonZeroU64::get);
        loop {
            // The ledger is not held between two rounds, so that its program can open it.
            let round = match client.take() {
                Some(client) => entries_after(&client, seen, session)?,
                None => entries_after(&session.place.client(Access::Read)?, seen, session)?,
            };
            let last = round.last().map(|found| found.entry.entry.number);
            // The first round without a beginning finds where the new ones begin.
            for found in round.iter().filter(|_| seen.is_some()) {
                print_entry(session, found)?;
                left = left.map(|left| left - 1);
                if left == Some(0) {
                    return Ok(());
                }
            }
            seen = last.or(seen).or(Some(FactNumber::new(0)));
            thread::park_timeout(Duration::from_secs(self.every));
        }
    }
}

/// The entries behind a number, oldest first; the newest alone for no number.
fn entries_after(
    client: &Client,
    seen: Option<FactNumber>,
    session: &Session,
) -> Result<Vec<ShownOwnedEntry>, Failure> {
    let limit = if seen.is_some() { PAGE } else { 1 };
    let (mut found, mut before): (Vec<ShownOwnedEntry>, Option<String>) = (Vec::new(), None);
    loop {
        let path = Path::of(["entries"]).option("limit", Some(limit)).option("before", before.as_ref());
        let page: NewestEntries = client.send(&Request::get(path))?.read()?;
        let is_new = |entry: &ShownOwnedEntry| seen.is_none_or(|seen| entry.entry.entry.number > seen);
        let (new, goes_on) = newer(page.entries, is_new);
        found.extend(new);
        before = page.next.map(|next| next.to_string()).filter(|_| goes_on && seen.is_some());
        if found.len() >= ROUND_ENTRIES_MAX {
            session.terminal.note("older entries are left out: `export` has all of them");
            before = None;
        }
        if before.is_none() {
            found.reverse();
            return Ok(found);
        }
    }
}

/// The entries of a page, newest first, up to the first that is not new; and whether the page behind it may have new ones.
fn newer<T>(page: Vec<T>, is_new: impl FnMut(&T) -> bool) -> (Vec<T>, bool) {
    let count = page.len();
    let new: Vec<T> = page.into_iter().take_while(is_new).collect();
    let goes_on = count > 0 && new.len() == count;
    (new, goes_on)
}

fn print_entry(session: &Session, found: &ShownOwnedEntry) -> Result<(), Failure> {
    if session.terminal.is_json {
        let line = serde_json::to_string(found);
        let line = line.map_err(|error| Failure::usage(error.to_string()))?;
        return print(&line);
    }
    let (shown, entry) = (&found.entry, &found.entry.entry);
    print(&format!(
        "{}  {:>8}  {}  {} {}, balance {}  {}",
        time(entry.effective_at),
        entry.number.to_string(),
        found.owner,
        change(entry.amount),
        entry.asset,
        figure(entry.balance_after.get()),
        shown.description
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_the_round_at_its_first_entry_that_is_not_new() {
        let after = |seen: u64, page: &[u64]| newer(page.to_vec(), |number| *number > seen);
        assert_eq!(after(9, &[9, 8, 7]), (vec![], false));
        assert_eq!(after(8, &[9, 8, 7]), (vec![9], false));
        assert_eq!(after(6, &[9, 8, 7]), (vec![9, 8, 7], true));
        assert_eq!(after(6, &[]), (vec![], false));
    }
}

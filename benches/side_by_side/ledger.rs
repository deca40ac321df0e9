//! This ledger, through its public API.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use credits_runtime::{Receipt, Reply, Settled, usage_credits};

use super::load::load;
use super::options::Options;
use super::turns::Part;

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

/// What each wallet begins with, in as many grants.
const GRANTS: [i64; 3] = [1_000_000, 1_000_000_000, 1_000_000_000_000];
/// Writes that are under way while a ledger is filled.
const FILLING: usize = 4_000;
/// How long a ledger takes until it rests: a second after its last commit it writes rows that lag.
const REST: Duration = Duration::from_secs(2);
/// How long it takes until caches have what is used again after that.
const WARMING: Duration = Duration::from_millis(400);
/// What the numbers of clients have more that come before.
const WARMER: usize = 500;

/// Writes all of these, many at a time.
pub fn fill<T, U>(what: impl Iterator<Item = T>, write: impl Fn(T) -> Reply<U>) {
    let mut replies = VecDeque::new();
    for it in what {
        replies.push_back(write(it));
        if replies.len() > FILLING {
            drop(replies.pop_front().expect("a reply").wait().expect("a write"));
        }
    }
    for reply in replies {
        drop(reply.wait().expect("a write"));
    }
}

/// A load in its steady state: what comes before is not measured, and what the ledger writes once it is idle is not the cost
/// of what is measured next.
fn steady<P>(
    name: &str,
    (time, clients): (Duration, usize),
    first_client: usize,
    ask: impl Fn(usize, usize) -> P + Sync,
    next: impl Fn(P) -> Option<P> + Sync,
) -> Part {
    drop(load((WARMING, clients), name, |client, count| ask(first_client + WARMER + client, count), &next));
    let part = load((time, clients), name, |client, count| ask(first_client + client, count), &next);
    thread::sleep(REST);
    part
}

/// A ledger that is measured, in a folder that is gone with it.
pub struct Subject {
    pub credits: Credits,
    pub file: PathBuf,
    wallets: usize,
    _folder: tempfile::TempDir,
}

impl Subject {
    /// A ledger of so many wallets.
    pub fn new(options: &Options, wallets: usize) -> Self {
        let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
        let file = folder.path().join("credits.redb");
        let credits = Credits::open(&file).expect("a ledger");
        let mut subject = Self { credits, file, wallets: 0, _folder: folder };
        subject.add_wallets(wallets);
        subject
    }

    /// So many wallets more.
    pub fn add_wallets(&mut self, count: usize) {
        let numbers = self.wallets..self.wallets + count;
        fill(numbers.flat_map(|number| GRANTS.map(|amount| (number, amount))), |(number, amount)| {
            self.credits.wallet(owner(number)).give_credits(amount).now()
        });
        self.wallets += count;
    }

    /// So many spends, drawn by a client of this number.
    pub fn spend_many(&self, client: usize, count: usize) {
        fill(0..count, |number| self.spend(client, number));
    }

    /// A client's so-many-th spend.
    pub fn spend(&self, client: usize, count: usize) -> Reply<Receipt> {
        let drawn = drawn(client, count);
        let wallet = self.credits.wallet(owner((drawn % self.wallets as u64) as usize));
        let metadata = serde_json::json!({ "job": count });
        wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).metadata(metadata).now()
    }

    /// A spend of the least that a spend can have.
    pub fn spend_plainly(&self, count: usize) -> Reply<Receipt> {
        let drawn = drawn(usize::MAX, count);
        let wallet = self.credits.wallet(owner((drawn % self.wallets as u64) as usize));
        wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).now()
    }

    /// Spends of so many clients. Their keys are those of no other `first_client`.
    pub fn spends(&self, name: &str, load: (Duration, usize), first_client: usize) -> Part {
        let ask = |client: usize, count| self.spend(client, count);
        steady(name, load, first_client, ask, |spend| {
            drop(spend.wait().expect("a spend"));
            None
        })
    }

    /// The same around work that takes no time: a hold, and its settling.
    pub fn holds(&self, name: &str, load: (Duration, usize), first_client: usize) -> Part {
        enum Step {
            Holding(Reply<Hold>),
            Settling(Reply<Settled>),
        }
        let ask = |client: usize, count| {
            let drawn = drawn(client, count);
            let wallet = self.credits.wallet(owner((drawn % self.wallets as u64) as usize));
            let spend = wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}"));
            Step::Holding(spend.hold(Duration::from_mins(15)))
        };
        steady(name, load, first_client, ask, |step| match step {
            Step::Holding(hold) => Some(Step::Settling(hold.wait().expect("a hold").settle())),
            Step::Settling(settled) => {
                drop(settled.wait().expect("a charge"));
                None
            }
        })
    }

    /// Closes it, and opens it again once this was done.
    pub fn closed<T>(&mut self, look: impl FnOnce(&Path) -> T) -> T {
        self.credits.close().expect("it closes");
        let found = look(&self.file);
        self.credits = Credits::open(&self.file).expect("a ledger");
        found
    }
}

pub fn owner(number: usize) -> String {
    format!("user:{number}")
}

/// A number that looks random, of a client's so-many-th spend.
pub fn drawn(client: usize, count: usize) -> u64 {
    let mut mixed = (client as u64) << 40 ^ count as u64 ^ 0x9E37_79B9_7F4A_7C15;
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 27;
    }
    mixed
}

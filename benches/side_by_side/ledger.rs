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

/// Amounts of the grants of each wallet.
const GRANTS: [i64; 3] = [1_000_000, 1_000_000_000, 1_000_000_000_000];
/// Writes in flight while a ledger is filled.
const FILLING: usize = 4_000;
/// Pause after a load. A ledger writes its dirty rows one second after its last commit.
const REST: Duration = Duration::from_secs(2);
/// Unmeasured load before each measurement, which warms the caches up again after that pause.
const WARMING: Duration = Duration::from_millis(400);
/// Offset of the warm-up's client numbers, so that its keys are not those of the measurement.
const WARMER: usize = 500;

/// Writes all of these, up to [`FILLING`] at a time.
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

/// Measures a load in its steady state. The warm-up before it is not measured, and the pause after it keeps
/// the ledger's idle work out of the next measurement.
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

/// A measured ledger in a temporary folder.
pub struct Subject {
    pub credits: Credits,
    pub file: PathBuf,
    wallets: usize,
    _folder: tempfile::TempDir,
}

impl Subject {
    /// Creates a ledger with this many wallets.
    pub fn new(options: &Options, wallets: usize) -> Self {
        let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
        let file = folder.path().join("credits.redb");
        let credits = Credits::open(&file).expect("a ledger");
        let mut subject = Self { credits, file, wallets: 0, _folder: folder };
        subject.add_wallets(wallets);
        subject
    }

    /// Adds this many wallets.
    pub fn add_wallets(&mut self, count: usize) {
        let numbers = self.wallets..self.wallets + count;
        fill(numbers.flat_map(|number| GRANTS.map(|amount| (number, amount))), |(number, amount)| {
            self.credits.wallet(owner(number)).give_credits(amount).now()
        });
        self.wallets += count;
    }

    /// Writes the first `count` spends of a client.
    pub fn spend_many(&self, client: usize, count: usize) {
        fill(0..count, |number| self.spend(client, number));
    }

    /// Spend number `count` of a client.
    pub fn spend(&self, client: usize, count: usize) -> Reply<Receipt> {
        let drawn = drawn(client, count);
        let wallet = self.credits.wallet(owner((drawn % self.wallets as u64) as usize));
        let metadata = serde_json::json!({ "job": count });
        wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).metadata(metadata).now()
    }

    /// A spend with a key and without metadata.
    pub fn spend_plainly(&self, count: usize) -> Reply<Receipt> {
        let drawn = drawn(usize::MAX, count);
        let wallet = self.credits.wallet(owner((drawn % self.wallets as u64) as usize));
        wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).now()
    }

    /// Measures spends under load. Different `first_client`s use different keys.
    pub fn spends(&self, name: &str, load: (Duration, usize), first_client: usize) -> Part {
        let ask = |client: usize, count| self.spend(client, count);
        steady(name, load, first_client, ask, |spend| {
            drop(spend.wait().expect("a spend"));
            None
        })
    }

    /// Measures holds around work that takes no time: each is opened and settled.
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
            Step::Holding(hold) => Some(Step::Settling(hold.wait().expect("a hold").settle().now())),
            Step::Settling(settled) => {
                drop(settled.wait().expect("a charge"));
                None
            }
        })
    }

    /// Closes the ledger, looks at its file, and opens it again.
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

/// Pseudo-random number for spend number `count` of a client.
pub fn drawn(client: usize, count: usize) -> u64 {
    let mut mixed = (client as u64) << 40 ^ count as u64 ^ 0x9E37_79B9_7F4A_7C15;
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 27;
    }
    mixed
}

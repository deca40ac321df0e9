//! This ledger, through its public API.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Instant;

use credits_runtime::{Receipt, Reply, usage_credits};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hdrhistogram::Histogram;
use tokio::runtime::Builder;

use super::worker::{Until, Work};

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

/// Amounts of the grants of each wallet.
const GRANTS: [i64; 3] = [1_000_000, 1_000_000_000, 1_000_000_000_000];
/// Writes in flight while a ledger is filled.
const FILLING: usize = 4_000;

fn owner(number: usize) -> String {
    format!("user:{number}")
}

/// Creates a ledger with this many wallets.
pub fn create(url: &str, wallets: usize) {
    let credits = Credits::builder().migrate().lanes(4).connect(url).expect("a ledger");
    let mut replies = VecDeque::new();
    for (wallet, amount) in (0..wallets).flat_map(|wallet| GRANTS.map(|amount| (wallet, amount))) {
        replies.push_back(credits.wallet(owner(wallet)).give_credits(amount).now());
        if replies.len() > FILLING {
            drop(replies.pop_front().expect("a reply").wait().expect("a gift"));
        }
    }
    for reply in replies {
        drop(reply.wait().expect("a gift"));
    }
    credits.close().expect("it closes");
}

/// Connects, and gives a load of this process's clients.
pub fn with(work: &Work, measure: impl FnOnce(&mut dyn FnMut(Until, usize) -> Histogram<u64>)) {
    let credits = Credits::builder().lanes(work.lanes).connect(&work.url).expect("a ledger");
    measure(&mut |until, first| load(&credits, work, until, first));
    credits.close().expect("it closes");
}

/// Runs a closed loop of clients, each a task. Their spends are numbered from `first` on.
fn load(credits: &Credits, work: &Work, until: Until, first: usize) -> Histogram<u64> {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let latencies = RefCell::new(Histogram::new(3).expect("a histogram"));
    let client = async |client: usize| {
        let mut count = 0;
        while !until.is_over(count, work.clients) {
            let asked = Instant::now();
            drop(spend(credits, work, client, first + count).await.expect("a spend"));
            latencies.borrow_mut().record(asked.elapsed().as_micros().max(1) as u64).expect("a latency");
            count += 1;
        }
    };
    let clients: FuturesUnordered<_> = (0..work.clients).map(client).collect();
    runtime.block_on(clients.collect::<()>());
    latencies.into_inner()
}

fn spend(credits: &Credits, work: &Work, client: usize, count: usize) -> Reply<Receipt> {
    let drawn = work.drawn(client, count);
    let wallet = credits.wallet(owner(work.wallet(drawn)));
    let metadata = serde_json::json!({ "job": count });
    wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).metadata(metadata).now()
}

//! Sequences of commands of every kind: whatever is answered, the ledger verifies and its figures agree.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, HoldId, LedgerErrorKind, Timestamp, TransferId, usage_credits};

usage_credits! {
    settings { allow_negative_balance up_to 100.credits overrun debt }
    operation step { costs 1.credit_per(page) }
    operation paint { costs by quality { standard => 2.credits, hd => 5.credits } + 1.credit_per(3.images) }
}

#[derive(Arbitrary, Debug)]
struct Asked {
    owner: bool,
    key: Option<u8>,
    minutes: u8,
    command: Command,
}

#[derive(Arbitrary, Debug)]
enum Command {
    Give { amount: i64, expires_in: Option<u16>, promotional: bool, scoped: bool, priority: u8 },
    Step { pages: i32 },
    Paint { images: u16, hd: bool },
    Hold { pages: u8, minutes: u16 },
    Run { pages: u8, works: bool },
    Settle { hold: u8, amount: Option<i32> },
    Extend { hold: u8, minutes: u16 },
    Release { hold: u8 },
    Deduct { amount: i32, with_debt: bool },
    Adjust { amount: i64, with_debt: bool },
    Revoke { grant: u8 },
    Transfer { amount: i32, promotional: bool, expires_in: Option<u16> },
    Reverse { transfer: u8, missing: u8 },
    Text { reason: String, key: String, owner: String },
}

struct Life {
    credits: Credits,
    holds: Vec<(bool, HoldId)>,
    transfers: Vec<(bool, TransferId)>,
    grants: Vec<(bool, credits_runtime::FactNumber)>,
}

macro_rules! keyed {
    ($asked:expr, $write:expr) => {
        match $asked.key {
            Some(key) => $write.key(format!("key {}", key % 8)),
            None => $write,
        }
    };
}

fn minutes(count: u16) -> Duration {
    Duration::from_secs(60 * u64::from(count))
}

/// A rejection is an answer; any failure of the ledger is a bug.
fn answer<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Rejected(rejection)) => {
            assert!(!rejection.to_string().is_empty());
            None
        }
        Err(other) => panic!("the ledger failed: {other:?}"),
    }
}

impl Life {
    fn wallet(&self, owner: bool) -> Wallet {
        self.credits.wallet(if owner { "ann" } else { "bob" })
    }

    fn play(&mut self, asked: &Asked) {
        let (owner, wallet) = (asked.owner, self.wallet(asked.owner));
        match &asked.command {
            Command::Give { amount, expires_in, promotional, scoped, priority } => {
                let mut give = keyed!(asked, wallet.give_credits(*amount)).priority((*priority).into());
                if let Some(count) = expires_in {
                    give = give.expires_in(minutes(*count));
                }
                if *promotional {
                    give = give.promotional();
                }
                if *scoped {
                    give = give.only_for(["step"]);
                }
                if let Some(given) = answer(give.now().wait()) {
                    self.grants.push((owner, given.entry.number));
                }
            }
            Command::Step { pages } => {
                let operation = Operation::step(*pages);
                drop(answer(keyed!(asked, wallet.spend_credits_on(operation)).now().wait()));
            }
            Command::Paint { images, hd } => {
                let quality = if *hd { PaintQuality::Hd } else { PaintQuality::Standard };
                let operation = Operation::paint(*images, quality);
                drop(answer(keyed!(asked, wallet.spend_credits_on(operation)).now().wait()));
            }
            Command::Hold { pages, minutes: count } => {
                let spend = keyed!(asked, wallet.spend_credits_on(Operation::step(*pages)));
                if let Some(hold) = answer(spend.hold(minutes(*count)).wait()) {
                    self.holds.push((owner, hold.into_id()));
                }
            }
            Command::Run { pages, works } => {
                let spend = keyed!(asked, wallet.spend_credits_on(Operation::step(*pages)));
                drop(spend.run(|| if *works { Ok(()) } else { Err("failed") }));
            }
            Command::Settle { hold, amount } => {
                if let Some((owner, id)) = pick(&self.holds, *hold) {
                    let wallet = self.wallet(owner);
                    let settling = match amount {
                        None => wallet.settle(id),
                        Some(amount) => wallet.settle_amount(id, *amount),
                    };
                    drop(answer(settling.wait()));
                }
            }
            Command::Extend { hold, minutes: count } => {
                if let Some((owner, id)) = pick(&self.holds, *hold) {
                    drop(answer(self.wallet(owner).extend_hold(id, minutes(*count)).wait()));
                }
            }
            Command::Release { hold } => {
                if let Some((owner, id)) = pick(&self.holds, *hold) {
                    drop(answer(self.wallet(owner).release(id).wait()));
                }
            }
            Command::Deduct { amount, with_debt } => {
                let deduct = keyed!(asked, wallet.deduct_credits(*amount, "by hand"));
                drop(answer(if *with_debt { deduct.with_debt() } else { deduct }.now().wait()));
            }
            Command::Adjust { amount, with_debt } => {
                let adjust = keyed!(asked, wallet.adjust_credits(*amount, "correction"));
                drop(answer(if *with_debt { adjust.with_debt() } else { adjust }.now().wait()));
            }
            Command::Revoke { grant } => {
                if let Some((owner, number)) = pick(&self.grants, *grant) {
                    drop(answer(self.wallet(owner).revoke_grant(number, "mistake").now().wait()));
                }
            }
            Command::Transfer { amount, promotional, expires_in } => {
                let mut transfer = keyed!(asked, wallet.transfer_to(&self.wallet(!owner), *amount));
                if *promotional {
                    transfer = transfer.including_promotional();
                }
                if let Some(count) = expires_in {
                    transfer = transfer.expires_in(minutes(*count));
                }
                if let Some(made) = answer(transfer.now().wait()) {
                    self.transfers.push((owner, made.id));
                }
            }
            Command::Reverse { transfer, missing } => {
                if let Some((owner, id)) = pick(&self.transfers, *transfer) {
                    let reverse = self.wallet(owner).reverse_transfer(id);
                    let reverse = match missing % 3 {
                        0 => reverse,
                        1 => reverse.as_far_as_possible(),
                        _ => reverse.with_debt(),
                    };
                    drop(answer(reverse.now().wait()));
                }
            }
            Command::Text { reason, key, owner } => {
                let give = self.credits.wallet(owner).give_credits(1).reason(reason.as_str());
                drop(answer(give.key(key.as_str()).metadata(credits_runtime::Metadata::of(reason).unwrap()).now().wait()));
            }
        }
        for owner in [true, false] {
            let wallet = self.wallet(owner);
            let [credits, held, balance] = [wallet.credits(), wallet.held(), wallet.balance()]
                .map(|figure| answer(figure).unwrap().get());
            assert_eq!(i128::from(credits) + i128::from(held), i128::from(balance));
        }
    }
}

fn pick<T: Copy>(items: &[T], place: u8) -> Option<T> {
    items.get(usize::from(place) % items.len().max(1)).copied()
}

const START: i64 = 1_767_225_600_000_000;

libfuzzer_sys::fuzz_target!(|asked: Vec<Asked>| {
    let clock = ManualClock::at(Timestamp::from_microseconds(START));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let (holds, transfers, grants) = Default::default();
    let mut life = Life { credits, holds, transfers, grants };
    for asked in asked.iter().take(24) {
        clock.advance(minutes(asked.minutes.into()));
        life.play(asked);
    }
    life.credits.verify().unwrap();
    match life.credits.close() {
        Ok(()) => {}
        Err(Error::Ledger(error)) => assert_eq!(error.kind(), LedgerErrorKind::Closed),
        Err(other) => panic!("{other}"),
    }
});

//! The ledger under test: steps become calls of its API, and results become words.

use std::path::Path;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Category, Entry, Error, FactNumber, HoldId, Rejection, RunError, Spend, Timestamp, TransferId,
};

use super::naive::Scope;
use super::steps::{Expiry, Missing, OWNERS, Step};

mod pricing {
    credits_runtime::usage_credits! {
        subscription_plan open { unlimited }
        operation process {
            costs 5.credits + 1.credit_per(page)
            limit pages <= 20
        }
        operation other { costs 1.credit }
    }
}

use pricing::{Credits, Operation, Plan, Pricing, Wallet};

use crate::engines::Engine;

pub(super) struct Subject<'a> {
    credits: Option<Credits>,
    engine: Engine,
    file: Option<&'a Path>,
    /// The database into which the file was moved.
    database: Option<String>,
    clock: ManualClock,
    /// Numbers of holds, in the order of opening.
    holds: Vec<(usize, HoldId)>,
    transfers: Vec<(usize, TransferId)>,
    /// Charges of a ledger that was moved, in the order of booking: numbers of two lanes have another order.
    charges: Option<Vec<(FactNumber, usize)>>,
}

/// Sets the key of a write, if there is one.
macro_rules! keyed {
    ($key:expr, $write:expr) => {
        match $key {
            Some(key) => $write.key(format!("key {key}")),
            None => $write,
        }
    };
}

impl<'a> Subject<'a> {
    pub(super) fn open(engine: Engine, file: Option<&'a Path>, now: i64) -> Self {
        let clock = ManualClock::at(Timestamp::from_microseconds(now));
        let mut subject = Self {
            credits: None,
            engine,
            file,
            database: None,
            clock,
            holds: Vec::new(),
            transfers: Vec::new(),
            charges: None,
        };
        subject.reopen();
        subject
    }

    /// Opens the file again. A ledger in memory is opened once.
    pub(super) fn reopen(&mut self) {
        let builder = Credits::builder().clock(self.clock.clone());
        match self.file {
            _ if self.database.is_some() => {
                self.credits = None;
                // One lane works in order.
                self.credits = self.database.as_ref().map(|url| builder.lanes(1).connect(url).unwrap());
            }
            None if self.credits.is_some() => {}
            None => self.credits = Some(self.engine.open(builder)),
            Some(path) => {
                self.credits = None;
                self.credits = Some(builder.open(path).unwrap());
            }
        }
    }

    /// Moves the file into a database, and goes on there.
    pub(super) fn move_to(&mut self, url: &str) {
        let file = self.file.unwrap();
        self.charges = Some(self.charges());
        self.credits = None;
        credits_runtime::Credits::move_to_database(file, url, |_| ()).unwrap();
        self.database = Some(url.to_owned());
        self.reopen();
    }

    /// Moves the database into a file, and goes on there. `number_in_file` is the number that a fact of a database gets.
    pub(super) fn move_back(&mut self, to: &'a Path, number_in_file: impl Fn(&str, u64) -> u64) {
        let url = self.database.take().unwrap();
        self.credits = None;
        credits_runtime::Credits::move_to_file(&*url, to, |_| ()).unwrap();
        self.file = Some(to);
        self.holds.iter_mut().for_each(|(_, id)| *id = HoldId::new(number_in_file(&url, id.get())));
        self.transfers.iter_mut().for_each(|(_, id)| *id = TransferId::new(number_in_file(&url, id.get())));
        let charges = self.charges.iter_mut().flatten();
        charges.for_each(|(charge, _)| *charge = FactNumber::new(number_in_file(&url, charge.get())));
        self.reopen();
    }

    /// Remembers the charge of the last step, if the ledger was moved.
    pub(super) fn remember_charge(&mut self) {
        let Some(mut known) = self.charges.take() else { return };
        known.extend(self.charges().into_iter().filter(|charge| !known.contains(charge)).collect::<Vec<_>>());
        self.charges = Some(known);
    }

    pub(super) fn credits_for(&self, owner: usize) -> i64 {
        self.wallet(owner).credits_for(Operation::process(1)).unwrap().get()
    }

    pub(super) fn verify(&self) {
        self.credits.as_ref().unwrap().verify().unwrap();
    }

    pub(super) fn set_clock(&self, now: i64) {
        self.clock.set(Timestamp::from_microseconds(now));
    }

    pub(super) fn wallet(&self, owner: usize) -> Wallet {
        self.credits.as_ref().unwrap().wallet(OWNERS[owner])
    }

    pub(super) fn spending(&self, owner: usize, key: Option<u8>, pages: i64) -> Spend<Pricing> {
        keyed!(key, self.wallet(owner).spend_credits_on(Operation::process(pages)))
    }

    /// Waits for releases that drops have sent: a writer works in order, and some of these owners are written by each.
    pub(super) fn flush(&self) {
        let owners = if self.database.is_some() { 8 } else { 1 };
        for owner in 0..owners {
            let nobody = self.credits.as_ref().unwrap().wallet(format!("nobody {owner}"));
            nobody.give_credits(1).now().wait().unwrap();
        }
    }

    /// Records the hold of work that has just begun.
    pub(super) fn remember_run(&mut self, owner: usize) {
        let id = self.wallet(owner).open_holds().unwrap().last().unwrap().id;
        self.holds.push((owner, id));
    }

    /// Result of a step, in words.
    pub(super) fn answer(&mut self, owner: usize, key: Option<u8>, step: &Step) -> String {
        let receipt = match *step {
            Step::Give { amount, expires_in, promotional, priority, scope } => {
                let give = keyed!(key, self.wallet(owner).give_credits(amount)).priority(priority);
                let give = match scope {
                    Scope::Anything => give,
                    Scope::Process => give.only_for(["process"]),
                    Scope::Other => give.only_for(["other"]),
                };
                let give = if promotional { give.promotional() } else { give };
                match expires_in {
                    Some(minutes) => give.expires_in(Duration::from_mins(minutes.into())),
                    None => give,
                }
                .now()
                .wait()
            }
            Step::Spend { pages } => self.spending(owner, key, pages).now().wait(),
            Step::Deduct { amount } => {
                keyed!(key, self.wallet(owner).deduct_credits(amount, "by hand")).now().wait()
            }
            Step::Adjust { amount, with_debt } => {
                let adjust = keyed!(key, self.wallet(owner).adjust_credits(amount, "correction"));
                if with_debt { adjust.with_debt() } else { adjust }.now().wait()
            }
            Step::Revoke(index) => {
                let grants = self.grants(owner);
                if grants.is_empty() {
                    return String::new();
                }
                let grant = grants[index.index(grants.len())];
                keyed!(key, self.wallet(owner).revoke_grant(grant, "mistake")).now().wait()
            }
            Step::Transfer { amount, expiry, promotional } => {
                return self.transfer(owner, key, (amount, expiry, promotional));
            }
            Step::Reverse(index, missing) if !self.transfers.is_empty() => {
                return self.reverse(index.index(self.transfers.len()), missing);
            }
            Step::ReverseCharge(index, amount) => {
                let charges = self.charges();
                if charges.is_empty() {
                    return String::new();
                }
                let (charge, owner) = charges[index.index(charges.len())];
                let reversal = keyed!(key, self.wallet(owner).reverse_charge(charge));
                let reversal = match amount {
                    Some(amount) => reversal.amount(amount),
                    None => reversal,
                };
                reversal.now().wait()
            }
            Step::Extend(index, minutes) if !self.holds.is_empty() => {
                return self.extend(index.index(self.holds.len()), minutes);
            }
            Step::Hold { pages, limit } => return self.hold(owner, key, pages, limit),
            Step::Drop { pages } => return self.hold_and_drop(owner, key, pages),
            Step::Settle(index, amount) if !self.holds.is_empty() => {
                let settled = self.settle(index.index(self.holds.len()), amount);
                self.flush();
                return settled;
            }
            Step::Release(index) if !self.holds.is_empty() => {
                return self.release(index.index(self.holds.len()));
            }
            Step::Cover(begins) => {
                self.cover(owner, begins);
                return String::new();
            }
            Step::Reopen => {
                self.reopen();
                return String::new();
            }
            _ => return String::new(),
        };
        match receipt {
            Ok(receipt) if receipt.replayed => "replayed".to_owned(),
            Ok(receipt) => format!("{:+}", receipt.entry.amount.get()),
            Err(error) => refused(error),
        }
    }

    fn cover(&self, owner: usize, begins: bool) {
        let credits = self.credits.as_ref().unwrap();
        let changed = if begins {
            credits.subscribe(OWNERS[owner], Plan::Open).now().wait()
        } else {
            credits.unsubscribe(OWNERS[owner]).at_once().now().wait()
        };
        match changed {
            Ok(_) | Err(Error::Rejected(Rejection::SubscriptionUnknown { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn hold(&mut self, owner: usize, key: Option<u8>, pages: i64, limit: u32) -> String {
        match self.spending(owner, key, pages).hold(Duration::from_mins(limit.into())).wait() {
            Ok(hold) if hold.replayed() => {
                let id = hold.into_id();
                let place = self.holds.iter().position(|(_, known)| *known == id).unwrap();
                format!("hold {place} replayed")
            }
            Ok(hold) => {
                self.holds.push((owner, hold.into_id()));
                format!("hold {}", self.holds.len() - 1)
            }
            Err(error) => refused(error),
        }
    }

    fn hold_and_drop(&mut self, owner: usize, key: Option<u8>, pages: i64) -> String {
        let hold = match self.spending(owner, key, pages).hold(Duration::from_mins(10)).wait() {
            Ok(hold) => hold,
            Err(error) => return refused(error),
        };
        if hold.replayed() {
            let id = hold.into_id();
            let place = self.holds.iter().position(|(_, known)| *known == id).unwrap();
            return format!("hold {place} replayed");
        }
        self.remember_run(owner);
        drop(hold);
        self.flush();
        format!("hold {}", self.holds.len() - 1)
    }

    /// The owner's grants, oldest first.
    fn grants(&self, owner: usize) -> Vec<FactNumber> {
        let page = self.wallet(owner).credit_history().limit(1_000).oldest_first().page().unwrap();
        grants(&page.entries)
    }

    /// The charges of all owners, oldest first.
    fn charges(&self) -> Vec<(FactNumber, usize)> {
        if let Some(known) = &self.charges {
            return known.clone();
        }
        let of_owner = |owner: usize| {
            let charges = self.wallet(owner).credit_history().category("operation_charge").limit(1_000);
            charges.page().unwrap().entries.into_iter().map(move |entry| (entry.number, owner))
        };
        let mut charges: Vec<_> = (0..OWNERS.len()).flat_map(of_owner).collect();
        charges.sort_unstable();
        charges
    }

    fn transfer(
        &mut self,
        owner: usize,
        key: Option<u8>,
        (amount, expiry, promotional): (i64, Expiry, bool),
    ) -> String {
        let receiver = self.wallet((owner + 1) % OWNERS.len());
        let transfer = keyed!(key, self.wallet(owner).transfer_to(&receiver, amount));
        let transfer = if promotional { transfer.including_promotional() } else { transfer };
        let transfer = match expiry {
            Expiry::Kept => transfer,
            Expiry::Never => transfer.never_expiring(),
            Expiry::After(minutes) => transfer.expires_in(Duration::from_mins(minutes.into())),
        };
        match transfer.now().wait() {
            Ok(made) if made.replayed => "replayed".to_owned(),
            Ok(made) => {
                self.transfers.push((owner, made.id));
                format!("{:+}", made.sent.amount.get())
            }
            Err(error) => refused(error),
        }
    }

    fn reverse(&self, place: usize, missing: Missing) -> String {
        let (owner, id) = self.transfers[place];
        let reverse = self.wallet(owner).reverse_transfer(id);
        let reverse = match missing {
            Missing::Denied => reverse,
            Missing::Left => reverse.as_far_as_possible(),
            Missing::Owed => reverse.with_debt(),
        };
        match reverse.now().wait() {
            Ok(reversed) if reversed.replayed => "replayed".to_owned(),
            Ok(reversed) => format!("{:+}", reversed.reclaimed.amount.get()),
            Err(error) => refused(error),
        }
    }

    fn extend(&self, place: usize, minutes: u32) -> String {
        let (owner, id) = self.holds[place];
        match self.wallet(owner).extend_hold(id, Duration::from_mins(minutes.into())).wait() {
            Ok(until) => format!("until {}", until.microseconds()),
            Err(error) => refused(error),
        }
    }

    fn settle(&self, place: usize, amount: Option<i64>) -> String {
        let (owner, id) = self.holds[place];
        let settling = match amount {
            None => self.wallet(owner).settle(id),
            Some(amount) => self.wallet(owner).settle_amount(id, amount),
        };
        match settling.wait() {
            Ok(settled) if settled.replayed => "replayed".to_owned(),
            Ok(settled) => format!("{:+} short {}", settled.entry.amount.get(), settled.entry.shortfall),
            Err(error) => refused(error),
        }
    }

    fn release(&self, place: usize) -> String {
        let (owner, id) = self.holds[place];
        match self.wallet(owner).release(id).wait() {
            Ok(released) if released.replayed => "replayed".to_owned(),
            Ok(_) => "released".to_owned(),
            Err(error) => refused(error),
        }
    }
}

/// Result of work, in words.
pub(super) fn ran(result: Result<(), RunError<&str>>) -> String {
    match result {
        Ok(()) => "work done".to_owned(),
        Err(RunError::Work(_)) => "work failed".to_owned(),
        Err(RunError::AlreadyCharged(_)) => "already charged".to_owned(),
        Err(RunError::Rejected(rejection)) => refused(rejection.into()),
        Err(RunError::Unsettled { error, .. }) => refused(error),
        Err(other) => panic!("the ledger failed: {other}"),
    }
}

fn refused(error: Error) -> String {
    let Error::Rejected(rejection) = error else { panic!("the ledger failed: {error}") };
    match rejection {
        Rejection::IdempotencyKeyReused { .. } => "key reused".to_owned(),
        Rejection::InProgress { .. } => "in progress".to_owned(),
        Rejection::AmountNotPositive { amount } => format!("{amount} is not positive"),
        Rejection::AmountNegative { amount } => format!("{amount} is negative"),
        Rejection::AmountZero => "adjusted by nothing".to_owned(),
        Rejection::ReversalExceedsCharge { amount, left, .. } => format!("reverses {amount} of {left}"),
        Rejection::GrantNotFree { .. } => "not free".to_owned(),
        Rejection::ExpiryInPast { .. } => "expired".to_owned(),
        Rejection::InsufficientCredits { needed, available, .. } => format!("needs {needed} of {available}"),
        Rejection::QuantityOverLimit { given, limit, .. } => format!("{given} are over {limit}"),
        Rejection::QuantityNegative { given, .. } => format!("{given} are negative"),
        Rejection::HoldLimitInvalid { .. } => "hold limit".to_owned(),
        Rejection::HoldClosed { closing, .. } => format!("closed {closing:?}"),
        other => panic!("no step leads to: {other}"),
    }
}

/// Entries that opened a grant, or joined one.
pub(super) fn grants(entries: &[Entry]) -> Vec<FactNumber> {
    // Positive entries with parts restore credits after a lapse, or return them from a transfer.
    let opens = |entry: &&Entry| entry.amount.is_positive() && entry.allocations.is_empty();
    entries.iter().filter(opens).map(|entry| entry.number).collect()
}

/// An entry in the model's words, with grants by the place of their gift.
pub(super) fn line(entry: &Entry, gifts: &[FactNumber]) -> String {
    let Entry { amount, category, allocations, shortfall, effective_at, .. } = entry;
    if amount.is_positive() {
        return format!("{:+}", amount.get());
    }
    let place = |grant: FactNumber| gifts.iter().position(|gift| *gift == grant).unwrap();
    let taken: Vec<_> = allocations.iter().map(|part| (place(part.grant), part.amount.get())).collect();
    let line = format!("{:+} {taken:?} short {shortfall}", amount.get());
    match category {
        Category::Expired => format!("{line} expired at {}", effective_at.microseconds()),
        _ => line,
    }
}

//! Random commands against a naive model of the rules.
//!
//! The model shares no code with the ledger: lists, plain loops, everything due worked off whenever time moves.
//! Time lands on, just before and just after every expiry and limit. `PROPTEST_CASES` asks for more sequences.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, HoldId, Rejection, RunError, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

mod pricing {
    credits_runtime::usage_credits! {
        operation process {
            costs 5.credits + 1.credit_per(page)
            limit pages <= 20
        }
    }
}

use pricing::{Credits, Operation, Wallet};

const OWNERS: [&str; 3] = ["ann", "bob", "eve"];
const PAGES_MAX: i64 = 20;

/// What is asked, as it is drawn.
#[derive(Clone, Debug)]
enum Step {
    Give {
        amount: i64,
        expires_in: Option<u32>,
        promotional: bool,
    },
    Spend {
        pages: i64,
    },
    Hold {
        pages: i64,
        limit: u32,
    },
    Run {
        pages: i64,
        works: bool,
    },
    Deduct {
        amount: i64,
    },
    Settle(Index),
    Release(Index),
    /// To an instant at which something is due, and this far beside it.
    TimeToDue(Index, i64),
    TimePasses(u32),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Option<u8>, Step)>> {
    let minutes = 1..90_u32;
    let step = prop_oneof![
        6 => (-1..60_i64, proptest::option::of(minutes.clone()), any::<bool>())
            .prop_map(|(amount, expires_in, promotional)| Step::Give { amount, expires_in, promotional }),
        5 => (0..PAGES_MAX + 2).prop_map(|pages| Step::Spend { pages }),
        4 => (0..PAGES_MAX + 2, minutes.clone()).prop_map(|(pages, limit)| Step::Hold { pages, limit }),
        3 => (0..PAGES_MAX, any::<bool>()).prop_map(|(pages, works)| Step::Run { pages, works }),
        2 => (0..40_i64).prop_map(|amount| Step::Deduct { amount }),
        4 => any::<Index>().prop_map(Step::Settle),
        3 => any::<Index>().prop_map(Step::Release),
        4 => (any::<Index>(), -1..=1_i64).prop_map(|(index, beside)| Step::TimeToDue(index, beside)),
        1 => minutes.prop_map(Step::TimePasses),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec((0..OWNERS.len(), proptest::option::weighted(0.3, 0..6_u8), step), 1..50)
}

const MINUTE: i64 = 60_000_000;

#[derive(Debug)]
struct Grant {
    free: i64,
    held: i64,
    expires_at: Option<i64>,
    promotional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Settled,
    Released,
    Lapsed,
}

#[derive(Debug)]
struct Hold {
    owner: usize,
    pins: Vec<(usize, i64)>,
    price: i64,
    until: i64,
    state: State,
}

/// What a key was used for.
#[derive(Debug)]
enum Used {
    Done,
    Hold(usize),
    Charged,
    Failed,
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    wallets: [Vec<Grant>; OWNERS.len()],
    /// Of every owner, in the order in which they were opened.
    holds: Vec<Hold>,
    keys: HashMap<(usize, u8), (String, Used)>,
}

impl Model {
    fn available(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.free).sum()
    }

    fn held(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.held).sum()
    }

    /// Instants at which something is due.
    fn instants(&self) -> Vec<i64> {
        let limits = self.holds.iter().filter(|hold| hold.state == State::Open).map(|hold| hold.until);
        let expiries = self.wallets.iter().flatten().filter_map(|grant| grant.expires_at);
        let mut instants: Vec<i64> = limits.chain(expiries).filter(|at| *at > self.now).collect();
        instants.sort_unstable();
        instants
    }

    /// Time moves on, through every instant at which something is due.
    fn move_to(&mut self, now: i64) {
        for at in self.instants().into_iter().filter(|at| *at <= now).chain([now]) {
            self.now = at;
            for place in 0..self.holds.len() {
                if self.holds[place].state == State::Open && self.holds[place].until <= at {
                    self.free(place, State::Lapsed);
                }
            }
            self.expire();
        }
    }

    fn expire(&mut self) {
        for grant in self.wallets.iter_mut().flatten() {
            if grant.expires_at.is_some_and(|expires_at| expires_at <= self.now) {
                grant.free = 0;
            }
        }
    }

    fn free(&mut self, place: usize, state: State) {
        let hold = &mut self.holds[place];
        hold.state = state;
        for (grant, amount) in hold.pins.drain(..) {
            self.wallets[hold.owner][grant].held -= amount;
            self.wallets[hold.owner][grant].free += amount;
        }
        self.expire();
    }

    /// Takes as much as there is, soonest expiry first, then promotional, then oldest.
    fn take(&mut self, owner: usize, amount: i64) -> Vec<(usize, i64)> {
        let grants = &mut self.wallets[owner];
        let mut order: Vec<usize> = (0..grants.len()).collect();
        order.sort_by_key(|place| {
            (grants[*place].expires_at.unwrap_or(i64::MAX), !grants[*place].promotional, *place)
        });
        let (mut missing, mut taken) = (amount, Vec::new());
        for place in order {
            let part = grants[place].free.min(missing);
            if part > 0 {
                grants[place].free -= part;
                missing -= part;
                taken.push((place, part));
            }
        }
        taken
    }

    /// A key that was used before answers for the command.
    fn replay(&mut self, owner: usize, key: Option<u8>, command: &str) -> Option<String> {
        let (used_for, used) = self.keys.get(&(owner, key?))?;
        if used_for != command {
            return Some("key reused".to_owned());
        }
        match used {
            Used::Done => Some("replayed".to_owned()),
            Used::Charged => Some("already charged".to_owned()),
            Used::Failed => None,
            Used::Hold(place) => Some(match self.holds[*place].state {
                State::Open => format!("hold {place} replayed"),
                state => format!("closed {state:?}"),
            }),
        }
    }

    fn remember(&mut self, owner: usize, key: Option<u8>, command: String, used: Used) {
        if let Some(key) = key {
            self.keys.insert((owner, key), (command, used));
        }
    }

    fn charge(&mut self, owner: usize, pages: i64) -> Result<i64, String> {
        if pages > PAGES_MAX {
            return Err(format!("{pages} pages are over {PAGES_MAX}"));
        }
        let (price, available) = (5 + pages, self.available(owner));
        if price > available {
            return Err(format!("needs {price} of {available}"));
        }
        Ok(price)
    }

    /// What the ledger should answer.
    fn expect(&mut self, owner: usize, key: Option<u8>, step: &Step) -> String {
        match step {
            Step::Give { amount, expires_in, promotional } => {
                let command = format!("give {amount} {expires_in:?} {promotional}");
                if let Some(answer) = self.replay(owner, key, &command) {
                    return answer;
                }
                if *amount <= 0 {
                    return format!("{amount} is not positive");
                }
                let expires_at = expires_in.map(|minutes| self.now + i64::from(minutes) * MINUTE);
                let promotional = *promotional;
                self.wallets[owner].push(Grant { free: *amount, held: 0, expires_at, promotional });
                self.remember(owner, key, command, Used::Done);
                format!("{amount:+}")
            }
            Step::Spend { pages } => {
                let command = format!("spend {pages}");
                if let Some(answer) = self.replay(owner, key, &command) {
                    return answer;
                }
                let price = match self.charge(owner, *pages) {
                    Ok(price) => price,
                    Err(refused) => return refused,
                };
                self.take(owner, price);
                self.remember(owner, key, command, Used::Done);
                format!("{:+}", -price)
            }
            Step::Hold { pages, limit } => {
                let command = format!("hold {pages}");
                if let Some(answer) = self.replay(owner, key, &command) {
                    return answer;
                }
                let price = match self.charge(owner, *pages) {
                    Ok(price) => price,
                    Err(refused) => return refused,
                };
                let pins = self.take(owner, price);
                for (grant, amount) in &pins {
                    self.wallets[owner][*grant].held += amount;
                }
                let until = self.now + i64::from(*limit) * MINUTE;
                let place = self.holds.len();
                self.holds.push(Hold { owner, pins, price, until, state: State::Open });
                self.remember(owner, key, command, Used::Hold(place));
                format!("hold {place}")
            }
            Step::Run { pages, works } => {
                let command = format!("run {pages}");
                if let Some(answer) = self.replay(owner, key, &command) {
                    return answer;
                }
                let price = match self.charge(owner, *pages) {
                    Ok(price) => price,
                    Err(refused) => return refused,
                };
                if !works {
                    self.remember(owner, key, command, Used::Failed);
                    return "work failed".to_owned();
                }
                self.take(owner, price);
                self.remember(owner, key, command, Used::Charged);
                "work done".to_owned()
            }
            Step::Deduct { amount } => {
                let command = format!("deduct {amount}");
                if let Some(answer) = self.replay(owner, key, &command) {
                    return answer;
                }
                if *amount <= 0 {
                    return format!("{amount} is not positive");
                }
                let available = self.available(owner);
                if *amount > available {
                    return format!("needs {amount} of {available}");
                }
                self.take(owner, *amount);
                self.remember(owner, key, command, Used::Done);
                format!("{:+}", -amount)
            }
            Step::Settle(index) if !self.holds.is_empty() => {
                let place = index.index(self.holds.len());
                let Hold { owner, price, state, .. } = self.holds[place];
                match state {
                    State::Settled => "replayed".to_owned(),
                    State::Released => "closed Released".to_owned(),
                    State::Open => {
                        for (grant, amount) in std::mem::take(&mut self.holds[place].pins) {
                            self.wallets[owner][grant].held -= amount;
                        }
                        self.holds[place].state = State::Settled;
                        format!("{:+} short 0", -price)
                    }
                    State::Lapsed => {
                        let taken: i64 = self.take(owner, price).iter().map(|(_, amount)| amount).sum();
                        self.holds[place].state = State::Settled;
                        format!("{:+} short {}", -taken, price - taken)
                    }
                }
            }
            Step::Release(index) if !self.holds.is_empty() => {
                let place = index.index(self.holds.len());
                match self.holds[place].state {
                    State::Released => "replayed".to_owned(),
                    State::Open => {
                        self.free(place, State::Released);
                        "released".to_owned()
                    }
                    state => format!("closed {state:?}"),
                }
            }
            Step::TimeToDue(index, beside) => {
                let instants = self.instants();
                if !instants.is_empty() {
                    let at = instants[index.index(instants.len())] + beside;
                    self.move_to(at.max(self.now));
                }
                String::new()
            }
            Step::TimePasses(minutes) => {
                self.move_to(self.now + i64::from(*minutes) * MINUTE);
                String::new()
            }
            Step::Settle(_) | Step::Release(_) | Step::Reopen => String::new(),
        }
    }
}

/// The ledger that is compared with the model.
struct Subject<'a> {
    credits: Option<Credits>,
    file: Option<&'a Path>,
    clock: ManualClock,
    /// Numbers of holds, in the order in which they were opened.
    holds: Vec<(usize, HoldId)>,
}

fn refused(error: Error) -> String {
    let Error::Rejected(rejection) = error else { panic!("the ledger failed: {error}") };
    match rejection {
        Rejection::IdempotencyKeyReused { .. } => "key reused".to_owned(),
        Rejection::AmountNotPositive { amount } => format!("{amount} is not positive"),
        Rejection::InsufficientCredits { needed, available } => format!("needs {needed} of {available}"),
        Rejection::QuantityOverLimit { given, limit, .. } => format!("{given} are over {limit}"),
        Rejection::HoldClosed { closing, .. } => format!("closed {closing:?}"),
        other => panic!("no step leads to: {other}"),
    }
}

impl Subject<'_> {
    fn open(&mut self) {
        let builder = Credits::builder().clock(self.clock.clone());
        self.credits = None;
        self.credits = Some(match self.file {
            Some(path) => builder.open(path).unwrap(),
            None => builder.in_memory().unwrap(),
        });
    }

    fn wallet(&self, owner: usize) -> Wallet {
        self.credits.as_ref().unwrap().wallet(OWNERS[owner])
    }

    /// What the ledger answers.
    fn answer(&mut self, owner: usize, key: Option<u8>, step: &Step) -> String {
        let wallet = self.wallet(owner);
        let key = key.map(|key| format!("key {key}"));
        macro_rules! keyed {
            ($write:expr) => {
                match &key {
                    Some(key) => $write.key(key),
                    None => $write,
                }
            };
        }
        let receipt = match *step {
            Step::Give { amount, expires_in, promotional } => {
                let give = keyed!(wallet.give_credits(amount));
                let give = if promotional { give.promotional() } else { give };
                match expires_in {
                    Some(minutes) => give.expires_in(Duration::from_mins(minutes.into())),
                    None => give,
                }
                .now()
                .wait()
            }
            Step::Spend { pages } => keyed!(wallet.spend_credits_on(Operation::process(pages))).now().wait(),
            Step::Deduct { amount } => keyed!(wallet.deduct_credits(amount, "by hand")).now().wait(),
            Step::Hold { pages, limit } => return self.hold(owner, key.as_deref(), pages, limit),
            Step::Run { pages, works } => {
                let work = || if works { Ok(()) } else { Err("no") };
                return match keyed!(wallet.spend_credits_on(Operation::process(pages))).run(work) {
                    Ok(()) => "work done".to_owned(),
                    Err(RunError::Work(_)) => "work failed".to_owned(),
                    Err(RunError::AlreadyCharged(_)) => "already charged".to_owned(),
                    Err(RunError::Rejected(rejection)) => refused(rejection.into()),
                    Err(other) => panic!("the ledger failed: {other}"),
                };
            }
            Step::Settle(index) if !self.holds.is_empty() => {
                let (owner, id) = self.holds[index.index(self.holds.len())];
                return match self.wallet(owner).settle(id).wait() {
                    Ok(settled) if settled.replayed => "replayed".to_owned(),
                    Ok(settled) => {
                        format!("{:+} short {}", settled.entry.amount.get(), settled.entry.shortfall)
                    }
                    Err(error) => refused(error),
                };
            }
            Step::Release(index) if !self.holds.is_empty() => {
                let (owner, id) = self.holds[index.index(self.holds.len())];
                return match self.wallet(owner).release(id).wait() {
                    Ok(released) if released.replayed => "replayed".to_owned(),
                    Ok(_) => "released".to_owned(),
                    Err(error) => refused(error),
                };
            }
            Step::Reopen if self.file.is_some() => {
                drop(wallet);
                self.open();
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

    fn hold(&mut self, owner: usize, key: Option<&str>, pages: i64, limit: u32) -> String {
        let spend = self.wallet(owner).spend_credits_on(Operation::process(pages));
        let spend = match key {
            Some(key) => spend.key(key),
            None => spend,
        };
        match spend.hold(Duration::from_mins(limit.into())).wait() {
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
}

/// Plays the steps on both and compares every answer and every balance.
fn compare(steps: &[(usize, Option<u8>, Step)], file: Option<&Path>) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap());
    let mut model = Model {
        now: "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().microseconds(),
        ..Model::default()
    };
    let mut subject = Subject { credits: None, file, clock, holds: Vec::new() };
    subject.open();
    for (owner, key, step) in steps {
        let expected = model.expect(*owner, *key, step);
        subject.clock.set(Timestamp::from_microseconds(model.now));
        assert_eq!(subject.answer(*owner, *key, step), expected, "{step:?} by {}", OWNERS[*owner]);
        for (owner, name) in OWNERS.iter().enumerate() {
            let wallet = subject.wallet(owner);
            let (available, held) = (wallet.credits().unwrap().get(), wallet.held().unwrap().get());
            assert_eq!(
                (available, held),
                (model.available(owner), model.held(owner)),
                "{name} after {step:?}"
            );
            assert_eq!(wallet.balance().unwrap(), available + held);
        }
    }
    check_history(&subject);
}

/// Entries follow each other without a gap and come to the balance.
fn check_history(subject: &Subject<'_>) {
    for owner in 0..OWNERS.len() {
        let wallet = subject.wallet(owner);
        // A gift books everything that is due, so that the entries come to the balance.
        wallet.give_credits(1).now().wait().unwrap();
        let page = wallet.credit_history().limit(1_000).page().unwrap();
        assert_eq!(page.next, None);
        assert_eq!(wallet.balance().unwrap(), page.entries[0].balance_after.get());
        for pair in page.entries.windows(2) {
            assert_eq!(pair[0].balance_before, pair[1].balance_after);
            assert!(pair[0].recorded_at >= pair[1].recorded_at);
            assert!(pair[0].effective_at >= pair[1].effective_at);
        }
        let first = page.entries.last().unwrap();
        assert_eq!(first.balance_before, 0);
        for entry in &page.entries {
            assert_eq!(entry.balance_before.get() + entry.amount.get(), entry.balance_after.get());
            let allocated: i64 = entry.allocations.iter().map(|part| part.amount.get()).sum();
            assert!(entry.amount.is_positive() || allocated == -entry.amount.get(), "{entry:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_what_the_rules_say(steps in steps()) {
        compare(&steps, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ledger_in_a_file_that_is_reopened_does_the_same(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        compare(&steps, Some(&folder.path().join("credits.redb")));
    }
}

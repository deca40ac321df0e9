//! Vectors of the Ruby system, which ran random sequences step by step. The ledger must do the same.
//!
//! As the vectors require, every gift is of the paid class, a size is rounded before it is priced, entries of
//! expiries are skipped, and balances are compared after each step.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use credits_runtime::events::Event;
use credits_runtime::generated::Pricing;
use credits_runtime::testing::ManualClock;
use credits_runtime::{Category, Credits, Entry, Error, FactNumber, RunError, Timestamp, Wallet};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::engines::{ENGINES, Engine};

#[derive(Clone, Debug, Deserialize)]
struct Scenario {
    engine: String,
    start: String,
    pricing: Prices,
    wallets: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
struct Prices {
    rounding: String,
    operations: Vec<Priced>,
}

#[derive(Clone, Debug, Deserialize)]
struct Priced {
    name: String,
    cost: Vec<BTreeMap<String, Value>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Step {
    at: String,
    wallet: String,
    r#do: String,
    amount: Option<i64>,
    reason: Option<String>,
    expires_at: Option<String>,
    operation: Option<String>,
    params: Option<Params>,
    #[serde(default)]
    block_fails: bool,
    expect: Expect,
}

#[derive(Clone, Debug, Deserialize)]
struct Params {
    #[serde(deserialize_with = "as_written")]
    mb: Decimal,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Expect {
    pub(crate) ok: bool,
    pub(crate) error: Option<String>,
    pub(crate) value: Option<Value>,
    #[serde(default)]
    pub(crate) transactions: Vec<Transaction>,
    #[serde(default)]
    pub(crate) allocations: Vec<Taken>,
    #[serde(default)]
    pub(crate) callbacks: Vec<Callback>,
    pub(crate) balances: BTreeMap<String, Balance>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) id: u64,
    pub(crate) wallet: String,
    pub(crate) amount: i64,
    pub(crate) category: String,
    pub(crate) expires_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Taken {
    pub(crate) spend: u64,
    pub(crate) source: u64,
    pub(crate) amount: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Callback {
    event: String,
    wallet: String,
    amount: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Balance {
    pub(crate) live: i64,
}

/// Events since the last comparison, of the kinds that both systems have. Thresholds and refusals are left
/// out: the Ruby system fires a threshold at the threshold itself, and reports refusals of other commands
/// too.
pub(crate) struct Told(Receiver<(&'static str, String, i64)>);

impl Told {
    pub(crate) fn of<C: Pricing>(credits: &Credits<C>) -> Self {
        let (sender, receiver) = channel();
        let tell = move |event: &Event| {
            let told = match event {
                Event::CreditsAdded(event) => ("added", &event.owner, event.entry.amount.get()),
                Event::CreditsDeducted(event) => ("deducted", &event.owner, -event.entry.amount.get()),
                Event::TransferCompleted(event) => {
                    ("moved", &event.sender, -event.transfer.sent.amount.get())
                }
                _ => return Ok(()),
            };
            sender.send((told.0, told.1.to_string(), told.2))
        };
        credits.subscriber("vectors").start(tell).unwrap();
        Self(receiver)
    }

    /// Compares the events with a step's callbacks.
    pub(crate) fn compare(&self, expect: &Expect) -> Result<(), String> {
        let theirs = expect.callbacks.iter().filter_map(|callback| {
            let kind = match callback.event.as_str() {
                "credits_added" | "balance_credited" => "added",
                "credits_deducted" | "balance_debited" => "deducted",
                "transfer_completed" => "moved",
                _ => return None,
            };
            // The name of a wallet of another asset begins with its owner.
            let owner = callback.wallet.split(':').next().unwrap();
            Some((kind, owner.to_owned(), callback.amount.unwrap()))
        });
        let theirs: Vec<_> = theirs.collect();
        let mut ours: Vec<_> = theirs.iter().map_while(|_| self.0.recv_timeout(PATIENCE).ok()).collect();
        ours.extend(self.0.try_iter());
        // The Ruby system reports a transfer after its two sides.
        let mut moved: Vec<_> = ours.extract_if(.., |(kind, ..)| *kind == "moved").collect();
        ours.append(&mut moved);
        same("callbacks", &ours, &theirs)
    }
}

/// Timeout of a wait for an event. It arrives at once or never.
const PATIENCE: Duration = Duration::from_mins(1);

/// Parses a decimal from the digits in the file, without a float in between.
fn as_written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    raw.get().parse().map_err(serde::de::Error::custom)
}

/// Makes a scenario's operations for one of the price lists.
struct Menu<C: Pricing> {
    small: fn() -> C::Operation,
    var: fn(Decimal) -> C::Operation,
}

macro_rules! price_lists {
    ($($list:ident: $rounding:ident $rate:tt;)*) => {
        $(mod $list {
            credits_runtime::usage_credits! {
                settings { rounding $rounding }
                operation small { costs 3.credits }
                operation var { costs 2.credits + $rate.credits_per(mb) }
            }
        })*

        /// Plays a scenario over the price list that it names, up to the first difference.
        fn check(scenario: &Scenario) -> Result<(), String> {
            $(if scenario.pricing.is(stringify!($rounding), $rate) {
                use $list::{Operation, Pricing};
                return play::<Pricing>(scenario, &Menu { small: Operation::small, var: Operation::var });
            })*
            Err(format!("there is no price list for {:?}", scenario.pricing))
        }
    };
}

price_lists! {
    ceil_1: ceil 1;
    ceil_2: ceil 2;
    ceil_3: ceil 3;
    floor_1: floor 1;
    floor_2: floor 2;
    floor_3: floor 3;
    round_1: round 1;
    round_2: round 2;
    round_3: round 3;
}

impl Prices {
    /// Whether these are the prices of the list with this rounding and rate.
    fn is(&self, rounding: &str, rate: u32) -> bool {
        let costs: Vec<_> = self
            .operations
            .iter()
            .map(|priced| (priced.name.as_str(), serde_json::to_value(&priced.cost).unwrap()))
            .collect();
        let small = serde_json::json!([{ "fixed": 3 }]);
        let var = serde_json::json!([{ "fixed": 2 }, { "rate": rate, "unit": "mb" }]);
        self.rounding == rounding && costs == [("small", small), ("var", var)]
    }

    /// A size, rounded as the Ruby system rounds it before pricing.
    fn rounded(&self, size: Decimal) -> Decimal {
        let strategy = match self.rounding.as_str() {
            "ceil" => RoundingStrategy::ToPositiveInfinity,
            "floor" => RoundingStrategy::ToNegativeInfinity,
            _ => RoundingStrategy::MidpointAwayFromZero,
        };
        size.round_dp_with_strategy(0, strategy)
    }
}

/// Result of a step.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Value(Value),
    Refused(&'static str),
}

/// State of a scenario in progress.
struct Player<'a, C: Pricing> {
    scenario: &'a Scenario,
    menu: &'a Menu<C>,
    credits: Credits<C>,
    told: Told,
    /// Entries by the vector's transaction ids.
    entries: BTreeMap<u64, FactNumber>,
    /// The last compared entry of each wallet.
    last: BTreeMap<String, FactNumber>,
}

fn play<C: Pricing>(scenario: &Scenario, menu: &Menu<C>) -> Result<(), String> {
    ENGINES.iter().try_for_each(|engine| play_on(*engine, scenario, menu))
}

fn play_on<C: Pricing>(engine: Engine, scenario: &Scenario, menu: &Menu<C>) -> Result<(), String> {
    let clock = ManualClock::at(instant(&scenario.start));
    let credits = engine.open(Credits::<C>::builder().clock(clock.clone()));
    let told = Told::of(&credits);
    let mut player =
        Player { scenario, menu, credits, told, entries: BTreeMap::new(), last: BTreeMap::new() };
    for (place, step) in scenario.steps.iter().enumerate() {
        clock.set(instant(&step.at));
        player.step(step).map_err(|difference| format!("step {place}: {difference}"))?;
    }
    Ok(())
}

impl<C: Pricing> Player<'_, C> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        let answer = self.answer(step)?;
        same("answer", &answer, &expected(step))?;
        for (name, Balance { live }) in &step.expect.balances {
            same(&format!("balance of {name}"), &self.credits.wallet(name).credits().unwrap().get(), live)?;
        }
        self.entries(&step.expect)?;
        self.told.compare(&step.expect)
    }

    /// Does a step.
    fn answer(&self, step: &Step) -> Result<Answer, String> {
        let wallet = self.credits.wallet(&step.wallet);
        match step.r#do.as_str() {
            "give" => answered(give(&wallet, step)),
            "deduct" => answered(wallet.deduct_credits(step.amount.unwrap(), "by hand").now().wait()),
            "spend" => answered(wallet.spend_credits_on(self.operation(step)?).now().wait()),
            "spend_block" => {
                let work = || if step.block_fails { Err("the work failed") } else { Ok(()) };
                match wallet.spend_credits_on(self.operation(step)?).run(work) {
                    Err(RunError::Work(_)) => Ok(Answer::Refused("work")),
                    Err(RunError::Rejected(rejection)) => answered::<()>(Err(rejection.into())),
                    other => other.map(|()| Answer::Done).map_err(|error| error.to_string()),
                }
            }
            "has_enough" => {
                let enough = wallet.has_enough_credits_to(self.operation(step)?).unwrap();
                Ok(Answer::Value(enough.into()))
            }
            "balance" => Ok(Answer::Value(wallet.credits().unwrap().get().into())),
            other => Err(format!("a step that nobody can do: {other}")),
        }
    }

    fn operation(&self, step: &Step) -> Result<C::Operation, String> {
        match (step.operation.as_deref(), &step.params) {
            (Some("small"), _) => Ok((self.menu.small)()),
            (Some("var"), Some(Params { mb })) => Ok((self.menu.var)(self.scenario.pricing.rounded(*mb))),
            other => Err(format!("no operation: {other:?}")),
        }
    }

    /// Compares the entries made since the last step, of every wallet, with the step's transactions.
    fn entries(&mut self, expect: &Expect) -> Result<(), String> {
        let mut made: Vec<(&String, Entry)> = Vec::new();
        for name in &self.scenario.wallets {
            let page = self.credits.wallet(name).credit_history().limit(1_000).page().unwrap();
            let last = self.last.get(name).copied();
            let new = page.entries.into_iter().filter(move |entry| Some(entry.number) > last);
            made.extend(new.filter(|entry| entry.category != Category::Expired).map(|entry| (name, entry)));
        }
        made.sort_by_key(|(_, entry)| entry.number);
        same("number of entries", &made.len(), &expect.transactions.len())?;
        for ((wallet, entry), transaction) in made.iter().zip(&expect.transactions) {
            self.last.insert((*wallet).clone(), entry.number);
            self.entries.insert(transaction.id, entry.number);
            let expires_at = transaction.expires_at.as_deref().map(instant);
            let theirs = (&transaction.wallet, transaction.amount, transaction.category.as_str(), expires_at);
            same("entry", &(*wallet, entry.amount.get(), entry.category.name(), entry.expires_at), &theirs)?;
            let taken = expect.allocations.iter().filter(|taken| taken.spend == transaction.id);
            let theirs: Vec<_> =
                taken.map(|taken| (self.entries.get(&taken.source).copied(), taken.amount)).collect();
            let allocations = entry.allocations.iter();
            let ours: Vec<_> = allocations.map(|part| (Some(part.grant), part.amount.get())).collect();
            same("allocations", &ours, &theirs)?;
        }
        let unknown = |taken: &&Taken| expect.transactions.iter().all(|other| other.id != taken.spend);
        same("allocations of no transaction", &expect.allocations.iter().filter(unknown).count(), &0)
    }
}

fn give<C: Pricing>(wallet: &Wallet<C>, step: &Step) -> Result<credits_runtime::Receipt, Error> {
    let mut give = wallet.give_credits(step.amount.unwrap()).paid();
    if let Some(reason) = &step.reason {
        give = give.reason(reason);
    }
    if let Some(expires_at) = &step.expires_at {
        give = give.expires_at(instant(expires_at));
    }
    give.now().wait()
}

fn answered<T>(result: Result<T, Error>) -> Result<Answer, String> {
    match result {
        Ok(_) => Ok(Answer::Done),
        Err(Error::Rejected(rejection)) => Ok(Answer::Refused(rejection.code())),
        Err(error) => Err(error.to_string()),
    }
}

/// The result that the vector expects. Its errors for an amount below 1 differ by command; the ledger has
/// one.
fn expected(step: &Step) -> Answer {
    let no_amount = step.amount.is_some_and(|amount| amount <= 0);
    match (step.expect.ok, &step.expect.value, step.expect.error.as_deref()) {
        (true, Some(value), None) => Answer::Value(value.clone()),
        (true, None, None) => Answer::Done,
        (false, None, Some(_)) if no_amount => Answer::Refused("amount_not_positive"),
        (false, None, Some("UsageCredits::InsufficientCredits")) => Answer::Refused("insufficient_credits"),
        (false, None, Some("ArgumentError")) => Answer::Refused("expiry_in_past"),
        (false, None, Some("RuntimeError")) => Answer::Refused("work"),
        other => panic!("a vector says {other:?}"),
    }
}

pub(crate) fn same<T: Debug + PartialEq>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours:?}, where the vector says {theirs:?}")) }
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The scenarios of an engine, with the names of their files.
pub(crate) fn scenarios<S: DeserializeOwned>(engine: &str) -> Vec<(String, S)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.display().to_string().contains(&format!("_{engine}_")));
    files.sort();
    let scenario = |file: &Path| {
        serde_json::from_str::<S>(&std::fs::read_to_string(file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(|file| (file.display().to_string(), scenario(file))).collect()
}

#[test]
fn all_vectors_agree() {
    let scenarios = scenarios::<Scenario>("credits");
    let differences: Vec<_> = scenarios
        .iter()
        .filter_map(|(file, scenario)| check(scenario).err().map(|difference| format!("{file} {difference}")))
        .collect();
    assert_eq!(differences, [""; 0]);
    assert_eq!(scenarios.len(), 50);
    assert!(scenarios.iter().all(|(_, scenario)| scenario.engine == "usage_credits"));
    assert_eq!(scenarios.iter().map(|(_, scenario)| scenario.steps.len()).sum::<usize>(), 1_811);
}

#[test]
fn a_tampered_vector_is_caught() {
    type Tamper = fn(&mut Step) -> bool;
    let tampers: [(&str, Tamper); 12] = [
        ("answer", |step| {
            std::mem::replace(&mut step.expect.ok, false) && {
                step.expect.value = None;
                step.expect.error = Some("UsageCredits::InsufficientCredits".to_owned());
                true
            }
        }),
        ("answer", |step| match &mut step.expect.value {
            Some(Value::Bool(value)) => {
                *value = !*value;
                true
            }
            _ => false,
        }),
        ("answer", |step| step.r#do == "balance" && step.expect.value.replace(7_777.into()).is_some()),
        ("balance of", |step| step.expect.balances.values_mut().next().is_some_and(|one| add(&mut one.live))),
        ("number of entries", |step| step.expect.transactions.pop().is_some()),
        ("entry", |step| first(&mut step.expect.transactions, |one| add(&mut one.amount))),
        ("entry", |step| first(&mut step.expect.transactions, |one| one.category.pop().is_some())),
        ("entry", |step| first(&mut step.expect.transactions, |one| one.expires_at.take().is_some())),
        ("entry", |step| first(&mut step.expect.transactions, |one| one.wallet.pop().is_some())),
        ("allocations", |step| first(&mut step.expect.allocations, |one| add(&mut one.amount))),
        ("allocations", |step| {
            first(&mut step.expect.allocations, |one| {
                one.source.checked_add(1).is_some_and(|other| {
                    one.source = other;
                    true
                })
            })
        }),
        ("allocations", |step| {
            step.expect.allocations.len() > 1 && {
                step.expect.allocations.reverse();
                true
            }
        }),
    ];
    let scenarios = scenarios::<Scenario>("credits");
    for (place, (what, tamper)) in tampers.iter().enumerate() {
        let mut tampered = scenarios.iter().filter_map(|(_, scenario)| {
            let mut scenario = scenario.clone();
            scenario.steps.iter_mut().any(tamper).then_some(scenario)
        });
        let scenario = tampered.next().unwrap_or_else(|| panic!("tamper {place} changes nothing"));
        let difference = check(&scenario).expect_err("a tampered vector agrees");
        assert!(difference.contains(&format!(": {what}")), "tamper {place} is caught as {difference}");
    }
}

fn add(amount: &mut i64) -> bool {
    *amount += 1;
    true
}

fn first<T>(list: &mut [T], tamper: fn(&mut T) -> bool) -> bool {
    list.first_mut().is_some_and(tamper)
}

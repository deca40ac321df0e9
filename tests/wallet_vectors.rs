//! Vectors of the Ruby system's wallets: random sequences of credits, debits and transfers. The ledger must
//! do the same.
//!
//! As the vectors require, every credit is of the paid class, and entries of expiries are skipped. A scenario
//! with debt is compared up to the first credit to a wallet in debt, because the ledger repays the debt
//! there.

use std::collections::BTreeMap;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Category, Entry, Error, FactNumber, Timestamp, usage_credits};
use serde::Deserialize;

use crate::engines::{ENGINES, Engine};
use crate::vectors::{Expect, Told, instant, same, scenarios};

usage_credits! {
    settings { categories credit, debit }
    asset gem
}

#[derive(Clone, Debug, Deserialize)]
struct Scenario {
    start: String,
    pricing: Policies,
    wallets: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
struct Policies {
    #[serde(default)]
    allow_negative_balance: bool,
    transfer_expiration_policy: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Step {
    at: String,
    wallet: String,
    r#do: String,
    amount: Option<i64>,
    to: Option<String>,
    policy: Option<String>,
    expires_at: Option<String>,
    expect: Expect,
}

struct Player<'a> {
    scenario: &'a Scenario,
    credits: Credits,
    told: Told,
    /// Entries by the vector's transaction ids.
    entries: BTreeMap<u64, FactNumber>,
    /// The last compared entry of each wallet.
    last: BTreeMap<String, FactNumber>,
}

/// Plays a scenario. Returns the number of compared steps, or the first difference.
fn play(scenario: &Scenario) -> Result<usize, String> {
    let played: Result<Vec<usize>, String> =
        ENGINES.iter().map(|engine| play_on(*engine, scenario)).collect();
    Ok(played?.into_iter().min().unwrap_or_default())
}

fn play_on(engine: Engine, scenario: &Scenario) -> Result<usize, String> {
    let clock = ManualClock::at(instant(&scenario.start));
    let credits = engine.open(Credits::builder().clock(clock.clone()));
    let told = Told::of(&credits);
    let mut player = Player { scenario, credits, told, entries: BTreeMap::new(), last: BTreeMap::new() };
    for (place, step) in scenario.steps.iter().enumerate() {
        clock.set(instant(&step.at));
        if player.repays(step) {
            return Ok(place);
        }
        player.step(step).map_err(|difference| format!("step {place}: {difference}"))?;
    }
    player.credits.verify().map_err(|error| error.to_string())?;
    Ok(scenario.steps.len())
}

impl Player<'_> {
    fn wallet(&self, name: &str) -> Wallet {
        match name.split_once(':') {
            Some((owner, "gems")) => self.credits.wallet(owner).of(Asset::Gems),
            Some((_, asset)) => panic!("there is no asset {asset}"),
            None => self.credits.wallet(name),
        }
    }

    /// Whether a step brings credits into a wallet in debt.
    fn repays(&self, step: &Step) -> bool {
        let receiver = if step.r#do == "credit" { Some(&step.wallet) } else { step.to.as_ref() };
        step.expect.ok && receiver.is_some_and(|name| self.wallet(name).debt().unwrap() > 0)
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        // A fixed expiry without an instant cannot be expressed with this API.
        let fixed_to_nothing = step.policy.as_deref() == Some("fixed") && step.expires_at.is_none();
        if fixed_to_nothing && step.expect.error.as_deref() == Some("ArgumentError") {
            return Ok(());
        }
        same("answer", &self.answer(step), &expected(step))?;
        for (name, balance) in &step.expect.balances {
            let ours = self.wallet(name).credits().unwrap().get();
            same(&format!("balance of {name}"), &ours, &balance.live)?;
        }
        self.compare_entries(&step.expect)?;
        self.told.compare(&step.expect)
    }

    /// Code of the rejection; `None` if the step was done.
    fn answer(&self, step: &Step) -> Option<&'static str> {
        let wallet = self.wallet(&step.wallet);
        let amount = step.amount.unwrap_or_default();
        let expires_at: Option<Timestamp> = step.expires_at.as_deref().map(instant);
        let answer = match step.r#do.as_str() {
            "credit" => {
                let give = wallet.give_credits(amount).paid().category("credit");
                match expires_at {
                    Some(at) => give.expires_at(at),
                    None => give,
                }
                .now()
                .wait()
                .map(drop)
            }
            "debit" => {
                let deduct = wallet.deduct_credits(amount, "debit").category("debit");
                let in_debt = self.scenario.pricing.allow_negative_balance;
                if in_debt { deduct.with_debt() } else { deduct }.now().wait().map(drop)
            }
            "transfer" => {
                let transfer = wallet.transfer_to(&self.wallet(step.to.as_deref().unwrap()), amount);
                let policy =
                    step.policy.as_ref().or(self.scenario.pricing.transfer_expiration_policy.as_ref());
                match (policy.map(String::as_str), expires_at) {
                    (_, Some(at)) => transfer.expires_at(at),
                    (Some("none"), None) => transfer.never_expiring(),
                    _ => transfer,
                }
                .now()
                .wait()
                .map(drop)
            }
            "balance" => wallet.credits().map(drop),
            other => panic!("a step that nobody can do: {other}"),
        };
        match answer {
            Ok(()) => None,
            Err(Error::Rejected(rejection)) => Some(rejection.code()),
            Err(other) => panic!("{other}"),
        }
    }

    fn compare_entries(&mut self, expect: &Expect) -> Result<(), String> {
        let mut made: Vec<(&String, Entry)> = Vec::new();
        for name in &self.scenario.wallets {
            let page = self.wallet(name).credit_history().limit(1_000).page().unwrap();
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
        Ok(())
    }
}

/// Code of the rejection that the vector expects. The errors of the Ruby system have other names.
fn expected(step: &Step) -> Option<&'static str> {
    let no_amount = step.amount.is_some_and(|amount| amount <= 0);
    let (from, to) = (&step.wallet, step.to.as_ref());
    let asset = |name: &str| name.split_once(':').map(|(_, asset)| asset.to_owned());
    match (step.expect.ok, step.expect.error.as_deref()) {
        (true, None) => None,
        (false, Some(_)) if no_amount => Some("amount_not_positive"),
        (false, Some("Wallets::InvalidTransfer")) if to == Some(from) => Some("transfer_to_self"),
        (false, Some("Wallets::InvalidTransfer")) if to.is_some_and(|to| asset(to) != asset(from)) => {
            Some("transfer_between_assets")
        }
        (false, Some("Wallets::InvalidTransfer" | "ArgumentError")) => Some("expiry_in_past"),
        (false, Some("Wallets::InsufficientBalance")) => Some("insufficient_credits"),
        other => panic!("a vector says {other:?}"),
    }
}

#[test]
fn all_vectors_of_wallets_agree() {
    let scenarios = scenarios::<Scenario>("wallets");
    let mut compared = 0;
    let mut differences = Vec::new();
    for (file, scenario) in &scenarios {
        match play(scenario) {
            Ok(steps) => compared += steps,
            Err(difference) => differences.push(format!("{file} {difference}")),
        }
    }
    assert_eq!(differences, [""; 0]);
    assert_eq!(scenarios.len(), 50);
    assert!(compared > 1_600, "only {compared} steps were compared");
}

#[test]
fn a_tampered_vector_of_wallets_is_caught() {
    let scenarios = scenarios::<Scenario>("wallets");
    let tampers: [fn(&mut Step) -> bool; 5] = [
        |step| {
            step.expect
                .balances
                .values_mut()
                .any(|balance| std::mem::replace(&mut balance.live, 7_777) != 7_777)
        },
        |step| step.expect.transactions.pop().is_some(),
        |step| step.expect.transactions.iter_mut().any(|one| one.category.pop().is_some()),
        |step| step.expect.allocations.pop().is_some(),
        |step| step.expect.callbacks.pop().is_some_and(|_| step.expect.ok),
    ];
    for (place, tamper) in tampers.iter().enumerate() {
        let caught = scenarios.iter().filter(|(_, scenario)| {
            let mut scenario = scenario.clone();
            scenario.steps.iter_mut().take(20).any(tamper) && play(&scenario).is_err()
        });
        assert!(caught.count() > 10, "tamper {place} is hardly caught");
    }
}

//! What the gems did: the transactions, allocations and balances of the recorded scenarios, as rows of one database.

use std::collections::BTreeMap;
use std::path::Path;

use credits_runtime::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Scenario {
    pricing: Pricing,
    wallets: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Pricing {
    #[serde(default)]
    allow_negative_balance: bool,
}

#[derive(Deserialize)]
struct Step {
    at: String,
    wallet: String,
    to: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    value: Option<Value>,
    #[serde(default)]
    transactions: Vec<Recorded>,
    #[serde(default)]
    allocations: Vec<Taken>,
    balances: BTreeMap<String, Balance>,
}

#[derive(Deserialize)]
struct Recorded {
    id: i64,
    wallet: String,
    amount: i64,
    category: String,
    expires_at: Option<String>,
    balance_before: Option<i64>,
    balance_after: Option<i64>,
    transfer_id: Option<i64>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
struct Taken {
    spend: i64,
    source: i64,
    amount: i64,
}

#[derive(Deserialize)]
struct Balance {
    live: i64,
    stored: i64,
}

/// A wallet, with its balance at the end of its scenario.
#[derive(Clone, Debug)]
pub struct Wallet {
    pub id: i64,
    pub owner: i64,
    pub asset: String,
    pub live: i64,
    pub stored: i64,
    /// The last instant of the scenario.
    pub until: Timestamp,
    /// Whether wallets of the scenario may have debts, which the ledger repays and the gem keeps.
    pub may_owe: bool,
}

#[derive(Clone, Debug)]
pub struct Transaction {
    pub id: i64,
    pub wallet: i64,
    pub amount: i64,
    pub category: String,
    pub expires_at: Option<Timestamp>,
    pub transfer: Option<i64>,
    pub metadata: Value,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Allocation {
    pub id: i64,
    pub transaction: i64,
    pub source: i64,
    pub amount: i64,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub id: i64,
    pub from: i64,
    pub to: i64,
    pub asset: String,
    pub amount: i64,
    pub policy: String,
    pub at: Timestamp,
}

/// The rows of a database.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub wallets: Vec<Wallet>,
    pub transactions: Vec<Transaction>,
    pub allocations: Vec<Allocation>,
    pub transfers: Vec<Transfer>,
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Rows {
    /// The rows of all scenarios of an engine, with ids that follow each other.
    pub fn of(engine: &str) -> Self {
        let mut rows = Self::default();
        for file in files(engine) {
            let scenario = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            rows.add(&scenario);
        }
        rows
    }

    /// The rows of each scenario of an engine, as databases of their own.
    pub fn of_each(engine: &str) -> Vec<Self> {
        let of_file = |file: std::path::PathBuf| {
            let mut rows = Self::default();
            rows.add(&serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
            rows
        };
        files(engine).into_iter().map(of_file).collect()
    }

    /// The last instant.
    pub fn until(&self) -> Timestamp {
        self.wallets.iter().map(|wallet| wallet.until).max().unwrap()
    }

    fn add(&mut self, scenario: &Scenario) {
        let first = |ids: Option<i64>| ids.unwrap_or(0);
        let (transactions, transfers) = (
            first(self.transactions.iter().map(|row| row.id).max()),
            first(self.transfers.iter().map(|row| row.id).max()),
        );
        let wallets = i64::try_from(self.wallets.len()).unwrap();
        let mut owners: Vec<&str> = Vec::new();
        let mut ids = BTreeMap::new();
        let last = scenario.steps.last().unwrap();
        for (name, id) in scenario.wallets.iter().zip(wallets + 1..) {
            let (owner, asset) = name.split_once(':').unwrap_or((name, "credits"));
            if !owners.contains(&owner) {
                owners.push(owner);
            }
            let place = owners.iter().position(|known| *known == owner).unwrap();
            let owner = wallets + 1 + i64::try_from(place).unwrap();
            let Balance { live, stored } = last.expect.balances[name];
            let until = instant(&last.at);
            ids.insert(name.clone(), id);
            let (asset, may_owe) = (asset.to_owned(), scenario.pricing.allow_negative_balance);
            self.wallets.push(Wallet { id, owner, asset, live, stored, until, may_owe });
        }
        for step in &scenario.steps {
            self.step(step, &ids, (transactions, transfers));
        }
    }

    fn step(&mut self, step: &Step, wallets: &BTreeMap<String, i64>, (transactions, transfers): (i64, i64)) {
        let at = instant(&step.at);
        for row in &step.expect.transactions {
            let mut metadata = row.metadata.clone().unwrap_or_else(|| serde_json::json!({}));
            metadata["balance_before"] = row.balance_before.into();
            metadata["balance_after"] = row.balance_after.into();
            self.transactions.push(Transaction {
                id: transactions + row.id,
                wallet: wallets[&row.wallet],
                amount: row.amount,
                category: row.category.clone(),
                expires_at: row.expires_at.as_deref().map(instant),
                transfer: row.transfer_id.map(|id| transfers + id),
                metadata,
                at,
            });
        }
        for taken in &step.expect.allocations {
            self.allocations.push(Allocation {
                id: i64::try_from(self.allocations.len()).unwrap() + 1,
                transaction: transactions + taken.spend,
                source: transactions + taken.source,
                amount: taken.amount,
                at,
            });
        }
        let Some(id) = step.expect.transactions.iter().find_map(|row| row.transfer_id) else { return };
        let value = step.expect.value.as_ref().unwrap();
        self.transfers.push(Transfer {
            id: transfers + id,
            from: wallets[&step.wallet],
            to: wallets[step.to.as_ref().unwrap()],
            asset: value["asset"].as_str().unwrap().to_owned(),
            amount: value["amount"].as_i64().unwrap(),
            policy: value["policy"].as_str().unwrap().to_owned(),
            at,
        });
    }
}

fn files(engine: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.display().to_string().contains(&format!("_{engine}_")));
    files.sort();
    files
}

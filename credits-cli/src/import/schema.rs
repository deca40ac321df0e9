//! The tables of the gems: which gem and version a database has.
//!
//! It does not know what becomes of the rows.

mod queries;

use serde::Serialize;

use super::database::Columns;
use super::error::ImportError;
use super::options::{Gem, Options};

/// A version of a gem, by its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Version {
    /// `usage_credits` before 1.0: one asset, no transfers, no debt.
    #[serde(rename = "usage_credits 0.5")]
    UsageCredits05,
    /// `usage_credits` 1.0, on the core of `wallets`.
    #[serde(rename = "usage_credits 1.0")]
    UsageCredits10,
    /// `wallets`.
    #[serde(rename = "wallets 0.1")]
    Wallets01,
}

impl Version {
    /// Whether the part of a debit that no credits back lowers the balance from then on.
    pub(super) fn keeps_debt(self) -> bool {
        self != Self::UsageCredits05
    }

    /// The key of a transaction's entry. Those of the two gems differ, because an owner may have wallets of both.
    pub(super) fn key(self, table: &str, id: &str) -> String {
        match self {
            Self::Wallets01 => format!("wallets:{table}:{id}"),
            _ => format!("{table}:{id}"),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UsageCredits05 => "usage_credits 0.5",
            Self::UsageCredits10 => "usage_credits 1.0",
            Self::Wallets01 => "wallets 0.1",
        })
    }
}

const USAGE_CREDITS: &str = "usage_credits_";
const TABLES: &[(&str, &[&str])] = &[
    ("wallets", &["id", "owner_type", "owner_id", "balance", "metadata"]),
    ("transactions", &["id", "wallet_id", "amount", "category", "expires_at", "metadata", "created_at"]),
    ("allocations", &["id", "transaction_id", "source_transaction_id", "amount"]),
];
const FULFILLMENTS: &[(&str, &[&str])] = &[(
    "fulfillments",
    &[
        "id",
        "wallet_id",
        "source_type",
        "source_id",
        "fulfillment_type",
        "credits_last_fulfillment",
        "metadata",
    ],
)];
const TRANSFERS: &[(&str, &[&str])] =
    &[("transfers", &["id", "from_wallet_id", "to_wallet_id", "amount", "expiration_policy"])];
const PAY: &[(&str, &[&str])] = &[
    ("pay_customers", &["id", "owner_type", "owner_id", "processor", "processor_id"]),
    (
        "pay_subscriptions",
        &[
            "id",
            "customer_id",
            "processor_id",
            "processor_plan",
            "quantity",
            "status",
            "current_period_start",
            "current_period_end",
            "trial_ends_at",
            "ends_at",
            "data",
            "created_at",
            "updated_at",
        ],
    ),
    (
        "pay_charges",
        &[
            "id",
            "customer_id",
            "subscription_id",
            "processor_id",
            "amount",
            "amount_refunded",
            "currency",
            "data",
            "created_at",
        ],
    ),
];

/// The tables of a gem in a database.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) version: Version,
    pub(super) prefix: String,
    /// Whether the tables of `pay` are there.
    pub(super) has_pay: bool,
    /// Whether `pay` keeps Stripe's objects in a column of their own, as from version 10.
    has_pay_objects: bool,
}

impl Schema {
    /// Finds the gem.
    pub(super) fn of(columns: &Columns, options: &Options) -> Result<Self, ImportError> {
        let wallets = &options.table_prefix;
        if !wallets.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(ImportError::TablePrefix { prefix: wallets.clone() });
        }
        let has = |prefix: &str| columns.contains_key(&format!("{prefix}wallets"));
        let gem = match (options.gem, has(USAGE_CREDITS), has(wallets)) {
            (Some(gem), _, _) => gem,
            (None, true, true) => return Err(ImportError::TwoGems),
            (None, false, true) => Gem::Wallets,
            (None, _, _) => Gem::UsageCredits,
        };
        let prefix = match gem {
            Gem::UsageCredits => USAGE_CREDITS,
            Gem::Wallets => wallets,
        };
        let column = |table: &str, column: &str| {
            columns.get(&format!("{prefix}{table}")).is_some_and(|columns| columns.contains(column))
        };
        let is_new = column("wallets", "asset_code") || column("transactions", "transfer_id");
        let version = match gem {
            Gem::Wallets => Version::Wallets01,
            Gem::UsageCredits if is_new => Version::UsageCredits10,
            Gem::UsageCredits => Version::UsageCredits05,
        };
        let mut missing = missing(columns, prefix, TABLES);
        if gem == Gem::UsageCredits {
            missing.extend(self::missing(columns, prefix, FULFILLMENTS));
        }
        if version != Version::UsageCredits05 {
            missing.extend(self::missing(columns, prefix, TRANSFERS));
            let added = [("wallets", "asset_code"), ("transactions", "transfer_id")];
            let absent = added.iter().filter(|(table, name)| !column(table, name));
            missing.extend(absent.map(|(table, name)| format!("column `{prefix}{table}.{name}`")));
        }
        let has_pay = gem == Gem::UsageCredits && columns.contains_key("pay_customers");
        if has_pay {
            missing.extend(self::missing(columns, "", PAY));
        }
        if !missing.is_empty() {
            let is_named = options.gem.is_some() || *wallets != Options::TABLE_PREFIX;
            return Err(ImportError::NotAGem { missing: missing.join(", "), is_named });
        }
        let has_pay_objects =
            columns.get("pay_subscriptions").is_some_and(|columns| columns.contains("object"));
        Ok(Self { version, prefix: prefix.to_owned(), has_pay, has_pay_objects })
    }
}

fn missing(columns: &Columns, prefix: &str, tables: &[(&str, &[&str])]) -> Vec<String> {
    let mut missing = Vec::new();
    for (table, names) in tables {
        let table = format!("{prefix}{table}");
        match columns.get(&table) {
            None => missing.push(format!("table `{table}`")),
            Some(found) => {
                let absent = names.iter().filter(|name| !found.contains(**name));
                missing.extend(absent.map(|name| format!("column `{table}.{name}`")));
            }
        }
    }
    missing
}

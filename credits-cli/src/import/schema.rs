//! The tables of the gems: which gem and version a database has, and the queries for its rows.
//!
//! It does not know what becomes of the rows.

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
            return Err(ImportError::NotAGem { missing: missing.join(", ") });
        }
        let has_pay_objects =
            columns.get("pay_subscriptions").is_some_and(|columns| columns.contains("object"));
        Ok(Self { version, prefix: prefix.to_owned(), has_pay, has_pay_objects })
    }

    fn has_transfers(&self) -> bool {
        self.version != Version::UsageCredits05
    }

    /// Wallets: id, type and id of the owner, asset code, stored balance, metadata.
    pub(super) fn wallets(&self) -> String {
        let asset = if self.has_transfers() { "asset_code" } else { "'credits'" };
        format!(
            "SELECT id, owner_type, owner_id, {asset}, balance, metadata FROM {}wallets ORDER BY id",
            self.prefix
        )
    }

    /// Transactions, in the order of their replay: see [`Row`](super::row::Row). Sums are joined whole, because every
    /// transaction is read.
    ///
    /// A debit is never before the credits that it uses: the clocks of two servers may differ by milliseconds.
    pub(super) fn transactions(&self) -> String {
        let p = &self.prefix;
        let fulfillment = if self.version == Version::Wallets01 { "NULL" } else { "t.fulfillment_id" };
        let (transfer, moved) = if self.has_transfers() {
            (
                "t.transfer_id, x.from_wallet_id, x.to_wallet_id, x.amount, x.expiration_policy, m.received, m.sent, m.expiry",
                format!(
                    "LEFT JOIN {p}transfers x ON x.id = t.transfer_id LEFT JOIN (SELECT i.transfer_id AS moved, \
                     SUM(CASE WHEN i.amount > 0 AND i.wallet_id = y.to_wallet_id THEN i.amount END) AS received, \
                     SUM(CASE WHEN i.amount < 0 AND i.wallet_id = y.from_wallet_id THEN i.amount END) AS sent, \
                     MAX(CASE WHEN i.amount > 0 THEN i.expires_at END) AS expiry FROM {p}transactions i \
                     JOIN {p}transfers y ON y.id = i.transfer_id GROUP BY i.transfer_id) AS m ON m.moved = t.transfer_id"
                ),
            )
        } else {
            ("NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", String::new())
        };
        format!(
            "SELECT t.id, t.wallet_id, t.amount, t.category, t.expires_at, t.created_at, t.metadata, {fulfillment}, \
             b.backed, u.used, b.newest, {transfer} FROM {p}transactions t \
             LEFT JOIN (SELECT a.transaction_id AS spend, SUM(a.amount) AS backed, MAX(s.created_at) AS newest \
             FROM {p}allocations a JOIN {p}transactions s ON s.id = a.source_transaction_id \
             GROUP BY a.transaction_id) AS b ON b.spend = t.id \
             LEFT JOIN (SELECT source_transaction_id AS source, SUM(amount) AS used FROM {p}allocations \
             GROUP BY source_transaction_id) AS u ON u.source = t.id {moved} \
             ORDER BY CASE WHEN b.newest > t.created_at THEN b.newest ELSE t.created_at END, t.id"
        )
    }

    /// Allocations of which a transaction is missing.
    pub(super) fn dangling(&self) -> String {
        let p = &self.prefix;
        format!(
            "SELECT a.id FROM {p}allocations a LEFT JOIN {p}transactions d ON d.id = a.transaction_id \
             LEFT JOIN {p}transactions s ON s.id = a.source_transaction_id WHERE d.id IS NULL OR s.id IS NULL ORDER BY a.id"
        )
    }

    /// Allocations that no version of the gem makes.
    pub(super) fn crossing(&self) -> String {
        let p = &self.prefix;
        format!(
            "SELECT a.id FROM {p}allocations a JOIN {p}transactions d ON d.id = a.transaction_id \
             JOIN {p}transactions s ON s.id = a.source_transaction_id \
             WHERE d.wallet_id <> s.wallet_id OR a.amount < 1 ORDER BY a.id"
        )
    }

    /// Customers: id, type and id of the owner, processor, id there.
    pub(super) const CUSTOMERS: &'static str =
        "SELECT id, owner_type, owner_id, processor, processor_id FROM pay_customers ORDER BY id";

    /// Subscriptions of `pay` with their fulfillments.
    pub(super) fn subscriptions(&self) -> String {
        format!(
            "SELECT s.id, s.customer_id, s.processor_id, s.processor_plan, s.quantity, s.status, s.current_period_start, \
             s.current_period_end, s.trial_ends_at, s.ends_at, s.data, {}, s.created_at, s.updated_at, f.id, \
             f.credits_last_fulfillment, f.fulfillment_period, f.metadata FROM pay_subscriptions s \
             LEFT JOIN {}fulfillments f ON f.source_id = s.id AND f.source_type IN ('Pay::Subscription', 'Pay::Stripe::Subscription') \
             ORDER BY s.id",
            self.pay_object("s"),
            self.prefix
        )
    }

    /// Charges of subscriptions, oldest first.
    pub(super) fn subscription_charges(&self) -> String {
        format!(
            "SELECT c.subscription_id, c.processor_id, c.amount, c.amount_refunded, c.currency, c.data, {}, c.created_at \
             FROM pay_charges c WHERE c.subscription_id IS NOT NULL ORDER BY c.created_at, c.id",
            self.pay_object("c")
        )
    }

    /// Fulfillments of packs with their charges.
    pub(super) fn packs(&self) -> String {
        format!(
            "SELECT f.id, f.metadata, c.id, c.customer_id, c.processor_id, c.amount, c.amount_refunded, c.currency, c.data, {}, \
             c.created_at FROM {}fulfillments f LEFT JOIN pay_charges c ON c.id = f.source_id \
             AND f.source_type IN ('Pay::Charge', 'Pay::Stripe::Charge') WHERE f.fulfillment_type = 'credit_pack' ORDER BY f.id",
            self.pay_object("c"),
            self.prefix
        )
    }

    /// Transactions that gave credits for subscriptions and packs.
    pub(super) fn awards(&self) -> String {
        format!(
            "SELECT id, wallet_id, amount, category, created_at, fulfillment_id, metadata FROM {}transactions \
             WHERE amount > 0 AND category IN ('subscription_credits', 'subscription_trial', 'subscription_signup_bonus', \
             'subscription_upgrade', 'credit_pack_purchase') ORDER BY id",
            self.prefix
        )
    }

    /// The column of `pay` with Stripe's object, or a value for its absence.
    fn pay_object(&self, table: &str) -> String {
        if self.has_pay_objects { format!("{table}.object") } else { "NULL".to_owned() }
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

//! The tables that the migrations of the gems make, on SQLite and on PostgreSQL.

/// A database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Sqlite,
    Postgres,
}

/// A version of a gem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    UsageCredits05,
    UsageCredits10,
    Wallets,
}

/// Columns as in a migration: name, type, and what follows it.
type Columns = &'static [&'static str];

const WALLETS: Columns = &[
    "owner_type string NOT NULL",
    "owner_id ref NOT NULL",
    "balance amount NOT NULL DEFAULT 0",
    "metadata json NOT NULL DEFAULT '{}'",
];
const TRANSACTIONS: Columns = &[
    "wallet_id ref NOT NULL",
    "amount amount NOT NULL",
    "category string NOT NULL",
    "expires_at time",
    "metadata json NOT NULL DEFAULT '{}'",
];
const ALLOCATIONS: Columns = &[
    "transaction_id ref NOT NULL REFERENCES @transactions (id)",
    "source_transaction_id ref NOT NULL REFERENCES @transactions (id)",
    "amount amount NOT NULL",
];
const FULFILLMENTS: Columns = &[
    "wallet_id ref NOT NULL",
    "source_type string",
    "source_id ref",
    "credits_last_fulfillment amount NOT NULL",
    "fulfillment_type string NOT NULL",
    "last_fulfilled_at time",
    "next_fulfillment_at time",
    "fulfillment_period string",
    "stops_at time",
    "metadata json NOT NULL DEFAULT '{}'",
];
const TRANSFERS: Columns = &[
    "from_wallet_id ref NOT NULL REFERENCES @wallets (id)",
    "to_wallet_id ref NOT NULL REFERENCES @wallets (id)",
    "asset_code string NOT NULL DEFAULT 'credits'",
    "amount amount NOT NULL",
    "category string NOT NULL DEFAULT 'transfer'",
    "expiration_policy string NOT NULL DEFAULT 'preserve'",
    "metadata json NOT NULL DEFAULT '{}'",
];

/// Indexes of references, which the migrations make.
const INDEXES: &[(&str, &str)] = &[
    ("allocations", "transaction_id"),
    ("allocations", "source_transaction_id"),
    ("transactions", "wallet_id"),
    ("transactions", "transfer_id"),
];

impl Schema {
    pub fn prefix(self) -> &'static str {
        if self == Self::Wallets { "wallets_" } else { "usage_credits_" }
    }

    /// The statements that create the tables.
    pub fn create(self, system: System) -> String {
        let more = |table: &str| -> &'static [&'static str] {
            match (self, table) {
                (Self::UsageCredits05, "transactions") => &["fulfillment_id ref"],
                (Self::UsageCredits10, "transactions") => {
                    &["fulfillment_id ref", "transfer_id ref REFERENCES @transfers (id)"]
                }
                (Self::Wallets, "transactions") => &["transfer_id ref REFERENCES @transfers (id)"],
                (Self::UsageCredits10, "wallets") => &["asset_code string NOT NULL DEFAULT 'credits'"],
                (Self::Wallets, "wallets") => &["asset_code string NOT NULL"],
                _ => &[],
            }
        };
        let has_transfers = self != Self::UsageCredits05;
        let tables = [
            ("wallets", WALLETS, true),
            ("transfers", TRANSFERS, has_transfers),
            ("fulfillments", FULFILLMENTS, self != Self::Wallets),
            ("transactions", TRANSACTIONS, true),
            ("allocations", ALLOCATIONS, true),
        ];
        let created = tables.iter().filter(|(.., is_there)| *is_there);
        let indexes = INDEXES.iter().filter(|(_, column)| has_transfers || *column != "transfer_id");
        let tables =
            created.map(|(table, columns, _)| self.table(table, &[columns, more(table)].concat(), system));
        tables.chain(indexes.map(|(table, column)| self.index(table, column))).collect::<Vec<_>>().concat()
    }

    fn index(self, table: &str, column: &str) -> String {
        let p = self.prefix();
        format!("CREATE INDEX index_{p}{table}_on_{column} ON {p}{table} ({column});\n")
    }

    fn table(self, name: &str, columns: &[&str], system: System) -> String {
        let columns = columns.iter().map(|column| self.column(column, system)).collect::<Vec<_>>().join(", ");
        let id = match system {
            System::Sqlite => "id integer PRIMARY KEY AUTOINCREMENT NOT NULL",
            System::Postgres => "id bigserial PRIMARY KEY",
        };
        let time = kind("time", self, system);
        format!(
            "CREATE TABLE {p}{name} ({id}, {columns}, created_at {time} NOT NULL, updated_at {time} NOT NULL);\n",
            p = self.prefix()
        )
    }

    fn column(self, column: &str, system: System) -> String {
        let mut words = column.splitn(3, ' ');
        let (name, of, rest) =
            (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        format!("{name} {} {}", kind(of, self, system), rest.replace('@', self.prefix()))
    }
}

/// A column's type in a database system.
fn kind(of: &str, schema: Schema, system: System) -> &'static str {
    match (of, system) {
        ("string", System::Sqlite) => "varchar",
        ("string", System::Postgres) => "character varying",
        ("amount", _) if schema != Schema::UsageCredits05 => "bigint",
        ("amount", _) | ("ref", System::Sqlite) => "integer",
        ("ref", System::Postgres) => "bigint",
        ("time", System::Sqlite) => "datetime(6)",
        ("time", System::Postgres) => "timestamp(6) without time zone",
        ("json", System::Sqlite) => "json",
        ("json", System::Postgres) => "jsonb",
        _ => panic!("no type {of}"),
    }
}

/// The tables of `pay` 11.
pub fn pay(system: System) -> String {
    let tables: [(&str, &[&str]); 3] = [
        (
            "pay_customers",
            &[
                "owner_type string",
                "owner_id ref",
                "processor string NOT NULL",
                "processor_id string",
                "\"default\" string",
                "data json",
                "deleted_at time",
                "object json",
                "type string",
            ],
        ),
        (
            "pay_subscriptions",
            &[
                "customer_id ref NOT NULL",
                "name string NOT NULL",
                "processor_id string NOT NULL",
                "processor_plan string NOT NULL",
                "quantity ref NOT NULL DEFAULT 1",
                "status string NOT NULL",
                "current_period_start time",
                "current_period_end time",
                "trial_ends_at time",
                "ends_at time",
                "metadata json",
                "data json",
                "object json",
                "type string",
            ],
        ),
        (
            "pay_charges",
            &[
                "customer_id ref NOT NULL",
                "subscription_id ref",
                "processor_id string NOT NULL",
                "amount ref NOT NULL",
                "currency string",
                "amount_refunded ref",
                "metadata json",
                "data json",
                "object json",
                "type string",
            ],
        ),
    ];
    // Their names begin with no prefix.
    let create = |(name, columns): &(&str, &[&str])| {
        let table = Schema::UsageCredits10.table(name, columns, system);
        table.replace(Schema::UsageCredits10.prefix(), "")
    };
    tables.iter().map(create).collect::<Vec<_>>().concat()
}

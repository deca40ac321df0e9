//! Billing: customers, running subscriptions and packs of the `pay` gem, for a ledger that goes on with them.

use std::collections::BTreeMap;

use credits_runtime::Credits;

use super::database::Database;
use super::declared::Declared;
use super::error::ImportError;
use super::findings::Findings;
use super::options::Options;
use super::report::BillingReport;
use super::schema::{Schema, Version};
use super::wallets::GemWallets;

/// A plan that a running subscription needs.
#[derive(Clone, Debug)]
pub(super) struct NeededPlan {
    credits: i64,
    every: String,
}

impl NeededPlan {
    pub(super) fn declaration(&self, price: &str) -> String {
        format!(
            "subscription_plan {price} {{ stripe_price \"{price}\" gives {}.credits.every({}) }}",
            self.credits, self.every
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Billed {
    pub(super) plans: BTreeMap<String, NeededPlan>,
}

pub(super) fn read(
    _database: &mut dyn Database,
    _schema: &Schema,
    _options: &Options,
    _declared: &Declared,
    _findings: &mut Findings,
) -> Result<Billed, ImportError> {
    Ok(Billed::default())
}

impl Billed {
    pub(super) fn carry(
        &self,
        _credits: &Credits<()>,
        _how: (&Options, Version),
        _wallets: &GemWallets,
        _findings: &mut Findings,
    ) -> Result<BillingReport, ImportError> {
        Ok(BillingReport::default())
    }
}

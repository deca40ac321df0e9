//! The declarations of a pricing that an import needs, and the missing ones as text to paste.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use credits_runtime::billing::Length;
use credits_runtime::catalogue::{Catalogue, CatalogueData};

use super::billing::NeededPlan;

/// The names that a pricing declares.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Declared {
    /// The application's own categories.
    pub categories: BTreeSet<String>,
    /// Assets besides credits.
    pub assets: BTreeSet<String>,
    /// Plans by Stripe's price.
    pub plans: BTreeMap<String, DeclaredPlan>,
}

/// A plan of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredPlan {
    /// The plan.
    pub name: String,
    /// The length of its cycles; `None` for a plan without credits.
    pub every: Option<Length>,
    /// Credits given with the first cycle; 0 for none.
    pub signup_bonus: i64,
    /// Credits given for a trial; 0 for none.
    pub trial: i64,
}

impl From<&Catalogue> for Declared {
    fn from(catalogue: &Catalogue) -> Self {
        let plan = |plan: &credits_runtime::catalogue::PlanSpec| DeclaredPlan {
            name: plan.name.to_owned(),
            every: plan.gives.map(|gives| gives.every.into()),
            signup_bonus: plan.signup_bonus,
            trial: plan.trial_includes,
        };
        let prices = catalogue.plans.iter().flat_map(|declared| {
            declared.stripe_prices.iter().map(move |price| (price.id.to_owned(), plan(declared)))
        });
        Self {
            categories: catalogue.settings.categories.iter().map(|name| (*name).to_owned()).collect(),
            assets: catalogue.assets.iter().map(|asset| asset.name.to_owned()).collect(),
            plans: prices.collect(),
        }
    }
}

impl From<&CatalogueData> for Declared {
    /// The names in a ledger's catalogue. It has no prices of plans.
    fn from(catalogue: &CatalogueData) -> Self {
        Self {
            categories: catalogue.settings.categories.iter().cloned().collect(),
            assets: catalogue.assets.iter().map(|asset| asset.name.clone()).collect(),
            plans: BTreeMap::new(),
        }
    }
}

impl Declared {
    /// Declarations that are missing, to paste into `usage_credits!`; `None` if there are none.
    pub(super) fn missing(
        &self,
        categories: &BTreeSet<String>,
        assets: &BTreeSet<String>,
        plans: &BTreeMap<String, NeededPlan>,
    ) -> Option<String> {
        let mut snippet = String::new();
        let absent: Vec<&str> = categories.difference(&self.categories).map(String::as_str).collect();
        if !absent.is_empty() {
            snippet.push_str("settings { categories ");
            snippet.push_str(&absent.join(", "));
            snippet.push_str(" }\n");
        }
        for asset in assets.iter().filter(|asset| *asset != "credits" && !self.assets.contains(*asset)) {
            // A write to a text cannot fail.
            let _ = writeln!(snippet, "asset {asset}");
        }
        for (price, plan) in plans.iter().filter(|(price, _)| !self.plans.contains_key(*price)) {
            let _ = writeln!(snippet, "{}", plan.declaration(price));
        }
        (!snippet.is_empty()).then_some(snippet)
    }
}

//! The price list in words: what each item costs or gives.

use credits_runtime::catalogue::{CatalogueData, PackData, PlanData};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::exit::{Exit, Failure};

type JsonObject = Map<String, Value>;

/// An item of a price list: its name, and its terms in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) formerly: Vec<String>,
    /// What it gives; empty for an operation.
    pub(super) gives: String,
    pub(super) costs: String,
    /// Everything that the price list says of it.
    pub(super) terms: JsonObject,
}

/// The items of a price list in the order of their declaration.
pub(super) fn items(catalogue: &CatalogueData) -> Result<Vec<Item>, Failure> {
    let operations = catalogue.operations.iter().map(|operation| {
        Ok(Item {
            kind: "operation",
            name: operation.name.clone(),
            formerly: operation.formerly.clone(),
            gives: String::new(),
            costs: catalogue.cost_in_words(operation),
            terms: terms(operation)?,
        })
    });
    let plans = catalogue.plans.iter().map(|plan| {
        Ok(Item {
            kind: "plan",
            name: plan.name.clone(),
            formerly: plan.formerly.clone(),
            gives: plan_gives(catalogue, plan),
            costs: joined(plan.costs.iter().map(|cost| format!("{} per {}", cost.price, cost.per)), " or "),
            terms: terms(plan)?,
        })
    });
    let packs = catalogue.packs.iter().map(|pack| {
        Ok(Item {
            kind: "pack",
            name: pack.name.clone(),
            formerly: pack.formerly.clone(),
            gives: pack_gives(catalogue, pack),
            costs: joined(pack.prices.iter().map(|price| price.price.clone()), " or "),
            terms: terms(pack)?,
        })
    });
    operations.chain(plans).chain(packs).collect()
}

/// The members of an item as the price list has them.
fn terms(item: &impl Serialize) -> Result<JsonObject, Failure> {
    match serde_json::to_value(item) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Ok(JsonObject::new()),
        Err(error) => Err(Failure::new(Exit::Refused, error.to_string())),
    }
}

fn plan_gives(catalogue: &CatalogueData, plan: &PlanData) -> String {
    let asset = plan.gives.as_ref().map(|gives| gives.asset.as_str()).unwrap_or_default();
    let amount = |amount: i64| catalogue.amount_in_words(amount, asset);
    let mut parts = Vec::new();
    parts.extend(plan.gives.as_ref().map(|gives| format!("{} every {}", amount(gives.amount), gives.every)));
    parts.extend(plan.unlimited.as_ref().map(|operations| match &operations[..] {
        [] => "everything unlimited".to_owned(),
        names => format!("unlimited {}", names.join(", ")),
    }));
    parts.extend((plan.signup_bonus > 0).then(|| format!("{} at sign-up", amount(plan.signup_bonus))));
    parts.extend((plan.trial_includes > 0).then(|| format!("{} in the trial", amount(plan.trial_includes))));
    parts.extend(plan.gives.as_ref().map(|_| format!("unused: {}", plan.unused_credits)));
    parts.extend(plan.retired.then(|| "no longer sold".to_owned()));
    joined(parts.into_iter(), ", ")
}

fn pack_gives(catalogue: &CatalogueData, pack: &PackData) -> String {
    let amount = |amount: i64| catalogue.amount_in_words(amount, &pack.asset);
    let mut parts = vec![amount(pack.gives)];
    parts.extend((pack.bonus > 0).then(|| format!("{} bonus", amount(pack.bonus))));
    parts.extend(pack.expires_after.as_ref().map(|after| format!("expiring after {after}")));
    parts.extend((!pack.only_for.is_empty()).then(|| format!("only for {}", pack.only_for.join(", "))));
    joined(parts.into_iter(), ", ")
}

fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}

//! The terms of plans, packs and settings as names and values in words: for the page, and to compare price lists.
//!
//! It does not know which price list is the present one.

use credits_runtime::catalogue::{
    AssetData, CatalogueData, OperationData, PackData, PlanData, ProcessorPriceData, StripePriceData,
};

/// A term in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) name: String,
    pub(super) value: String,
}

/// Collects terms; those without a value are left out.
#[derive(Default)]
struct Terms(Vec<Term>);

impl Terms {
    fn with(mut self, name: &str, value: impl Into<Option<String>>) -> Self {
        let value: Option<String> = value.into();
        let value = value.filter(|value| !value.is_empty());
        self.0.extend(value.map(|value| Term { name: name.to_owned(), value }));
        self
    }
}

pub(super) fn operation_terms(catalogue: &CatalogueData, operation: &OperationData) -> Vec<Term> {
    Terms::default().with("costs", catalogue.cost_in_words(operation)).0
}

pub(super) fn asset_terms(asset: &AssetData) -> Vec<Term> {
    let words = format!("{}, {}", asset.name, asset.plural);
    let named = format!("{}, {}", asset.named.one, asset.named.many);
    Terms::default()
        .with("words", words)
        .with("for people", (!asset.named.many.is_empty()).then_some(named))
        .0
}

pub(super) fn plan_terms(catalogue: &CatalogueData, plan: &PlanData) -> Vec<Term> {
    let asset = plan.gives.as_ref().map_or("", |gives| gives.asset.as_str());
    let amount = |amount: i64| (amount > 0).then(|| catalogue.amount_in_words(amount, asset));
    let gives = plan.gives.as_ref().map_or_else(
        || "no credits".to_owned(),
        |gives| format!("{} every {}", catalogue.amount_in_words(gives.amount, asset), gives.every),
    );
    let prices: Vec<String> =
        plan.costs.iter().map(|cost| format!("{} per {}", cost.price, cost.per)).collect();
    let unlimited = plan.unlimited.as_ref().map(|operations| match operations.as_slice() {
        [] => "every operation".to_owned(),
        operations => operations.join(", "),
    });
    let gives_credits = plan.gives.is_some();
    Terms::default()
        .with("gives", gives)
        .with("price", prices.join(" or "))
        .with("unlimited", unlimited)
        .with("unused credits", gives_credits.then(|| plan.unused_credits.replace("up_to", "up to")))
        .with("at sign-up", amount(plan.signup_bonus))
        .with("in the trial", amount(plan.trial_includes))
        .with(
            "after the subscription ends",
            plan.expire_after.as_deref().map(|time| format!("usable for {time}")),
        )
        .with("on an upgrade", gives_credits.then(|| plan.on_upgrade.clone()))
        .with(
            "given in advance",
            plan.in_advance.then(|| "yes, before all of a longer cycle is paid".to_owned()),
        )
        .with("version", (plan.version > 1).then(|| plan.version.to_string()))
        .with("sold", plan.retired.then(|| "no longer".to_owned()))
        .with("formerly", plan.formerly.join(", "))
        .0
}

pub(super) fn pack_terms(catalogue: &CatalogueData, pack: &PackData) -> Vec<Term> {
    let prices: Vec<&str> = pack.prices.iter().map(|price| price.price.as_str()).collect();
    Terms::default()
        .with("gives", catalogue.amount_in_words(pack.gives, &pack.asset))
        .with("bonus", (pack.bonus > 0).then(|| catalogue.amount_in_words(pack.bonus, &pack.asset)))
        .with("price", prices.join(" or "))
        .with("expires after", pack.expires_after.clone())
        .with("only for", pack.only_for.join(", "))
        .with("formerly", pack.formerly.join(", "))
        .0
}

pub(super) fn settings_terms(catalogue: &CatalogueData) -> Vec<Term> {
    let settings = &catalogue.settings;
    let thresholds = settings.low_balance_thresholds.iter();
    let thresholds: Vec<String> =
        thresholds.map(|threshold| catalogue.amount_in_words(threshold.amount, &threshold.asset)).collect();
    let (one, many) = &settings.credits_named;
    let debt = settings.negative_balance_max.map(|most| catalogue.amount_in_words(most, ""));
    Terms::default()
        .with("currency", settings.currency.clone())
        .with("rounding", settings.rounding.clone())
        .with("credits are named", format!("{one}, {many}"))
        .with("low balance below", thresholds.join(", "))
        .with("overdraft of spends", debt.map_or_else(|| "none".to_owned(), |debt| format!("up to {debt}")))
        .with("settlements above a hold", settings.overrun.clone())
        .with("cycles overlap for", settings.fulfillment_grace_period.clone())
        .with("credits wait for a renewal", settings.renewal_wait.clone())
        .with("shortest cycle", settings.min_fulfillment_period.clone())
        .with("upgrades are awarded", settings.upgrades.clone())
        .with("refunded subscriptions", settings.subscription_refunds.clone())
        .with("refunded and spent", settings.refunded_but_spent.clone())
        .with("expiry of transfers", settings.transfer_expiration.clone())
        .with("a hold lapses after", settings.hold_limit.clone())
        .with("longest hold", settings.hold_limit_max.clone())
        .with("keys are kept for", settings.keep_keys.clone())
        .with("own categories", settings.categories.join(", "))
        .with("environments", settings.environments.join(", "))
        .0
}

/// The ids of prices at payment processors, each named by processor, environment and billing period.
pub(super) fn price_ids(at_stripe: &[StripePriceData], others: &[ProcessorPriceData]) -> Vec<Term> {
    let name = |processor: &str, environment: Option<&str>, period: Option<&str>| {
        let period = period.map(|period| format!("per {period}"));
        let parts = [Some(processor), environment, period.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let at_stripe = at_stripe.iter().map(|price| Term {
        name: name("Stripe", price.environment.as_deref(), price.period.as_deref()),
        value: price.id.clone(),
    });
    let others = others.iter().map(|price| Term {
        name: name(&price.processor, None, price.period.as_deref()),
        value: price.id.clone(),
    });
    at_stripe.chain(others).collect()
}

//! The plans and packs that are sold, with forms to buy them.
//!
//! It does not know a payment processor: the application's address begins the checkout.

use credits_core::Wording;
use credits_runtime::Credits;
use credits_runtime::catalogue::{Catalogue, PackSpec, Period, PlanSpec, Unlimited};
use credits_runtime::generated::Pricing;
use maud::{Markup, html};

use super::names::operations;
use super::widget::Widget;

/// The plans and packs that are sold, each with a form that posts to an address of the application.
///
/// The form of a plan has the fields `plan` and, for a plan with billing periods, `period`: `month`, `year` or `3 months`;
/// that of a pack has the field `pack`. `hidden` are further fields of each form, such as a token of the application's
/// framework. Retired plans and plans without a price are left out.
///
/// ```
/// # credits_runtime::usage_credits! {
/// credit_pack boost { gives 1_000.credits costs 9.00.usd }
/// # operation step { costs 1.credit }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credits = Credits::in_memory()?;
/// let pricing = credits_web::widgets::pricing(&credits, "/buy", &[("csrf", "token")]);
/// assert!(pricing.as_str().contains(r#"<form method="post" action="/buy">"#));
/// # Ok(())
/// # }
/// ```
pub fn pricing<C: Pricing>(_: &Credits<C>, action: &str, hidden: &[(&str, &str)]) -> Widget {
    let Catalogue { plans, packs, .. } = *C::CATALOGUE;
    let form = |item: &[(&str, &str)], label: String| buy(action, item, hidden, &label);
    let plans: Vec<_> = plans.iter().filter(|plan| plan.is_priced() && !plan.retired).collect();
    Widget::of(html! {
        div.credits-pricing {
            @if !plans.is_empty() {
                ul.credits-plans { @for plan in plans { li {
                    (heading(plan.named, plan.docs, &plan.costs_in_words().to_string()))
                    ul.credits-gives { @for line in plan_gives::<C>(plan) { li { (line) } } }
                    @for period in periods(plan) {
                        @match period {
                            Some(period) => (form(
                                &[("plan", plan.name), ("period", &period.to_string())],
                                format!("Subscribe to {} by the {period}", plan.named),
                            )),
                            None => (form(&[("plan", plan.name)], format!("Subscribe to {}", plan.named))),
                        }
                    }
                } } }
            }
            @if !packs.is_empty() {
                ul.credits-packs { @for pack in packs { li {
                    (heading(pack.named, pack.docs, &pack.costs_in_words().to_string()))
                    ul.credits-gives { @for line in pack_gives::<C>(pack) { li { (line) } } }
                    (form(&[("pack", pack.name)], format!("Buy {}", pack.named)))
                } } }
            }
        }
    })
}

fn heading(name: &str, docs: &str, price: &str) -> Markup {
    html! {
        p.credits-name { (name) }
        @if !docs.is_empty() { p.credits-note { (docs) } }
        @if !price.is_empty() { p.credits-price { (price) } }
    }
}

/// The credits of a plan and its unlimited operations, a line each.
fn plan_gives<C: Pricing>(plan: &PlanSpec) -> Vec<String> {
    let words = Wording::of(C::CATALOGUE);
    let asset = plan.gives.map_or("", |gives| gives.asset);
    let mut lines = Vec::new();
    lines.extend(
        plan.gives.map(|gives| format!("{} every {}", words.amount(gives.amount, asset), gives.every)),
    );
    for (amount, when) in [(plan.signup_bonus, "at sign-up"), (plan.trial_includes, "in the trial")] {
        lines.extend((amount > 0).then(|| format!("{} {when}", words.amount(amount, asset))));
    }
    match plan.unlimited {
        Unlimited::Nothing => {}
        Unlimited::Everything => lines.push("Unlimited: everything".to_owned()),
        Unlimited::Operations(names) => {
            lines.push(format!("Unlimited: {}", operations::<C>(names.iter().copied())));
        }
    }
    lines
}

/// The credits of a pack, its bonus and its end, a line each.
fn pack_gives<C: Pricing>(pack: &PackSpec) -> Vec<String> {
    let words = Wording::of(C::CATALOGUE);
    let mut lines = vec![words.amount(pack.gives, pack.asset).to_string()];
    lines.extend((pack.bonus > 0).then(|| format!("{} bonus", words.amount(pack.bonus, pack.asset))));
    lines.extend(pack.expires_after.map(|period| format!("valid for {}", spelled(period))));
    lines
}

/// `1 month`, `3 months`.
fn spelled(period: Period) -> String {
    if period.count == 1 { format!("1 {period}") } else { period.to_string() }
}

/// The billing periods that a plan is sold for; `None` where it declares no period.
fn periods(plan: &PlanSpec) -> Vec<Option<Period>> {
    let of_stripe = plan.stripe_prices.iter().map(|price| price.period);
    let of_others = plan.processor_prices.iter().map(|price| price.period);
    let mut periods: Vec<Option<Period>> = Vec::new();
    for period in plan.costs.iter().map(|cost| Some(cost.per)).chain(of_stripe).chain(of_others) {
        if !periods.contains(&period) {
            periods.push(period);
        }
    }
    // A price without a period is one of the periods that are shown.
    if periods.len() > 1 {
        periods.retain(Option::is_some);
    }
    periods
}

fn buy(action: &str, item: &[(&str, &str)], hidden: &[(&str, &str)], label: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            @for (name, value) in item.iter().chain(hidden) { input type="hidden" name=(name) value=(value); }
            button.credits-buy { (label) }
        }
    }
}

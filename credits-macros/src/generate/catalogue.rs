//! The catalogue: the whole definition as `const` data.

use credits_core::{Currency, Dimension, Period, PeriodUnit, Rounding, UnusedCredits};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::model::{Clause, Items, Limit, Operation, Pack, Plan, Pricing};

/// `Catalogue { .. }`
pub(super) fn generate(model: &Pricing, runtime: &TokenStream) -> TokenStream {
    let currency = currency(model.currency, runtime);
    let rounding = match model.rounding {
        Rounding::Ceil => quote! { Ceil },
        Rounding::Floor => quote! { Floor },
        Rounding::Round => quote! { Round },
    };
    let (one, many) = &model.credits_named;
    let (operations, plans, packs) = match &model.items {
        Items::Known(known) => (known.operations.as_slice(), known.plans.as_slice(), known.packs.as_slice()),
        Items::Unreadable => Default::default(),
    };
    let operations = operations.iter().map(|item| operation(item, runtime));
    let (plans, packs) = (plans.iter().map(|plan| &plan.spec), packs.iter().map(|pack| &pack.spec));
    quote! {
        #runtime::catalogue::Catalogue {
            currency: #currency,
            rounding: #runtime::catalogue::Rounding::#rounding,
            credits_named: #runtime::catalogue::CreditsName { one: #one, many: #many },
            operations: &[#(#operations),*],
            plans: &[#(Plan::#plans),*],
            packs: &[#(Pack::#packs),*],
        }
    }
}

fn operation(operation: &Operation, runtime: &TokenStream) -> TokenStream {
    let name = &operation.variant.name;
    let costs = operation.clauses.iter().map(|item| clause(item, runtime));
    let limits = operation.limits.iter().map(|Limit { quantity, max }| {
        let (quantity, max) = (Literal::usize_unsuffixed(*quantity), Literal::u64_unsuffixed(*max));
        quote! { #runtime::catalogue::Limit { quantity: #quantity, max: #max } }
    });
    quote! {
        #runtime::catalogue::OperationSpec {
            name: #name,
            costs: &[#(#costs),*],
            limits: &[#(#limits),*],
        }
    }
}

fn clause(clause: &Clause, runtime: &TokenStream) -> TokenStream {
    let (credits, batch, unit) = match clause {
        Clause::Rate { credits, batch, unit } => (credits, batch, unit),
        Clause::Fixed(credits) => {
            let credits = Literal::i64_unsuffixed(*credits);
            return quote! { #runtime::catalogue::Clause::Fixed(#credits) };
        }
    };
    let (credits, batch) = (Literal::i64_unsuffixed(*credits), Literal::u64_unsuffixed(*batch));
    let (name, plural, base) = (&unit.name, &unit.plural, Literal::u64_unsuffixed(unit.base));
    let dimension = match unit.dimension {
        Dimension::Time => quote! { Time },
        Dimension::Size => quote! { Size },
        Dimension::Count => quote! { Count },
    };
    quote! {
        #runtime::catalogue::Clause::Rate {
            credits: #credits,
            batch: #batch,
            unit: #runtime::catalogue::Unit {
                name: #name,
                plural: #plural,
                dimension: #runtime::catalogue::Dimension::#dimension,
                base: #base,
            },
        }
    }
}

/// `PlanSpec { .. }`
pub(super) fn plan(plan: &Plan, runtime: &TokenStream) -> TokenStream {
    let (name, gives) = (&plan.variant.name, Literal::i64_unsuffixed(plan.gives));
    let every = period(plan.every, runtime);
    let unused_credits = match plan.unused_credits {
        UnusedCredits::Expire => quote! { Expire },
        UnusedCredits::Rollover => quote! { Rollover },
    };
    let prices = plan.stripe_prices.iter().map(|(billed, id)| {
        let billed = billed.map(|billed| period(billed, runtime));
        let billed = billed.map_or_else(
            || quote! { ::core::option::Option::None },
            |billed| quote! { ::core::option::Option::Some(#billed) },
        );
        quote! { #runtime::catalogue::StripePrice { period: #billed, id: #id } }
    });
    quote! {
        #runtime::catalogue::PlanSpec {
            name: #name,
            gives: #gives,
            every: #every,
            stripe_prices: &[#(#prices),*],
            unused_credits: #runtime::catalogue::UnusedCredits::#unused_credits,
        }
    }
}

/// `PackSpec { .. }`
pub(super) fn pack(pack: &Pack, runtime: &TokenStream) -> TokenStream {
    let name = &pack.variant.name;
    let [gives, bonus, minor] = [pack.gives, pack.bonus, pack.costs.minor].map(Literal::i64_unsuffixed);
    let currency = currency(pack.costs.currency, runtime);
    quote! {
        #runtime::catalogue::PackSpec {
            name: #name,
            gives: #gives,
            bonus: #bonus,
            costs: #runtime::catalogue::Money { minor: #minor, currency: #currency },
        }
    }
}

fn currency(currency: Currency, runtime: &TokenStream) -> TokenStream {
    let Currency { code, symbol, .. } = currency;
    let exponent = Literal::u32_unsuffixed(currency.exponent);
    quote! { #runtime::catalogue::Currency { code: #code, exponent: #exponent, symbol: #symbol } }
}

fn period(period: Period, runtime: &TokenStream) -> TokenStream {
    let count = Literal::u32_unsuffixed(period.count);
    let unit = match period.unit {
        PeriodUnit::Second => quote! { Second },
        PeriodUnit::Minute => quote! { Minute },
        PeriodUnit::Hour => quote! { Hour },
        PeriodUnit::Day => quote! { Day },
        PeriodUnit::Week => quote! { Week },
        PeriodUnit::Month => quote! { Month },
        PeriodUnit::Quarter => quote! { Quarter },
        PeriodUnit::Year => quote! { Year },
    };
    quote! { #runtime::catalogue::Period { count: #count, unit: #runtime::catalogue::PeriodUnit::#unit } }
}

//! The catalogue: the whole definition as `const` data.

use credits_core::{Currency, Period, PeriodUnit, Rounding, UnusedCredits};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::spec;
use crate::model::{Items, Pack, Plan, Pricing};

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
    let operations = operations.iter().map(|item| spec::operation(&item.variant.name, &item.spec, runtime));
    let (plans, packs) = (plans.iter().map(|plan| &plan.spec), packs.iter().map(|pack| &pack.spec));
    quote! {
        #runtime::catalogue::Catalogue {
            settings: #runtime::catalogue::Settings {
                currency: #currency,
                rounding: #runtime::catalogue::Rounding::#rounding,
                credits_named: #runtime::catalogue::CreditsName { one: #one, many: #many },
                ..#runtime::catalogue::Settings::DEFAULT
            },
            assets: &[],
            operations: &[#(#operations),*],
            plans: &[#(Plan::#plans),*],
            packs: &[#(Pack::#packs),*],
        }
    }
}

/// `PlanSpec { .. }`
pub(super) fn plan(plan: &Plan, runtime: &TokenStream) -> TokenStream {
    let (name, gives) = (&plan.variant.name, Literal::i64_unsuffixed(plan.gives));
    let every = period(plan.every, runtime);
    let unused_credits = match plan.unused_credits {
        UnusedCredits::Expire => quote! { Expire },
        _ => quote! { Rollover },
    };
    let prices = plan.stripe_prices.iter().map(|(billed, id)| {
        let billed = billed.map(|billed| period(billed, runtime));
        let billed = billed.map_or_else(
            || quote! { ::core::option::Option::None },
            |billed| quote! { ::core::option::Option::Some(#billed) },
        );
        quote! { #runtime::catalogue::StripePrice { environment: ::core::option::Option::None, period: #billed, id: #id } }
    });
    quote! {
        #runtime::catalogue::PlanSpec {
            name: #name,
            version: 1,
            retired: false,
            gives: ::core::option::Option::Some(#runtime::catalogue::Gives { amount: #gives, asset: "", every: #every }),
            stripe_prices: &[#(#prices),*],
            signup_bonus: 0,
            trial_includes: 0,
            unused_credits: #runtime::catalogue::UnusedCredits::#unused_credits,
            expire_after: ::core::option::Option::None,
            on_upgrade: #runtime::catalogue::OnUpgrade::Prorated,
            in_advance: false,
            meta: &[],
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
            asset: "",
            bonus: #bonus,
            costs: #runtime::catalogue::Money { minor: #minor, currency: #currency },
            expires_after: ::core::option::Option::None,
            stripe_prices: &[],
            only_for: &[],
            meta: &[],
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

//! Plans, packs and their prices.

use credits_core::{
    Gives, OnUpgrade, PackSpec, PlanCost, PlanSpec, ProcessorPrice, StripePrice, Unlimited, UnusedCredits,
};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Data;
use super::value::{number, option};
use crate::ast::PriceId;
use crate::generate::path;

impl Data<'_> {
    pub(super) fn plan(self, plan: &PlanSpec, (ids, processor_ids): (&[PriceId], &[PriceId])) -> TokenStream {
        let types = self.types;
        let PlanSpec { name, retired, in_advance, formerly, named, docs, .. } = *plan;
        let version = Literal::u32_unsuffixed(plan.version);
        let gives = option(plan.gives.map(|gives| self.gives(gives)));
        let stripe_prices = self.stripe_prices(plan.stripe_prices, ids);
        let processor_prices = self.processor_prices(plan.processor_prices, processor_ids);
        let [signup_bonus, trial_includes] = [plan.signup_bonus, plan.trial_includes].map(number);
        let unused_credits = self.unused(plan.unused_credits);
        let expire_after = self.optional_period(plan.expire_after);
        let on_upgrade = match plan.on_upgrade {
            OnUpgrade::Prorated => "Prorated",
            OnUpgrade::Full => "Full",
        };
        let (on_upgrade, meta) = (self.variant("OnUpgrade", on_upgrade), self.meta(plan.meta));
        let costs = plan.costs.iter().map(|PlanCost { price, per }| {
            let (price, per) = (self.money(*price), self.period(*per));
            quote! { #types::PlanCost { price: #price, per: #per } }
        });
        let unlimited = self.unlimited(plan.unlimited);
        quote! {
            #types::PlanSpec {
                name: #name,
                version: #version,
                retired: #retired,
                gives: #gives,
                stripe_prices: #stripe_prices,
                processor_prices: #processor_prices,
                signup_bonus: #signup_bonus,
                trial_includes: #trial_includes,
                unused_credits: #unused_credits,
                expire_after: #expire_after,
                on_upgrade: #on_upgrade,
                in_advance: #in_advance,
                meta: #meta,
                formerly: &[#(#formerly),*],
                named: #named,
                docs: #docs,
                costs: &[#(#costs),*],
                unlimited: #unlimited,
            }
        }
    }

    pub(super) fn pack(self, pack: &PackSpec, (ids, processor_ids): (&[PriceId], &[PriceId])) -> TokenStream {
        let types = self.types;
        let PackSpec { name, asset, formerly, named, docs, .. } = *pack;
        let [gives, bonus] = [pack.gives, pack.bonus].map(number);
        let costs = pack.costs.iter().map(|price| self.money(*price));
        let expires_after = self.optional_period(pack.expires_after);
        let stripe_prices = self.stripe_prices(pack.stripe_prices, ids);
        let processor_prices = self.processor_prices(pack.processor_prices, processor_ids);
        let only_for = pack.only_for.iter().copied().map(Literal::u16_unsuffixed);
        let meta = self.meta(pack.meta);
        quote! {
            #types::PackSpec {
                name: #name,
                gives: #gives,
                asset: #asset,
                bonus: #bonus,
                costs: &[#(#costs),*],
                expires_after: #expires_after,
                stripe_prices: #stripe_prices,
                processor_prices: #processor_prices,
                only_for: &[#(#only_for),*],
                meta: #meta,
                formerly: &[#(#formerly),*],
                named: #named,
                docs: #docs,
            }
        }
    }

    fn gives(self, Gives { amount, asset, every }: Gives) -> TokenStream {
        let (types, amount, every) = (self.types, number(amount), self.period(every));
        quote! { #types::Gives { amount: #amount, asset: #asset, every: #every } }
    }

    /// The prices; an id that was written as a path is the constant there.
    fn stripe_prices(self, prices: &[StripePrice], ids: &[PriceId]) -> TokenStream {
        let types = self.types;
        let prices = prices.iter().zip(ids).map(|(price, id)| {
            let environment = option(price.environment.map(|environment| quote! { #environment }));
            let period = self.optional_period(price.period);
            let id = price_id(id);
            quote! { #types::StripePrice { environment: #environment, period: #period, id: #id } }
        });
        quote! { &[#(#prices),*] }
    }

    fn processor_prices(self, prices: &[ProcessorPrice], ids: &[PriceId]) -> TokenStream {
        let types = self.types;
        let prices = prices.iter().zip(ids).map(|(price, id)| {
            let (processor, id) = (price.processor, price_id(id));
            let period = self.optional_period(price.period);
            quote! { #types::ProcessorPrice { processor: #processor, period: #period, id: #id } }
        });
        quote! { &[#(#prices),*] }
    }

    fn unlimited(self, unlimited: Unlimited) -> TokenStream {
        let types = self.types;
        let unlimited = match unlimited {
            Unlimited::Nothing => quote! { Nothing },
            Unlimited::Everything => quote! { Everything },
            Unlimited::Operations(names) => quote! { Operations(&[#(#names),*]) },
        };
        quote! { #types::Unlimited::#unlimited }
    }

    fn unused(self, policy: UnusedCredits) -> TokenStream {
        let types = self.types;
        let policy = match policy {
            UnusedCredits::Expire => quote! { Expire },
            UnusedCredits::Rollover => quote! { Rollover },
            UnusedCredits::RolloverUpTo(most) => {
                let most = number(most);
                quote! { RolloverUpTo(#most) }
            }
            UnusedCredits::RolloverFor(period) => {
                let period = self.period(period);
                quote! { RolloverFor(#period) }
            }
        };
        quote! { #types::UnusedCredits::#policy }
    }
}

/// `"price_xyz"`, or the path to a constant.
pub(in crate::generate) fn price_id(id: &PriceId) -> TokenStream {
    match id {
        PriceId::Text(text) => {
            let text = &text.value;
            quote! { #text }
        }
        PriceId::Path(constant) => path(constant),
    }
}

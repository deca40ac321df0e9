//! The settings: those that were changed, and the defaults for the others.

use credits_core::{
    CreditsName, Overrun, RefundedButSpent, Rounding, Settings, SubscriptionRefunds, Threshold,
    TransferExpiration, Upgrades,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Data;
use super::value::{number, optional_number};

/// The fields that were changed, with their values.
struct Changed(Vec<TokenStream>);

impl Changed {
    fn field<T: PartialEq>(
        &mut self,
        name: &str,
        (value, default): (T, T),
        write: impl FnOnce(T) -> TokenStream,
    ) {
        if value == default {
            return;
        }
        let (name, value) = (Ident::new(name, Span::call_site()), write(value));
        self.0.push(quote! { #name: #value });
    }
}

impl Data<'_> {
    /// `Settings { overrun: Overrun::Debt, ..Settings::DEFAULT }`
    pub(super) fn settings(self, settings: &Settings) -> TokenStream {
        let types = self.types;
        let mut changed = Changed(Vec::new());
        macro_rules! changed {
            ($($field:ident: $write:expr,)*) => {$(
                changed.field(stringify!($field), (settings.$field, Settings::DEFAULT.$field), $write);
            )*};
        }
        changed! {
            currency: |value| self.currency(value),
            rounding: |value| self.rounding(value),
            credits_named: |CreditsName { one, many }| quote! { #types::CreditsName { one: #one, many: #many } },
            low_balance_thresholds: |values| list(values.iter().map(|threshold| self.threshold(*threshold))),
            fulfillment_grace_period: |value| self.period(value),
            renewal_wait: |value| self.period(value),
            min_fulfillment_period: |value| self.period(value),
            negative_balance_max: optional_number,
        }
        changed! {
            transfer_expiration: |value| self.variant("TransferExpiration", match value {
                TransferExpiration::Preserve => "Preserve",
                TransferExpiration::None => "None",
            }),
            upgrades: |value| self.variant("Upgrades", match value {
                Upgrades::OnPayment => "OnPayment",
                Upgrades::OnChange => "OnChange",
            }),
            subscription_refunds: |value| self.variant("SubscriptionRefunds", match value {
                SubscriptionRefunds::FreePart => "FreePart",
                SubscriptionRefunds::Debt => "Debt",
            }),
            refunded_but_spent: |value| self.variant("RefundedButSpent", match value {
                RefundedButSpent::Debt => "Debt",
                RefundedButSpent::Forgive => "Forgive",
            }),
            overrun: |value| self.variant("Overrun", match value {
                Overrun::Deny => "Deny",
                Overrun::Debt => "Debt",
            }),
        }
        changed! {
            hold_limit: |value| self.period(value),
            hold_limit_max: |value| self.period(value),
            keep_keys: |value| self.period(value),
            categories: list,
            environments: list,
        }
        match changed.0.as_slice() {
            [] => quote! { #types::Settings::DEFAULT },
            fields => quote! { #types::Settings { #(#fields,)* ..#types::Settings::DEFAULT } },
        }
    }

    fn threshold(self, Threshold { asset, amount }: Threshold) -> TokenStream {
        let (types, amount) = (self.types, number(amount));
        quote! { #types::Threshold { asset: #asset, amount: #amount } }
    }

    fn rounding(self, rounding: Rounding) -> TokenStream {
        let variant = match rounding {
            Rounding::Ceil => "Ceil",
            Rounding::Floor => "Floor",
            Rounding::Round => "Round",
        };
        self.variant("Rounding", variant)
    }
}

fn list(values: impl IntoIterator<Item = impl quote::ToTokens>) -> TokenStream {
    let values = values.into_iter();
    quote! { &[#(#values),*] }
}

//! The small values: periods, money, options, lists.

use credits_core::{Currency, Meta, Money, Period, PeriodUnit};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::Data;

/// A number without a suffix, as a person writes it.
pub(super) fn number(number: i64) -> Literal {
    Literal::i64_unsuffixed(number)
}

/// `Some(..)` or `None`.
pub(in crate::generate) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote! { ::core::option::Option::None },
        |value| quote! { ::core::option::Option::Some(#value) },
    )
}

/// `Some(500)` or `None`.
pub(super) fn optional_number(value: Option<i64>) -> TokenStream {
    option(value.map(number).map(|number| quote! { #number }))
}

impl Data<'_> {
    /// `Rounding::Ceil`
    pub(super) fn variant(self, name: &str, variant: &str) -> TokenStream {
        let (types, [name, variant]) = (self.types, [name, variant].map(ident));
        quote! { #types::#name::#variant }
    }

    pub(super) fn currency(self, currency: Currency) -> TokenStream {
        let (types, Currency { code, symbol, .. }) = (self.types, currency);
        let [exponent, stripe_exponent, step_exponent] =
            [currency.exponent, currency.stripe_exponent, currency.step_exponent]
                .map(Literal::u32_unsuffixed);
        quote! {
            #types::Currency {
                code: #code,
                exponent: #exponent,
                stripe_exponent: #stripe_exponent,
                step_exponent: #step_exponent,
                symbol: #symbol,
            }
        }
    }

    pub(super) fn money(self, money: Money) -> TokenStream {
        let (types, minor, currency) = (self.types, number(money.minor), self.currency(money.currency));
        quote! { #types::Money { minor: #minor, currency: #currency } }
    }

    pub(super) fn period(self, period: Period) -> TokenStream {
        let (types, count) = (self.types, Literal::u32_unsuffixed(period.count));
        let unit = match period.unit {
            PeriodUnit::Second => "Second",
            PeriodUnit::Minute => "Minute",
            PeriodUnit::Hour => "Hour",
            PeriodUnit::Day => "Day",
            PeriodUnit::Week => "Week",
            PeriodUnit::Month => "Month",
            PeriodUnit::Quarter => "Quarter",
            PeriodUnit::Year => "Year",
        };
        let unit = self.variant("PeriodUnit", unit);
        quote! { #types::Period { count: #count, unit: #unit } }
    }

    pub(super) fn optional_period(self, value: Option<Period>) -> TokenStream {
        option(value.map(|value| self.period(value)))
    }

    /// `&[("tier", Meta::Text("creator"))]`
    pub(super) fn meta(self, meta: &[(&str, Meta)]) -> TokenStream {
        let types = self.types;
        let pairs = meta.iter().map(|(key, value)| {
            let value = match value {
                Meta::Text(text) => quote! { Text(#text) },
                Meta::Flag(flag) => quote! { Flag(#flag) },
                Meta::Integer(integer) => {
                    let integer = number(*integer);
                    quote! { Integer(#integer) }
                }
            };
            quote! { (#key, #types::Meta::#value) }
        });
        quote! { &[#(#pairs),*] }
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

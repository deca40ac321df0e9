//! Prices: the amount of a quantity, and its JSON. They know neither items nor invoices.

use serde_json::{Value, json};

use super::shape::{Shape, put};
use crate::domain::billing::terms::{Length, LengthUnit};

/// A price of the account.
///
/// ```
/// use credits_runtime::testing::stripe::{Price, Tier};
///
/// let seats = Price::monthly("price_seats", 0).graduated([Tier::up_to(5, 1_000), Tier::rest(800)]);
/// let calls = Price::monthly("price_calls", 2).metered().in_currency("eur");
/// assert_ne!(seats, calls);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub(super) id: String,
    pub(super) currency: String,
    /// How often it is charged; none for a one-time price.
    pub(super) every: Option<Length>,
    scheme: Scheme,
    usage: Usage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scheme {
    PerUnit(i64),
    Graduated(Vec<Tier>),
    Volume(Vec<Tier>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    Licensed,
    Metered,
}

/// A tier of a price, by quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    up_to: Option<u64>,
    unit_amount: i64,
    flat_amount: i64,
}

impl Tier {
    /// Up to and including this quantity, in the smallest unit of the currency each.
    pub fn up_to(quantity: u64, unit_amount: i64) -> Self {
        Self { up_to: Some(quantity), unit_amount, flat_amount: 0 }
    }

    /// The quantities beyond the tiers before it.
    pub fn rest(unit_amount: i64) -> Self {
        Self { up_to: None, unit_amount, flat_amount: 0 }
    }

    /// Adds a flat fee for the whole tier.
    #[must_use]
    pub fn flat(mut self, flat_amount: i64) -> Self {
        self.flat_amount = flat_amount;
        self
    }
}

impl Price {
    /// A licensed price a month, in US cents for each.
    pub fn monthly(id: &str, unit_amount: i64) -> Self {
        Self::every(id, unit_amount, Length { count: 1, unit: LengthUnit::Month })
    }

    /// A licensed price a year, in US cents for each.
    pub fn yearly(id: &str, unit_amount: i64) -> Self {
        Self::every(id, unit_amount, Length { count: 1, unit: LengthUnit::Year })
    }

    /// A licensed price of another billing period, in US cents for each.
    pub fn every(id: &str, unit_amount: i64, length: Length) -> Self {
        Self { every: Some(length), ..Self::once(id, unit_amount) }
    }

    /// A one-time price: a pack, a fee, a service.
    pub fn once(id: &str, unit_amount: i64) -> Self {
        Self {
            id: id.to_owned(),
            currency: "usd".to_owned(),
            every: None,
            scheme: Scheme::PerUnit(unit_amount),
            usage: Usage::Licensed,
        }
    }

    /// Charged by use, at the end of each period.
    #[must_use]
    pub fn metered(mut self) -> Self {
        self.usage = Usage::Metered;
        self
    }

    /// Each tier's part of the quantity at the tier's amount: a line for each tier.
    #[must_use]
    pub fn graduated(mut self, tiers: impl IntoIterator<Item = Tier>) -> Self {
        self.scheme = Scheme::Graduated(tiers.into_iter().collect());
        self
    }

    /// The whole quantity at the amount of the tier that it reaches.
    #[must_use]
    pub fn volume(mut self, tiers: impl IntoIterator<Item = Tier>) -> Self {
        self.scheme = Scheme::Volume(tiers.into_iter().collect());
        self
    }

    /// Sets the currency by its code; US dollars unless set.
    #[must_use]
    pub fn in_currency(mut self, code: &str) -> Self {
        code.clone_into(&mut self.currency);
        self
    }

    /// The id at Stripe.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is charged by use.
    pub fn is_metered(&self) -> bool {
        self.usage == Usage::Metered
    }

    /// The lines of a quantity, each with its quantity and amount. A flat fee is a line of quantity 0.
    pub(super) fn parts(&self, quantity: u64) -> Vec<(u64, i64)> {
        match &self.scheme {
            Scheme::PerUnit(amount) => vec![(quantity, times(*amount, quantity))],
            Scheme::Volume(tiers) => {
                let reached = |tier: &&Tier| tier.up_to.is_none_or(|up_to| quantity <= up_to);
                let tier = tiers.iter().find(reached).or(tiers.last());
                tier.map_or_else(Vec::new, |tier| with_flat(tier, quantity))
            }
            Scheme::Graduated(tiers) => {
                let (mut parts, mut from) = (Vec::new(), 0);
                for tier in tiers {
                    let to = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
                    if to > from {
                        parts.extend(with_flat(tier, to - from));
                        from = to;
                    }
                }
                if parts.is_empty() { vec![(quantity, 0)] } else { parts }
            }
        }
    }

    /// The amount of a quantity.
    pub(super) fn amount(&self, quantity: u64) -> i64 {
        self.parts(quantity).iter().map(|part| part.1).fold(0, i64::saturating_add)
    }

    pub(super) fn json(&self, shape: Shape) -> Value {
        let unit_amount = self.unit_amount();
        json!({
            "id": self.id,
            "object": "price",
            "active": true,
            "billing_scheme": if unit_amount.is_some() { "per_unit" } else { "tiered" },
            "currency": self.currency,
            "livemode": false,
            "metadata": {},
            "product": format!("prod_{}", self.id),
            "recurring": self.recurring(shape),
            "tiers_mode": self.tiers_mode(),
            "type": if self.every.is_some() { "recurring" } else { "one_time" },
            "unit_amount": unit_amount,
            "unit_amount_decimal": unit_amount.map(|amount| amount.to_string()),
        })
    }

    /// The plan that Stripe writes beside a recurring price.
    pub(super) fn plan_json(&self) -> Value {
        let Some((interval, count)) = self.every.map(interval) else { return Value::Null };
        json!({
            "id": self.id,
            "object": "plan",
            "active": true,
            "amount": self.unit_amount(),
            "currency": self.currency,
            "interval": interval,
            "interval_count": count,
            "tiers_mode": self.tiers_mode(),
            "usage_type": self.usage_type(),
        })
    }

    fn unit_amount(&self) -> Option<i64> {
        match self.scheme {
            Scheme::PerUnit(amount) => Some(amount),
            Scheme::Graduated(_) | Scheme::Volume(_) => None,
        }
    }

    fn tiers_mode(&self) -> Option<&'static str> {
        match self.scheme {
            Scheme::PerUnit(_) => None,
            Scheme::Graduated(_) => Some("graduated"),
            Scheme::Volume(_) => Some("volume"),
        }
    }

    fn usage_type(&self) -> &'static str {
        if self.is_metered() { "metered" } else { "licensed" }
    }

    fn recurring(&self, shape: Shape) -> Value {
        let Some((interval, count)) = self.every.map(interval) else { return Value::Null };
        let mut recurring = json!({
            "interval": interval,
            "interval_count": count,
            "meter": self.is_metered().then(|| format!("mtr_{}", self.id)),
            "usage_type": self.usage_type(),
        });
        if !shape.is_since_basil() {
            put(&mut recurring, "aggregate_usage", Value::Null);
        }
        recurring
    }
}

fn with_flat(tier: &Tier, quantity: u64) -> Vec<(u64, i64)> {
    let mut parts = vec![(quantity, times(tier.unit_amount, quantity))];
    if tier.flat_amount != 0 {
        parts.push((0, tier.flat_amount));
    }
    parts
}

fn times(amount: i64, quantity: u64) -> i64 {
    amount.saturating_mul(i64::try_from(quantity).unwrap_or(i64::MAX))
}

fn interval(length: Length) -> (&'static str, u32) {
    match length.unit {
        LengthUnit::Week => ("week", length.count),
        LengthUnit::Month => ("month", length.count),
        LengthUnit::Quarter => ("month", length.count.saturating_mul(3)),
        LengthUnit::Year => ("year", length.count),
        // Stripe has no shorter interval than a day.
        LengthUnit::Day | LengthUnit::Hour | LengthUnit::Minute | LengthUnit::Second => ("day", length.count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_becomes_lines_by_the_scheme_of_its_price() {
        let tiers = || [Tier::up_to(5, 1_000), Tier::rest(800).flat(50)];
        let graduated = Price::monthly("price_seats", 0).graduated(tiers());
        assert_eq!(graduated.parts(3), [(3, 3_000)]);
        assert_eq!(graduated.parts(8), [(5, 5_000), (3, 2_400), (0, 50)]);
        let volume = Price::monthly("price_seats", 0).volume(tiers());
        assert_eq!(volume.parts(5), [(5, 5_000)]);
        assert_eq!(volume.parts(8), [(8, 6_400), (0, 50)]);
        assert_eq!(Price::monthly("price_pro", 900).parts(2), [(2, 1_800)]);
    }
}

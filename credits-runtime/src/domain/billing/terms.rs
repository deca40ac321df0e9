//! Terms: the credits and prices of a plan or a pack, as they were when an owner agreed to them.
//!
//! It does not know the owners.

use std::collections::BTreeMap;

use credits_core::{
    Catalogue, Money, OnUpgrade, PackSpec, Period, PeriodUnit, PlanSpec, Unlimited, UnusedCredits,
};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::own::own_price_named;
use crate::domain::ids::ObjectId;
use crate::domain::names::{Names, Renames};

/// A length of calendar time, as stored in facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
pub struct Length {
    /// Number of units.
    #[n(0)]
    pub count: u32,
    /// The unit.
    #[n(1)]
    pub unit: LengthUnit,
}

macro_rules! units {
    ($($code:literal $name:ident)*) => {
        /// The unit of a [`Length`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
        #[cbor(index_only)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum LengthUnit { $(#[n($code)] $name,)* }

        impl From<Period> for Length {
            fn from(period: Period) -> Self {
                let unit = match period.unit { $(PeriodUnit::$name => LengthUnit::$name,)* };
                Self { count: period.count, unit }
            }
        }
    };
}
impl From<PeriodUnit> for Length {
    fn from(unit: PeriodUnit) -> Self {
        Period::from(unit).into()
    }
}

units! { 0 Second 1 Minute 2 Hour 3 Day 4 Week 5 Month 6 Quarter 7 Year }

/// The terms of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PlanTerms {
    /// The plan's name.
    #[n(0)]
    pub plan: String,
    /// The version of its terms.
    #[n(1)]
    pub version: u32,
    /// Credits per cycle; 0 for a plan without credits.
    #[n(2)]
    pub amount: i64,
    /// Its asset; empty for credits.
    #[n(3)]
    pub asset: String,
    /// The length of a cycle; `None` for a plan without credits.
    #[n(4)]
    pub every: Option<Length>,
    /// Treatment of credits that are unused when a cycle ends.
    #[n(5)]
    pub unused: Unused,
    /// Credits given with the first paid cycle.
    #[n(6)]
    pub signup_bonus: i64,
    /// Credits given for a trial.
    #[n(7)]
    pub trial: i64,
    /// Time for which credits stay usable after the subscription ends; `None` leaves their expiry unchanged.
    #[n(8)]
    pub expire_after: Option<Length>,
    /// Whether a rise to this plan gives its whole amount (`on_upgrade full`).
    #[n(9)]
    pub is_rise_full: bool,
    /// Whether a cycle longer than a billing period is given at its start, before all of it is paid.
    #[n(10)]
    pub in_advance: bool,
    /// Operations that cost its subscribers nothing, by name and in order; empty for all, `None` for no operation.
    #[n(11)]
    pub unlimited: Option<Vec<String>>,
}

/// Treatment of a cycle's credits that are unused at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// They expire.
    #[n(0)]
    Expire,
    /// They roll over.
    #[n(1)]
    Rollover,
    /// They roll over, up to this amount.
    #[n(2)]
    UpTo(#[n(0)] i64),
    /// They roll over and expire this long after their cycle.
    #[n(3)]
    For(#[n(0)] Length),
}

impl From<&PlanSpec> for PlanTerms {
    fn from(plan: &PlanSpec) -> Self {
        Self {
            plan: plan.name.to_owned(),
            version: plan.version,
            amount: plan.gives.map_or(0, |gives| gives.amount),
            asset: plan.gives.map_or("", |gives| gives.asset).to_owned(),
            every: plan.gives.map(|gives| gives.every.into()),
            unused: match plan.unused_credits {
                UnusedCredits::Expire => Unused::Expire,
                UnusedCredits::Rollover => Unused::Rollover,
                UnusedCredits::RolloverUpTo(most) => Unused::UpTo(most),
                UnusedCredits::RolloverFor(period) => Unused::For(period.into()),
            },
            signup_bonus: plan.signup_bonus,
            trial: plan.trial_includes,
            expire_after: plan.expire_after.map(Length::from),
            is_rise_full: plan.on_upgrade == OnUpgrade::Full,
            in_advance: plan.in_advance,
            unlimited: match plan.unlimited {
                Unlimited::Nothing => None,
                Unlimited::Everything => Some(Vec::new()),
                Unlimited::Operations(names) => Some(sorted(names.iter().copied())),
            },
        }
    }
}

/// The terms of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PackTerms {
    /// The pack's name.
    #[n(0)]
    pub pack: String,
    /// Credits of one pack, without the bonus.
    #[n(1)]
    pub credits: i64,
    /// Bonus credits of one pack.
    #[n(2)]
    pub bonus: i64,
    /// Its asset; empty for credits.
    #[n(3)]
    pub asset: String,
    /// Price of one pack in each currency in which it is sold. The first is the default.
    #[n(4)]
    pub prices: Vec<PackPrice>,
    /// Time for which the credits can be used after the purchase; `None` for unlimited.
    #[n(5)]
    pub expires_after: Option<Length>,
    /// Operations that the credits can be used for, by name; empty for all.
    #[n(6)]
    pub only_for: Vec<String>,
}

/// The price of one pack in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PackPrice {
    /// ISO 4217 code, in lower case.
    #[n(0)]
    pub currency: String,
    /// Price in minor units, as Stripe counts them.
    #[n(1)]
    pub unit_amount: i64,
}

impl PackTerms {
    /// The price of one pack in a currency, in minor units; `None` if it is not sold in that currency.
    pub fn unit_amount(&self, currency: &str) -> Option<i64> {
        self.prices.iter().find(|price| price.currency == currency).map(|price| price.unit_amount)
    }
}

/// The plans and packs on sale, by price at the processor and by name.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    plans: BTreeMap<ObjectId, PlanTerms>,
    packs: BTreeMap<ObjectId, PackTerms>,
    by_name: BTreeMap<String, PackTerms>,
    plans_by_name: BTreeMap<String, PlanTerms>,
}

impl PriceList {
    /// The price list of a catalogue, with the prices of every environment.
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut list = Self::default();
        for plan in catalogue.plans {
            list.plans_by_name.insert(plan.name.to_owned(), plan.into());
            for price in plan.stripe_prices {
                list.plans.insert(ObjectId::known(price.id), plan.into());
            }
            for price in plan.processor_prices {
                list.plans.insert(ObjectId::known_at(price.processor, price.id), plan.into());
            }
        }
        for pack in catalogue.packs {
            let terms = pack_terms(pack, catalogue);
            for price in pack.stripe_prices {
                list.packs.insert(ObjectId::known(price.id), terms.clone());
            }
            for price in pack.processor_prices {
                list.packs.insert(ObjectId::known_at(price.processor, price.id), terms.clone());
            }
            list.by_name.insert(pack.name.to_owned(), terms);
        }
        list.price_own();
        list
    }

    /// The price list with the names that a ledger's records keep. An item is found by each of its names.
    #[must_use]
    pub fn kept_as(mut self, names: &Names) -> Self {
        for plan in self.plans.values_mut().chain(self.plans_by_name.values_mut()) {
            plan.plan = names.plans.first(&plan.plan).to_owned();
            if let Some(unlimited) = &mut plan.unlimited {
                *unlimited = sorted(unlimited.iter().map(|name| names.operations.first(name)));
            }
        }
        for pack in self.packs.values_mut().chain(self.by_name.values_mut()) {
            pack.pack = names.packs.first(&pack.pack).to_owned();
        }
        add_names(&mut self.plans_by_name, &names.plans, |plan| &plan.plan);
        add_names(&mut self.by_name, &names.packs, |pack| &pack.pack);
        self.price_own();
        self
    }

    /// Adds the price of each plan without a processor, by each of its names.
    fn price_own(&mut self) {
        for (name, terms) in &self.plans_by_name {
            self.plans.insert(own_price_named(name, terms.version), terms.clone());
        }
    }

    /// The plan with this price.
    pub fn plan(&self, price: &ObjectId) -> Option<&PlanTerms> {
        self.plans.get(price)
    }

    /// The plan with this name.
    pub fn plan_named(&self, name: &str) -> Option<&PlanTerms> {
        self.plans_by_name.get(name)
    }

    /// The pack with this price.
    pub fn pack(&self, price: &ObjectId) -> Option<&PackTerms> {
        self.packs.get(price)
    }

    /// The pack with this name.
    pub fn pack_named(&self, name: &str) -> Option<&PackTerms> {
        self.by_name.get(name)
    }
}

/// Names in order.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// Adds every name of the items that are declared.
fn add_names<T: Clone>(items: &mut BTreeMap<String, T>, names: &Renames, first: impl Fn(&T) -> &String) {
    let declared: BTreeMap<String, T> =
        items.values().map(|item| (first(item).clone(), item.clone())).collect();
    for (name, first) in names.all() {
        if let Some(item) = declared.get(first) {
            items.entry(name.to_owned()).or_insert_with(|| item.clone());
        }
    }
}

impl From<&Money> for PackPrice {
    fn from(price: &Money) -> Self {
        Self { currency: price.currency.code.to_owned(), unit_amount: price.minor }
    }
}

/// The terms of a catalogue's pack.
pub fn pack_terms(pack: &PackSpec, catalogue: &Catalogue) -> PackTerms {
    let scope = pack.only_for.iter().filter_map(|index| catalogue.operations.get(usize::from(*index)));
    PackTerms {
        pack: pack.name.to_owned(),
        credits: pack.gives,
        bonus: pack.bonus,
        asset: pack.asset.to_owned(),
        prices: pack.costs.iter().map(PackPrice::from).collect(),
        expires_after: pack.expires_after.map(Length::from),
        only_for: scope.map(|operation| operation.name.to_owned()).collect(),
    }
}

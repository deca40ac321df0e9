//! The sale: prices and operations that the application declares, and the terms that billing keeps of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::covers::DueCover;
use super::purchases::{PackLines, priced};
use super::record::{Billing, Pinned, SoldAs};
use super::terms::PriceList;
use crate::domain::body::Body;
use crate::domain::cover::Cover;
use crate::domain::explain::Terms;
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::names::Names;
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;

/// The application's prices and operations.
#[derive(Debug)]
pub struct Sale {
    /// Plans and packs, by price.
    pub prices: PriceList,
    /// Operations, by the names that scopes use.
    pub operations: HashMap<String, OperationId>,
    /// The asset in which each operation of the application is priced.
    pub assets: HashMap<OperationId, Asset>,
    /// The assets of the operations of every catalogue that was declared: wallets of these may have covers.
    pub declared_assets: BTreeSet<Asset>,
}

impl Sale {
    /// The sale of these prices under the terms of every declared catalogue, of which one is the application's.
    pub fn of(prices: PriceList, names: &Names, terms: &HashMap<u32, Arc<Terms>>, application: u32) -> Self {
        let declared = terms.get(&application).into_iter().flat_map(|terms| &terms.data.operations);
        let assets = declared.filter_map(|operation| {
            Some((names.operation_id(&operation.name)?, Asset::of(&operation.asset)))
        });
        let ever_declared = terms.values().flat_map(|terms| &terms.data.operations);
        Self {
            prices: prices.kept_as(names),
            operations: names.operation_ids().clone(),
            assets: assets.collect(),
            declared_assets: ever_declared.map(|operation| Asset::of(&operation.asset)).collect(),
        }
    }

    /// The assets whose wallets may have covers of the billing.
    pub fn covered_assets(&self, billing: &Billing) -> BTreeSet<Asset> {
        if billing.has_unlimited() { self.declared_assets.clone() } else { BTreeSet::new() }
    }

    /// The covers in the wallet of an asset.
    pub fn covers(&self, due: &[DueCover], asset: &Asset) -> Vec<Cover> {
        let covers = due.iter().filter_map(|DueCover { subscription, plan, operations, until }| {
            let mut ids = self.operations_of(operations).remove(asset)?;
            ids.sort_unstable();
            Some(Cover {
                subscription: subscription.clone(),
                plan: plan.clone(),
                operations: if operations.is_empty() { Vec::new() } else { ids },
                until: Some(*until).filter(|until| *until < Timestamp::MAX),
            })
        });
        covers.collect()
    }

    /// The operations of these names, or all without names, by the asset in which they are priced.
    fn operations_of(&self, names: &[String]) -> BTreeMap<Asset, Vec<OperationId>> {
        let named: Option<Vec<_>> =
            (!names.is_empty()).then(|| names.iter().filter_map(|name| self.operations.get(name)).collect());
        let mut found: BTreeMap<Asset, Vec<OperationId>> = BTreeMap::new();
        for (id, asset) in &self.assets {
            if named.as_ref().is_none_or(|named| named.contains(&id)) {
                found.entry(asset.clone()).or_default().push(*id);
            }
        }
        found
    }

    /// The fact that keeps the terms of prices which the billing names and lacks; `None` if it lacks none.
    pub fn missing_terms(&self, billing: &Billing) -> Option<Body> {
        let prices = &self.prices;
        let stated = billing.subscriptions.values().flat_map(|item| &item.states);
        let stated = stated.map(|(_, state)| (&state.subscription, &state.price));
        let lines = billing.invoices.values().flat_map(|invoice| &invoice.lines);
        let paid = lines.filter_map(|line| Some((billing.subscription_of(line)?, &line.price)));
        let mut named: Vec<(&ObjectId, &ObjectId)> = stated.chain(paid).collect();
        named.sort_unstable();
        named.dedup();
        let unknown = named.into_iter().filter(|(subscription, price)| !billing.is_plan(subscription, price));
        let plans = unknown.filter_map(|(subscription, price)| {
            let (terms, from) = (prices.plan(price)?.clone(), Timestamp::MIN);
            Some(Pinned { subscription: subscription.clone(), price: price.clone(), from, terms })
        });
        let plans: Vec<_> = plans.collect();
        let open = billing
            .purchases
            .iter()
            .filter(|(session, purchase)| purchase.terms.is_none() && !billing.offers.contains_key(*session));
        let packs = open.filter_map(|(session, purchase)| {
            let (pack, quantity) = priced(purchase, prices)?;
            Some(SoldAs::Checkout { session: session.clone(), pack, quantity })
        });
        let mut packs: Vec<_> = packs.collect();
        let subscriptions = billing.by_subscription();
        let lines = PackLines::new(billing, &subscriptions);
        for invoice in billing.invoices.values() {
            for line in lines.of(invoice) {
                let id = (invoice.invoice.clone(), line.price.clone());
                let Some(pack) = prices.pack(&line.price).filter(|_| !billing.sold.contains_key(&id)) else {
                    continue;
                };
                let sold = SoldAs::Invoice { invoice: id.0, price: id.1, pack: pack.clone() };
                if !packs.contains(&sold) {
                    packs.push(sold);
                }
            }
        }
        (!plans.is_empty() || !packs.is_empty()).then_some(Body::Priced { plans, packs })
    }
}

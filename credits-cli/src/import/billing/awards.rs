//! The gem's transactions for subscriptions and packs.

use std::collections::BTreeMap;

use credits_runtime::Timestamp;

use super::packs::Pack;
use super::stripe_object::StripeObject;
use super::subscriptions::Subscription;
use super::time;
use crate::import::database::Database;
use crate::import::error::ImportError;
use crate::import::schema::Schema;

/// A transaction that gave credits for a subscription or a pack.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) transaction: String,
    pub(super) wallet: String,
    pub(super) amount: i64,
    pub(super) kind: Kind,
    pub(super) at: Timestamp,
    /// The price of its plan.
    pub(super) price: Option<String>,
}

/// What a transaction gave credits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Trial,
    SignupBonus,
    Cycle,
    Upgrade,
    Pack,
}

impl Kind {
    fn of(category: &str) -> Option<Self> {
        Some(match category {
            "subscription_trial" => Self::Trial,
            "subscription_signup_bonus" => Self::SignupBonus,
            "subscription_credits" => Self::Cycle,
            "subscription_upgrade" => Self::Upgrade,
            "credit_pack_purchase" => Self::Pack,
            _ => return None,
        })
    }
}

/// Adds the transactions to their subscriptions and packs.
pub(super) fn read(
    database: &mut dyn Database,
    schema: &Schema,
    subscriptions: &mut [Subscription],
    packs: &mut [Pack],
) -> Result<(), ImportError> {
    let ids = |of: fn(&Subscription) -> Option<&String>, list: &[Subscription]| -> BTreeMap<String, usize> {
        list.iter().enumerate().filter_map(|(place, one)| Some((of(one)?.clone(), place))).collect()
    };
    let by_id = ids(|one| Some(&one.id), subscriptions);
    let by_fulfillment = ids(|one| one.fulfillment.as_ref(), subscriptions);
    let by_charge: BTreeMap<String, usize> =
        packs.iter().enumerate().map(|(place, pack)| (pack.charge.clone(), place)).collect();
    database.each(&schema.awards(), &mut |cells| {
        let metadata = StripeObject::read([cells.text(6)]);
        let (Some(kind), Some(at)) = (Kind::of(cells.text(3).unwrap_or_default()), time(cells, 4)) else {
            return Ok(());
        };
        let text = |place: usize| cells.text(place).unwrap_or_default().to_owned();
        let given = Given {
            transaction: text(0),
            wallet: text(1),
            amount: text(2).parse().unwrap_or(0),
            kind,
            at,
            price: metadata.text("plan"),
        };
        if kind == Kind::Pack {
            let charge = metadata.text("purchase_charge_id").and_then(|id| by_charge.get(&id));
            if let Some(pack) = charge.and_then(|place| packs.get_mut(*place)) {
                pack.given = Some(given);
            }
            return Ok(());
        }
        let named = metadata.text("subscription_id").and_then(|id| by_id.get(&id));
        let fulfilled = cells.text(5).and_then(|id| by_fulfillment.get(id));
        if let Some(subscription) = named.or(fulfilled).and_then(|place| subscriptions.get_mut(*place)) {
            subscription.given.push(given);
        }
        Ok(())
    })
}

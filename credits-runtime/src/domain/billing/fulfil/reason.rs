//! Reasons: the name of a plan or pack on the entries of an award.
//!
//! It does not know the amounts of the entries.

use super::Booking;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::purchases::invoice_purchase;
use crate::domain::ids::ObjectId;

impl Booking<'_> {
    /// The name of an award's plan or pack; the id of its object if no terms are known.
    pub(super) fn reason(&self, id: &AwardId) -> String {
        match id {
            AwardId::Trial(plan) | AwardId::SignupBonus(plan) => plan.clone(),
            AwardId::Rise { subscription, .. } => self.name_of_subscription(subscription),
            AwardId::Cycle { item: object, .. } | AwardId::Pack(object) | AwardId::PackBonus(object) => {
                self.name_of(object)
            }
        }
    }

    /// The plan of a subscription's newest item.
    fn name_of_subscription(&self, subscription: &ObjectId) -> String {
        let items = self.billing.subscriptions.iter().filter(|(_, item)| item.id() == Some(subscription));
        let newest = items.max_by_key(|(id, item)| (item.states.last().map(|(at, _)| *at), (*id).clone()));
        newest.map_or_else(|| subscription.to_string(), |(item, _)| self.name_of(item))
    }

    fn name_of(&self, object: &ObjectId) -> String {
        let pack = self.billing.offers.get(object).map(|(_, offer)| offer.pack.pack.clone()).or_else(|| {
            self.billing.purchases.get(object)?.terms.as_ref().map(|(pack, _)| pack.pack.clone())
        });
        let of_invoice = || {
            let mut sold = self.billing.sold.iter();
            let found = sold.find(|((invoice, price), _)| invoice_purchase(invoice, price) == *object);
            found.map(|(_, pack)| pack.pack.clone())
        };
        let plan = || {
            let state = self.billing.subscriptions.get(object)?.latest()?;
            let terms = self.billing.terms(&state.subscription, &state.price, self.with.now);
            terms.map(|terms| terms.plan.clone())
        };
        pack.or_else(of_invoice).or_else(plan).unwrap_or_else(|| object.to_string())
    }
}

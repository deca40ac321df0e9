//! Subscriptions, purchases and events of payment processors, as an application books and resolves them.

use std::sync::Arc;

use super::Credits;
use crate::domain::amount::IntoAmount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::event::BillingEvent;
#[cfg(feature = "stripe")]
use crate::domain::billing::terms::PackTerms;
use crate::domain::ids::ObjectId;
use crate::domain::ids::Owner;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::generated::Plan as _;
use crate::generated::Pricing;
use crate::service::billing::{self, GivenBefore, Received, Unresolved};
use crate::service::subscribe::{Subscribe, Unsubscribe};

impl<C> Credits<C> {
    /// Moves the subscribers of earlier versions of this plan to its declared terms, from their next cycle on
    /// and without its signup bonus. Returns the number of owners whose terms changed. It is harmless to
    /// repeat.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan pro { version 2 stripe_price "price_1" gives 2_000.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let owners = credits.migrate_subscribers(Plan::Pro)?;
    /// println!("{owners} owners get 2,000 credits from their next cycle on");
    /// # Ok(())
    /// # }
    /// ```
    pub fn migrate_subscribers(&self, plan: C::Plan) -> Result<u64, Error>
    where
        C: Pricing,
    {
        let declared = plan.spec();
        let kept = self.ledger.prices().plan_named(declared.name).cloned();
        billing::migrate(&self.ledger, &kept.unwrap_or_else(|| declared.into()))
    }

    /// Returns a builder that gives an owner a plan without a payment processor: finish with `.now()`. Its time
    /// counts as paid, for ever or until [`until`](Subscribe::until), so that cycles, rises, policies and events
    /// are those of a paid subscription. Subscribing to another plan changes it, and repeating a request changes
    /// nothing. A plan with a price needs [`complimentary`](Subscribe::complimentary).
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     subscription_plan free { gives 100.credits.every(month) }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// assert_eq!(credits.wallet("user:42").credits()?, 100);
    /// assert!(!credits.subscribe("user:42", Plan::Free).now().wait()?.is_new);
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, owner: impl AsRef<str>, plan: C::Plan) -> Subscribe
    where
        C: Pricing,
    {
        Subscribe::new(Arc::clone(&self.ledger), owner.as_ref(), plan.spec())
    }

    /// Returns a builder that ends an owner's subscription of the application's own: finish with `.now()`. It
    /// ends with the running cycle, or now with [`at_once`](Unsubscribe::at_once).
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     subscription_plan free { gives 100.credits.every(month) }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// credits.unsubscribe("user:42").now().wait()?;
    /// let subscription = &credits.wallet("user:42").subscriptions()?[0];
    /// assert_eq!(subscription.ends_at, subscription.paid_until);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unsubscribe(&self, owner: impl AsRef<str>) -> Unsubscribe {
        Unsubscribe::new(Arc::clone(&self.ledger), owner.as_ref())
    }

    /// Applies an event of a payment processor. Credits that become due because of it are given or taken back
    /// in the same commit; beyond 64 awards the rest follows in the next commits. Applying an event again, in
    /// any order, changes nothing.
    ///
    /// The event's owner is the first of these that is known: the owner to whom an administrator
    /// [linked](Self::link) one of its objects, the owner that the event names, the owner that its most
    /// specific object had at that time. An event that names an owner assigns its own object to that owner.
    /// An event without a known owner waits until one of its objects has an owner, and is
    /// [listed](Self::unresolved). Up to 1,000 events wait for an object and up to 100,000 in all; beyond
    /// that a new event evicts the oldest. An event with neither an owner nor an object is dropped.
    ///
    /// The feature `stripe` translates Stripe's events; call this for other processors.
    ///
    /// Rejections in order: `ClockUnconfirmed`, `BillingEventTooLarge`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::Owner;
    /// use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
    ///
    /// let id = |text: &str| ObjectId::new(text).ok_or("an id has 1 to 255 bytes");
    /// // A refund by a processor of one's own: its payment is not known, so it is listed.
    /// let (payment, refund) = (id("pay-1")?, id("refund-1")?);
    /// let what = Happening::Refunded { payment: payment.clone(), refund, amount: 900, stands: true, made_at: None };
    /// let event = BillingEvent { at: credits.now(), objects: vec![payment], owner: Some(Owner::new("user:42")?), what };
    /// assert!(credits.receive(event.clone()).wait()?.is_new);
    /// assert!(!credits.receive(event).wait()?.is_new);
    /// assert_eq!(credits.unresolved()?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive(&self, event: BillingEvent) -> Reply<Received> {
        billing::receive(&self.ledger, event)
    }

    /// Gives and takes back the credits that are due for an owner's subscriptions and purchases. An open
    /// ledger does this by itself at the due instant; call it with a clock that is set by hand.
    ///
    /// Rejections: `OwnerInvalid`, `ClockUnconfirmed`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan free { gives 100.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use credits_runtime::testing::ManualClock;
    ///
    /// let clock = ManualClock::at("2026-01-15T00:00:00Z".parse()?);
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// clock.set("2026-02-15T00:00:01Z".parse()?);
    /// credits.fulfill_due("user:42").wait()?;
    /// let awards = credits.wallet("user:42").credit_history().category("subscription_credits").page()?;
    /// assert_eq!(awards.entries.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fulfill_due(&self, owner: impl AsRef<str>) -> Reply<Received> {
        match Owner::new(owner.as_ref()) {
            Ok(owner) => billing::fulfill(&self.ledger, owner),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    /// Lists the billing entries that need an administrator: events of unknown owners, and the count of those
    /// that newer ones evicted; unknown prices, items and statuses; payments that fit neither their offer nor
    /// the catalogue; unpaid changes to more credits; subscriptions' invoices that were returned in part;
    /// returned payments of no known invoice or purchase; awards beyond the range of a balance; payments that
    /// arrived too late. Each entry has a [`remedy`](Unresolved::remedy).
    ///
    /// Declaring a missing price or pack resolves its entries when the ledger is next opened;
    /// [`link`](Self::link) resolves events of unknown owners.
    ///
    /// Errors: the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// for entry in credits.unresolved()? {
    ///     println!("{}", entry.remedy());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn unresolved(&self) -> Result<Vec<Unresolved>, Error> {
        billing::unresolved(&self.ledger)
    }

    /// The terms of a pack as records keep them, by its declared name.
    #[cfg(feature = "stripe")]
    pub(crate) fn pack_terms(&self, name: &str) -> Option<PackTerms> {
        self.ledger.prices().pack_named(name).cloned()
    }

    /// Whether the ledger has the offer of a checkout, because it began that checkout.
    #[cfg(feature = "stripe")]
    pub(crate) fn has_offer(&self, session: &ObjectId) -> Result<bool, Error> {
        billing::has_offer(&self.ledger, session)
    }

    /// Whether an owner's billing has a purchase, an invoice or a subscription with this id.
    #[cfg(feature = "stripe")]
    pub(crate) fn has_billed(&self, object: &ObjectId) -> Result<bool, Error> {
        billing::has_billed(&self.ledger, object)
    }

    /// Removes an entry from [`unresolved`](Self::unresolved) after an administrator dealt with it. No
    /// credits change, and credits that become due later are given all the same. Dismissing an entry again
    /// changes nothing.
    ///
    /// An entry is identified by its [`key`](Unresolved::key). A further return of the same invoice or
    /// payment, or another change of the same subscription, has another key and is listed again.
    ///
    /// Rejections in order: `NotDismissible` for an entry without a key, `ClockUnconfirmed`. Then the
    /// ledger's errors.
    ///
    /// ```
    /// # mod app {
    /// # credits_runtime::usage_credits! {
    /// #     credit_pack boost { stripe_price "price_boost" gives 100.credits costs 9.dollars }
    /// #     operation step { costs 1.credit }
    /// # }
    /// # }
    /// # use app::*;
    /// use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let id = |text: &str| ObjectId::new(text).ok_or("an id has 1 to 255 bytes");
    /// // A refund of a payment that nothing tells of.
    /// let (payment, refund, at) = (id("pi_1")?, id("re_1")?, credits.now());
    /// let what = Happening::Refunded { payment: payment.clone(), refund, amount: 900, stands: true, made_at: None };
    /// let owner = Some(credits_runtime::Owner::new("user:42")?);
    /// credits.receive(BillingEvent { at, objects: vec![payment], owner, what }).wait()?;
    ///
    /// let unresolved = credits.unresolved()?;
    /// assert_eq!(unresolved[0].key().as_deref(), Some("payment pi_1 900"));
    /// credits.dismiss(&unresolved[0])?;
    /// assert!(credits.unresolved()?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dismiss(&self, entry: &Unresolved) -> Result<Received, Error> {
        billing::dismiss(&self.ledger, entry)
    }

    /// Links an object at the payment processor to an owner: a customer, a subscription, an item of one, a
    /// session, a payment, or an invoice. From now on every event about the object belongs to that owner,
    /// even if other events name another one, until it is linked again. Events that wait for its owner are
    /// applied. Earlier bookings stay as they are.
    ///
    /// Rejections in order: `OwnerInvalid`, `ClockUnconfirmed`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// use credits_runtime::billing::ObjectId;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// if let Some(customer) = ObjectId::new("cus_NffrFeUfNV2Hib") {
    ///     credits.link(customer, "user:42").wait()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn link(&self, object: ObjectId, owner: impl AsRef<str>) -> Reply<Received> {
        match Owner::new(owner.as_ref()) {
            Ok(owner) => billing::link(&self.ledger, object, owner),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    /// Marks an award as given before, outside of this ledger: finish with `.now()`. Credits are not given for it again,
    /// and refunds, changes of the plan and its end treat it as given here.
    ///
    /// It is for filling a ledger from another system: give the rest of the award, mark the award, and only then
    /// receive the events of its subscription or purchase.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// use credits_runtime::billing::{AwardId, ObjectId};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// // Of a pack of 1,000 credits 300 are left.
    /// let left = user.give_credits(300).key("tx:17").now().wait()?.entry.number;
    /// let session = ObjectId::new("cs_live_a1").ok_or("an id has 1 to 255 bytes")?;
    /// credits.given_before("user:42", AwardId::Pack(session), 1_000).grant(left).now().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn given_before(
        &self,
        owner: impl AsRef<str>,
        award: AwardId,
        amount: impl IntoAmount,
    ) -> GivenBefore {
        GivenBefore::new(&self.ledger, Owner::new(owner.as_ref()), award, amount.into_amount())
    }
}

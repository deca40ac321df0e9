//! A refund that the application makes takes the credits at once, and its webhooks then take nothing.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use credits_runtime::billing::{AwardId, ObjectId, Purchase};
use credits_runtime::stripe::{Refund, Request, Response, SIGNATURE_HEADER, Stripe, StripeError, Transport};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Extra, Price, Served, Shape};
use credits_runtime::{Clock as _, Error, LedgerErrorKind, Problem};

use super::script::instant;
use super::{Credits, Pricing};
use crate::executor::block_on;

/// A boost for $9.00 gives 1,000 credits and 100 more.
struct Shop {
    clock: ManualClock,
    credits: Credits,
    account: Account,
    stripe: Stripe<Pricing>,
}

impl Shop {
    fn new(shape: Shape) -> Self {
        let clock = ManualClock::at(instant("2026-01-31"));
        let account = Account::new(shape, instant("2026-01-31"));
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret());
        let stripe = stripe.transport(account.transport()).build().unwrap();
        Self { clock, credits, account, stripe }
    }

    fn with_boost(shape: Shape) -> Self {
        let mut shop = Self::new(shape);
        shop.account.buy("ann", "boost", 900, None);
        shop.deliver();
        shop
    }

    fn deliver(&mut self) {
        self.account.deliver(&self.stripe, &self.clock);
    }

    fn purchase(&self) -> Purchase {
        self.credits.wallet("ann").purchases().unwrap().remove(0)
    }

    fn credits(&self) -> i64 {
        self.credits.wallet("ann").credits().unwrap().get()
    }

    /// The webhooks of the refunds change nothing, nor does every event again, in order and the other way round.
    fn check_settled(&mut self) {
        let (credits, purchase) = (self.credits(), self.purchase());
        self.deliver();
        let deliveries = self.account.deliveries();
        for delivery in deliveries.iter().chain(deliveries.iter().rev()) {
            let header = delivery.signature(self.account.secret(), self.clock.now());
            assert_eq!(self.stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status, 200);
        }
        assert_eq!((self.credits(), self.purchase()), (credits, purchase));
        assert!(self.credits.unresolved().unwrap().is_empty());
        self.credits.verify().unwrap();
    }
}

#[test]
fn refunds_take_their_share_at_once_and_webhooks_no_more() {
    for shape in Shape::ALL {
        let mut shop = Shop::with_boost(*shape);
        assert_eq!(shop.credits(), 1_100);
        // ceil(1,100 x 1 / 900) and ceil(1,100 x 451 / 900) in all, then everything.
        for (amount, is_async, left) in [(Some(1), false, 1_098), (Some(450), true, 548), (None, false, 0)] {
            let purchase = shop.purchase();
            let refund = Refund::of(&purchase, format!("{amount:?}"));
            let refund = amount.map_or(refund.clone(), |amount| refund.amount(amount));
            let refunded = if is_async {
                block_on(shop.stripe.refund_async(refund))
            } else {
                shop.stripe.refund(refund)
            };
            let refunded = refunded.unwrap();
            assert_eq!(refunded.amount, amount.unwrap_or(449));
            assert_eq!((&*refunded.currency, &*refunded.status), ("usd", "succeeded"));
            assert_eq!(shop.credits(), left, "{shape:?}");
            assert_eq!(shop.purchase().returned, purchase.returned + refunded.amount);
            shop.check_settled();
        }
        let purchase = shop.purchase();
        assert_eq!((purchase.returned, purchase.taken.get()), (900, 1_100));
        let over = shop.stripe.refund(Refund::of(&purchase, "other")).unwrap_err();
        assert_eq!(Problem::from(over).code, "refund_refused");
        shop.check_settled();
    }
}

#[test]
fn a_refund_is_made_once_for_its_key() {
    let mut shop = Shop::with_boost(Shape::Clover);
    // As an administrator who sends again after a time-out, with the purchase as it was or as it is now.
    let old = shop.purchase();
    let first = shop.stripe.refund(Refund::of(&old, "ticket-17").amount(900)).unwrap();
    for purchase in [old.clone(), shop.purchase()] {
        let again = shop.stripe.refund(Refund::of(&purchase, "ticket-17").amount(900)).unwrap();
        assert_eq!(again, first);
        assert_eq!(shop.credits(), 0);
    }
    shop.check_settled();
    let other = shop.stripe.refund(Refund::of(&old, "ticket-17").amount(450)).unwrap_err();
    assert!(matches!(other, StripeError::RefundKeyReused), "{other}");
    assert_eq!(Problem::from(other).code, "refund_key_reused");
    shop.check_settled();
}

#[test]
fn spent_credits_become_debt() {
    let mut shop = Shop::with_boost(Shape::Clover);
    shop.credits.wallet("ann").deduct_credits(1_000, "spent elsewhere").now().wait().unwrap();
    let purchase = shop.purchase();
    assert_eq!(purchase.credits_for_return(900).get(), 1_100);
    shop.stripe.refund(Refund::of(&purchase, "other")).unwrap();
    assert_eq!(shop.credits(), -1_000);
    shop.check_settled();
}

/// The forecast is what the ledger takes, for every way to return $9.00 in two parts and the rest.
#[test]
fn the_forecast_of_a_refund_is_what_it_takes() {
    for one in (1..900).step_by(97) {
        for other in [1, 2, 450, 899 - one, 900 - one] {
            if other < 1 || one + other > 900 {
                continue;
            }
            let mut shop = Shop::with_boost(Shape::Clover);
            for (number, amount) in [one, other, 900 - one - other].into_iter().enumerate() {
                let (before, purchase) = (shop.credits(), shop.purchase());
                let forecast = purchase.credits_for_return(amount).get();
                if amount > 0 {
                    shop.stripe
                        .refund(Refund::of(&purchase, format!("refund {number}")).amount(amount))
                        .unwrap();
                }
                assert_eq!(before - shop.credits(), forecast, "{one}, {other}: {amount}");
            }
            assert_eq!(shop.purchase().credits_for_return(1).get(), 0);
            shop.check_settled();
        }
    }
}

#[test]
fn what_cannot_be_refunded_is_refused_before_the_request() {
    let shop = Shop::with_boost(Shape::Clover);
    let purchase = shop.purchase();
    for amount in [0, -1, 901, i64::MIN, i64::MAX] {
        let error =
            shop.stripe.refund(Refund::of(&purchase, format!("{amount}")).amount(amount)).unwrap_err();
        assert_eq!(error.to_string(), format!("the refund is {amount} of 900 minor units: refund 1 to 900"));
        assert_eq!(Problem::from(error).code, "refund_amount_invalid");
    }
    for option in ["amount", "charge", "payment_intent", "metadata[credits_owner]"] {
        let error = shop.stripe.refund(Refund::of(&purchase, "other").option(option, "x")).unwrap_err();
        assert!(matches!(error, StripeError::OptionProtected { .. }), "{error}");
    }
    let mut free = purchase;
    free.payment = None;
    let error = shop.stripe.refund(Refund::of(&free, "other").amount(0)).unwrap_err();
    assert!(matches!(&error, StripeError::NotRefundable { .. }), "{error}");
    let problem = Problem::from(error);
    assert_eq!((problem.status, &*problem.code), (409, "not_refundable"));
    assert_eq!(shop.credits(), 1_100);
}

#[test]
fn a_pack_that_cost_nothing_or_is_on_an_invoice_has_no_payment() {
    let mut shop = Shop::new(Shape::Clover);
    let boost = Price::once("price_boost", 900);
    let free =
        credits_runtime::testing::stripe::Purchase::of(boost.clone()).naming_pack("boost").discounted(900);
    assert_eq!(shop.account.purchase("ann", free), None);
    shop.account.invoice("ann", [Extra::of(boost)]);
    shop.deliver();
    let purchases = shop.credits.wallet("ann").purchases().unwrap();
    assert_eq!(purchases.len(), 2);
    for purchase in purchases {
        assert_eq!((purchase.payment.as_ref(), &*purchase.asset), (None, "credits"));
        let error = shop.stripe.refund(Refund::of(&purchase, "other")).unwrap_err();
        assert!(matches!(error, StripeError::NotRefundable { .. }), "{error}");
    }
}

/// A transport to the account whose responses are lost while it says so.
struct Lossy(Served, Arc<AtomicBool>);

impl Transport for Lossy {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn StdError + Send + Sync>> {
        let response = self.0.send(request);
        if self.1.load(Ordering::SeqCst) { Err("the connection was cut".into()) } else { response }
    }

    fn pause(&self, _: Duration) {}
}

#[test]
fn a_refund_whose_response_is_lost_is_settled_by_its_webhook_or_the_same_key() {
    for sends_again in [false, true] {
        let mut shop = Shop::with_boost(Shape::Clover);
        let lost = Arc::new(AtomicBool::new(true));
        let lossy = Lossy(shop.account.transport(), Arc::clone(&lost));
        let stripe = shop.credits.stripe("sk_test_1").transport(lossy).build().unwrap();
        let purchase = shop.purchase();
        let refund = || Refund::of(&purchase, "ticket-17").amount(450);
        let error = stripe.refund(refund()).unwrap_err();
        assert_eq!(Problem::from(error).code, "processor_unavailable");
        assert_eq!(shop.credits(), 1_100);
        lost.store(false, Ordering::SeqCst);
        if sends_again {
            assert_eq!(stripe.refund(refund()).unwrap().amount, 450);
            assert_eq!(shop.credits(), 550);
        }
        shop.deliver();
        assert_eq!(shop.credits(), 550);
        shop.check_settled();
    }
}

#[test]
fn a_refund_that_the_ledger_could_not_take_is_taken_by_its_webhook() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let mut shop = Shop::with_boost(Shape::Clover);
    let open = || Credits::builder().clock(shop.clock.clone()).open(&path).unwrap();
    let connect = |credits: &Credits| {
        let stripe = credits.stripe("sk_test_1").webhook_secret(shop.account.secret());
        stripe.transport(shop.account.transport()).build().unwrap()
    };
    let credits = open();
    let stripe = connect(&credits);
    for delivery in shop.account.deliveries() {
        let header = delivery.signature(shop.account.secret(), delivery.at);
        let response = stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body);
        assert_eq!(response.status, 200);
    }
    let purchase = credits.wallet("ann").purchases().unwrap().remove(0);
    credits.close().unwrap();
    let error = stripe.refund(Refund::of(&purchase, "ticket-17")).unwrap_err();
    let StripeError::RefundUnbooked { source, .. } = error else { panic!("{error}") };
    let StripeError::Ledger(Error::Ledger(error)) = *source else { panic!("{source}") };
    assert_eq!(error.kind(), LedgerErrorKind::Closed);
    drop((stripe, credits));

    let credits = open();
    let stripe = connect(&credits);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 1_100);
    shop.stripe = stripe;
    shop.credits = credits;
    shop.deliver();
    assert_eq!(shop.credits(), 0);
    shop.check_settled();
}

/// A bank returns the money days later or not at all. Stripe keeps its first answer for the key, which must not bring a failed
/// refund back to life, whatever the ledger's clock says.
#[test]
fn a_refund_that_fails_gives_the_credits_back_for_good() {
    for ahead in [0, 20 * 24] {
        let mut shop = Shop::with_boost(Shape::Clover);
        shop.account.delay_refunds();
        shop.clock.advance(Duration::from_hours(ahead));
        let purchase = shop.purchase();
        let refund = || Refund::of(&purchase, "ticket-17").amount(450);
        let made = shop.stripe.refund(refund()).unwrap();
        assert_eq!((&*made.status, shop.credits()), ("pending", 550));
        let id = shop.account.refund_named(made.id.as_str()).unwrap();
        shop.deliver();
        assert_eq!(shop.credits(), 550);

        shop.account.pass(Duration::from_hours(2));
        shop.account.fail_refund(id);
        shop.deliver();
        assert_eq!((shop.credits(), shop.purchase().returned), (1_100, 0), "{ahead} hours ahead");
        assert_eq!(shop.stripe.refund(refund()).unwrap(), made);
        assert_eq!(shop.credits(), 1_100, "the kept answer is older than the failure");
        shop.check_settled();
    }
}

#[test]
fn a_pending_refund_that_succeeds_takes_no_more() {
    let mut shop = Shop::with_boost(Shape::Clover);
    shop.account.delay_refunds();
    let made = shop.stripe.refund(Refund::of(&shop.purchase(), "ticket-17").amount(450)).unwrap();
    let id = shop.account.refund_named(made.id.as_str()).unwrap();
    shop.account.pass(Duration::from_hours(72));
    shop.account.finish_refund(id);
    shop.deliver();
    assert_eq!(shop.credits(), 550);
    shop.check_settled();
}

/// Another system gave 200 of the 300 credits before: half of the money takes 150 of them, and the rest takes 50.
#[test]
fn the_forecast_knows_what_was_given_before() {
    let mut shop = Shop::new(Shape::Clover);
    let left = shop.credits.wallet("ann").give_credits(200).key("tx:1").now().wait().unwrap().entry.number;
    shop.account.buy("ann", "brief", 900, None);
    let award = AwardId::Pack(session_of(&shop.account));
    shop.credits.given_before("ann", award, 200).grant(left).now().wait().unwrap();
    shop.deliver();
    let purchase = shop.purchase();
    assert_eq!((purchase.given.get(), purchase.worth.get(), shop.credits()), (200, 300, 200));
    for (amount, takes) in [(450, 150), (450, 50)] {
        let (purchase, before) = (shop.purchase(), shop.credits());
        assert_eq!(purchase.credits_for_return(amount).get(), takes);
        shop.stripe.refund(Refund::of(&purchase, format!("after {before}")).amount(amount)).unwrap();
        assert_eq!(before - shop.credits(), takes);
    }
    shop.check_settled();
}

/// The checkout of the account's newest purchase.
fn session_of(account: &Account) -> ObjectId {
    let sessions = account.deliveries().iter().rev().filter_map(|delivery| {
        let event: serde_json::Value = serde_json::from_str(&delivery.body).unwrap();
        let object = &event["data"]["object"];
        (object["object"] == "checkout.session")
            .then(|| ObjectId::new(object["id"].as_str().unwrap()).unwrap())
    });
    sessions.into_iter().next().unwrap()
}

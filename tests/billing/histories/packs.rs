//! Packs: checkouts, currencies, refunds and disputes.

use std::sync::mpsc::channel;
use std::time::Duration;

use credits_runtime::billing::{PurchaseProblem, Unresolved};
use credits_runtime::events::Event;
use credits_runtime::testing::stripe::Shape;

use super::super::script::instant;
use super::payload::Session;
use super::stage::Stage;
use super::text::{check, played};

/// Only a paid session gives a pack: not an unpaid one, one of mode setup, or one of a subscription.
#[test]
fn sessions_that_are_not_paid_give_nothing() {
    check(
        "2026-02-01  sell cs_1 payment=none status=unpaid                           -> 0
         .           sell cs_2 payment=none status=no_payment_required mode=setup   -> 0
         .           sell cs_3 payment=none mode=subscription                       -> 0",
    );
}

/// A coupon of 50% and of 100%: the pack is given whole, and a refund takes its share of the payment.
#[test]
fn a_discount_changes_what_is_paid_and_not_what_is_given() {
    check(
        "2026-02-01  sell cs_1 total=450                                            -> 1100
         2026-02-02  refund re_1 pi_1 225                                           -> 550
         .           refund re_2 pi_1 225                                           -> 0",
    );
    check("2026-02-01 sell cs_1 total=0 payment=none status=no_payment_required -> 1100");
}

/// A payment link lets the buyer choose the quantity, and copies its metadata whether it names the pack or
/// not.
#[test]
fn a_payment_link_gives_as_many_as_were_bought() {
    check("2026-02-01 sell cs_1 by_link unnamed pack=none subtotal=2700 sells=boostx3 -> 3300");
    check(
        "2026-02-01  link cus_ann ann
         .           sell cs_1 by_link unnamed pack=none subtotal=2700 sells=boostx3  -> 3300",
    );
    for made in ["", "by_link"] {
        check(&format!("2026-02-01 sell cs_1 {made} subtotal=2700 sells=boostx3 -> 3300"));
    }
}

/// A pack and another product in one checkout: the pack's part of the price is not known, so nothing is given
/// and the purchase is listed.
#[test]
fn a_pack_sold_together_with_something_else_is_listed() {
    for shape in Shape::ALL {
        let stage = played(
            *shape,
            "2026-02-01  link cus_ann ann
             .           sell cs_1 by_link unnamed pack=none subtotal=2900 sells=boost+tshirt  -> 0 listed=1",
        );
        let listed = stage.credits.unresolved().unwrap();
        let [Unresolved::Purchase { problem, .. }] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(*problem, PurchaseProblem::PackUnknown);
    }
}

/// Adaptive pricing: the buyer sees, pays and gets back another currency than the pack is sold in
/// (<https://docs.stripe.com/payments/checkout/adaptive-pricing>). A refund is compared with the buyer's
/// total.
#[test]
fn a_refund_is_compared_in_the_buyers_currency() {
    for (currency, total, returned, left) in [
        ("eur", 830, 830, 0),
        ("eur", 830, 415, 550),
        ("inr", 78_000, 7_800, 990),
        ("krw", 13_000, 6_500, 550),
        ("jpy", 1_350, 135, 990),
    ] {
        check(&format!(
            "2026-02-01  sell cs_1 converted in={currency} subtotal={total}         -> 1100
             2026-02-02  refund re_1 pi_1 {returned}                                -> {left}",
        ));
    }
}

/// A purchase shows what the buyer paid and got back in the buyer's currency, as its event does; the price of the pack stays
/// in the currency of the pack.
#[test]
fn a_purchase_reads_in_the_buyers_currency() {
    for shape in Shape::ALL {
        let stage = played(
            *shape,
            "2026-02-01  sell cs_1 converted in=jpy subtotal=1350                   -> 1100
             2026-02-02  refund re_1 pi_1 135                                       -> 990",
        );
        let purchases = stage.credits.wallet("ann").purchases().unwrap();
        let [purchase] = &purchases[..] else { panic!("{purchases:?}") };
        assert_eq!((purchase.paid, &purchase.currency[..], purchase.returned), (1_350, "jpy", 135));
        let (sender, receiver) = channel();
        let told = move |event: &Event| match event {
            Event::CreditPackPurchased(event) => sender.send(event.price.clone().unwrap()),
            _ => Ok(()),
        };
        stage.credits.subscriber("prices").from_the_beginning().start(told).unwrap();
        let price = receiver.recv_timeout(Duration::from_mins(1)).unwrap();
        assert_eq!(
            (price.subtotal, &price.currency[..], price.paid, &price.paid_in[..]),
            (900, "usd", 1_350, "jpy")
        );
        assert_eq!(price.to_string(), "\u{a5}1350");
    }
}

/// A payment that succeeds late: earlier refunds of it take their share when the pack is given. A charge's
/// sum adds the part that no refund explains, and a dispute besides takes the rest until it is won.
#[test]
fn refunds_before_the_purchase_and_a_dispute_besides_count_once() {
    check(
        "2026-02-01  sell cs_1 status=unpaid                                        -> 0
         .           sell cs_1 status=unpaid kind=async_payment_failed              -> 0
         2026-02-02  refund re_1 pi_1 300
         .           charged_back ch_1 pi_1 450
         2026-02-03  sell cs_1 kind=async_payment_succeeded                         -> 550
         2026-02-04  withdrawn du_1 pi_1 900                                        -> 0
         2026-02-05  reinstated du_1 pi_1 900                                       -> 550",
    );
}

/// A charge has its refunded sum without its refunds. One of them is delivered when it fails. When it is
/// refunded again the sum is as before, and all of it counts.
#[test]
fn a_charge_without_its_refunds_is_taken_by_its_sum() {
    check(
        "2026-01-01  sell cs_1                                                      -> 1100
         # ceil(1,100 x 300 / 900).
         2026-01-02  charged_back ch_1 pi_1 300                                     -> 733
         2026-01-03  charged_back ch_1 pi_1 900                                     -> 0
         # 600 are left: ceil(1,100 x 600 / 900).
         2026-01-04  refund re_1 pi_1 300 failed                                    -> 366
         2026-01-05  charged_back ch_1 pi_1 900                                     -> 0",
    );
}

/// Disputed and won, then refunded, then the refund fails: everything is taken once, and given back as often.
/// Spent credits are owed.
#[test]
fn a_dispute_won_and_a_refund_that_fails_leave_everything() {
    check(
        "2026-02-01  sell cs_1 total=1071                                           -> 1100
         .           spend 600                                                      -> 500
         2026-02-02  withdrawn du_1 pi_1 1071                                       -> -600
         2026-02-03  reinstated du_1 pi_1 1071                                      -> 500
         2026-02-04  refund re_1 pi_1 1071                                          -> -600
         2026-02-05  refund re_1 pi_1 1071 failed                                   -> 500",
    );
}

/// The clock was two hours ahead during a booking and was then put right. Stripe's deliveries have the right
/// time.
#[test]
fn a_sale_after_the_clock_was_put_right_is_accepted() {
    for shape in Shape::ALL {
        let stage = Stage::new(*shape, instant("2026-02-01T12"));
        stage.clock.set(instant("2026-02-01T14"));
        stage.credits.wallet("bob").give_credits(1).now().wait().unwrap();
        let now = instant("2026-02-01T12:10");
        stage.clock.set(now);
        stage.send(now, "checkout.session.completed", &sale().json(), None);
        assert_eq!(stage.credits_of("ann"), 1_100);
    }
}

/// Amounts past 2^53 are exact: floats make 9,007,199,254,740,992 of 9,007,199,254,740,993 and would leave a
/// credit.
#[test]
fn amounts_past_the_range_of_floats_are_exact() {
    let paid = 9_007_199_254_740_993_i64;
    check(&format!(
        "2026-02-01  sell cs_1 total={paid}                                         -> 1100
         .           refund re_1 pi_1 {}                                            -> 0
         .           refund re_1 pi_1 {} failed                                     -> 1100
         .           refund re_2 pi_1 {paid}                                        -> 0",
        paid - 1,
        paid - 1,
    ));
}

pub fn sale() -> Session {
    Session {
        id: "cs_1".to_owned(),
        mode: "payment".to_owned(),
        payment_status: "paid".to_owned(),
        payment: Some("pi_1".to_owned()),
        reference: Some("ann".to_owned()),
        owner: Some("ann".to_owned()),
        pack: Some("boost".to_owned()),
        customer: Some("cus_ann".to_owned()),
        currency: "usd".to_owned(),
        subtotal: 900,
        total: 900,
        is_converted: false,
        is_by_link: false,
    }
}

//! Money that comes back for subscriptions: refunds, disputes and credit notes of their invoices.

use credits_runtime::billing::Unresolved;
use credits_runtime::testing::stripe::Shape;

use super::super::script::instant;
use super::payload;
use super::text::{check, played};

/// An upgrade for the second half of the month, 1,000 credits of it: in place, and by another item.
const UPGRADES: [&str; 2] = [
    "2026-01-31  subscribe s1 pro ..2026-02-28
     2026-02-14  change s1 max
     .           paid in_2 s1 pro -450 rest and max 1350 rest                       -> 2000",
    "2026-01-31  subscribe s1 pro ..2026-02-28
     2026-02-14  change s1 b:max
     .           paid in_2 s1 pro -450 rest and b:max 1350 rest                     -> 2000",
];

/// The base is refunded as goodwill and the upgrade is not: the time of the upgrade's invoice stays.
#[test]
fn a_refund_of_the_base_leaves_the_paid_rise() {
    for upgrade in UPGRADES {
        check(&format!("{upgrade}\n2026-02-15 refund re_1 pi_in_s1 900 -> 1000"));
    }
}

/// The upgrade's invoice alone is refunded. Then the base is disputed, and the dispute is won. The item still
/// says max, so the upgrade is listed as unpaid.
#[test]
fn a_refund_of_the_upgrade_and_a_dispute_of_the_base_take_each_its_part() {
    for upgrade in UPGRADES {
        check(&format!(
            "{upgrade}
             2026-02-15  refund re_1 pi_in_2 900                                    -> 1000 listed=1
             2026-02-16  withdrawn du_1 pi_in_s1 900                                -> 0
             2026-02-20  reinstated du_1 pi_in_s1 900                               -> 1000 listed=1",
        ));
    }
}

/// Most was paid from the customer's balance, and the charged dollar is refunded: a part of the invoice.
#[test]
fn a_refund_of_the_part_that_was_charged_is_in_part() {
    check(
        "2026-01-31  join s1 max ..2026-02-28
         .           paid in_1 s1 max 2700 month charged=100 total=2700             -> 3000
         2026-02-01  refund re_1 pi_in_1 100                                        -> 3000 listed=1",
    );
}

/// A credit note to the customer's balance returns the whole invoice without any refund: the balance pays for
/// the next invoice. So does a note out of band for an invoice that was paid outside of Stripe.
#[test]
fn a_credit_note_over_everything_leaves_nothing() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28                                  -> 1000
         2026-02-01  note cn_1 in_s1 900                                            -> 0",
    );
    check(
        "2026-01-01  join s1 pro ..2026-02-01
         .           paid in_1 s1 pro 900 month charged=0 by_hand                   -> 1000
         2026-01-05  note cn_1 in_1 900                                             -> 0",
    );
}

/// 899 of 900 are refunded: nothing is taken, because no cent names its purpose. The return is listed.
#[test]
fn a_refund_in_part_takes_nothing_and_is_listed() {
    for shape in Shape::ALL {
        let stage = played(*shape, "2026-01-31 subscribe s1 pro ..2026-02-28 -> 1000");
        let at = instant("2026-02-02");
        stage.go_to(at);
        let refund = payload::refund("re_1", "pi_in_s1", 899, "succeeded");
        stage.send(at, "refund.created", &refund, None);
        assert_eq!(stage.credits_of("ann"), 1_000);
        let listed = stage.credits.unresolved().unwrap();
        let [Unresolved::PartialReturn { owner, part }] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((owner.as_str(), part.invoice.as_str()), ("ann", "in_s1"));
        assert_eq!((part.returned, part.paid, part.currency.as_str()), (899, 900, "usd"));
        // With the last cent everything is returned.
        let last = payload::refund("re_2", "pi_in_s1", 1, "succeeded");
        stage.send(at, "refund.created", &last, None);
        assert_eq!(stage.credits_of("ann"), 0);
        assert!(stage.credits.unresolved().unwrap().is_empty());
        stage.credits.verify().unwrap();
    }
}

/// A refund of a payment without a purchase or an invoice, with an owner named, is listed until the purchase
/// is known, and then takes its share of it.
#[test]
fn a_refund_of_an_unknown_payment_is_listed() {
    for shape in Shape::ALL {
        let stage = played(*shape, "2026-02-01 look");
        let at = instant("2026-02-01");
        let mut refund = payload::refund("re_1", "pi_1", 450, "succeeded");
        refund["metadata"]["credits_owner"] = "ann".into();
        stage.send(at, "refund.created", &refund, None);
        let listed = stage.credits.unresolved().unwrap();
        assert!(
            matches!(&listed[..], [Unresolved::PaymentUnknown { owner, payment, returned: 450 }]
                if owner.as_str() == "ann" && payment.as_str() == "pi_1"),
            "{listed:?}"
        );
        stage.send(at, "checkout.session.completed", &super::packs::sale().json(), None);
        assert_eq!(stage.credits_of("ann"), 550);
        assert!(stage.credits.unresolved().unwrap().is_empty());
    }
}

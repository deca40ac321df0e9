//! Packs, refunds and disputes.

use credits_runtime::billing::{PurchaseProblem, Unresolved};

use super::script::{check, steps};

#[test]
fn a_pack_is_given_once_with_its_bonus() {
    check(
        "2026-01-01   pack cs1 pi1 boost    -> 1100
         +1h          pack cs1 pi1 boost    -> 1100
         +1h          pack cs2 pi2 boostx2  -> 3300",
    );
}

#[test]
fn what_was_not_paid_as_offered_gives_nothing_and_is_listed() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 boost subtotal=500   -> 0
         .            pack cs2 pi2 boost in=eur         -> 0
         .            pack cs3 pi3 unheard              -> 0
         # A discount changes the payment and not the credits.
         .            pack cs4 pi4 boost paid=100       -> 1100",
    );
    let unresolved = stage.credits.unresolved().unwrap();
    assert_eq!(unresolved.len(), 3, "{unresolved:?}");
}

#[test]
fn a_pack_is_compared_with_its_price_in_the_currency_it_was_paid_in() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 abroad                                -> 100
         .            pack cs2 pi2 abroad in=eur subtotal=899            -> 200
         # Stripe counts shillings in hundredths.
         .            pack cs3 pi3 abroadx2 in=ugx subtotal=6000000      -> 400
         # Dollars are no euros.
         .            pack cs4 pi4 abroad in=eur subtotal=900            -> 400
         .            pack cs5 pi5 abroad in=chf subtotal=900            -> 400
         # The refund is a share of the payment in its own currency.
         +1d          refund pi2 re1 450                                 -> 349",
    );
    let problem = |session: &str| {
        stage.credits.unresolved().unwrap().into_iter().find_map(|unresolved| match unresolved {
            Unresolved::Purchase { session: of, problem, .. } if of.as_str() == session => Some(problem),
            _ => None,
        })
    };
    assert_eq!(problem("cs4"), Some(PurchaseProblem::AmountDiffers { expected: 899, subtotal: 900 }));
    let declared = ["usd", "eur", "ugx"].map(str::to_owned).to_vec();
    assert_eq!(problem("cs5"), Some(PurchaseProblem::CurrencyDiffers { declared, paid: "chf".to_owned() }));
}

mod euros {
    credits_runtime::usage_credits! {
        credit_pack abroad { gives 100.credits costs 9.dollars, 8.99.euros }
    }
}

mod other_euros {
    credits_runtime::usage_credits! {
        credit_pack abroad { gives 100.credits costs 9.dollars, 8.98.euros }
    }
}

#[test]
fn every_price_of_a_pack_is_one_of_its_terms() {
    let catalogue = euros::Pricing::catalog();
    assert_ne!(catalogue.fingerprint(), other_euros::Pricing::catalog().fingerprint());
    let pack = &catalogue.packs[0];
    let prices: Vec<_> =
        pack.prices.iter().map(|price| (price.costs, &price.currency[..], &price.price[..])).collect();
    assert_eq!(prices[..2], [(900, "usd", "$9"), (899, "eur", "\u{20ac}8.99")]);
    assert!(
        euros::Pricing::price_list().contains("| $9 or \u{20ac}8.99 |"),
        "{}",
        euros::Pricing::price_list()
    );
}

#[test]
fn a_refund_takes_its_share_rounded_up_and_only_the_difference() {
    check(
        "2026-01-01   pack cs1 pi1 boost        -> 1100
         +1d          refund pi1 re1 1          -> 1098
         +1d          refund pi1 re2 449        -> 550
         # The sum again, and the same refunds again.
         .            refunded pi1 450          -> 550
         .            refund pi1 re1 1          -> 550
         +1d          refund pi1 re3 450        -> 0
         +1d          refund pi1 re3 450 failed -> 550",
    );
}

#[test]
fn refunded_credits_that_were_spent_are_owed_and_repaid() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 boost      -> 1100
         .            spend 1000              -> 100
         +1d          refund pi1 re1 900      -> -1000
         .            give 300                -> -700
         # Lost, then not: the owed credits are there again, and repay the debt.
         +1d          refund pi1 re1 900 failed -> 400",
    );
    assert_eq!(stage.ann.debt().unwrap(), 0);
}

#[test]
fn a_refund_takes_the_packs_own_credits_first() {
    let stage = check(
        "2026-01-01   give 500                -> 500
         .            pack cs1 pi1 boost      -> 1600
         .            refund pi1 re1 900      -> 500",
    );
    let entry = &stage.ann.credit_history().page().unwrap().entries[0];
    assert_eq!((entry.category.name(), entry.allocations.len()), ("credit_pack_refund", 2));
}

#[test]
fn what_has_expired_counts_as_returned() {
    check(
        "2026-01-01   pack cs1 pi1 brief      -> 300
         .            spend 100               -> 200
         2026-02-10   give 500                -> 500
         # 200 of the 300 expired; the 100 that were spent are taken from elsewhere.
         .            refund pi1 re1 900      -> 400",
    );
}

#[test]
fn a_dispute_takes_and_gives_back_once() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 boost      -> 1100
         +1d          dispute pi1 dp1 900     -> 0
         +1d          reinstated pi1 dp1      -> 1100
         .            reinstated pi1 dp1      -> 1100
         # The withdrawal arrives again, late.
         .            look                    -> 1100",
    );
    assert!(stage.history().contains("+1100 dispute_reversal"), "{}", stage.history());
}

#[test]
fn what_arrives_late_counts_from_when_it_happened() {
    check(
        "2026-01-01   pack cs1 pi1 boost      -> 1100
         # Both in one second, the end first: money that came back was taken before.
         .            reinstated pi1 dp1      -> 1100
         .            dispute pi1 dp1 900     -> 1100
         2026-01-03   refund pi1 re1 900 failed happened=2026-01-02T12   -> 1100
         .            refund pi1 re1 900 happened=2026-01-02T10          -> 1100
         2026-01-10   pack cs2 pi2 brief happened=2026-01-05             -> 1400
         2026-02-04   look                                               -> 1100",
    );
}

#[test]
fn a_refund_and_a_dispute_of_one_payment_take_it_once() {
    check(
        "2026-01-01   pack cs1 pi1 boost      -> 1100
         +1d          refund pi1 re1 450      -> 550
         +1d          dispute pi1 dp1 900     -> 0
         +1d          reinstated pi1 dp1      -> 550",
    );
}

#[test]
fn what_came_before_the_purchase_waits_for_it() {
    check(
        "2026-01-02   refund pi1 re1 900      -> 0
         2026-01-03   pack cs1 pi1 boost      -> 0
         .            refund pi1 re1 900 failed -> 1100",
    );
}

#[test]
fn credits_given_back_have_at_least_the_lifetime_they_had_left() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 brief      -> 300
         2026-01-21   dispute pi1 dp1 900     -> 0
         # Ten days were left when they were taken.
         2026-03-01   reinstated pi1 dp1      -> 300
         2026-03-10   look                    -> 300
         2026-03-11   look                    -> 0",
    );
    assert!(stage.history().contains("dispute_reversal"));
}

/// A checkout in payment mode makes an invoice on request. The pack is on both, and is given once.
#[test]
fn a_pack_on_an_invoice_that_its_checkout_made_is_given_once() {
    let lines = [
        "2026-01-01 pack cs1 pi1 boost",
        "2026-01-01 paid in1 s1 boost 2026-01-01..2026-01-01 fee amount=900 total=900 by=pi1",
    ];
    for order in [[0, 1], [1, 0]] {
        let stage = check("2026-01-01 look -> 0");
        for place in order {
            stage.play(&steps(lines[place])[0]);
        }
        assert_eq!(stage.says(), "1100", "{order:?}\n{}", stage.history());
        for step in steps("2026-01-02 spend 600 -> 500\n. refund pi1 re1 900 -> -600") {
            stage.play(&step);
        }
        stage.credits.verify().unwrap();
    }
}

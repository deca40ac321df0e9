//! Lines of invoices: which ones pay for a plan, and for how much of it.

use super::text::check;

/// An overage or a service on the renewal's invoice is an invoice item. It has a period, for the recognition
/// of revenue, and belongs to no plan.
#[test]
fn an_invoice_item_with_a_period_of_its_own_pays_for_no_plan() {
    check(
        "2026-01-31     subscribe s1 kept ..2026-02-28                              -> 1000
         2026-02-28     change s1 ..2026-03-31
         2026-02-28T01  paid in_2 s1 overage 5000 2026-01-31..2026-02-28 extra and kept 900 month  -> 2000",
    );
    // Nor does it give the past month again where credits expire.
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         .              spend 1000
         2026-02-28     change s1 ..2026-03-31
         2026-02-28T01  paid in_2 s1 pro 900 month and overage 5000 2026-01-31..2026-02-28 extra
         2026-03-10     look                                                        -> 1000",
    );
    // $2,000 of consulting, billed with the renewal.
    check(
        "2026-01-01     subscribe s1 pro ..2026-02-01
         2026-02-01     change s1 ..2026-03-01
         .              paid in_2 s1 consulting 200000 2026-01-01..2026-02-01 extra and pro 900 month
         2026-02-02     look                                                        -> 1000",
    );
}

/// Stripe gives a fee no length by default. A fee belongs to no plan, and its price is not listed.
#[test]
fn a_fee_is_no_unknown_price_of_a_plan() {
    check(
        "2026-01-31     subscribe s1 kept ..2026-02-28
         2026-02-28     change s1 ..2026-03-31
         2026-02-28T01  paid in_2 s1 kept 900 month and onboarding 50000 2026-02-10..2026-02-10 extra  -> 2000 listed=0",
    );
    for period in ["2026-01-01..2026-01-01", "2026-01-01..2026-02-01"] {
        check(&format!(
            "2026-01-01  join s1 pro ..2026-02-01
             .           paid in_1 s1 setup 5000 {period} extra and pro 900 month   -> 1000 listed=0",
        ));
    }
}

/// A metered price bills usage, and its line has the usage as its quantity: 100 credits a month are not 100 a
/// unit.
#[test]
fn metered_usage_is_no_quantity() {
    for usage in [5_312, 4_321, 1, 0] {
        check(&format!(
            "2026-01-31     join s1 payg* ..2026-02-28
             .              paid in_1 s1                                            -> 0
             2026-02-28     change s1 ..2026-03-31
             2026-02-28T01  paid in_2 s1 paygx{usage} {usage} 2026-01-31..2026-02-28  -> 100",
        ));
    }
}

/// Graduated tiers are one line each, 5 at $10 and 3 at $8: eight seats.
#[test]
fn tiers_of_one_item_add_up() {
    check(
        "2026-01-31  join s1 prox8 ..2026-02-28
         .           paid in_1 s1 prox5 5000 month and prox3 2400 month             -> 8000",
    );
    // The flat fee of a tier is a line of quantity 0.
    check(
        "2026-01-31  join s1 prox2 ..2026-02-28
         .           paid in_1 s1 prox2 200 month and prox0 5000 month              -> 2000",
    );
}

#[test]
fn items_of_several_prices_give_each_its_own() {
    check(
        "2026-01-31  join s1 a:pro b:addonx3 ..2026-02-28
         .           paid in_1 s1 a:pro 900 month and b:addonx3 750 month           -> 2500",
    );
}

/// Amounts of lines are before discounts: a coupon of 100% changes the payment and not the credits.
#[test]
fn an_invoice_paid_with_nothing_because_of_a_coupon_gives_the_month() {
    check(
        "2026-01-31  join s1 pro ..2026-02-28
         .           paid in_1 s1 pro 900 month discounted                          -> 1000",
    );
}

/// A one-time price in a checkout of mode `subscription`, or on an invoice written by hand, is a purchase of
/// the pack.
#[test]
fn a_pack_on_an_invoice_is_given() {
    check(
        "2026-01-31  join s1 pro ..2026-02-28
         .           paid in_1 s1 pro 900 month and boost 900 once                  -> 2100",
    );
    check(
        "2026-01-31  link cus_ann ann
         .           paid in_1 - boost 900 once unnamed                             -> 1100",
    );
}

//! Words for people: display names, documentation and shown prices reach the catalogue and the price list; former
//! names reach the catalogue.

#![deny(missing_docs, warnings, clippy::pedantic)]

use credits_runtime::Rejection;
use credits_runtime::generated::Pricing as _;
use credits_runtime::usage_credits;

usage_credits! {
    /// Grown in caves.
    asset gem, "magic gem", "magic gems"
    asset index, indices, "table entry", "table entries"

    operation draw_image {
        costs 5.gems
    }
    /// Reads a document,
    /// page by page.
    operation scan {
        costs 1.credit_per(page)
        named "Document | scan"
        formerly read_document, read
    }
    subscription_plan studio {
        stripe_price month: "price_month", year: "price_year"
        gives 10_000.credits.every(month)
        costs 29.dollars.per(month), 290.dollars.per(:year), 27.euros.per(month)
        named "Studio for teams"
        formerly :creator
    }
    subscription_plan free { stripe_price "price_free" gives nothing }
    /// Lasts a while.
    credit_pack large_boost {
        gives 500.credits
        costs 9.dollars
    }
    credit_pack purse {
        gives 5.gems
        costs 9.dollars
        named: "Purse"
        formerly wallet
    }
}

/// What customers read: no ids of Stripe's, no identifiers.
const PRICE_LIST: &str = "\
# Operations

| operation | costs |
| --- | --- |
| Draw image | 5 magic gems |
| Document \\| scan: Reads a document, page by page. | 1 credit per page |

# Packs

| pack | gives | costs |
| --- | --- | --- |
| Large boost: Lasts a while. | 500 credits | $9 |
| Purse | 5 magic gems | $9 |

# Plans

| plan | gives | unused credits | costs |
| --- | --- | --- | --- |
| Studio for teams | 10,000 credits every month | expire | $29 per month, $290 per year or \u{20ac}27 per month |
| Free | nothing | - |  |
";

#[test]
fn the_price_list_is_for_customers() {
    assert_eq!(Pricing::price_list(), PRICE_LIST);
}

#[test]
fn the_catalogue_has_every_word() {
    let catalogue = Pricing::CATALOGUE;
    let named = |pack: Pack| (pack.spec().named, pack.spec().docs);
    assert_eq!(named(Pack::LargeBoost), ("Large boost", "Lasts a while."));
    assert_eq!(catalogue.operations[1].docs, "Reads a document,\npage by page.");
    assert_eq!(catalogue.operations[1].formerly, ["read_document", "read"]);
    assert_eq!(
        (Plan::Studio.spec().formerly, Pack::Purse.spec().formerly),
        (&["creator"][..], &["wallet"][..])
    );
    assert_eq!(catalogue.assets[0].docs, "Grown in caves.");
    assert_eq!((catalogue.assets[0].plural, catalogue.assets[1].named.many), ("gems", "table entries"));
    let data = Pricing::catalog();
    assert_eq!(
        (data.assets[0].named.one.as_str(), data.plans[0].named.as_str()),
        ("magic gem", "Studio for teams")
    );
    assert_eq!(
        (data.plans[0].costs[1].price.as_str(), data.plans[0].costs[1].per.as_str()),
        ("$290", "year")
    );
}

#[test]
fn words_are_no_terms_and_former_names_are() {
    let mut data = Pricing::catalog();
    let fingerprint = data.fingerprint();
    data.operations[1].named = "Scan".to_owned();
    data.plans[0].costs.clear();
    data.packs[0].docs.clear();
    data.assets[0].named.one.clear();
    assert_eq!(data.fingerprint(), fingerprint);
    data.plans[0].formerly.clear();
    assert_ne!(data.fingerprint(), fingerprint);
}

#[test]
fn entries_and_receipts_are_described_for_people() -> Result<(), credits_runtime::Error> {
    let credits = Credits::in_memory()?;
    let user = credits.wallet("ann");
    user.give_credits(10).now().wait()?;
    let receipt = user.spend_credits_on(Operation::scan(3)).now().wait()?;
    assert_eq!(receipt.entry.description(), "Document | scan");
    assert_eq!(receipt.entry.operation.as_deref(), Some("scan"));
    let gems = user.of(Asset::Gems);
    let rejected = user.spend_credits_on(Operation::draw_image()).now().wait().unwrap_err();
    assert!(matches!(rejected, credits_runtime::Error::Rejected(Rejection::InsufficientCredits { .. })));
    let gift = gems.give_credits(1).now().wait()?;
    assert_eq!(gift.entry.formatted_amount(), "+1 magic gem");
    Ok(())
}

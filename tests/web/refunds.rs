//! Refunds on the page of an owner: the money goes back at Stripe once, and the credits leave with it.

use axum::Router;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Shape};
use credits_web::Access;

use crate::forms::{Filled, followed, hidden, owner_page};
use crate::site::{Answer, Site};

mod shop {
    credits_runtime::usage_credits! {
        asset gem
        credit_pack boost { gives 500.credits costs 9.00.usd }
        credit_pack jewels { gives 50.gems costs 1.000.kwd }
        operation step { costs 1.credit }
        operation polish { costs 1.gem }
    }
}

struct Shop {
    credits: shop::Credits,
    account: Account,
    site: Site,
    /// Another dashboard of the same ledger.
    second: Site,
}

impl Shop {
    /// Ann has bought a boost for $9.00.
    fn new(access: fn() -> Access) -> Self {
        let start = "2026-01-31T00:00:00Z".parse().unwrap();
        let clock = ManualClock::at(start);
        let mut account = Account::new(Shape::Clover, start);
        let credits = shop::Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret());
        let stripe = stripe.transport(account.transport()).build().unwrap();
        account.buy("ann", "boost", 900, None);
        account.deliver(&stripe, &clock);
        let mounted = || {
            let dashboard = credits_web::dashboard(&credits).authorize(move |_| access());
            Site::of(Router::new().nest_service("/admin", dashboard.stripe(stripe.clone())))
        };
        let (site, second) = (mounted(), mounted());
        Self { credits, account, site, second }
    }

    fn all() -> Self {
        Self::new(|| Access::all("ada@example.com"))
    }

    fn form(&self, amount: &str) -> Filled<'_> {
        Self::form_on(&self.site, amount)
    }

    fn form_on<'a>(site: &'a Site, amount: &str) -> Filled<'a> {
        let typed = [("amount", amount), ("reason", "a broken picture")];
        Filled::on(site, &owner_page("ann"), "refund", "", &typed)
    }

    /// A form that was on an earlier page, under another key.
    fn late(&self, fields: &[(String, String)], key: &str) -> Answer {
        let fields = fields.iter().filter(|(name, _)| name != "key");
        let mut fields: Vec<_> = fields.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("key", key), ("reason", "r")]);
        self.site.form("/admin/owner/refund", &fields)
    }

    fn ann(&self) -> i64 {
        self.credits.wallet("ann").credits().unwrap().get()
    }

    fn returned(&self) -> i64 {
        self.credits.wallet("ann").purchases().unwrap()[0].returned
    }
}

#[test]
fn a_purchase_is_refunded_after_a_second_look() {
    let shop = Shop::all();
    let form = shop.form("4.50");
    let look = form.send();
    for shown in ["500", "\u{2212}250", "250", "returns $4.50 of $9.00; $0.00 came back", "a broken picture"]
    {
        assert!(look.page(200).contains(shown), "{shown}: {}", look.body);
    }
    assert_eq!((shop.ann(), shop.returned()), (500, 0));
    let done = form.confirm(&look);
    let page = followed(&shop.site, &done);
    assert!(page.contains("Refunded: $4.50 of $9.00 came back."), "{page}");
    assert_eq!((shop.ann(), shop.returned()), (250, 450));

    // Twice the same form is one refund, also from its first page.
    for again in [form.confirm(&look), form.send()] {
        assert_eq!(again.header("location"), done.header("location"));
    }
    assert_eq!((shop.ann(), shop.returned()), (250, 450));

    // The rest, by a form with a key of its own.
    let rest = shop.form(" ");
    let rest_fields = hidden(shop.site.get(&owner_page("ann")).page(200), "refund", "");
    followed(&shop.site, &rest.confirm(&rest.send()));
    assert_eq!((shop.ann(), shop.returned()), (0, 900));
    assert!(!shop.site.get(&owner_page("ann")).page(200).contains("owner/refund"));
    let again = rest.send();
    assert_eq!(again.status.as_u16(), 303);
    let late = shop.late(&rest_fields, "form:00000000000000000000000000000000");
    assert!(late.page(409).contains("of $9.00, $9.00 came back"), "{}", late.body);
    shop.credits.verify().unwrap();
}

#[test]
fn a_double_click_refunds_once() {
    let shop = Shop::all();
    let form = shop.form("3");
    let look = form.send();
    std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..8).map(|_| scope.spawn(|| form.confirm(&look).status.as_u16())).collect();
        for click in clicks {
            assert_eq!(click.join().unwrap(), 303);
        }
    });
    assert_eq!((shop.returned(), shop.ann()), (300, 333));
    shop.credits.verify().unwrap();
}

/// Two administrators read the same complaint: the second one does not refund what the first one has refunded.
#[test]
fn a_purchase_that_was_refunded_meanwhile_is_shown_again() {
    let shop = Shop::all();
    let (mine, theirs) = (shop.form("3.00"), shop.form("3.00"));
    let look = mine.send();
    followed(&shop.site, &theirs.confirm(&theirs.send()));
    let again = mine.confirm(&look);
    assert!(
        again.page(200).contains("Not sent: the purchase is not as it was shown before"),
        "{}",
        again.body
    );
    assert_eq!(shop.returned(), 300);
    // Confirmed again it is another refund, with another key.
    let key = |page: &str| hidden(page, "refund", "").into_iter().find(|(name, _)| name == "key").unwrap();
    assert_ne!(key(&again.body), key(&look.body));
    let fields = hidden(&again.body, "refund", "");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    followed(&shop.site, &shop.site.form("/admin/owner/refund", &fields));
    assert_eq!((shop.returned(), shop.ann()), (600, 166));
}

#[test]
fn what_cannot_be_returned_keeps_the_form() {
    let shop = Shop::all();
    for (amount, rule) in [
        ("9.01", "`amount` is `9.01`: return at most $9.00, as in 9.00"),
        ("0", "`amount` is `0`: return at most"),
        ("-1", "`amount` is `-1`: return at most"),
        ("1,5", "`amount` is `1,5`: return at most"),
        ("0.001", "`amount` is `0.001`: return at most"),
        ("<b>", "`amount` is `&lt;b&gt;`: return at most"),
    ] {
        let refused = shop.form(amount).send();
        assert!(refused.page(422).contains(rule), "{amount}: {}", refused.body);
        assert!(refused.body.contains("aria-invalid") && refused.body.contains("a broken picture"));
    }
    let unreasoned =
        Filled::on(&shop.site, &owner_page("ann"), "refund", "", &[("amount", "1"), ("reason", " ")]);
    assert!(unreasoned.send().page(422).contains("say why"));
    let fields = hidden(shop.site.get(&owner_page("ann")).page(200), "refund", "");
    let stolen = |name: &str, value: &str| {
        let set = |(field, old): &(String, String)| {
            (field.clone(), if field == name { value.to_owned() } else { old.clone() })
        };
        let mut fields: Vec<_> = fields.iter().map(set).collect();
        fields.push(("reason".to_owned(), "r".to_owned()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        shop.site.form("/admin/owner/refund", &fields)
    };
    assert!(stolen("name", "ben").page(404).contains("is no purchase of this owner"));
    assert!(stolen("number", "cs_other").page(404).contains("`cs_other` is no purchase"));
    assert_eq!((shop.ann(), shop.returned()), (500, 0));
}

#[test]
fn nobody_refunds_without_the_right_or_the_processor() {
    let mut shop = Shop::all();
    let fields = hidden(shop.site.get(&owner_page("ann")).page(200), "refund", "");
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("reason", "r"));
    let reader = Shop::new(|| Access::read("ben"));
    assert!(!reader.site.get(&owner_page("ann")).page(200).contains("owner/refund"));
    assert!(reader.site.form("/admin/owner/refund", &fields).page(403).contains("read_only"));
    assert_eq!(reader.ann(), 500);

    let dashboard = credits_web::dashboard(&shop.credits).authorize(|_| Access::all("ada"));
    shop.site = Site::of(Router::new().nest_service("/admin", dashboard));
    let page = shop.site.get(&owner_page("ann"));
    assert!(page.page(200).contains("Purchases") && !page.body.contains("owner/refund"));
    assert!(shop.site.form("/admin/owner/refund", &fields).page(404).contains("is not connected"));
    assert_eq!((shop.ann(), shop.returned()), (500, 0));
    // Nothing was posted to Stripe either.
    assert_eq!(
        [&mut shop, &mut { reader }].map(|shop| shop.account.refund_named("re_posted_1")),
        [None, None]
    );
}

/// Forms at one time, on two dashboards: the second one is checked when the first one is done.
#[test]
fn two_administrators_at_one_time_refund_once() {
    let shop = Shop::all();
    let sites = [&shop.site, &shop.second];
    let forms: Vec<_> = (0..4).map(|turn| Shop::form_on(sites[turn % 2], "3.00")).collect();
    let looks: Vec<_> = forms.iter().map(Filled::send).collect();
    let statuses = std::thread::scope(|scope| {
        let sent: Vec<_> = forms
            .iter()
            .zip(&looks)
            .map(|(form, look)| scope.spawn(|| form.confirm(look).status.as_u16()))
            .collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(shop.returned(), 300);
}

/// Stripe keeps its refusal for the key: the form that is drawn again has another.
#[test]
fn a_refusal_of_stripes_has_a_new_key() {
    let mut shop = Shop::all();
    let (fields, look) = {
        let form = shop.form("5.00");
        let look = form.send();
        (form.fields, look)
    };
    // A refund at Stripe, whose webhook is late.
    let payment = shop.credits.wallet("ann").purchases().unwrap()[0].payment.clone().unwrap();
    let payment = shop.account.payment_named(payment.as_str()).unwrap();
    shop.account.refund(&payment, 500);
    let form = Filled { site: &shop.site, action: "refund", fields };
    let refused = form.confirm(&look);
    assert!(refused.page(409).contains("greater than unrefunded amount"), "{}", refused.body);
    let key = |page: &str| hidden(page, "refund", "").into_iter().find(|(name, _)| name == "key").unwrap();
    assert_ne!(key(&refused.body), key(&look.body));
    assert_eq!(shop.returned(), 0);
}

/// Three decimals, and a wallet that is not the one of the page.
#[test]
fn a_pack_of_another_asset_shows_its_own_balance() {
    let start = "2026-01-31T00:00:00Z".parse().unwrap();
    let clock = ManualClock::at(start);
    let mut account = Account::new(Shape::Clover, start);
    let credits = shop::Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret());
    let stripe = stripe.transport(account.transport()).build().unwrap();
    let price = credits_runtime::testing::stripe::Price::once("price_jewels", 1_000).in_currency("kwd");
    account.purchase("ann", credits_runtime::testing::stripe::Purchase::of(price).naming_pack("jewels"));
    account.deliver(&stripe, &clock);
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::all("ada")).stripe(stripe);
    let site = Site::of(Router::new().nest_service("/admin", dashboard));
    let typed = [("amount", "0.5"), ("reason", "r")];
    let form = Filled::on(&site, &owner_page("ann"), "refund", "", &typed);
    let look = form.send();
    for shown in ["Available gem, before and after", "\u{2212}25", "0.500 KWD of 1.000 KWD"] {
        assert!(look.page(200).contains(shown), "{shown}: {}", look.body);
    }
    followed(&site, &form.confirm(&look));
    assert_eq!(credits.wallet("ann").of(shop::Asset::Gems).credits().unwrap(), 25);
}

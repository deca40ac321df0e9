//! The page of money: what waits for a decision, the events of billing, purchases and returns.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Shape};
use credits_runtime::{Owner, Timestamp};
use credits_web::Access;

use self::shop::Credits;
use crate::site::Site;

mod shop {
    credits_runtime::usage_credits! {
        subscription_plan pro { stripe_price "price_pro" gives 500.credits.every(month) }
        credit_pack boost { gives 1_000.credits costs 9.dollars }
        operation step { costs 1.credit }
    }
}

fn site(credits: &Credits) -> Site {
    let dashboard = credits_web::dashboard(credits).authorize(|request| {
        if request.headers.contains_key("x-reader") { Access::read("ben") } else { Access::all("ada") }
    });
    Site::of(Router::new().nest_service("/admin", dashboard))
}

fn start() -> Timestamp {
    "2026-01-31T10:00:00Z".parse().unwrap()
}

fn id(text: &str) -> ObjectId {
    ObjectId::new(text).unwrap()
}

/// A shop that sold a pack and a month, took the pack's payment back in half, and has a dispute.
fn sold() -> (Credits, ManualClock) {
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let mut account = Account::new(Shape::Clover, start());
    let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport());
    let stripe = stripe.build().unwrap();
    account.subscribe("ann", "price_pro", 900);
    let payment = account.buy("bob", "boost", 900, None);
    account.refund(&payment, 450);
    let other = account.buy("eve", "boost", 900, None);
    account.dispute(&other);
    account.deliver(&stripe, &clock);
    (credits, clock)
}

/// A refund of a payment that nothing tells of.
fn strange_refund(credits: &Credits, payment: &str, owner: Option<&str>) {
    let what = Happening::Refunded {
        payment: id(payment),
        refund: id(&format!("re_{payment}")),
        amount: 900,
        stands: true,
        made_at: None,
    };
    let owner = owner.map(|owner| Owner::new(owner).unwrap());
    let event = BillingEvent { at: credits.now(), objects: vec![id(payment)], owner, what };
    credits.receive(event).wait().unwrap();
}

/// A strange text as an address has it.
const STRANGE: &str = "a/b?c#d <b>&\"x\"";
const STRANGE_IN_QUERY: &str = "a%2Fb%3Fc%23d+%3Cb%3E%26%22x%22";

#[test]
fn events_show_what_followed_from_them() {
    let (credits, _clock) = sold();
    let site = site(&credits);
    let found = site.get("/admin/money");
    let page = found.page(200);
    for text in [
        "Nothing waits",
        "sold boost: $9",
        "+1,000</a> Credit pack purchase",
        "\u{2212}500</a> Credit pack refund",
        "\u{2212}1,000</a> Dispute",
        "+500</a> Subscription credits",
        "was paid: $9",
        "owner?name=bob",
    ] {
        assert!(page.contains(text), "`{text}` is missing in {page}");
    }
    let purchases = page.split("Purchases, refunds and disputes").nth(1).unwrap();
    assert!(purchases.contains("bob") && purchases.contains("eve") && !purchases.contains("ann"));
}

#[test]
fn older_events_follow_on_the_next_page() {
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock).in_memory().unwrap();
    for number in 0..40 {
        strange_refund(&credits, &format!("pi_{number:02}"), Some("ann"));
    }
    let site = site(&credits);
    let first = site.get("/admin/money");
    assert!(first.page(200).contains("A refund of pi_39") && !first.body.contains("A refund of pi_05"));
    let next = first.body.split("Older events").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split(['#', '"']).next().unwrap();
    let older = site.get(&format!("/admin/{}", next.trim_start_matches("./")));
    assert!(older.page(200).contains("A refund of pi_05") && !older.body.contains("A refund of pi_39"));
    site.get("/admin/money?before=x").page(422);
    site.get("/admin/money?before=-1").page(422);
    site.get("/admin/money?before=999999").page(200);
    site.get("/admin/money?before=0").page(200);
}

#[test]
fn an_object_is_linked_after_a_second_look() {
    let credits = Credits::in_memory().unwrap();
    strange_refund(&credits, "pi_1", None);
    let site = site(&credits);
    let page = site.get("/admin/money");
    assert!(page.page(200).contains("its owner is unknown") && page.body.contains("money/link?object=pi_1"));
    assert!(page.body.contains("It cannot be dismissed") && page.body.contains("waited for its owner"));
    assert!(site.get("/admin/money/link?object=pi_1").page(200).contains("value=\"pi_1\""));

    let look = site.get("/admin/money/link?object=pi_1&owner=user%3A1");
    assert!(look.page(200).contains("applied then: 1.") && look.body.contains("no entries yet"));
    assert_eq!(credits.unresolved().unwrap()[0].owner(), None, "a look changes nothing");

    let link = || site.form("/admin/money/link", &[("object", "pi_1"), ("owner", "user:1")]);
    let sent = link();
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "../money?done=linked"));
    assert_eq!(credits.unresolved().unwrap()[0].owner().unwrap().as_str(), "user:1");
    let facts = credits.statistics().facts;
    assert_eq!(link().header("location"), "../money?done=linked_before");
    assert_eq!(credits.statistics().facts, facts, "the form sent again changes nothing");
    assert!(site.get("/admin/money?done=linked").page(200).contains("The object is linked."));
    site.get("/admin/money?done=%3Cscript%3E").page(200);
}

#[test]
fn an_entry_is_dismissed_after_a_second_look() {
    let credits = Credits::in_memory().unwrap();
    strange_refund(&credits, "pi_1", Some(STRANGE));
    strange_refund(&credits, "pi_1", Some("user:2"));
    let key = credits.unresolved().unwrap()[0].key().unwrap();
    assert_eq!(key, "payment pi_1 900");
    let site = site(&credits);
    let page = site.get("/admin/money");
    let address = format!("money/dismiss?owner={STRANGE_IN_QUERY}&amp;key=payment+pi_1+900");
    assert!(page.page(200).contains(&address), "{}", page.body);
    assert!(!page.body.contains("<b>&"));
    let before = credits.unresolved().unwrap().len();
    let look = site.get(&format!("/admin/{}", address.replace("&amp;", "&")));
    assert!(look.page(200).contains("Dismiss this entry?") && look.body.contains("No credits change"));
    assert_eq!(credits.unresolved().unwrap().len(), before, "a look changes nothing");

    let dismiss = || site.form("/admin/money/dismiss", &[("owner", STRANGE), ("key", &key)]);
    assert_eq!(dismiss().header("location"), "../money?done=dismissed");
    let left = credits.unresolved().unwrap();
    assert_eq!(left.len(), before - 1);
    assert!(
        left.iter().all(|entry| entry.owner().unwrap().as_str() != STRANGE),
        "another owner keeps the entry"
    );
    let facts = credits.statistics().facts;
    assert_eq!(dismiss().header("location"), "../money?done=dismissed_before");
    assert_eq!(credits.statistics().facts, facts);
    site.get(&format!("/admin/{}", address.replace("&amp;", "&"))).page(404);
}

#[test]
fn bad_fields_link_and_dismiss_nothing() {
    let credits = Credits::in_memory().unwrap();
    strange_refund(&credits, "pi_1", Some("user:1"));
    let facts = credits.statistics().facts;
    let site = site(&credits);
    let long = "x".repeat(256);
    for (object, owner, text) in [
        ("", "user:1", "`object` is ``"),
        (" ", "user:1", "`object` is ``"),
        (long.as_str(), "user:1", "`object` is"),
        ("cus_1", "", "owner"),
        ("cus_1", long.as_str(), "255"),
        ("cus_1", "a\nb", "owner"),
    ] {
        let sent = site.form("/admin/money/link", &[("object", object), ("owner", owner)]);
        assert!(sent.page(422).contains(text), "{object} {owner}: {}", sent.body);
    }
    for fields in [&[][..], &[("object", "cus_1"), ("object", "cus_2"), ("owner", "a")]] {
        assert!(site.form("/admin/money/link", fields).status.is_client_error());
        assert!(site.form("/admin/money/dismiss", fields).status.is_client_error());
    }
    let unknown = site.form("/admin/money/dismiss", &[("owner", "user:1"), ("key", "payment pi_9 1")]);
    assert_eq!(unknown.header("location"), "../money?done=dismissed_before");
    let other = site.form("/admin/money/dismiss", &[("owner", "user:9"), ("key", "payment pi_1 900")]);
    assert_eq!(other.header("location"), "../money?done=dismissed_before");
    assert_eq!((credits.unresolved().unwrap().len(), credits.statistics().facts), (1, facts));
}

#[test]
fn a_reader_sees_entries_and_decides_nothing() {
    let credits = Credits::in_memory().unwrap();
    strange_refund(&credits, "pi_1", Some("user:1"));
    strange_refund(&credits, "pi_2", None);
    let site = site(&credits);
    let send = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("x-reader", "1");
        site.send(request.body(Body::empty()).unwrap())
    };
    let page = send("GET", "/admin/money");
    assert!(
        page.page(200).contains("To do: ")
            && !page.body.contains("money/link")
            && !page.body.contains("money/dismiss")
    );
    for (method, path) in [
        ("GET", "/admin/money/link?object=pi_2&owner=a"),
        ("GET", "/admin/money/dismiss?owner=user%3A1&key=payment+pi_1+900"),
        ("POST", "/admin/money/link"),
        ("POST", "/admin/money/dismiss"),
    ] {
        assert!(send(method, path).page(403).contains("read_only"), "{method} {path}");
    }
    assert_eq!(credits.unresolved().unwrap().len(), 2);
}

//! The page of the catalogue: prices in words, the calculator, and the changes between price lists.

use axum::Router;
use credits_runtime::Timestamp;
use credits_runtime::testing::ManualClock;
use credits_web::Access;

use crate::demo::Credits;
use crate::site::Site;

/// The price list of the shop's first day.
mod first {
    credits_runtime::usage_credits! {
        subscription_plan pro {
            stripe_price "price_pro"
            gives 1_000.credits.every(month)
        }
        subscription_plan old { gives 10.credits.every(month) }
        credit_pack boost { stripe_price "price_boost" gives 100.credits costs 9.dollars }
        operation scan { costs 1.credit_per(page) after 10.pages limit pages <= 500 }
        operation fax { costs 2.credits }
    }
}

/// Its next one.
mod second {
    credits_runtime::usage_credits! {
        settings { hold_limit 10.minutes }
        /// For professionals.
        subscription_plan pro {
            stripe_price "price_pro"
            gives 2_000.credits.every(month)
            unlimited scan
            signup_bonus 50.credits
        }
        subscription_plan old { gives 10.credits.every(month) }
        credit_pack boost { stripe_price "price_boost" gives 100.credits costs 10.dollars }
        operation scan { costs 2.credits_per(page) after 10.pages limit pages <= 500 }
        operation upscale { costs by quality { draft => 1.credit, hd => 25.credits } }
        /// A picture of this size.
        operation draw { with side: u32, label: String costs { side * 2 } }
        operation process { with handle: Handle costs 5.credits }
    }

    /// A type that JSON cannot give.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Handle(pub u8);
}

fn site<C: credits_runtime::generated::Pricing>(credits: &credits_runtime::Credits<C>) -> Site {
    let dashboard = credits_web::dashboard(credits).authorize(|_| Access::read("ada"));
    Site::of(Router::new().fallback_service(dashboard))
}

#[test]
fn operations_have_their_prices_in_words() {
    let credits = Credits::in_memory().unwrap();
    let page = site(&credits).get("/catalogue");
    let page = page.page(200);
    for text in [
        "by quality: draft 5 credits, hd 25 credits",
        "100 credits + 10 credits per second (at most 600 seconds)",
        "One picture of a text.",
        "2 gems",
        "300 credits every month",
        "For people who live on it.",
        "1,000 credits",
        "$9",
        "100 credits, 10 gems",
        "The first price list.",
    ] {
        assert!(page.contains(text), "`{text}` is missing");
    }
}

#[test]
fn the_calculator_shows_the_price_and_the_sum() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    let found = site.get("/catalogue?operation=generate_video&input.seconds=3.65");
    let page = found.page(200);
    assert!(page.contains("137 credits") && page.contains("100 + 10 x 3.65 s = 136.5, rounded up: 137"));
    assert!(page.contains(r#"value="3.65""#), "the field keeps its value");
    let found = site.get("/catalogue?operation=generate_image&input.quality=hd");
    assert!(found.page(200).contains("25 (quality hd)"));
    assert!(found.body.contains(r#"<option value="hd" selected>"#));
}

#[test]
fn the_calculator_shows_refusals_beside_the_form() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    for (query, status, text) in [
        ("operation=generate_video&input.seconds=601", 422, "600"),
        ("operation=generate_video&input.seconds=-1", 422, "seconds"),
        ("operation=generate_video&input.seconds=abc", 422, "give a number of seconds"),
        ("operation=generate_video&input.seconds=", 422, "needs the input"),
        ("operation=generate_video&input.seconds=%22%3Cscript%3E", 422, "&lt;script&gt;"),
        ("operation=generate_video&input.pages=1", 422, "has no input"),
        ("operation=generate_image&input.quality=ultra", 422, "draft"),
        ("operation=nothing", 422, "name one of generate_image, generate_video"),
        ("operation=%3Cb%3E", 422, "&lt;b&gt;"),
    ] {
        let found = site.get(&format!("/catalogue?{query}"));
        let page = found.page(status);
        assert!(page.contains("role=\"alert\"") && page.contains(text), "{query}: {page}");
        assert!(!page.contains("<script"));
    }
}

#[test]
fn parameters_are_json_or_text() {
    let credits = second::Credits::in_memory().unwrap();
    let site = site(&credits);
    let found = site.get("/catalogue?operation=draw&input.side=21&input.label=a%20cat");
    assert!(found.page(200).contains("42 credits"), "{}", found.body);
    site.get("/catalogue?operation=draw&input.side=big&input.label=cat").page(422);
    let page = site.get("/catalogue");
    assert!(page.page(200).contains("It cannot be called with JSON"));
    assert!(!page.body.contains("process.handle"), "an operation that JSON cannot call has no form");
    site.get("/catalogue?operation=process&input.handle=1").page(404);
}

/// A ledger that was opened with the first price list, and then with the second.
fn changed() -> (second::Credits, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    first::Credits::builder().clock(clock.clone()).open(&path).unwrap().close().unwrap();
    clock.set("2026-02-01T12:00:00Z".parse().unwrap());
    (second::Credits::builder().clock(clock).open(&path).unwrap(), folder)
}

#[test]
fn changes_between_price_lists_are_shown_by_item() {
    let (credits, _folder) = changed();
    let found = site(&credits).get("/catalogue");
    let page = found.page(200);
    for text in [
        "Price list 2, since <time datetime=\"2026-02-01T12:00:00Z\">1 Feb 2026, 12:00</time>",
        "<del>1 credit per page after 10 pages (at most 500 pages)</del>",
        "<ins>2 credits per page after 10 pages (at most 500 pages)</ins>",
        "<del>1,000 credits every month</del>",
        "unlimited <del>nothing</del>",
        "at sign-up <del>nothing</del>",
        "<del>$9</del>",
        "<ins>$10</ins>",
        "a hold lapses after <del>15 minutes</del>",
        "Operation <code>upscale</code>: <span class=\"good\">added</span>",
        "Operation <code>fax</code>: <span class=\"bad\">removed</span>",
        "price_boost",
    ] {
        assert!(page.contains(text), "`{text}` is missing in {page}");
    }
    assert!(!page.contains("Plan <code>old</code>: "), "an unchanged plan is no change");
}

//! Widgets: the whole HTML of each, for the wallets that pages meet.

use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Timestamp, usage_credits};
use credits_web::widgets::{self, Widget};

usage_credits! {
    settings {
        credits_named "token", "tokens"
        low_balance_threshold 100.credits
    }

    asset gem

    /// For people who live on it.
    subscription_plan pro {
        gives 2_000.credits.every(month)
        signup_bonus 50.credits
        unlimited upscale_image
        costs 29.usd.per(month), 290.usd.per(year)
    }
    subscription_plan jewels { gives 10.gems.every(month) }
    subscription_plan whole { unlimited }
    subscription_plan old {
        gives 1.credit.every(month)
        costs 1.usd.per(month)
        retired
    }

    credit_pack boost { gives 1_000.credits bonus 100.credits costs 9.00.usd expires_after 1.year }

    operation make_video { costs 100.credits + 10.credits_per(second) }
    operation upscale_image { costs 20.credits }
}

fn start() -> Timestamp {
    "2026-11-13T12:00:00Z".parse().unwrap()
}

fn ledger() -> (Credits, ManualClock) {
    let clock = ManualClock::at(start());
    (Credits::builder().clock(clock.clone()).in_memory().unwrap(), clock)
}

/// Asserts the HTML of a widget; line ends and indentation of the expected one do not count.
fn check(widget: Widget, expected: &str) {
    let expected: String = expected.lines().map(str::trim_start).collect();
    assert_eq!(widget.into_string(), expected);
}

#[test]
fn a_badge_shows_whether_the_balance_is_low() {
    let (credits, _clock) = ledger();
    let user = credits.wallet("user:1");
    check(
        widgets::badge(&user).unwrap(),
        r#"<span class="credits-badge credits-low credits-empty">0 tokens</span>"#,
    );
    user.give_credits(1).now().wait().unwrap();
    check(widgets::badge(&user).unwrap(), r#"<span class="credits-badge credits-low">1 token</span>"#);
    user.give_credits(1_239).now().wait().unwrap();
    check(widgets::badge(&user).unwrap(), r#"<span class="credits-badge">1,240 tokens</span>"#);
    // Gems have no threshold.
    let gems = user.of(Asset::Gems);
    gems.give_credits(3).now().wait().unwrap();
    check(widgets::badge(&gems).unwrap(), r#"<span class="credits-badge">3 gems</span>"#);
    assert!(widgets::badge(&user.of_asset_named("coin")).is_err());
    assert!(widgets::badge(&credits.wallet("")).is_err());
}

#[test]
fn a_balance_shows_what_is_set_aside_and_what_comes_next() {
    let (credits, clock) = ledger();
    let user = credits.wallet("user:1");
    check(
        widgets::balance(&user).unwrap(),
        r#"<dl class="credits-balance"><div><dt>Available</dt><dd>0 tokens</dd></div></dl>"#,
    );
    credits.subscribe("user:1", Plan::Pro).complimentary().now().wait().unwrap();
    clock.advance(Duration::from_hours(1));
    let hold = user.spend_credits_on(Operation::make_video(Duration::from_secs(1)));
    hold.hold(Duration::from_hours(1)).wait().unwrap().into_id();
    check(
        widgets::balance(&user).unwrap(),
        r#"<dl class="credits-balance">
            <div><dt>Available</dt><dd>1,940 tokens</dd></div>
            <div><dt>Set aside</dt><dd>110 tokens</dd></div>
            <div><dt>Expiring next</dt><dd>1,890 tokens, <time datetime="2026-12-13T12:05:00Z">13 Dec 2026</time></dd></div>
            <div><dt>Coming next</dt><dd>2,000 tokens, <time datetime="2026-12-13T12:00:00Z">13 Dec 2026</time></dd></div>
            <div><dt>Unlimited</dt><dd>Upscale image</dd></div>
        </dl>"#,
    );
}

#[test]
fn a_debt_is_shown_as_owed() {
    use credits_runtime::usage_credits;
    usage_credits! {
        settings { allow_negative_balance up_to 50.credits }
        operation step { costs 30.credits }
    }
    let credits = Credits::in_memory().unwrap();
    let user = credits.wallet("user:1");
    user.spend_credits_on(Operation::step()).now().wait().unwrap();
    check(widgets::badge(&user).unwrap(), r#"<span class="credits-badge credits-empty">-30 credits</span>"#);
    check(
        widgets::balance(&user).unwrap(),
        r#"<dl class="credits-balance">
            <div><dt>Available</dt><dd>0 credits</dd></div>
            <div><dt>Owed</dt><dd>30 credits</dd></div>
        </dl>"#,
    );
}

#[test]
fn a_meter_shows_what_is_used_of_the_cycle() {
    let (credits, _clock) = ledger();
    let user = credits.wallet("user:1");
    user.give_credits(400).now().wait().unwrap();
    check(widgets::meter(&user).unwrap(), r#"<div class="credits-meter"><p>400 tokens available</p></div>"#);
    credits.subscribe("user:1", Plan::Pro).complimentary().now().wait().unwrap();
    user.spend_credits_on(Operation::make_video(Duration::from_millis(3_650))).now().wait().unwrap();
    check(
        widgets::meter(&user).unwrap(),
        r#"<div class="credits-meter">
            <label><span>137 of 2,000 tokens used</span> <meter min="0" max="2000" high="1600" optimum="0" value="137">137 of 2,000 tokens used</meter></label>
            <p class="credits-note">2,000 tokens more on <time datetime="2026-12-13T12:00:00Z">13 Dec 2026</time></p>
            <p class="credits-note">Unlimited: Upscale image</p>
        </div>"#,
    );
    // A plan of gems has its own cycle, in the wallet of gems.
    credits.subscribe("user:2", Plan::Jewels).complimentary().now().wait().unwrap();
    let other = credits.wallet("user:2");
    check(widgets::meter(&other).unwrap(), r#"<div class="credits-meter"><p>0 tokens available</p></div>"#);
    let gems = widgets::meter(&other.of(Asset::Gems)).unwrap();
    assert!(gems.as_str().contains("0 of 10 gems used"), "{gems}");
    credits.subscribe("user:3", Plan::Whole).complimentary().now().wait().unwrap();
    check(
        widgets::meter(&credits.wallet("user:3")).unwrap(),
        r#"<div class="credits-meter"><p>0 tokens available</p><p class="credits-note">Unlimited: everything</p></div>"#,
    );
}

#[test]
fn a_history_escapes_what_people_wrote() {
    let (credits, _clock) = ledger();
    let user = credits.wallet("a/b?c#d <b>&\"x\"");
    check(widgets::history(&user, 10).unwrap(), r#"<p class="credits-none">There are no entries yet.</p>"#);
    user.give_credits(500).reason("<script>alert(1)</script>").now().wait().unwrap();
    let friend = credits.wallet("<i>\u{5d0}\u{5d1}");
    user.transfer_to(&friend, 40).now().wait().unwrap();
    check(
        widgets::history(&user, 10).unwrap(),
        r#"<table class="credits-history">
            <thead><tr><th scope="col">Date</th><th scope="col">What</th>
            <th class="credits-amount" scope="col">Amount</th><th class="credits-amount" scope="col">Balance</th></tr></thead>
            <tbody>
            <tr><td><time datetime="2026-11-13T12:00:00Z">13 Nov 2026</time></td>
            <td><bdi>Transfer to &lt;i&gt;HEBREW</bdi></td>
            <td class="credits-amount">-40 tokens</td><td class="credits-amount">460 tokens</td></tr>
            <tr><td><time datetime="2026-11-13T12:00:00Z">13 Nov 2026</time></td>
            <td><bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi></td>
            <td class="credits-amount">+500 tokens</td><td class="credits-amount">500 tokens</td></tr>
            </tbody></table>"#
            .replace("HEBREW", "\u{5d0}\u{5d1}")
            .as_str(),
    );
    let newest = widgets::history(&user, 1).unwrap();
    assert_eq!(newest.as_str().matches("<tr>").count(), 2, "{newest}");
}

#[test]
fn grants_are_listed_in_the_order_of_their_use() {
    let (credits, _clock) = ledger();
    let user = credits.wallet("user:1");
    check(widgets::grants(&user).unwrap(), r#"<p class="credits-none">There are no credits.</p>"#);
    user.give_credits(500).reason("signup").now().wait().unwrap();
    let gift = user.give_credits(20).promotional().only_for(["upscale_image"]);
    gift.expires_in(Duration::from_hours(24)).now().wait().unwrap();
    check(
        widgets::grants(&user).unwrap(),
        r#"<table class="credits-grants">
            <thead><tr><th scope="col">From</th><th class="credits-amount" scope="col">Left</th><th scope="col">Until</th></tr></thead>
            <tbody>
            <tr><td><bdi>Manual adjustment</bdi><span class="credits-note"> for Upscale image</span></td>
            <td class="credits-amount">20 tokens</td><td><time datetime="2026-11-14T12:00:00Z">14 Nov 2026</time></td></tr>
            <tr><td><bdi>Signup bonus</bdi></td><td class="credits-amount">500 tokens</td><td>no end</td></tr>
            </tbody></table>"#,
    );
}

#[test]
fn plans_and_packs_that_are_sold_have_forms() {
    let (credits, _clock) = ledger();
    check(
        widgets::pricing(&credits, "/buy?from=\"<pricing>", &[("csrf", "\"t\"")]),
        r#"<div class="credits-pricing">
            <ul class="credits-plans"><li>
                <p class="credits-name">Pro</p><p class="credits-note">For people who live on it.</p>
                <p class="credits-price">$29 per month or $290 per year</p>
                <ul class="credits-gives"><li>2,000 tokens every month</li><li>50 tokens at sign-up</li><li>Unlimited: Upscale image</li></ul>
                <form method="post" action="/buy?from=&quot;&lt;pricing&gt;"><input type="hidden" name="plan" value="pro"><input type="hidden" name="period" value="month"><input type="hidden" name="csrf" value="&quot;t&quot;"><button class="credits-buy">Subscribe to Pro by the month</button></form>
                <form method="post" action="/buy?from=&quot;&lt;pricing&gt;"><input type="hidden" name="plan" value="pro"><input type="hidden" name="period" value="year"><input type="hidden" name="csrf" value="&quot;t&quot;"><button class="credits-buy">Subscribe to Pro by the year</button></form>
            </li></ul>
            <ul class="credits-packs"><li>
                <p class="credits-name">Boost</p>
                <p class="credits-price">$9</p>
                <ul class="credits-gives"><li>1,000 tokens</li><li>100 tokens bonus</li><li>valid for 1 year</li></ul>
                <form method="post" action="/buy?from=&quot;&lt;pricing&gt;"><input type="hidden" name="pack" value="boost"><input type="hidden" name="csrf" value="&quot;t&quot;"><button class="credits-buy">Buy Boost</button></form>
            </li></ul>
        </div>"#,
    );
}

#[test]
fn a_receipt_explains_a_charge() {
    let (credits, _clock) = ledger();
    let user = credits.wallet("user:1");
    let given = user.give_credits(500).reason("signup").now().wait().unwrap().entry;
    check(
        widgets::receipt(&given),
        r#"<dl class="credits-receipt">
            <div><dt>Date</dt><dd><time datetime="2026-11-13T12:00:00Z">13 Nov 2026, 12:00 UTC</time></dd></div>
            <div><dt>What</dt><dd><bdi>signup</bdi></dd></div>
            <div><dt>Amount</dt><dd>+500 tokens</dd></div>
            <div><dt>Balance</dt><dd>500 tokens</dd></div>
            <div><dt>Number</dt><dd>1</dd></div>
        </dl>"#
            .replace("<dd>1</dd>", &format!("<dd>{}</dd>", given.number))
            .as_str(),
    );
    let video = Operation::make_video(Duration::from_millis(3_650));
    let charged = user.spend_credits_on(video).now().wait().unwrap().entry;
    check(
        widgets::receipt(&charged),
        r#"<dl class="credits-receipt">
            <div><dt>Date</dt><dd><time datetime="2026-11-13T12:00:00Z">13 Nov 2026, 12:00 UTC</time></dd></div>
            <div><dt>What</dt><dd><bdi>Make video</bdi></dd></div>
            <div><dt>Inputs</dt><dd><bdi>3.65 seconds</bdi></dd></div>
            <div><dt>Sum</dt><dd><bdi>100 + 10 x 3.65 s = 136.5, rounded up: 137</bdi></dd></div>
            <div><dt>Amount</dt><dd>-137 tokens</dd></div>
            <div><dt>Balance</dt><dd>363 tokens</dd></div>
            <div><dt>Number</dt><dd>NUMBER</dd></div>
        </dl>"#
            .replace("NUMBER", &charged.number.to_string())
            .as_str(),
    );
}

#[test]
fn widgets_need_no_script_no_ids_and_no_inline_style() {
    let (credits, _clock) = crate::demo::studio();
    for owner in ["user:ada", "user:ben", "a/b?c#d <b>&\"x\" \u{5d0}\u{5d1}", "unknown"] {
        let wallet = credits.wallet(owner);
        for widget in [
            widgets::badge(&wallet),
            widgets::balance(&wallet),
            widgets::meter(&wallet),
            widgets::history(&wallet, 50),
            widgets::grants(&wallet),
            Ok(widgets::pricing(&credits, "/buy", &[])),
        ] {
            let html = widget.unwrap().into_string();
            for forbidden in ["<script", " style=", " id=", " on"] {
                let tags = html.split('<').filter_map(|rest| rest.split('>').next());
                let tags: Vec<&str> = tags.filter(|tag| format!("<{tag}").contains(forbidden)).collect();
                assert!(tags.is_empty(), "{tags:?}");
            }
            let classes: Vec<&str> =
                html.split("class=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            let names = classes.iter().flat_map(|class| class.split(' '));
            for name in names {
                let is_styled = widgets::STYLESHEET.contains(&format!(".{name}"));
                assert!(name.starts_with("credits-") && is_styled, "{name}");
            }
        }
    }
}

//! The pages of owners: found by name, and shown with balances, history, grants, holds and plans.

use credits_runtime::billing::{BillingEvent, Happening, ObjectId, PackPayment};
use credits_runtime::{Owner, Timestamp};

use crate::demo::{Credits, studio};
use crate::forms::{encoded, open, owner_page};

#[test]
fn owners_are_found_by_the_beginning_of_their_names() {
    let (credits, _clock) = studio();
    credits.wallet("user:jo").give_credits(3).now().wait().unwrap();
    credits.wallet("user:low").deduct_credits(9, "fraud").with_debt().now().wait().unwrap();
    let site = open(&credits);
    for (query, shown, absent) in [
        ("", vec!["user:ada", "user:mei", "a/b?c#d &lt;b&gt;"], vec!["user:zoe"]),
        ("prefix=user:jo", vec!["user:jo<", "user:jonas"], vec!["user:ada", "No owner has exactly"]),
        (
            "prefix=user:j",
            vec!["user:jonas", "No owner has exactly this name", "owner?name=user%3Aj\""],
            vec!["user:ada"],
        ),
        ("prefix=user:zoe", vec!["No owner is found", "owner?name=user%3Azoe"], vec!["user:ada"]),
        ("filter=low", vec!["user:ben", "user:chen", "user:low"], vec!["user:ada<", "user:kofi<"]),
        ("filter=debt", vec!["user:low", "\u{2212}9"], vec!["user:ada<", "user:ben<"]),
        ("filter=holds", vec!["user:ada<", ">25<"], vec!["user:ben<"]),
        ("filter=holds&prefix=user:b", vec!["No owner is found"], vec!["user:ada<"]),
        ("asset=gem&prefix=user:ada", vec!["user:ada<", ">28<", "asset=gem"], vec!["user:ben<"]),
    ] {
        let page = site.get(&format!("/admin/owners?{query}"));
        for text in shown {
            assert!(page.page(200).contains(text), "{query}: {text} is missing: {}", page.body);
        }
        for text in absent {
            assert!(!page.body.contains(text), "{query}: {text} is shown: {}", page.body);
        }
    }
    for query in ["filter=rich", "asset=coin", "after=%0A"] {
        assert_eq!(site.get(&format!("/admin/owners?{query}")).status.as_u16(), 422, "{query}");
    }
    let ada = site.get("/admin/owners?prefix=user:ada").body;
    assert!(ada.contains("<td class=\"figure\">1,825</td>") && ada.contains("<td>pro</td>"), "{ada}");
}

#[test]
fn owners_have_pages_of_fifty() {
    let credits = Credits::in_memory().unwrap();
    for number in 0..120 {
        credits.wallet(format!("user:{number:03}")).give_credits(5).now().wait().unwrap();
    }
    let site = open(&credits);
    let (mut path, mut seen) = ("/admin/owners?prefix=user:".to_owned(), Vec::new());
    for page in 0..3 {
        let body = site.get(&path).page(200).to_owned();
        let rows = body.split("</table>").next().unwrap().split("<bdi>user:").skip(1);
        seen.extend(rows.map(|rest| rest[..3].to_owned()));
        assert_eq!(body.contains("First owners"), page > 0);
        let Some((before, _)) = body.split_once("\">Next owners") else { break };
        let (_, next) = before.rsplit_once("href=\"./").unwrap();
        path = format!("/admin/{}", next.replace("&amp;", "&"));
    }
    assert_eq!(seen, (0..120).map(|number| format!("{number:03}")).collect::<Vec<_>>());
}

#[test]
fn the_page_of_an_owner_shows_what_they_have_and_what_comes_next() {
    let (credits, _clock) = studio();
    let ada = open(&credits).get(&owner_page("user:ada"));
    for text in [
        "<h1><bdi>user:ada</bdi></h1>",
        "1,825 credits",
        "1 open hold",
        "pro",
        "2,000 on 28 Nov",
        "<svg",
        "The same as a table",
        "1,775 of 2,000 left</a>, until 28 Nov",
        r#"<progress max="2000" value="1775" aria-label="1,775 of 2,000 left">"#,
        "50 of 50 left</a>, without expiry",
        ", 25 set aside",
        "set aside for generate_image, lapses 26 Nov 12:30",
        "Next: 2,000 on 28 Nov 11:30",
        "Unlimited: upscale_image",
        "covered by pro",
        "3.65 seconds",
        "Older entries",
        "asset=gem\">gem",
    ] {
        assert!(ada.page(200).contains(text), "{text} is missing: {}", ada.body);
    }
    // Sixty days and now, in the table of the line.
    let line = ada.body.split("as a table\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(line.matches("scope=\"row\"").count(), 61, "{line}");
    let gems = open(&credits).get(&format!("{}&asset=gem", owner_page("user:ada")));
    assert!(gems.page(200).contains("28 gems"), "{}", gems.body);
}

#[test]
fn purchases_and_refunds_are_listed() {
    let (credits, _clock) = studio();
    let (session, payment) = (ObjectId::new("cs_1").unwrap(), ObjectId::new("pi_1").unwrap());
    let receive = |objects: &[&ObjectId], what| {
        let owner = Some(Owner::new("user:ada").unwrap());
        let objects = objects.iter().copied().cloned().collect();
        credits.receive(BillingEvent { at: credits.now(), objects, owner, what }).wait().unwrap();
    };
    let paid = PackPayment {
        session: session.clone(),
        payment: Some(payment.clone()),
        currency: "usd".to_owned(),
        subtotal: 900,
        paid: 1_071,
        pack: Some("boost".to_owned()),
        prices: Vec::new(),
        tax: 171,
        invoice: None,
        paid_in: None,
    };
    receive(&[&session, &payment], Happening::PackPaid(paid));
    let refund = ObjectId::new("re_1").unwrap();
    let refunded = Happening::Refunded {
        payment: payment.clone(),
        refund: refund.clone(),
        amount: 1_071,
        stands: true,
        made_at: None,
    };
    receive(&[&refund, &payment], refunded);
    let page = open(&credits).get(&owner_page("user:ada"));
    for text in ["<h2>Purchases</h2>", ">boost<", ">$10.71<", "1,000", "\u{2212}1,000 taken back"] {
        assert!(page.page(200).contains(text), "{text} is missing: {}", page.body);
    }
}

/// A page reads 5,000 entries at most: older ones may match.
#[test]
fn a_search_that_ends_early_says_so() {
    let (credits, _clock) = studio();
    let gifts: Vec<_> = (0..5_001).map(|_| credits.wallet("user:ada").give_credits(1).now()).collect();
    for gift in gifts {
        gift.wait().unwrap();
    }
    let site = open(&credits);
    let page = site.get(&format!("{}&category=transfer_out", owner_page("user:ada")));
    let page = page.page(200);
    assert!(page.contains("There are older ones") && page.contains("Older entries"), "{page}");
}

#[test]
fn the_history_is_filtered_and_paged() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let rows = |query: &str| {
        let page = site.get(&format!("{}&{query}", owner_page("user:ada")));
        let (_, history) = page.page(200).split_once("<h2>History</h2>").unwrap();
        history.split("</section>").next().unwrap().to_owned()
    };
    for (query, shown, absent) in [
        ("category=transfer_out", "Transfer to user:ben", "Generate image"),
        ("operation=generate_video", "3.65 seconds", "Generate image"),
        ("since=2026-11-26&until=2026-11-26", "blurred", "14 Nov 2026, 11:30"),
        ("until=2026-11-14", "14 Nov 2026, 11:30", "26 Nov 2026, 11:30"),
        ("key=video", "3.65 seconds", "Generate image"),
        ("key=unknown", "No entry is found", "Generate image"),
    ] {
        let rows = rows(query);
        assert!(rows.contains(shown) && !rows.contains(absent), "{query}: {rows}");
        assert!(rows.contains("<details open>") && rows.contains("Without filters"), "{query}: {rows}");
    }
    let (mut query, mut count) = (String::new(), 0);
    loop {
        let rows = rows(&query);
        count += rows.matches("<time ").count();
        let Some((before, _)) = rows.split_once("\">Older entries") else { break };
        let (_, next) = before.rsplit_once("name=user%3Aada&amp;").unwrap();
        query = next.to_owned();
    }
    assert_eq!(count, credits.wallet("user:ada").credit_history().limit(1_000).page().unwrap().entries.len());
    for query in ["since=x", "until=2026-02-30", "after=x", "key=%0A"] {
        let page = site.get(&format!("{}&{query}", owner_page("user:ada")));
        assert_eq!(page.status.as_u16(), 422, "{query}: {}", page.body);
    }
}

#[test]
fn the_balance_of_any_instant_is_shown() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let at: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let balance = credits.wallet("user:ada").balance_at(at).unwrap().grouped();
    for as_of in
        ["2026-11-01T12:00", "2026-11-01T12:00:00Z", "2026-11-01", "2026-11-01T13%3A00%3A00%2B01%3A00"]
    {
        let page = site.get(&format!("{}&as_of={as_of}", owner_page("user:ada")));
        assert!(
            page.page(200).contains(&format!("<strong>{balance} credits</strong>")),
            "{as_of}: {}",
            page.body
        );
    }
    let future = site.get(&format!("{}&as_of=2030-01-01", owner_page("user:ada")));
    assert!(future.page(200).contains("<strong>1,850 credits</strong>, as it is now"), "{}", future.body);
    let refused = site.get(&format!("{}&as_of=yesterday", owner_page("user:ada")));
    assert!(
        refused.page(422).contains("`as_of` is `yesterday`: write an instant in UTC"),
        "{}",
        refused.body
    );
}

#[test]
fn an_owner_without_entries_can_be_given_the_first_credits() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let page = site.get(&owner_page("user:new"));
    assert!(
        page.page(200).contains("never had credits") && page.body.contains("owner/give"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("owner/take") && !page.body.contains("<svg"), "{}", page.body);
    assert!(credits.assets_of("user:new").unwrap().is_empty());
    for name in ["", "a\nb", "\u{7}", &"x".repeat(256)] {
        assert!(
            site.get(&owner_page(name)).page(422).contains("name owners with 1 to 255 bytes"),
            "{name:?}"
        );
    }
    assert_eq!(site.get("/admin/owner").status.as_u16(), 400);
    assert_eq!(site.get(&format!("{}&asset=coin", owner_page("user:ada"))).status.as_u16(), 404);
}

#[test]
fn a_name_of_any_letters_has_a_page_with_inert_markup() {
    let credits = Credits::in_memory().unwrap();
    let site = open(&credits);
    for name in [
        ".",
        "..",
        "a/b",
        "a//b/",
        "?x=1",
        "a#b",
        "100%",
        "%2e%2e",
        "a+b c",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'&amp;",
        "\u{5d0}\u{5d1}\u{5d2}",
        "\u{645}\u{631}\u{62d}\u{628}\u{627}",
        "\u{1f600}",
    ] {
        let fields = crate::forms::hidden(site.get(&owner_page(name)).page(200), "give", "");
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("amount", "5"), ("reason", name), ("confirm", "5")]);
        let given = site.form("/admin/owner/give", &fields);
        assert_eq!(given.status.as_u16(), 303, "{name}: {}", given.body);
        let page = site
            .get(&format!("/admin/{}", given.header("location").trim_start_matches("../")))
            .page(200)
            .to_owned();
        assert!(page.contains("Gave 5 credits"), "{name}: {page}");
        assert_eq!(credits.wallet(name).credits().unwrap().get(), 5, "{name}");
        // The link on the list of owners leads to the same page.
        let list = site.get(&format!("/admin/owners?prefix={}", encoded(name)));
        let (_, link) = list.page(200).split_once("<th scope=\"row\"><a href=\"./owner?").unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        assert!(
            site.get(&format!("/admin/owner?{link}")).page(200).contains("5 of 5 left"),
            "{name}: {link}"
        );
        let number = given.header("location").rsplit('=').next().unwrap();
        let entry = site.get(&format!("/admin/entry?number={number}"));
        for page in [&page, entry.page(200), &list.body] {
            assert!(!page.contains("<script") && !page.contains("<img"), "{name}: {page}");
        }
    }
}

#[test]
fn a_notice_is_about_an_entry_of_this_owner() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let newest = |name: &str| {
        credits.wallet(name).credit_history().limit(1).page().unwrap().entries[0].number.to_string()
    };
    for (done, is_shown) in [
        (newest("user:ada"), true),
        (newest("user:chen"), false),
        ("999999".to_owned(), false),
        ("0".to_owned(), false),
        ("Your+account+is+closed".to_owned(), false),
    ] {
        let page = site.get(&format!("{}&done={done}", owner_page("user:ada")));
        assert_eq!(page.page(200).contains("class=\"notice\""), is_shown, "{done}: {}", page.body);
        assert!(!page.body.contains("account is closed"));
    }
    let page = site.get(&format!("{}&released=Call+me", owner_page("user:ada")));
    assert!(!page.page(200).contains("class=\"notice\""), "{}", page.body);
}

#[test]
fn fields_have_labels_and_headings_are_in_order() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let video =
        credits.wallet("user:ada").credit_history().operation("generate_video").limit(1).page().unwrap();
    for path in [
        "/admin/owners".to_owned(),
        owner_page("user:ada"),
        owner_page("user:new"),
        format!("/admin/entry?number={}", video.entries[0].number),
    ] {
        let page = site.get(&path).page(200).to_owned();
        for (place, _) in page.match_indices("<input ").chain(page.match_indices("<select ")) {
            let element = page[place..].split('>').next().unwrap();
            let is_within =
                page[..place].matches("<label").count() > page[..place].matches("</label>").count();
            let is_named =
                is_within || element.contains("type=\"hidden\"") || element.contains("aria-label=");
            assert!(is_named, "{path}: {element} has no label");
        }
        for header in page.split("<th ").skip(1) {
            assert!(header.split('>').next().unwrap().contains("scope="), "{path}: {header}");
        }
        assert!(
            !page.contains("<th>") && page.matches("<h1>").count() == 1 && !page.contains("<h3"),
            "{path}"
        );
        assert!(!page.contains(" style=") && !page.contains("<script"), "{path}");
    }
}

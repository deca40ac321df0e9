//! The page that prices the ledger's charges under another price list.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::catalogue::CatalogueData;
use credits_web::Access;
use credits_web::limits::TERMS_BYTES_MAX;

use crate::demo::{self, Credits, Pricing};
use crate::site::Site;

fn site(credits: &Credits) -> Site {
    let dashboard = credits_web::dashboard(credits).authorize(|_| Access::read("ben"));
    Site::of(Router::new().nest_service("/admin", dashboard))
}

fn terms() -> String {
    serde_json::to_string(&Pricing::catalog()).unwrap()
}

#[test]
fn the_form_begins_with_the_present_terms() {
    let credits = Credits::in_memory().unwrap();
    let found = site(&credits).get("/admin/what-if");
    let written = found.page(200).split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    let text =
        written.split_once('>').unwrap().1.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    let terms: CatalogueData = serde_json::from_str(&text.replace("&amp;", "&")).unwrap();
    assert_eq!(terms, Pricing::catalog());
    assert!(text.trim_start().starts_with("{\n  \"operations\""), "operations come first");
}

#[test]
fn charges_are_priced_under_the_edited_terms() {
    let (credits, _clock) = demo::studio();
    let facts = credits.statistics().facts;
    let site = site(&credits);
    let compare = |terms: &str, days: &str| site.form("/admin/what-if", &[("terms", terms), ("days", days)]);
    let same = compare(&terms(), "90");
    assert!(
        same.page(200).contains("The last 90 days") && same.body.contains("Every owner could have paid.")
    );
    // Pictures in draft quality cost 500 instead of 5.
    let dearer = terms().replace(r#"["draft",5]"#, r#"["draft",500]"#);
    assert_ne!(dearer, terms());
    let found = compare(&dearer, "90");
    let page = found.page(200);
    assert!(page.contains("generate_image") && page.contains("balances would have been negative"), "{page}");
    assert!(page.contains("owner?name=user%3A"), "owners are links");
    assert!(page.contains("&quot;draft&quot;,500"), "the form keeps the edited terms");
    let report = credits
        .what_if(
            &serde_json::from_str(&dearer).unwrap(),
            demo::end().before(std::time::Duration::from_hours(2_160)),
        )
        .run()
        .unwrap();
    let image = report.operations.iter().find(|operation| operation.operation == "generate_image").unwrap();
    assert!(image.dearer > 0 && page.contains(&format!(">{}<", image.dearer)), "{image:?}");
    assert_eq!(credits.statistics().facts, facts, "nothing was written");
}

/// Comparisons and downloads share the permits of work that reads the whole ledger.
#[test]
fn only_some_comparisons_run_at_once() {
    let credits = Credits::in_memory().unwrap();
    let note = serde_json::json!({ "note": "x".repeat(4_000) });
    for _ in 0..150 {
        credits.wallet("ada").give_credits(1).metadata(note.clone()).now().wait().unwrap();
    }
    let site = site(&credits);
    let fields = [("terms", terms()), ("days", "30".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let begun: Vec<_> = (0..4).map(|_| site.begin("/admin/ledger/export?format=jsonl", "")).collect();
    assert!(site.form("/admin/what-if", &fields).page(503).contains("try again later"));
    drop(begun);
    while site.form("/admin/what-if", &fields).status.as_u16() == 503 {
        std::thread::yield_now();
    }
}

#[test]
fn a_field_that_cannot_be_read_is_refused_and_kept() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    let present = terms();
    for (terms, days, text) in [
        ("", "30", "`terms` is no price list"),
        ("{", "30", "`terms` is no price list"),
        ("[1]", "30", "`terms` is no price list"),
        ("{\"operations\":[]}", "30", "missing field"),
        ("</textarea><script>", "30", "&lt;/textarea&gt;&lt;script&gt;"),
        (present.as_str(), "0", "`days` is `0`: give 1 to 3660 days"),
        (present.as_str(), "-1", "`days` is `-1`"),
        (present.as_str(), "1e3", "`days` is `1e3`"),
        (present.as_str(), "3661", "`days` is `3661`"),
        (present.as_str(), "", "`days` is ``"),
    ] {
        let found = site.form("/admin/what-if", &[("terms", terms), ("days", days)]);
        let page = found.page(422);
        assert!(page.contains(text) && page.contains("<textarea"), "{terms} {days}: {page}");
        assert!(!page.contains("<script"));
    }
    site.form("/admin/what-if", &[("days", "30")]).page(422);
    let json = Request::post("/admin/what-if").header("content-type", "application/json");
    assert_eq!(site.send(json.body(Body::from("{}")).unwrap()).status.as_u16(), 415);
}

#[test]
fn terms_over_their_limit_are_refused_with_the_limit() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    // Over the limit of other forms, and under that of terms.
    let spaces = " ".repeat(100_000);
    let padded = format!("{}{spaces}", terms());
    site.form("/admin/what-if", &[("terms", &padded), ("days", "30")]).page(200);
    let too_large = "x".repeat(TERMS_BYTES_MAX);
    let found = site.form("/admin/what-if", &[("terms", &too_large), ("days", "30")]);
    assert!(found.page(413).contains(&TERMS_BYTES_MAX.to_string()));
}

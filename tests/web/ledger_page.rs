//! The page of the ledger: its sizes, the chain, verification, and downloads.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_web::Access;

use crate::demo::{self, Credits, Pricing};
use crate::mounting::{addresses, resolved};
use crate::site::Site;

fn site(credits: &Credits) -> Site {
    let dashboard = credits_web::dashboard(credits).authorize(|request| {
        if request.headers.contains_key("x-reader") { Access::read("ben") } else { Access::all("ada") }
    });
    Site::of(Router::new().nest_service("/admin", dashboard))
}

#[test]
fn the_page_shows_the_ledger() {
    let (credits, _clock) = demo::studio();
    let found = site(&credits).get("/admin/ledger");
    let page = found.page(200);
    assert!(page.contains(&credits.ledger_id()) && page.contains(&credits.head().unwrap().to_string()));
    assert!(page.contains("in memory") && page.contains("Verify now"));
    assert_eq!(found.header("refresh"), "", "nothing runs");
}

#[test]
fn a_verification_shows_its_result() {
    let (credits, _clock) = demo::studio();
    let site = site(&credits);
    let sent = site.form("/admin/ledger/verify", &[]);
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "../ledger#verify"));
    let found = site.get("/admin/ledger");
    assert!(found.page(200).contains("Sound") && found.body.contains("26 Nov 2026, 11:30"), "{}", found.body);
}

#[test]
fn an_earlier_head_is_compared() {
    let credits = Credits::in_memory().unwrap();
    credits.wallet("user:1").give_credits(1).now().wait().unwrap();
    let noted = credits.head().unwrap().to_string();
    credits.wallet("user:1").give_credits(1).now().wait().unwrap();
    let site = site(&credits);
    let compare = |head: &str| site.get(&format!("/admin/ledger?head={head}"));
    assert!(compare(&noted).page(200).contains("It agrees"));
    assert!(compare(&format!("%20{noted}%20")).page(200).contains("It agrees"));
    let flipped = if noted.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{flipped}", &noted[..noted.len() - 1]);
    assert!(compare(&changed).page(200).contains("It does not agree"));
    let other = Credits::in_memory().unwrap().head().unwrap().to_string();
    assert!(compare(&other).page(200).contains("it has another id"));
    for text in ["x", "1:2:3", "%3Cscript%3E", &"9".repeat(300)] {
        assert!(compare(text).page(422).contains("`head` is"));
    }
    // An empty field is no comparison.
    assert!(!compare("").page(200).contains("agree"));
}

#[test]
fn a_backup_is_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let credits = Credits::open(folder.path().join("studio.redb")).unwrap();
    credits.wallet("user:1").give_credits(137).now().wait().unwrap();
    let site = site(&credits);
    let (headers, body) = site.bytes("/admin/ledger/backup");
    let named = headers["content-disposition"].to_str().unwrap();
    assert_eq!(named, format!("attachment; filename=\"{}.redb\"", credits.ledger_id()));
    assert_eq!(headers["content-length"].to_str().unwrap(), body.len().to_string());
    let copy = folder.path().join("copy.redb");
    std::fs::write(&copy, body).unwrap();
    let copy = credits_runtime::Credits::<Pricing>::open_read_only(&copy).unwrap();
    assert_eq!(copy.wallet("user:1").balance().unwrap(), 137);
    copy.verify().unwrap();
}

#[test]
fn a_reader_takes_no_backup_and_starts_no_verification() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    let request = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("x-reader", "1");
        site.send(request.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap())
    };
    assert!(request("GET", "/admin/ledger/backup").page(403).contains("read_only"));
    assert!(request("POST", "/admin/ledger/verify").page(403).contains("read_only"));
    let page = request("GET", "/admin/ledger");
    assert!(!page.page(200).contains("<button>Verify") && !page.body.contains("ledger/backup"));
    assert_eq!(request("GET", "/admin/ledger/export?format=csv").status.as_u16(), 200);
}

#[test]
fn entries_are_exported_as_csv_and_as_lines_of_json() {
    let (credits, _clock) = demo::studio();
    let site = site(&credits);
    let csv = site.get("/admin/ledger/export?format=csv");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").contains("entries.csv"));
    let mut written = Vec::new();
    credits.export(credits_runtime::ExportFormat::Csv, &mut written).unwrap();
    assert_eq!(csv.body.as_bytes(), written);
    let lines = site.get("/admin/ledger/export?format=jsonl");
    assert_eq!(lines.body.lines().count(), csv.body.lines().count() - 1);
    for query in ["", "?format=", "?format=xml"] {
        assert_eq!(site.get(&format!("/admin/ledger/export{query}")).status.as_u16(), 400, "{query}");
    }
}

#[test]
fn forms_of_other_sites_start_nothing() {
    let credits = Credits::in_memory().unwrap();
    let site = site(&credits);
    for path in ["/admin/ledger/verify", "/admin/money/link", "/admin/money/dismiss", "/admin/what-if"] {
        let request = Request::post(path).header("sec-fetch-site", "cross-site");
        let sent = site.send(request.body(Body::empty()).unwrap());
        assert!(sent.page(403).contains("cross_site"), "{path}");
    }
}

#[test]
fn links_of_the_pages_work_at_every_path() {
    let (credits, _clock) = demo::studio();
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::all("ada"));
    for base in ["/admin", "/a/b%20c"] {
        let site = Site::of(Router::new().nest_service(base, dashboard.clone()));
        for page in
            ["catalogue", "money", "money/", "money/link?object=cus_1", "what-if", "ledger", "ledger/"]
        {
            let page = format!("{base}/{page}");
            for address in addresses(site.get(&page).page(200)) {
                let target = resolved(&page, address.split('#').next().unwrap());
                let is_skipped = address.starts_with('#') || address.contains("backup");
                // The pages of owners and entries have tests of their own.
                if is_skipped
                    || ["/owner", "/entry"].iter().any(|other| target.starts_with(&format!("{base}{other}")))
                {
                    continue;
                }
                assert!(target.starts_with(&format!("{base}/")), "{page}: {address} leads to {target}");
                assert_ne!(site.get(&target).status.as_u16(), 404, "{page}: {address} leads to {target}");
            }
        }
    }
}

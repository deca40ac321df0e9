//! The ledger as a whole: verification, the head of its chain, exports, backups.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::testing::ManualClock;
use credits_web::{Scope, Tokens};
use serde_json::{Value, json};

use super::Api;
use crate::demo::{Credits, end, studio};
use crate::site::{Answer, Site};

#[test]
fn a_ledger_is_verified() {
    let (credits, clock) = studio();
    let api = Api::over(credits, clock);
    let verified = api.post("/verify", Value::Null).value(200);
    assert_eq!(verified["facts"], api.credits.statistics().facts);
}

fn verify(site: &Site, authorization: &str, accept: &str) -> Answer {
    let request = Request::post("/api/verify").header("authorization", authorization);
    site.send(request.header("accept", accept).body(Body::empty()).unwrap())
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_verification_shows_its_progress_in_lines() {
    let (credits, clock) = studio();
    let api = Api::over(credits, clock);
    let lines = |accept: &str| {
        let verified = verify(&api.site, &api.authorization(), accept);
        assert_eq!(verified.status.as_u16(), 200);
        (verified.header("content-type").to_owned(), lines(&verified))
    };
    let facts = api.credits.statistics().facts;
    for accept in ["application/jsonl", "application/json;q=0.5, Application/JSONL; q=1"] {
        let (kind, lines) = lines(accept);
        assert_eq!(kind, "application/jsonl");
        let (verified, progress) = lines.split_last().unwrap();
        assert_eq!(verified, &api.post("/verify", Value::Null).value(200));
        assert!((2..=100).contains(&progress.len()), "{} lines", progress.len());
        assert!(progress.iter().all(|line| line["of"] == facts));
        assert!(progress.is_sorted_by(|one, next| one["facts"].as_u64() < next["facts"].as_u64()));
        assert_eq!(progress.last().unwrap()["facts"], facts);
    }
    for accept in ["*/*", "application/json", "application/jsonlines"] {
        assert_eq!(lines(accept).0, "application/json", "{accept}");
    }
}

#[test]
fn an_earlier_head_agrees_with_the_ledger() {
    let api = Api::with("ada", 100);
    let head = api.get("/head").value(200);
    api.post("/wallets/ada/give", json!({ "amount": 1 })).value(201);
    let agreed = api.post("/head/check", json!({ "head": head["head"] })).value(200);
    assert_eq!((&agreed["agrees"], &agreed["last_fact"]), (&json!(true), &head["last_fact"]));

    let text = head["head"].as_str().unwrap();
    let zero = format!("{}:{}", text.rsplit_once(':').unwrap().0, "0".repeat(64));
    let ahead = text.replacen(&format!(":{}:", head["last_fact"]), ":999:", 1);
    let other = Api::new();
    for (api, head) in [(&api, zero.as_str()), (&api, ahead.as_str()), (&other, text)] {
        api.post("/head/check", json!({ "head": head })).problem(409, "head_disagrees");
    }
    for head in ["", "x", "0:0:0", "a\u{0}"] {
        let problem = api.post("/head/check", json!({ "head": head })).problem(422, "body_invalid");
        assert_eq!(problem["field"], "head");
    }
}

#[test]
fn an_export_has_every_entry() {
    let (credits, clock) = studio();
    let api = Api::over(credits, clock);
    let mut expected = Vec::new();
    let count = api.credits.export(credits_runtime::ExportFormat::JsonLines, &mut expected).unwrap();
    for path in ["/export", "/export?format=jsonl"] {
        let export = api.get(path);
        assert_eq!((export.status.as_u16(), export.header("content-type")), (200, "application/jsonl"));
        assert!(
            export.body.as_bytes() == expected && export.body.len() > 128 * 1_024,
            "{}",
            export.body.len()
        );
        assert_eq!(export.body.lines().count() as u64, count);
    }
    let csv = api.get("/export?format=csv");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.body.lines().count() as u64, count + 1);
    for format in ["xml", "", "CSV"] {
        let problem = api.get(&format!("/export?format={format}")).problem(422, "query_invalid");
        assert_eq!(problem["field"], "format");
    }
}

#[test]
fn a_backup_is_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::with("ada", 100);
    let (headers, bytes) = api.site.download("/api/backup", &api.authorization());
    assert_eq!(headers["content-length"], bytes.len().to_string());
    let name = format!("attachment; filename=\"{}.redb\"", api.credits.ledger_id());
    assert_eq!(headers["content-disposition"], name);
    let (backup, path) = (folder.path().join("backup.redb"), folder.path().join("restored.redb"));
    std::fs::write(&backup, bytes).unwrap();
    Credits::restore(&backup, &path).unwrap();
    let restored = Credits::open_read_only(&path).unwrap();
    assert_eq!(restored.wallet("ada").credits().unwrap(), 100);
}

/// Exports whose clients do not read hold a thread each, so that there may only be some.
#[test]
fn only_some_requests_read_the_whole_ledger_at_once() {
    let api = Api::new();
    for _ in 0..150 {
        api.post("/wallets/ada/give", json!({ "amount": 1, "metadata": { "note": "x".repeat(4_000) } }))
            .value(201);
    }
    let begun: Vec<_> = (0..4).map(|_| api.site.begin("/api/export", &api.authorization())).collect();
    for path in ["/export", "/backup"] {
        let busy = api.get(path);
        busy.problem(503, "busy");
        assert_eq!(busy.header("retry-after"), "1");
    }
    api.post("/verify", Value::Null).problem(503, "busy");
    // Other requests are not held up.
    assert_eq!(api.balance("ada"), 150);
    api.get("/wallets/ada").value(200);
    // The threads notice that their clients have gone.
    drop(begun);
    while api.post("/verify", Value::Null).status.as_u16() == 503 {
        std::thread::yield_now();
    }
    assert_eq!(api.get("/export").body.lines().count(), 150);
}

/// An export reads the journal in steps of 1,024 commits: this one fails at its second step.
#[test]
fn an_export_that_fails_is_cut_off() {
    let api = Api::new();
    let note = json!({ "note": "x".repeat(1_000) });
    for _ in 0..1_100 {
        api.credits.wallet("ada").give_credits(1).metadata(note.clone()).now().wait().unwrap();
    }
    let whole = api.get("/export").body.len();
    let begun = api.site.begin("/api/export", &api.authorization());
    assert_eq!(begun.status().as_u16(), 200);
    api.credits.close().unwrap();
    let (parts, failure) = api.site.rest(begun);
    assert!(failure.is_some_and(|failure| failure.contains("cut off")));
    assert!(0 < parts && parts < whole, "{parts} of {whole} bytes");
}

/// The row of a wallet is gone, which only a verification notices.
#[test]
fn a_ledger_that_contradicts_itself_is_not_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.redb");
    let clock = ManualClock::at(end());
    let open = || Credits::builder().clock(clock.clone()).open(&path).unwrap();
    let credits = open();
    credits.wallet("ada").give_credits(5).now().wait().unwrap();
    credits.close().unwrap();
    drop(credits);
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    let views = redb::TableDefinition::<&[u8], &[u8]>::new("views");
    let mut rows = write.open_table(views).unwrap();
    // FORMAT.md: keys of wallets begin with 2.
    rows.retain(|key, _| key.first() != Some(&2)).unwrap();
    drop(rows);
    write.commit().unwrap();
    drop(database);

    let (credits, tokens) = (open(), Tokens::in_memory());
    let token = format!("Bearer {}", tokens.create("worker", &[Scope::Admin]).unwrap());
    let site = Site::of(Router::new().nest_service("/api", credits_web::api(&credits).tokens(tokens)));
    let problem = verify(&site, &token, "application/json").problem(500, "damaged");
    assert_eq!(lines(&verify(&site, &token, "application/jsonl")).last(), Some(&problem));
}

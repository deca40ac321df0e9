//! The HTTP API of `studio_api`, route by route.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A running studio. It ends with the test.
struct Studio {
    process: Child,
    address: String,
    agent: ureq::Agent,
    _folder: tempfile::TempDir,
}

/// The status, the type and the body of a response.
struct Answer {
    status: u16,
    content_type: String,
    body: String,
}

impl Drop for Studio {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Studio {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_studio_api"))
            .env("LEDGER", folder.path().join("studio.redb"))
            .env("ADDRESS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap().trim().to_owned();
        let config = ureq::Agent::config_builder();
        let config = config.timeout_global(Some(Duration::from_secs(30))).http_status_as_error(false);
        Self { process, address, agent: config.build().new_agent(), _folder: folder }
    }

    fn get(&self, path: &str) -> Answer {
        Answer::of(self.agent.get(format!("http://{}{path}", self.address)).call().unwrap())
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = self.agent.post(format!("http://{}{path}", self.address));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body).unwrap())
    }

    fn generate(&self, user: &str, key: &str, body: &Value) -> Answer {
        self.post("/generate", &[("x-user", user), ("idempotency-key", key)], &body.to_string())
    }

    fn credits(&self, user: &str) -> Value {
        self.get(&format!("/wallets/{user}")).value()["credits"].clone()
    }
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.body_mut().read_to_string().unwrap();
        Self { status: response.status().as_u16(), content_type, body }
    }

    fn value(&self) -> Value {
        assert_eq!((self.status, self.content_type.as_str()), (200, "application/json"), "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// The problem with this status and code; every problem has the same members.
    fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.content_type, "application/problem+json", "{}", self.body);
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(
            (self.status, &problem["status"], &problem["code"]),
            (status, &json!(status), &json!(code))
        );
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}

fn paint(prompt: &str) -> Value {
    json!({ "operation": "paint", "prompt": prompt, "quality": "hd" })
}

#[test]
fn a_request_is_charged_once_for_its_key() {
    let studio = Studio::start();
    for replayed in [false, true] {
        let welcome = studio.post("/wallets/ann", &[], "").value();
        assert_eq!((&welcome["replayed"], &welcome["entry"]["amount"]), (&json!(replayed), &json!(60)));
    }
    let first = studio.generate("ann", "1", &paint("a lighthouse")).value();
    assert_eq!(first["entry"]["amount"], -25);
    assert_eq!(first["entry"]["metadata"], json!({ "picture": "picture-1.png" }));
    assert_eq!(first["replayed"], false);
    let again = studio.generate("ann", "1", &paint("a lighthouse")).value();
    assert_eq!((&again["entry"], &again["replayed"]), (&first["entry"], &json!(true)));
    studio
        .generate("ann", "1", &json!({ "operation": "upscale", "megapixels": 1 }))
        .problem(422, "idempotency_key_reused");

    let failed = studio.generate("ann", "2", &paint(""));
    failed.problem(500, "work_failed");
    assert!(!failed.body.contains("gpu"), "{}", failed.body);
    assert_eq!(studio.credits("ann"), "35 credits");
    studio.generate("ann", "2", &paint("a harbour")).value();

    let missing = studio.generate("ann", "3", &paint("a ship")).problem(402, "insufficient_credits");
    assert_eq!(
        (&missing["needed"], &missing["available"], &missing["missing"]),
        (&json!(25), &json!(10), &json!(15))
    );
    assert_eq!(
        missing["detail"],
        "25 credits needed for `paint`, 10 available: give or buy at least 15 more"
    );
    assert_eq!(missing["title"], "Insufficient credits");

    let wallet = studio.get("/wallets/ann").value();
    assert_eq!(wallet["credits"], "10 credits");
    assert_eq!(wallet["state"]["grants"][0]["free"], 10);
    assert_eq!((&wallet["state"]["holds"], &wallet["subscriptions"]), (&json!([]), &json!([])));
}

#[test]
fn a_mistake_in_a_request_is_a_problem_that_names_it() {
    let studio = Studio::start();
    let estimate = |body: &str| studio.post("/estimate", &[], body);
    for (body, status, code) in [
        (r#"{ "operation": "draw" }"#, 404, "unknown_operation"),
        (r#"{ "operation": "upscale" }"#, 422, "missing_input"),
        (r#"{ "operation": "upscale", "megapixels": 1, "pixels": 1 }"#, 422, "unknown_input"),
        (r#"{ "operation": "upscale", "megapixels": "many" }"#, 422, "invalid_input"),
        (r#"{ "operation": "upscale", "megapixels": -1 }"#, 422, "quantity_negative"),
        (r#"{ "operation": "upscale", "megapixels": 41 }"#, 422, "quantity_over_limit"),
        (r#"{ "megapixels": 1 }"#, 422, "body_invalid"),
        (r#"{ "operation": "#, 400, "body_invalid"),
        ("", 400, "body_invalid"),
    ] {
        estimate(body).problem(status, code);
        studio.post("/generate", &[("x-user", "ann"), ("idempotency-key", "1")], body).problem(status, code);
    }
    let unknown = estimate(r#"{ "operation": "draw" }"#).problem(404, "unknown_operation");
    assert_eq!(unknown["operations"], json!(["paint", "upscale"]));
    estimate(&paint(&"x".repeat(201)).to_string()).problem(422, "validation_failed");
    // One byte more than is read: the server refuses it once all of it was sent.
    estimate(&"x".repeat((2 << 20) + 1)).problem(413, "body_unreadable");
    studio.generate("ann", "", &paint("a lighthouse")).problem(422, "key_invalid");
    studio.generate("", "1", &paint("a lighthouse")).problem(422, "owner_invalid");

    assert_eq!(estimate(r#"{ "operation": "upscale", "megapixels": "2.5" }"#).value(), json!({ "cost": 10 }));
}

#[test]
fn entries_are_paged_and_explained() {
    let studio = Studio::start();
    studio.post("/wallets/ann", &[], "").value();
    let boat = json!({ "operation": "paint", "prompt": "a boat", "quality": "standard" });
    for job in 1..=6 {
        studio.generate("ann", &job.to_string(), &boat).value();
    }
    let first = studio.get("/wallets/ann/entries").value();
    let cursor = first["next"].as_str().unwrap();
    let second = studio.get(&format!("/wallets/ann/entries?after={cursor}")).value();
    let keys = [&first, &second].map(|page| {
        let entries = page["entries"].as_array().unwrap().iter();
        entries.map(|entry| entry["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(keys, [vec!["6", "5", "4", "3", "2"], vec!["1", "welcome"]]);
    assert_eq!(second["next"], Value::Null);

    let upscaled = json!({ "operation": "upscale", "megapixels": "1.5" });
    studio.post("/wallets/bob", &[], "").value();
    let number = studio.generate("bob", "1", &upscaled).value()["entry"]["number"].clone();
    let entry = studio.get(&format!("/entries/{number}")).value();
    assert_eq!(entry["entry"]["owner"], "bob");
    assert_eq!(entry["explanation"]["sum"], "8");
    assert_eq!(entry["explanation"]["lines"][1]["quantity"]["value"], "1.5");
    for number in ["100", "0", "ten", "99999999999999999999"] {
        studio.get(&format!("/entries/{number}")).problem(404, "entry_unknown");
    }
    studio.get("/wallets/ann/entries?after=x").problem(422, "cursor_invalid");

    let prices = studio.get("/prices");
    assert_eq!((prices.status, prices.content_type.as_str()), (200, "text/markdown; charset=utf-8"));
    assert!(prices.body.contains("| Upscale |"), "{}", prices.body);
}

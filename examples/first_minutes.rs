//! The studio as someone sees it who has just built it: what it prints, its pages, its API, and its command line beside it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

#[path = "../tests/browser/programs.rs"]
mod programs;

use programs::Browser;

/// A running studio. It ends with the test.
struct Studio {
    process: Child,
    address: String,
    token: String,
    agent: ureq::Agent,
    said: Vec<String>,
}

impl Drop for Studio {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn studio(ledger: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_studio"));
    command.env("ADDRESS", "127.0.0.1:0").env("CREDITS_LEDGER", ledger).env_remove("STRIPE_KEY");
    command
}

/// Standard output, standard error and the exit code of a command.
fn run(ledger: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let Output { stdout, stderr, status } = studio(ledger).args(arguments).output().unwrap();
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), status.code())
}

impl Studio {
    fn start(ledger: &Path) -> Self {
        let mut process = studio(ledger).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = Vec::new();
        for line in lines {
            let is_last = line.contains("Ctrl-C ends it");
            said.push(line);
            if is_last {
                break;
            }
        }
        let after = |mark: &str| {
            let line =
                said.iter().find(|line| line.contains(mark)).unwrap_or_else(|| panic!("{mark}: {said:?}"));
            line.split_once(mark).unwrap().1.trim().to_owned()
        };
        let (address, token) = (after("Studio ").trim_end_matches('/').to_owned(), after("export TOKEN="));
        let config = ureq::Agent::config_builder();
        let config = config.timeout_global(Some(Duration::from_secs(30))).http_status_as_error(false);
        Self { process, address, token, agent: config.max_redirects(0).build().new_agent(), said }
    }

    /// The status and the body of a page.
    fn page(&self, path: &str, password: &str) -> (u16, String) {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        if !password.is_empty() {
            request = request.header("authorization", password);
        }
        let mut response = request.call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    fn spend(&self, owner: &str, key: &str, body: &str) -> (u16, bool, Value) {
        let address = format!("{}/credits/api/wallets/{owner}/spend", self.address);
        let request = self.agent.post(address).header("authorization", format!("Bearer {}", self.token));
        let mut response = request.header("idempotency-key", key).send(body).unwrap();
        let is_replayed = response.headers().contains_key("idempotency-replayed");
        let body = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), is_replayed, serde_json::from_str(&body).unwrap())
    }

    fn form(&self, path: &str, body: &str) -> (u16, String) {
        let request = self.agent.post(format!("{}{path}", self.address));
        let response =
            request.header("content-type", "application/x-www-form-urlencoded").send(body).unwrap();
        let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (response.status().as_u16(), location.unwrap_or_default())
    }

    /// Ends it as Ctrl-C does.
    fn end(mut self) {
        let sent = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
    }
}

/// `demo:demo` and `demo:wrong` in Base64.
const DEMO: &str = "Basic ZGVtbzpkZW1v";
const WRONG: &str = "Basic ZGVtbzp3cm9uZw==";

#[test]
fn an_address_that_is_taken_is_said_before_a_year_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ledger = folder.path().join("studio.redb");
    let Output { stdout, stderr, status } = studio(&ledger).env("ADDRESS", &address).output().unwrap();
    let (said, why) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(
        status.code() == Some(1) && why.contains("set ADDRESS") && !said.contains("Filling"),
        "{said}{why}"
    );
    assert!(!ledger.exists());
}

#[test]
fn the_first_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let ledger: PathBuf = folder.path().join("studio.redb");
    let studio = Studio::start(&ledger);
    assert!(studio.said[0].contains("with a year of business"), "{:?}", studio.said);

    // The dashboard, with a password.
    assert_eq!(studio.page("/admin/credits", "").0, 401);
    assert_eq!(studio.page("/admin/credits", WRONG).0, 401);
    let (status, overview) = studio.page("/admin/credits", DEMO);
    assert!(status == 200 && overview.contains("Generate image"), "{overview}");
    let (_, owner) = studio.page("/admin/credits/owner?name=user%3Aada", DEMO);
    assert!(owner.contains("Give credits") && owner.contains("Generate video"), "{owner}");

    // The customer's page, and its button.
    let (status, home) = studio.page("/?user=ada", "");
    assert!(status == 200 && home.contains("credits-badge") && home.contains("hd, 25 credits"), "{home}");
    let (status, to) = studio.form("/generate", "user=ada&prompt=a+lighthouse&quality=hd");
    assert!(status == 303 && to.contains("Here+is+a+lighthouse"), "{to}");
    let (_, to) = studio.form("/generate", "user=ada&prompt=+&quality=hd");
    assert!(to.contains("say+what+it+shows"), "work that fails is not charged: {to}");
    let (_, to) = studio.form("/buy", "user=ada&pack=booster");
    assert!(to.contains("STRIPE_KEY"), "{to}");

    // The API: charged once for its key, refused without credits.
    let hd = r#"{ "operation": "generate_image", "quality": "hd" }"#;
    let (status, is_replayed, first) = studio.spend("user:ada", "job-1", hd);
    assert_eq!((status, is_replayed), (201, false), "{first}");
    let (status, is_replayed, again) = studio.spend("user:ada", "job-1", hd);
    assert_eq!((status, is_replayed, &again["entry"]), (201, true, &first["entry"]));
    let (status, _, refused) = studio.spend("user:nobody", "job-2", hd);
    assert_eq!((status, &refused["needed"], &refused["available"]), (402, &25.into(), &0.into()));

    // The command line goes through the running program.
    let (said, through, code) = run(&ledger, &["balance", "user:ada"]);
    assert!(
        said.contains("user:ada has ") && through.contains("through the running program"),
        "{said}{through}"
    );
    assert_eq!(code, Some(0));
    let (history, _, _) =
        run(&ledger, &["history", "user:ada", "--operation", "generate_video", "--limit", "1", "--json"]);
    let history: Value = serde_json::from_str(&history).unwrap();
    let video = history["entries"][0]["number"].to_string();
    let (why, _, _) = run(&ledger, &["explain", &video]);
    assert!(why.contains("100 + 10 x 3.65 s = 136.5, rounded up: 137"), "{why}");
    let (_, page) = studio.page(&format!("/admin/credits/entry?number={video}"), DEMO);
    assert!(page.contains("136.5, rounded up: 137"), "{page}");
    let given = run(&ledger, &["give", "user:ada", "137", "--reason", "a present", "--yes"]);
    assert_eq!(given.2, Some(0), "{given:?}");
    let (_, owner) = studio.page("/admin/credits/owner?name=user%3Aada", DEMO);
    assert!(owner.contains("a present"), "{owner}");

    // An owner is found, gets credits by the form, and sees them, in a browser with JavaScript and without.
    if let Some(browser) = Browser::find() {
        browser.run("first_minutes.mjs", &studio.address, &studio.token);
    }

    // Ended and started again, it goes on where it was.
    studio.end();
    let (sound, through, code) = run(&ledger, &["verify"]);
    assert!(code == Some(0) && sound.contains("sound") && !through.contains("running"), "{sound}{through}");
    let studio = Studio::start(&ledger);
    assert!(!studio.said.iter().any(|line| line.contains("year of business")), "{:?}", studio.said);
    let (status, is_replayed, _) = studio.spend("user:ada", "job-1", hd);
    assert_eq!((status, is_replayed), (201, true));
    studio.end();
}

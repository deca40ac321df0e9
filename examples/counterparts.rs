//! Independent counterparts: Stripe's own package signs and checks signatures, and `localstripe`, an
//! imitation of Stripe's server, creates customers and subscriptions and delivers its webhooks to an example.
//!
//! Both are installed from PyPI into a virtual environment. Where that is impossible, the tests print so and
//! check nothing.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use credits_runtime::stripe::SIGNATURE_HEADER;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Delivery, Shape};
use credits_runtime::{Timestamp, usage_credits};
use serde_json::Value;

usage_credits! {
    credit_pack booster { stripe_price "price_booster" gives 500.credits costs 9.dollars }
}

const PACKAGES: [&str; 2] = ["stripe==16.1.0", "localstripe==1.15.10"];
const SECRET: &str = "whsec_counterpart";

/// Python with the counterparts, installed once; `None` where that is impossible.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let installed = PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counterparts");
        let python = folder.join("bin/python");
        let runs = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        let has = || runs(Command::new(&python).args(["-c", "import stripe, localstripe"]));
        let installs = || {
            runs(Command::new("python3").args(["-m", "venv"]).arg(&folder))
                && runs(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))
        };
        if !(has() || (installs() && has())) {
            eprintln!(
                "python3 with venv and PyPI are not there: nothing is checked against Stripe's own package"
            );
            return None;
        }
        Some(python)
    });
    installed.as_deref()
}

/// Output of a Python program with these arguments and this input.
fn says(python: &Path, program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(python)
        .args(["-c", program])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

const SIGN: &str = "
import sys, stripe
secret, at = sys.argv[1], sys.argv[2]
payload = sys.stdin.read()
signature = stripe.WebhookSignature._compute_signature('%s.%s' % (at, payload), secret)
print('t=%s,v1=%s' % (at, signature))
";

const CHECK: &str = "
import sys, stripe
secret, header = sys.argv[1], sys.argv[2]
try:
    event = stripe.Webhook.construct_event(sys.stdin.read(), header, secret, tolerance=None)
    print('accepted', event.type)
except stripe.SignatureVerificationError:
    print('refused')
";

fn sold() -> Delivery {
    let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse().unwrap());
    // A name beyond ASCII, because signatures cover bytes.
    account.buy("J\u{fc}rgen", "booster", 900, None);
    account.deliveries()[0].clone()
}

#[test]
fn what_stripes_package_signs_is_accepted_and_what_is_tampered_with_is_not() {
    let Some(python) = python() else { return };
    let at: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
    let credits = Credits::builder().clock(ManualClock::at(at)).in_memory().unwrap();
    let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).build().unwrap();
    let body = sold().body;
    let header = says(python, SIGN, &[SECRET, "1769817600"], &body);
    let received = |header: &str, body: &str| stripe.receive([(SIGNATURE_HEADER, header)], body).status;
    assert_eq!(received(&header, &body.replace("900", "90")), 400);
    assert_eq!(received(&says(python, SIGN, &["whsec_other", "1769817600"], &body), &body), 400);
    assert_eq!(received(&says(python, SIGN, &[SECRET, "1769817000"], &body), &body), 400);
    assert_eq!(credits.wallet("J\u{fc}rgen").credits().unwrap(), 0);
    assert_eq!(received(&header, &body), 200);
    assert_eq!(credits.wallet("J\u{fc}rgen").credits().unwrap(), 500);
}

#[test]
fn what_the_test_kit_signs_is_accepted_by_stripes_package() {
    let Some(python) = python() else { return };
    let delivery = sold();
    let header = delivery.signature(SECRET, delivery.at);
    let check = |secret: &str, body: &str| says(python, CHECK, &[secret, &header], body);
    assert_eq!(check(SECRET, &delivery.body), "accepted checkout.session.completed");
    assert_eq!(check("whsec_other", &delivery.body), "refused");
    assert_eq!(check(SECRET, &delivery.body.replace("900", "901")), "refused");
}

/// A server process, which ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it, and waits for the line with its address.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
        // Drain the output: a full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Value {
        let url = format!("http://{}{path}", self.address);
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = match method {
            "GET" => agent.get(&url).header("Authorization", "Bearer sk_test_12345").call(),
            _ => agent
                .post(&url)
                .header("Authorization", "Bearer sk_test_12345")
                .send_form(fields.iter().copied()),
        };
        let text = answer.unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// `localstripe` on a loopback address and a free port, without the state that earlier runs saved.
const LOCALSTRIPE: &str = "
import socket, sys
from aiohttp import web
from localstripe.server import app
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(('127.0.0.1', 0))
print('listening on 127.0.0.1:%d' % listener.getsockname()[1], flush=True)
web.run_app(app, sock=listener, print=None)
";

#[test]
fn localstripes_subscriptions_arrive_at_the_example() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let stripe = Server::start(Command::new(python).args(["-c", LOCALSTRIPE]).current_dir(folder.path()));
    let booster = Server::start(
        Command::new(env!("CARGO_BIN_EXE_booster"))
            .env("LEDGER", folder.path().join("credits.redb"))
            .env("ADDRESS", "127.0.0.1:0")
            .env("STRIPE_SECRET_KEY", "sk_test_12345")
            .env("STRIPE_WEBHOOK_SECRET", SECRET),
    );
    let hook = format!("http://{}/stripe", booster.address);
    stripe.ask("POST", "/_config/webhooks/ours", &[("url", &hook), ("secret", SECRET)]);
    let plan = [
        ("id", "price_studio_monthly"),
        ("amount", "900"),
        ("currency", "usd"),
        ("interval", "month"),
        ("product[name]", "studio"),
    ];
    assert_eq!(stripe.ask("POST", "/v1/plans", &plan)["id"], "price_studio_monthly");
    let customer = stripe.ask("POST", "/v1/customers", &[("email", "ann@example.com")]);
    let customer = customer["id"].as_str().unwrap();
    let card = [
        ("type", "card"),
        ("card[number]", "4242424242424242"),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    let method = stripe.ask("POST", "/v1/payment_methods", &card);
    let method = method["id"].as_str().unwrap();
    stripe.ask("POST", &format!("/v1/payment_methods/{method}/attach"), &[("customer", customer)]);
    let pays_by = [("invoice_settings[default_payment_method]", method)];
    stripe.ask("POST", &format!("/v1/customers/{customer}"), &pays_by);
    let subscription = [
        ("customer", customer),
        ("items[0][plan]", "price_studio_monthly"),
        ("metadata[credits_owner]", "ann"),
    ];
    let subscription = stripe.ask("POST", "/v1/subscriptions", &subscription);
    assert_eq!(subscription["status"], "active", "{subscription}");
    // `localstripe` delivers a second later.
    let mut shown = Value::Null;
    for _ in 0..200 {
        shown = booster.ask("GET", "/ann/credits", &[]);
        if shown["credits"] == 1_000 {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(shown["credits"], 1_000, "{shown}");
    assert_eq!(shown["subscriptions"][0]["plan"], "studio", "{shown}");
    // Bad deliveries and spends are refused by the example too, and a good spend works.
    assert_eq!(booster.ask("POST", "/stripe", &[("a", "b")]), "refused");
    assert_eq!(booster.ask("POST", "/ann/upscale", &[])["picture"], "a larger picture");
    assert_eq!(booster.ask("GET", "/ann/credits", &[])["credits"], 980);
    let refused = booster.ask("POST", "/bob/upscale", &[]);
    assert_eq!(
        refused["error"],
        "20 credits needed for `upscale`, 0 available: give or buy at least 20 more"
    );
}

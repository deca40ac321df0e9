//! The example `dashboard`: both addresses answer as it prints them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running example. It ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_dashboard_and_the_api_answer_as_printed() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashboard"));
    let mut process = command.env("ADDRESS", "127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> =
        BufReader::new(process.stdout.take().unwrap()).lines().take(5).map(Result::unwrap).collect();
    let _running = Running(process);
    let printed = lines.join("\n");
    let after = |text: &str, end: char| {
        let (_, rest) = printed.split_once(text).unwrap();
        rest.split(end).next().unwrap().to_owned()
    };
    let address = after("demo:demo@", '/');
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30)));
    let agent = config.http_status_as_error(false).build().new_agent();
    let get = |path: &str, authorization: &str| {
        let request = agent.get(format!("http://{address}{path}")).header("authorization", authorization);
        let mut response = request.call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    };
    assert_eq!(get("/admin/credits", "Basic d3Jvbmc6d3Jvbmc=").0, 401);
    let (status, overview) = get("/admin/credits", "Basic ZGVtbzpkZW1v");
    assert!(status == 200 && overview.contains("user:ada"), "{overview}");
    let (status, page) = get("/user:ada", "");
    assert!(status == 200 && page.contains("credits-badge"), "{page}");

    let token = format!("Bearer {}", after("/spend -H 'authorization: Bearer ", '\''));
    let spend = || {
        let request = agent
            .post(format!("http://{address}/credits/api/wallets/user:ada/spend"))
            .header("authorization", &token)
            .header("idempotency-key", "1");
        let response = request.send(r#"{ "operation": "generate_image", "quality": "hd" }"#).unwrap();
        let replayed = response.headers().get("idempotency-replayed").is_some();
        (response.status().as_u16(), replayed)
    };
    assert_eq!([spend(), spend()], [(201, false), (201, true)]);
    let browser = format!("Bearer {}", after("/credits/api/me -H 'authorization: Bearer ", '\''));
    let (status, wallet) = get("/credits/api/me", &browser);
    assert!(status == 200 && wallet.contains("\"owner\":\"user:ada\""), "{wallet}");
}

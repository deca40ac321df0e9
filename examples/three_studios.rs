//! The studio as three programs on one PostgreSQL, behind a proxy that gives them requests in turn, while one of them is killed
//! again and again.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, or says that it did not run"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read as _, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

#[path = "../tests/postgres/cluster.rs"]
mod cluster;

use cluster::Cluster;

const STUDIOS: usize = 3;
const CLIENTS: usize = 4;
const KILLS: usize = 4;
/// Pictures that are painted between two kills.
const PICTURES: usize = 40;
/// Longest time for which a client waits for a studio.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running studio. It ends with the test.
struct Studio {
    process: Child,
    address: SocketAddr,
}

impl Studio {
    /// Starts one, and waits until it listens. On its first start it fills the database with a year of business.
    fn start(ledger: &str, folder: &tempfile::TempDir, address: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_studio"))
            .current_dir(folder.path())
            .env("CREDITS_LEDGER", ledger)
            .env("ADDRESS", address)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = said.find_map(|line| line.trim().strip_prefix("Studio ").map(|it| it.trim().to_owned()));
        let address = line.expect("a studio that listens");
        let address = address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        // A full pipe would stop it.
        thread::spawn(move || said.for_each(drop));
        Self { process, address }
    }

    fn page(&self, path: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: studio\r\nAuthorization: Basic ZGVtbzpkZW1v\r\nConnection: close\r\n\r\n"
        );
        let answer = asked(self.address, &request).expect("a page");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        body.to_owned()
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The whole response to a request on a new connection; `None` if the connection broke.
fn asked(address: SocketAddr, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.contains("\r\n\r\n").then_some(answer)
}

/// Passes each connection on to the next of these addresses that takes it, until the test ends. Returns the address of the proxy.
fn proxy(studios: Vec<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let turn = AtomicUsize::new(0);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let first = turn.fetch_add(1, Ordering::Relaxed);
            let mut places =
                (0..studios.len()).filter_map(|place| studios.get((first + place) % studios.len()));
            let Some(studio) = places.find_map(|address| TcpStream::connect(address).ok()) else { continue };
            let (mut to_client, mut from_studio) = (client.try_clone().unwrap(), studio.try_clone().unwrap());
            thread::spawn(move || {
                _ = copy(&mut from_studio, &mut to_client);
                _ = to_client.shutdown(Shutdown::Both);
            });
            let (mut from_client, mut to_studio) = (client, studio);
            thread::spawn(move || copy(&mut from_client, &mut to_studio));
        }
    });
    address
}

/// Runs a command of the studio's command line on the ledger, and returns what it prints.
fn run(ledger: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_studio"));
    let run = command.args(arguments).env("CREDITS_LEDGER", ledger).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// Sends a request for a picture. Returns whether it was charged, by the response.
fn painted(address: SocketAddr, user: &str, key: &str) -> Option<bool> {
    let body = format!("user={user}&key={key}&prompt=a+lighthouse&quality=draft");
    let request = format!(
        "POST /generate HTTP/1.1\r\nHost: studio\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = asked(address, &request)?;
    Some(answer.contains("Here+is+a+lighthouse") || answer.contains("already+painted"))
}

/// A page without the random keys of its forms.
fn without_keys(page: &str) -> String {
    let mut parts = page.split(r#"name="key" value=""#);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').unwrap().1)
}

#[test]
fn every_answered_picture_is_charged_once_while_a_studio_is_killed_again_and_again() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, folder) = (cluster.database(), tempfile::tempdir().unwrap());
    let start = |address: &str| Studio::start(&url, &folder, address);
    let mut studios: Vec<Studio> = (0..STUDIOS).map(|_| start("127.0.0.1:0")).collect();
    for user in 0..CLIENTS {
        run(&url, &["give", &format!("user:painter{user}"), "1000000", "--yes", "--reason", "a prize"]);
    }
    let proxy = proxy(studios.iter().map(|studio| studio.address).collect());
    let is_over = AtomicBool::new(false);
    let (sender, charged) = channel();
    let told: BTreeMap<String, BTreeSet<String>> = thread::scope(|scope| {
        let is_over = &is_over;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let sender = sender.clone();
                scope.spawn(move || {
                    let (user, mut keys) = (format!("painter{client}"), BTreeSet::new());
                    for number in 0.. {
                        if is_over.load(Ordering::Relaxed) {
                            break;
                        }
                        let key = format!("{user}-{number}");
                        // The outcome of a broken connection is unknown: it is sent again under the same key.
                        let mut answers = (0..20).map(|_| painted(proxy, &user, &key));
                        if answers.find_map(|answer| answer) == Some(true) {
                            keys.insert(key);
                            sender.send(()).unwrap();
                        }
                    }
                    (format!("user:{user}"), keys)
                })
            })
            .collect();
        let wait = |more: usize| {
            for _ in 0..more {
                charged.recv_timeout(PATIENCE).expect("a picture");
            }
        };
        for kill in 0..KILLS {
            wait(PICTURES);
            let killed = studios.remove(0);
            let address = killed.address.to_string();
            drop(killed);
            wait(PICTURES / 2);
            let again = start(&address);
            assert_eq!(again.address.to_string(), address, "kill {kill}");
            studios.insert(0, again);
        }
        wait(PICTURES);
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let all: usize = told.values().map(BTreeSet::len).sum();
    assert!(all > KILLS * PICTURES);
    // By owner and key, how often each was charged.
    let mut found = BTreeMap::<(String, String), usize>::new();
    for line in run(&url, &["export"]).lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        if text("operation") == "generate_image" && text("owner").starts_with("user:painter") {
            *found.entry((text("owner"), text("key"))).or_default() += 1;
        }
    }
    for (owner, keys) in &told {
        for key in keys {
            assert!(found.contains_key(&(owner.clone(), key.clone())), "{key} of {owner} was answered");
        }
    }
    assert!(found.values().all(|count| *count == 1), "a key was charged twice: {found:?}");
    run(&url, &["verify"]);
    for page in
        ["", "entries", "owners", "owner?name=user%3Apainter0", "owner?name=user%3Aada", "money", "catalogue"]
    {
        let path = format!("/admin/credits/{page}");
        let pages: BTreeSet<String> =
            studios.iter().map(|studio| without_keys(&studio.page(&path))).collect();
        assert_eq!(pages.len(), 1, "{path} differs");
    }
    println!("{all} pictures were answered for, {KILLS} studios were killed");
}

//! The web on a large ledger: processor time of the dashboard's pages, and spends over HTTP beside spends in process.
//!
//! ```sh
//! cargo bench -p credits-benches --bench web -- --entries 10000000 --wallets 100000 --clients 32 --seconds 10
//! ```
//!
//! `--folder PATH` is the folder of the measured ledger. Server, clients and ledger share the machine. Clients form a closed
//! loop over connections that stay open; HTTP and process are measured in turn.
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
#![allow(clippy::print_stdout, reason = "the table is its purpose")]
#![allow(clippy::cast_precision_loss, reason = "figures to show")]

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::usage_credits;
use credits_web::{Access, Scope, Tokens};
use hdrhistogram::Histogram;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

usage_credits! {
    settings { low_balance_threshold 1_000.credits }
    operation step { costs 1.credit_per(page) }
}

/// Pages of a measurement of processor time, whose clock ticks 100 times a second.
const PAGES: u32 = 200;
/// Writes in flight while the ledger is filled.
const FILLING: usize = 4_000;
/// Turns of HTTP and process.
const TURNS: usize = 3;

struct Options {
    entries: u64,
    wallets: u64,
    clients: usize,
    seconds: u64,
    folder: String,
}

fn main() {
    let options = Options {
        entries: option("--entries", 10_000_000),
        wallets: option("--wallets", 100_000),
        clients: option("--clients", 32),
        seconds: option("--seconds", 10),
        folder: option("--folder", std::env::temp_dir().display().to_string()),
    };
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
    let credits = Credits::open(folder.path().join("credits.redb")).expect("a ledger");
    fill(&credits, &options);
    let tokens = Tokens::in_memory();
    let token = tokens.create("bench", &[Scope::App]).expect("a token");
    let routes = Router::new()
        .nest_service("/admin", credits_web::dashboard(&credits).authorize(|_| Access::all("bench")))
        .nest_service("/api", credits_web::api(&credits).tokens(tokens));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    for page in
        ["/admin/", "/admin/?days=365", "/admin/owners", "/admin/owner?name=user%3A77", "/admin/entries"]
    {
        println!("{page:<28} {:>6.2} ms of processor time", page_cpu(&runtime, &routes, page) * 1_000.0);
    }
    let address = serve(&runtime, routes);
    for turn in 0..TURNS {
        let over = |client: usize| Connection::open(address, &token, client, turn);
        report("over HTTP", &options, &load(&options, over, Connection::spend));
        let within = |client: usize| InProcess { credits: credits.clone(), client, turn, count: 0 };
        report("in process", &options, &load(&options, within, InProcess::spend));
    }
}

fn option<T: FromStr + Display>(name: &str, otherwise: T) -> T {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Two grants for each wallet, one of which expires and is larger than what the wallet spends, then the spends.
fn fill(credits: &Credits, options: &Options) {
    let mut replies = VecDeque::new();
    let mut wait = |reply, most: usize| {
        replies.extend(reply);
        while replies.len() > most {
            let reply: credits_runtime::Reply<credits_runtime::Receipt> =
                replies.pop_front().expect("a reply");
            drop(reply.wait().expect("a write"));
        }
    };
    for number in 0..options.wallets {
        let wallet = credits.wallet(format!("user:{number}"));
        wait(Some(wallet.give_credits(1_000_000).now()), FILLING);
        let passing = wallet.give_credits(1_000).expires_in(Duration::from_hours(24 * (1 + number % 60)));
        wait(Some(passing.now()), FILLING);
    }
    for number in 0..options.entries.saturating_sub(2 * options.wallets) {
        let wallet = credits.wallet(format!("user:{}", number % options.wallets));
        let spend = wallet.spend_credits_on(Operation::step(number % 5 + 1)).key(format!("fill-{number}"));
        wait(Some(spend.now()), FILLING);
    }
    wait(None, 0);
    println!("{} facts in {} wallets", credits.statistics().facts, options.wallets);
}

/// Processor time of the whole process for one page, in seconds.
fn page_cpu(runtime: &Runtime, routes: &Router, page: &str) -> f64 {
    let show = || {
        let request = Request::get(page).body(Body::empty()).expect("a request");
        let response = runtime.block_on(routes.clone().oneshot(request)).expect("a response");
        assert_eq!(response.status().as_u16(), 200, "{page}");
    };
    show();
    let before = process_cpu();
    (0..PAGES).for_each(|_| show());
    (process_cpu() - before) / f64::from(PAGES)
}

/// Processor time of this process in seconds, from Linux's `/proc`.
fn process_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    // Fields 14 and 15 of the line are user and system time; field 2 is the name in brackets.
    rest.split(' ').skip(12).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 0.01
}

fn serve(runtime: &Runtime, routes: Router) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("an address");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move { axum::serve(listener, routes).await });
    address
}

/// Runs a closed loop of clients for a time, each on its own thread.
fn load<C>(
    options: &Options,
    client: impl Fn(usize) -> C + Sync,
    spend: impl Fn(&mut C) + Sync,
) -> Histogram<u64> {
    let start = Instant::now();
    let time = Duration::from_secs(options.seconds);
    thread::scope(|scope| {
        let (client, spend) = (&client, &spend);
        let run = move |number| {
            let (mut client, mut latencies) =
                (client(number), Histogram::<u64>::new(3).expect("a histogram"));
            while start.elapsed() < time {
                let asked = Instant::now();
                spend(&mut client);
                let micros = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                latencies.record(micros.max(1)).expect("a latency");
            }
            latencies
        };
        let threads: Vec<_> = (0..options.clients).map(|number| scope.spawn(move || run(number))).collect();
        let mut all = Histogram::new(3).expect("a histogram");
        for thread in threads {
            all.add(thread.join().expect("a client")).expect("latencies");
        }
        all
    })
}

fn report(what: &str, options: &Options, latencies: &Histogram<u64>) {
    println!(
        "{what:<12} {:>8.0} spends/s   p50 {:>6} us   p99 {:>6} us",
        latencies.len() as f64 / options.seconds as f64,
        latencies.value_at_quantile(0.5),
        latencies.value_at_quantile(0.99)
    );
}

/// A client of the API.
struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
    client: usize,
    turn: usize,
    count: usize,
}

impl Connection {
    fn open(address: SocketAddr, token: &str, client: usize, turn: usize) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        Self { stream: BufReader::new(stream), token: token.to_owned(), client, turn, count: 0 }
    }

    fn spend(&mut self) {
        let Self { stream, token, client, turn, count } = self;
        *count += 1;
        let body = r#"{"operation":"step","pages":1}"#;
        let request = format!(
            "POST /api/wallets/user:{client}/spend HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: http-{turn}-{client}-{count}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes()).expect("a request");
        let (mut line, mut status, mut length) = (String::new(), String::new(), 0);
        loop {
            line.clear();
            stream.read_line(&mut line).expect("a response");
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line == "\r\n" {
                break;
            }
        }
        assert!(status.contains(" 201 "), "{status}");
        let mut body = vec![0; length];
        stream.read_exact(&mut body).expect("a body");
    }
}

/// A client within the process.
struct InProcess {
    credits: Credits,
    client: usize,
    turn: usize,
    count: usize,
}

impl InProcess {
    fn spend(&mut self) {
        self.count += 1;
        let key = format!("process-{}-{}-{}", self.turn, self.client, self.count);
        let wallet = self.credits.wallet(format!("user:{}", self.client));
        drop(wallet.spend_credits_on(Operation::step(1)).key(key).now().wait().expect("a spend"));
    }
}

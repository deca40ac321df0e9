//! A process with clients. It prints `ready` once it is warm, begins at a line of its input, and prints what it measured.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::options::WORKER;
use super::subject::System;
use super::{ledger, processor, sql};

/// Unmeasured load before each measurement.
const WARMING: Duration = Duration::from_millis(800);

/// What a process does.
#[derive(Clone, Debug)]
pub struct Work {
    pub system: System,
    pub url: String,
    pub clients: usize,
    pub lanes: usize,
    pub wallets: usize,
    pub time: Duration,
    /// Spends at the most, in place of a time, where it is not zero.
    pub spends: usize,
    /// A number that no other process of the run has: its keys are drawn from it.
    pub number: usize,
}

impl Work {
    fn words(&self) -> [String; 9] {
        let Self { system, url, clients, lanes, wallets, time, spends, number } = self;
        let of = |number: &usize| number.to_string();
        let millis = time.as_millis().to_string();
        [
            WORKER.to_owned(),
            system.to_string(),
            url.clone(),
            of(clients),
            of(lanes),
            of(wallets),
            millis,
            of(spends),
            of(number),
        ]
    }

    fn of_words(words: &[String]) -> Self {
        let number = |place: usize| words[place].parse::<usize>().expect("a number");
        Self {
            system: System::of(&words[1]),
            url: words[2].clone(),
            clients: number(3),
            lanes: number(4),
            wallets: number(5),
            time: Duration::from_millis(number(6) as u64),
            spends: number(7),
            number: number(8),
        }
    }

    /// Pseudo-random number of a spend.
    pub fn drawn(&self, client: usize, count: usize) -> u64 {
        let mut mixed =
            (self.number as u64) << 48 ^ (client as u64) << 32 ^ count as u64 ^ 0x9E37_79B9_7F4A_7C15;
        for _ in 0..2 {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed ^= mixed >> 27;
        }
        mixed
    }

    /// The wallet that a spend is from.
    pub fn wallet(&self, drawn: u64) -> usize {
        (drawn % self.wallets as u64) as usize
    }
}

/// How long a load runs.
#[derive(Clone, Copy)]
pub struct Until {
    end: Instant,
    spends: usize,
}

impl Until {
    /// Whether a client that has sent `count` spends goes on.
    pub fn is_over(&self, count: usize, clients: usize) -> bool {
        if self.spends > 0 { count * clients >= self.spends } else { Instant::now() >= self.end }
    }
}

/// Runs the process.
pub fn run() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let work = Work::of_words(&words);
    let measure = |load: &mut dyn FnMut(Until, usize) -> Histogram<u64>| {
        let warm = Until { end: Instant::now() + WARMING, spends: 0 };
        drop(load(warm, 1 << 30));
        println!("ready");
        io::stdin().lock().read_line(&mut String::new()).expect("a line");
        let (start, before) = (Instant::now(), processor::of_this_process());
        let latencies = load(Until { end: start + work.time, spends: work.spends }, 0);
        let (time, used) = (start.elapsed(), processor::of_this_process() - before);
        let counts: Vec<_> =
            latencies.iter_recorded().map(|it| (it.value_iterated_to(), it.count_at_value())).collect();
        println!("{}", json!({ "us": time.as_micros() as u64, "processor": used, "counts": counts }));
    };
    match work.system {
        System::Ledger => ledger::with(&work, |load| measure(load)),
        System::Naive | System::Function => sql::with(&work, |load| measure(load)),
    }
}

/// What a process measured.
pub struct Measured {
    pub latencies: Histogram<u64>,
    pub time: Duration,
    pub processor: f64,
}

/// A running process with clients.
pub struct Worker {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Worker {
    pub fn start(work: &Work) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(work.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let said = BufReader::new(process.stdout.take().expect("its output"));
        Self { process, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "a process with clients ended");
        line
    }

    pub fn wait_until_ready(&mut self) {
        assert_eq!(self.line().trim(), "ready");
    }

    pub fn begin(&mut self) {
        self.process.stdin.as_mut().expect("its input").write_all(b"begin\n").expect("it listens");
    }

    /// Waits for its end, and adds what it measured.
    pub fn measured(mut self) -> Measured {
        let told: Value = serde_json::from_str(&self.line()).expect("what it measured");
        self.process.wait().expect("its end");
        let mut latencies = Histogram::new(3).expect("a histogram");
        for count in told["counts"].as_array().expect("counts") {
            let pair: (u64, u64) = serde_json::from_value(count.clone()).expect("a count");
            latencies.record_n(pair.0, pair.1).expect("a count");
        }
        let time = Duration::from_micros(told["us"].as_u64().expect("a time"));
        Measured { latencies, time, processor: told["processor"].as_f64().expect("a time") }
    }
}

//! Options of the command line.

use std::path::PathBuf;
use std::time::Duration;

use super::LOADS;
use super::part::Load;

/// First word of the command line of a process with clients.
pub const WORKER: &str = "--clients-of";

/// The measurements to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Wallets of each system.
    pub wallets: usize,
    /// Duration of each measurement.
    pub time: Duration,
    pub rounds: usize,
    /// Lanes of each program of the ledger.
    pub lanes: usize,
    /// Spends in the ledger at the end of the measurement of growth.
    pub entries: usize,
    /// Numbers of clients whose loads are measured; all if it is empty.
    pub clients: Vec<usize>,
    /// Measurements to run; all if it is empty.
    pub only: Vec<String>,
    /// Folder of the results.
    pub out: PathBuf,
}

impl Options {
    /// Reads the command line, with defaults; `None` in a process with clients.
    pub fn read() -> Option<Self> {
        let mut options = Self {
            wallets: 100_000,
            time: Duration::from_secs(4),
            rounds: 3,
            lanes: 2,
            entries: 1_000_000,
            clients: Vec::new(),
            only: Vec::new(),
            out: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
            match word.as_str() {
                WORKER => return None,
                "--wallets" => options.wallets = number(),
                "--seconds" => options.time = Duration::from_secs(number() as u64),
                "--rounds" => options.rounds = number().max(1),
                "--lanes" => options.lanes = number().max(1),
                "--entries" => options.entries = number(),
                "--clients" => {
                    let list = words.next().expect("numbers of clients");
                    options.clients = list.split(',').map(|word| word.parse().expect("a number")).collect();
                }
                "--only" => {
                    let list = words.next().expect("what to measure");
                    options.only = list.split(',').map(str::to_owned).collect();
                }
                "--out" => options.out = words.next().expect("a folder").into(),
                // Cargo passes it to every benchmark.
                "--bench" => {}
                other => panic!("`{other}` is no option: read the head of benches/postgres/main.rs"),
            }
        }
        Some(options)
    }

    /// Whether a measurement is selected.
    pub fn measures(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }

    /// The selected loads.
    pub fn loads(&self) -> impl Iterator<Item = Load> {
        LOADS.into_iter().filter(|load| self.clients.is_empty() || self.clients.contains(&load.clients))
    }
}

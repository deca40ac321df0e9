//! Options of the command line.

use std::path::PathBuf;
use std::time::Duration;

/// The measurements to run, and their folders.
#[derive(Clone, Debug)]
pub struct Options {
    /// Numbers of clients, one measurement each.
    pub clients: Vec<usize>,
    /// Wallets that they spend from.
    pub wallets: usize,
    /// Duration of each measurement.
    pub time: Duration,
    /// Spends in the ledger at the end.
    pub entries: usize,
    /// Wallets whose memory is measured.
    pub most_wallets: usize,
    /// Ledger that this process writes until it aborts; only set in a child process.
    pub killed: Option<PathBuf>,
    /// Measurement of memory that this process runs; only set in a child process.
    pub resident: Option<String>,
    /// Measurements to run; all if it is empty.
    pub only: Vec<String>,
    /// Number of rounds.
    pub rounds: usize,
    /// Folder of the measured files.
    pub folder: PathBuf,
    /// Folder of the results.
    pub out: PathBuf,
}

impl Options {
    /// Reads the command line, with defaults.
    pub fn read() -> Self {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let mut options = Self {
            clients: vec![1, 64, 512],
            wallets: 100_000,
            time: Duration::from_secs(10),
            entries: 1_000_000,
            most_wallets: 1_000_000,
            killed: None,
            resident: None,
            only: Vec::new(),
            rounds: 3,
            folder: target.clone(),
            out: target,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
            match word.as_str() {
                "--wallets" => options.wallets = number(),
                "--seconds" => options.time = Duration::from_secs(number() as u64),
                "--entries" => options.entries = number(),
                "--most-wallets" => options.most_wallets = number(),
                "--killed" => options.killed = words.next().map(PathBuf::from),
                "--resident" => options.resident = words.next(),
                "--rounds" => options.rounds = number().max(1),
                "--clients" => {
                    let list = words.next().expect("numbers of clients");
                    options.clients = list.split(',').map(|word| word.parse().expect("a number")).collect();
                }
                "--only" => {
                    let list = words.next().expect("what to measure");
                    options.only = list.split(',').map(str::to_owned).collect();
                }
                "--folder" => options.folder = words.next().expect("a folder").into(),
                "--out" => options.out = words.next().expect("a folder").into(),
                // Cargo passes it to every benchmark.
                "--bench" => {}
                other => panic!("`{other}` is no option: read the head of benches/side_by_side/main.rs"),
            }
        }
        options
    }

    /// Whether a measurement is selected.
    pub fn measures(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }
}

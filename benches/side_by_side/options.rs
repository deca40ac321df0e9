//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many clients, one measurement each.
    pub clients: Vec<usize>,
    /// Wallets that they spend from.
    pub wallets: usize,
    /// How long each measurement is.
    pub time: Duration,
    /// Spends that are there at last.
    pub entries: usize,
    /// Wallets whose memory is measured.
    pub most_wallets: usize,
    /// The ledger of a process that is killed.
    pub killed: Option<PathBuf>,
    /// What a process that measures memory is asked for.
    pub resident: Option<String>,
    /// What is measured; everything if it is empty.
    pub only: Vec<String>,
    /// How often everything is measured.
    pub rounds: usize,
    /// Where files are measured.
    pub folder: PathBuf,
    /// Where figures go.
    pub out: PathBuf,
}

impl Options {
    /// The command line's, with defaults.
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
                // What cargo passes to every benchmark.
                "--bench" => {}
                other => panic!("`{other}` is no option: read the head of benches/side_by_side/main.rs"),
            }
        }
        options
    }

    /// Whether this is to be measured.
    pub fn measures(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }
}

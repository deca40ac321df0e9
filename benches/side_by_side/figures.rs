//! Figures: what was measured, as a table, as JSON and as plots.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::json;

use super::options::Options;
use super::plots::{bars, line, lines};

/// One measurement.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Of what.
    pub name: String,
    /// Spends that were answered.
    pub count: u64,
    /// Spends a second.
    pub rate: f64,
    /// Microseconds until these shares of all were answered: [`SHARES`].
    pub latencies: [u64; SHARES.len()],
    /// Seconds of processor time that the writing thread took, and all clients, where that is known.
    pub cpu: [f64; 2],
}

/// Half, 90 of 100, 99 of 100, 999 of 1,000, and all.
pub const SHARES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];
/// How they are called.
const SHARE_NAMES: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

impl Figure {
    /// What these latencies in this time are.
    pub fn of(name: String, latencies: &Histogram<u64>, time: Duration) -> Self {
        Self {
            name,
            count: latencies.len(),
            rate: latencies.len() as f64 / time.as_secs_f64(),
            latencies: SHARES.map(|share| latencies.value_at_quantile(share)),
            cpu: [0.0, 0.0],
        }
    }
}

/// What one round measured.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Spends a second, and how long they took.
    pub figures: Vec<Figure>,
    /// Microseconds of a spend by how many there were before.
    pub sizes: Vec<(usize, f64)>,
    /// Anything else.
    pub costs: Vec<Cost>,
}

/// Something that should be little.
#[derive(Clone, Debug)]
pub struct Cost {
    name: String,
    value: f64,
    unit: &'static str,
    /// What it should be at most.
    target: f64,
}

impl Round {
    /// Something that should be this little.
    pub fn add(&mut self, name: &str, value: f64, unit: &'static str, target: f64) {
        self.costs.push(Cost { name: name.to_owned(), value, unit, target });
    }
}

/// The medians of all rounds.
pub struct Report {
    round: Round,
    rounds: usize,
    settings: String,
}

/// What every round has at this place.
fn of_all<T: Clone>(rounds: &[Round], place: usize, get: impl Fn(&Round) -> &Vec<T>) -> Vec<T> {
    rounds.iter().filter_map(|round| get(round).get(place).cloned()).collect()
}

/// The one in the middle.
pub fn median<T: Clone>(mut all: Vec<T>, value: impl Fn(&T) -> f64) -> T {
    all.sort_by(|one, other| value(one).total_cmp(&value(other)));
    all.swap_remove(all.len() / 2)
}

impl Report {
    /// Of each measurement its round of the median.
    pub fn of_rounds(options: &Options, rounds: &[Round]) -> Self {
        let first = rounds.first().cloned().unwrap_or_default();
        let figures = (0..first.figures.len())
            .map(|place| median(of_all(rounds, place, |round| &round.figures), |figure| figure.rate));
        let sizes = (0..first.sizes.len())
            .map(|place| median(of_all(rounds, place, |round| &round.sizes), |(_, cost)| *cost));
        let costs = (0..first.costs.len())
            .map(|place| median(of_all(rounds, place, |round| &round.costs), |cost| cost.value));
        let round = Round { figures: figures.collect(), sizes: sizes.collect(), costs: costs.collect() };
        let settings = format!("{} wallets, {} s each", options.wallets, options.time.as_secs());
        Self { round, rounds: rounds.len(), settings }
    }

    fn figure(&self, name: &str) -> Option<&Figure> {
        self.round.figures.iter().find(|figure| figure.name.starts_with(name))
    }

    fn rate(&self, name: &str) -> Option<f64> {
        self.figure(name).map(|figure| figure.rate)
    }

    /// What should be little: of the latencies, and what was measured besides.
    fn costs(&self) -> Vec<Cost> {
        let micros = |name: &str, share: usize| Some(*self.figure(name)?.latencies.get(share)? as f64);
        let mut costs = Vec::new();
        if let (Some(one), Some(disk)) = (micros("ledger, 1 clients", 0), micros("append and sync, one", 0)) {
            let name = "1 client, p50 vs appending and syncing as much".to_owned();
            costs.push(Cost { name, value: one / disk, unit: "x", target: 2.5 });
        }
        if let Some(p99) = micros("ledger, 64 clients", 2) {
            costs.push(Cost {
                name: "64 clients, p99".to_owned(),
                value: p99 / 1_000.0,
                unit: "ms",
                target: 5.0,
            });
        }
        costs.extend(self.round.costs.iter().cloned());
        costs
    }

    /// What the issue of speed asks of the rates: which ratio, and what it should be at least.
    fn ratios(&self) -> Vec<(&'static str, f64, f64)> {
        let ratio = |one: &str, other: &str| Some(self.rate(one)? / self.rate(other)?);
        let (one, batched) = ("SQLite FULL, one", "SQLite FULL, 1024");
        [
            ("1 client, vs SQLite", ratio("ledger, 1 clients", one), 0.8),
            ("64 clients, vs SQLite", ratio("ledger, 64 clients", one), 15.0),
            ("512 clients, vs SQLite", ratio("ledger, 512 clients", one), 50.0),
            ("512 clients, vs SQLite in batches", ratio("ledger, 512 clients", batched), 8.0),
            (
                "512 clients, vs a log file with the same clients",
                ratio("ledger, 512 clients", "a log file"),
                0.6,
            ),
            (
                "512 clients around work, vs plain",
                ratio("ledger, 512 clients, around work", "ledger, 512 clients"),
                0.5,
            ),
        ]
        .into_iter()
        .filter_map(|(name, ratio, target)| Some((name, ratio?, target)))
        .collect()
    }

    /// A row for each measurement.
    pub fn tables(&self) -> String {
        let sqlite = self.rate("SQLite FULL, one").unwrap_or(1.0);
        let mut table = format!("{}, medians of {} rounds\n\n", self.settings, self.rounds);
        if !self.round.figures.is_empty() {
            let head = format!(
                "| | spends/s | {} | vs SQLite | CPU of the writer, of the clients |",
                SHARE_NAMES.join(" | ")
            );
            writeln!(table, "{head}\n|{}", "---|".repeat(SHARES.len() + 4)).expect("memory");
        }
        for figure in &self.round.figures {
            let shown =
                figure.latencies.map(|micros| format!("{:.2} ms", micros as f64 / 1_000.0)).join(" | ");
            let cpu = figure.cpu.map(|time| time * 1e6 / figure.count.max(1) as f64);
            let cpu =
                if cpu[1] > 0.0 { format!("{:.1} us, {:.1} us", cpu[0], cpu[1]) } else { String::new() };
            let Figure { name, rate, .. } = figure;
            writeln!(table, "| {name} | {rate:.0} | {shown} | {:.2} x | {cpu} |", rate / sqlite)
                .expect("memory");
        }
        if !self.round.sizes.is_empty() {
            table.push_str("\n| spends before | a spend |\n|---|---|\n");
        }
        for (size, cost) in &self.round.sizes {
            writeln!(table, "| {size} | {cost:.1} us |").expect("memory");
        }
        table.push_str("\n| | measured | target | |\n|---|---|---|---|\n");
        for (name, ratio, target) in self.ratios() {
            let met = if ratio >= target { "met" } else { "missed" };
            writeln!(table, "| {name} | {ratio:.2} x | at least {target} x | {met} |").expect("memory");
        }
        for Cost { name, value, unit, target } in self.costs() {
            let met = if value <= target { "met" } else { "missed" };
            writeln!(table, "| {name} | {value:.2} {unit} | at most {target} {unit} | {met} |")
                .expect("memory");
        }
        table
    }

    /// Everything as JSON, and the plots.
    pub fn write(&self, folder: &Path) {
        let Round { figures, sizes, .. } = &self.round;
        let shown: Vec<_> = figures
            .iter()
            .map(|Figure { name, rate, latencies, cpu, .. }| {
                let latencies: serde_json::Map<_, _> = SHARE_NAMES
                    .iter()
                    .zip(latencies)
                    .map(|(name, micros)| ((*name).to_owned(), json!(micros)))
                    .collect();
                json!({ "name": name, "spends_per_second": rate, "latency_us": latencies, "cpu_s": cpu })
            })
            .collect();
        let costs: Vec<_> = self
            .costs()
            .iter()
            .map(|Cost { name, value, unit, target }| {
                json!({ "name": name, "value": value, "unit": unit, "at_most": target })
            })
            .collect();
        let ratios: Vec<_> = self
            .ratios()
            .into_iter()
            .map(|(name, ratio, target)| json!({ "name": name, "ratio": ratio, "at_least": target }))
            .collect();
        let all = json!({
            "settings": self.settings, "rounds": self.rounds, "figures": shown, "ratios": ratios,
            "microseconds_by_size": sizes, "costs": costs,
        });
        std::fs::create_dir_all(folder).expect("a folder for the figures");
        let file = folder.join("side_by_side.json");
        std::fs::write(&file, format!("{all:#}\n")).expect("a file for the figures");
        let of_all = |value: fn(&Figure) -> f64| -> Vec<(String, f64)> {
            figures.iter().map(|figure| (figure.name.clone(), value(figure))).collect()
        };
        if !figures.is_empty() {
            let rates = of_all(|figure| figure.rate);
            bars(&folder.join("throughput.svg"), "Durable spends a second", &rates);
            let latencies: Vec<(String, Vec<f64>)> = figures
                .iter()
                .map(|figure| (figure.name.clone(), figure.latencies.map(|micros| micros as f64).to_vec()))
                .collect();
            let title = "Microseconds until so many spends are answered";
            lines(&folder.join("latency.svg"), title, "us", &SHARE_NAMES, &latencies);
        }
        if !sizes.is_empty() {
            let title = "Microseconds of a spend, by how many there were before";
            line(&folder.join("size.svg"), title, ("spends before", "us"), sizes);
        }
        println!("{} and the plots are beside it", file.display());
    }
}

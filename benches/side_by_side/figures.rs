//! Figures: measurements as a table, as JSON and as plots.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::options::Options;
use super::plots::{bars, line, lines};
use super::turns::Part;

/// One measurement.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Subject of the measurement.
    pub name: String,
    /// Completed spends.
    pub count: u64,
    /// Spends a second.
    pub rate: f64,
    /// Latencies in microseconds, at the quantiles [`SHARES`].
    pub latencies: [u64; SHARES.len()],
    /// Processor seconds of the writing thread and of all clients; zero where unknown.
    pub cpu: [f64; 2],
}

/// Quantiles of latencies that are reported.
pub const SHARES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];
/// Their names in tables and plots.
const SHARE_NAMES: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

impl Figure {
    /// Figure of all parts of a measurement together.
    pub fn of(parts: Part) -> Self {
        let rate = parts.rate();
        let Part { name, latencies, cpu, .. } = parts;
        let count = latencies.len();
        Self { name, count, rate, latencies: SHARES.map(|share| latencies.value_at_quantile(share)), cpu }
    }
}

/// Results of one round.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Rates and latencies.
    pub figures: Vec<Figure>,
    /// Cost of a spend relative to one in an empty ledger, by the number of earlier spends.
    pub sizes: Vec<(usize, f64)>,
    /// Other costs.
    pub costs: Vec<Cost>,
}

/// A cost with its upper bound.
#[derive(Clone, Debug)]
pub struct Cost {
    name: String,
    value: f64,
    unit: &'static str,
    /// Upper bound.
    target: f64,
}

/// A rate relative to another.
#[derive(Clone, Debug)]
struct Ratio {
    name: &'static str,
    value: f64,
    /// Lower bound.
    target: f64,
}

/// Baseline of all rates.
const SQLITE: &str = "SQLite FULL, one";

impl Round {
    /// Adds a cost with its upper bound.
    pub fn add(&mut self, name: &str, value: f64, unit: &'static str, target: f64) {
        self.costs.push(Cost { name: name.to_owned(), value, unit, target });
    }

    fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name.starts_with(name))
    }

    fn rate(&self, name: &str) -> Option<f64> {
        self.figure(name).map(|figure| figure.rate)
    }

    /// All costs: two latencies, and those that were added.
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
        costs.extend(self.costs.iter().cloned());
        costs
    }

    /// Ratios of rates, with their lower bounds.
    fn ratios(&self) -> Vec<Ratio> {
        let most = "ledger, 512 clients";
        [
            ("1 client, vs SQLite", ["ledger, 1 clients", SQLITE], 0.8),
            ("64 clients, vs SQLite", ["ledger, 64 clients", SQLITE], 15.0),
            ("512 clients, vs SQLite", [most, SQLITE], 50.0),
            ("512 clients, vs SQLite in batches", [most, "SQLite FULL, 1024"], 8.0),
            ("512 clients, vs a log file with the same clients", [most, "a log file"], 0.6),
            ("512 clients around work, vs plain", ["ledger, 512 clients, around work", most], 0.5),
        ]
        .into_iter()
        .filter_map(|(name, [one, other], target)| {
            Some(Ratio { name, value: self.rate(one)? / self.rate(other)?, target })
        })
        .collect()
    }

    /// Every rate relative to SQLite's.
    fn against_sqlite(&self) -> Vec<f64> {
        let sqlite = self.rate(SQLITE).unwrap_or(f64::NAN);
        self.figures.iter().map(|figure| figure.rate / sqlite).collect()
    }
}

/// The medians of all rounds.
pub struct Report {
    round: Round,
    ratios: Vec<Ratio>,
    against_sqlite: Vec<f64>,
    rounds: usize,
    settings: String,
}

/// Medians over the rounds, place by place.
fn medians<T: Clone>(rounds: &[Round], get: impl Fn(&Round) -> Vec<T>, value: impl Fn(&T) -> f64) -> Vec<T> {
    let all: Vec<Vec<T>> = rounds.iter().map(get).collect();
    let count = all.iter().map(Vec::len).min().unwrap_or(0);
    let at = |place| all.iter().filter_map(|round| round.get(place).cloned()).collect();
    (0..count).map(|place| median(at(place), &value)).collect()
}

/// The median; of an even number, the upper one.
pub fn median<T>(mut all: Vec<T>, value: impl Fn(&T) -> f64) -> T {
    all.sort_by(|one, other| value(one).total_cmp(&value(other)));
    all.swap_remove(all.len() / 2)
}

impl Report {
    /// Takes the median round of each measurement, and of each ratio on its own.
    pub fn of_rounds(options: &Options, rounds: &[Round]) -> Self {
        let round = Round {
            figures: medians(rounds, |round| round.figures.clone(), |figure| figure.rate),
            sizes: medians(rounds, |round| round.sizes.clone(), |(_, cost)| *cost),
            costs: medians(rounds, Round::costs, |cost| cost.value),
        };
        let ratios = medians(rounds, Round::ratios, |ratio| ratio.value);
        let against_sqlite = medians(rounds, Round::against_sqlite, |ratio| *ratio);
        let settings = format!("{} wallets, {} s each", options.wallets, options.time.as_secs());
        Self { round, ratios, against_sqlite, rounds: rounds.len(), settings }
    }

    /// Tables of all results in Markdown.
    pub fn tables(&self) -> String {
        let mut table = format!("{}, medians of {} rounds\n\n", self.settings, self.rounds);
        if !self.round.figures.is_empty() {
            let head = format!(
                "| | spends/s | {} | vs SQLite | CPU of the writer, of the clients |",
                SHARE_NAMES.join(" | ")
            );
            writeln!(table, "{head}\n|{}", "---|".repeat(SHARES.len() + 4)).expect("memory");
        }
        for (figure, ratio) in self.round.figures.iter().zip(&self.against_sqlite) {
            let shown =
                figure.latencies.map(|micros| format!("{:.2} ms", micros as f64 / 1_000.0)).join(" | ");
            let cpu = figure.cpu.map(|time| time * 1e6 / figure.count.max(1) as f64);
            let cpu =
                if cpu[1] > 0.0 { format!("{:.1} us, {:.1} us", cpu[0], cpu[1]) } else { String::new() };
            let Figure { name, rate, .. } = figure;
            let ratio = if ratio.is_nan() { String::new() } else { format!("{ratio:.2} x") };
            writeln!(table, "| {name} | {rate:.0} | {shown} | {ratio} | {cpu} |").expect("memory");
        }
        if !self.round.sizes.is_empty() {
            table.push_str("\n| spends before | a spend |\n|---|---|\n");
        }
        for (size, cost) in &self.round.sizes {
            writeln!(table, "| {size} | {cost:.2} x |").expect("memory");
        }
        table.push_str("\n| | measured | target | |\n|---|---|---|---|\n");
        for Ratio { name, value, target } in &self.ratios {
            let met = if value >= target { "met" } else { "missed" };
            writeln!(table, "| {name} | {value:.2} x | at least {target} x | {met} |").expect("memory");
        }
        for Cost { name, value, unit, target } in &self.round.costs {
            let met = if value <= target { "met" } else { "missed" };
            writeln!(table, "| {name} | {value:.2} {unit} | at most {target} {unit} | {met} |")
                .expect("memory");
        }
        table
    }

    /// Writes everything as JSON, and the plots.
    pub fn write(&self, folder: &Path) {
        let Round { figures, sizes, costs } = &self.round;
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
        let costs: Vec<_> = costs
            .iter()
            .map(|Cost { name, value, unit, target }| {
                json!({ "name": name, "value": value, "unit": unit, "at_most": target })
            })
            .collect();
        let ratios: Vec<_> = self
            .ratios
            .iter()
            .map(|Ratio { name, value, target }| json!({ "name": name, "ratio": value, "at_least": target }))
            .collect();
        let all = json!({
            "settings": self.settings, "rounds": self.rounds, "figures": shown, "ratios": ratios,
            "cost_by_size": sizes, "costs": costs,
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
            let title = "Microseconds until a share of the spends has replies";
            lines(&folder.join("latency.svg"), title, "us", &SHARE_NAMES, &latencies);
        }
        if !sizes.is_empty() {
            let title = "A spend, by how many there were before, against one after none";
            line(&folder.join("size.svg"), title, ("spends before", "x"), sizes);
        }
        println!("{} and the plots are beside it", file.display());
    }
}

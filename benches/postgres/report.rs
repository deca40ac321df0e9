//! Figures: measurements as tables, as JSON and as plots.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::LOADS;
use super::growth::Growth;
use super::options::Options;
use super::part::{Load, Part};
use super::plots::{bars, line};
use super::subject::{SYSTEMS, System};

/// Everything that was measured in one round.
pub struct Round {
    pub parts: Vec<((Load, System), Part)>,
}

impl Round {
    fn part(&self, load: Load, system: System) -> Option<&Part> {
        self.parts.iter().find(|(of, _)| *of == (load, system)).map(|(_, part)| part)
    }
}

pub struct Report<'a> {
    pub options: &'a Options,
    pub rounds: Vec<Round>,
    pub growth: Vec<Growth>,
    /// The share of updates of wallets that touched no index.
    pub hot: f64,
}

/// A ratio with its bound.
struct Target {
    name: String,
    value: f64,
    bound: f64,
    is_at_least: bool,
}

type Of = fn(&Part) -> f64;

impl Report<'_> {
    /// The median over the rounds, if it was measured.
    fn median(&self, of: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
        let mut all: Vec<f64> = self.rounds.iter().filter_map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    fn figure(&self, load: Load, system: System, of: Of) -> f64 {
        self.median(|round| round.part(load, system).map(of)).unwrap_or(f64::NAN)
    }

    /// Every ratio that has a bound.
    fn targets(&self) -> Vec<Target> {
        use System::{Function, Ledger, Naive};
        let [one, one_far, some, _, most, most_of_three, _, hot, ..] = LOADS;
        let rate: Of = Part::rate;
        let late: Of = |part| part.within(0.99);
        let mut targets = Vec::new();
        let mut add = |name: &str,
                       (load, system): (Load, System),
                       against: (Load, System),
                       of: Of,
                       bound: f64,
                       is_at_least| {
            let ratio =
                |round: &Round| Some(of(round.part(load, system)?) / of(round.part(against.0, against.1)?));
            let value = self.median(ratio);
            targets.extend(value.map(|value| Target { name: name.to_owned(), value, bound, is_at_least }));
        };
        add("512 clients, spends/s vs naive", (most, Ledger), (most, Naive), rate, 6.0, true);
        add("512 clients, spends/s vs function", (most, Ledger), (most, Function), rate, 2.5, true);
        add("64 clients, spends/s vs naive", (some, Ledger), (some, Naive), rate, 2.5, true);
        add("64 clients, spends/s vs function", (some, Ledger), (some, Function), rate, 0.9, true);
        add("1 client, spends/s vs naive", (one, Ledger), (one, Naive), rate, 1.0, true);
        add(
            "1 client, 1 ms more a trip, spends/s vs naive",
            (one_far, Ledger),
            (one_far, Naive),
            rate,
            1.0,
            true,
        );
        add("one wallet, 512 clients, spends/s vs naive", (hot, Ledger), (hot, Naive), rate, 18.0, true);
        add(
            "3 processes vs one, 512 clients, spends/s",
            (most_of_three, Ledger),
            (most, Ledger),
            rate,
            0.8,
            true,
        );
        add("512 clients, processor time vs naive", (most, Ledger), (most, Naive), Part::cost, 0.125, false);
        add("512 clients, p99 vs naive", (most, Ledger), (most, Naive), late, 0.5, false);
        add(
            "512 clients, log of writes vs naive",
            (most, Ledger),
            (most, Naive),
            Part::log_of_spend,
            1.2,
            false,
        );
        let name = "updates of wallets that touch no index".to_owned();
        targets.push(Target { name, value: self.hot, bound: 0.99, is_at_least: true });
        targets
    }

    /// Tables of all results in Markdown.
    pub fn tables(&self) -> String {
        let Options { wallets, time, lanes, .. } = self.options;
        let (seconds, rounds) = (time.as_secs(), self.rounds.len());
        let mut table = format!(
            "{wallets} wallets, {lanes} lanes a process, {seconds} s each, medians of {rounds} rounds\n"
        );
        if !self.rounds.is_empty() {
            table.push_str("\n| | | spends/s | p50 | p99 | processor time, server + clients | log of writes |\n|---|---|---|---|---|---|---|\n");
            for load in self.options.loads() {
                for system in SYSTEMS {
                    let figure = |of: Of| self.figure(load, system, of);
                    let of = |place: usize| {
                        let of_part = |part: &Part| part.processor[place] * 1e6 / part.spends();
                        self.median(|round| round.part(load, system).map(of_part)).unwrap_or(f64::NAN)
                    };
                    writeln!(
                        table,
                        "| {load} | {system} | {:.0} | {:.1} ms | {:.1} ms | {:.0} + {:.0} us | {:.2} KB |",
                        figure(Part::rate),
                        figure(|part| part.within(0.5)),
                        figure(|part| part.within(0.99)),
                        of(0),
                        of(1),
                        figure(Part::log_of_spend) / 1_024.0,
                    )
                    .expect("memory");
                }
            }
            table.push_str("\n| | measured | target | |\n|---|---|---|---|\n");
            for Target { name, value, bound, is_at_least } in self.targets() {
                let (met, which) =
                    if is_at_least { (value >= bound, "at least") } else { (value <= bound, "at most") };
                let met = if met { "met" } else { "missed" };
                writeln!(table, "| {name} | {value:.3} x | {which} {bound} x | {met} |").expect("memory");
            }
        }
        if !self.growth.is_empty() {
            table.push_str(
                "\n| spends before | processor time of a spend | time of a spend |\n|---|---|---|\n",
            );
        }
        for Growth { spends, cost, time } in &self.growth {
            writeln!(table, "| {spends} | {cost:.2} x | {time:.2} x |").expect("memory");
        }
        table
    }

    /// Writes everything as JSON, and the plots.
    pub fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("a folder for the figures");
        let mut figures = Vec::new();
        let (mut rates, mut costs) = (Vec::new(), Vec::new());
        let loads: Vec<Load> =
            if self.rounds.is_empty() { Vec::new() } else { self.options.loads().collect() };
        for (load, system) in loads.iter().flat_map(|load| SYSTEMS.map(|system| (*load, system))) {
            let figure = |of: Of| self.figure(load, system, of);
            let (rate, cost) = (figure(Part::rate), figure(Part::cost));
            figures.push(json!({
                "load": load.to_string(), "system": system.to_string(), "spends_per_second": rate, "processor_us": cost,
                "p50_ms": figure(|part| part.within(0.5)), "p99_ms": figure(|part| part.within(0.99)),
                "log_bytes": figure(Part::log_of_spend),
            }));
            rates.push((format!("{system}: {load}"), rate));
            costs.push((format!("{system}: {load}"), cost));
        }
        let growth: Vec<_> = self.growth.iter().map(|it| json!([it.spends, it.cost, it.time])).collect();
        let file = folder.join("postgres.json");
        let all =
            json!({ "rounds": self.rounds.len(), "figures": figures, "growth": growth, "hot": self.hot });
        std::fs::write(&file, format!("{all:#}\n")).expect("a file for the figures");
        if !rates.is_empty() {
            bars(&folder.join("postgres.svg"), "Committed spends a second in PostgreSQL", &rates);
            bars(
                &folder.join("postgres_processor.svg"),
                "Microseconds of processor time a spend, server and clients",
                &costs,
            );
        }
        if !self.growth.is_empty() {
            let points: Vec<_> = self.growth.iter().map(|it| (it.spends, it.cost)).collect();
            let title = "Processor time of a spend, by how many there were before";
            line(&folder.join("postgres_growth.svg"), title, ("spends before", "x"), &points);
        }
        println!("{} and the plots are beside it", file.display());
    }
}

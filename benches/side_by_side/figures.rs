//! Figures: what was measured, as a table, as JSON and as plots.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;
use plotters::prelude::*;
use serde_json::json;

use super::options::Options;

/// One measurement.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Of what.
    pub name: String,
    /// Spends that were answered.
    pub count: u64,
    /// Spends a second.
    pub rate: f64,
    /// Microseconds until half, 99 of 100, and all were answered.
    pub latencies: [u64; 3],
}

impl Figure {
    /// What these latencies in this time are.
    pub fn of(name: String, latencies: &Histogram<u64>, time: Duration) -> Self {
        let quantile = |share: f64| latencies.value_at_quantile(share);
        Self {
            name,
            count: latencies.len(),
            rate: latencies.len() as f64 / time.as_secs_f64(),
            latencies: [quantile(0.5), quantile(0.99), latencies.max()],
        }
    }
}

/// The medians of all rounds.
pub struct Report {
    figures: Vec<Figure>,
    rounds: usize,
    settings: String,
}

impl Report {
    /// Of each measurement its round of the median rate.
    pub fn of_rounds(options: &Options, rounds: &[Vec<Figure>]) -> Self {
        let count = rounds.first().map_or(0, Vec::len);
        let median = |place: usize| {
            let mut of_all: Vec<Figure> =
                rounds.iter().filter_map(|round| round.get(place).cloned()).collect();
            of_all.sort_by(|one, other| one.rate.total_cmp(&other.rate));
            of_all.swap_remove(of_all.len() / 2)
        };
        let settings = format!(
            "{} wallets, {} entries before, {} s each",
            options.wallets,
            options.entries,
            options.time.as_secs()
        );
        Self { figures: (0..count).map(median).collect(), rounds: rounds.len(), settings }
    }

    fn rate(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name.starts_with(name)).map(|figure| figure.rate)
    }

    /// A row for each measurement, with its ratios to SQLite and to the disk.
    pub fn table(&self) -> String {
        let sqlite = self.rate("SQLite FULL, one").unwrap_or(1.0);
        let batched = self.rate("SQLite FULL, 1024").unwrap_or(1.0);
        let raw = self.figures.last().map_or(1.0, |figure| figure.rate);
        let mut table = format!("{}, medians of {} rounds\n\n", self.settings, self.rounds);
        table.push_str("| | spends/s | p50 | p99 | max | vs SQLite | vs SQLite batched | vs the disk |\n");
        table.push_str("|---|---|---|---|---|---|---|---|\n");
        for figure in &self.figures {
            let [p50, p99, max] = figure.latencies.map(|micros| format!("{:.2} ms", micros as f64 / 1_000.0));
            writeln!(
                table,
                "| {} | {:.0} | {p50} | {p99} | {max} | {:.2} x | {:.2} x | {:.2} x |",
                figure.name,
                figure.rate,
                figure.rate / sqlite,
                figure.rate / batched,
                figure.rate / raw
            )
            .expect("memory");
        }
        table
    }

    /// Everything as JSON, and two plots.
    pub fn write(&self, folder: &Path) {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| {
                json!({
                    "name": figure.name,
                    "spends_per_second": figure.rate,
                    "p50_us": figure.latencies[0],
                    "p99_us": figure.latencies[1],
                    "max_us": figure.latencies[2],
                })
            })
            .collect();
        let all = json!({ "settings": self.settings, "rounds": self.rounds, "figures": figures });
        let file = folder.join("side_by_side.json");
        std::fs::write(&file, format!("{all:#}\n")).expect("a file for the figures");
        let rates: Vec<_> = self.figures.iter().map(|figure| (figure.name.clone(), figure.rate)).collect();
        bars(&folder.join("throughput.svg"), "Durable spends a second", &rates);
        let p99: Vec<_> =
            self.figures.iter().map(|figure| (figure.name.clone(), figure.latencies[1] as f64)).collect();
        bars(&folder.join("latency.svg"), "Microseconds until 99 of 100 spends are answered", &p99);
        println!("{} and two plots are beside it", file.display());
    }
}

/// A bar for each of these, on a logarithmic scale.
fn bars(file: &Path, title: &str, values: &[(String, f64)]) {
    let most = values.iter().map(|(_, value)| *value).fold(10.0, f64::max) * 3.0;
    let root = SVGBackend::new(file, (960, 60 + 44 * values.len() as u32)).into_drawing_area();
    root.fill(&WHITE).expect("a plot");
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(270)
        .build_cartesian_2d((1.0..most).log_scale(), (0..values.len()).into_segmented())
        .expect("a plot");
    let name = |place: &SegmentValue<usize>| match place {
        SegmentValue::CenterOf(place) => values
            .len()
            .checked_sub(place + 1)
            .and_then(|place| values.get(place))
            .map_or(String::new(), |it| it.0.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_label_formatter(&name)
        .y_labels(values.len())
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .expect("a plot");
    let bar = |(place, (name, value)): (usize, &(String, f64))| {
        let color = if name.starts_with("ledger") { RGBColor(31, 97, 141) } else { RGBColor(170, 170, 170) };
        let ends = [(1.0, SegmentValue::Exact(place)), (value.max(1.0), SegmentValue::Exact(place + 1))];
        let mut bar = Rectangle::new(ends, color.filled());
        bar.set_margin(4, 4, 0, 0);
        bar
    };
    chart.draw_series(values.iter().rev().enumerate().map(bar)).expect("a plot");
    root.present().expect("a plot");
}

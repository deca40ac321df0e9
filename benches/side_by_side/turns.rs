//! Measurements in turn, a part of each at a time, so that background load affects all of them alike.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Parts of each measurement. The order is reversed after each turn, so an even number has each measurement
/// run as often after another as before it.
const TURNS: u32 = 4;

/// Result of one part of a measurement.
pub struct Part {
    pub name: String,
    /// Latencies of spends, in microseconds.
    pub latencies: Histogram<u64>,
    pub time: Duration,
    /// Processor seconds of the writing threads and of all clients; zero where unknown.
    pub cpu: [f64; 2],
}

/// A measurement, run for a duration in a turn of this number.
pub type Measure<'a> = Box<dyn FnMut(Duration, usize) -> Part + 'a>;

/// Runs all measurements in turn, each for `time` in total.
pub fn in_turn(time: Duration, measures: Vec<Measure<'_>>) -> Vec<Part> {
    let mut all: Vec<(Measure<'_>, Option<Part>)> =
        measures.into_iter().map(|measure| (measure, None)).collect();
    for turn in 0..TURNS {
        for (measure, whole) in &mut all {
            let part = measure(time / TURNS, turn as usize);
            match whole {
                Some(whole) => whole.add(part),
                None => *whole = Some(part),
            }
        }
        all.reverse();
    }
    all.into_iter().filter_map(|(_, whole)| whole).collect()
}

impl Part {
    fn add(&mut self, part: Self) {
        self.latencies.add(part.latencies).expect("latencies");
        self.time += part.time;
        for (sum, more) in self.cpu.iter_mut().zip(part.cpu) {
            *sum += more;
        }
    }

    /// Spends a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.time.as_secs_f64()
    }
}

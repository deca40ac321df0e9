//! Measurements in turn, a part of each at a time: whatever else the machine does meanwhile, it does to all of them.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Parts of each measurement: an even number, so that each is after another as often as before it.
const TURNS: u32 = 4;

/// What a part of a measurement found.
pub struct Part {
    pub name: String,
    /// Microseconds until each spend was answered.
    pub latencies: Histogram<u64>,
    pub time: Duration,
    /// Seconds of processor time that the writing threads took, and all clients, where that is known.
    pub cpu: [f64; 2],
}

/// Something that is measured for so long, in this turn.
pub type Measure<'a> = Box<dyn FnMut(Duration, usize) -> Part + 'a>;

/// All of these, each for so long in all.
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

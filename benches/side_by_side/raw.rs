//! The disk alone: the same bytes appended and synced, the limit of everything else.

use std::fs::File;
use std::io::Write;
use std::time::Instant;

use hdrhistogram::Histogram;

use super::figures::Figure;
use super::micros;
use super::options::Options;

/// Appends and syncs the bytes of so many spends, again and again.
pub fn syncs(options: &Options, spends: f64, bytes_a_spend: f64) -> Figure {
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
    let mut file = File::create(folder.path().join("raw")).expect("a file");
    let spends = spends.max(1.0).round();
    let bytes = vec![7_u8; (spends * bytes_a_spend) as usize];
    let start = Instant::now();
    let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
    while start.elapsed() < options.time {
        let begun = Instant::now();
        file.write_all(&bytes).expect("a write");
        file.sync_data().expect("a sync");
        latencies.record_n(micros(begun.elapsed()), spends as u64).expect("a latency");
    }
    let name = if spends <= 1.0 {
        "append and sync, one at a time".to_owned()
    } else {
        format!("append and sync, {spends} at a time")
    };
    Figure::of(name, &latencies, start.elapsed())
}

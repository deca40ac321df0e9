//! Upper bounds: the same bytes appended to a file and synced, with the same clients and with none.

use std::fs::File;
use std::io::Write;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::load::load;
use super::micros;
use super::options::Options;
use super::turns::Part;

/// Appends and syncs the bytes of this many spends, again and again.
pub fn syncs(options: &Options, time: Duration, spends: f64, bytes_a_spend: f64) -> Part {
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
    let mut file = File::create(folder.path().join("raw")).expect("a file");
    let spends = spends.max(1.0).round();
    let bytes = vec![7_u8; (spends * bytes_a_spend) as usize];
    let start = Instant::now();
    let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
    while start.elapsed() < time {
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
    Part { name, latencies, time: start.elapsed(), cpu: [0.0; 2] }
}

/// Queue of the log's clients.
#[derive(Default)]
struct Waiting {
    spends: Vec<(Vec<u8>, oneshot::Sender<()>)>,
    closed: bool,
}

/// Runs the same clients over a thread that only appends their bytes and syncs: many share a sync, and
/// nothing is decided, kept or looked up.
pub fn log(options: &Options, (time, clients): (Duration, usize), bytes_a_spend: f64) -> Part {
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
    let mut file = File::create(folder.path().join("log")).expect("a file");
    let (waiting, filled) = (Mutex::new(Waiting::default()), Condvar::new());
    let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let write = || {
        loop {
            let is_empty = |waiting: &mut Waiting| waiting.spends.is_empty() && !waiting.closed;
            let mut found = filled.wait_while(lock(), is_empty).unwrap_or_else(PoisonError::into_inner);
            let spends = std::mem::take(&mut found.spends);
            drop(found);
            if spends.is_empty() {
                return;
            }
            let bytes: Vec<u8> = spends.iter().flat_map(|(bytes, _)| bytes).copied().collect();
            file.write_all(&bytes).expect("a write");
            file.sync_data().expect("a sync");
            for (_, answer) in spends {
                answer.send(()).expect("a client");
            }
        }
    };
    let ask = |_, _| {
        let (sender, receiver) = oneshot::channel();
        let mut found = lock();
        found.spends.push((vec![7_u8; bytes_a_spend as usize], sender));
        let is_first = found.spends.len() == 1;
        drop(found);
        if is_first {
            filled.notify_one();
        }
        receiver
    };
    thread::scope(|scope| {
        let writer = thread::Builder::new().name("credits-writer".to_owned());
        writer.spawn_scoped(scope, write).expect("a thread");
        let name = format!("a log file, {clients} clients");
        let part = load((time, clients), &name, ask, |receiver| {
            receiver.recv().expect("an answer");
            None
        });
        lock().closed = true;
        filled.notify_one();
        part
    })
}

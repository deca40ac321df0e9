//! Processor time of threads, read from Linux's `/proc`; zero on other systems.

use std::fs;
use std::path::Path;

/// Unit of the kernel's counters, in seconds.
const TICK: f64 = 0.01;

/// Processor time of this thread, in seconds.
pub fn of_this_thread() -> f64 {
    of(Path::new("/proc/thread-self")).1
}

/// Processor time of all threads named `credits-writer`, in seconds.
pub fn of_writers() -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.map(|thread| of(&thread.path()));
    times.filter(|(name, _)| name.contains("credits-writer")).map(|(_, time)| time).sum()
}

/// Name and processor time of a thread, in seconds.
fn of(thread: &Path) -> (String, f64) {
    let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    let Some((name, rest)) = stat.rsplit_once(')') else { return (String::new(), 0.0) };
    // Fields 14 and 15 of the line are user and system time; field 2 is the name in brackets.
    let ticks = rest.split(' ').skip(12).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    (name.to_owned(), ticks.sum::<f64>() * TICK)
}

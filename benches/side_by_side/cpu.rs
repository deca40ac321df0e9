//! Processor time of threads, as Linux tells it; nothing elsewhere.

use std::fs;
use std::path::Path;

/// What the kernel counts in: a hundredth of a second.
const TICK: f64 = 0.01;

/// Seconds of processor time of this thread.
pub fn of_this_thread() -> f64 {
    of(Path::new("/proc/thread-self")).1
}

/// Seconds of processor time of threads that write ledgers.
pub fn of_writers() -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.map(|thread| of(&thread.path()));
    times.filter(|(name, _)| name.contains("credits-writer")).map(|(_, time)| time).sum()
}

/// A thread's name and its seconds.
fn of(thread: &Path) -> (String, f64) {
    let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    let Some((name, rest)) = stat.rsplit_once(')') else { return (String::new(), 0.0) };
    // User time and system time are fields 14 and 15; the name is the second.
    let ticks = rest.split(' ').skip(12).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    (name.to_owned(), ticks.sum::<f64>() * TICK)
}

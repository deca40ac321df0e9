//! Processor time of processes, read from Linux's `/proc`; zero on other systems.

use std::fs;

/// Unit of the kernel's counters, in seconds.
const TICK: f64 = 0.01;

/// Times of a process, in seconds.
#[derive(Clone, Copy, Default)]
struct Times {
    parent: u32,
    own: f64,
    /// Those of its children that have ended.
    ended: f64,
}

/// Processor time of this process, in seconds.
pub fn of_this_process() -> f64 {
    times("self").own
}

/// Processor time of a process and of its children, also of those that have ended, in seconds.
pub fn of_children(parent: u32) -> f64 {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = all.map(|entry| times(&entry.file_name().to_string_lossy()));
    let living: f64 = children.filter(|child| child.parent == parent).map(|child| child.own).sum();
    let of_parent = times(&parent.to_string());
    of_parent.own + of_parent.ended + living
}

fn times(process: &str) -> Times {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(") ") else { return Times::default() };
    // The line's third field is the first one here: the state, then the parent.
    let fields: Vec<f64> = rest.split(' ').map(|field| field.parse().unwrap_or(0.0)).collect();
    let sum = |from: usize| fields.iter().skip(from).take(2).sum::<f64>() * TICK;
    Times { parent: fields.get(1).copied().unwrap_or(0.0) as u32, own: sum(11), ended: sum(13) }
}

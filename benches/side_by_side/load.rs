//! The load: clients in a closed loop, on the same processors as the system that they measure.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::cpu;
use super::micros;
use super::turns::Part;

/// Runs a closed loop of clients for a time: each sends its next request once the last one has completed. Up
/// to four threads carry all clients.
pub fn load<P>(
    (time, clients): (Duration, usize),
    name: &str,
    ask: impl Fn(usize, usize) -> P + Sync,
    next: impl Fn(P) -> Option<P> + Sync,
) -> Part {
    let threads = clients.min(4);
    let start = Instant::now();
    let client = |thread: usize| {
        let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
        let mut waiting = VecDeque::new();
        let mut count = 0;
        loop {
            let more = start.elapsed() < time;
            while more && waiting.len() < clients / threads {
                waiting.push_back((Instant::now(), ask(thread, count)));
                count += 1;
            }
            let Some((asked, step)) = waiting.pop_front() else { return (latencies, cpu::of_this_thread()) };
            match next(step) {
                Some(step) => waiting.push_back((asked, step)),
                None => latencies.record(micros(asked.elapsed())).expect("a latency"),
            }
        }
    };
    let mut latencies = Histogram::new(3).expect("a histogram");
    let before = cpu::of_writers();
    let clients_cpu = thread::scope(|scope| {
        let client = &client;
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || client(thread))).collect();
        let mut cpu = 0.0;
        for worker in workers {
            let (measured, used) = worker.join().expect("a worker");
            latencies.add(measured).expect("latencies");
            cpu += used;
        }
        cpu
    });
    let writer_cpu = cpu::of_writers() - before;
    Part { name: name.to_owned(), latencies, time: start.elapsed(), cpu: [writer_cpu, clients_cpu] }
}

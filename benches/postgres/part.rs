//! A load, and its measurement.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Clients in a closed loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Clients of all processes.
    pub clients: usize,
    pub processes: usize,
    /// Whether all clients spend from one wallet.
    pub is_one_wallet: bool,
    /// Whether a trip to the server takes a millisecond more.
    pub is_far: bool,
}

impl Load {
    /// One process, whose clients spend from all wallets.
    pub const PLAIN: Self = Self { clients: 1, processes: 1, is_one_wallet: false, is_far: false };
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, processes, .. } = self;
        let clients_are = if *clients == 1 { "client" } else { "clients" };
        write!(f, "{clients} {clients_are}")?;
        if *processes > 1 {
            write!(f, ", {processes} processes")?;
        }
        f.write_str(if self.is_one_wallet { ", one wallet" } else { "" })?;
        f.write_str(if self.is_far { ", 1 ms more a trip" } else { "" })
    }
}

/// Result of one system under one load.
#[derive(Clone, Debug)]
pub struct Part {
    /// Latencies of spends, in microseconds.
    pub latencies: Histogram<u64>,
    pub time: Duration,
    /// Processor seconds of the server, and of all clients.
    pub processor: [f64; 2],
    /// Bytes of the server's log of writes.
    pub log: f64,
}

impl Part {
    pub fn spends(&self) -> f64 {
        (self.latencies.len().max(1)) as f64
    }

    /// Spends a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.time.as_secs_f64()
    }

    /// Processor time of a spend in microseconds.
    pub fn cost(&self) -> f64 {
        self.processor.iter().sum::<f64>() * 1e6 / self.spends()
    }

    /// Milliseconds within which this share of the spends completed.
    pub fn within(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1_000.0
    }

    /// Bytes of the log of a spend.
    pub fn log_of_spend(&self) -> f64 {
        self.log / self.spends()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} spends/s, {:.0} us each, p99 {:.1} ms", self.rate(), self.cost(), self.within(0.99))
    }
}

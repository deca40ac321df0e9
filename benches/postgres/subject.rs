//! The measured server, with a database for each system.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::cluster::Cluster;
use super::delay::FarServer;
use super::options::Options;
use super::part::{Load, Part};
use super::worker::{Work, Worker};
use super::{ledger, processor, sql};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum System {
    Naive,
    Function,
    Ledger,
}

pub const SYSTEMS: [System; 3] = [System::Naive, System::Function, System::Ledger];

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Naive => "naive",
            Self::Function => "function",
            Self::Ledger => "ledger",
        })
    }
}

impl System {
    /// The system of this name.
    pub fn of(name: &str) -> Self {
        SYSTEMS.into_iter().find(|system| system.to_string() == name).expect("a system")
    }
}

/// The server's settings: every commit is on the disk before it is answered.
const SETTINGS: [&str; 6] = [
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "max_connections=300",
    "checkpoint_timeout=15min",
];

/// Load of each system before everything is measured.
const WARMING: Duration = Duration::from_secs(8);

pub struct Subject {
    cluster: Cluster,
    /// The databases of the two baselines, and of the ledger.
    baselines: String,
    ledger: String,
    far: FarServer,
    /// Processes with clients that were started.
    workers: Cell<usize>,
}

impl Subject {
    /// Starts a server, and creates the databases.
    pub fn new(options: &Options) -> Self {
        let cluster = Cluster::start_with(&SETTINGS).expect("a PostgreSQL");
        let (baselines, ledger) = (cluster.database(), cluster.database());
        cluster.run(&baselines, &sql::create(options.wallets));
        ledger::create(&ledger, options.wallets);
        let subject =
            Self { far: FarServer::new(cluster.socket()), cluster, baselines, ledger, workers: Cell::new(0) };
        subject.settle();
        subject
    }

    /// Another ledger with as many wallets.
    pub fn fresh_ledger(&self, options: &Options) -> String {
        let url = self.cluster.database();
        ledger::create(&url, options.wallets);
        url
    }

    pub fn ledger(&self) -> &str {
        &self.ledger
    }

    /// Cleans the tables up and writes them to the disk, so that none of that work falls into a measurement.
    pub fn settle(&self) {
        for url in [&self.baselines, &self.ledger] {
            self.cluster.run(url, "VACUUM (ANALYZE)");
        }
        self.cluster.run(&self.ledger, "CHECKPOINT");
    }

    /// Puts every system under load for a while. After a checkpoint the log of writes has each page that changes first.
    pub fn warm(&self, options: &Options) {
        let load = Load { clients: 512, ..Load::PLAIN };
        for system in SYSTEMS {
            self.measure(system, load, &Options { time: WARMING, ..options.clone() });
        }
    }

    /// Measures a system under a load.
    pub fn measure(&self, system: System, load: Load, options: &Options) -> Part {
        let near = if system == System::Ledger { &self.ledger } else { &self.baselines };
        let url = if load.is_far { self.far.url(near) } else { near.clone() };
        self.measure_at(
            system,
            load,
            &url,
            options.lanes,
            if load.is_one_wallet { 1 } else { options.wallets },
            (options.time, 0),
        )
    }

    /// Runs a load for a time, or until a number of spends if it is not zero.
    pub fn measure_at(
        &self,
        system: System,
        load: Load,
        url: &str,
        lanes: usize,
        wallets: usize,
        (time, spends): (Duration, usize),
    ) -> Part {
        let Load { clients, processes, .. } = load;
        let mut workers: Vec<Worker> = (0..processes)
            .map(|place| {
                // The first processes have the clients that do not divide.
                let clients = clients / processes + usize::from(place < clients % processes);
                let number = self.workers.replace(self.workers.get() + 1);
                Worker::start(&Work {
                    system,
                    url: url.to_owned(),
                    clients,
                    lanes,
                    wallets,
                    time,
                    spends,
                    number,
                })
            })
            .collect();
        workers.iter_mut().for_each(Worker::wait_until_ready);
        let before = self.counters();
        workers.iter_mut().for_each(Worker::begin);
        let measured: Vec<_> = workers.into_iter().map(Worker::measured).collect();
        let after = self.counters();
        let mut latencies = Histogram::new(3).expect("a histogram");
        for one in &measured {
            latencies.add(&one.latencies).expect("latencies");
        }
        let time = measured.iter().map(|one| one.time).max().unwrap_or_default();
        let clients = measured.iter().map(|one| one.processor).sum();
        Part { latencies, time, processor: [after.0 - before.0, clients], log: after.1 - before.1 }
    }

    /// The server's processor time in seconds, and the bytes of its log of writes.
    fn counters(&self) -> (f64, f64) {
        let log = self.cluster.count(&self.ledger, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
        (processor::of_children(self.cluster.process().expect("its own server")), log as f64)
    }

    /// The share of updates of wallets that touched no index.
    pub fn share_of_hot_updates(&self) -> f64 {
        let share = "SELECT (10000 * n_tup_hot_upd / greatest(n_tup_upd, 1))::bigint FROM pg_stat_user_tables WHERE relname = 'wallets'";
        self.cluster.count(&self.ledger, share) as f64 / 10_000.0
    }
}

//! Connections to the database: one thread drives all of them, and any thread waits for their results.
//!
//! The application sees no executor: it may have one, another one, or none.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config};

use super::failure::DatabaseFailure;
use super::server::PostgresServer;
use super::session::{Session, is_cut, refuses_options};
use crate::engine::clock::{Clock as _, SystemClock};
use crate::error::{LedgerError, LedgerErrorKind};

/// Longest and least time to establish a connection, with all hosts of the address.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
const CONNECT_MIN: Duration = Duration::from_secs(2);
/// How often a thread that waits looks at its limit.
const LIMIT_CHECK_EVERY: Duration = Duration::from_millis(500);

/// Opens connections, and drives them until it is dropped.
pub(super) struct Driver {
    /// `None` once it ends.
    runtime: Option<Runtime>,
    server: PostgresServer,
    /// Time to establish a connection.
    connect_within: Duration,
    /// Whether a pool stands before the server, so that no session is a lane's own.
    is_pooled: AtomicBool,
}

impl Driver {
    /// A driver of connections to the database with this address, for writes that are answered within a time.
    pub(super) fn start(url: &str, answer_within: Duration) -> Result<Self, LedgerError> {
        let PostgresServer { mut config, tls } = PostgresServer::at(url).map_err(|error| {
            let message = format!(
                "the address of the database cannot be used ({error}): write postgres://user:password@host:port/database"
            );
            LedgerError::caused(LedgerErrorKind::Io, message, error)
        })?;
        if config.get_application_name().is_none() {
            config.application_name("credits");
        }
        let connect_within = CONNECT_WITHIN.min(answer_within).max(CONNECT_MIN);
        // A host that does not answer leaves time for the other ones.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let steps = u32::try_from(hosts).unwrap_or(u32::MAX).saturating_add(1);
        config.connect_timeout(connect_within.checked_div(steps).unwrap_or(connect_within));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("credits-database")
            .enable_all()
            .build()
            .map_err(|error| {
                LedgerError::caused(
                    LedgerErrorKind::Io,
                    "cannot start the thread of the database's connections",
                    error,
                )
            })?;
        Ok(Self {
            runtime: Some(runtime),
            server: PostgresServer { config, tls },
            connect_within,
            is_pooled: AtomicBool::new(false),
        })
    }

    /// Opens a connection of a reader.
    pub(super) fn connect(&self) -> Result<Session, DatabaseFailure> {
        self.connect_until(&|by| by)
    }

    /// Opens a connection of a reader; `until` makes the time by which it is open shorter.
    pub(super) fn connect_until(
        &self,
        until: &dyn Fn(Duration) -> Duration,
    ) -> Result<Session, DatabaseFailure> {
        self.connect_with(self.server.config.clone(), until).map(Session::unnamed)
    }

    /// Opens a connection of a lane. Its session is the lane's alone, unless a pool stands before the server.
    pub(super) fn connect_lane(
        &self,
        until: &dyn Fn(Duration) -> Duration,
    ) -> Result<Session, DatabaseFailure> {
        if self.is_pooled.load(Ordering::Relaxed) {
            return self.connect_until(until);
        }
        let session = match self.connect_own(until) {
            Err(DatabaseFailure::Refused(error) | DatabaseFailure::Lost(error))
                if refuses_options(&error) =>
            {
                self.connect_until(until)?
            }
            // Some pools refuse options by closing the connection, which a network may do as well: the next connection is
            // tried with options again.
            Err(DatabaseFailure::Lost(error)) if is_cut(&error) => {
                let shared = self.connect_until(until)?;
                return Ok(self.connect_own(until).unwrap_or(shared));
            }
            own => own?,
        };
        if !session.is_own() {
            self.share_sessions();
        }
        Ok(session)
    }

    /// Opens a connection with options, by which it knows its session.
    fn connect_own(&self, until: &dyn Fn(Duration) -> Duration) -> Result<Session, DatabaseFailure> {
        let mut config = self.server.config.clone();
        let (options, token) = Session::options(config.get_options())?;
        config.options(&options);
        let client = self.connect_with(config, until)?;
        let by = SystemClock.monotonic().saturating_add(self.connect_within);
        wait_until(|| until(by), Session::prepared(client, token))
    }

    /// Prepares no statements any more.
    pub(super) fn share_sessions(&self) {
        if !self.is_pooled.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "sessions of the database are shared, such as by a pool: statements are not prepared"
            );
        }
    }

    fn connect_with(
        &self,
        config: Config,
        until: &dyn Fn(Duration) -> Duration,
    ) -> Result<Client, DatabaseFailure> {
        let Some(runtime) = &self.runtime else { return Err(DatabaseFailure::Away) };
        let (sender, receiver) = oneshot::channel();
        let tls = self.server.tls.clone();
        let connecting = runtime.spawn(async move {
            match config.connect(tls).await {
                Ok((client, connection)) => {
                    if sender.send(Ok(client)).is_ok() {
                        // Its end is the end of the client's statements, which report it.
                        _ = connection.await;
                    }
                }
                Err(error) => _ = sender.send(Err(error)),
            }
        });
        let connected = async {
            match receiver.await {
                Ok(client) => Ok(client?),
                Err(_) => Err(DatabaseFailure::Away),
            }
        };
        let by = SystemClock.monotonic().saturating_add(self.connect_within);
        let connected = wait_until(|| until(by), connected);
        if connected.is_err() {
            connecting.abort();
        }
        connected
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The last handle may be dropped in a task of an executor, where nothing may block.
            runtime.shutdown_background();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread for a result, up to a time.
pub(super) fn wait_for<T>(
    at_most: Duration,
    work: impl Future<Output = Result<T, DatabaseFailure>>,
) -> Result<T, DatabaseFailure> {
    let by = SystemClock.monotonic().saturating_add(at_most);
    wait_until(|| by, work)
}

/// Waits on this thread for a result, until a reading of the monotonic clock that may become an earlier one meanwhile.
pub(super) fn wait_until<T>(
    by: impl Fn() -> Duration,
    work: impl Future<Output = Result<T, DatabaseFailure>>,
) -> Result<T, DatabaseFailure> {
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(output) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let left = by().saturating_sub(SystemClock.monotonic());
        if left.is_zero() {
            return Err(DatabaseFailure::Away);
        }
        std::thread::park_timeout(left.min(LIMIT_CHECK_EVERY));
    }
}

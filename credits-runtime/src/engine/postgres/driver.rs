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

/// Longest time to establish a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often a thread that waits looks at its limit.
const LIMIT_CHECK_EVERY: Duration = Duration::from_millis(500);

/// Opens connections, and drives them until it is dropped.
pub(super) struct Driver {
    /// `None` once it ends.
    runtime: Option<Runtime>,
    server: PostgresServer,
    /// Whether a pool stands before the server, so that no session is a lane's own.
    is_pooled: AtomicBool,
}

impl Driver {
    /// A driver of connections to the database with this address.
    pub(super) fn start(url: &str) -> Result<Self, LedgerError> {
        let PostgresServer { mut config, tls } = PostgresServer::at(url).map_err(|error| {
            let message = format!(
                "the address of the database cannot be used ({error}): write postgres://user:password@host:port/database"
            );
            LedgerError::caused(LedgerErrorKind::Io, message, error)
        })?;
        if config.get_application_name().is_none() {
            config.application_name("credits");
        }
        config.connect_timeout(CONNECT_WITHIN);
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
            is_pooled: AtomicBool::new(false),
        })
    }

    /// Opens a connection of a reader.
    pub(super) fn connect(&self) -> Result<Session, DatabaseFailure> {
        self.connect_up_to(&|| CONNECT_WITHIN.saturating_mul(2))
    }

    /// Opens a connection of a reader within a time that may become shorter meanwhile.
    pub(super) fn connect_up_to(&self, at_most: &dyn Fn() -> Duration) -> Result<Session, DatabaseFailure> {
        self.connect_with(self.server.config.clone(), at_most).map(Session::unnamed)
    }

    /// Opens a connection of a lane. Its session is the lane's alone, unless a pool stands before the server.
    pub(super) fn connect_lane(&self, at_most: &dyn Fn() -> Duration) -> Result<Session, DatabaseFailure> {
        if self.is_pooled.load(Ordering::Relaxed) {
            return self.connect_up_to(at_most);
        }
        let session = match self.connect_own(at_most) {
            Err(DatabaseFailure::Refused(error) | DatabaseFailure::Lost(error))
                if refuses_options(&error) =>
            {
                self.connect_up_to(at_most)?
            }
            // Some pools refuse options by closing the connection, which a network may do as well.
            Err(DatabaseFailure::Lost(error)) if is_cut(&error) => {
                let shared = self.connect_up_to(at_most)?;
                match self.connect_own(at_most) {
                    Err(DatabaseFailure::Lost(error)) if is_cut(&error) => shared,
                    own => own?,
                }
            }
            own => own?,
        };
        if !session.is_own() {
            self.share_sessions();
        }
        Ok(session)
    }

    /// Opens a connection with options, by which it knows its session.
    fn connect_own(&self, at_most: &dyn Fn() -> Duration) -> Result<Session, DatabaseFailure> {
        let mut config = self.server.config.clone();
        let (options, token) = Session::options(config.get_options())?;
        config.options(&options);
        let client = self.connect_with(config, at_most)?;
        wait_up_to(at_most, Session::prepared(client, token))
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
        at_most: &dyn Fn() -> Duration,
    ) -> Result<Client, DatabaseFailure> {
        let Some(runtime) = &self.runtime else { return Err(DatabaseFailure::Away) };
        let (sender, receiver) = oneshot::channel();
        let tls = self.server.tls.clone();
        runtime.spawn(async move {
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
        wait_up_to(at_most, connected)
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
    wait_up_to(|| at_most, work)
}

/// Waits on this thread for a result, up to a time that may become shorter meanwhile.
pub(super) fn wait_up_to<T>(
    at_most: impl Fn() -> Duration,
    work: impl Future<Output = Result<T, DatabaseFailure>>,
) -> Result<T, DatabaseFailure> {
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut work = pin!(work);
    let began = SystemClock.monotonic();
    loop {
        if let Poll::Ready(output) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let left = at_most().saturating_sub(SystemClock.monotonic().saturating_sub(began));
        if left.is_zero() {
            return Err(DatabaseFailure::Away);
        }
        std::thread::park_timeout(left.min(LIMIT_CHECK_EVERY));
    }
}

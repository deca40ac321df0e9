//! The API on a socket beside the ledger's file, for commands of the user whose process has the ledger open.
//!
//! The right to the socket is the right to the file: its mode is 0600, and a peer of another user is refused. It does not know
//! what routes do.

use std::convert::Infallible;
use std::fs;
use std::future::{Ready, ready};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use credits_runtime::Credits;
use credits_runtime::generated::Pricing;
use tokio::net::UnixListener;
use tokio::sync::{Semaphore, oneshot};
use tower::{Service, ServiceExt};

use super::routes;
use super::service::Settings;
use crate::ledger::Ledger;
use crate::limits::LONG_REQUESTS_MAX;
use crate::mount;
use crate::refusal::Refusal;

/// Bytes of a socket's path, with the zero at its end.
const SUN_PATH_BYTES: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 108 } else { 104 };
const ROOT_UID: u32 = 0;

/// The socket of a ledger, while this guard lives and the ledger is open. Made by [`socket()`].
///
/// Dropping it ends the socket's thread and removes the file. A request in progress is cut off: it may have been carried out,
/// and its idempotency key tells.
#[derive(Debug)]
#[must_use = "the socket ends when this guard is dropped: keep it beside the ledger"]
pub struct Socket {
    path: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why a ledger has no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// The ledger has no file.
    #[error(
        "a ledger in memory or in a database has no file beside which a socket could be: serve the API on an address"
    )]
    InMemory,
    /// The system's limit of a path.
    #[error(
        "the socket's path `{path}` has {bytes} bytes, and the system takes {max}: move the ledger to a folder with a shorter path"
    )]
    PathTooLong {
        /// The path of the socket.
        path: String,
        /// Its bytes.
        bytes: usize,
        /// The most bytes of a path.
        max: usize,
    },
    /// A socket that replies.
    #[error(
        "another socket replies at `{path}`: this ledger has one already, in this process or in one that reads it; drop that guard, or stop that process"
    )]
    InUse {
        /// The path of the socket.
        path: String,
    },
    /// A file that is no socket.
    #[error("`{path}` is a file and no socket: move it away")]
    NotASocket {
        /// The path of the socket.
        path: String,
    },
    /// A failure of the system.
    #[error("the socket `{path}` cannot be used: {error}")]
    Io {
        /// The path of the socket.
        path: String,
        /// The error of the system.
        error: io::Error,
    },
}

/// Serves the API on `<ledger>.sock` beside the ledger's file, to the user of this process and to root. Callers need no token,
/// may do everything, and are written on entries as `cli:uid=1000`. It works with any web framework or none: a thread of its own
/// serves it.
///
/// The socket does not keep the ledger open: its thread has a handle only during a request. When the application closes the
/// ledger or drops its last handle, the socket ends by itself, after the requests in progress in the second case. A file that a
/// killed process left is replaced. It exists on Unix alone.
///
/// Errors in order: [`InMemory`](SocketError::InMemory), [`PathTooLong`](SocketError::PathTooLong),
/// [`NotASocket`](SocketError::NotASocket), [`InUse`](SocketError::InUse), [`Io`](SocketError::Io).
///
/// ```
/// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("studio.redb");
/// let credits = Credits::open(&file)?;
/// let socket = credits_web::socket(&credits)?;
/// assert!(socket.path().ends_with("studio.redb.sock"));
/// drop(socket);
/// # Ok(())
/// # }
/// ```
pub fn socket<C: Pricing>(credits: &Credits<C>) -> Result<Socket, SocketError> {
    serve(credits, weak(credits))
}

/// Serves the API of a ledger that was opened [without its pricing](Credits::open_without_pricing), as [`socket`] does.
///
/// Errors: as [`socket`]; [`Io`](SocketError::Io) if the ledger cannot be read.
pub fn socket_without_pricing(credits: &Credits<()>) -> Result<Socket, SocketError> {
    let file = credits.path().ok_or(SocketError::InMemory)?;
    let failed = |error| SocketError::Io { path: file.display().to_string(), error: io::Error::other(error) };
    let operations = Ledger::without_pricing(credits).map_err(failed)?.operations;
    let weak = credits.downgrade();
    let ledger = move || Some(Ledger { credits: weak.upgrade()?, operations: Arc::clone(&operations) });
    serve(credits, Arc::new(ledger))
}

fn serve<C: 'static>(credits: &Credits<C>, ledger: WeakLedger) -> Result<Socket, SocketError> {
    let file = credits.path().ok_or(SocketError::InMemory)?;
    let path = path_beside(&file)?;
    let failed = |error| SocketError::Io { path: path.display().to_string(), error };
    remove_dead(&path)?;
    let bound = Bound::at(&path).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let local = Local {
        ledger,
        user: bound.user,
        long_requests: Arc::new(Semaphore::new(LONG_REQUESTS_MAX)),
        #[cfg(feature = "metrics")]
        metrics: super::metrics::Metrics::default(),
    };
    let (stop, stopped) = oneshot::channel();
    let closed = credits.closed();
    let serve = async move {
        let Ok(listener) = UnixListener::from_std(bound.listener.try_clone()?) else { return Ok(()) };
        tokio::select! {
            served = axum::serve(listener, local) => served?,
            () = closed => {}
            _ = stopped => {}
        }
        drop(bound);
        io::Result::Ok(())
    };
    let thread = std::thread::Builder::new().name("credits-socket".to_owned()).spawn(move || {
        if let Err(error) = runtime.block_on(serve) {
            tracing::error!(%error, "the socket of the ledger ended");
        }
        // A read of a long report goes on until its end, with a handle of its own.
        runtime.shutdown_background();
    });
    let thread = thread.map_err(failed)?;
    Ok(Socket { path: path.clone(), stop: Some(stop), thread: Some(thread) })
}

impl Socket {
    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the ledger's socket panicked");
        }
    }
}

fn path_beside(file: &Path) -> Result<PathBuf, SocketError> {
    let mut path = file.as_os_str().to_owned();
    path.push(".sock");
    let path = PathBuf::from(path);
    let (bytes, max) = (path.as_os_str().as_bytes().len(), SUN_PATH_BYTES - 1);
    if bytes > max {
        return Err(SocketError::PathTooLong { path: path.display().to_string(), bytes, max });
    }
    Ok(path)
}

/// Removes the socket of a killed process. A socket without a listener refuses connections.
fn remove_dead(path: &Path) -> Result<(), SocketError> {
    let shown = || path.display().to_string();
    let failed = |error| SocketError::Io { path: shown(), error };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(SocketError::NotASocket { path: shown() }),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(SocketError::InUse { path: shown() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// A socket that listens. Dropping it removes its file.
struct Bound {
    listener: StdListener,
    path: PathBuf,
    /// Device and number of the file: another one may be there when this one is dropped.
    file: (u64, u64),
    /// The user of this process, whom the file belongs to.
    user: u32,
}

impl Bound {
    fn at(path: &Path) -> io::Result<Self> {
        let listener = StdListener::bind(path)?;
        let found = fs::symlink_metadata(path)?;
        let file = (found.dev(), found.ino());
        let bound = Self { listener, path: path.to_owned(), file, user: found.uid() };
        // Between `bind` and this another user may have connected, whom the service refuses.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        bound.listener.set_nonblocking(true)?;
        Ok(bound)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let is_its =
            fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if is_its && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the ledger's socket cannot be removed");
        }
    }
}

/// A ledger while the application has it open.
type WeakLedger = Arc<dyn Fn() -> Option<Ledger> + Send + Sync>;

fn weak<C: Pricing>(credits: &Credits<C>) -> WeakLedger {
    let weak = credits.downgrade();
    Arc::new(move || weak.upgrade().map(|credits| Ledger::of(&credits)))
}

/// The API for peers on this machine.
#[derive(Clone)]
struct Local {
    ledger: WeakLedger,
    user: u32,
    long_requests: Arc<Semaphore>,
    #[cfg(feature = "metrics")]
    metrics: super::metrics::Metrics,
}

/// The API for one peer: its user, if the system names one that may call.
#[derive(Clone)]
struct Peer {
    local: Local,
    user: Option<u32>,
}

impl Service<IncomingStream<'_, UnixListener>> for Local {
    type Response = Peer;
    type Error = Infallible;
    type Future = Ready<Result<Peer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, UnixListener>) -> Self::Future {
        let user = stream.io().peer_cred().ok().map(|peer| peer.uid());
        let user = user.filter(|user| [self.user, ROOT_UID].contains(user));
        ready(Ok(Peer { local: self.clone(), user }))
    }
}

impl Service<Request> for Peer {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some(user) = self.user else {
            let detail = "the socket is for the user of the process that has the ledger open: run the command as that user";
            let refusal = Refusal::new(StatusCode::FORBIDDEN, "user_denied", detail);
            return Box::pin(ready(Ok(refusal.into_response())));
        };
        let Some(ledger) = (self.local.ledger)() else {
            let detail = "the ledger was closed: open its file, which no process has open any more";
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
            return Box::pin(ready(Ok(refusal.into_response())));
        };
        let settings = Settings {
            peer: Some(user),
            long_requests: Arc::clone(&self.local.long_requests),
            #[cfg(feature = "metrics")]
            metrics: self.local.metrics.clone(),
            ..Settings::of(ledger)
        };
        // Routes of a request, which end with it: kept ones would keep the ledger open.
        Box::pin(routes::router(settings).oneshot(mount::located(request)))
    }
}

//! The way through the socket beside the ledger's file, to the program that has it open.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use axum::body::Body;
use axum::http;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

use super::request::Request;
use super::response::Response;
use super::transport::{Lost, Transport};

/// Longest time for which a request waits for the head of its response. The API limits its requests to 10 seconds.
const RESPONSE_WAIT_MAX: Duration = Duration::from_secs(30);

/// The socket of a running program.
pub(super) struct Socket {
    runtime: Rc<Runtime>,
    path: PathBuf,
    /// The id of the process at the other end, if the system names it.
    pub(super) process: Option<i32>,
}

/// The path of a ledger's socket.
fn beside(ledger: &Path) -> PathBuf {
    let ledger = ledger.canonicalize().unwrap_or_else(|_| ledger.to_owned());
    let mut path = ledger.into_os_string();
    path.push(".sock");
    path.into()
}

impl Socket {
    /// The socket of a ledger's program, if there is one that accepts connections.
    pub(super) fn of(ledger: &Path, runtime: Runtime) -> std::io::Result<Self> {
        let path = beside(ledger);
        let stream = runtime.block_on(UnixStream::connect(&path))?;
        let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
        drop(stream);
        Ok(Self { runtime: Rc::new(runtime), path, process })
    }

    async fn sent(&self, request: &Request) -> Result<http::Response<hyper::body::Incoming>, Lost> {
        let unsent = |error: &dyn std::error::Error| Lost::Unsent(error.to_string());
        let mut built = http::Request::builder().method(request.method).uri(&request.path);
        built = built.header("host", "ledger");
        for (name, value) in request.headers() {
            built = built.header(name, value);
        }
        let built = built.body(Body::from(request.bytes())).map_err(|error| unsent(&error))?;
        let stream = UnixStream::connect(&self.path).await.map_err(|error| unsent(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| unsent(&error))?;
        // It carries the body too, and ends with it.
        drop(tokio::spawn(connection));
        sender.send_request(built).await.map_err(|error| Lost::Unanswered(error.to_string()))
    }
}

impl Transport for Socket {
    fn send(&self, request: &Request) -> Result<Response, Lost> {
        let response = self.runtime.block_on(async {
            if request.is_long {
                return self.sent(request).await;
            }
            let seconds = RESPONSE_WAIT_MAX.as_secs();
            let late = || Lost::Unanswered(format!("no response within {seconds} s"));
            tokio::time::timeout(RESPONSE_WAIT_MAX, self.sent(request)).await.unwrap_or_else(|_| Err(late()))
        });
        Ok(Response::driven(&self.runtime, response?.map(Body::new)))
    }
}

//! The way that opens the ledger itself, a file that no program has open or a database: the API runs in this process.

use std::rc::Rc;

use axum::body::Body;
use axum::http;
use credits_runtime::{Credits, Error};
use credits_web::{Api, Dashboard};
#[cfg(unix)]
use credits_web::{Socket, SocketError};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::address::LedgerAddress;
use super::place::Access;
use super::request::Request;
use super::response::Response;
use super::transport::{Lost, Transport};

/// A ledger that this process has open.
pub(crate) struct Opened {
    pub(crate) credits: Credits<()>,
    pub(crate) api: Api,
    pub(crate) dashboard: Dashboard,
    /// Begins to serve the ledger's socket.
    #[cfg(unix)]
    pub(crate) socket: Box<dyn Fn() -> Result<Socket, SocketError>>,
}

/// Opens a ledger: with an application's pricing, or under the terms that it was last opened with.
pub(crate) type Opener = fn(&LedgerAddress, Access) -> Result<Opened, Error>;

/// Opens a ledger in memory with the price list of an application.
pub(crate) type OwnPrices = fn() -> Result<Opened, Error>;

/// The API in this process.
pub(super) struct InProcess {
    runtime: Rc<Runtime>,
    api: Api,
}

impl InProcess {
    pub(super) fn of(opened: Opened, user: u32, runtime: Runtime) -> Self {
        Self { runtime: Rc::new(runtime), api: opened.api.for_local_user(user) }
    }
}

impl Transport for InProcess {
    fn send(&self, request: &Request) -> Result<Response, Lost> {
        let mut built = http::Request::builder().method(request.method).uri(&request.path);
        for (name, value) in request.headers() {
            built = built.header(name, value);
        }
        let built = built.body(Body::from(request.bytes()));
        let built = built.map_err(|error| Lost::Unsent(format!("the request cannot be made: {error}")))?;
        let response = self.runtime.block_on(self.api.clone().oneshot(built));
        match response {
            Ok(response) => Ok(Response::driven(&self.runtime, response)),
            Err(never) => match never {},
        }
    }
}

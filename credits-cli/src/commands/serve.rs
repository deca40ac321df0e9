//! `serve`: the dashboard and the API on an address, and the socket of a ledger in a file, until Ctrl-C.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use clap::Args;
use credits_web::{Access as Entrance, Tokens};
use serde_json::json;
use tokio::net::TcpListener;

use super::consent::random_digits;
use crate::exit::{Exit, Failure};
use crate::reach::{Access, LedgerAddress, Opened};
use crate::session::Session;
use crate::show::complain;

/// Longest time for which the end waits for requests in progress.
const REQUESTS_WAIT_MAX: Duration = Duration::from_secs(5);

/// The arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "The dashboard asks for the printed password, which is another one in every run. The API asks for tokens.\n\n\
    Examples:\n  \
    credits token new me --scope admin\n  \
    credits serve\n  \
    credits serve --bind 127.0.0.1:0"
)]
pub(crate) struct Serve {
    /// The address; 127.0.0.1 is seen by this machine alone
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
}

impl Serve {
    pub(crate) fn run(&self, session: &Session) -> Result<(), Failure> {
        let (address, opener) = session.place.ledger("serve")?;
        if !self.bind.ip().is_loopback() {
            complain(&format!(
                "warning: {} is seen by other machines, and what is sent to it is not encrypted: put a proxy with TLS before it",
                self.bind
            ));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| unserved(&error))?;
        // A port that is taken leaves no ledger behind.
        let listener =
            runtime.block_on(TcpListener::bind(self.bind)).map_err(|error| self.unbound(&error))?;
        let opened = opener(address, Access::Serve)?;
        let tokens = Tokens::file(&session.tokens)?;
        runtime.block_on(served(session, &opened, tokens, listener))?;
        // Requests in progress have ended; downloads are cut off.
        runtime.shutdown_background();
        opened.credits.close()?;
        Ok(())
    }

    fn unbound(&self, error: &std::io::Error) -> Failure {
        let message = format!("{} cannot be bound ({error}): give another address with --bind", self.bind);
        Failure::new(Exit::Unreachable, message)
    }
}

async fn served(
    session: &Session,
    opened: &Opened,
    tokens: Tokens,
    listener: TcpListener,
) -> Result<(), Failure> {
    let password = random_digits()?;
    let expected = format!("Basic {}", base64(format!("admin:{password}").as_bytes()));
    let dashboard = opened.dashboard.clone().title(session.line.get_name());
    let app = Router::new()
        .nest_service("/admin/credits", dashboard.authorize(move |request| admitted(request, &expected)))
        .nest_service("/credits/api", opened.api.clone().tokens(tokens));
    let address = listener.local_addr().map_err(|error| unserved(&error))?;
    #[cfg(unix)]
    let socket = {
        let serves = matches!(session.place.ledger("serve")?.0, LedgerAddress::File(_));
        serves.then(|| (opened.socket)().inspect_err(|error| complain(&format!("warning: {error}"))))
    };
    let (dashboard, api) =
        (format!("http://{address}/admin/credits"), format!("http://{address}/credits/api"));
    let value = json!({ "dashboard": dashboard, "user": "admin", "password": password, "api": api });
    session.terminal.show(&value, || {
        format!(
            "dashboard  {dashboard} (user admin, password {password})\n\
                 API        {api} (tokens in {})\n\
                 Ctrl-C ends it",
            session.tokens.display()
        )
    })?;
    let served = axum::serve(listener, app).with_graceful_shutdown(interrupted());
    let result = tokio::select! {
        ended = served => ended.map_err(|error| unserved(&error)),
        () = given_up() => Ok(()),
    };
    #[cfg(unix)]
    drop(socket);
    result
}

/// Waits for Ctrl-C.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal the process ends by other means.
        std::future::pending::<()>().await;
    }
}

/// Waits for Ctrl-C, and then for requests in progress.
async fn given_up() {
    interrupted().await;
    tokio::time::sleep(REQUESTS_WAIT_MAX).await;
}

fn unserved(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("the ledger cannot be served: {error}"))
}

/// Lets in whoever has the password. It takes the same time for every wrong one of its length.
fn admitted(request: &Parts, expected: &str) -> Entrance {
    let given = request.headers.get("authorization").map(HeaderValue::as_bytes).unwrap_or_default();
    let differing = given.iter().zip(expected.as_bytes()).fold(0, |bits, (one, other)| bits | (one ^ other));
    if given.len() == expected.len() && differing == 0 {
        Entrance::all("admin")
    } else {
        Entrance::password("Credits")
    }
}

/// Base64 of RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS.get(bits as usize & 63).copied().map_or('=', char::from);
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let digits = [bits >> 18, bits >> 12, bits >> 6, bits].map(digit);
        text.extend(digits.iter().take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("demo:demo", "ZGVtbzpkZW1v"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}

//! An image studio in one program: its pages, its dashboard, its API and its command line.
//!
//! Lessons: everything mounted in one web server, a ledger that other programs reach through its socket, the command line of an
//! application, a page with widgets, and a year of business under a manual clock.
//!
//! ```sh
//! cargo run --bin studio                        # fills studio.redb on the first run, then serves
//! cargo run --bin studio -- balance user:ada    # in another terminal, through the running program
//! ```
//!
//! With `CREDITS_LEDGER=postgres://user@host/database` the ledger is in that database, and as many studios as you like share it,
//! each with another `ADDRESS`. The first one fills it: start the others once that one listens.
//!
//! `ADDRESS` is where it listens, `127.0.0.1:8080` unless set, and `PUBLIC_ADDRESS` is where browsers find it, if that is another
//! place: checkouts return there. With `STRIPE_KEY` set to a secret key of a test account and
//! `STRIPE_WEBHOOK_SECRET` to the secret of its endpoint, the buttons of the price list begin checkouts at Stripe.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

mod pages;
mod pricing;
mod server;
mod year;

use std::process::ExitCode;

use credits_cli::Own;
use credits_runtime::{Error, LedgerErrorKind};
use pricing::{Credits, Pricing};

fn main() -> ExitCode {
    credits_cli::app::<Pricing>()
        .name("studio")
        .about("An image studio that is paid in credits.")
        .ledger("studio.redb")
        .command("serve", "Serve the studio, its dashboard and its API (also without a command)", serve)
        .by_default(serve)
        .run()
}

fn serve(call: &Own) -> ExitCode {
    match served(call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the studio stays closed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn served(call: &Own) -> Result<(), Box<dyn std::error::Error>> {
    // Before a year is filled: an address in use ends the program at once.
    let server = server::Server::bind()?;
    let progress = |days| println!("  {days} days");
    if let Some(url) = call.database() {
        let credits = match Credits::connect(url) {
            Err(Error::Ledger(error)) if error.kind() == LedgerErrorKind::NotALedger => {
                println!("Filling the database with a year of business:");
                println!("  {}", year::fill_database(url, progress)?);
                Credits::connect(url)?
            }
            connected => connected?,
        };
        if !year::is_complete(&credits)? {
            return Err("its year of business is not complete: wait until the studio that fills it listens, or drop its tables if that \
                        one was interrupted".into());
        }
        return server.serve(&credits);
    }
    if !call.ledger.exists() {
        println!("Filling {} with a year of business:", call.ledger.display());
        println!("  {}", year::fill(&call.ledger, progress)?);
    }
    let credits = Credits::open(&call.ledger)?;
    // Commands on this machine reach the open ledger through it.
    #[cfg(unix)]
    let _socket = credits_web::socket(&credits)?;
    server.serve(&credits)
}

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
//! `ADDRESS` is where it listens, `127.0.0.1:8080` unless set, and `PUBLIC_ADDRESS` is where browsers find it, if that is another
//! place: checkouts return there. With `STRIPE_KEY` set to a secret key of a test account and
//! `STRIPE_WEBHOOK_SECRET` to the secret of its endpoint, the buttons of the price list begin checkouts at Stripe.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

mod pages;
mod pricing;
mod server;
mod year;

use std::error::Error;
use std::process::ExitCode;

use credits_cli::Own;
use pricing::Pricing;

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

fn served(call: &Own) -> Result<(), Box<dyn Error>> {
    // Before a year is filled: an address in use ends the program at once.
    let server = server::Server::bind()?;
    if !call.ledger.exists() {
        println!("Filling {} with a year of business:", call.ledger.display());
        let filled = year::fill(&call.ledger, |days| println!("  {days} days"))?;
        println!("  {filled}");
    }
    server.serve(&call.ledger)
}

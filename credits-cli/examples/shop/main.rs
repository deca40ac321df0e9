//! The command line of a print shop, with a command of its own that runs the shop.
//!
//! Lesson: one line gives an application every command; `run` keeps the ledger open, with its socket, until its standard input
//! ends.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

mod pricing;

use std::io::{self, Read};
use std::process::ExitCode;

use credits_cli::Own;
use pricing::{Credits, Pricing};

fn main() -> ExitCode {
    let shop = credits_cli::app::<Pricing>().name("shop").about("A print shop.").ledger("shop.redb");
    shop.command("run", "Keep the shop open until its standard input ends", run).run()
}

fn run(call: &Own) -> ExitCode {
    match open(call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the shop stays closed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn open(call: &Own) -> Result<(), Box<dyn std::error::Error>> {
    let credits = Credits::open(&call.ledger)?;
    let _socket = credits_web::socket(&credits)?;
    println!("open");
    io::stdin().read_to_end(&mut Vec::new())?;
    credits.close()?;
    Ok(())
}

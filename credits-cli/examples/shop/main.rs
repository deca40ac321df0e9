//! The command line of a print shop, with a command of its own that runs the shop.
//!
//! Lesson: one line gives an application every command; `run` keeps the ledger open, with its socket, until its standard input
//! ends. `run 64` has 64 customers who get credits and spend them all the time.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

mod pricing;

use std::error::Error;
use std::io::{self, Read};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use credits_cli::Own;
use pricing::{Credits, Operation, Pricing, PrintImageQuality};

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

fn open(call: &Own) -> Result<(), Box<dyn Error>> {
    let customers = call.arguments.first().and_then(|customers| customers.to_str()).unwrap_or("0").parse()?;
    let credits = Credits::open(&call.ledger)?;
    let _socket = credits_web::socket(&credits)?;
    println!("open");
    let is_closing = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for customer in 0..customers {
            let (credits, is_closing) = (&credits, &is_closing);
            scope.spawn(move || serve(credits, customer, is_closing));
        }
        let ended = io::stdin().read_to_end(&mut Vec::new());
        is_closing.store(true, Ordering::Relaxed);
        ended
    })?;
    credits.close()?;
    Ok(())
}

/// A customer who gets credits for a picture, and prints it.
fn serve(credits: &Credits, customer: u32, is_closing: &AtomicBool) {
    let wallet = credits.wallet(format!("customer:{customer}"));
    while !is_closing.load(Ordering::Relaxed) {
        let given = wallet.give_credits(5).reason("coupon").paid().now().wait();
        let picture = Operation::print_image(PrintImageQuality::Draft);
        if let Err(error) = given.and_then(|_| wallet.spend_credits_on(picture).now().wait()) {
            eprintln!("customer {customer}: {error}");
            return;
        }
    }
}

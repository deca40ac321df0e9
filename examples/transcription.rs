//! A transcription service. The length of a recording is known only after the work, so the price of the
//! longest one is set aside first, and the actual price is charged.
//!
//! Lessons: quantities with units, an included minute, holds that are settled for less, and a charge that
//! explains itself.
//!
//! `transcription OWNER SECONDS...` transcribes recordings of these lengths.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use credits_runtime::{Error as CreditsError, Rejection, usage_credits};

usage_credits! {
    settings { credits_named "token", "tokens" hold_limit 30.minutes }
    /// Speech to text.
    operation transcribe {
        costs 3.credits_per(minute) after 1.minute
        at_least 1.credit
    }
}

/// Longest recording, whose price is set aside before the work.
const LONGEST: Duration = Duration::from_mins(10);

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let owner = words.next();
    let recordings: Result<Vec<u64>, _> = words.map(|word| word.parse()).collect();
    let (Some(owner), Ok(recordings)) = (owner, recordings) else {
        eprintln!("usage: transcription OWNER SECONDS...");
        return ExitCode::from(2);
    };
    match transcribe_all(&owner, &recordings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn transcribe_all(owner: &str, recordings: &[u64]) -> Result<(), Box<dyn Error>> {
    let credits = Credits::open("transcription.redb")?;
    let user = credits.wallet(owner);
    user.give_credits(60).reason("signup").key("welcome").now().wait()?;
    for seconds in recordings {
        let hold = match user.spend_credits_on(Operation::transcribe(LONGEST)).hold(LONGEST).wait() {
            Ok(hold) => hold,
            Err(CreditsError::Rejected(Rejection::InsufficientCredits { needed, available, .. })) => {
                println!("{seconds} s: up to {needed} tokens must be there, {available} are: not begun");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let heard = listen(*seconds);
        let settled = hold.settle_for(Operation::transcribe(heard)).wait()?;
        let why = settled.entry.explanation().map(|why| why.inputs.join(", ")).unwrap_or_default();
        println!("{seconds} s: {} ({why}), {} left", settled.entry.formatted_amount(), user.credits()?);
    }
    credits.close()?;
    Ok(())
}

/// The work. A longer recording is cut off, because no more was set aside.
fn listen(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST)
}

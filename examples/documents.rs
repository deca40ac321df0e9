//! A small document-processing service on the command line: text files in, word statistics out, paid in
//! credits.
//!
//! Lessons: pricing in source, a gift given once, an estimate, work that is charged only when it succeeds, a
//! polite refusal, and a ledger that outlives the run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program on the command line talks")]

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use credits_runtime::{Rejection, RunError, usage_credits};

usage_credits! {
    /// For a handful of documents a day.
    subscription_plan starter {
        stripe_price "price_starter_monthly"
        gives 500.credits.every(month)
    }
    /// For whole archives.
    subscription_plan studio {
        stripe_price month: "price_studio_monthly", year: "price_studio_yearly"
        gives 5_000.credits.every(month)
        unused_credits rollover
    }
    /// When a month was busy.
    credit_pack refill {
        gives 200.credits
        bonus 20.credits
        costs 9.dollars
    }
    /// Word statistics of a text.
    operation process_document {
        costs 5.credits + 1.credit_per(page)
        limit pages <= 500
    }
}

const CHARACTERS_PER_PAGE: usize = 3_000;
const STARTER_GIFT: i64 = 20;

/// Parsed command line.
struct Arguments {
    ledger: PathBuf,
    review: bool,
    owner: String,
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        usage();
        return ExitCode::from(2);
    };
    match serve(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let (mut ledger, mut review, mut names) = (PathBuf::from("documents.redb"), false, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--ledger" => ledger = words.next()?.into(),
            "--review" => review = true,
            option if option.starts_with("--") => return None,
            _ => names.push(word),
        }
    }
    let mut names = names.into_iter();
    let (owner, files) = (names.next()?, names.map(PathBuf::from).collect::<Vec<_>>());
    (!files.is_empty()).then_some(Arguments { ledger, review, owner, files })
}

fn usage() {
    eprintln!(
        "usage: documents [--ledger FILE] [--review] OWNER FILE...\n\n\
         Counts the words of text files. A document costs 5 credits and 1 for each page of 3,000\n\
         characters, charged only when it was processed. With --review you see the result first and\n\
         pay if you keep it.\n\nPrices:"
    );
    for plan in Plan::ALL {
        if let Some(gives) = plan.spec().gives {
            eprintln!("  {:8} {} credits every {}", plan.name(), gives.amount, gives.every);
        }
    }
    for pack in Pack::ALL {
        eprintln!("  {:8} {} credits for {}", pack.name(), credits_of(*pack), pack.spec().costs_in_words());
    }
}

/// Credits of a pack, its bonus included.
fn credits_of(pack: Pack) -> i64 {
    pack.spec().gives + pack.spec().bonus
}

/// Serves the owner. Returns whether every document was processed.
fn serve(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let credits = Credits::open(&arguments.ledger)?;
    let wallet = credits.wallet(&arguments.owner);
    welcome(&wallet, &arguments.owner)?;
    let mut all = true;
    for file in &arguments.files {
        all &= process(&wallet, file, arguments.review)?;
    }
    println!("\nBalance: {} credits\n\n{}", wallet.credits()?, history(&wallet)?);
    credits.close()?;
    Ok(all)
}

/// Gives a new owner the starter gift, and releases the holds of an interrupted run.
fn welcome(wallet: &Wallet, owner: &str) -> Result<(), Box<dyn Error>> {
    let gift = wallet.give_credits(STARTER_GIFT).reason("signup").key("welcome").now().wait()?;
    if gift.replayed {
        println!("Welcome back, {owner}: {} credits.", wallet.credits()?);
    } else {
        println!("Welcome, {owner}! {STARTER_GIFT} credits to begin with.");
    }
    // Only this process has the ledger open, so an open hold is left from an interrupted run.
    for hold in wallet.open_holds()? {
        wallet.release(hold.id).wait()?;
        println!("A run was cut off: the {} credits it had set aside are free again.", hold.amount);
    }
    Ok(())
}

/// Processes one document. Returns whether it was processed, and so charged.
fn process(wallet: &Wallet, file: &Path, review: bool) -> Result<bool, Box<dyn Error>> {
    let name = file.display();
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            println!("\n{name}: cannot be read ({error}). Nothing was charged.");
            return Ok(false);
        }
    };
    let pages = String::from_utf8_lossy(&bytes).chars().count().div_ceil(CHARACTERS_PER_PAGE);
    let operation = Operation::process_document(pages);
    match wallet.estimate_credits_to(&operation) {
        Ok(price) => println!("\n{name}: {pages} pages, {price} credits."),
        Err(rejection) => {
            println!("\n{name}: {rejection}. Nothing was charged.");
            return Ok(false);
        }
    }
    match wallet.spend_credits_on(operation).run(|| deliver(&bytes, review)) {
        Ok(()) => return Ok(true),
        Err(RunError::Work(reason)) => println!("{name}: {reason}. Nothing was charged."),
        Err(RunError::Rejected(Rejection::InsufficientCredits { needed, available, .. })) => {
            let (refill, price) = (credits_of(Pack::Refill), Pack::Refill.spec().costs_in_words());
            println!(
                "Sorry, that takes {needed} credits and you have {available}. A refill gives {refill} for {price}."
            );
        }
        Err(error) => return Err(error.into()),
    }
    Ok(false)
}

/// The work: word statistics of a text.
fn deliver(bytes: &[u8], review: bool) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("it is no UTF-8 text ({error})"))?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    println!("{total} words, {} different.", counts.len());
    let ranked: BTreeSet<_> = counts.iter().map(|(word, count)| (std::cmp::Reverse(*count), word)).collect();
    for (std::cmp::Reverse(count), word) in ranked.into_iter().take(3) {
        println!("  {count:5} x {word}");
    }
    if review { confirm() } else { Ok(()) }
}

fn confirm() -> Result<(), String> {
    print!("Keep it and pay? [y/N] ");
    stdout().flush().map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).map_err(|error| error.to_string())?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err("given back".to_owned()) }
}

fn history(wallet: &Wallet) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(["When", "What", "Credits", "Balance"]);
    for entry in wallet.credit_history().limit(10).page()?.entries {
        table.add_row([
            entry.recorded_at.to_string(),
            entry.description(),
            format!("{:+}", entry.amount.get()),
            entry.balance_after.to_string(),
        ]);
    }
    Ok(table)
}

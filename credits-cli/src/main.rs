//! The binary `credits`: every command on the ledger of any application, without its pricing.

use std::process::ExitCode;

fn main() -> ExitCode {
    credits_cli::without_pricing().run()
}

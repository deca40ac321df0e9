//! Operations of a ledger that was opened without its pricing: they are listed, and none can be called.

use std::fmt::Write;
use std::time::Duration;

use credits_runtime::catalogue::CatalogueData;
use credits_runtime::{
    Credits, Error, Explanation, HoldId, Metadata, OperationCall, Problem, Receipt, Settled,
};

use super::{Estimate, Later, OpenedHold, Operations, Options};

/// The newest terms that the ledger was opened with.
pub(super) struct Unpriced(CatalogueData);

impl Unpriced {
    /// The last terms that a ledger keeps.
    pub(super) fn of(credits: &Credits<()>) -> Result<Self, Error> {
        let last = credits.catalogues()?.pop().map(|last| last.catalogue);
        match last {
            Some(catalogue) => Ok(Self(catalogue)),
            None => panic!("an open ledger has the catalogue that it was opened with"),
        }
    }
}

/// The problem of every call.
fn missing() -> Problem {
    let detail = "the ledger was opened without its pricing, which operations need: use the application's own \
                  program, or send the request to it while it runs";
    Problem::new(409, "pricing_missing", detail)
}

fn refused<T>() -> Later<T> {
    Box::pin(async { Err(missing()) })
}

impl Operations for Unpriced {
    fn catalogue(&self) -> CatalogueData {
        self.0.clone()
    }

    fn price_list(&self) -> String {
        let mut text = String::from("# Operations\n\n| operation | costs |\n| --- | --- |\n");
        for operation in &self.0.operations {
            let name = if operation.named.is_empty() { &operation.name } else { &operation.named };
            let costs = self.0.cost_in_words(operation).replace('|', "\\|");
            // Writing into a text cannot fail.
            _ = writeln!(text, "| {} | {costs} |", name.replace('|', "\\|"));
        }
        text
    }

    fn explain(&self, _: &OperationCall) -> Result<Explanation, Problem> {
        Err(missing())
    }

    fn estimate(&self, _: &str, _: &OperationCall) -> Result<Estimate, Problem> {
        Err(missing())
    }

    fn spend(&self, _: &str, _: &OperationCall, _: Options) -> Later<Receipt> {
        refused()
    }

    fn hold(&self, _: &str, _: &OperationCall, _: Duration, _: Options) -> Later<OpenedHold> {
        refused()
    }

    fn settle_for(&self, _: &str, _: HoldId, _: &OperationCall, _: Metadata) -> Later<Settled> {
        refused()
    }
}

//! The ledger behind the routes, without the application's types: operations are called by their names.
//!
//! It does not know requests or responses.

mod unpriced;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use credits_runtime::catalogue::{CatalogueData, price_list};
use credits_runtime::generated::{Operation as _, Pricing};
use credits_runtime::{
    Amount, CoveredBy, Credits, Error, Explanation, HoldId, Metadata, OperationCall, Problem, Receipt,
    Settled, Timestamp,
};
use serde::Serialize;

use unpriced::Unpriced;

/// A ledger of any application.
#[derive(Clone)]
pub(crate) struct Ledger {
    /// Reads, and writes that need no operation.
    pub(crate) credits: Credits<()>,
    /// What the application's operations are needed for.
    pub(crate) operations: Arc<dyn Operations>,
}

impl Ledger {
    pub(crate) fn of<C: Pricing>(credits: &Credits<C>) -> Self {
        Self { credits: credits.without_pricing(), operations: Arc::new(credits.clone()) }
    }

    /// A ledger that was opened without its pricing.
    pub(crate) fn without_pricing(credits: &Credits<()>) -> Result<Self, Error> {
        Ok(Self { credits: credits.clone(), operations: Arc::new(Unpriced::of(credits)?) })
    }
}

/// A result that the ledger replies later.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>;

/// The price of a call before it is charged.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Estimate {
    /// The price.
    pub(crate) price: Amount,
    /// Whether the owner can pay it now, or a plan covers it.
    pub(crate) affordable: bool,
    /// The plan because of which it costs nothing.
    pub(crate) covered_by: Option<CoveredBy>,
    /// The sum.
    pub(crate) explanation: Explanation,
}

/// A hold that a request opened.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OpenedHold {
    /// The hold.
    pub(crate) id: HoldId,
    /// The amount set aside.
    pub(crate) amount: Amount,
    /// The plan because of which nothing is set aside.
    pub(crate) covered_by: Option<CoveredBy>,
    /// When it lapses.
    pub(crate) until: Timestamp,
    /// Whether an earlier request opened it.
    #[serde(skip)]
    pub(crate) replayed: bool,
}

/// The options of a write on an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The idempotency key.
    pub(crate) key: Option<String>,
    /// Metadata, with who asked for it.
    pub(crate) metadata: Metadata,
}

/// The application's operations, by name.
pub(crate) trait Operations: Send + Sync {
    /// The catalogue as data.
    fn catalogue(&self) -> CatalogueData;
    /// The price list as Markdown.
    fn price_list(&self) -> String;
    /// The price of a call for any owner, with the sum.
    fn explain(&self, call: &OperationCall) -> Result<Explanation, Problem>;
    /// The price of a call for an owner. Reads the ledger.
    fn estimate(&self, owner: &str, call: &OperationCall) -> Result<Estimate, Problem>;
    /// Charges a call.
    fn spend(&self, owner: &str, call: &OperationCall, options: Options) -> Later<Receipt>;
    /// Sets the price of a call aside.
    fn hold(&self, owner: &str, call: &OperationCall, limit: Duration, options: Options)
    -> Later<OpenedHold>;
    /// Settles a hold of an owner for a call.
    fn settle_for(
        &self,
        owner: &str,
        hold: HoldId,
        call: &OperationCall,
        metadata: Metadata,
    ) -> Later<Settled>;
}

impl<C: Pricing> Operations for Credits<C> {
    fn catalogue(&self) -> CatalogueData {
        C::CATALOGUE.into()
    }

    fn price_list(&self) -> String {
        price_list(C::CATALOGUE).to_string()
    }

    fn explain(&self, call: &OperationCall) -> Result<Explanation, Problem> {
        // A price is the same for every owner: this one needs no wallet.
        Ok(self.wallet("catalogue").explain_credits_to(operation::<C>(call)?)?)
    }

    fn estimate(&self, owner: &str, call: &OperationCall) -> Result<Estimate, Problem> {
        let (wallet, operation) = (self.wallet(owner), operation::<C>(call)?);
        let explanation = wallet.explain_credits_to(&operation)?;
        Ok(Estimate {
            price: wallet.estimate_credits_to(&operation)?,
            affordable: wallet.has_enough_credits_to(&operation)?,
            covered_by: wallet.covered_by(&operation)?,
            explanation,
        })
    }

    fn spend(&self, owner: &str, call: &OperationCall, options: Options) -> Later<Receipt> {
        let Options { key, metadata } = options;
        let reply = operation::<C>(call).map(|operation| {
            let spend = self.wallet(owner).spend_credits_on(operation).metadata(metadata);
            match key {
                Some(key) => spend.key(key).now(),
                None => spend.now(),
            }
        });
        Box::pin(async move { Ok(reply?.await?) })
    }

    fn hold(
        &self,
        owner: &str,
        call: &OperationCall,
        limit: Duration,
        options: Options,
    ) -> Later<OpenedHold> {
        let Options { key, metadata } = options;
        let reply = operation::<C>(call).map(|operation| {
            let spend = self.wallet(owner).spend_credits_on(operation).metadata(metadata);
            match key {
                Some(key) => spend.key(key).hold(limit),
                None => spend.hold(limit),
            }
        });
        Box::pin(async move {
            let hold = reply?.await?;
            let (amount, covered_by) = (hold.amount(), hold.covered_by().cloned());
            let (until, replayed) = (hold.until(), hold.replayed());
            // A hold that is dropped is released; its id keeps it open.
            Ok(OpenedHold { id: hold.into_id(), amount, covered_by, until, replayed })
        })
    }

    fn settle_for(
        &self,
        owner: &str,
        hold: HoldId,
        call: &OperationCall,
        metadata: Metadata,
    ) -> Later<Settled> {
        let settle = operation::<C>(call)
            .map(|operation| self.wallet(owner).settle_for(hold, operation).metadata(metadata).now());
        Box::pin(async move { Ok(settle?.await?) })
    }
}

fn operation<C: Pricing>(call: &OperationCall) -> Result<C::Operation, Problem> {
    Ok(C::Operation::from_json(&call.operation, &call.inputs)?)
}

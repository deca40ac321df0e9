//! Covers: operations that cost a wallet's owner nothing while paid or trial time is at a plan that has them unlimited.
//!
//! It does not know which time is paid.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::ids::ObjectId;
use super::pricing::OperationId;
use super::time::Timestamp;

/// The operations that a subscription covers in a wallet, and until when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Cover {
    /// The subscription.
    #[n(0)]
    pub subscription: ObjectId,
    /// Name of the plan.
    #[n(1)]
    pub plan: String,
    /// The operations; empty for all.
    #[n(2)]
    pub operations: Vec<OperationId>,
    /// When it ends; `None` for a subscription of the application's own without an end.
    #[n(3)]
    pub until: Option<Timestamp>,
}

/// The plan and the subscription because of which a charge cost nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoveredBy {
    /// Name of the plan.
    #[n(0)]
    pub plan: String,
    /// The subscription's id at the payment processor; `own/1/main` for a subscription of the application's own.
    #[n(1)]
    pub subscription: ObjectId,
}

impl Cover {
    /// Whether it covers an operation at an instant.
    pub fn has(&self, operation: OperationId, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
            && (self.operations.is_empty() || self.operations.contains(&operation))
    }

    /// Its plan and subscription.
    pub fn by(&self) -> CoveredBy {
        CoveredBy { plan: self.plan.clone(), subscription: self.subscription.clone() }
    }
}

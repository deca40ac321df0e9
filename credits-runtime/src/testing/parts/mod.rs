//! Parts of the engine that benchmarks measure one at a time.

mod fulfilling;
mod spending;

use crate::domain::ids::Owner;
use crate::engine::rows::{self, BillingRow};
use crate::error::Error;
use crate::generated::Pricing;
use crate::service::credits::Credits;

pub use fulfilling::DailyPlan;
pub use spending::Spending;

/// The number of bytes of an owner's billing record.
pub fn billing_bytes<C: Pricing>(credits: &Credits<C>, owner: &Owner) -> Result<usize, Error> {
    let BillingRow { billing, filing } = credits.core().billing_row(owner)?;
    Ok(rows::billing_to_bytes(&billing, filing).len())
}

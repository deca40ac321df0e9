//! Parts of the engine, one at a time, so that each can be measured alone.

mod fulfilling;
mod spending;

use crate::domain::ids::Owner;
use crate::engine::billing::stored_billing;
use crate::engine::codec;
use crate::error::Error;
use crate::generated::Pricing;
use crate::service::credits::Credits;

pub use fulfilling::DailyPlan;
pub use spending::Spending;

/// How many bytes the record of an owner's billing takes.
pub fn billing_bytes<C: Pricing>(credits: &Credits<C>, owner: &Owner) -> Result<usize, Error> {
    let (billing, is_listed) = stored_billing(&credits.core().snapshot()?, owner)?;
    Ok(codec::billing_to_bytes(&billing, is_listed).len())
}

//! The payment processor as the dashboard needs it: it returns the money of a purchase.
//!
//! It does not know which purchases there are.

use credits_runtime::billing::Purchase;

use crate::ledger::Later;

/// A refund that was confirmed.
pub(super) struct Refunding {
    pub(super) purchase: Purchase,
    /// In minor units of the purchase's currency.
    pub(super) amount: i64,
    pub(super) key: String,
    pub(super) reason: String,
    /// The person, as entries name them.
    pub(super) by: String,
}

/// Returns money.
pub(super) trait Refunds: Send + Sync {
    /// Makes the refund once for its key, and takes the credits back.
    fn refund(&self, refunding: Refunding) -> Later<()>;
}

/// Characters of a value of Stripe's metadata; what is more of a reason is cut off there.
#[cfg(feature = "stripe")]
const METADATA_CHARS_MAX: usize = 500;

#[cfg(feature = "stripe")]
impl<C: credits_runtime::generated::Pricing> Refunds for credits_runtime::stripe::Stripe<C> {
    fn refund(&self, Refunding { purchase, amount, key, reason, by }: Refunding) -> Later<()> {
        let reason: String = reason.chars().take(METADATA_CHARS_MAX).collect();
        let refund = credits_runtime::stripe::Refund::of(&purchase).amount(amount).key(key);
        let refund =
            refund.option("metadata[credits_reason]", reason).option("metadata[credits_by]", by.clone());
        let stripe = self.clone();
        Box::pin(async move {
            let refunded = stripe.refund_async(refund).await?;
            tracing::info!(refund = %refunded.id, purchase = %purchase.session, amount, by, "a purchase was refunded by hand");
            Ok(())
        })
    }
}

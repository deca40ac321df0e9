//! The payment processor as the dashboard needs it: it returns the money of a purchase, once for each form.
//!
//! It does not know which purchases there are.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, PoisonError, Weak};

use axum::http::StatusCode;
use credits_runtime::billing::Purchase;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::ledger::Later;
use crate::refusal::Refusal;

/// Keys of forms that were carried out, of which the newest are kept.
const DONE_MAX: usize = 1_000;

/// A refund that was confirmed.
#[cfg_attr(not(feature = "stripe"), expect(dead_code, reason = "a processor reads it"))]
pub(super) struct ConfirmedRefund {
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
    fn refund(&self, refund: ConfirmedRefund) -> Later<()>;
}

/// Keys of forms that were carried out. The refund that has it locked has the turn.
type Done = Mutex<VecDeque<String>>;

/// The forms of each open ledger, by its id: dashboards that are mounted on one ledger take turns with each other.
static DONE: LazyLock<std::sync::Mutex<HashMap<String, Weak<Done>>>> = LazyLock::new(Default::default);

/// The processor, and the forms that were carried out.
#[derive(Clone)]
pub(super) struct RefundDesk {
    processor: Arc<dyn Refunds>,
    done: Arc<Done>,
}

/// The turn of one refund: what is checked during it is what is returned.
pub(super) struct Turn {
    processor: Arc<dyn Refunds>,
    done: OwnedMutexGuard<VecDeque<String>>,
}

impl RefundDesk {
    #[cfg_attr(not(feature = "stripe"), expect(dead_code, reason = "there is no processor"))]
    pub(super) fn of(processor: Arc<dyn Refunds>, ledger_id: String) -> Self {
        let mut ledgers = DONE.lock().unwrap_or_else(PoisonError::into_inner);
        ledgers.retain(|_, done| done.strong_count() > 0);
        let known = ledgers.get(&ledger_id).and_then(Weak::upgrade);
        let done = known.unwrap_or_else(|| {
            let done = Arc::default();
            ledgers.insert(ledger_id, Arc::downgrade(&done));
            done
        });
        Self { processor, done }
    }

    /// Waits until no other refund is made.
    pub(super) async fn turn(&self) -> Turn {
        Turn { processor: Arc::clone(&self.processor), done: Arc::clone(&self.done).lock_owned().await }
    }
}

impl Turn {
    /// Whether the form with this key was carried out.
    pub(super) fn is_done(&self, key: &str) -> bool {
        self.done.iter().any(|done| done == key)
    }

    /// Makes the refund. It goes on if its visitor does not wait for it.
    pub(super) async fn make(mut self, refund: ConfirmedRefund) -> Result<(), Refusal> {
        let task = tokio::spawn(async move {
            let key = refund.key.clone();
            self.processor.refund(refund).await?;
            if self.done.len() >= DONE_MAX {
                self.done.pop_front();
            }
            self.done.push_back(key);
            Ok(())
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a refund panicked");
            let detail = "the refund failed half-way: look at the purchase before you send it again";
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
        })
    }
}

/// Characters of a value of Stripe's metadata.
#[cfg(feature = "stripe")]
const METADATA_CHARS_MAX: usize = 500;

#[cfg(feature = "stripe")]
impl<C: credits_runtime::generated::Pricing> Refunds for credits_runtime::stripe::Stripe<C> {
    fn refund(&self, refund: ConfirmedRefund) -> Later<()> {
        let ConfirmedRefund { purchase, amount, key, reason, by } = refund;
        let value = |text: &str| text.chars().take(METADATA_CHARS_MAX).collect::<String>();
        let refund = credits_runtime::stripe::Refund::of(&purchase, key).amount(amount);
        let refund = refund.option("metadata[credits_reason]", value(&reason));
        let refund = refund.option("metadata[credits_by]", value(&by));
        let stripe = self.clone();
        Box::pin(async move {
            let purchase = &purchase.session;
            tracing::info!(%purchase, amount, by, reason, "a refund is asked for by hand");
            match stripe.refund_async(refund).await {
                Ok(refunded) => {
                    tracing::info!(refund = %refunded.id, %purchase, status = refunded.status, "the refund is made");
                    Ok(())
                }
                Err(error) => {
                    tracing::error!(%error, %purchase, "the refund is refused, or its outcome is unknown");
                    Err(error.into())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    struct Unreached;

    impl Refunds for Unreached {
        fn refund(&self, _: ConfirmedRefund) -> Later<()> {
            panic!("nothing is refunded here")
        }
    }

    #[test]
    fn dashboards_of_one_ledger_take_turns() {
        let desk = |ledger: &str| RefundDesk::of(Arc::new(Unreached), ledger.to_owned());
        let (one, second, other) = (desk("a-ledger"), desk("a-ledger"), desk("another"));
        let mut context = Context::from_waker(Waker::noop());
        let mut is_ready = |desk: &RefundDesk| pin!(desk.turn()).poll(&mut context).is_ready();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let turn = runtime.block_on(one.turn());
        assert!(!is_ready(&second) && is_ready(&other));
        drop(turn);
        assert!(is_ready(&second));
    }
}

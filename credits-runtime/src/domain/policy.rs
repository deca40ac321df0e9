//! The settings that decisions depend on: overdraft, overruns, transfers, holds, keys and fulfilment.

use std::time::Duration;

use credits_core::{Overrun, Period, Settings, Threshold, TransferExpiration};

use super::amount::Amount;
use super::billing::due::Fulfilment;
use super::billing::fulfil::Retaking;

/// The settings that decisions depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Largest overdraft that spending may cause; `None` allows none.
    pub negative_balance_max: Option<Amount>,
    /// Treatment of the part of a settlement that exceeds the held and the available credits.
    pub overrun: Overrun,
    /// Expiry of transferred credits at the receiver.
    pub transfer_expiration: TransferExpiration,
    /// Balances, in credits. Falling below one of them emits a low-balance event.
    pub low_balance_thresholds: &'static [Threshold],
    /// Longest total time for which a hold may be open.
    pub hold_limit_max: Duration,
    /// Time after which the hold of a `.run(..)` lapses unless it is extended.
    pub hold_limit: Duration,
    /// Minimum retention of the idempotency keys of spends and holds.
    pub keep_keys: Duration,
    /// Settings of fulfilment.
    pub fulfilment: Fulfilment,
    /// Settings for taking credits back.
    pub retaking: Retaking,
}

impl Policy {
    /// The policy of these settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            negative_balance_max: settings.negative_balance_max.map(Amount::new),
            overrun: settings.overrun,
            low_balance_thresholds: settings.low_balance_thresholds,
            transfer_expiration: settings.transfer_expiration,
            hold_limit_max: at_least(settings.hold_limit_max),
            hold_limit: at_least(settings.hold_limit),
            keep_keys: at_most(settings.keep_keys),
            fulfilment: Fulfilment::of(settings),
            retaking: Retaking {
                subscription_refunds: settings.subscription_refunds,
                refunded_but_spent: settings.refunded_but_spent,
            },
        }
    }
}

/// The longest duration of a period.
fn at_most(period: Period) -> Duration {
    Duration::from_secs(period.seconds_max())
}

/// The shortest duration of a period.
fn at_least(period: Period) -> Duration {
    Duration::from_secs(period.seconds_min())
}

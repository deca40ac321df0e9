//! What the application's settings decide of money: how far a wallet may run into debt, and what an overrun is.

use std::time::Duration;

use credits_core::{Overrun, Period, Settings, TransferExpiration};

use super::amount::Amount;
use super::billing::due::Fulfilment;
use super::billing::fulfil::Retaking;

/// The settings that decisions ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far spending may run into debt; `None` if it may not.
    pub negative_balance_max: Option<Amount>,
    /// What becomes of a settling above what is available.
    pub overrun: Overrun,
    /// What a transfer does with the expiry of what it moves.
    pub transfer_expiration: TransferExpiration,
    /// Balances below which an owner is told.
    pub low_balance_thresholds: &'static [i64],
    /// How long a hold may be open in all.
    pub hold_limit_max: Duration,
    /// How long work around which credits are spent is given before it shows that it is alive.
    pub hold_limit: Duration,
    /// How long keys of spends and holds are kept at least.
    pub keep_keys: Duration,
    /// How subscriptions are fulfilled.
    pub fulfilment: Fulfilment,
    /// What is taken back with a payment.
    pub retaking: Retaking,
}

impl Policy {
    /// What these settings say.
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

/// A period as a length of time: the longest that it can be.
fn at_most(period: Period) -> Duration {
    Duration::from_secs(period.seconds_max())
}

/// A period as a length of time: the shortest that it can be.
fn at_least(period: Period) -> Duration {
    Duration::from_secs(period.seconds_min())
}

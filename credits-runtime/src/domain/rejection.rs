//! Rejections: the business "no". A rejection changes nothing, does not use its key up, and names a remedy.

use serde::Serialize;

use super::amount::Amount;
use super::ids::{FactNumber, HoldId, Key, Owner, TransferId};
use super::time::Timestamp;

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldClosing {
    /// Its work was charged.
    Settled,
    /// It was released.
    Released,
    /// It reached its limit.
    Lapsed,
}

impl std::fmt::Display for HoldClosing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Settled => "settled",
            Self::Released => "released",
            Self::Lapsed => "lapsed",
        })
    }
}

/// The reason why the ledger rejects a command. Checked in this order: idempotency, shape, existence, state,
/// money.
///
/// It serialises as its [`code`](Self::code) and its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The key was used for another command.
    #[error("key `{key}` was used for another command: choose a new key, or send the first command again")]
    IdempotencyKeyReused {
        /// The key.
        key: Key,
    },
    /// The work under this key is still in progress.
    #[error("the work under key `{key}` is in progress until {until} at the latest: ask again later")]
    InProgress {
        /// The key.
        key: Key,
        /// When its hold lapses.
        until: Timestamp,
    },

    /// The owner's name breaks a rule.
    #[error("owner `{owner}` {rule}: name owners with 1 to 255 bytes of printable text")]
    OwnerInvalid {
        /// Beginning of the name.
        owner: String,
        /// The broken rule.
        rule: &'static str,
    },
    /// The key breaks a rule.
    #[error("key `{key}` {rule}: give keys of 1 to 255 bytes of printable text")]
    KeyInvalid {
        /// Beginning of the key.
        key: String,
        /// The broken rule.
        rule: &'static str,
    },
    /// The subscriber's name breaks a rule.
    #[error("subscriber `{name}` {rule}: name subscribers with 1 to 255 bytes of printable text")]
    SubscriberInvalid {
        /// Beginning of the name.
        name: String,
        /// The broken rule.
        rule: &'static str,
    },
    /// A subscriber with this name exists.
    #[error("subscriber `{name}` was started before: choose another name")]
    SubscriberTaken {
        /// The name.
        name: String,
    },
    /// The reason is too long.
    #[error("a reason of {bytes} bytes is over the limit of {max}: shorten it")]
    ReasonTooLong {
        /// Bytes of the reason.
        bytes: usize,
        /// Maximum bytes allowed.
        max: usize,
    },
    /// The metadata is too large.
    #[error(
        "metadata of {bytes} bytes is over the limit of {max}: keep large data elsewhere and its id here"
    )]
    MetadataTooLarge {
        /// Bytes of the metadata, as JSON.
        bytes: usize,
        /// Maximum bytes allowed.
        max: usize,
    },
    /// The metadata is nested too deeply.
    #[error("metadata of {levels} levels is over the limit of {max}: flatten it")]
    MetadataTooDeep {
        /// Levels of the metadata.
        levels: usize,
        /// Maximum levels allowed.
        max: usize,
    },
    /// The amount is zero or less.
    #[error("{amount} is not a positive amount: give or take at least 1")]
    AmountNotPositive {
        /// The amount.
        amount: Amount,
    },
    /// The amount is below zero.
    #[error("{amount} is below zero: settle a hold at 0 or more")]
    AmountNegative {
        /// The amount.
        amount: Amount,
    },
    /// The amount does not fit 64 bits with a sign.
    #[error("{given} is not an amount from -9223372036854775808 to 9223372036854775807: give or take less")]
    AmountOutOfRange {
        /// The given amount.
        given: String,
    },
    /// The amount of a correction is zero.
    #[error("a correction by 0 changes nothing: adjust by at least 1, up or down")]
    AmountZero,
    /// The application does not list this category.
    #[error("`{category}` is no category of this pricing: add it to `categories` in its settings")]
    CategoryUnknown {
        /// The category.
        category: String,
    },
    /// The sender and the receiver of a transfer are the same wallet.
    #[error("`{owner}` cannot transfer to itself: name another owner")]
    TransferToSelf {
        /// The owner.
        owner: Owner,
    },
    /// The receiver's wallet is in another ledger.
    #[error("the receiver's wallet is of another ledger: transfer within one ledger")]
    TransferToAnotherLedger,
    /// The sender and the receiver hold different assets.
    #[error("{from} cannot be transferred to a wallet of {to}: name a wallet of {from}")]
    TransferBetweenAssets {
        /// Asset of the sender.
        from: String,
        /// Asset of the receiver.
        to: String,
    },
    /// No catalogue of the ledger declares this operation.
    #[error("`{operation}` is no operation of this pricing: name it as it is declared")]
    OperationUnknown {
        /// The given name.
        operation: String,
    },
    /// A quantity does not fit.
    #[error("the {quantity} of `{operation}` are out of range: give a smaller number")]
    QuantityOutOfRange {
        /// The operation.
        operation: &'static str,
        /// The quantity, by its plural name.
        quantity: &'static str,
    },
    /// A quantity is negative.
    #[error("`{operation}` was asked for {given}: a quantity is zero or more")]
    QuantityNegative {
        /// The operation.
        operation: &'static str,
        /// The quantity, by its plural name.
        quantity: &'static str,
        /// The given quantity, with its unit.
        given: String,
    },
    /// A quantity exceeds the operation's limit.
    #[error("`{operation}` was asked for {given}: its limit is {limit} {quantity}")]
    QuantityOverLimit {
        /// The operation.
        operation: &'static str,
        /// The quantity, by its plural name.
        quantity: &'static str,
        /// The given quantity, with its unit.
        given: String,
        /// Largest allowed quantity, in its unit.
        limit: u64,
    },
    /// The operation's own validation failed. The message is displayed as written.
    #[error("{message}")]
    ValidationFailed {
        /// The operation.
        operation: &'static str,
        /// The message, as written in the pricing.
        message: &'static str,
    },
    /// The cost is below zero.
    #[error("`{operation}` would cost less than nothing: correct the parameters, or its costs")]
    CostNegative {
        /// The operation.
        operation: &'static str,
    },
    /// The cost exceeds 2^63 - 1, or an expression in braces has no value: an overflow, a division by zero, a
    /// panic.
    #[error(
        "`{operation}` would cost more than 9223372036854775807, or what cannot be computed: ask for less"
    )]
    CostOutOfRange {
        /// The operation.
        operation: &'static str,
    },
    /// The expiry is not in the future.
    #[error("an expiry at {expires_at} has passed at {now}: choose a later one")]
    ExpiryInPast {
        /// The expiry.
        expires_at: Timestamp,
        /// The ledger's time.
        now: Timestamp,
    },
    /// The limit of a hold is zero, or exceeds the maximum.
    #[error("a hold of {seconds} s is not between 1 us and {max} s: choose a limit in that range")]
    HoldLimitInvalid {
        /// The requested limit, in whole seconds.
        seconds: u64,
        /// Longest allowed limit, in seconds.
        max: u64,
    },

    /// The wallet never had this hold.
    #[error("this wallet has no hold {hold}: settle it on the wallet that opened it")]
    HoldUnknown {
        /// The hold.
        hold: HoldId,
    },

    /// The wallet never made this transfer.
    #[error("this wallet made no transfer {transfer}: reverse it from the wallet that sent it")]
    TransferUnknown {
        /// The transfer.
        transfer: TransferId,
    },

    /// The clock leapt ahead, or the ledger was not opened for a long time. Writes are rejected until the
    /// clock is confirmed.
    #[error(
        "the clock says {now}, long after the ledger's last fact at {last}: set the clock right, or confirm it with `confirm_clock()`"
    )]
    ClockUnconfirmed {
        /// Time of the clock.
        now: Timestamp,
        /// Time of the ledger's last fact.
        last: Timestamp,
    },
    /// The grant has no free credits.
    #[error("grant {grant} of this wallet has no free credits: nothing can be revoked")]
    GrantNotFree {
        /// The grant.
        grant: FactNumber,
    },
    /// The hold is no longer open.
    #[error("hold {hold} is closed, it was {closing}: open a new one")]
    HoldClosed {
        /// The hold.
        hold: HoldId,
        /// How it ended.
        closing: HoldClosing,
    },
    /// The wallet has as many open grants as allowed.
    #[error("the wallet has {open} open grants, the most there may be: spend or let some expire first")]
    OpenGrantsLimit {
        /// Number of open grants.
        open: usize,
    },
    /// The billing event is too large to store.
    #[error(
        "the billing event has {bytes} bytes, at most {max} are kept: leave out lines that are of no subscription"
    )]
    BillingEventTooLarge {
        /// Bytes of the event, as stored.
        bytes: usize,
        /// Maximum bytes allowed.
        max: usize,
    },
    /// The name of a subscription breaks a rule.
    #[error("subscription `{id}` {rule}: name subscriptions with 1 to 200 bytes of printable text")]
    SubscriptionInvalid {
        /// Beginning of the name.
        id: String,
        /// The broken rule.
        rule: &'static str,
    },
    /// The quantity of a subscription is zero.
    #[error("a subscription to `{plan}` of quantity 0 gives nothing: ask for at least 1, or unsubscribe")]
    SubscriptionQuantityZero {
        /// The plan.
        plan: &'static str,
    },
    /// The plan has a price, so that a payment processor opens its subscriptions.
    #[error(
        "plan `{plan}` has a price: sell it by a checkout, or give it without payment with `.complimentary()`"
    )]
    PlanHasPrice {
        /// The plan.
        plan: &'static str,
    },
    /// The plan is retired, and the owner does not subscribe to it.
    #[error("plan `{plan}` is retired: subscribe to another plan, or declare it without `retired`")]
    PlanRetired {
        /// The plan.
        plan: &'static str,
    },
    /// The subscription would end before it starts.
    #[error("a subscription from {starts_at} cannot end at {ends_at}: choose a later end")]
    SubscriptionEndInPast {
        /// The requested end.
        ends_at: Timestamp,
        /// When its time starts.
        starts_at: Timestamp,
    },
    /// The application never opened a subscription of this name for the owner.
    #[error(
        "`{owner}` has no subscription `{id}` of the application's own: name it as it was opened, or end it at its payment processor"
    )]
    SubscriptionUnknown {
        /// The owner.
        owner: Owner,
        /// The name.
        id: String,
    },
    /// The unresolved entry cannot be dismissed; only its remedy ends it.
    #[error("the entry cannot be dismissed: {remedy}")]
    NotDismissible {
        /// The remedy.
        remedy: String,
    },
    /// The wallet has as many open holds as allowed.
    #[error("the wallet has {open} open holds, the most there may be: settle or release some first")]
    OpenHoldsLimit {
        /// Number of open holds.
        open: usize,
    },

    /// The wallet has too few credits for the command.
    #[error("{needed} needed, {available} available: give or buy at least {} more", .needed.get().saturating_sub(.available.get()))]
    InsufficientCredits {
        /// Credits needed.
        needed: Amount,
        /// Credits that the command may use.
        available: Amount,
    },
    /// The balance would exceed 2^63 - 1, or fall below -2^63.
    #[error("{amount:+} on a balance of {balance} is more than 64 bits hold: choose a smaller amount")]
    BalanceOutOfRange {
        /// The balance.
        balance: Amount,
        /// The amount to add; negative for a taking.
        amount: Amount,
    },
}

impl Rejection {
    /// The stable code of the rule, such as `insufficient_credits`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::IdempotencyKeyReused { .. } => "idempotency_key_reused",
            Self::InProgress { .. } => "in_progress",
            Self::OwnerInvalid { .. } => "owner_invalid",
            Self::KeyInvalid { .. } => "key_invalid",
            Self::SubscriberInvalid { .. } => "subscriber_invalid",
            Self::SubscriberTaken { .. } => "subscriber_taken",
            Self::ReasonTooLong { .. } => "reason_too_long",
            Self::MetadataTooLarge { .. } => "metadata_too_large",
            Self::MetadataTooDeep { .. } => "metadata_too_deep",
            Self::AmountNotPositive { .. } => "amount_not_positive",
            Self::AmountNegative { .. } => "amount_negative",
            Self::AmountOutOfRange { .. } => "amount_out_of_range",
            Self::AmountZero => "amount_zero",
            Self::CategoryUnknown { .. } => "category_unknown",
            Self::TransferToSelf { .. } => "transfer_to_self",
            Self::TransferToAnotherLedger => "transfer_to_another_ledger",
            Self::TransferBetweenAssets { .. } => "transfer_between_assets",
            Self::TransferUnknown { .. } => "transfer_unknown",
            Self::ClockUnconfirmed { .. } => "clock_unconfirmed",
            Self::GrantNotFree { .. } => "grant_not_free",
            Self::OperationUnknown { .. } => "operation_unknown",
            Self::QuantityOutOfRange { .. } => "quantity_out_of_range",
            Self::QuantityNegative { .. } => "quantity_negative",
            Self::QuantityOverLimit { .. } => "quantity_over_limit",
            Self::ValidationFailed { .. } => "validation_failed",
            Self::CostNegative { .. } => "cost_negative",
            Self::CostOutOfRange { .. } => "cost_out_of_range",
            Self::ExpiryInPast { .. } => "expiry_in_past",
            Self::HoldLimitInvalid { .. } => "hold_limit_invalid",
            Self::HoldUnknown { .. } => "hold_unknown",
            Self::HoldClosed { .. } => "hold_closed",
            Self::OpenGrantsLimit { .. } => "open_grants_limit",
            Self::BillingEventTooLarge { .. } => "billing_event_too_large",
            Self::SubscriptionInvalid { .. } => "subscription_invalid",
            Self::SubscriptionQuantityZero { .. } => "subscription_quantity_zero",
            Self::PlanHasPrice { .. } => "plan_has_price",
            Self::PlanRetired { .. } => "plan_retired",
            Self::SubscriptionEndInPast { .. } => "subscription_end_in_past",
            Self::SubscriptionUnknown { .. } => "subscription_unknown",
            Self::NotDismissible { .. } => "not_dismissible",
            Self::OpenHoldsLimit { .. } => "open_holds_limit",
            Self::InsufficientCredits { .. } => "insufficient_credits",
            Self::BalanceOutOfRange { .. } => "balance_out_of_range",
        }
    }
}

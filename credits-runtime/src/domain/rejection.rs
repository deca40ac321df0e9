//! Rejections: the business "no". It changes nothing, does not use a key up, and says what would help.

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
    /// It was given up.
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

/// Why the ledger says no. Checked in this order: idempotency, shape, existence, state, money.
///
/// It serialises as its [`code`](Self::code) and its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The key belongs to another command.
    #[error("key `{key}` was used for another command: choose a new key, or send the first command again")]
    IdempotencyKeyReused {
        /// The key.
        key: Key,
    },
    /// The work under this key is under way.
    #[error("the work under key `{key}` is in progress until {until} at the latest: ask again later")]
    InProgress {
        /// The key.
        key: Key,
        /// When its hold lapses.
        until: Timestamp,
    },

    /// An owner the ledger cannot name.
    #[error("owner `{owner}` {rule}: name owners with 1 to 255 bytes of printable text")]
    OwnerInvalid {
        /// The beginning of the owner.
        owner: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A key the ledger cannot keep.
    #[error("key `{key}` {rule}: give keys of 1 to 255 bytes of printable text")]
    KeyInvalid {
        /// The beginning of the key.
        key: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A subscriber the ledger cannot name.
    #[error("subscriber `{name}` {rule}: name subscribers with 1 to 255 bytes of printable text")]
    SubscriberInvalid {
        /// The beginning of the name.
        name: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A subscriber that is there already.
    #[error("subscriber `{name}` was started before: choose another name")]
    SubscriberTaken {
        /// The name.
        name: String,
    },
    /// A reason that is too long.
    #[error("a reason of {bytes} bytes is over the limit of {max}: shorten it")]
    ReasonTooLong {
        /// Its bytes.
        bytes: usize,
        /// The most there may be.
        max: usize,
    },
    /// Metadata that is too large.
    #[error(
        "metadata of {bytes} bytes is over the limit of {max}: keep large data elsewhere and its id here"
    )]
    MetadataTooLarge {
        /// Its bytes as JSON.
        bytes: usize,
        /// The most there may be.
        max: usize,
    },
    /// Metadata that is nested too deeply.
    #[error("metadata of {levels} levels is over the limit of {max}: flatten it")]
    MetadataTooDeep {
        /// Its levels.
        levels: usize,
        /// The most there may be.
        max: usize,
    },
    /// An amount of zero or less.
    #[error("{amount} is not a positive amount: give or take at least 1")]
    AmountNotPositive {
        /// The amount.
        amount: Amount,
    },
    /// An amount below zero where none is meant.
    #[error("{amount} is below zero: settle a hold at 0 or more")]
    AmountNegative {
        /// The amount.
        amount: Amount,
    },
    /// An amount that does not fit into 64 bits with a sign.
    #[error("{given} is not an amount from -9223372036854775808 to 9223372036854775807: give or take less")]
    AmountOutOfRange {
        /// The amount.
        given: String,
    },
    /// A correction by nothing.
    #[error("a correction by 0 changes nothing: adjust by at least 1, up or down")]
    AmountZero,
    /// A category that the application does not list.
    #[error("`{category}` is no category of this pricing: add it to `categories` in its settings")]
    CategoryUnknown {
        /// What was named.
        category: String,
    },
    /// A transfer from a wallet to itself.
    #[error("`{owner}` cannot transfer to itself: name another owner")]
    TransferToSelf {
        /// The owner.
        owner: Owner,
    },
    /// A transfer to a wallet that is kept elsewhere.
    #[error("the receiver's wallet is of another ledger: transfer within one ledger")]
    TransferToAnotherLedger,
    /// A transfer from a wallet of one asset to a wallet of another.
    #[error("{from} cannot be transferred to a wallet of {to}: name a wallet of {from}")]
    TransferBetweenAssets {
        /// What the sender holds.
        from: String,
        /// What the receiver holds.
        to: String,
    },
    /// An operation that no catalogue of the ledger declares.
    #[error("`{operation}` is no operation of this pricing: name it as it is declared")]
    OperationUnknown {
        /// What was named.
        operation: String,
    },
    /// A quantity that does not fit.
    #[error("the {quantity} of `{operation}` are out of range: give a smaller number")]
    QuantityOutOfRange {
        /// The operation.
        operation: &'static str,
        /// Which quantity.
        quantity: &'static str,
    },
    /// A negative quantity.
    #[error("`{operation}` was asked for {given}: a quantity is zero or more")]
    QuantityNegative {
        /// The operation.
        operation: &'static str,
        /// Which quantity.
        quantity: &'static str,
        /// What was given.
        given: String,
    },
    /// A quantity over the operation's limit.
    #[error("`{operation}` was asked for {given}: its limit is {limit} {quantity}")]
    QuantityOverLimit {
        /// The operation.
        operation: &'static str,
        /// Which quantity.
        quantity: &'static str,
        /// What was given.
        given: String,
        /// The most there may be.
        limit: u64,
    },
    /// What the operation's own validation says, as written.
    #[error("{message}")]
    ValidationFailed {
        /// The operation.
        operation: &'static str,
        /// As written in the pricing.
        message: &'static str,
    },
    /// A cost below zero.
    #[error("`{operation}` would cost less than nothing: correct the parameters, or its costs")]
    CostNegative {
        /// The operation.
        operation: &'static str,
    },
    /// A cost over 2^63 - 1, or one in braces that has no value: an overflow, a division by zero, a panic.
    #[error(
        "`{operation}` would cost more than 9223372036854775807, or what cannot be computed: ask for less"
    )]
    CostOutOfRange {
        /// The operation.
        operation: &'static str,
    },
    /// An expiry that is not in the future.
    #[error("an expiry at {expires_at} has passed at {now}: choose a later one")]
    ExpiryInPast {
        /// The expiry.
        expires_at: Timestamp,
        /// The ledger's time.
        now: Timestamp,
    },
    /// A hold of no time, or longer than holds may be.
    #[error("a hold of {seconds} s is not between 1 us and {max} s: choose a limit in that range")]
    HoldLimitInvalid {
        /// The time asked for, in whole seconds.
        seconds: u64,
        /// The longest there may be, in seconds.
        max: u64,
    },

    /// A hold the wallet never had.
    #[error("this wallet has no hold {hold}: settle it on the wallet that opened it")]
    HoldUnknown {
        /// The hold.
        hold: HoldId,
    },

    /// A transfer that the wallet never made.
    #[error("this wallet made no transfer {transfer}: reverse it from the wallet that sent it")]
    TransferUnknown {
        /// The transfer.
        transfer: TransferId,
    },

    /// A clock that leapt, or a ledger that was not opened for long.
    #[error(
        "the clock says {now}, long after the ledger's last fact at {last}: set the clock right, or confirm it with `confirm_clock()`"
    )]
    ClockUnconfirmed {
        /// What the clock says.
        now: Timestamp,
        /// The ledger's last fact.
        last: Timestamp,
    },
    /// A grant of which nothing is free.
    #[error("grant {grant} of this wallet has no free credits: nothing can be revoked")]
    GrantNotFree {
        /// The grant.
        grant: FactNumber,
    },
    /// A hold that has ended.
    #[error("hold {hold} is closed, it was {closing}: open a new one")]
    HoldClosed {
        /// The hold.
        hold: HoldId,
        /// How it ended.
        closing: HoldClosing,
    },
    /// A wallet with as many open grants as there may be.
    #[error("the wallet has {open} open grants, the most there may be: spend or let some expire first")]
    OpenGrantsLimit {
        /// How many are open.
        open: usize,
    },
    /// A billing event that no processor sends.
    #[error(
        "the billing event has {bytes} bytes, at most {max} are kept: leave out lines that are of no subscription"
    )]
    BillingEventTooLarge {
        /// As it would be kept.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// An entry of the list of unresolved ones that only its remedy ends.
    #[error("the entry cannot be dismissed: {remedy}")]
    NotDismissible {
        /// What ends it.
        remedy: String,
    },
    /// A wallet with as many open holds as there may be.
    #[error("the wallet has {open} open holds, the most there may be: settle or release some first")]
    OpenHoldsLimit {
        /// How many are open.
        open: usize,
    },

    /// More than the wallet can use.
    #[error("{needed} needed, {available} available: give or buy at least {} more", .needed.get().saturating_sub(.available.get()))]
    InsufficientCredits {
        /// What it would take.
        needed: Amount,
        /// What may be used for it.
        available: Amount,
    },
    /// A balance over 2^63 - 1, or under -2^63.
    #[error("{amount:+} on a balance of {balance} is more than 64 bits hold: choose a smaller amount")]
    BalanceOutOfRange {
        /// The balance.
        balance: Amount,
        /// What was to be added.
        amount: Amount,
    },
}

impl Rejection {
    /// The stable name of the rule, such as `insufficient_credits`.
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
            Self::NotDismissible { .. } => "not_dismissible",
            Self::OpenHoldsLimit { .. } => "open_holds_limit",
            Self::InsufficientCredits { .. } => "insufficient_credits",
            Self::BalanceOutOfRange { .. } => "balance_out_of_range",
        }
    }
}

//! Rejections: the business "no". A rejection changes nothing, does not use its key up, and names a remedy.

use std::borrow::Cow;

use credits_core::{amount_in, figure_in};
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::category::Category;
use super::ids::{FactNumber, HoldId, Key, Owner, TransferId};
use super::time::Timestamp;

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// The remedy for missing credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingCredits {
    /// Give or buy credits.
    GiveOrBuy,
    /// Transfer promotional credits too: there are enough of them.
    IncludePromotional,
    /// Take less, or allow debt.
    AllowDebt,
    /// Reverse a part of the transfer, or allow debt.
    ReversePart,
}

impl MissingCredits {
    fn in_words(self, missing: Amount, available: Amount, unit: &str) -> String {
        let figure = |amount: Amount| figure_in(amount.get(), unit);
        match self {
            Self::GiveOrBuy => format!("give or buy at least {} more", figure(missing)),
            Self::IncludePromotional => {
                "transfer promotional ones too with `.including_promotional()`".to_owned()
            }
            Self::AllowDebt if available.is_positive() => {
                format!("take up to {}, or allow debt with `.with_debt()`", figure(available))
            }
            Self::AllowDebt => "allow debt with `.with_debt()`".to_owned(),
            Self::ReversePart => {
                "reverse what is free with `.as_far_as_possible()`, or allow debt with `.with_debt()`"
                    .to_owned()
            }
        }
    }
}

/// `` for `process` ``, or an empty text.
fn for_operation(operation: Option<&str>) -> String {
    operation.map(|operation| format!(" for `{operation}`")).unwrap_or_default()
}

/// The reason why the ledger rejects a command. The first rule that is broken decides: the owner and the key as texts, the
/// clock, whether the key was used, what the caller's side found wrong (an amount, a category, an operation's name), the key's
/// and the metadata's shape, the fields of the command, and then the wallet. In the wallet, existence comes before state and
/// state before money, except that a transfer checks the sender's credits before the receiver's open grants. Each method lists
/// its rejections in their order.
///
/// It serialises as its [`code`](Self::code) and its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The key was used for another command.
    #[error(
        "key `{key}` was used by {command}, fact {fact} of the journal: choose a new key, or send that command again"
    )]
    IdempotencyKeyReused {
        /// The key.
        key: Key,
        /// The entry or the hold that the other command made.
        fact: FactNumber,
        /// The kind of the other command: `give`, `spend`, `hold`, `deduct`.
        command: Cow<'static, str>,
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
        rule: Cow<'static, str>,
    },
    /// The key breaks a rule.
    #[error("key `{key}` {rule}: give keys of 1 to 255 bytes of printable text")]
    KeyInvalid {
        /// Beginning of the key.
        key: String,
        /// The broken rule.
        rule: Cow<'static, str>,
    },
    /// The id of an object at a payment processor breaks a rule.
    #[error("object `{object}` {rule}: use the id that the payment processor gave it")]
    ObjectInvalid {
        /// Beginning of the id.
        object: String,
        /// The broken rule.
        rule: Cow<'static, str>,
    },
    /// The subscriber's name breaks a rule.
    #[error("subscriber `{name}` {rule}: name subscribers with 1 to 255 bytes of printable text")]
    SubscriberInvalid {
        /// Beginning of the name.
        name: String,
        /// The broken rule.
        rule: Cow<'static, str>,
    },
    /// A subscriber with this name exists.
    #[error("subscriber `{name}` was started before: choose another name")]
    SubscriberTaken {
        /// The name.
        name: String,
    },
    /// The reason breaks a rule.
    #[error("reason `{reason}` {rule}: say in printable text why")]
    ReasonInvalid {
        /// Beginning of the reason.
        reason: String,
        /// The broken rule.
        rule: Cow<'static, str>,
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
    /// A hold is to be settled for an operation that costs another asset.
    #[error(
        "`{operation}` costs {asset}, and the hold set {held} aside: settle it for an operation that costs {held}"
    )]
    HoldOfAnotherAsset {
        /// The operation.
        operation: String,
        /// The asset that it costs.
        asset: String,
        /// The asset of the hold.
        held: String,
    },
    /// The pricing does not declare this asset.
    #[error("`{asset}` is no asset of this pricing: name `credits`, or an asset as it is declared")]
    AssetUnknown {
        /// The given name.
        asset: String,
    },
    /// The pricing does not declare this operation, or no longer does.
    #[error("`{operation}` is no operation of this pricing: name it as it is declared")]
    OperationUnknown {
        /// The given name.
        operation: String,
    },
    /// A quantity does not fit.
    #[error("the {quantity} of `{operation}` are out of range: give a smaller number")]
    QuantityOutOfRange {
        /// The operation.
        operation: Cow<'static, str>,
        /// The quantity, by its plural name.
        quantity: Cow<'static, str>,
    },
    /// A quantity is negative.
    #[error("`{operation}` was asked for {given}: a quantity is zero or more")]
    QuantityNegative {
        /// The operation.
        operation: Cow<'static, str>,
        /// The quantity, by its plural name.
        quantity: Cow<'static, str>,
        /// The given quantity, with its unit.
        given: String,
    },
    /// A quantity exceeds the operation's limit.
    #[error("`{operation}` was asked for {given}: its limit is {limit} {quantity}")]
    QuantityOverLimit {
        /// The operation.
        operation: Cow<'static, str>,
        /// The quantity, by its plural name.
        quantity: Cow<'static, str>,
        /// The given quantity, with its unit.
        given: String,
        /// Largest allowed quantity, in its unit.
        limit: u64,
    },
    /// The operation's own validation failed. The message is displayed as written.
    #[error("{message}")]
    ValidationFailed {
        /// The operation.
        operation: Cow<'static, str>,
        /// The message, as written in the pricing.
        message: Cow<'static, str>,
    },
    /// The cost is below zero.
    #[error("`{operation}` would cost less than nothing: correct the parameters, or its costs")]
    CostNegative {
        /// The operation.
        operation: Cow<'static, str>,
    },
    /// The cost exceeds 2^63 - 1, or an expression in braces has no value: an overflow, a division by zero, a
    /// panic.
    #[error(
        "`{operation}` would cost more than 9223372036854775807, or what cannot be computed: ask for less"
    )]
    CostOutOfRange {
        /// The operation.
        operation: Cow<'static, str>,
    },
    /// The expiry is not in the future.
    #[error("an expiry at {expires_at} has passed at {now}: choose a later one")]
    ExpiryInPast {
        /// The expiry.
        expires_at: Timestamp,
        /// The ledger's time.
        now: Timestamp,
    },
    /// The expiry is at or after the latest instant.
    #[error("an expiry at {expires_at} or later is out of range: choose an earlier one, or none")]
    ExpiryOutOfRange {
        /// The latest instant.
        expires_at: Timestamp,
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

    /// The ledger has no entry of this number.
    #[error(
        "there is no entry {entry}: use the number of an entry of the history; an open hold is released, not reversed"
    )]
    EntryUnknown {
        /// The number.
        entry: FactNumber,
    },
    /// The entry is no charge of an operation.
    #[error(
        "entry {entry} is no charge but {category}: reverse an operation_charge, and correct others by `adjust_credits`"
    )]
    NotACharge {
        /// The entry.
        entry: FactNumber,
        /// Category of the entry.
        category: Category,
    },
    /// Another wallet was charged.
    #[error("entry {entry} is a charge of another wallet: reverse it from the wallet that was charged")]
    ChargeOfAnotherWallet {
        /// The entry.
        entry: FactNumber,
    },
    /// The reversals of a charge would exceed it.
    #[error("{amount} to reverse, {left} of charge {entry} left: reverse at most {left}")]
    ReversalExceedsCharge {
        /// The entry of the charge.
        entry: FactNumber,
        /// The amount to reverse: as given, or the whole charge.
        amount: Amount,
        /// The amount that is left to reverse.
        left: Amount,
    },

    /// The owner's wallet of the asset was never given this grant.
    #[error("no grant {grant} was given to this wallet: name a grant by the entry that opened it")]
    GrantUnknown {
        /// The grant.
        grant: FactNumber,
    },

    /// The grant belongs to an award already.
    #[error("grant {grant} belongs to another award: name a gift that no award has")]
    GrantOfAward {
        /// The grant.
        grant: FactNumber,
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
    #[error("subscription `{id}` {rule}: name subscriptions with 1 to 200 bytes of visible text")]
    SubscriptionInvalid {
        /// Beginning of the name.
        id: String,
        /// The broken rule.
        rule: Cow<'static, str>,
    },
    /// The quantity of a subscription is zero.
    #[error("a subscription to `{plan}` of quantity 0 gives nothing: ask for at least 1, or unsubscribe")]
    SubscriptionQuantityZero {
        /// The plan.
        plan: Cow<'static, str>,
    },
    /// The plan has a price, so that a payment processor opens its subscriptions.
    #[error(
        "plan `{plan}` has a price: sell it by a checkout, or give it without payment with `.complimentary()`"
    )]
    PlanHasPrice {
        /// The plan.
        plan: Cow<'static, str>,
    },
    /// The plan is retired, and the owner does not subscribe to it.
    #[error("plan `{plan}` is retired: subscribe to another plan, or declare it without `retired`")]
    PlanRetired {
        /// The plan.
        plan: Cow<'static, str>,
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
    /// The owner has as many subscriptions of the application's own as allowed.
    #[error(
        "`{owner}` has {subscriptions} subscriptions of the application's own that have not ended, the most there may be: end some first"
    )]
    SubscriptionsLimit {
        /// The owner.
        owner: Owner,
        /// Number of its subscriptions of the application's own that have not ended.
        subscriptions: usize,
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
    #[error(
        "{} needed{}, {} available: {}",
        amount_in(needed.get(), unit),
        for_operation(operation.as_deref()),
        figure_in(available.get(), unit),
        remedy.in_words(*missing, *available, unit)
    )]
    InsufficientCredits {
        /// Credits needed.
        needed: Amount,
        /// Credits that the command may use.
        available: Amount,
        /// Credits that, given to the wallet, would suffice. A spend or hold that may cause debt needs fewer than it lacks.
        missing: Amount,
        /// The unit of the needed amount: `credit` for exactly one, `credits`, or the word for another asset; where credits
        /// are shown as money, what one is worth, such as `$0.01`.
        unit: Cow<'static, str>,
        /// The operation to pay for; `None` for other commands.
        operation: Option<Cow<'static, str>>,
        /// The remedy.
        remedy: MissingCredits,
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

/// The class of a rejection. Within one step of a check, classes come in this order; [`Rejection`] has the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionClass {
    /// The key was used, or its work is in progress.
    Idempotency,
    /// A text, amount, quantity or date breaks a rule, whatever the ledger contains.
    Shape,
    /// The command names something that the ledger does not have.
    Existence,
    /// The wallet or the ledger is in a state that does not allow the command.
    State,
    /// There are too few credits, or more than a balance can be.
    Money,
}

/// The rule behind a rejection.
struct Rule {
    code: &'static str,
    class: RejectionClass,
    status: u16,
}

impl Rejection {
    /// The stable code of the rule, such as `insufficient_credits`.
    pub fn code(&self) -> &'static str {
        self.rule().code
    }

    /// The class of the rule.
    ///
    /// ```
    /// use credits_runtime::{Owner, RejectionClass};
    /// let rejection = Owner::new("").unwrap_err();
    /// assert_eq!(rejection.class(), RejectionClass::Shape);
    /// assert_eq!(rejection.http_status(), 422);
    /// ```
    pub fn class(&self) -> RejectionClass {
        self.rule().class
    }

    /// The status of an HTTP response with this rejection: 402 for missing credits, 404 for a thing that does not exist, 409
    /// for a state that may change, 413 and 422 for a request to correct, 503 while the clock is not confirmed.
    pub fn http_status(&self) -> u16 {
        self.rule().status
    }

    /// The code, class and status of each rejection, in the order of their declaration.
    fn rule(&self) -> Rule {
        use RejectionClass::{Existence, Idempotency, Money, Shape, State};
        match self {
            Self::IdempotencyKeyReused { .. } => {
                Rule { code: "idempotency_key_reused", class: Idempotency, status: 422 }
            }
            Self::InProgress { .. } => Rule { code: "in_progress", class: Idempotency, status: 409 },
            Self::OwnerInvalid { .. } => Rule { code: "owner_invalid", class: Shape, status: 422 },
            Self::KeyInvalid { .. } => Rule { code: "key_invalid", class: Shape, status: 422 },
            Self::ObjectInvalid { .. } => Rule { code: "object_invalid", class: Shape, status: 422 },
            Self::SubscriberInvalid { .. } => Rule { code: "subscriber_invalid", class: Shape, status: 422 },
            Self::SubscriberTaken { .. } => Rule { code: "subscriber_taken", class: State, status: 409 },
            Self::ReasonInvalid { .. } => Rule { code: "reason_invalid", class: Shape, status: 422 },
            Self::ReasonTooLong { .. } => Rule { code: "reason_too_long", class: Shape, status: 422 },
            Self::MetadataTooLarge { .. } => Rule { code: "metadata_too_large", class: Shape, status: 413 },
            Self::MetadataTooDeep { .. } => Rule { code: "metadata_too_deep", class: Shape, status: 422 },
            Self::AmountNotPositive { .. } => Rule { code: "amount_not_positive", class: Shape, status: 422 },
            Self::AmountNegative { .. } => Rule { code: "amount_negative", class: Shape, status: 422 },
            Self::AmountOutOfRange { .. } => Rule { code: "amount_out_of_range", class: Shape, status: 422 },
            Self::AmountZero => Rule { code: "amount_zero", class: Shape, status: 422 },
            Self::CategoryUnknown { .. } => Rule { code: "category_unknown", class: Shape, status: 422 },
            Self::TransferToSelf { .. } => Rule { code: "transfer_to_self", class: Shape, status: 422 },
            Self::TransferToAnotherLedger => {
                Rule { code: "transfer_to_another_ledger", class: Shape, status: 422 }
            }
            Self::TransferBetweenAssets { .. } => {
                Rule { code: "transfer_between_assets", class: Shape, status: 422 }
            }
            Self::HoldOfAnotherAsset { .. } => {
                Rule { code: "hold_of_another_asset", class: Shape, status: 422 }
            }
            Self::AssetUnknown { .. } => Rule { code: "asset_unknown", class: Existence, status: 404 },
            Self::OperationUnknown { .. } => {
                Rule { code: "operation_unknown", class: Existence, status: 404 }
            }
            Self::QuantityOutOfRange { .. } => {
                Rule { code: "quantity_out_of_range", class: Shape, status: 422 }
            }
            Self::QuantityNegative { .. } => Rule { code: "quantity_negative", class: Shape, status: 422 },
            Self::QuantityOverLimit { .. } => Rule { code: "quantity_over_limit", class: Shape, status: 422 },
            Self::ValidationFailed { .. } => Rule { code: "validation_failed", class: Shape, status: 422 },
            Self::CostNegative { .. } => Rule { code: "cost_negative", class: Shape, status: 422 },
            Self::CostOutOfRange { .. } => Rule { code: "cost_out_of_range", class: Shape, status: 422 },
            Self::ExpiryInPast { .. } => Rule { code: "expiry_in_past", class: Shape, status: 422 },
            Self::ExpiryOutOfRange { .. } => Rule { code: "expiry_out_of_range", class: Shape, status: 422 },
            Self::HoldLimitInvalid { .. } => Rule { code: "hold_limit_invalid", class: Shape, status: 422 },
            Self::HoldUnknown { .. } => Rule { code: "hold_unknown", class: Existence, status: 404 },
            Self::TransferUnknown { .. } => Rule { code: "transfer_unknown", class: Existence, status: 404 },
            Self::GrantOfAward { .. } => Rule { code: "grant_of_award", class: State, status: 409 },
            Self::GrantUnknown { .. } => Rule { code: "grant_unknown", class: Existence, status: 404 },
            Self::EntryUnknown { .. } => Rule { code: "entry_unknown", class: Existence, status: 404 },
            Self::NotACharge { .. } => Rule { code: "not_a_charge", class: Existence, status: 422 },
            Self::ChargeOfAnotherWallet { .. } => {
                Rule { code: "charge_of_another_wallet", class: Existence, status: 404 }
            }
            Self::ReversalExceedsCharge { .. } => {
                Rule { code: "reversal_exceeds_charge", class: State, status: 409 }
            }
            Self::ClockUnconfirmed { .. } => Rule { code: "clock_unconfirmed", class: State, status: 503 },
            Self::GrantNotFree { .. } => Rule { code: "grant_not_free", class: State, status: 409 },
            Self::HoldClosed { .. } => Rule { code: "hold_closed", class: State, status: 409 },
            Self::OpenGrantsLimit { .. } => Rule { code: "open_grants_limit", class: State, status: 409 },
            Self::BillingEventTooLarge { .. } => {
                Rule { code: "billing_event_too_large", class: Shape, status: 413 }
            }
            Self::SubscriptionInvalid { .. } => {
                Rule { code: "subscription_invalid", class: Shape, status: 422 }
            }
            Self::SubscriptionQuantityZero { .. } => {
                Rule { code: "subscription_quantity_zero", class: Shape, status: 422 }
            }
            Self::PlanHasPrice { .. } => Rule { code: "plan_has_price", class: Shape, status: 422 },
            Self::PlanRetired { .. } => Rule { code: "plan_retired", class: State, status: 409 },
            Self::SubscriptionEndInPast { .. } => {
                Rule { code: "subscription_end_in_past", class: Shape, status: 422 }
            }
            Self::SubscriptionUnknown { .. } => {
                Rule { code: "subscription_unknown", class: Existence, status: 404 }
            }
            Self::SubscriptionsLimit { .. } => {
                Rule { code: "subscriptions_limit", class: State, status: 409 }
            }
            Self::NotDismissible { .. } => Rule { code: "not_dismissible", class: State, status: 409 },
            Self::OpenHoldsLimit { .. } => Rule { code: "open_holds_limit", class: State, status: 409 },
            Self::InsufficientCredits { .. } => {
                Rule { code: "insufficient_credits", class: Money, status: 402 }
            }
            Self::BalanceOutOfRange { .. } => {
                Rule { code: "balance_out_of_range", class: Money, status: 422 }
            }
        }
    }
}

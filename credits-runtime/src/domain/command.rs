//! Commands: what is asked of one wallet, with everything the decision needs besides the wallet itself.

use super::amount::Amount;
use super::category::Category;
use super::fact::{Class, Kind, Purpose, Scope};
use super::fingerprint::{Fingerprint, Hash128};
use super::ids::{HoldId, Key, WalletId};
use super::limits::REASON_BYTES_MAX;
use super::metadata::Metadata;
use super::pricing::{Charge, Inputs};
use super::rejection::Rejection;
use super::time::Timestamp;

/// What is asked of one wallet.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which wallet.
    pub wallet: WalletId,
    /// The idempotency key, given or generated.
    pub key: Key,
    /// What to do.
    pub action: Action,
    /// What to write on the entry.
    pub metadata: Metadata,
}

/// What to do with a wallet.
#[derive(Clone, Debug)]
pub enum Action {
    /// Give credits.
    Give(Gift),
    /// Charge an operation at once.
    Spend(Quote),
    /// Set an operation's price aside.
    Hold {
        /// What for.
        quote: Quote,
        /// How long, in microseconds.
        limit: std::time::Duration,
        /// Who does the work.
        purpose: Purpose,
    },
    /// Charge what a hold set aside.
    Settle(HoldId),
    /// Give a hold up.
    Release(HoldId),
    /// Take credits, by an administrator.
    Deduct {
        /// How much.
        amount: Amount,
        /// Why.
        reason: String,
    },
}

/// What is to be given.
#[derive(Clone, Debug)]
pub struct Gift {
    /// How much.
    pub amount: Amount,
    /// Why, in the application's words.
    pub reason: Option<String>,
    /// The category; the reason's if none is named.
    pub category: Option<Category>,
    /// The class; the category's if none is named.
    pub class: Option<Class>,
    /// Until when it can be used.
    pub expiry: Expiry,
}

/// Until when a gift can be used, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// For ever.
    Never,
    /// Before an instant.
    At(Timestamp),
    /// This long from when it is given.
    In(std::time::Duration),
}

/// An operation with its inputs, limits and price evaluated by the caller's side.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The operation's name, which identifies it across catalogues.
    pub operation: &'static str,
    /// What it was asked for.
    pub inputs: Inputs,
    /// What it costs, or why it has no price.
    pub charge: Result<Charge, Rejection>,
}

impl Gift {
    /// The category, named or of the reason.
    pub fn category(&self) -> Category {
        self.category.unwrap_or_else(|| Category::of_reason(self.reason.as_deref()))
    }

    /// The class, named or of the category.
    pub fn class(&self) -> Class {
        self.class.unwrap_or_else(|| Class::of_category(self.category()))
    }
}

impl Command {
    /// What was asked, as a frame names it.
    pub fn kind(&self) -> Kind {
        match self.action {
            Action::Give(_) => Kind::Give,
            Action::Spend(_) => Kind::Spend,
            Action::Hold { .. } => Kind::Hold,
            Action::Settle(_) => Kind::Settle,
            Action::Release(_) => Kind::Release,
            Action::Deduct { .. } => Kind::Deduct,
        }
    }

    /// Where the key is unique.
    pub fn scope(&self) -> Scope {
        match self.action {
            Action::Settle(_) | Action::Release(_) => Scope::Holds(self.wallet.clone()),
            _ => Scope::Wallet(self.wallet.clone()),
        }
    }

    /// What makes a command the same: kind, operation with its inputs, amount, category, class and the expiry
    /// as requested; not price, time, reason or metadata.
    pub fn fingerprint(&self) -> Hash128 {
        let kind = Fingerprint::default().field(&[self.kind() as u8]);
        match &self.action {
            Action::Give(gift) => kind
                .field(&gift.amount.get().to_be_bytes())
                .field(gift.category().name().as_bytes())
                .field(&[gift.class() as u8])
                .field(&gift.expiry.requested()),
            Action::Spend(quote) => quote.fingerprint(kind),
            Action::Hold { quote, purpose, .. } => quote.fingerprint(kind.field(&[*purpose as u8])),
            Action::Settle(hold) | Action::Release(hold) => kind.field(&hold.get().to_be_bytes()),
            Action::Deduct { amount, .. } => kind.field(&amount.get().to_be_bytes()),
        }
        .hash()
    }

    /// Whether every text and number has a shape that the ledger keeps.
    pub fn check(&self) -> Result<(), Rejection> {
        self.key.check()?;
        self.metadata.check()?;
        match &self.action {
            Action::Give(gift) => {
                check_reason(gift.reason.as_deref())?;
                check_positive(gift.amount)
            }
            Action::Deduct { amount, reason } => {
                check_reason(Some(reason))?;
                check_positive(*amount)
            }
            Action::Spend(_) | Action::Hold { .. } | Action::Settle(_) | Action::Release(_) => Ok(()),
        }
    }
}

fn check_reason(reason: Option<&str>) -> Result<(), Rejection> {
    match reason.map_or(0, str::len) {
        bytes if bytes > REASON_BYTES_MAX => Err(Rejection::ReasonTooLong { bytes, max: REASON_BYTES_MAX }),
        _ => Ok(()),
    }
}

fn check_positive(amount: Amount) -> Result<(), Rejection> {
    if amount.is_positive() { Ok(()) } else { Err(Rejection::AmountNotPositive { amount }) }
}

impl Expiry {
    fn requested(self) -> Vec<u8> {
        let (kind, microseconds) = match self {
            Self::Never => (0, 0),
            Self::At(instant) => (1, i128::from(instant.microseconds())),
            Self::In(duration) => (2, i128::try_from(duration.as_micros()).unwrap_or(i128::MAX)),
        };
        [&[kind][..], &microseconds.to_be_bytes()].concat()
    }

    /// The instant meant, when given at `now`.
    pub fn at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(instant) => Some(instant),
            Self::In(duration) => Some(now.after(duration)),
        }
    }
}

impl Quote {
    fn fingerprint(&self, kind: Fingerprint) -> Fingerprint {
        self.inputs.quantities().fold(kind.field(self.operation.as_bytes()), |fields, quantity| {
            let parts =
                quantity.map(|value| [value.numerator().to_be_bytes(), value.denominator().to_be_bytes()]);
            fields.optional(parts.as_ref().map(|parts| parts.as_flattened()))
        })
    }
}

//! Commands: requests to change a wallet, with everything that the decision needs besides the wallet itself.

use credits_core::CreditsName;

use super::amount::Amount;
use super::category::Category;
use super::fact::{Kind, Scope};
use super::fingerprint::{Fingerprint, Hash64, Hash128, key_row};
use super::grant::Class;
use super::hold::{Held, Purpose};
use super::ids::{FactNumber, HoldId, Key, TransferId, WalletId, excerpt};
use super::limits::REASON_BYTES_MAX;
use super::metadata::Metadata;
use super::pricing::{Charge, OperationId};
use super::printable;
use super::rejection::{MissingCredits, Rejection};
use super::time::Timestamp;

/// A request to change a wallet.
#[derive(Clone, Debug)]
pub struct Command {
    /// The wallet; for a transfer or its reversal, the sender's.
    pub wallet: WalletId,
    /// The idempotency key, given or generated.
    pub key: Key,
    /// The requested change.
    pub action: Action,
    /// Metadata of the entry.
    pub metadata: Metadata,
    /// A rejection found by the caller's side. A command that was done before returns its first outcome
    /// instead.
    pub refused: Option<Box<Rejection>>,
    /// The words for one and for several of the wallet's asset.
    pub words: CreditsName,
    /// Row of the key in the index of idempotency keys.
    pub row: Hash128,
    /// Hash that identifies a repetition of the command: its kind with its counterparty, hold or transfer,
    /// operation with its inputs, amount, category, class, priority, scope and expiry as requested. Price,
    /// time, reason and metadata do not count.
    pub fingerprint: Hash64,
}

/// A requested change of a wallet.
#[derive(Clone, Debug)]
pub enum Action {
    /// Give credits.
    Give(Gift),
    /// Charge an operation at once.
    Spend(Quote),
    /// Set aside the price of an operation.
    Hold {
        /// The operation and its price.
        quote: Quote,
        /// Time until the hold lapses.
        limit: std::time::Duration,
        /// Whether the ledger or the caller runs the work.
        purpose: Purpose,
    },
    /// Settle a hold.
    Settle {
        /// The hold.
        hold: HoldId,
        /// The amount to charge.
        at: SettleAt,
    },
    /// Extend a hold.
    Extend {
        /// The hold.
        hold: HoldId,
        /// The extension of its limit.
        by: std::time::Duration,
    },
    /// Release a hold.
    Release(HoldId),
    /// Take credits on behalf of an administrator.
    Take(Deduction),
    /// Move credits to another wallet.
    Transfer(Transfer),
    /// Reverse a charge.
    ReverseCharge(ChargeReversal),
    /// Reverse a transfer.
    Reverse {
        /// The transfer.
        transfer: TransferId,
        /// Treatment of credits that are no longer free.
        missing: Missing,
    },
}

/// A taking of credits by an administrator.
#[derive(Clone, Debug)]
pub struct Deduction {
    /// Kind of the command: a deduction, a correction or the revocation of a grant.
    pub kind: Kind,
    /// The grants to take from.
    pub from: TakeFrom,
    /// The reason.
    pub reason: String,
    /// Category of the entry; that of a deduction by default.
    pub category: Option<Category>,
}

/// The grants to take from.
#[derive(Clone, Copy, Debug)]
pub enum TakeFrom {
    /// Any grants, in the order of use.
    Any {
        /// The amount.
        amount: Amount,
        /// Whether credits beyond the available ones become debt.
        with_debt: bool,
    },
    /// The free part of this grant.
    Grant(FactNumber),
}

/// A reversal of a charge, in whole or in part.
#[derive(Clone, Debug)]
pub struct ChargeReversal {
    /// The entry of the charge.
    pub charge: FactNumber,
    /// The amount; `None` for everything that is left to reverse.
    pub amount: Option<Amount>,
    /// The reason, in the application's words.
    pub reason: Option<String>,
}

/// A transfer of credits to another wallet.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The receiving wallet.
    pub to: WalletId,
    /// The amount.
    pub amount: Amount,
    /// Expiry at the receiver; `None` keeps the expiry of each part.
    pub expiry: Option<Expiry>,
    /// Whether promotional credits move too.
    pub including_promotional: bool,
    /// Category of both entries; that of a transfer by default.
    pub category: Option<Category>,
}

/// Treatment of transferred credits that are no longer free when the transfer is reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The reversal is rejected.
    Denied,
    /// They stay with the receiver.
    Left,
    /// They are moved, and the receiver owes them.
    Owed,
}

/// The amount that a settlement charges.
#[derive(Clone, Debug)]
pub enum SettleAt {
    /// The price that the hold was opened for.
    Held,
    /// The price of the finished work.
    Quote(Box<Quote>),
    /// An amount for the same operation, or the rejection of an invalid one.
    Amount(Result<Amount, Rejection>),
}

impl SettleAt {
    /// The charge for a hold, and its operation as scopes name it. Rejects an invalid price or a negative
    /// amount.
    pub fn charge(&self, held: &Held) -> Result<(Charge, OperationId), Rejection> {
        match self {
            Self::Held => Ok((held.charge.clone(), held.usable_as)),
            Self::Quote(quote) => Ok((quote.charge.clone()?, quote.usable_as)),
            Self::Amount(price) => match price.clone()? {
                amount if amount < Amount::ZERO => Err(Rejection::AmountNegative { amount }),
                price => Ok((Charge { price, ..held.charge.clone() }, held.usable_as)),
            },
        }
    }
}

/// A gift of credits.
#[derive(Clone, Debug)]
pub struct Gift {
    /// The amount.
    pub amount: Amount,
    /// The reason, in the application's words.
    pub reason: Option<String>,
    /// Category of the entry; by default that of the reason.
    pub category: Option<Category>,
    /// Class of the credits; by default that of the category.
    pub class: Option<Class>,
    /// Expiry of the credits.
    pub expiry: Expiry,
    /// Priority in the order of use; lower is used first.
    pub priority: u16,
    /// Operations that the credits can be used for; empty for all.
    pub scope: Vec<OperationId>,
    /// Kind of the command: a gift or a correction.
    pub kind: Kind,
}

/// An expiry, as requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// At an instant.
    At(Timestamp),
    /// After this duration from the time of the gift.
    In(std::time::Duration),
}

/// An operation whose inputs, limits and price the caller's side has evaluated.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Hash of the operation with its inputs; equal across catalogues.
    pub fingerprint: Hash128,
    /// The charge, or the reason why there is no price.
    pub charge: Result<Charge, Rejection>,
    /// The operation as scopes name it, whichever catalogue prices it.
    pub usable_as: OperationId,
    /// The name of the operation.
    pub operation: &'static str,
}

impl Gift {
    /// The named category, or that of the reason.
    pub fn category(&self) -> Category {
        self.category.clone().unwrap_or_else(|| Category::of_reason(self.reason.as_deref()))
    }

    /// The named class, or that of the category.
    pub fn class(&self) -> Class {
        self.class.unwrap_or_else(|| Class::of_category(&self.category()))
    }
}

impl Command {
    /// Creates a command. Its hashes are computed here, on the caller's thread.
    pub fn new(wallet: WalletId, key: Key, action: Action, metadata: Metadata) -> Self {
        let (row, fingerprint) = Default::default();
        let words = CreditsName::DEFAULT;
        let mut command = Self { wallet, key, action, metadata, refused: None, words, row, fingerprint };
        command.row = key_row(&command.scope(), command.key.as_str());
        command.fingerprint = command.action.fingerprint();
        command
    }

    /// Settling or releasing a hold, under the key that every closing of the hold has.
    pub fn closing_hold(wallet: WalletId, hold: HoldId, action: Action, metadata: Metadata) -> Self {
        Self::new(wallet, Key::of_hold(hold), action, metadata)
    }

    /// The rejection for missing credits, where nothing but more available credits would do.
    pub fn lacks(&self, needed: Amount, available: Amount, remedy: MissingCredits) -> Rejection {
        self.lacks_only(needed.lacking(available), needed, available, remedy)
    }

    /// The rejection for missing credits, where fewer would do than the difference to the available ones.
    pub fn lacks_only(
        &self,
        missing: Amount,
        needed: Amount,
        available: Amount,
        remedy: MissingCredits,
    ) -> Rejection {
        let operation = match &self.action {
            Action::Spend(quote) | Action::Hold { quote, .. } => Some(quote.operation.into()),
            _ => None,
        };
        let unit = self.words.unit_of(needed.get()).into();
        Rejection::InsufficientCredits { needed, available, missing, unit, operation, remedy }
    }

    /// The kind of the command, as its frame records it.
    pub fn kind(&self) -> Kind {
        self.action.kind()
    }

    /// The scope in which the key is unique.
    pub fn scope(&self) -> Scope {
        match self.action {
            Action::Settle { .. } | Action::Release(_) => Scope::Holds(self.wallet.clone()),
            Action::Reverse { .. } => Scope::Transfers(self.wallet.clone()),
            _ => Scope::Wallet(self.wallet.clone()),
        }
    }

    /// Checks the shape of texts and numbers. Errors in order: the rejection by the caller's side, the key,
    /// the metadata, then fields of the action.
    pub fn check(&self) -> Result<(), Rejection> {
        if let Some(refused) = &self.refused {
            return Err(Rejection::clone(refused));
        }
        self.key.check()?;
        self.metadata.check()?;
        match &self.action {
            Action::Give(gift) => {
                check_reason(gift.reason.as_deref())?;
                check_positive(gift.amount)
            }
            Action::Take(taking) => {
                check_reason(Some(&taking.reason))?;
                match taking.from {
                    TakeFrom::Any { amount, .. } => check_positive(amount),
                    TakeFrom::Grant(_) => Ok(()),
                }
            }
            Action::ReverseCharge(reversal) => {
                check_reason(reversal.reason.as_deref())?;
                reversal.amount.map_or(Ok(()), check_positive)
            }
            Action::Transfer(transfer) => {
                check_positive(transfer.amount)?;
                if transfer.to == self.wallet {
                    return Err(Rejection::TransferToSelf { owner: self.wallet.owner.clone() });
                }
                if transfer.to.asset != self.wallet.asset {
                    let (from, to) = (self.wallet.asset.shown(), transfer.to.asset.shown());
                    return Err(Rejection::TransferBetweenAssets { from, to });
                }
                Ok(())
            }
            Action::Spend(_)
            | Action::Hold { .. }
            | Action::Settle { .. }
            | Action::Extend { .. }
            | Action::Release(_)
            | Action::Reverse { .. } => Ok(()),
        }
    }
}

impl Action {
    /// The kind of the command, as its frame records it.
    fn kind(&self) -> Kind {
        match self {
            Action::Give(gift) => gift.kind,
            Action::Spend(_) => Kind::Spend,
            Action::Hold { .. } => Kind::Hold,
            Action::Settle { .. } => Kind::Settle,
            Action::Extend { .. } => Kind::Extend,
            Action::Release(_) => Kind::Release,
            Action::Take(taking) => taking.kind,
            Action::ReverseCharge(_) => Kind::ReverseCharge,
            Action::Transfer(_) => Kind::Transfer,
            Action::Reverse { .. } => Kind::Reverse,
        }
    }

    pub(super) fn fingerprint(&self) -> Hash64 {
        let kind = Fingerprint::default().field(&[self.kind() as u8]);
        match self {
            Action::Give(gift) => kind
                .field(&gift.amount.get().to_be_bytes())
                .field(gift.category().name().as_bytes())
                .field(&[gift.class() as u8])
                .field(&gift.expiry.requested())
                .field(&gift.priority.to_be_bytes())
                .field(&gift.scope.iter().flat_map(|operation| operation.to_bytes()).collect::<Vec<_>>()),
            Action::Spend(quote) => kind.field(&quote.fingerprint),
            Action::Hold { quote, purpose, .. } => kind.field(&[*purpose as u8]).field(&quote.fingerprint),
            Action::Settle { hold, .. } | Action::Release(hold) => kind.field(&hold.get().to_be_bytes()),
            Action::Extend { hold, by } => {
                kind.field(&hold.get().to_be_bytes()).field(&by.as_micros().to_be_bytes())
            }
            Action::Take(taking) => taking.from.fields(kind).field(category_name(taking.category.as_ref())),
            Action::Transfer(transfer) => kind
                .field(transfer.to.owner.as_str().as_bytes())
                .field(&transfer.amount.get().to_be_bytes())
                .field(&transfer.expiry.map(Expiry::requested).unwrap_or_default())
                .field(&[u8::from(transfer.including_promotional)])
                .field(category_name(transfer.category.as_ref())),
            // Without an amount, the command reverses everything that is left.
            Action::ReverseCharge(ChargeReversal { charge, amount, .. }) => {
                let amount = amount.map(|amount| amount.get().to_be_bytes());
                kind.field(&charge.get().to_be_bytes()).field(amount.as_ref().map_or(&[], |amount| amount))
            }
            // The treatment of missing credits does not count, because a transfer is reversed once.
            Action::Reverse { transfer, .. } => kind.field(&transfer.get().to_be_bytes()),
        }
        .short_hash()
    }
}

fn category_name(category: Option<&Category>) -> &[u8] {
    category.map_or(&[], |category| category.name().as_bytes())
}

impl TakeFrom {
    fn fields(self, fields: Fingerprint) -> Fingerprint {
        match self {
            Self::Any { amount, with_debt } => {
                fields.field(&amount.get().to_be_bytes()).field(&[u8::from(with_debt)])
            }
            Self::Grant(number) => fields.field(&number.get().to_be_bytes()),
        }
    }
}

fn check_reason(reason: Option<&str>) -> Result<(), Rejection> {
    let Some(reason) = reason else { return Ok(()) };
    if reason.len() > REASON_BYTES_MAX {
        return Err(Rejection::ReasonTooLong { bytes: reason.len(), max: REASON_BYTES_MAX });
    }
    match printable::check_reason(reason) {
        None => Ok(()),
        Some(rule) => Err(Rejection::ReasonInvalid { reason: excerpt(reason), rule: rule.into() }),
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

    /// The expiry of credits given at `now`.
    pub fn at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(instant) => Some(instant),
            Self::In(duration) => Some(now.after(duration)),
        }
    }

    /// The expiry of credits given at `now`. Rejects one that is not in the future, or out of range.
    pub fn checked_at(self, now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
        match self.at(now) {
            Some(expires_at) if expires_at <= now => Err(Rejection::ExpiryInPast { expires_at, now }),
            Some(expires_at) if expires_at >= Timestamp::MAX => {
                Err(Rejection::ExpiryOutOfRange { expires_at })
            }
            expires_at => Ok(expires_at),
        }
    }
}

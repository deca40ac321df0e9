//! Commands: what is asked of one wallet, with everything the decision needs besides the wallet itself.

use super::amount::Amount;
use super::category::Category;
use super::fact::{Class, Held, Kind, Purpose, Scope};
use super::fingerprint::{Fingerprint, Hash64, Hash128, key_row};
use super::ids::{FactNumber, HoldId, Key, TransferId, WalletId};
use super::limits::REASON_BYTES_MAX;
use super::metadata::Metadata;
use super::pricing::{Charge, OperationId};
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
    /// Why the caller's side refuses it. A command that was done before is answered with its outcome all the same.
    pub refused: Option<Box<Rejection>>,
    /// Which row of keys its key means.
    pub row: Hash128,
    /// What makes a command the same: kind, operation with its inputs, amount, category, class and the expiry as
    /// requested; not price, time, reason or metadata.
    pub fingerprint: Hash64,
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
    /// Charge a hold.
    Settle {
        /// Which one.
        hold: HoldId,
        /// What is charged.
        at: SettleAt,
    },
    /// Let a hold be open for longer.
    Extend {
        /// Which one.
        hold: HoldId,
        /// By how much.
        by: std::time::Duration,
    },
    /// Give a hold up.
    Release(HoldId),
    /// Take credits by hand.
    Take(Taking),
    /// Move credits to another wallet.
    Transfer(Transfer),
    /// Move them back.
    Reverse {
        /// Which transfer.
        transfer: TransferId,
        /// What becomes of what is not free any more.
        missing: Missing,
    },
}

/// What an administrator takes.
#[derive(Clone, Debug)]
pub struct Taking {
    /// How it was asked: as a deduction, a correction or the revocation of a grant.
    pub kind: Kind,
    /// Of what.
    pub from: TakeFrom,
    /// Why.
    pub reason: String,
    /// The category; a deduction's if none is named.
    pub category: Option<Category>,
}

/// Of which grants.
#[derive(Clone, Copy, Debug)]
pub enum TakeFrom {
    /// In the order of their use.
    Any {
        /// How much.
        amount: Amount,
        /// Whether what is not available is owed.
        with_debt: bool,
    },
    /// What is free of this one.
    Grant(FactNumber),
}

/// What is to be moved.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Where to.
    pub to: WalletId,
    /// How much.
    pub amount: Amount,
    /// Until when it can be used there; `None` keeps the expiry of each part.
    pub expiry: Option<Expiry>,
    /// Whether promotional credits move too.
    pub including_promotional: bool,
    /// The category of both sides' entries; a transfer's if none is named.
    pub category: Option<Category>,
}

/// What becomes of what is not free any more, when a transfer is reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Then nothing is moved.
    Denied,
    /// It stays where it is.
    Left,
    /// It is moved, and owed.
    Owed,
}

/// What a settling charges.
#[derive(Clone, Debug)]
pub enum SettleAt {
    /// What was set aside for.
    Held,
    /// What the work came to.
    Quote(Box<Quote>),
    /// This much, for the same operation, or why there is no such amount.
    Amount(Result<Amount, Rejection>),
}

impl SettleAt {
    /// The charge of a hold, and the operation as scopes name it.
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
    /// Lower is used first.
    pub priority: u16,
    /// The operations it is for; none means all.
    pub scope: Vec<OperationId>,
    /// How it was asked: as a gift or a correction.
    pub kind: Kind,
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
    /// Of the operation with its inputs, the same across catalogues.
    pub fingerprint: Hash128,
    /// What it costs, or why it has no price.
    pub charge: Result<Charge, Rejection>,
    /// The operation as scopes name it, whichever catalogue prices it.
    pub usable_as: OperationId,
}

impl Gift {
    /// The category, named or of the reason.
    pub fn category(&self) -> Category {
        self.category.clone().unwrap_or_else(|| Category::of_reason(self.reason.as_deref()))
    }

    /// The class, named or of the category.
    pub fn class(&self) -> Class {
        self.class.unwrap_or_else(|| Class::of_category(&self.category()))
    }
}

impl Command {
    /// What is asked of this wallet. Its hashes are worked out here, on the thread of whoever asks.
    pub fn new(wallet: WalletId, key: Key, action: Action, metadata: Metadata) -> Self {
        let (row, fingerprint) = Default::default();
        let mut command = Self { wallet, key, action, metadata, refused: None, row, fingerprint };
        command.row = key_row(&command.scope(), command.key.as_str());
        command.fingerprint = command.action.fingerprint();
        command
    }

    /// What was asked, as a frame names it.
    pub fn kind(&self) -> Kind {
        self.action.kind()
    }

    /// Where the key is unique.
    pub fn scope(&self) -> Scope {
        match self.action {
            Action::Settle { .. } | Action::Release(_) => Scope::Holds(self.wallet.clone()),
            Action::Reverse { .. } => Scope::Transfers(self.wallet.clone()),
            _ => Scope::Wallet(self.wallet.clone()),
        }
    }

    /// Whether every text and number has a shape that the ledger keeps.
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
    /// What was asked, as a frame names it.
    fn kind(&self) -> Kind {
        match self {
            Action::Give(gift) => gift.kind,
            Action::Spend(_) => Kind::Spend,
            Action::Hold { .. } => Kind::Hold,
            Action::Settle { .. } => Kind::Settle,
            Action::Extend { .. } => Kind::Extend,
            Action::Release(_) => Kind::Release,
            Action::Take(taking) => taking.kind,
            Action::Transfer(_) => Kind::Transfer,
            Action::Reverse { .. } => Kind::Reverse,
        }
    }

    fn fingerprint(&self) -> Hash64 {
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
            // A transfer is reversed once, however much of it.
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

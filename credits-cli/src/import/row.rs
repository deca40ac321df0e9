//! A transaction of the gem, read from its columns.
//!
//! It does not know the wallets, nor the ledger.

use credits_runtime::Timestamp;

use super::database::Cells;
use super::findings::Finding;
use super::instant::{self, Instant};

/// A transaction.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) wallet: String,
    /// Positive for credits, negative for a debit.
    pub(super) amount: i64,
    pub(super) category: String,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) has_far_expiry: bool,
    /// When it is replayed: at its own time, or at that of the newest credits that it uses.
    pub(super) at: Timestamp,
    pub(super) is_moved: bool,
    pub(super) metadata: Option<String>,
    pub(super) fulfillment: Option<String>,
    /// The part of a debit that credits back.
    pub(super) backed: i64,
    /// The part of credits that debits use.
    pub(super) used: i64,
    pub(super) side: Side,
}

/// The part of a transaction in a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It belongs to no transfer.
    None,
    /// It sends a transfer of which both sides are there.
    Sent(Move),
    /// It receives one of which both sides are there.
    Received,
    /// The other side of its transfer is gone.
    Half,
}

/// A transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) to_wallet: String,
    pub(super) policy: Policy,
}

/// The expiry of the received credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Preserve,
    Never,
    At(Timestamp),
}

impl Row {
    /// Reads the columns of [`Schema::transactions`](super::schema::Schema::transactions).
    pub(super) fn of(cells: &Cells) -> Result<Self, (Finding, String)> {
        let text = |place: usize| cells.text(place).unwrap_or_default().to_owned();
        let id = text(0);
        let wrong = |finding: Finding, what: &str| (finding, format!("transaction {id} ({what})"));
        let whole = |place: usize| match cells.text(place) {
            None => Ok(0),
            Some(figure) => figure.parse::<i64>().map_err(|_| wrong(Finding::AmountNotWhole, figure)),
        };
        let time = |place: usize| match cells.text(place) {
            None => Ok(None),
            Some(text) => instant::read(text).map(Some).ok_or_else(|| wrong(Finding::TimeUnreadable, text)),
        };
        let at = |place: usize| match time(place)? {
            Some(Instant::At(at)) => Ok(Some(at)),
            None => Ok(None),
            Some(Instant::TooFar) => Err(wrong(Finding::TimeUnreadable, &text(place))),
        };
        let made = at(5)?.ok_or_else(|| wrong(Finding::TimeUnreadable, "no time"))?;
        let newest_source = at(10)?.unwrap_or(made);
        let expiry = time(4)?;
        let amount = whole(2)?;
        let side = match cells.text(11) {
            None => Side::None,
            Some(_) => side(cells, amount, (whole(14)?, whole(16)?, whole(17)?), before_far(time(18)?)),
        };
        Ok(Self {
            wallet: text(1),
            amount,
            category: text(3),
            expires_at: before_far(expiry),
            has_far_expiry: expiry == Some(Instant::TooFar),
            at: made.max(newest_source),
            is_moved: newest_source > made,
            metadata: cells.text(6).map(str::to_owned),
            fulfillment: cells.text(7).map(str::to_owned),
            backed: whole(8)?,
            used: whole(9)?,
            side,
            id,
        })
    }

    /// Its wallet, and the one that it sends a transfer to.
    pub(super) fn wallets(&self) -> impl Iterator<Item = &str> {
        let to = match &self.side {
            Side::Sent(moved) => Some(moved.to_wallet.as_str()),
            _ => None,
        };
        [self.wallet.as_str()].into_iter().chain(to)
    }

    /// Whether it has an entry of its own in a history.
    pub(super) fn has_entry(&self, keeps_debt: bool) -> bool {
        match self.amount.signum() {
            1 => {
                self.side != Side::Received
                    && (self.used > 0 || self.expires_at.is_none_or(|end| end > self.at))
            }
            -1 => keeps_debt || self.backed > 0,
            _ => false,
        }
    }

    /// What is left of credits.
    pub(super) fn left(&self) -> i64 {
        if self.amount > 0 { self.amount.saturating_sub(self.used) } else { 0 }
    }

    /// The part of a debit that no credits back.
    pub(super) fn unbacked(&self) -> i64 {
        if self.amount < 0 { self.amount.saturating_neg().saturating_sub(self.backed) } else { 0 }
    }

    /// Whether its credits can be used at an instant.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.left() > 0 && self.expires_at.is_none_or(|expiry| expiry > now)
    }

    /// Whether its allocations contradict its amount.
    pub(super) fn is_contradiction(&self) -> bool {
        match self.amount.signum() {
            1 => self.backed != 0 || self.left() < 0,
            -1 => self.used != 0 || self.unbacked() < 0,
            _ => self.used != 0 || self.backed != 0,
        }
    }
}

/// An expiry; one that is too far is none.
fn before_far(expiry: Option<Instant>) -> Option<Timestamp> {
    match expiry? {
        Instant::At(at) => Some(at),
        Instant::TooFar => None,
    }
}

/// The side of a transaction in a transfer, of which the sums of both sides are known.
fn side(cells: &Cells, amount: i64, sums: (i64, i64, i64), received_expires_at: Option<Timestamp>) -> Side {
    let (moved, received, sent) = sums;
    let (wallet, from, to) = (cells.text(1), cells.text(12), cells.text(13));
    let is_whole = from.is_some() && to.is_some() && moved == received && moved == sent.saturating_neg();
    match to {
        Some(to) if is_whole && wallet == from && amount == sent => {
            let policy = match (cells.text(15), received_expires_at) {
                (Some("none"), _) | (Some("fixed"), None) => Policy::Never,
                (Some("fixed"), Some(at)) => Policy::At(at),
                _ => Policy::Preserve,
            };
            Side::Sent(Move { to_wallet: to.to_owned(), policy })
        }
        Some(_) if is_whole && wallet == to && amount > 0 => Side::Received,
        _ => Side::Half,
    }
}

//! Decides a command of any kind.
//!
//! The order of the checks: idempotency, what the command itself says, then the wallet. [`Rejection`] documents it.

use super::reverse::{self, PriorCharge};
use super::{give, hold, replay, settle, take, transfer};
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::command::{Action, Command};
use crate::domain::fingerprint::Hash64;
use crate::domain::ids::WalletId;
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::draft::Draft;
use crate::domain::wallet::state::Wallet;

/// Earlier frames on which the decision depends; the engine looks them up.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// The frame under the command's key, or for a settlement under the key of its hold, with the fingerprint
    /// of its command.
    pub by_key: Option<(Hash64, Booked)>,
    /// The frame that closed the hold of this command, or the hold of the frame under its key.
    pub hold_closed_by: Option<Booked>,
    /// The frame that opened the hold of this command, if it is no longer open, that made its transfer, or that
    /// opened its grant.
    pub opened_by: Option<Booked>,
    /// The charge that the command reverses.
    pub charge: Option<Box<PriorCharge>>,
}

/// The wallets that a command is about.
#[derive(Clone, Copy, Debug)]
pub struct Wallets<'a> {
    /// The wallet of the command.
    pub own: &'a Wallet,
    /// The receiver of a transfer, or of its reversal.
    pub other: Option<(&'a WalletId, &'a Wallet)>,
}

impl<'a> Wallets<'a> {
    pub(super) fn receiver(self) -> (&'a WalletId, &'a Wallet) {
        match self.other {
            Some(receiver) => receiver,
            None => panic!("a transfer was decided without its receiver"),
        }
    }
}

/// The outcome of a decision.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Facts to book about the wallet, in order.
    Facts(Vec<Body>),
    /// Facts to book about two wallets, in order.
    FactsOfTwoWallets(Vec<(WalletId, Body)>),
    /// The command was done before; this is its first outcome.
    Replay(Booked),
}

/// Decides `command` at `now`. Its facts get these numbers.
pub fn decide(
    wallets: Wallets<'_>,
    command: &Command,
    prior: &Prior,
    policy: &Policy,
    (numbers, now): (Numbers, Timestamp),
) -> Result<Decision, Rejection> {
    if let Some(answered) = replay::replay(wallets.own, command, prior, now)? {
        return Ok(answered);
    }
    command.check()?;
    let mut draft = Draft::at(wallets.own, numbers, now);
    let booked = &*draft.wallet;
    match &command.action {
        Action::Give(gift) => draft.push(give::give(booked, gift, command, now)?),
        Action::Spend(quote) => {
            let charged = take::spend(booked, quote, command, policy, now)?;
            if take::owes_nothing(&charged) { draft.push_last(charged) } else { draft.push(charged) }
        }
        Action::Hold { quote, limit, purpose } => {
            draft.push_last(hold::hold(booked, quote, (*limit, *purpose), command, policy, now)?);
        }
        Action::Settle { hold, at } => {
            settle::settle(&mut draft, (*hold, at), command, prior, (policy, now))?;
        }
        Action::Extend { hold, by } => {
            draft.push(hold::extend(booked, (*hold, *by), command, prior, policy, now)?);
        }
        Action::Release(hold) => draft.push(hold::release(booked, *hold, command, prior)?),
        Action::Take(taking) => draft.push(take::by_hand(booked, taking, command, prior)?),
        Action::ReverseCharge(reversal) => {
            draft.push(reverse::reverse(booked, reversal, command, prior, now)?);
        }
        Action::Transfer(asked) => {
            return transfer::transfer(wallets, asked, command, (numbers, now))
                .map(Decision::FactsOfTwoWallets);
        }
        Action::Reverse { transfer, missing } => {
            let asked = (*transfer, *missing);
            return transfer::reverse(wallets, asked, command, prior, (numbers, now))
                .map(Decision::FactsOfTwoWallets);
        }
    }
    Ok(Decision::Facts(draft.finish()))
}

impl Wallet {
    /// The facts that are due by `now`, with these numbers.
    pub fn due(&self, numbers: Numbers, now: Timestamp) -> Vec<Body> {
        Draft::at(self, numbers, now).finish()
    }
}

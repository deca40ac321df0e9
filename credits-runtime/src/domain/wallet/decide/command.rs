//! What any command comes to.
//!
//! The order of the checks is the order of [`Rejection`]: idempotency, shape, existence, state, money.

use std::sync::Arc;

use super::{give, hold, replay, settle, take, transfer};
use crate::domain::amount::Amount;
use crate::domain::command::{Action, Command};
use crate::domain::fact::{Allocation, Body, Frame};
use crate::domain::fingerprint::Hash64;
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::draft::Draft;
use crate::domain::wallet::state::Wallet;

/// A frame of the journal, with the number of its first fact.
pub type Numbered = (FactNumber, Arc<Frame>);

/// What the journal knows that the decision needs: looked up by the engine, by key.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the command's key, or for a settling the key of its hold, was used for, and by which command.
    pub keyed: Option<(Hash64, Numbered)>,
    /// What closed the hold that the command, or the frame under its key, is about.
    pub closing: Option<Numbered>,
    /// What opened the hold that the command is about, if it is no longer open; or made the transfer.
    pub opening: Option<Numbered>,
}

/// The wallets that a command is about.
#[derive(Clone, Copy, Debug)]
pub struct Wallets<'a> {
    /// The one that it was asked of.
    pub own: &'a Wallet,
    /// Of a transfer, or its reversal, the receiver.
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

/// What a command comes to.
#[derive(Clone, Debug)]
pub enum Decision {
    /// These facts about the wallet, in order.
    Book(Vec<Body>),
    /// These facts about these wallets, in order.
    BookOfTwo(Vec<(WalletId, Body)>),
    /// It was done before: the first outcome again.
    Replay(Numbered),
}

/// What `command` does at `now`; its first fact will have the number `first`.
pub fn decide(
    wallets: Wallets<'_>,
    command: &Command,
    known: &Known,
    policy: &Policy,
    (first, now): (FactNumber, Timestamp),
) -> Result<Decision, Rejection> {
    if let Some(answered) = replay::replay(wallets.own, command, known, now)? {
        return Ok(answered);
    }
    command.check()?;
    let mut draft = Draft::at(wallets.own, first, now);
    let booked = &*draft.wallet;
    match &command.action {
        Action::Give(gift) => draft.push(give::give(booked, gift, command, now)?),
        Action::Spend(quote) => {
            let charged = take::spend(booked, quote, command, policy)?;
            if take::owes_nothing(&charged) { draft.push_last(charged) } else { draft.push(charged) }
        }
        Action::Hold { quote, limit, purpose } => {
            draft.push_last(hold::hold(booked, quote, (*limit, *purpose), command, policy, now)?);
        }
        Action::Settle { hold, at } => settle::settle(&mut draft, (*hold, at), command, known, policy)?,
        Action::Extend { hold, by } => {
            draft.push(hold::extend(booked, (*hold, *by), command, known, policy, now)?);
        }
        Action::Release(hold) => draft.push(hold::release(booked, *hold, command, known)?),
        Action::Take(taking) => draft.push(take::by_hand(booked, taking, command)?),
        Action::Transfer(asked) => {
            return transfer::transfer(wallets, asked, command, (first, now)).map(Decision::BookOfTwo);
        }
        Action::Reverse { transfer, missing } => {
            let asked = (*transfer, *missing);
            return transfer::reverse(wallets, asked, command, known, (first, now)).map(Decision::BookOfTwo);
        }
    }
    Ok(Decision::Book(draft.finish()))
}

impl Wallet {
    /// What is due by `now`, as facts; the first will have the number `first`.
    pub fn due(&self, first: FactNumber, now: Timestamp) -> Vec<Body> {
        Draft::at(self, first, now).finish()
    }
}

pub(super) fn total(allocations: &[Allocation]) -> Amount {
    Amount::sum(allocations.iter().map(|part| part.amount))
}

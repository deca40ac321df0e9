//! Drafts: a wallet to which facts are added. Each fact sees the ones before it, and debt is repaid as soon
//! as credits are free.
//!
//! It does not know the command.

use std::borrow::Cow;

use super::state::Wallet;
use crate::domain::body::Body;
use crate::domain::ids::FactNumber;
use crate::domain::numbers::Numbers;
use crate::domain::record::Record;
use crate::domain::time::Timestamp;

/// A wallet, and the facts added to it.
pub(in crate::domain) struct Draft<'a> {
    pub(in crate::domain) wallet: Cow<'a, Wallet>,
    pub(in crate::domain) bodies: Vec<Body>,
    numbers: Numbers,
    now: Timestamp,
}

impl<'a> Draft<'a> {
    /// The wallet with everything due by `now` booked. Its facts get these numbers.
    pub(in crate::domain) fn at(wallet: &'a Wallet, numbers: Numbers, now: Timestamp) -> Self {
        let mut draft = Self { wallet: Cow::Borrowed(wallet), bodies: Vec::new(), numbers, now };
        draft.book_due(Timestamp::MIN);
        draft
    }

    /// Whether no fact was added.
    pub(in crate::domain) fn is_unchanged(&self) -> bool {
        self.bodies.is_empty()
    }

    /// The number of the next fact.
    pub(in crate::domain) fn next(&self) -> FactNumber {
        self.numbers.at(self.bodies.len())
    }

    /// Adds a fact, and the debt repayment that it makes possible.
    pub(in crate::domain) fn push(&mut self, body: Body) {
        self.push_at(body, self.now);
    }

    /// Adds the last fact, which must free nothing and cause no debt. Without existing debt nothing can
    /// follow it, so the wallet is not updated.
    pub(in crate::domain) fn push_last(&mut self, body: Body) {
        if self.wallet.debt.is_zero() {
            self.bodies.push(body);
        } else {
            self.push(body);
        }
    }

    /// Books the expiry of credits that were freed after their grant expired; returns all facts.
    pub(in crate::domain) fn finish(mut self) -> Vec<Body> {
        self.book_due(self.now);
        self.bodies
    }

    /// Books due facts, in order. Credits freed after their expiry are due at the instant they were freed.
    fn book_due(&mut self, mut booked_until: Timestamp) {
        while let Some(due) = self.wallet.next_due(booked_until).filter(|due| due.at <= self.now) {
            let body = self.wallet.due_body(due);
            booked_until = due.at;
            self.push_at(body, due.at);
        }
    }

    fn push_at(&mut self, body: Body, at: Timestamp) {
        self.change(body);
        let wallet = &*self.wallet;
        if !wallet.debt.is_positive() {
            return;
        }
        let allocations = wallet.allocate(wallet.debt, |grant| !grant.has_expired(at));
        if !allocations.is_empty() {
            let balance_after = wallet.balance;
            self.change(Body::DebtRepaid { allocations, effective_at: at, balance_after });
        }
    }

    fn change(&mut self, body: Body) {
        let number = self.next();
        self.wallet.to_mut().change(number, &body);
        self.bodies.push(body);
    }
}

impl Wallet {
    /// The wallet with everything due by `now` booked.
    pub fn at(&self, now: Timestamp) -> Cow<'_, Self> {
        Draft::at(self, Numbers::START, now).wallet
    }
}

//! The facts of a subscription that the model reads: states of its items, and invoices.

use std::collections::BTreeMap;

/// Seconds since 1970, or between two instants.
pub type Seconds = i64;

/// The state of an item from an instant on.
#[derive(Clone, Debug)]
pub struct State {
    pub at: Seconds,
    pub item: String,
    pub price: String,
    pub quantity: u64,
    /// The processor's billing anchor.
    pub anchor: Seconds,
}

/// A line of an invoice; a negative amount credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub item: String,
    pub price: String,
    pub quantity: u64,
    pub amount: i64,
    pub start: Seconds,
    pub end: Seconds,
    pub is_proration: bool,
}

/// A paid invoice.
#[derive(Clone, Debug)]
pub struct Invoice {
    pub id: String,
    pub paid_at: Seconds,
    /// When all of it was refunded.
    pub returned_at: Option<Seconds>,
    pub lines: Vec<Line>,
}

/// All facts of a subscription.
#[derive(Clone, Debug)]
pub struct History {
    pub states: Vec<State>,
    pub invoices: Vec<Invoice>,
    /// Credits a cycle by price.
    pub amounts: BTreeMap<String, i64>,
    /// Length of a cycle.
    pub cycle: Seconds,
    pub now: Seconds,
}

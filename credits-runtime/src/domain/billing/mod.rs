//! Billing: events of payment processors, kept as facts that merge in any order, and the credits due because
//! of them.
//!
//! It does not know the message format of any processor. Paid lines decide: [`paid`] reads spans of paid time
//! from invoices, [`cycles`] places cycles where time was paid, `levels` sums the credits of each cycle.
//! Fulfilment is a difference: [`due`](due) computes the awards of an owner's billing, [`fulfil`] gives the
//! missing credits and takes back the excess.

pub mod award;
pub mod calendar;
pub mod closing;
pub mod covers;
pub mod cycles;
pub mod decide;
pub mod due;
pub mod event;
pub mod fulfil;
pub mod items;
pub mod joining;
mod lanes;
mod levels;
mod lifetime;
pub mod mark;
pub mod migration;
pub mod objects;
pub mod own;
pub mod ownership;
pub mod paid;
pub mod payment;
pub mod purchases;
pub mod record;
pub mod sale;
mod stated;
pub mod subscription;
mod sums;
pub mod terms;
mod trial;
pub mod unsolved;
pub mod upcoming;
pub mod waiting;

//! Billing: what payment processors say happened, kept as facts that merge in any order, and what is due because of it.
//!
//! It does not know how any processor writes its messages. Paid lines decide: [`paid`] reads spans of paid time off
//! invoices, [`cycles`] lays cycles where time was paid, `levels` says what each gives. Fulfilment is a difference:
//! [`due`](due) says what an owner's billing comes to, [`fulfil`] books what is missing of it and takes back the excess.

pub mod award;
pub mod calendar;
pub mod closing;
pub mod cycles;
pub mod due;
pub mod event;
pub mod fulfil;
pub mod items;
mod lanes;
mod levels;
mod lifetime;
pub mod migration;
pub mod objects;
pub mod paid;
pub mod payment;
pub mod purchases;
pub mod record;
mod stated;
pub mod subscription;
mod sums;
pub mod terms;
mod trial;
pub mod unsolved;
pub mod waiting;

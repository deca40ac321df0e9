//! Billing: what payment processors say happened, kept as facts that merge in any order, and what is due because
//! of it.
//!
//! It does not know how any processor writes its messages. Fulfilment is a difference: [`due`](awards) says what an
//! owner's billing comes to, [`fulfil`] books what is missing of it and takes back what is too much.

pub mod awards;
pub mod calendar;
pub mod cycles;
pub mod event;
pub mod fulfil;
pub mod migration;
pub mod objects;
pub mod paid;
pub mod purchases;
pub mod record;
pub mod terms;

//! Billing: what payment processors say happened, kept as facts that merge in any order, and what is due because
//! of it.
//!
//! It does not know how any processor writes its messages. Fulfilment is a difference: [`due`](due) says what an
//! owner's billing comes to, [`fulfil`] books what is missing of it and takes back what is too much.

pub mod award;
pub mod calendar;
pub mod cycles;
pub mod due;
pub mod event;
pub mod fulfil;
mod lifetime;
pub mod migration;
pub mod objects;
pub mod paid;
pub mod payment;
pub mod purchases;
pub mod record;
mod rises;
pub mod subscription;
pub mod terms;
pub mod waiting;

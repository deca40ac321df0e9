//! Receipts of writes as people read them.

use credits_runtime::{Entry, Receipt};

use crate::exit::Failure;
use crate::reach::Reply;
use crate::session::Session;
use crate::show::{change, figure};

/// Shows the receipt of a write on an owner's wallet.
pub(super) fn show(session: &Session, owner: &str, reply: &Reply) -> Result<(), Failure> {
    let receipt: Receipt = reply.read()?;
    session.receipt(reply, || line(owner, &receipt.entry) + replayed(reply))
}

/// `entry 9: user:42 +100 credits, balance 28 -> 128`
pub(super) fn line(owner: &str, entry: &Entry) -> String {
    let (before, after) = (figure(entry.balance_before.get()), figure(entry.balance_after.get()));
    let (number, amount, asset) = (entry.number, change(entry.amount), &entry.asset);
    format!("entry {number}: {owner} {amount} {asset}, balance {before} -> {after}")
}

/// The note for a write that an earlier one did.
pub(super) fn replayed(reply: &Reply) -> &'static str {
    if reply.is_replayed { "\nIt was done before under this key, and not again." } else { "" }
}

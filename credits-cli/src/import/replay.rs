//! The history: every transaction at its own time, in the order in which the gem made them.

use serde_json::Map;

use super::correcting::correct;
use super::database::Database;
use super::error::ImportError;
use super::filling::{Filling, Gift};
use super::row::{Row, Side};
use super::schema::Schema;

/// Replays all transactions.
pub(super) fn replay(
    database: &mut dyn Database,
    schema: &Schema,
    filling: &mut Filling<'_>,
) -> Result<(), ImportError> {
    let now = filling.options.now;
    database.each(&schema.transactions(), &mut |cells| {
        // The survey found no row that cannot be read.
        let Ok(row) = Row::of(cells) else { return Ok(()) };
        filling.clock.advance_to(row.at.min(now));
        filling.rows.read = filling.rows.read.saturating_add(1);
        match &row.side {
            Side::Received => filling.rows.joined = filling.rows.joined.saturating_add(1),
            Side::Sent(moved) => filling.transfer(&row, moved)?,
            _ if row.amount > 0 => filling.give(&row, Gift { amount: row.amount, more: Map::new() })?,
            _ => filling.take(&row)?,
        }
        Ok(())
    })?;
    filling.clock.advance_to(now);
    correct(filling)
}
